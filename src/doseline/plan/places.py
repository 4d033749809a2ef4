"""The places of a plan: slots that policy, contract and standing leave, and locked batches."""

from __future__ import annotations

from collections.abc import Sequence

from doseline.operations.schedule import Batch
from doseline.operations.slots import IsotopeOption, Slot
from doseline.operations.standing import Standing
from doseline.plan.sets import Place
from doseline.programme import Programme
from doseline.programme.making import make_min


def usable(
    programme: Programme, slots: Sequence[Slot], standing: Standing | None
) -> tuple[Place, ...]:
    """The slots that can be used, and the locked batches, in order of time. [model S2]"""
    locked = standing.locked if standing else ()
    taken = {b.slot for b in locked}
    failed = set(standing.failed_slots) if standing else set()
    found = [_locked_place(programme, b) for b in locked]
    for slot in slots:
        if slot.id in taken or slot.id in failed or not allowed(programme, slot):
            continue
        isotope = slot.isotope
        if standing is not None:
            isotope = tuple(i for i in slot.isotope if i.lock_at >= standing.now_at)
            if not _still_open(slot, isotope, standing.now_at):
                continue
        line = programme.line[slot.line][1]
        product = programme.product[slot.product]
        first = slot.charge_at + make_min(product, line, 1)
        last = slot.charge_at + make_min(product, line, slot.vials_max)
        found.append(Place(slot, isotope, first, last))
    return tuple(sorted(found, key=lambda p: (p.slot.charge_at, p.slot.id)))


def allowed(programme: Programme, slot: Slot) -> bool:
    """Whether the policy counts a slot of its kind, inside the term of its contract. [model S2]"""
    policy = programme.policy
    if slot.kind == "contested" and not policy.count_contested:
        return False
    if slot.kind == "option" and not policy.use_options:
        return False
    contract = programme.contract.get(slot.manufacturer)
    return contract is None or (
        (contract.from_on is None or contract.from_on <= slot.starts_on)
        and (contract.until_on is None or slot.starts_on <= contract.until_on)
    )


def _still_open(slot: Slot, isotope: tuple[IsotopeOption, ...], now_at: int) -> bool:
    """Whether isotope can still be ordered, and an option still be called off."""
    if slot.isotope and not isotope:
        return False
    return (slot.lock_at if slot.kind == "option" else slot.charge_at) >= now_at


def _locked_place(programme: Programme, batch: Batch) -> Place:
    plant = programme.manufacturer[batch.manufacturer]
    slot = Slot(
        id=batch.slot,
        manufacturer=batch.manufacturer,
        line=batch.line,
        product=batch.product,
        kind="reserved",
        charge_at=batch.charge_at,
        starts_on=programme.clock.day(batch.charge_at, plant.zone),
        vials_max=batch.vials,
        bulk_max_mbq=batch.bulk_mbq if batch.source else None,
        isotope=(),
        lock_at=batch.charge_at,
    )
    return Place(slot, (), batch.eos_at, batch.eos_at, batch)
