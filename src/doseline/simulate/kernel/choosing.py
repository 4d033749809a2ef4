"""The standing policy: which slot serves an order, and who gives way. As `promising.py`.

A rule of the reference that calls itself is a loop here: a new start that gives way to a started
course is promised anew in the next turn.
"""

from __future__ import annotations

from typing import Any

from doseline.simulate.kernel.blows import closed, takes
from doseline.simulate.kernel.books import cost, missed_cents
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.draws import goes_before, sort_by_rank
from doseline.simulate.kernel.ending import settle
from doseline.simulate.kernel.fits import NO_FIT, fits, late_share, stands_in, ways
from doseline.simulate.kernel.giving import attach, detach, in_group, waits, waits_no_more
from doseline.simulate.kernel.instants import at, scratch
from doseline.simulate.kernel.layout import MOST_WAYS, NEVER
from doseline.simulate.kernel.locking import begin, fix_vials
from doseline.simulate.kernel.promised import locked_orders, promised
from doseline.simulate.kernel.words import (
    AFTER_THE_LOCK,
    BY_FIRM,
    BY_PLANT,
    CALENDAR,
    CAPACITY,
    FEWEST,
    FRESHEST,
    HIT_FIRM,
    HIT_LINE,
    HIT_PLANT,
    LICENCE,
    MISSED,
    OPEN,
    OPTION_FEES,
    RECOVERABLE,
    UNLIKELY,
    WAITING,
    WINDOW_CLOSES,
)
from doseline.simulate.kernel.words import (
    STARTED_FIRST as GAVE_WAY,
)
from doseline.simulate.promising import UNSURE

# -- choosing ------------------------------------------------------------------------------


@compiled
def day_after(c: Any, order: int, turn: int) -> int:
    """The days on which an order may be given, the day wanted first; -1 for none, 0 after all."""
    o = c.orders[order]
    if turn == 0:
        return o.wanted
    if not c.shift_days:
        return 0
    away = (turn + 1) // 2
    if away > max(o.wanted - o.earliest, o.latest - o.wanted):
        return 0
    day = o.wanted - away if turn % 2 else o.wanted + away
    return day if o.earliest <= day <= o.latest else -1


@compiled
def promise(c: Any, order: int) -> None:
    """Promise an order the best way now known, or let it wait."""
    while order >= 0 and not c.fault:
        if c.orders[order].status != WAITING:
            return
        if _promised_a_day(c, order, False):
            return
        rival = -1
        if c.orders[order].started and c.started_first:
            rival = _take_place(c, order)
        if rival < 0:
            wait(c, order)
        order = rival


@compiled
def _promised_a_day(c: Any, order: int, freed_only: bool) -> bool:
    turn = 0
    while True:
        day = day_after(c, order, turn)
        if day == 0:
            return False
        turn += 1
        if day < 0:
            continue
        reach, fit = _best(c, order, day, freed_only)
        if reach >= 0:
            give(c, order, reach, fit)
            return True


@compiled
def _best(c: Any, order: int, day: int, freed_only: bool) -> tuple[int, Any]:
    """The best of the ways of one day that fits."""
    o = c.orders[order]
    off, n = ways(c, o.product, o.protocol, o.site, day)
    if n == 0:
        return -1, NO_FIT
    if n > MOST_WAYS:
        c.fault = UNLIKELY
        return -1, NO_FIT
    found = scratch(c, n)
    m = 0
    everywhere, turn, slots = True, 0, 0
    if freed_only:
        turn = c.freed_turn - 1
        holder = c.sites[o.site].consignee + (turn & 1) * c.consignees_n
        everywhere = c.freed_consignee[holder] == turn
        slots = (turn & 1) * c.places_n
    for reach in range(off, off + n):
        r = c.reaches[reach]
        if not everywhere and c.freed_place[slots + r.place] != turn:
            continue
        if r.last_lock_at >= c.now or (
            r.charge_at > c.now and (o.lost or c.batch_of[r.place] >= 0)
        ):
            found[m] = reach
            m += 1
    if m == 0:
        return -1, NO_FIT
    if m == 1:
        return _first_that_fits(c, order, found[:1])
    keys = c.marks[: 5 * m]
    missed = missed_cents(c, order)
    for k in range(m):
        _rank(c, order, found[k], missed, keys[5 * k : 5 * k + 5])
    return _least_that_fits(c, order, found[:m], keys)


@compiled
def _first_that_fits(c: Any, order: int, found: Any) -> tuple[int, Any]:
    for reach in found:
        fit = fits(c, order, reach)
        if fit[0]:
            return reach, fit
    if c.orders[order].lost:
        for reach in found:
            fit = stands_in(c, order, reach)
            if fit[0]:
                return reach, fit
    return -1, NO_FIT


@compiled
def _least_that_fits(c: Any, order: int, found: Any, keys: Any) -> tuple[int, Any]:
    """Take the ways by their rank, one after the other as long as none fits."""
    m = len(found)
    for k in range(m):
        least = k
        for j in range(k + 1, m):
            if _less(keys, 5 * j, 5 * least):
                least = j
        if least != k:
            _turn(found, keys, k, least)
        fit = fits(c, order, found[k])
        if fit[0]:
            return found[k], fit
    if c.orders[order].lost:
        for reach in found:
            fit = stands_in(c, order, reach)
            if fit[0]:
                return reach, fit
    return -1, NO_FIT


@compiled
def _turn(found: Any, keys: Any, k: int, least: int) -> None:
    """Bring the least to place k; the others keep their order."""
    reach = found[least]
    at = 5 * least
    a, b, d, e, g = keys[at], keys[at + 1], keys[at + 2], keys[at + 3], keys[at + 4]
    for j in range(least, k, -1):
        found[j] = found[j - 1]
    for j in range(at + 4, 5 * k + 4, -1):
        keys[j] = keys[j - 5]
    found[k], at = reach, 5 * k
    keys[at], keys[at + 1], keys[at + 2], keys[at + 3], keys[at + 4] = a, b, d, e, g


@compiled
def _less(keys: Any, a: int, b: int) -> bool:
    for i in range(5):
        if keys[a + i] != keys[b + i]:
            return keys[a + i] < keys[b + i]
    return False


@compiled
def _rank(c: Any, order: int, reach: int, missed: float, key: Any) -> None:
    """The lower the better, by the policy's preference."""
    r = c.reaches[reach]
    batch = c.batch_of[r.place]
    opened = batch >= 0 and c.batches[batch].count > 0
    cents = _costs(c, order, reach, batch if opened else -1)
    fresh = float(r.use_at - r.charge_at)
    new = 0.0 if opened else 1.0
    risk = late_share(c, reach) if c.chance else 0.0
    cents += risk * missed
    key[0] = 1.0 if risk > UNSURE else 0.0
    key[4] = r.place
    if c.preference == FEWEST:
        key[1], key[2], key[3] = new, cents, fresh
    elif c.preference == RECOVERABLE:
        filled = c.batches[batch].units if opened else 0
        key[1], key[2], key[3] = r.charge_at, -filled, cents
    elif c.preference == FRESHEST:
        key[1], key[2], key[3] = fresh, new, cents
    else:
        key[1], key[2], key[3] = cents, new, fresh


@compiled
def _costs(c: Any, order: int, reach: int, batch: int) -> float:
    """What serving an order this way adds to the cost. [cents]"""
    r = c.reaches[reach]
    cents = r.cost
    if batch >= 0:
        if in_group(c, batch, r.lane, c.orders[order].site):
            cents *= c.carriers[c.lanes[r.lane].carrier].second_package
        return cents
    p = c.places[r.place]
    contract = c.plants[p.plant].contract
    if contract >= 0:
        cents += c.contracts[contract].batch_fee
    if p.opt_n:
        cents += c.sources[c.options[p.opt_off].source].freight
    return cents + p.fee


# -- giving and taking ---------------------------------------------------------------------


@compiled
def give(c: Any, order: int, reach: int, fit: Any) -> None:
    """Promise an order a place in a batch, which is opened where there is none."""
    o = c.orders[order]
    batch = attach(c, order, reach, fit[1], fit[2], fit[3])
    o.wait_token += 1
    waits_no_more(c, order)
    if c.reaches[reach].day != o.wanted and not o.cause:
        o.cause = why_not(c, order, o.wanted)
    if fit[3] and c.batches[batch].status == OPEN:
        _lock_stand_in(c, batch)
    promised(c, order)


@compiled
def _lock_stand_in(c: Any, batch: int) -> None:
    """A batch opened for a stand-in is locked at once: its slot was found usable before."""
    b = c.batches[batch]
    if b.lock_token != 0 or b.standing == 0.0:
        c.fault = UNLIKELY
        return
    fix_vials(c, batch)
    cost(c, OPTION_FEES, c.places[c.batches[batch].place].fee)
    begin(c, batch)
    locked_orders(c, batch, -1)


@compiled
def wait(c: Any, order: int) -> None:
    """Let an order wait for capacity until its window closes."""
    o = c.orders[order]
    if not o.cause:
        o.cause = why_not(c, order, o.wanted)
    if o.waits_at >= 0:
        return
    waits(c, order)
    last, turn, ways_n = -NEVER, 0, 0
    while True:
        day = day_after(c, order, turn)
        if day == 0:
            break
        turn += 1
        if day < 0:
            continue
        off, n = ways(c, o.product, o.protocol, o.site, day)
        for reach in range(off, off + n):
            last = max(last, c.reaches[reach].last_lock_at)
        ways_n += n
    o.last_lock_at = last if ways_n else 0
    o.wait_token += 1
    at(c, o.closes_at, WINDOW_CLOSES, order, o.wait_token)


@compiled
def window_closes(c: Any, order: int, token: int) -> None:
    """The window of an order that waits has passed: it is missed."""
    o = c.orders[order]
    if o.status == WAITING and o.wait_token == token:
        waits_no_more(c, order)
        settle(c, order, MISSED, o.wanted)


@compiled
def _take_place(c: Any, order: int) -> int:
    """Let a started course take the place of a new start; the order that gave way, or -1."""
    o = c.orders[order]
    turn = 0
    while True:
        day = day_after(c, order, turn)
        if day == 0:
            return -1
        turn += 1
        if day < 0:
            continue
        off, n = ways(c, o.product, o.protocol, o.site, day)
        for reach in range(off, off + n):
            rival = _swapped(c, order, reach)
            if rival >= 0:
                return rival


@compiled
def _swapped(c: Any, order: int, reach: int) -> int:
    """The new start whose place in a slot an order takes, or -1."""
    batch = c.batch_of[c.reaches[reach].place]
    if batch < 0 or c.batches[batch].status != OPEN or c.batches[batch].count == 0:
        return -1
    rivals = orders_of(c, batch)
    n = 0
    for other in rivals:
        if not c.orders[other].started:
            rivals[n] = other
            n += 1
    while n > 0:
        last = 0
        for k in range(1, n):
            if goes_before(c, rivals[last], rivals[k]):
                last = k
        rival = rivals[last]
        n -= 1
        rivals[last] = rivals[n]
        old, option, kept = (
            c.orders[rival].reach,
            c.batches[batch].option,
            c.batches[batch].reserved,
        )
        detach(c, rival, False)
        fit = fits(c, order, reach)
        if not fit[0]:
            attach(c, rival, old, option, kept, False)
            continue
        c.orders[rival].cause = GAVE_WAY
        give(c, order, reach, fit)
        return rival
    return -1


@compiled
def orders_of(c: Any, batch: int) -> Any:
    """The orders of a batch, in the order in which they joined it."""
    b = c.batches[batch]
    found = scratch(c, b.count)
    n, order = 0, b.first
    while order >= 0:
        found[n] = order
        n, order = n + 1, c.orders[order].next
    return found


@compiled
def leave(c: Any, order: int, cause: int) -> None:
    """An order loses its batch before it was made from it; it waits, and is not yet retried."""
    detach(c, order, True)
    c.orders[order].cause = cause


@compiled
def lose(c: Any, taken: Any, cause: int, in_making: bool) -> None:
    """Orders lose their batch, and are promised anew: started courses first, then by waiting."""
    for order in taken:
        o = c.orders[order]
        o.lost = 1 if c.backup else 0
        o.lost_at = max(c.now, c.places[c.batches[o.batch].place].charge_at)
        leave(c, order, cause)
    sort_by_rank(c, taken)
    for order in taken:
        if in_making and not c.backup:
            settle(c, order, MISSED, c.orders[order].wanted)
        else:
            promise(c, order)


@compiled
def promise_all(c: Any, found: Any) -> None:
    """Promise several orders, started courses first, then those that wait longest."""
    sort_by_rank(c, found)
    for order in found:
        promise(c, order)


@compiled
def retry(c: Any) -> None:
    """Try every waiting order again that a slot not yet locked could serve."""
    found = scratch(c, c.waiting_n)
    n = 0
    for k in range(c.waiting_n):
        order = c.waiting[k]
        if c.orders[order].last_lock_at >= c.now:
            found[n] = order
            n += 1
    promise_all(c, found[:n])


@compiled
def retry_freed(c: Any) -> None:
    """Try those waiting orders again that a slot or a site with new room could serve."""
    c.freed_n = 0
    c.freed_turn += 1
    found = scratch(c, c.waiting_n)
    n = len(found)
    for k in range(n):
        found[k] = c.waiting[k]
    sort_by_rank(c, found)
    for order in found:
        if c.orders[order].status == WAITING:
            _promised_a_day(c, order, True)


# -- why not -------------------------------------------------------------------------------


@compiled
def why_not(c: Any, order: int, day: int) -> int:
    """In one word, why an order was not promised a day."""
    o = c.orders[order]
    off, n = ways(c, o.product, o.protocol, o.site, day)
    if n == 0:
        return CALENDAR
    if c.known_n:
        worst = _all_hit(c, order, off, n)
        if worst:
            return worst
    for reach in range(off, off + n):
        if c.places[c.reaches[reach].place].first_lock_at >= c.now:
            return CAPACITY
    return AFTER_THE_LOCK


@compiled
def _all_hit(c: Any, order: int, off: int, n: int) -> int:
    """Where shocks hit every way: the cause that comes first in the alphabet; else 0."""
    found = 0
    for reach in range(off, off + n):
        r = c.reaches[reach]
        shock = takes(c, r.place)
        if shock >= 0:
            hits = c.shocks[shock].hits
            cause = HIT_PLANT if hits == BY_PLANT else (HIT_FIRM if hits == BY_FIRM else HIT_LINE)
        else:
            cause = closed(c, c.places[r.place].plant, order, r.received_day)
            if not cause:
                return 0
        if not found or _letter(cause) < _letter(found):
            found = cause
    return found


@compiled
def _letter(cause: int) -> int:
    """The place of a cause in the alphabet: firm, licence, line, manufacturer, permission."""
    if cause == HIT_FIRM:
        return 0
    if cause == LICENCE:
        return 1
    if cause == HIT_LINE:
        return 2
    return 3 if cause == HIT_PLANT else 4
