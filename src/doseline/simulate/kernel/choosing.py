"""The standing policy: which slot serves an order, and who gives way. As `promising.py`.

A rule of the reference that calls itself is a loop here: a new start that gives way to a started
course is promised anew in the next turn.
"""

from __future__ import annotations

import math
from typing import Any

from doseline.simulate.kernel.books import cost
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.draws import comes_first, sort_by_rank
from doseline.simulate.kernel.ending import settle
from doseline.simulate.kernel.fits import fits, in_a_vial, open_to, ways
from doseline.simulate.kernel.giving import attach, detach
from doseline.simulate.kernel.instants import at, scratch, wall_at
from doseline.simulate.kernel.layout import NEVER
from doseline.simulate.kernel.locking import begin, fix_vials
from doseline.simulate.kernel.promised import locked_orders, promised
from doseline.simulate.kernel.ranking import best, day_after
from doseline.simulate.kernel.reasons import why_not
from doseline.simulate.kernel.rivals import (
    all_but_last,
    all_were_tried,
    in_order,
    last_to_go,
    none_can_help,
)
from doseline.simulate.kernel.stays import may_hold
from doseline.simulate.kernel.waiting import (
    ANY_DAY,
    MOST_NOTED,
    ask_for_the_least,
    days_with_ways,
    may_be_served,
    next_turn,
    waits,
    waits_for,
    waits_no_more,
)
from doseline.simulate.kernel.words import (
    MISSED,
    OPEN,
    OPTION_FEES,
    UNLIKELY,
    WAITING,
    WINDOW_CLOSES,
)
from doseline.simulate.kernel.words import (
    STARTED_FIRST as GAVE_WAY,
)


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
    turn, first, days = 0, c.orders[order].earliest, days_with_ways(c, order)
    while True:
        day = day_after(c, order, turn)
        if day == 0:
            return False
        turn += 1
        if day < 0 or (days != ANY_DAY and not (days >> (day - first)) & 1):
            continue
        used = c.scratch_n
        reach, fit = best(c, order, day, freed_only)
        c.scratch_n = used
        if reach >= 0:
            give(c, order, reach, fit)
            return True


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
    last, turn, ways_n, places, least = -NEVER, 0, 0, 0, math.inf
    days = 0 if o.latest - o.earliest < MOST_NOTED else ANY_DAY
    while True:
        day = day_after(c, order, turn)
        if day == 0:
            break
        turn += 1
        if day < 0:
            continue
        off, n = ways(c, o.product, o.protocol, o.site, day)
        for reach in range(off, off + n):
            r = c.reaches[reach]
            last = max(last, r.last_lock_at)
            places |= 1 << (r.place % 63)
            least = min(least, o.units * o.activity * r.load_factor)
        ways_n += n
        if n and days != ANY_DAY:
            days |= 1 << (day - o.earliest)
    waits_for(c, order, places, days, least, last if ways_n else 0)
    o.wait_token += 1
    at(c, wall_at(c, c.sites[o.site].latest, o.latest), WINDOW_CLOSES, order, o.wait_token)


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
    turn, used = 0, c.scratch_n
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
            c.scratch_n = used
            if rival >= 0:
                return rival


@compiled
def _swapped(c: Any, order: int, reach: int) -> int:
    """The new start whose place in a slot an order takes, or -1."""
    batch = c.batch_of[c.reaches[reach].place]
    if batch < 0 or c.batches[batch].status != OPEN or c.batches[batch].count == 0:
        return -1
    if not in_a_vial(c, order, reach):
        return -1
    anybody = open_to(c, order, reach)
    mine = c.sites[c.orders[order].site].consignee
    if not anybody and not may_hold(c, mine, batch):
        return -1
    if not anybody:
        return _swapped_with(c, order, reach, _at_consignee(c, batch, mine))
    last = last_to_go(c, batch)
    if last < 0:
        return -1
    if none_can_help(c, order, reach, batch):
        all_were_tried(c, batch)
        return -1
    if _changes_places(c, order, reach, last):
        return last
    return _swapped_with(c, order, reach, all_but_last(c, batch))


@compiled
def _swapped_with(c: Any, order: int, reach: int, rivals: Any) -> int:
    """The last of several new starts whose place an order can take, and takes; or -1."""
    for k in range(len(rivals) - 1, -1, -1):
        if _changes_places(c, order, reach, rivals[k]):
            return rivals[k]
    return -1


@compiled
def _at_consignee(c: Any, batch: int, consignee: int) -> Any:
    """The new starts of a batch at a consignee, the first to go first."""
    found = orders_of(c, batch)
    n = 0
    for order in found:
        o = c.orders[order]
        if o.started == 0 and c.sites[o.site].consignee == consignee:
            found[n] = order
            n += 1
    sort_by_rank(c, found[:n])
    return found[:n]


@compiled
def _changes_places(c: Any, order: int, reach: int, rival: int) -> bool:
    """Let an order take the place of a new start, if it fits there then."""
    batch = c.orders[rival].batch
    old, option, kept = (
        c.orders[rival].reach,
        c.batches[batch].option,
        c.batches[batch].reserved,
    )
    detach(c, rival, False)
    fit = fits(c, order, reach)
    if not fit[0]:
        attach(c, rival, old, option, kept, False)
        return False
    c.orders[rival].cause = GAVE_WAY
    give(c, order, reach, fit)
    return True


@compiled
def orders_of(c: Any, batch: int) -> Any:
    """The orders of a batch, in the order in which they joined it."""
    in_order(c, batch)
    b = c.batches[batch]
    found = scratch(c, b.count)
    low, high, order, other = 0, b.count - 1, b.first, b.last
    while low <= high:  # from both ends: two rows are on their way at a time
        found[low], found[high] = order, other
        low, high, order, other = low + 1, high - 1, c.orders[order].next, c.orders[other].prev
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
        if c.wanted_until[k] >= c.now:
            found[n] = c.waiting[k]
            n += 1
    promise_all(c, found[:n])


@compiled
def retry_freed(c: Any) -> None:
    """Try those waiting orders again that a slot or a site with new room could serve."""
    turn, places, sites = c.freed_turn, c.freed_places, c.freed_sites
    next_turn(c)
    ask_for_the_least(c, turn)
    found = scratch(c, c.waiting_n)
    n = 0
    for k in range(c.waiting_n):
        wanted = c.wanted_places[k] & places or c.wanted_sites[k] & sites
        if wanted and may_be_served(c, k, turn):
            found[n] = c.waiting[k]
            n += 1
    sort_by_rank(c, found[:n])
    for order in found[:n]:
        if _promised_a_day(c, order, True):
            _retry_behind(c, order, places, sites)
            return


@compiled
def _retry_behind(c: Any, first: int, places: int, sites: int) -> None:
    """Try all that wait behind an order which was served: others may have room by that."""
    found, rank = scratch(c, c.waiting_n), c.orders[first].rank
    n = 0
    for k in range(c.waiting_n):
        order = c.waiting[k]
        wanted = c.wanted_places[k] & places or c.wanted_sites[k] & sites
        if wanted and comes_first(c, rank, first, c.orders[order].rank, order):
            found[n] = order
            n += 1
    sort_by_rank(c, found[:n])
    for order in found[:n]:
        if c.orders[order].status == WAITING:
            _promised_a_day(c, order, True)
