"""Slots once: calendars, deliveries and approvals expanded into the slots that can be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from doseline.calendars import WorkCalendar
from doseline.clock import weekday_from_text
from doseline.programme import Programme
from doseline.programme.making import planned_min
from doseline.programme.manufacturer import Availability, Line, Manufacturer, SlotKind, SlotRule
from doseline.programme.product import Product
from doseline.programme.source import IsotopeSource


@dataclass(frozen=True, slots=True)
class IsotopeOption:
    """A delivery that can feed a slot: calibrated at delivery, ordered by the lock."""

    source: str
    delivered_at: int
    lock_at: int
    week: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which one batch of one product can be started on one line."""

    id: str
    manufacturer: str
    line: str
    product: str
    kind: SlotKind
    charge_at: int
    starts_on: date
    vials_max: int
    bulk_max_mbq: float | None
    isotope: tuple[IsotopeOption, ...]
    lock_at: int
    fee_cents: int = 0
    free_fraction: float = 1.0


def counted(programme: Programme, slot: Slot) -> bool:
    """Whether the policy counts on a slot of its kind, inside the term of its plant's contract.

    A slot without room beside the spare vials serves nobody.
    """
    policy = programme.policy
    if slot.vials_max <= policy.spare_vials:
        return False
    if slot.kind == "contested" and not policy.count_contested:
        return False
    if slot.kind == "option" and not policy.use_options:
        return False
    contract = programme.contract.get(slot.manufacturer)
    return contract is None or (
        (contract.from_on is None or contract.from_on <= slot.starts_on)
        and (contract.until_on is None or slot.starts_on <= contract.until_on)
    )


def plant_calendar(plant: Manufacturer) -> WorkCalendar:
    """The working days and hours of a plant."""
    return WorkCalendar(
        zone=plant.zone,
        open_weekdays=frozenset(weekday_from_text(w) for w in plant.weekdays),
        opens=plant.crew_from,
        closes=plant.crew_until,
        holidays=plant.holidays,
        closed_weeks=frozenset(plant.closed_weeks),
        closed_days=frozenset(),
    )


def expand(programme: Programme, from_on: date, until_on: date) -> tuple[Slot, ...]:
    """Every usable slot whose labelling starts between two days, in order of time.

    The programme must stand under a design. Slots of one line that overlap exclude each other;
    that is left to whoever uses them.
    """
    known = _known_of(programme)
    slots: list[Slot] = []
    for quarter in range(_quarter(from_on), _quarter(until_on) + 1):
        if quarter not in known:
            first, behind = _first_of(quarter), _first_of(quarter + 1)
            known[quarter] = _expanded(programme, first, behind - timedelta(days=1))
        slots += known[quarter]
    found = (s for s in slots if from_on <= s.starts_on <= until_on)
    return tuple(sorted(found, key=lambda s: (s.charge_at, s.id)))


_Supply = tuple[object, ...]
_KEPT = 8
_known: list[tuple[_Supply, dict[int, list[Slot]]]] = []


def _known_of(programme: Programme) -> dict[int, list[Slot]]:
    """The slots of quarters worked out before: programmes with the same supply have the same."""
    supply = (
        *(programme.clock, programme.manufacturers),
        *(programme.sources, programme.products),
    )
    for place, (other, found) in enumerate(_known):
        if other == supply:
            _known.append(_known.pop(place))
            return found
    _known.append((supply, {}))
    del _known[:-_KEPT]
    return _known[-1][1]


def _quarter(day: date) -> int:
    return day.year * 4 + (day.month - 1) // 3


def _first_of(quarter: int) -> date:
    return date(quarter // 4, quarter % 4 * 3 + 1, 1)


def _expanded(programme: Programme, from_on: date, until_on: date) -> list[Slot]:
    slots: list[Slot] = []
    for plant in programme.manufacturers:
        calendar = plant_calendar(plant)
        for line in plant.lines:
            for rule in line.slots:
                for day in _days(plant, line, rule, calendar, from_on, until_on):
                    slots += _at(programme, plant, line, rule, calendar, day)
    return slots


def _days(
    plant: Manufacturer,
    line: Line,
    rule: SlotRule,
    calendar: WorkCalendar,
    from_on: date,
    until_on: date,
) -> Iterator[date]:
    first = max(d for d in (from_on, rule.from_on) if d is not None)
    last = min(d for d in (until_on, rule.until_on, plant.closes_on) if d is not None)
    day = first + timedelta(days=(rule.at.weekday - first.weekday()) % 7)
    while day <= last:
        monday = day.toordinal() - day.weekday()
        blocked = any(b.from_on <= day <= b.until_on for b in line.blocks)
        if not blocked and (monday // 7) % rule.every_weeks == 0 and calendar.is_open_day(day):
            yield day
        day += timedelta(days=7)


def _at(
    programme: Programme,
    plant: Manufacturer,
    line: Line,
    rule: SlotRule,
    calendar: WorkCalendar,
    day: date,
) -> list[Slot]:
    charge_at = programme.clock.at(day, rule.at.time, plant.zone)
    several = len(line.products) > 1
    slots = []
    for availability in plant.makes:
        name = availability.product
        if name not in line.products or (rule.products and name not in rule.products):
            continue
        if not _available(availability, day):
            continue
        product = programme.product[name]
        isotope = tuple(_deliveries(programme, plant, product, calendar, charge_at, day))
        if product.decays and not isotope:
            continue
        if not _set_up_fits(product, calendar, day):
            continue
        if _validating(plant, line, rule, calendar, name, day):
            continue
        stamp = f"{line.id}@{day.isoformat()}T{rule.at.time:%H:%M}"
        slots.append(
            Slot(
                id=f"{stamp}/{name}" if several else stamp,
                manufacturer=plant.id,
                line=line.id,
                product=name,
                kind=rule.kind,
                charge_at=charge_at,
                starts_on=day,
                vials_max=_vials_max(line, availability, day),
                bulk_max_mbq=line.bulk_max_mbq,
                isotope=isotope,
                lock_at=min(
                    isotope[0].lock_at if isotope else charge_at,
                    charge_at - (rule.call_off_min if rule.kind == "option" else 0),
                ),
                fee_cents=rule.fee_cents if rule.kind == "option" else 0,
                free_fraction=rule.free_fraction if rule.kind == "contested" else 1.0,
            )
        )
    return slots


def _available(availability: Availability, day: date) -> bool:
    return availability.from_on <= day and (
        availability.until_on is None or day <= availability.until_on
    )


def _vials_max(line: Line, availability: Availability, day: date) -> int:
    for ramp in sorted(availability.ramp, key=lambda r: r.until_on):
        if day <= ramp.until_on:
            return max(1, int(line.vials_max * ramp.vials_fraction))
    return line.vials_max


def _validating(
    plant: Manufacturer,
    line: Line,
    rule: SlotRule,
    calendar: WorkCalendar,
    product: str,
    day: date,
) -> bool:
    """Whether a slot of `product` falls to the validation batches of another on its line."""
    for other in plant.makes:
        if other.product == product or other.product not in line.products:
            continue
        if other.conformance_batches and day < other.from_on:
            first = other.transfer_starts_on or date.min
            later = _days(plant, line, rule, calendar, max(day, first), other.from_on)
            if 0 < sum(1 for d in later if d < other.from_on) <= other.conformance_batches:
                return day >= first
    return False


def _set_up_fits(product: Product, calendar: WorkCalendar, day: date) -> bool:
    """Set-up is done the day before labelling, in working hours. [conventions 4.9]"""
    set_up = planned_min(product, "setup")
    return set_up == 0 or calendar.is_open_day(day - timedelta(days=1))


def _deliveries(
    programme: Programme,
    plant: Manufacturer,
    product: Product,
    calendar: WorkCalendar,
    charge_at: int,
    day: date,
) -> Iterator[IsotopeOption]:
    if not product.decays:
        return
    receipt = planned_min(product, "receipt")
    for source_id in plant.sources:
        source = programme.source[source_id]
        if source.nuclide != product.nuclide:
            continue
        option = _latest_delivery(programme, plant, source, calendar, charge_at - receipt, day)
        if option is not None and charge_at - option.delivered_at <= source.expiry_min:
            yield option


@lru_cache(maxsize=256)
def _numbers(weekdays: tuple[str, ...]) -> frozenset[int]:
    return frozenset(weekday_from_text(name) for name in weekdays)


def _latest_delivery(
    programme: Programme,
    plant: Manufacturer,
    source: IsotopeSource,
    calendar: WorkCalendar,
    by_min: int,
    day: date,
) -> IsotopeOption | None:
    """The last delivery of a source to a plant in the eight days up to an instant."""
    for back in range(9):
        on = day - timedelta(days=back)
        if (source.from_on and on < source.from_on) or (source.until_on and on > source.until_on):
            continue
        for delivery in source.deliveries:
            if on.weekday() not in _numbers(delivery.weekdays):
                continue
            if plant.id not in delivery.manufacturers:
                continue
            at = programme.clock.at(on, delivery.time, plant.zone)
            if at <= by_min and calendar.is_open_day(on):
                year, week, _ = on.isocalendar()
                return IsotopeOption(source.id, at, at - source.lock_min, (year, week))
    return None
