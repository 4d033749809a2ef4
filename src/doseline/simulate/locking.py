"""The lock: a batch's vials are fixed, its isotope is ordered, its making begins.

What turns out at the lock: whether the slot is usable, whether a contested slot is free, and how
much a source in an outage still delivers. A batch takes its isotope from one source; where that
offers too little, the next one of the plant is asked, then orders give way, new starts first.
A plant that keeps isotope for stand-ins locks its batches with all places open; those that stay
empty are not filled.
"""

from __future__ import annotations

import math

from doseline.operations.events import BatchCancelled, BatchLocked, IsotopeOrdered
from doseline.simulate.batches import make
from doseline.simulate.fitting import usable
from doseline.simulate.future import Future
from doseline.simulate.living import LiveBatch, LiveOrder
from doseline.simulate.losses import give_up
from doseline.simulate.odds import SLOT
from doseline.simulate.promising import leave, promise_all


def lock(f: Future, batch: LiveBatch, token: int) -> None:
    """Lock a batch, unless its lock was put off or it has ended since."""
    if batch.status != "open" or token != batch.lock_token:
        return
    if not batch.orders:
        batch.status = "cancelled"
        f.book.tell(BatchCancelled, batch.id, "no orders")
        del f.room.batches[batch.place.index]
        return
    serves = usable(f, batch.place)
    place = batch.place
    if f.fate.on and place.index not in f.looked_at:
        chance = place.plant.usable_slots_fraction * place.slot.free_fraction
        f.note_odds(batch.orders.values(), SLOT, not serves, 1.0 - chance)
    if not serves:
        give_up(f, batch, "slot not usable", late=False)
        return
    if batch.place.product.decays and not batch.standing_mbq and not _isotope(f, batch):
        return
    _fix_vials(f, batch)
    f.book.cost("option_fees", batch.place.slot.fee_cents)
    begin(f, batch)


def begin(f: Future, batch: LiveBatch) -> None:
    """Order the isotope of a batch whose vials are fixed, and start its making."""
    batch.status = "locked"
    if batch.option is not None:
        source = f.programme.source[batch.option.source]
        if batch.ordered_mbq:
            f.book.tell(IsotopeOrdered, batch.id, source.id, round(batch.ordered_mbq * 1000))
            f.book.cost("isotope", batch.ordered_mbq * source.price_cents_per_mbq)
            consignment = (source.id, batch.place.plant.id, batch.option.delivered_at)
            if consignment not in f.consignments:
                f.consignments.add(consignment)
                f.book.cost("isotope_freight", source.freight_cents)
    f.book.tell(BatchLocked, batch.id, batch.places)
    f.env.process(make(f, batch))


def _fix_vials(f: Future, batch: LiveBatch) -> None:
    """Its orders' vials, and spare ones as far as places, bulk and isotope go."""
    place = batch.place
    spare = min(f.policy.spare_vials, place.slot.vials_max - batch.units)
    largest = max(
        (o.order.activity_mbq * o.reach.eos_factor for o in batch.orders.values() if o.reach),
        default=0.0,
    )
    while spare > 0 and not f.room.bulk_fits(place, batch.eos_mbq + spare * largest):
        spare -= 1
    batch.vials = batch.units + max(0, spare)
    standing = f.policy.backup and place.plant.standing_isotope_mbq > 0
    batch.places = place.slot.vials_max if standing else batch.vials
    each = max(
        (o.order.activity_mbq * o.reach.load_factor for o in batch.orders.values() if o.reach),
        default=0.0,
    )
    batch.charge_mbq = f.room.charge_for(place, batch.load_mbq + max(0, spare) * each)
    if batch.option is None or batch.standing_mbq:
        return
    wanted = f.room.isotope_for(place, batch.option, batch.load_mbq + max(0, spare) * each)
    most = f.room.left_of_offer(batch.option, f.now) + batch.reserved_mbq
    f.room.reserve(batch, batch.option, max(batch.reserved_mbq, min(wanted, _lots(f, batch, most))))
    batch.ordered_mbq = batch.reserved_mbq
    batch.left_fraction = f.known.left_of_source(
        batch.option.source, batch.option.delivered_at, f.now
    )


def _lots(f: Future, batch: LiveBatch, most_mbq: float) -> float:
    assert batch.option is not None
    lot = f.programme.source[batch.option.source].lot_mbq
    return math.floor(most_mbq / lot + 1e-9) * lot


def _isotope(f: Future, batch: LiveBatch) -> bool:
    """Make sure that the isotope counted on is still on offer; whether the batch goes on."""
    found = f.room.option_for(batch.place, batch, batch.load_mbq, f.now)
    if found is not None:
        if found[0] is not batch.option and found[0].lock_at > f.now:
            f.room.reserve(batch, *found)
            batch.lock_token += 1
            f.at(batch.lock_at, f.hooks.lock, batch, batch.lock_token)
            return False
        f.room.reserve(batch, *found)
        return True
    assert batch.option is not None
    most = _lots(f, batch, f.room.left_of_offer(batch.option, f.now) + batch.reserved_mbq)
    dropped: list[LiveOrder] = []
    for live in sorted(batch.orders.values(), key=lambda o: o.rank, reverse=True):
        if f.room.isotope_for(batch.place, batch.option, batch.load_mbq) <= most + 1e-9:
            break
        dropped.append(live)
        leave(f, live, "isotope")
    if not batch.orders:
        give_up(f, batch, "isotope", late=False)
        promise_all(f, dropped)
        return False
    f.room.reserve(
        batch, batch.option, f.room.isotope_for(batch.place, batch.option, batch.load_mbq)
    )
    promise_all(f, dropped)
    return True
