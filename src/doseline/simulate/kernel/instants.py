"""Instants, days and hours in tables, and the queue of what is to come.

The order of what falls on one minute is that of SimPy: what begins a process first, then in the
order in which it was put off. What is known at the start lies sorted apart from the queue.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from doseline.calendars import BLOCK, moved_on
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.layout import NEVER
from doseline.simulate.kernel.words import OUT_OF_CALENDAR, OUT_OF_ROOM

DAY = 1440
_NORMAL = 1 << 32


@compiled
def at_day(c: Any, day: int) -> int:
    """The place of a day in the tables; one outside gives the replication back."""
    place = day - c.day0
    if place < 1 or place >= c.days - 1:
        c.fault = OUT_OF_CALENDAR
        return 1
    return place


@compiled
def day_of(c: Any, zone: int, at: int) -> int:
    """The local day (ordinal) of an instant."""
    place = at_day(c, at // DAY + c.zero)
    row = zone * c.days
    if at < c.midnights[row + place]:
        place -= 1
    elif at >= c.midnights[row + place + 1]:
        place += 1
    return place + c.day0


@compiled
def day_start(c: Any, zone: int, day: int) -> int:
    """The instant at which a local day begins."""
    return c.midnights[zone * c.days + at_day(c, day)]


@compiled
def wall_at(c: Any, wall: int, day: int) -> int:
    """The instant at which a wall shows one of the hours that matter."""
    return c.walls[wall * c.days + at_day(c, day)]


@compiled
def treats_on(c: Any, site: int, day: int) -> bool:
    """Whether a site treats on a day."""
    return c.treats[c.sites[site].treats * c.days + at_day(c, day)] != 0


@compiled
def use_at(c: Any, site: int, day: int, received_at: int, preparation: int) -> int:
    """The hour of infusion on a day, or -1: as `routes.Ways.use_at`."""
    s = c.sites[site]
    at = max(wall_at(c, s.usual, day), received_at + preparation)
    return at if at <= wall_at(c, s.latest, day) else -1


@compiled
def received_at(c: Any, site: int, arrive_at: int) -> int:
    """When a site takes in a package that stands at the door."""
    s = c.sites[site]
    day = day_of(c, s.zone, arrive_at)
    for ahead in range(60):
        place = s.receives * c.days + at_day(c, day + ahead)
        if c.opens[place] > -NEVER and arrive_at <= c.closes[place]:
            return max(arrive_at, c.opens[place])
    c.fault = OUT_OF_CALENDAR
    return arrive_at


@compiled
def after_moving(c: Any, road: int, start: int, left: int) -> int:
    """The first minute by which a carrier has moved so long."""
    if left <= 0:
        return start
    zero = (c.zero - 1) * DAY
    at = start + zero
    first_row, rows, first = c.roads[3 * road], c.roads[3 * road + 1], c.roads[3 * road + 2]
    while left > 0:
        number = at // BLOCK - first
        if number < 0 or number >= rows:
            c.fault = OUT_OF_CALENDAR
            return start
        block = first_row + number
        low, high = c.stop_off[block], c.stop_off[block + 1]
        at, left = moved_on(
            c.stop_starts[low:high], c.stop_ends[low:high], c.stop_moved[low:high], at, left
        )
    return at - zero


@compiled
def dispatch_at(c: Any, lane: int, ready_at: int) -> int:
    """The collection that takes a package ready at an instant."""
    ln = c.lanes[lane]
    if ln.collects < 0:
        return after_moving(c, ln.road, ready_at, 1) - 1
    day = day_of(c, ln.zone, ready_at)
    row = ln.collects * c.days
    for ahead in range(60):
        at = c.collects[row + at_day(c, day + ahead)]
        if at >= ready_at:
            return at
    c.fault = OUT_OF_CALENDAR
    return ready_at


@compiled
def scratch(c: Any, n: int) -> Any:
    """Room for some numbers until what happens now has happened."""
    first = c.scratch_n
    if first + n > len(c.scratch):
        return np.empty(n, np.int64)
    c.scratch_n = first + n
    return c.scratch[first : first + n]


# -- the queue -----------------------------------------------------------------------------


@compiled
def push(c: Any, at: int, begins: bool, what: int, a: int, b: int) -> None:
    """Let something happen at an instant, or at once if that has passed."""
    when = max(at, c.now)
    key = (when << 33) | (0 if begins else _NORMAL) | c.sequence
    call = (what << 58) | (a << 29) | b
    c.sequence += 1
    if c.beginning:
        n = c.first_n
        if n >= len(c.first_keys):
            c.fault = OUT_OF_ROOM
            return
        c.first_keys[n], c.first_calls[n] = key, call
        c.first_n = n + 1
        return
    hole = c.heap_n + 1
    if hole >= len(c.heap):
        c.fault = OUT_OF_ROOM
        return
    c.heap_n = hole
    while hole > 1:
        above = c.heap[hole >> 1]
        if above.key <= key:
            break
        c.heap[hole].key, c.heap[hole].call = above.key, above.call
        hole >>= 1
    c.heap[hole].key, c.heap[hole].call = key, call


@compiled
def at(c: Any, when: int, what: int, a: int, b: int) -> None:
    """Let something happen at an instant."""
    push(c, when, False, what, a, b)


@compiled
def pop(c: Any) -> int:
    """What comes next off the queue."""
    found, n = c.heap[1].call, c.heap_n
    key, call = c.heap[n].key, c.heap[n].call
    c.heap_n = n - 1
    hole, below = 1, 2
    while below < n:
        if below + 1 < n and c.heap[below + 1].key < c.heap[below].key:
            below += 1
        b = c.heap[below]
        if b.key >= key:
            break
        c.heap[hole].key, c.heap[hole].call = b.key, b.call
        hole, below = below, 2 * below
    c.heap[hole].key, c.heap[hole].call = key, call
    return found
