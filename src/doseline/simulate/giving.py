"""An order enters the books of a batch, a site and a source, and leaves them again."""

from __future__ import annotations

from doseline.operations.events import (
    BatchPlanned,
)
from doseline.simulate.fitting import Fit
from doseline.simulate.future import Future
from doseline.simulate.living import LiveBatch, LiveOrder
from doseline.simulate.world import Reach


def attach(f: Future, live: LiveOrder, reach: Reach, fit: Fit) -> LiveBatch:
    """Enter an order into the books of a batch, a site and a source."""
    place = f.world.places[reach.place]
    batch = f.room.batches.get(reach.place)
    if batch is None:
        batch = f.room.batches[reach.place] = LiveBatch(f.batch_name(reach.place), place)
        f.book.tell(BatchPlanned, batch.id, place.slot.id, place.product.id)
    if not batch.orders and batch.status == "open":
        f.room.occupy(place, +1)
    order = live.order
    batch.orders[order.id] = live
    batch.units += order.units
    batch.load_mbq += order.units * order.activity_mbq * reach.load_factor
    batch.eos_mbq += order.units * order.activity_mbq * reach.eos_factor
    group = (reach.lane, order.site)
    batch.groups[group] = batch.groups.get(group, 0) + 1
    live.status, live.batch, live.reach = "promised", batch, reach
    f.room.book_site(f.programme.site[order.site], live, reach, +1)
    if fit.stands_in:
        f.room.standing_used[(place.plant.id, *place.week)] += fit.isotope_mbq
        batch.standing_mbq += fit.isotope_mbq
        batch.option = fit.option
    elif batch.status == "open":
        before = batch.lock_at if batch.lock_token else None
        f.room.reserve(batch, fit.option, fit.isotope_mbq)
        if batch.lock_at != before:
            batch.lock_token += 1
            f.at(batch.lock_at, f.hooks.lock, batch, batch.lock_token)
    return batch


def detach(f: Future, live: LiveOrder, *, announce: bool = True) -> LiveBatch:
    """Take an order out of the books of its batch, its site and its source.

    Those that wait for such room hear of it, unless it is not to be announced.
    """
    batch, reach, order = live.batch, live.reach, live.order
    assert batch is not None
    assert reach is not None
    del batch.orders[order.id]
    batch.units -= order.units
    batch.load_mbq -= order.units * order.activity_mbq * reach.load_factor
    batch.eos_mbq -= order.units * order.activity_mbq * reach.eos_factor
    batch.groups[reach.lane, order.site] -= 1
    site = f.programme.site[order.site]
    f.room.book_site(site, live, reach, -1)
    if announce:
        f.capacity_appeared(reach.place, site.consignee)
    live.status, live.batch, live.reach = "waiting", None, None
    if not batch.orders:
        batch.units, batch.load_mbq, batch.eos_mbq = 0, 0.0, 0.0
    if batch.status == "open":
        if not batch.orders:
            f.room.occupy(batch.place, -1)
            f.room.reserve(batch, batch.option, 0.0)
        elif batch.option is not None:
            need = f.room.isotope_for(batch.place, batch.option, batch.load_mbq)
            f.room.reserve(batch, batch.option, min(need, batch.reserved_mbq))
    return batch
