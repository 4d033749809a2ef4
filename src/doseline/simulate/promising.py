"""The standing policy: which slot serves an order, and who gives way when doses are short.

An order is promised the best way now known: its day first, then the other days of its window by
their closeness (only where the policy lets days shift). Among the ways of a day the policy's
preference decides, where what lateness would cost counts by its chance (`risk`) and a way that is
often late comes last. What fits is said in `fitting`. A started course that finds no room takes
the place of a new start in a batch that is not yet locked. An order without a way waits until its
window closes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from doseline.operations.events import (
    OrderPromised,
    OrderUnpromised,
)
from doseline.simulate.fitting import Fit, fits, in_a_vial, open_to, stands_in
from doseline.simulate.future import Future
from doseline.simulate.giving import attach, detach
from doseline.simulate.living import LiveBatch, LiveOrder
from doseline.simulate.world import Place, Reach

UNSURE = 0.1
"""A way that would be late more often than this comes after all surer ones of its day."""


# -- choosing ------------------------------------------------------------------------------


def promise(f: Future, live: LiveOrder) -> bool:
    """Promise an order the best way now known, or let it wait; whether it was promised."""
    if live.status != "waiting":
        return False
    for day in days(f, live):
        found = _best(f, live, f.world.reach(live.order, day))
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
    """Try every waiting order again that a slot not yet locked could serve."""
    promise_all(f, [live for live in f.waiting.values() if live.last_lock_at >= f.now])


def retry_freed(f: Future) -> None:
    """Try those waiting orders again that a slot or a site with new room could serve."""
    freed, f.freed = f.freed, set()
    for live in sorted(f.waiting.values(), key=lambda o: o.rank):
        if live.status == "waiting":
            _try_freed(f, live, freed)


def _try_freed(f: Future, live: LiveOrder, freed: set[int | str]) -> None:
    """Promise a waiting order the best of the ways that have new room, if one fits."""
    names = sorted(freed.intersection(live.waits_for), key=str)
    reaches = [r for name in names for r in live.waits_for[name]]
    wanted = live.order.wanted_on.toordinal()
    away = sorted({(abs(r.day - wanted), r.day) for r in reaches})
    for _, day in away:
        found = _best(f, live, [r for r in reaches if r.day == day])
        if found is not None:
            give(f, live, *found)
            return


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


def _best(f: Future, live: LiveOrder, ways: Iterable[Reach]) -> tuple[Reach, Fit] | None:
    """The best of several ways of one day that fits."""
    now, batches = f.now, f.room.batches
    reaches = [
        r
        for r in ways
        if r.last_lock_at >= now or (r.charge_at > now and (live.lost or r.place in batches))
    ]
    if not reaches:
        return None
    if len(reaches) > 1:
        law = f.tally.penalty(live.order.protocol)
        missed = law.missed_started_cents if live.order.started else law.missed_new_cents
        reaches.sort(key=lambda r: _rank(f, live, r, missed))
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


def _rank(f: Future, live: LiveOrder, reach: Reach, missed_cents: int) -> tuple[float, ...]:
    """The lower the better, by the policy's preference.

    The earliest way leaves the most later ones for the day, should it fail.
    """
    place = f.world.places[reach.place]
    batch = f.room.batches.get(reach.place)
    opened = batch is not None and bool(batch.orders)
    cents = _costs(f, live, reach, place, batch if opened else None)
    fresh = reach.use_at - reach.charge_at
    new = 0.0 if opened else 1.0
    risk = f.risk.late(reach) if f.fate.on else 0.0
    cents += risk * missed_cents
    unsure = float(risk > UNSURE)
    match f.policy.preference:
        case "fewest_batches":
            return (unsure, new, cents, fresh, reach.place)
        case "recoverable":
            filled = batch.units if batch is not None and opened else 0
            return (unsure, reach.charge_at, -filled, cents, reach.place)
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


def leave(f: Future, live: LiveOrder, cause: str) -> None:
    """An order loses its batch before it was made from it; it waits, and is not yet retried."""
    batch = detach(f, live)
    live.cause = cause
    f.book.tell(OrderUnpromised, live.order.id, batch.id, cause)


def lose(f: Future, lives: Iterable[LiveOrder], cause: str, *, in_making: bool) -> None:
    """Orders lose their batch, and are promised anew: started courses first, then by waiting.

    With backup on, they may be remade from isotope kept for stand-ins; with backup off, an order
    that lost its batch in the making is not made again.
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
    reaches = tuple(r for day in days(f, live) for r in f.world.reach(live.order, day))
    live.waits_for = {f.programme.site[live.order.site].consignee: reaches}
    for reach in reaches:
        live.waits_for[reach.place] = (*live.waits_for.get(reach.place, ()), reach)
    live.last_lock_at = max((r.last_lock_at for r in reaches), default=0)
    live.wait_token += 1
    f.at(live.closes_at, _window_closes, f, live, live.wait_token)


def _window_closes(f: Future, live: LiveOrder, token: int) -> None:
    if live.status == "waiting" and live.wait_token == token:
        f.waiting.pop(live.order.id, None)
        f.hooks.settle(live, "missed", live.order.wanted_on.toordinal())


def _take_place(f: Future, live: LiveOrder) -> bool:
    """Let a started course take the place of a new start in a batch that is not yet locked.

    Where the way is closed to it, or its site is full, only a rival at its own site can make room.
    """
    site = f.programme.site
    mine = site[live.order.site].consignee
    for day in days(f, live):
        for reach in f.world.reach(live.order, day):
            batch = f.room.batches.get(reach.place)
            if batch is None or batch.status != "open" or not batch.orders:
                continue
            place = f.world.places[reach.place]
            if not in_a_vial(live, reach, place):
                continue
            anybody = open_to(f, live, reach, place)
            rivals = sorted(
                (
                    o
                    for o in batch.orders.values()
                    if not o.order.started and (anybody or site[o.order.site].consignee == mine)
                ),
                key=lambda o: o.rank,
            )
            for rival in reversed(rivals):
                if _swap(f, live, reach, rival):
                    return True
    return False


def _swap(f: Future, live: LiveOrder, reach: Reach, rival: LiveOrder) -> bool:
    old, option = rival.reach, rival.batch.option if rival.batch else None
    assert old is not None
    assert rival.batch is not None
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
            closed = f.known.closed(place.plant.id, site, live.order, received_on)
            hits.add(shock.hits if shock else closed)
        if None not in hits:
            return sorted(h for h in hits if h)[0]
    late = all(
        min((o.lock_at for o in f.world.places[r.place].slot.isotope), default=0) < f.now
        for r in reaches
    )
    return "ordered after the lock" if late else "capacity"
