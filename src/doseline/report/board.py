"""The board of planned batches: a schedule laid out by week and line, drawn as SVG.

A week is one drawing. A batch stands in the week in which its labelling starts, in the local time
of its plant; the axis is as long as the longest batch of the board needs, up to the infusion of
its last dose, so every batch is drawn once and whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from doseline.operations.schedule import Batch, Shipment
from doseline.programme import Programme
from doseline.programme.making import planned_min
from doseline.studies.assessment import BoardPlan


@dataclass(frozen=True, slots=True)
class Leg:
    """Shipments of a batch that leave together: days since Monday of leaving and of receipt."""

    leaves: float
    received: tuple[float, ...]
    used: tuple[float, ...]
    sites: tuple[str, ...]
    doses: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A batch on the board. Times are days since Monday 00:00 on the wall of its plant.

    `number` counts the batches of the board from 1, in order of time.
    """

    number: int
    batch: Batch
    isotope: float | None
    charge: float
    eos: float
    qc_end: float
    released: float
    legs: tuple[Leg, ...]

    @property
    def first(self) -> float:
        """Where the batch begins."""
        return self.charge if self.isotope is None else min(self.isotope, self.charge)

    @property
    def last(self) -> float:
        """Where its last dose is used, or the batch ends."""
        ends = [self.eos, self.released]
        for leg in self.legs:
            ends += [leg.leaves, *leg.received, *leg.used]
        return max(ends)


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line in a week: its plant's zone and its batches."""

    line: str
    plant: str
    zone: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """A week of the board. `first_day` and `last_day` bound the axis, in days since Monday.

    `prefix` begins every anchor, so that several boards can stand on one page.
    """

    monday: date
    first_day: int
    last_day: int
    rows: tuple[LineRow, ...]
    prefix: str = ""


def weeks(plan: BoardPlan, programme: Programme, prefix: str = "") -> tuple[Week, ...]:
    """The board of a plan, week by week: those planned, and those in which a batch starts."""
    bars = _bars(plan, programme)
    lines = sorted({(b.batch.manufacturer, b.batch.line) for _, b in bars})
    mondays = {monday for monday, _ in bars}
    day = _monday(plan.from_on)
    while day <= plan.until_on:
        mondays.add(day)
        day += timedelta(days=7)
    first = min([0, *(math.floor(b.first) for _, b in bars)])
    last = max([7, *(math.ceil(b.last) for _, b in bars)])
    return tuple(
        Week(
            monday=monday,
            first_day=first,
            last_day=last,
            rows=tuple(
                LineRow(
                    line=line,
                    plant=_name(programme, plant),
                    zone=_zone(programme, plant),
                    bars=tuple(b for m, b in bars if m == monday and b.batch.line == line),
                )
                for plant, line in lines
            ),
            prefix=prefix,
        )
        for monday in sorted(mondays)
    )


def in_order(batches: Iterable[Batch]) -> list[Batch]:
    """Batches in the order in which the board numbers them."""
    return sorted(batches, key=lambda b: (b.charge_at, b.line, b.id))


def _bars(plan: BoardPlan, programme: Programme) -> list[tuple[date, Bar]]:
    shipped: dict[str, list[Shipment]] = {}
    for shipment in plan.schedule.shipments:
        shipped.setdefault(shipment.batch, []).append(shipment)
    used: dict[str, list[int]] = {}
    for allocation in plan.schedule.allocations:
        used.setdefault(allocation.shipment, []).append(allocation.use_at)
    found = []
    for number, batch in enumerate(in_order(plan.schedule.batches), 1):
        zone = _zone(programme, batch.manufacturer)
        monday = _monday(programme.clock.day(batch.charge_at, zone))
        legs = _legs(shipped.get(batch.id, []), used, programme, monday, zone)
        found.append((monday, _bar(number, batch, legs, programme, monday, zone)))
    return found


def _bar(
    number: int,
    batch: Batch,
    legs: tuple[Leg, ...],
    programme: Programme,
    monday: date,
    zone: str,
) -> Bar:
    product = programme.product.get(batch.product)
    qc_end_at = batch.eos_at + (planned_min(product, "qc") if product else 0)

    def on_wall(minute: int) -> float:
        return wall_days(programme, minute, zone, monday)

    return Bar(
        number=number,
        batch=batch,
        isotope=None if batch.isotope_at is None else on_wall(batch.isotope_at),
        charge=on_wall(batch.charge_at),
        eos=on_wall(batch.eos_at),
        qc_end=on_wall(min(qc_end_at, batch.released_at)),
        released=on_wall(batch.released_at),
        legs=legs,
    )


def _legs(
    shipments: list[Shipment],
    used: dict[str, list[int]],
    programme: Programme,
    monday: date,
    zone: str,
) -> tuple[Leg, ...]:
    together: dict[int, list[Shipment]] = {}
    for shipment in shipments:
        together.setdefault(shipment.dispatch_at, []).append(shipment)
    legs = []
    for dispatch_at, group in sorted(together.items()):
        uses = [u for s in group for u in used.get(s.id, [])]
        sites = [programme.site[s.site].name if s.site in programme.site else s.site for s in group]
        legs.append(
            Leg(
                leaves=wall_days(programme, dispatch_at, zone, monday),
                received=tuple(wall_days(programme, s.received_at, zone, monday) for s in group),
                used=tuple(wall_days(programme, u, zone, monday) for u in uses),
                sites=tuple(dict.fromkeys(sites)),
                doses=len(uses),
            )
        )
    return tuple(legs)


def wall_days(programme: Programme, minute: int, zone: str, monday: date) -> float:
    """Days since Monday 00:00 as the wall of a zone shows them; each day is as wide as another."""
    clock = programme.clock
    on = clock.day(minute, zone)
    return (on - monday).days + min(clock.minute_of_day(minute, zone), 1439) / 1440


def _monday(on: date) -> date:
    return on - timedelta(days=on.weekday())


def _zone(programme: Programme, plant: str) -> str:
    found = programme.manufacturer.get(plant)
    return found.zone if found else "UTC"


def _name(programme: Programme, plant: str) -> str:
    found = programme.manufacturer.get(plant)
    return found.name if found else plant
