"""The activities of a batch, and the isotope behind it, against source, offer and licence."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from doseline.operations.check_case import (
    Case,
    at_least,
    at_most,
    breach,
    in_span,
    near,
    on_weekday,
    plant_open,
    span_told,
)
from doseline.operations.check_kinds import Breach, BreachKind
from doseline.operations.schedule import Batch
from doseline.programme.making import planned_min, planned_yield
from doseline.programme.rules import bulk_made, bulk_needed, decay_factor
from doseline.programme.source import IsotopeSource


def isotope_breaches(case: Case) -> Iterator[Breach]:
    """Every breach of activities and isotope, batch by batch, then of what batches share."""
    for batch in case.known_batches:
        yield from _vials_as_allocated(case, batch)
        if case.product(batch).decays:
            yield from _bulk(case, batch)
    for batch in case.chosen_batches:
        if case.product(batch).decays:
            yield from _charge(case, batch)
            yield from _delivery(case, batch)
    yield from _weekly_offer(case)
    yield from _plant_possession(case)


# -- from the isotope to the vials ---------------------------------------------------------


def _vials_as_allocated(case: Case, batch: Batch) -> Iterator[Breach]:
    """A batch fills what is ordered from it, and the spare vials of the policy at most.

    A locked batch may have lost orders since; it cannot have gained any beyond its vials.
    """
    units = sum(row.order.units for row in case.served_by[batch.id])
    spare = math.inf if batch.id in case.locked else case.programme.policy.spare_vials
    if not units <= batch.vials <= units + spare:
        text = f"fills {batch.vials} vials, expected the {units} allocated from it"
        text += f" and at most {spare} spare" if 0 < spare < math.inf else ""
        yield breach(BreachKind.VIALS_NOT_AS_ALLOCATED, batch.id, text, batch.eos_at)


def _bulk(case: Case, batch: Batch) -> Iterator[Breach]:
    product, line = case.product(batch), case.line(batch)
    held = math.fsum(r.allocation.eos_mbq * r.order.units for r in case.served_by[batch.id])
    wanted = bulk_needed(held, product.overfill_fraction, product.samples_fraction)
    units = sum(row.order.units for row in case.served_by[batch.id])
    exact = units == batch.vials and batch.id not in case.locked
    fits = near(batch.bulk_mbq, wanted) if exact else at_least(batch.bulk_mbq, wanted)
    if not fits:
        text = f"bulk of {batch.bulk_mbq:,.4f} MBq at EOS, expected {wanted:,.4f} MBq"
        text = f"{text} for its vials, what stays behind in them, and the samples"
        yield breach(BreachKind.WRONG_BULK, batch.id, text, batch.eos_at)
    limit = line.bulk_max_mbq
    if limit is not None and not at_most(batch.bulk_mbq, limit) and batch.id not in case.locked:
        text = f"bulk of {batch.bulk_mbq:,.4f} MBq at EOS, expected at most {limit:,.4f} MBq"
        yield breach(
            BreachKind.BULK_ABOVE_LINE, batch.id, f"{text} on line {line.id}", batch.eos_at
        )


def _charge(case: Case, batch: Batch) -> Iterator[Breach]:
    product = case.product(batch)
    makes = bulk_made(
        batch.charge_mbq,
        planned_yield(product),
        batch.eos_at - batch.charge_at,
        product.half_life,
    )
    if not at_least(makes, batch.bulk_mbq):
        text = f"a charge of {batch.charge_mbq:,.4f} MBq makes {makes:,.4f} MBq at EOS, expected"
        text = f"{text} the bulk of {batch.bulk_mbq:,.4f} MBq or more"
        yield breach(BreachKind.CHARGE_TOO_SMALL, batch.id, text, batch.charge_at)
    if batch.isotope_at is None:
        return
    left = batch.isotope_mbq * decay_factor(batch.charge_at - batch.isotope_at, product.half_life)
    if not at_least(left, batch.charge_mbq):
        text = f"{batch.isotope_mbq:,.4f} MBq of isotope leave {left:,.4f} MBq at the charge"
        text = f"{text}, expected {batch.charge_mbq:,.4f} MBq or more"
        yield breach(BreachKind.ISOTOPE_TOO_SMALL, batch.id, text, batch.charge_at)


# -- the delivery --------------------------------------------------------------------------


def _delivery(case: Case, batch: Batch) -> Iterator[Breach]:
    product, plant = case.product(batch), case.plant(batch)
    if batch.source is None or batch.isotope_at is None:
        text = f"names no delivery, expected one of {product.nuclide}"
        yield breach(BreachKind.NO_DELIVERY, batch.id, text, batch.charge_at)
        return
    source, at = case.programme.source[batch.source], batch.isotope_at
    serves = any(plant.id in d.manufacturers for d in source.deliveries)
    if batch.source not in plant.sources or source.nuclide != product.nuclide or not serves:
        text = f"takes {source.nuclide} from {source.id}, expected a source of {product.nuclide}"
        text = f"{text} that delivers to plant {plant.id}: {', '.join(plant.sources) or 'none'}"
        yield breach(BreachKind.SOURCE_NOT_PERMITTED, batch.id, text, at)
    else:
        yield from _delivery_day(case, batch, source, at)
    latest = batch.charge_at - planned_min(product, "receipt")
    if at > latest:
        text = f"isotope delivered {case.told(at, plant.zone)}, expected by"
        text = f"{text} {case.told(latest, plant.zone)}, in time for receipt and labelling"
        yield breach(BreachKind.ISOTOPE_TOO_LATE, batch.id, text, at)
    if batch.charge_at - at > source.expiry_min:
        text = f"isotope is {batch.charge_at - at} min old when charged, expected at most"
        yield breach(BreachKind.ISOTOPE_EXPIRED, batch.id, f"{text} {source.expiry_min} min", at)
    ordered = batch.isotope_lots * source.lot_mbq
    if batch.isotope_lots < 1 or not near(batch.isotope_mbq, ordered):
        text = f"orders {batch.isotope_mbq:,.4f} MBq as {batch.isotope_lots} lots, expected whole"
        yield breach(
            BreachKind.LOTS_NOT_WHOLE, batch.id, f"{text} lots of {source.lot_mbq:,.4f} MBq", at
        )


def _delivery_day(case: Case, batch: Batch, source: IsotopeSource, at: int) -> Iterator[Breach]:
    plant, clock = case.plant(batch), case.programme.clock
    day = clock.day(at, plant.zone)
    days = [
        d
        for d in source.deliveries
        if plant.id in d.manufacturers
        and on_weekday(day, d.weekdays)
        and clock.at(day, d.time, plant.zone) == at
    ]
    supplied = in_span(day, source.from_on, source.until_on)
    if days and supplied and plant_open(plant, day):
        return
    text = f"isotope delivered {case.told(at, plant.zone)}, expected"
    if not supplied:
        text = f"{text} a day on which {source.id} supplies, "
        text += span_told(source.from_on, source.until_on)
    elif not days:
        times = [f"{'/'.join(d.weekdays)} {d.time:%H:%M}" for d in source.deliveries]
        text = f"{text} a delivery of {source.id}: {', '.join(times)}"
    else:
        text = f"{text} a day on which plant {plant.id} is open"
    yield breach(BreachKind.NO_DELIVERY, batch.id, text, at)


# -- what batches share --------------------------------------------------------------------


def _weekly_offer(case: Case) -> Iterator[Breach]:
    weeks: dict[tuple[str, int, int], list[Batch]] = defaultdict(list)
    for batch in case.known_batches:
        if batch.source is not None and batch.isotope_at is not None:
            day = case.programme.clock.day(batch.isotope_at, case.plant(batch).zone)
            year, week, _ = day.isocalendar()
            weeks[batch.source, year, week].append(batch)
    for (source_id, year, week), batches in weeks.items():
        offer = case.programme.source[source_id].offer_per_week_mbq
        taken = math.fsum(b.isotope_mbq for b in batches)
        ids = [b.id for b in batches]
        if not at_most(taken, offer) and not set(ids) <= case.locked:
            text = f"take {taken:,.4f} MBq of {source_id} in week {week} of {year}, expected at"
            first = min(b.isotope_at for b in batches if b.isotope_at is not None)
            yield breach(BreachKind.OFFER_EXCEEDED, ids, f"{text} most {offer:,.4f} MBq", first)


def _plant_possession(case: Case) -> Iterator[Breach]:
    """Each delivery counts, decayed, for as long as waste is kept, whatever has left meanwhile."""
    for plant in case.programme.manufacturers:
        limit = plant.possession_limit_mbq
        if limit is None:
            continue
        mine = [b for b in case.known_batches if b.manufacturer == plant.id]
        deliveries = sorted(
            ((b.isotope_at, b) for b in mine if b.isotope_at is not None), key=lambda row: row[0]
        )
        first = 0
        for at in sorted({since for since, _ in deliveries}):
            while deliveries[first][0] < at and at - deliveries[first][0] >= plant.waste_kept_min:
                first += 1
            counted = [(since, b) for since, b in deliveries[first:] if since <= at]
            held = math.fsum(
                b.isotope_mbq * decay_factor(at - since, case.product(b).half_life)
                for since, b in counted
            )
            if not at_most(held, limit):
                ids = [b.id for _, b in counted]
                text = f"plant {plant.id} holds {held:,.4f} MBq at {case.told(at, plant.zone)}"
                text = f"{text}, expected at most {limit:,.4f} MBq"
                yield breach(BreachKind.PLANT_POSSESSION_EXCEEDED, ids, text, at)
