"""What the checker judges, and the raw calendars of the programme as the checker reads them.

Nothing here looks at the slots or the routes that the planner sees: the calendars are read a
second time, day by day, so that an error in their expansion is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from doseline.clock import weekday_from_text
from doseline.operations.check_kinds import Breach, BreachKind
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Allocation, Batch, Schedule, Shipment
from doseline.operations.standing import Standing
from doseline.programme import Programme
from doseline.programme.manufacturer import Line, Manufacturer
from doseline.programme.product import Product
from doseline.programme.site import Site

RELATIVE = 1e-6
"""Activities agree when they agree to this share."""


@dataclass(frozen=True)
class Case:
    """A schedule, the programme it is judged by, the orders it is for, and what stands already."""

    programme: Programme
    schedule: Schedule
    orders: tuple[DoseOrder, ...]
    standing: Standing | None = None

    @cached_property
    def order(self) -> dict[str, DoseOrder]:
        """Orders by id."""
        return {o.id: o for o in self.orders}

    @cached_property
    def locked(self) -> frozenset[str]:
        """Batches that are locked: facts, no longer choices."""
        return frozenset(b.id for b in self.standing.locked) if self.standing else frozenset()

    @cached_property
    def known_batches(self) -> tuple[Batch, ...]:
        """Batches whose plant, line, product and source the programme knows."""
        return tuple(b for b in self.schedule.batches if not list(unknown_of_batch(self, b)))

    @cached_property
    def chosen_batches(self) -> tuple[Batch, ...]:
        """Those of them that are not locked."""
        return tuple(b for b in self.known_batches if b.id not in self.locked)

    @cached_property
    def known_shipments(self) -> tuple[tuple[Shipment, Batch], ...]:
        """Shipments whose batch, lane and site are known, with their batch."""
        known = {b.id: b for b in self.known_batches}
        return tuple(
            (s, known[s.batch])
            for s in self.schedule.shipments
            if s.batch in known and s.lane in self.programme.lane and s.site in self.programme.site
        )

    @cached_property
    def served(self) -> tuple[Served, ...]:
        """Allocations whose order and batch are known, with their shipment where it is known."""
        batches = {b.id: b for b in self.known_batches}
        shipments = {s.id: s for s, _ in self.known_shipments}
        return tuple(
            Served(a, self.order[a.order], batches[a.batch], shipments.get(a.shipment))
            for a in self.schedule.allocations
            if a.order in self.order
            and self.order[a.order].site in self.programme.site
            and a.batch in batches
        )

    @cached_property
    def served_by(self) -> dict[str, list[Served]]:
        """The same by batch."""
        found: dict[str, list[Served]] = {b.id: [] for b in self.known_batches}
        for row in self.served:
            found[row.batch.id].append(row)
        return found

    def plant(self, batch: Batch) -> Manufacturer:
        """The plant of a batch."""
        return self.programme.manufacturer[batch.manufacturer]

    def line(self, batch: Batch) -> Line:
        """The line of a batch."""
        return self.programme.line[batch.line][1]

    def product(self, batch: Batch) -> Product:
        """The product of a batch."""
        return self.programme.product[batch.product]

    def day_of(self, batch: Batch) -> date:
        """The day, at its plant, on which the labelling of a batch starts."""
        return self.programme.clock.day(batch.charge_at, self.plant(batch).zone)

    def told(self, minute: int, zone: str) -> str:
        """An instant as a wall in a zone shows it."""
        return f"{self.programme.clock.local(minute, zone):%a %Y-%m-%d %H:%M} {zone}"


@dataclass(frozen=True, slots=True)
class Served:
    """An allocation with what it names."""

    allocation: Allocation
    order: DoseOrder
    batch: Batch
    shipment: Shipment | None


def unknown_of_batch(case: Case, batch: Batch) -> Iterator[str]:
    """Each name in a batch that the programme does not know, or knows at another plant."""
    p = case.programme
    for kind, name, known in (
        ("plant", batch.manufacturer, p.manufacturer),
        ("product", batch.product, p.product),
        ("line", batch.line, p.line),
    ):
        if name not in known:
            yield f"found {kind} {name!r}, expected one of the programme"
    if batch.line in p.line and p.line[batch.line][0].id != batch.manufacturer:
        yield f"found line {batch.line} at plant {batch.manufacturer}, expected it at its own plant"
    if batch.source is not None and batch.source not in p.source:
        yield f"found isotope source {batch.source!r}, expected one of the programme"


def on_weekday(day: date, names: Iterable[str]) -> bool:
    """Whether a day is one of some weekdays."""
    return day.weekday() in [weekday_from_text(name) for name in names]


def plant_open(plant: Manufacturer, day: date) -> bool:
    """Whether a plant works on a day: its weekdays, holidays, shutdown weeks and closing day."""
    return (
        on_weekday(day, plant.weekdays)
        and not any(rule.is_holiday(day) for rule in plant.holidays)
        and day.isocalendar().week not in plant.closed_weeks
        and (plant.closes_on is None or day <= plant.closes_on)
    )


def site_treats(site: Site, day: date) -> bool:
    """Whether a site treats on a day: its weekdays, its holidays, from its opening to its end."""
    return (
        on_weekday(day, site.treatment_weekdays)
        and not any(rule.is_holiday(day) for rule in site.holidays)
        and in_span(day, site.active_from_on, site.active_until_on)
    )


def in_span(day: date, from_on: date | None, until_on: date | None) -> bool:
    """Whether a day lies in a span, both ends included; an end left out is open."""
    return (from_on is None or from_on <= day) and (until_on is None or day <= until_on)


def span_told(from_on: date | None, until_on: date | None) -> str:
    """A span in words."""
    return f"{from_on or 'the beginning'} to {until_on or 'the end'}"


def near(found: float, wanted: float) -> bool:
    """Whether two activities agree."""
    return abs(found - wanted) <= RELATIVE * max(abs(wanted), 1e-6)


def at_least(found: float, wanted: float) -> bool:
    """Whether an activity suffices."""
    return found >= wanted * (1.0 - RELATIVE)


def at_most(found: float, limit: float) -> bool:
    """Whether an activity keeps a limit."""
    return found <= limit * (1.0 + RELATIVE)


def breach(
    kind: BreachKind, entities: str | Sequence[str], message: str, at: int | None = None
) -> Breach:
    """A breach by one thing or by several."""
    return Breach(kind, (entities,) if isinstance(entities, str) else tuple(entities), message, at)
