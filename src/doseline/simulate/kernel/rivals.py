"""The new starts of a batch in the order in which they give way. As `promising._take_place`.

They are sorted when a started course first asks for them, and kept in order until what happens now
has happened (`turn`): where a batch is lost, thousands ask one after the other.

The reference takes each new start out of the books to see whether the course fits then, and enters
it again. Where that cannot help, whoever leaves, only its traces are left here: the last bits of
the sums, and the order of the batch (`in_order`).
"""

from __future__ import annotations

from typing import Any

from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.draws import comes_first, sort_by_rank
from doseline.simulate.kernel.instants import scratch
from doseline.simulate.kernel.rooms import bulk_fits, isotope_for, left_of_offer

_EPS = 1e-9
_SLACK = 1e-9  # more than rounding can add up to, as a share of what is summed


# -- who they are --------------------------------------------------------------------------


@compiled
def last_to_go(c: Any, batch: int) -> int:
    """The new start of a batch that goes last, or -1."""
    _sorted(c, batch)
    b = c.batches[batch]
    return c.rival_orders[b.rivals_off + b.rivals_n - 1] if b.rivals_n else -1


@compiled
def all_but_last(c: Any, batch: int) -> Any:
    """The other new starts, the first to go first; `last_to_go` was asked before."""
    b = c.batches[batch]
    found = scratch(c, b.rivals_n - 1)
    for k in range(b.rivals_n - 1):
        found[k] = c.rival_orders[b.rivals_off + k]
    return found


@compiled
def _sorted(c: Any, batch: int) -> None:
    b = c.batches[batch]
    if b.rivals_at == c.turn:
        return
    used = c.scratch_n
    found = scratch(c, b.count)
    n, order = 0, b.first
    while order >= 0:
        found[n] = order
        n += 1 - c.orders[order].started
        order = c.orders[order].next
    sort_by_rank(c, found[:n])
    _lay_out(c, batch, found[:n])
    c.scratch_n = used


@compiled
def _lay_out(c: Any, batch: int, found: Any) -> None:
    """Room for the new starts of a batch, and some more that may join it."""
    b, n = c.batches[batch], len(found)
    room = n + n // 4 + 16
    if c.rivals_turn == c.turn and c.rivals_end + room > len(c.rival_orders):
        c.turn += 1  # no room left: all are forgotten
    if c.rivals_turn != c.turn:
        c.rivals_turn, c.rivals_end = c.turn, 0
    b.rivals_at, b.rivals_off, b.rivals_n, b.rivals_room = c.turn, c.rivals_end, n, room
    b.heaviest, b.heaviest_eos = 0.0, 0.0
    c.rivals_end += room
    for k in range(n):
        _write(c, batch, b.rivals_off + k, found[k])


@compiled
def _write(c: Any, batch: int, at: int, order: int) -> None:
    b, o = c.batches[batch], c.orders[order]
    r = c.reaches[o.reach]
    load, eos = o.units * o.activity * r.load_factor, o.units * o.activity * r.eos_factor
    c.rival_orders[at], c.rival_ranks[at] = order, o.rank
    c.rival_loads[at], c.rival_eos[at] = load, eos
    b.heaviest, b.heaviest_eos = max(b.heaviest, load), max(b.heaviest_eos, eos)


@compiled
def _where(c: Any, batch: int, order: int) -> int:
    """The place of an order among the new starts of a batch, where it is or would be."""
    b, rank = c.batches[batch], c.orders[order].rank
    low, high = b.rivals_off, b.rivals_off + b.rivals_n
    middle = high - 1  # most come and go at the end
    while low < high:
        if comes_first(c, c.rival_ranks[middle], c.rival_orders[middle], rank, order):
            low = middle + 1
        else:
            high = middle
        middle = (low + high) // 2
    return low


@compiled
def rival_joins(c: Any, batch: int, order: int) -> None:
    """An order has joined a batch: it takes its place, where they are in order now."""
    b = c.batches[batch]
    if b.rivals_at != c.turn or c.orders[order].started:
        return
    if b.rivals_n == b.rivals_room:
        b.rivals_at = 0
        return
    at, end = _where(c, batch, order), b.rivals_off + b.rivals_n
    _shift(c.rival_orders[at : end + 1])
    _shift(c.rival_ranks[at : end + 1])
    _shift(c.rival_loads[at : end + 1])
    _shift(c.rival_eos[at : end + 1])
    _write(c, batch, at, order)
    b.rivals_n += 1


@compiled
def rival_leaves(c: Any, batch: int, order: int) -> None:
    """An order leaves a batch: those behind it close up, where they are in order now."""
    b = c.batches[batch]
    if b.rivals_at != c.turn or c.orders[order].started:
        return
    at, end = _where(c, batch, order), b.rivals_off + b.rivals_n
    _close_up(c.rival_orders[at:end])
    _close_up(c.rival_ranks[at:end])
    _close_up(c.rival_loads[at:end])
    _close_up(c.rival_eos[at:end])
    b.rivals_n -= 1


@compiled
def _shift(row: Any) -> None:
    for k in range(len(row) - 1, 0, -1):
        row[k] = row[k - 1]


@compiled
def _close_up(row: Any) -> None:
    for k in range(1, len(row)):
        row[k - 1] = row[k]


# -- where none can help -------------------------------------------------------------------


@compiled
def none_can_help(c: Any, order: int, reach: int, batch: int) -> bool:
    """Whether an order would not fit into an open batch, whichever of its new starts left it."""
    o, r, b = c.orders[order], c.reaches[reach], c.batches[batch]
    if c.limits or b.option < 0 or b.count < 2:
        return False  # what a try leaves behind is more than `all_were_tried` knows
    p = c.places[b.place]
    eos = b.eos + o.units * o.activity * r.eos_factor
    if not bulk_fits(c, b.place, eos * (1 - _SLACK) - b.heaviest_eos):
        return True
    load = b.load + o.units * o.activity * r.load_factor
    load = load * (1 - _SLACK) - b.heaviest
    for option in range(p.opt_off, p.opt_off + p.opt_n):
        in_time = min(c.options[option].lock_at, p.call_off_at) >= c.now
        if in_time and _may_be_enough(c, batch, option, load):
            return False
    return True


@compiled
def _may_be_enough(c: Any, batch: int, option: int, load: float) -> bool:
    """Whether a delivery may offer enough for a load, with all that its batch counts on."""
    b = c.batches[batch]
    week = c.options[option].week
    need, left = isotope_for(c, b.place, option, load), left_of_offer(c, option)
    own = b.reserved if week == c.options[b.option].week else 0.0
    slack = _SLACK * (need + abs(left) + own + c.offered[week])
    return need <= left + own + _EPS + slack


@compiled
def all_were_tried(c: Any, batch: int) -> None:
    """What it leaves behind that each new start left an open batch and joined it again."""
    b = c.batches[batch]
    place, option, kept = b.place, b.option, b.reserved
    week = c.options[option].week
    loads = c.rival_loads[b.rivals_off : b.rivals_off + b.rivals_n]
    each = c.rival_eos[b.rivals_off : b.rivals_off + b.rivals_n]
    load, eos, offered = b.load, b.eos, c.offered[week]
    for k in range(b.rivals_n - 1, -1, -1):
        load, eos = load - loads[k], eos - each[k]
        own = min(isotope_for(c, place, option, load), kept)
        offered = _counted_on(_counted_on(offered, kept, own), own, kept)
        load, eos = load + loads[k], eos + each[k]
    b.load, b.eos, c.offered[week] = load, eos, offered
    c.joins += 1
    b.tried_at = c.joins
    c.changes += 1
    c.rounds += 1


@compiled
def _counted_on(offered: float, before: float, now: float) -> float:
    """As `rooms.reserve`."""
    if before != 0.0:
        offered -= before
    return offered + now if now != 0.0 else offered


@compiled
def in_order(c: Any, batch: int) -> None:
    """Let the orders of a batch stand as they joined it: those that were tried have joined anew."""
    b = c.batches[batch]
    if not b.tried_at:
        return
    used = c.scratch_n
    moved = scratch(c, b.count)
    n, order = 0, b.first
    while order >= 0 and c.orders[order].joined < b.tried_at:
        if not c.orders[order].started:
            moved[n] = order
            n += 1
            unlink(c, batch, order)
        order = c.orders[order].next
    sort_by_rank(c, moved[:n])
    before = c.orders[order].prev if order >= 0 else b.last
    for k in range(n - 1, -1, -1):
        _link(c, batch, moved[k], before, order)
        before = moved[k]
    b.tried_at = 0
    c.scratch_n = used


@compiled
def unlink(c: Any, batch: int, order: int) -> None:
    """Take an order out of the row of a batch's orders; it still knows its neighbours."""
    b, o = c.batches[batch], c.orders[order]
    if o.prev >= 0:
        c.orders[o.prev].next = o.next
    else:
        b.first = o.next
    if o.next >= 0:
        c.orders[o.next].prev = o.prev
    else:
        b.last = o.prev


@compiled
def _link(c: Any, batch: int, order: int, before: int, after: int) -> None:
    b, o = c.batches[batch], c.orders[order]
    o.prev, o.next = before, after
    if before >= 0:
        c.orders[before].next = order
    else:
        b.first = order
    if after >= 0:
        c.orders[after].prev = order
    else:
        b.last = order
