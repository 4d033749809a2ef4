"""A batch against the raw calendars, its line and its recipe."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from doseline.operations.check_case import Case, breach, in_span, plant_open, span_told
from doseline.operations.check_kinds import Breach, BreachKind
from doseline.operations.schedule import Batch
from doseline.programme.making import make_min, pack_min, planned_min, release_min
from doseline.programme.manufacturer import Availability, Line, Manufacturer, SlotRule


def batch_breaches(case: Case) -> Iterator[Breach]:
    """Every breach of a single batch, then those of batches that share a line or a day.

    A locked batch is a fact: its own days and times are not judged again.
    """
    for batch in case.chosen_batches:
        yield from _slot(case, batch)
        yield from _days(case, batch)
        yield from _availability(case, batch)
        yield from _vials(case, batch)
        yield from _times(case, batch)
    yield from _one_batch_at_a_time(case)
    yield from _a_day(
        case,
        BreachKind.TOO_MANY_BATCHES_A_DAY,
        "batches started",
        lambda b: b.charge_at,
        lambda m: m.batches_per_day,
    )
    yield from _a_day(
        case,
        BreachKind.TOO_MANY_RELEASES_A_DAY,
        "batches released by QC",
        lambda b: b.released_at,
        lambda m: m.qc_releases_per_day,
    )


# -- the slot ------------------------------------------------------------------------------


def rules_at(case: Case, batch: Batch) -> list[SlotRule]:
    """The weekly slots of the line in which a batch can stand."""
    plant, day = case.plant(batch), case.day_of(batch)
    return [
        rule
        for rule in case.line(batch).slots
        if slot_falls_on(rule, day)
        and case.programme.clock.at(day, rule.at.time, plant.zone) == batch.charge_at
        and (not rule.products or batch.product in rule.products)
    ]


def slot_falls_on(rule: SlotRule, day: date) -> bool:
    """Whether a weekly slot falls on a day; weeks are counted from Monday 1 January of year 1."""
    week = (day.toordinal() - 1) // 7
    return (
        rule.at.weekday == day.weekday()
        and week % rule.every_weeks == 0
        and in_span(day, rule.from_on, rule.until_on)
    )


def _slot(case: Case, batch: Batch) -> Iterator[Breach]:
    if not rules_at(case, batch):
        slots = ", ".join(str(rule.at) for rule in case.line(batch).slots) or "none"
        yield breach(
            BreachKind.NO_SUCH_SLOT,
            batch.id,
            f"labelling starts {case.told(batch.charge_at, case.plant(batch).zone)}, expected a "
            f"slot of line {batch.line} for {batch.product}: {slots}",
            batch.charge_at,
        )


def _days(case: Case, batch: Batch) -> Iterator[Breach]:
    plant, line, day = case.plant(batch), case.line(batch), case.day_of(batch)
    at = batch.charge_at
    if not plant_open(plant, day):
        text = f"labelling starts on {day:%A} {day}, when plant {plant.id} is closed"
        yield breach(BreachKind.PLANT_CLOSED, batch.id, f"{text}; expected an open day", at)
    for block in line.blocks:
        if in_span(day, block.from_on, block.until_on):
            text = f"starts on {day}, and line {line.id} is blocked ({block.reason}) until"
            text = f"{text} {block.until_on}; expected a day on which it is free"
            yield breach(BreachKind.LINE_BLOCKED, batch.id, text, at)
    before = day - timedelta(days=1)
    if planned_min(case.product(batch), "setup") and not plant_open(plant, before):
        text = f"set-up falls on {before:%A} {before}, when plant {plant.id} is closed"
        yield breach(BreachKind.SET_UP_DAY_CLOSED, batch.id, f"{text}; expected an open day", at)
    contract = case.programme.contract.get(plant.id)
    if contract and not in_span(day, contract.from_on, contract.until_on):
        term = span_told(contract.from_on, contract.until_on)
        text = f"starts on {day}, expected a day in the term of the contract, {term}"
        yield breach(BreachKind.OUTSIDE_CONTRACT, batch.id, text, at)


def _availability(case: Case, batch: Batch) -> Iterator[Breach]:
    plant, line, day = case.plant(batch), case.line(batch), case.day_of(batch)
    spans = [a for a in plant.makes if a.product == batch.product]
    if batch.product not in line.products:
        made = ", ".join(line.products)
        text = f"makes {batch.product} on line {line.id}, expected one of {made}"
        yield breach(BreachKind.PRODUCT_NOT_AVAILABLE, batch.id, text, batch.charge_at)
    elif not any(in_span(day, a.from_on, a.until_on) for a in spans):
        told = "; ".join(span_told(a.from_on, a.until_on) for a in spans) or "never"
        text = f"plant {plant.id} makes {batch.product} on {day}, expected {told}"
        yield breach(BreachKind.PRODUCT_NOT_AVAILABLE, batch.id, text, batch.charge_at)
    for other in plant.makes:
        if other.product != batch.product and day in _validation_days(plant, line, other):
            text = f"takes the slot of {day}, in which line {line.id} validates {other.product}"
            text = f"{text}; expected one outside its last {other.conformance_batches} slots"
            text = f"{text} before {other.from_on}"
            yield breach(BreachKind.SLOT_SERVES_VALIDATION, batch.id, text, batch.charge_at)


def _validation_days(plant: Manufacturer, line: Line, made: Availability) -> set[date]:
    """The days of the last slots of a line before a product is available, as many as it validates.

    Where a line has several slots a day they are taken together.
    """
    if not made.conformance_batches or made.product not in line.products:
        return set()
    found: set[date] = set()
    taken, day = 0, made.from_on - timedelta(days=1)
    first = made.transfer_starts_on or made.from_on - timedelta(days=366)
    while day >= first and taken < made.conformance_batches:
        free = plant_open(plant, day) and not any(
            in_span(day, b.from_on, b.until_on) for b in line.blocks
        )
        rules = [
            r
            for r in line.slots
            if free and slot_falls_on(r, day) and (not r.products or made.product in r.products)
        ]
        if rules:
            taken += len(rules)
            found.add(day)
        day -= timedelta(days=1)
    return found


# -- the recipe ----------------------------------------------------------------------------


def vials_allowed(line: Line, spans: list[Availability], day: date) -> int:
    """Most vials of a batch on a day: those of the line, fewer while the plant ramps up."""
    ramps = [r for a in spans for r in a.ramp if day <= r.until_on]
    if not ramps:
        return line.vials_max
    share = min(ramps, key=lambda r: r.until_on).vials_fraction
    return max(1, math.floor(line.vials_max * share + 1e-9))


def _vials(case: Case, batch: Batch) -> Iterator[Breach]:
    day = case.day_of(batch)
    spans = [
        a
        for a in case.plant(batch).makes
        if a.product == batch.product and in_span(day, a.from_on, a.until_on)
    ]
    most = vials_allowed(case.line(batch), spans, day)
    if not 1 <= batch.vials <= most:
        text = f"fills {batch.vials} vials, expected 1 to {most} on line {batch.line}"
        yield breach(BreachKind.TOO_MANY_VIALS, batch.id, text, batch.charge_at)


def _times(case: Case, batch: Batch) -> Iterator[Breach]:
    product, zone = case.product(batch), case.plant(batch).zone
    for kind, what, found, wanted in (
        (
            BreachKind.WRONG_EOS_TIME,
            "EOS",
            batch.eos_at,
            batch.charge_at + make_min(product, case.line(batch), batch.vials),
        ),
        (
            BreachKind.WRONG_RELEASE_TIME,
            "release",
            batch.released_at,
            batch.eos_at + release_min(product),
        ),
        (
            BreachKind.WRONG_PACKED_TIME,
            "packing ends",
            batch.packed_at,
            batch.eos_at + pack_min(product, batch.vials),
        ),
    ):
        if found != wanted:
            text = f"{what} {case.told(found, zone)}, expected {case.told(wanted, zone)}"
            yield breach(kind, batch.id, f"{text} by the recipe", found)


# -- batches together ----------------------------------------------------------------------


def _one_batch_at_a_time(case: Case) -> Iterator[Breach]:
    by_line: dict[str, list[Batch]] = defaultdict(list)
    for batch in sorted(case.known_batches, key=lambda b: (b.charge_at, b.id)):
        by_line[batch.line].append(batch)
    for line_id, batches in by_line.items():
        line = case.programme.line[line_id][1]
        for i, batch in enumerate(batches):
            for later in batches[i + 1 :]:
                free = batch.eos_at + line.turnaround_min
                if later.charge_at >= free + line.changeover_min:
                    break
                free += line.changeover_min if later.product != batch.product else 0
                if later.charge_at < free and not {batch.id, later.id} <= case.locked:
                    zone = case.plant(batch).zone
                    text = f"starts {case.told(later.charge_at, zone)} on line {line_id}, held by "
                    text = f"{text}batch {batch.id}; expected {case.told(free, zone)} or later"
                    yield breach(
                        BreachKind.LINE_HELD_TWICE, (later.id, batch.id), text, later.charge_at
                    )


def _a_day(
    case: Case,
    kind: BreachKind,
    what: str,
    when: Callable[[Batch], int],
    limit: Callable[[Manufacturer], int],
) -> Iterator[Breach]:
    by_day: dict[tuple[str, date], list[Batch]] = defaultdict(list)
    for batch in case.known_batches:
        zone = case.plant(batch).zone
        by_day[batch.manufacturer, case.programme.clock.day(when(batch), zone)].append(batch)
    for (plant_id, day), batches in by_day.items():
        most = limit(case.programme.manufacturer[plant_id])
        ids = [b.id for b in batches]
        if len(batches) > most and not set(ids) <= case.locked:
            text = f"found {len(batches)} {what} on {day} at plant {plant_id}, expected at most"
            yield breach(kind, ids, f"{text} {most}", min(when(b) for b in batches))
