"""The planned ways from slots to a day, and how often each is late: found where first asked for.

As `operations/routes.py` with `world.py`, and `risk.py`. Most days nobody ever asks about.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

import numpy as np

from doseline.calendars import BLOCK, moved_by
from doseline.programme.rules import decay_factor, vial_holds
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.instants import (
    after_moving,
    at_day,
    day_of,
    day_start,
    dispatch_at,
    received_at,
    use_at,
    wall_at,
)
from doseline.simulate.kernel.layout import MOST_WAYS
from doseline.simulate.kernel.words import OUT_OF_CALENDAR, UNLIKELY

DAY = 1440
_COST, _PLACE, _RECEIVED, _RANK, _LANE, _DISPATCH, _USE, _PERMIT, _WIDE = range(9)


@compiled
def find_ways(c: Any, product: int, protocol: int, site: int, day: int) -> int:
    """Find the ways of a day, the cheapest first, and note them: their first place, their number.

    Both in one number: the place times 65536 and the number, and 1 more. 0 where that failed.
    """
    found = np.empty(_WIDE * MOST_WAYS, np.int64)
    n = _looked(c, product, protocol, site, day, found)
    first = c.found[1]
    if first + n > len(c.reaches):
        c.fault = UNLIKELY
    if c.fault:
        return 0
    for k in range(n):
        _note(c, found, _WIDE * k, first + k, site, day)
    c.found[1] = first + n
    combo = (product * c.protocols_n + protocol) * c.kinds_n + c.sites[site].kind
    if c.combos[combo] == 0:
        c.found[0] += 1
        c.combos[combo] = c.found[0]
    packed = (first << 16 | n) + 1
    c.reach_index[(c.combos[combo] - 1) * c.days + at_day(c, day)] = packed
    return packed


@compiled
def _looked(c: Any, product: int, protocol: int, site: int, day: int, found: Any) -> int:
    """Put the ways of a day in order; how many they are."""
    end = day_start(c, c.sites[site].zone, day + 1)
    low, high = c.slots_at[product], c.slots_at[product + 1]
    starts = c.slot_starts[low:high]
    first = bisect_left(starts, end - 3 * DAY - c.products[product].shelf)
    n = 0
    for k in range(low + first, low + bisect_right(starts, end)):
        place = c.slots_of[k]
        plant = c.places[place].plant
        way = (plant * c.markets_n + c.sites[site].market) * c.protocols_n + protocol
        row = plant * len(c.sites) + site
        asked = c.testing_at[2 * way]
        for t in range(asked, asked + c.testing_at[2 * way + 1]):
            for x in range(c.lane_off[row], c.lane_off[row + 1]):
                n = _tried(c, place, c.lane_list[x], site, day, way, c.testings[t], found, n)
                if c.fault:
                    return 0
    return n


@compiled
def _tried(
    c: Any,
    place: int,
    lane: int,
    site: int,
    day: int,
    way: int,
    testing: int,
    found: Any,
    n: int,
) -> int:
    """Add the way by one lane, if it keeps every limit; how many ways there are now."""
    p, ln = c.places[place], c.lanes[lane]
    product = c.products[p.product]
    dispatch = dispatch_at(c, lane, p.ready_at)
    arrive = after_moving(c, ln.road, dispatch, ln.planned + testing)
    received = received_at(c, site, arrive)
    use = use_at(c, site, day, received, product.preparation)
    if use < 0 or use + product.infusion > p.eos_first_at + product.shelf:
        return n
    if product.hold >= 0 and received - dispatch > product.hold:
        return n
    if not vial_holds(_eos_factor(c, place, use), product.overfill, product.vial_limit):
        return n
    at = at_day(c, day_of(c, c.sites[site].zone, received))
    if not _licensed(c, site, product.nuclide, at):
        return n
    permit = way * c.days + at
    if c.permits[permit] != testing:
        return n
    if n >= MOST_WAYS:
        c.fault = UNLIKELY
        return n
    _put_in(found, n, (int(ln.cost), place, received, ln.rank, lane, dispatch, use, permit))
    return n + 1


@compiled
def _licensed(c: Any, site: int, nuclide: int, at: int) -> bool:
    """Whether a site's licence covers a nuclide (-1: there is none) on a day of the tables."""
    return nuclide < 0 or c.licences[(c.sites[site].licence + nuclide) * c.days + at] != 0


@compiled
def _put_in(found: Any, n: int, row: Any) -> None:
    """Put a way among those found: the cheapest first, then by slot, receipt and lane's name."""
    k = n
    while k > 0 and _before(row, found, _WIDE * (k - 1)):
        for field in range(_WIDE):
            found[_WIDE * k + field] = found[_WIDE * (k - 1) + field]
        k -= 1
    for field in range(_WIDE):
        found[_WIDE * k + field] = row[field]


@compiled
def _before(row: Any, found: Any, at: int) -> bool:
    for field in range(_LANE):
        if row[field] != found[at + field]:
            return row[field] < found[at + field]
    return False


@compiled
def _eos_factor(c: Any, place: int, use: int) -> float:
    """What a dose of 1 MBq at its use needs at the EOS of a batch of one vial. [MBq]"""
    p = c.places[place]
    return 1.0 / decay_factor(use - p.eos_first_at, p.half_life)


@compiled
def _note(c: Any, found: Any, at: int, reach: int, site: int, day: int) -> None:
    """Write a way into its row."""
    place, use = found[at + _PLACE], found[at + _USE]
    p, r = c.places[place], c.reaches[reach]
    r.place, r.lane, r.day, c.receipts[reach].site = place, found[at + _LANE], day, site
    r.charge_at, r.last_lock_at = p.charge_at, p.last_lock_at
    r.dispatch_at, r.received_at, r.use_at = found[at + _DISPATCH], found[at + _RECEIVED], use
    c.receipts[reach].day = day_of(c, c.sites[site].zone, found[at + _RECEIVED])
    r.load_factor = 1.0 / decay_factor(use - p.charge_at, p.half_life)
    r.eos_factor = _eos_factor(c, place, use)
    r.cost = float(found[at + _COST])
    c.receipts[reach].testing = c.permit_cents[found[at + _PERMIT]]
    r.late = -1.0


# -- how often it is late ------------------------------------------------------------------


@compiled
def how_late(c: Any, reach: int) -> float:
    """The share of tries in which a way does not keep its planned day."""
    r = c.reaches[reach]
    p, ln = c.places[r.place], c.lanes[r.lane]
    room = _moving_between(c, ln.road, r.dispatch_at, _deadline(c, reach))
    ready = c.ready_tries[p.ready_row : p.ready_row + c.tries]
    moving_row = c.moving_at[r.lane * c.markets_n + c.sites[c.receipts[reach].site].market]
    moving = c.moving_tries[moving_row : moving_row + c.tries]
    planned = r.dispatch_at - r.charge_at
    in_time = bisect_right(ready, planned)
    if ln.collects < 0:  # collected when ready: lateness shortens the road
        in_time = c.tries
        room -= max(0, ready[c.tries // 2] - planned)
    missed = 1.0 - in_time / c.tries
    if missed > 0 and _rescued(c, reach, r.charge_at + ready[(in_time + c.tries) // 2]):
        missed = 0.0
    return 1.0 - (1.0 - missed) * (bisect_right(moving, room) / c.tries)


@compiled
def _deadline(c: Any, reach: int) -> int:
    """The last moment at the door that still keeps the planned day."""
    r = c.reaches[reach]
    s = c.sites[c.receipts[reach].site]
    preparation = c.products[c.places[r.place].product].preparation
    closes = c.closes[s.receives * c.days + at_day(c, r.day)]
    return min(wall_at(c, s.latest, r.day) - preparation, closes)


@compiled
def _rescued(c: Any, reach: int, ready_at: int) -> bool:
    """Whether another lane would keep the day from a typical late release."""
    r, site = c.reaches[reach], c.receipts[reach].site
    p = c.places[r.place]
    row = p.plant * len(c.sites) + site
    for k in range(c.lane_off[row], c.lane_off[row + 1]):
        lane = c.lane_list[k]
        ln = c.lanes[lane]
        dispatch = dispatch_at(c, lane, ready_at + ln.notice)
        received = received_at(c, site, after_moving(c, ln.road, dispatch, ln.planned))
        if use_at(c, site, r.day, received, c.products[p.product].preparation) > 0:
            return True
    return False


@compiled
def _moving_between(c: Any, road: int, begin: int, end: int) -> int:
    """How many minutes a carrier moves from one minute to a later one."""
    zero = (c.zero - 1) * DAY
    at, until, total = begin + zero, end + zero, 0
    while at // BLOCK < until // BLOCK:
        low, high = _stops(c, road, at)
        total += c.stop_moved[high - 1] - _moved(c, low, high, at)
        at = (at // BLOCK + 1) * BLOCK
    low, high = _stops(c, road, at)
    begun = _moved(c, low, high, at)
    low, high = _stops(c, road, until)
    return total + _moved(c, low, high, until) - begun


@compiled
def _stops(c: Any, road: int, at: int) -> tuple[int, int]:
    """Where the stops of the ten years of a minute begin and end."""
    number = at // BLOCK - c.roads[3 * road + 2]
    if number < 0 or number >= c.roads[3 * road + 1]:
        c.fault = OUT_OF_CALENDAR
        number = 0
    block = c.roads[3 * road] + number
    return c.stop_off[block], c.stop_off[block + 1]


@compiled
def _moved(c: Any, low: int, high: int, at: int) -> int:
    return moved_by(c.stop_starts[low:high], c.stop_ends[low:high], c.stop_moved[low:high], at)
