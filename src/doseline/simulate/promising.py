"""The standing policy: which slot serves an order, and who gives way when doses are short.

An order is promised the best way now known: its day first, then the other days of its window by
their closeness (only where the policy lets days shift); among the ways of a day the policy's
preference decides, where what lateness would cost counts by its chance (`risk`) and a way that
is often late comes last. It may join a batch that is open, one that is locked and has a vial and
activity to spare, or open a slot whose isotope can still be ordered. An order that lost its batch
may besides be remade from isotope kept for stand-ins, in a slot that starts soon enough after the
one it lost. A started course that finds no room takes the place of a new start in a batch that is not
yet locked. An order without a way waits until its window closes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from doseline.operations.events import (
    BatchPlanned,
    OrderPromised,
    OrderUnpromised,
)
from doseline.operations.slots import IsotopeOption
from doseline.programme.making import planned_min
from doseline.programme.rules import decay_factor
from doseline.simulate.future import Future
from doseline.simulate.living import LiveBatch, LiveOrder
from doseline.simulate.world import Place, Reach

_EPS = 1e-9
UNSURE = 0.1
"""A way that would be late more often than this comes after all surer ones of its day."""


@dataclass(frozen=True, slots=True)
class Fit:
    """That an order fits into a slot, and the isotope that this takes."""

    option: IsotopeOption | None
    isotope_mbq: float
    stands_in: bool = False


# -- choosing ------------------------------------------------------------------------------


def promise(f: Future, live: LiveOrder) -> bool:
    """Promise an order the best way now known, or let it wait; whether it was promised."""
    if live.status != "waiting":
        return False
    for day in days(f, live):
        found = _best(f, live, day)
        if found is not None:
            give(f, live, *found)
            return True
    if live.order.started and f.policy.started_courses_first and _take_place(f, live):
        return True
    wait(f, live)
    return False


def promise_all(f: Future, lives: Iterable[LiveOrder]) -> None:
    """Promise several orders, started courses first, then those that wait longest."""
    for live in sorted(lives, key=lambda o: o.rank):
        promise(f, live)


def retry(f: Future) -> None:
    """Try every waiting order again."""
    promise_all(f, list(f.waiting.values()))


def retry_freed(f: Future) -> None:
    """Try those waiting orders again that a slot or a site with new room could serve."""
    freed, f.freed = f.freed, set()
    promise_all(f, [live for live in f.waiting.values() if not freed.isdisjoint(live.waits_for)])


def days(f: Future, live: LiveOrder) -> Iterator[int]:
    """The days on which an order may be given, the day wanted first, then by closeness."""
    order = live.order
    wanted = order.wanted_on.toordinal()
    yield wanted
    if not f.policy.shift_days:
        return
    first, last = order.earliest_on.toordinal(), order.latest_on.toordinal()
    for away in range(1, max(wanted - first, last - wanted) + 1):
        if wanted - away >= first:
            yield wanted - away
        if wanted + away <= last:
            yield wanted + away


def _best(f: Future, live: LiveOrder, day: int) -> tuple[Reach, Fit] | None:
    now, places, batches = f.now, f.world.places, f.room.batches
    reaches = []
    for reach in f.world.reach(live.order, day):
        place = places[reach.place]
        if place.last_lock_at >= now or (
            place.slot.charge_at > now and (live.lost or reach.place in batches)
        ):
            reaches.append(reach)
    if len(reaches) > 1:
        reaches.sort(key=lambda r: _rank(f, live, r))
    for reach in reaches:
        fit = fits(f, live, reach)
        if fit is not None:
            return reach, fit
    if live.lost:
        for reach in reaches:
            fit = stands_in(f, live, reach)
            if fit is not None:
                return reach, fit
    return None


def _rank(f: Future, live: LiveOrder, reach: Reach) -> tuple[float, ...]:
    """The lower the better, by the policy's preference."""
    place = f.world.places[reach.place]
    batch = f.room.batches.get(reach.place)
    opened = batch is not None and bool(batch.orders)
    cents = _costs(f, live, reach, place, batch if opened else None)
    fresh = reach.use_at - place.slot.charge_at
    new = 0.0 if opened else 1.0
    risk = f.risk.late(reach) if f.fate.on else 0.0
    law = f.tally.penalty(live.order.protocol)
    missed = law.missed_started_cents if live.order.started else law.missed_new_cents
    cents += risk * missed
    unsure = float(risk > UNSURE)
    match f.policy.preference:
        case "fewest_batches":
            return (unsure, new, cents, fresh, reach.place)
        case "freshest":
            return (unsure, fresh, new, cents, reach.place)
        case _:
            return (unsure, cents, new, fresh, reach.place)


def _costs(
    f: Future, live: LiveOrder, reach: Reach, place: Place, batch: LiveBatch | None
) -> float:
    """What serving an order this way adds to the cost. [cents]"""
    cents = float(reach.cost_cents)
    if batch is not None:
        lane = f.programme.lane[reach.lane]
        if batch.groups.get((reach.lane, live.order.site)):
            cents *= f.programme.carrier[lane.carrier].second_package_fraction
        return cents
    contract = f.programme.contract.get(place.plant.id)
    if contract is not None:
        cents += contract.batch_fee_cents
    if place.slot.isotope:
        cents += f.programme.source[place.slot.isotope[0].source].freight_cents
    return cents + place.slot.fee_cents


# -- fitting -------------------------------------------------------------------------------


def _open_to(f: Future, live: LiveOrder, reach: Reach, place: Place) -> bool:
    """Whether nothing known stands in the way: shocks, the lane's notice, the site's limits."""
    lane = f.programme.lane[reach.lane]
    if lane.notice_min and reach.dispatch_at - f.now < lane.notice_min:
        return False
    site = f.programme.site[live.order.site]
    if f.known.shocks:
        received_on = f.clock.day(reach.received_at, site.zone)
        if (
            f.known.takes(place)
            or not f.known.on_the_road(lane, reach.dispatch_at)
            or f.known.closed(place.plant.id, site, live.order.protocol, received_on)
        ):
            return False
    return f.room.site_takes(site, live, reach)


def fits(f: Future, live: LiveOrder, reach: Reach) -> Fit | None:
    """Whether an order fits into a slot under every limit, and the isotope that this takes."""
    place = f.world.places[reach.place]
    batch = f.room.batches.get(reach.place)
    if batch is not None and batch.status not in ("open", "locked"):
        return None
    units, order = live.order.units, live.order
    load = units * order.activity_mbq * reach.load_factor
    eos = units * order.activity_mbq * reach.eos_factor
    if batch is not None:
        units, load, eos = units + batch.units, load + batch.load_mbq, eos + batch.eos_mbq
    if not f.room.bulk_fits(place, eos):
        return None
    if batch is not None and batch.status == "locked":
        enough = f.room.charge_for(place, load) <= _on_hand(batch) * (1 + _EPS)
        if units > batch.vials or not enough or not _open_to(f, live, reach, place):
            return None
        return Fit(batch.option, batch.reserved_mbq)
    if units > place.slot.vials_max or place.call_off_at < f.now:
        return None
    if (batch is None or not batch.orders) and not f.room.can_open(place):
        return None
    if not place.product.decays:
        return Fit(None, 0.0) if _open_to(f, live, reach, place) else None
    option = f.room.option_for(place, batch, load, f.now)
    if option is None or not _open_to(f, live, reach, place):
        return None
    return Fit(*option)


def _on_hand(batch: LiveBatch) -> float:
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
    load = units * live.order.activity_mbq * reach.load_factor
    eos = units * live.order.activity_mbq * reach.eos_factor
    option = slot.isotope[0] if batch is None else batch.option
    if option is None:
        return None
    factor = decay_factor(slot.charge_at - option.delivered_at, place.half_life)
    left = f.room.standing_left(place)
    if batch is None:
        set_up = planned_min(place.product, "setup")
        late = slot.charge_at - set_up < f.now or not usable(f, place)
        if late or units > slot.vials_max or not f.room.can_open(place):
            return None
        wanted = f.room.charge_for(place, load) / factor
    elif batch.status == "locked":
        eos, units = eos + batch.eos_mbq, units + batch.units
        if units > batch.places:
            return None
        charge = f.room.charge_for(place, load + batch.load_mbq)
        wanted = max(0.0, charge - _on_hand(batch)) / factor
    else:
        return None
    if wanted > left * (1 + _EPS) or not f.room.bulk_fits(place, eos):
        return None
    return Fit(option, wanted, stands_in=True) if _open_to(f, live, reach, place) else None


def usable(f: Future, place: Place) -> bool:
    """Whether a slot turns out usable, and a contested one free; known at its lock."""
    if not f.fate.on:
        return True
    luck = f.fate.slot(place.line.id, place.slot.id)
    return luck.usable < place.plant.usable_slots_fraction and luck.free < place.slot.free_fraction


# -- giving and taking ---------------------------------------------------------------------


def give(f: Future, live: LiveOrder, reach: Reach, fit: Fit) -> None:
    """Promise an order a place in a batch, which is opened where there is none."""
    batch = attach(f, live, reach, fit)
    live.wait_token += 1
    f.waiting.pop(live.order.id, None)
    wanted = live.order.wanted_on.toordinal()
    if reach.day != wanted and not live.cause:
        live.cause = why_not(f, live, wanted)
    f.book.tell(OrderPromised, live.order.id, batch.id, reach.use_at)
    if fit.stands_in and batch.status == "open":
        f.hooks.lock(batch, batch.lock_token)
    f.hooks.promised(live)


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
    assert batch is not None and reach is not None
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


def leave(f: Future, live: LiveOrder, cause: str) -> None:
    """An order loses its batch before it was made from it; it waits, and is not yet retried."""
    batch = detach(f, live)
    live.cause = cause
    f.book.tell(OrderUnpromised, live.order.id, batch.id, cause)


def lose(f: Future, lives: Iterable[LiveOrder], cause: str, *, in_making: bool) -> None:
    """Orders lose their batch, and are promised anew: started courses first, then by waiting.

    With backup on, they may be remade from isotope kept for stand-ins. With backup off, an order that lost its batch in the making is not made again.
    """
    taken = list(lives)
    for live in taken:
        assert live.batch is not None
        live.lost = f.policy.backup and f.replans
        live.lost_at = max(f.now, live.batch.place.slot.charge_at)
        leave(f, live, cause)
    if not f.replans or (in_making and not f.policy.backup):
        for live in sorted(taken, key=lambda o: o.rank):
            f.hooks.settle(live, "missed", live.order.wanted_on.toordinal())
        return
    promise_all(f, taken)


def wait(f: Future, live: LiveOrder) -> None:
    """Let an order wait for capacity until its window closes."""
    if not live.cause:
        live.cause = why_not(f, live, live.order.wanted_on.toordinal())
    if live.order.id in f.waiting:
        return
    f.waiting[live.order.id] = live
    live.waits_for = frozenset(
        (
            f.programme.site[live.order.site].consignee,
            *(r.place for day in days(f, live) for r in f.world.reach(live.order, day)),
        )
    )
    live.wait_token += 1
    f.at(live.closes_at, _window_closes, f, live, live.wait_token)


def _window_closes(f: Future, live: LiveOrder, token: int) -> None:
    if live.status == "waiting" and live.wait_token == token:
        f.waiting.pop(live.order.id, None)
        f.hooks.settle(live, "missed", live.order.wanted_on.toordinal())


def _take_place(f: Future, live: LiveOrder) -> bool:
    """Let a started course take the place of a new start in a batch that is not yet locked."""
    for day in days(f, live):
        for reach in f.world.reach(live.order, day):
            batch = f.room.batches.get(reach.place)
            if batch is None or batch.status != "open" or not batch.orders:
                continue
            rivals = sorted(
                (o for o in batch.orders.values() if not o.order.started), key=lambda o: o.rank
            )
            for rival in reversed(rivals):
                if _swap(f, live, reach, rival):
                    return True
    return False


def _swap(f: Future, live: LiveOrder, reach: Reach, rival: LiveOrder) -> bool:
    old, option = rival.reach, rival.batch.option if rival.batch else None
    assert old is not None and rival.batch is not None
    kept = rival.batch.reserved_mbq
    batch = detach(f, rival, announce=False)
    fit = fits(f, live, reach)
    if fit is None:
        attach(f, rival, old, Fit(option, kept))
        return False
    rival.cause = "started course first"
    f.book.tell(OrderUnpromised, rival.order.id, batch.id, rival.cause)
    give(f, live, reach, fit)
    promise(f, rival)
    return True


def why_not(f: Future, live: LiveOrder, day: int) -> str:
    """In one word, why an order was not promised a day."""
    reaches = f.world.reach(live.order, day)
    if not reaches:
        return "calendar"
    if f.known.shocks:
        site = f.programme.site[live.order.site]
        hits = set()
        for reach in reaches:
            place = f.world.places[reach.place]
            shock = f.known.takes(place)
            received_on = f.clock.day(reach.received_at, site.zone)
            closed = f.known.closed(place.plant.id, site, live.order.protocol, received_on)
            hits.add(shock.hits if shock else closed)
        if None not in hits:
            return sorted(h for h in hits if h)[0]
    late = all(
        min((o.lock_at for o in f.world.places[r.place].slot.isotope), default=0) < f.now
        for r in reaches
    )
    return "ordered after the lock" if late else "capacity"
