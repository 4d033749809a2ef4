"""An order enters the books of a batch, a site and a source, and leaves them. As `giving.py`."""

from __future__ import annotations

from typing import Any

from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.instants import at
from doseline.simulate.kernel.rivals import rival_joins, rival_leaves, unlink
from doseline.simulate.kernel.rooms import isotope_for, note_full, occupy, reserve
from doseline.simulate.kernel.stays import book_site, leave_site
from doseline.simulate.kernel.waiting import capacity_appeared
from doseline.simulate.kernel.words import (
    LOCK,
    OPEN,
    OUT_OF_ROOM,
    PROMISED,
    WAITING,
)


@compiled
def new_batch(c: Any, place: int) -> int:
    """Open a batch in a slot."""
    n = c.batches_n
    if n >= len(c.batches):
        c.fault = OUT_OF_ROOM
        return 0
    c.batches_n = n + 1
    b = c.batches[n]
    b.place, b.status, b.first, b.last, b.count, b.units = place, OPEN, -1, -1, 0, 0
    b.option, b.lock_token, b.vials, b.places, b.charge_at = -1, 0, 0, 0, 0
    b.eos_at, b.released_at, b.packed_at, b.number, b.fixed = 0, 0, 0, 0, 0
    b.stage, b.delivery, b.filled_for, b.failure, b.failure_stage = 0, -1, 0, -1, 0
    b.t_make, b.t_qc, b.t_release, b.t_pack = 0, 0, 0, 0
    b.spare_off, b.spare_n, b.has_pot, b.in_room, b.spares_tried = 0, 0, 0, 1, 0
    b.load, b.eos, b.reserved, b.ordered, b.standing = 0.0, 0.0, 0.0, 0.0, 0.0
    b.charge, b.left, b.pot_mbq, b.pot_kbq, b.pot_at = 0.0, 1.0, 0.0, 0, 0
    b.rivals_at, b.tried_at = 0, 0
    c.batch_of[place] = n
    return n


@compiled
def lock_at(c: Any, batch: int) -> int:
    """When a batch's vials are fixed."""
    b = c.batches[batch]
    p = c.places[b.place]
    when = c.options[b.option].lock_at if b.option >= 0 else p.charge_at
    return min(when, p.call_off_at)


@compiled
def _group_row(c: Any, batch: int, lane: int, site: int) -> int:
    """Where groups of a kind begin: those of a site stand near each other."""
    wide = c.groups_wide
    return (site * wide + ((batch * c.lanes_n + lane) & (wide - 1))) & (len(c.group_of) - 1)


@compiled
def _group(c: Any, batch: int, lane: int, site: int) -> int:
    n = c.group_of[_group_row(c, batch, lane, site)]
    while n >= 0:
        g = c.groups[n]
        if g.batch == batch and g.lane == lane and g.site == site:
            break
        n = g.next
    return n


@compiled
def in_group(c: Any, batch: int, lane: int, site: int) -> int:
    """How many orders of a batch go to a site by a lane."""
    n = _group(c, batch, lane, site)
    return c.groups[n].count if n >= 0 else 0


@compiled
def _count_group(c: Any, batch: int, lane: int, site: int, by: int) -> None:
    n = _group(c, batch, lane, site)
    if n >= 0:
        c.groups[n].count += by
        return
    n = c.groups_n
    if n >= len(c.groups):
        c.fault = OUT_OF_ROOM
        return
    c.groups_n = n + 1
    row = _group_row(c, batch, lane, site)
    g = c.groups[n]
    g.batch, g.lane, g.site, g.count, g.next = batch, lane, site, by, c.group_of[row]
    c.group_of[row] = n


@compiled
def attach(c: Any, order: int, reach: int, option: int, mbq: float, stands_in: bool) -> int:
    """Enter an order into the books of a batch, a site and a source; the batch."""
    r, o = c.reaches[reach], c.orders[order]
    place = r.place
    batch = c.batch_of[place]
    if batch < 0:
        batch = new_batch(c, place)
    b = c.batches[batch]
    if b.count == 0 and b.status == OPEN:
        occupy(c, place, 1)
    o.next, o.prev = -1, b.last
    if b.last >= 0:
        c.orders[b.last].next = order
    else:
        b.first = order
    b.last = order
    b.count += 1
    c.changes, c.joins = c.changes + 1, c.joins + 1
    o.joined = c.joins
    b.units += o.units
    b.load += o.units * o.activity * r.load_factor
    b.eos += o.units * o.activity * r.eos_factor
    _count_group(c, batch, r.lane, o.site, 1)
    o.status, o.batch, o.reach, o.use_at, o.day = PROMISED, batch, reach, r.use_at, r.day
    rival_joins(c, batch, order)
    book_site(c, order)
    note_full(c, batch)
    if stands_in:
        c.standing_used[c.places[place].standing] += mbq
        b.standing += mbq
        b.option = option
    elif b.status == OPEN:
        before = lock_at(c, batch)
        known = b.lock_token != 0
        reserve(c, batch, option, mbq)
        if not known or lock_at(c, batch) != before:
            b.lock_token += 1
            at(c, lock_at(c, batch), LOCK, batch, b.lock_token)
    return batch


@compiled
def detach(c: Any, order: int, announce: bool) -> int:
    """Take an order out of the books of its batch, its site and its source; the batch."""
    o = c.orders[order]
    batch, reach = o.batch, o.reach
    b, r = c.batches[batch], c.reaches[reach]
    rival_leaves(c, batch, order)
    unlink(c, batch, order)
    b.count -= 1
    c.changes += 1
    b.units -= o.units
    b.load -= o.units * o.activity * r.load_factor
    b.eos -= o.units * o.activity * r.eos_factor
    _count_group(c, batch, r.lane, o.site, -1)
    leave_site(c, order)
    if announce:
        capacity_appeared(c, r.place, c.sites[o.site].consignee)
    o.status, o.batch, o.reach = WAITING, -1, -1
    if b.count == 0:
        b.units, b.load, b.eos = 0, 0.0, 0.0
    note_full(c, batch)
    if b.status == OPEN:
        if b.count == 0:
            occupy(c, b.place, -1)
            reserve(c, batch, b.option, 0.0)
        elif b.option >= 0:
            need = isotope_for(c, b.place, b.option, b.load)
            reserve(c, batch, b.option, min(need, b.reserved))
    return batch
