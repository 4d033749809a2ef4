"""Orders that wait for capacity, and who of them new room could serve. As `promising._try_freed`.

A slot that has new room has often too little for anybody: what the smallest order that waits for it
would take is asked for once, and whoever cannot be served is not tried.
"""

from __future__ import annotations

from typing import Any

from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.fits import is_full, note_short
from doseline.simulate.kernel.instants import at
from doseline.simulate.kernel.layout import FREED_ROW
from doseline.simulate.kernel.words import OUT_OF_ROOM, TRY_FREED

ANY_DAY = -1
MOST_NOTED = 62
"""Windows of more days than this are looked through day by day."""


@compiled
def days_with_ways(c: Any, order: int) -> int:
    """The days of its window on which there is any way to serve an order, as far as is noted."""
    k = c.orders[order].waits_at
    return int(c.wanted_days[k]) if k >= 0 else ANY_DAY


@compiled
def waits(c: Any, order: int) -> None:
    """Note an order among those that wait; `waits_for` says for what."""
    n = c.waiting_n
    if n >= len(c.waiting):
        c.fault = OUT_OF_ROOM
        return
    c.waiting[n] = order
    c.orders[order].waits_at = n
    c.waiting_n = n + 1


@compiled
def waits_for(c: Any, order: int, places: int, days: int, least: float, until: int) -> None:
    """Note the slots that could serve an order that waits: a bit for each, many slots share one.

    `days` holds a bit for each day of its window on which there is any way to serve it, from the
    first on; -1 where the window is too long. `least` is what it adds to a slot's load at least,
    [MBq]; it is kept below 0 where the dose was lost, and so may be made from isotope kept for
    stand-ins. `until` is when the last slot locks.
    """
    o = c.orders[order]
    k, consignee = o.waits_at, c.sites[o.site].consignee
    c.wanted_places[k], c.wanted_sites[k] = places, 1 << (consignee % 63)
    c.wanted_days[k] = days
    c.wanted_least[k] = -least if o.lost else least
    c.wanted_until[k], c.wanted_consignee[k] = until, consignee


@compiled
def waits_no_more(c: Any, order: int) -> None:
    """Take an order off those that wait."""
    o = c.orders[order]
    if o.waits_at < 0:
        return
    n, k = c.waiting_n - 1, o.waits_at
    c.waiting_n = n
    moved = c.waiting[n]
    c.waiting[k] = moved
    c.wanted_places[k], c.wanted_sites[k] = c.wanted_places[n], c.wanted_sites[n]
    c.wanted_least[k], c.wanted_until[k] = c.wanted_least[n], c.wanted_until[n]
    c.wanted_consignee[k], c.wanted_days[k] = c.wanted_consignee[n], c.wanted_days[n]
    c.orders[moved].waits_at = k
    o.waits_at = -1


# -- new room ------------------------------------------------------------------------------


@compiled
def capacity_appeared(c: Any, place: int, consignee: int) -> None:
    """Room in a slot or at a site: those that wait for it are tried again, after this."""
    if c.waiting_n == 0:
        return
    if c.freed_n == 0:
        at(c, c.now, TRY_FREED, 0, 0)
    c.freed_n += 1
    c.freed_places |= 1 << (place % 63)
    c.freed_sites |= 1 << (consignee % 63)
    turn = c.freed_turn
    _list(c, turn, place)
    c.freed_place[(turn & 1) * c.places_n + place] = turn
    c.freed_consignee[(turn & 1) * c.consignees_n + consignee] = turn


@compiled
def _list(c: Any, turn: int, place: int) -> None:
    """Add a slot to those with new room; the first number of the row is how many they are."""
    if c.freed_place[(turn & 1) * c.places_n + place] != turn:
        row = (turn & 1) * FREED_ROW
        n = c.freed_list[row] + 1
        c.freed_list[row] = n
        if n < FREED_ROW:
            c.freed_list[row + n] = place


@compiled
def next_turn(c: Any) -> None:
    """From here on new room is that of the next turn."""
    c.freed_n, c.freed_places, c.freed_sites = 0, 0, 0
    c.freed_turn += 1
    c.freed_list[(c.freed_turn & 1) * FREED_ROW] = 0


@compiled
def ask_for_the_least(c: Any, turn: int) -> None:
    """Ask each slot with new room for the least that anybody wants of it, and note if it is short.

    What it cannot give to that order, it cannot give to any.
    """
    row = (turn & 1) * FREED_ROW
    if c.freed_list[row] >= FREED_ROW:
        return
    for n in range(row + 1, row + 1 + c.freed_list[row]):
        place = c.freed_list[n]
        bit, least = 1 << (place % 63), -1.0
        for k in range(c.waiting_n):
            wanted = abs(c.wanted_least[k])
            if c.wanted_places[k] & bit and (least < 0.0 or wanted < least):
                least = wanted
        if least > 0.0 and not is_full(c, place, least):
            note_short(c, place, least)


@compiled
def may_be_served(c: Any, k: int, turn: int) -> bool:
    """Whether new room at its site, or in a slot, may serve an order that waits."""
    if c.freed_consignee[(turn & 1) * c.consignees_n + c.wanted_consignee[k]] == turn:
        return True
    row, least = (turn & 1) * FREED_ROW, c.wanted_least[k]
    if c.freed_list[row] >= FREED_ROW:
        return True
    for n in range(row + 1, row + 1 + c.freed_list[row]):
        place = c.freed_list[n]
        if (c.wanted_places[k] >> (place % 63)) & 1:
            in_stock = least <= 0.0 and c.plants[c.places[place].plant].standing_mbq > 0.0
            if in_stock or not is_full(c, place, abs(least)):
                return True
    return False
