"""Whether an order fits into a slot: every limit that is known, and the isotope that it takes.

An order may join a batch that is open, one that is locked and has a vial and activity to spare, or
open a slot whose isotope can still be ordered. One that lost its batch may besides be remade from
isotope kept for stand-ins, in a slot that starts soon enough after the one it lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from doseline.operations.slots import IsotopeOption
from doseline.programme.making import planned_min
from doseline.programme.rules import decay_factor, vial_holds
from doseline.simulate.future import Future
from doseline.simulate.living import LiveBatch, LiveOrder
from doseline.simulate.world import Place, Reach

_EPS = 1e-9


@dataclass(frozen=True, slots=True)
class Fit:
    """That an order fits into a slot, and the isotope that this takes."""

    option: IsotopeOption | None
    isotope_mbq: float
    stands_in: bool = False


def open_to(f: Future, live: LiveOrder, reach: Reach, place: Place) -> bool:
    """Whether nothing known stands in the way: shocks, the lane's notice, the site's limits."""
    lane = f.programme.lane[reach.lane]
    if lane.notice_min and reach.dispatch_at - f.now < lane.notice_min:
        return False
    site = f.programme.site[live.order.site]
    if f.known.shocks:
        received_on = f.clock.day(reach.received_at, site.zone)
        if (
            f.known.takes(place)
            or not f.known.on_the_road(lane, site, reach.dispatch_at)
            or f.known.closed(place.plant.id, site, live.order, received_on)
        ):
            return False
    return f.room.site_takes(site, live, reach)


def in_a_vial(live: LiveOrder, reach: Reach, place: Place) -> bool:
    """Whether a vial takes the dose at EOS, where its volume follows from the concentration."""
    eos_mbq = live.order.activity_mbq * reach.eos_factor
    return vial_holds(eos_mbq, place.product.overfill_fraction, place.product.vial_limit_mbq)


def fits(f: Future, live: LiveOrder, reach: Reach) -> Fit | None:
    """Whether an order fits into a slot under every limit, and the isotope that this takes."""
    place = f.world.places[reach.place]
    batch = f.room.batches.get(reach.place)
    if batch is not None and batch.status not in ("open", "locked"):
        return None
    units, order = live.order.units, live.order
    if not in_a_vial(live, reach, place):
        return None
    load = units * order.activity_mbq * reach.load_factor
    eos = units * order.activity_mbq * reach.eos_factor
    if batch is not None:
        units, load, eos = units + batch.units, load + batch.load_mbq, eos + batch.eos_mbq
    if not f.room.bulk_fits(place, eos):
        return None
    if batch is not None and batch.status == "locked":
        enough = f.room.charge_for(place, load) <= on_hand(batch) * (1 + _EPS)
        if units > batch.vials or not enough or not open_to(f, live, reach, place):
            return None
        return Fit(batch.option, batch.reserved_mbq)
    if units > place.slot.vials_max or place.call_off_at < f.now:
        return None
    if (batch is None or not batch.orders) and not f.room.can_open(place):
        return None
    if not place.product.decays:
        return Fit(None, 0.0) if open_to(f, live, reach, place) else None
    option = f.room.option_for(place, batch, load, f.now)
    if option is None or not open_to(f, live, reach, place):
        return None
    return Fit(*option)


def on_hand(batch: LiveBatch) -> float:
    """The isotope that a locked batch counts on, decayed to its charge. [MBq]"""
    if batch.option is None:
        return 0.0
    since = batch.place.slot.charge_at - batch.option.delivered_at
    factor = decay_factor(since, batch.place.half_life)
    return (batch.ordered_mbq + batch.standing_mbq) * factor


def stands_in(f: Future, live: LiveOrder, reach: Reach) -> Fit | None:
    """Whether a lost order can be remade in a slot from isotope kept there for stand-ins."""
    place = f.world.places[reach.place]
    slot, batch = place.slot, f.room.batches.get(reach.place)
    if slot.charge_at > live.lost_at + f.policy.backup_within_min or not slot.isotope:
        return None
    units = live.order.units
    if not in_a_vial(live, reach, place):
        return None
    load = units * live.order.activity_mbq * reach.load_factor
    eos = units * live.order.activity_mbq * reach.eos_factor
    option = slot.isotope[0] if batch is None else batch.option
    if option is None:
        return None
    factor = decay_factor(slot.charge_at - option.delivered_at, place.half_life)
    left = f.room.standing_left(place)
    if batch is None:
        set_up = planned_min(place.product, "setup")
        late = slot.charge_at - set_up < f.now or not _found_usable(f, place)
        if late or units > slot.vials_max or not f.room.can_open(place):
            return None
        wanted = f.room.charge_for(place, load) / factor
    elif batch.status == "locked":
        eos, units = eos + batch.eos_mbq, units + batch.units
        if units > batch.places:
            return None
        charge = f.room.charge_for(place, load + batch.load_mbq)
        wanted = max(0.0, charge - on_hand(batch)) / factor
    else:
        return None
    if wanted > left * (1 + _EPS) or not f.room.bulk_fits(place, eos):
        return None
    return Fit(option, wanted, stands_in=True) if open_to(f, live, reach, place) else None


def _found_usable(f: Future, place: Place) -> bool:
    """Whether a slot is usable; it is noted that this was looked at before its lock."""
    f.looked_at.add(place.index)
    return usable(f, place)


def usable(f: Future, place: Place) -> bool:
    """Whether a slot turns out usable, and a contested one free; known at its lock."""
    if not f.fate.on:
        return True
    luck = f.fate.slot(place.line.id, place.slot.id)
    return luck.usable < place.plant.usable_slots_fraction and luck.free < place.slot.free_fraction
