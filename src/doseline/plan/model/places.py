"""The places of a plan: slots that policy, contract and standing leave, and locked batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Allocation, Batch
from doseline.operations.slots import IsotopeOption, Slot, counted
from doseline.operations.standing import Standing
from doseline.plan.model.sets import Place
from doseline.programme import Programme
from doseline.programme.making import make_min
from doseline.programme.rules import bulk_needed


def usable(
    programme: Programme,
    slots: Sequence[Slot],
    standing: Standing | None,
    sent: Mapping[str, DoseOrder],
    left: Sequence[tuple[DoseOrder, Allocation]] = (),
) -> tuple[Place, ...]:
    """The slots that can be used, and the locked batches, in order of time. [model S2]

    `sent` are the orders whose vials are on their way, `left` what left for doses no longer asked
    for: a locked batch no longer has those.
    """
    locked = standing.locked if standing else ()
    taken = {b.slot for b in locked}
    failed = set(standing.failed_slots) if standing else set()
    gone = sent_already(standing)
    found = []
    for batch in locked:
        mine = [
            (sent[a.order], a) for a in gone.values() if a.batch == batch.id and a.order in sent
        ]
        mine += [(order, a) for order, a in left if a.batch == batch.id]
        now_at = standing.now_at if standing else batch.packed_at
        found.append(_locked_place(programme, batch, mine, now_at))
    for slot in slots:
        if slot.id in taken or slot.id in failed or not counted(programme, slot):
            continue
        isotope = slot.isotope
        if standing is not None:
            isotope = tuple(i for i in slot.isotope if i.lock_at >= standing.now_at)
            if not _still_open(slot, isotope, standing):
                continue
        line = programme.line[slot.line][1]
        product = programme.product[slot.product]
        first = slot.charge_at + make_min(product, line, 1)
        last = slot.charge_at + make_min(product, line, slot.vials_max)
        found.append(Place(slot, isotope, first, last))
    return tuple(sorted(found, key=lambda p: (p.slot.charge_at, p.slot.id)))


def merged(places: Sequence[Place]) -> tuple[Place, ...]:
    """Places alike in all but their line as one place, in order of time. [model S2]"""
    found: dict[object, Place] = {}
    for place in places:
        if place.locked is None:
            like = replace(place, slot=replace(place.slot, id="", line=""))
            twin = found.get(like)
            kept = place if twin is None else replace(twin, twins=(*twin.twins, place.slot))
            found[like] = kept
        else:
            found[place.slot.id] = place
    return tuple(sorted(found.values(), key=lambda p: (p.slot.charge_at, p.slot.id)))


def _still_open(slot: Slot, isotope: tuple[IsotopeOption, ...], standing: Standing) -> bool:
    """Whether a batch can still be decided on: not frozen, isotope and option still to be had."""
    if slot.isotope and not isotope:
        return False
    frozen_until_at = standing.freeze_until_at or standing.now_at
    if slot.charge_at < max(standing.now_at, frozen_until_at):
        return False
    return slot.kind != "option" or slot.lock_at >= standing.now_at


def sent_already(standing: Standing | None) -> dict[str, Allocation]:
    """Promises whose vials are on their way, by order."""
    if standing is None:
        return {}
    known = {b.id for b in standing.locked}
    moving = {s.id for s in standing.in_transit if s.batch in known}
    return {a.order: a for a in standing.promised if a.shipment in moving}


def _locked_place(
    programme: Programme, batch: Batch, sent: Sequence[tuple[DoseOrder, Allocation]], now_at: int
) -> Place:
    plant, product = programme.manufacturer[batch.manufacturer], programme.product[batch.product]
    gone_mbq = sum(o.units * a.eos_mbq for o, a in sent)
    gone = bulk_needed(gone_mbq, product.overfill_fraction, product.samples_fraction)
    slot = Slot(
        id=batch.slot,
        manufacturer=batch.manufacturer,
        line=batch.line,
        product=batch.product,
        kind="reserved",
        charge_at=batch.charge_at,
        starts_on=programme.clock.day(batch.charge_at, plant.zone),
        vials_max=max(0, batch.vials - sum(o.units for o, _ in sent)),
        bulk_max_mbq=max(0.0, batch.bulk_mbq - gone) if product.decays else None,
        isotope=(),
        lock_at=batch.charge_at,
    )
    ready_at = max(batch.released_at, batch.packed_at, now_at)
    return Place(slot, (), batch.eos_at, batch.eos_at, batch, ready_at)
