"""A batch from its lock to its release, from stage to stage. As `batches.py`.

What is a process there goes on here at the instant for which it was put off.
"""

from __future__ import annotations

from typing import Any

from doseline.programme.rules import (
    activity_at_charge,
    decay_factor,
)
from doseline.simulate.kernel.books import (
    MAKING,
    cost,
    count,
    decay_bulk,
    month_at,
    pour,
    waste_bulk,
    waste_spare,
)
from doseline.simulate.kernel.choosing import orders_of
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.deliveries import begins, delivered, receive
from doseline.simulate.kernel.draws import (
    durations,
    four,
)
from doseline.simulate.kernel.filling import fill
from doseline.simulate.kernel.instants import push, scratch
from doseline.simulate.kernel.losses import draw_failure, fail, give_up
from doseline.simulate.kernel.stages import (
    BEGINS,
    CHARGES,
    DELIVERED,
    FAILS,
    FILLS,
    RELEASES,
    STANDING,
    TESTED,
    go_at,
    until_charge,
)
from doseline.simulate.kernel.words import (
    AT_QC,
    BATCH_FEES,
    BATCHES_MADE,
    BEFORE_FILL,
    CARRY_ON,
    LABELLING,
    LOCKED,
    NO_ORDERS,
    OUT_OF_ROOM,
    RELEASED,
    SLOTS_USED,
)


@compiled
def make_on(c: Any, batch: int) -> None:
    """What comes next in the making of a batch."""
    b = c.batches[batch]
    if b.stage == BEGINS:
        begins(c, batch)
    elif b.stage == DELIVERED:
        delivered(c, batch)
    elif b.stage == STANDING:
        factor = decay_factor(c.now - c.options[b.option].delivered_at, c.places[b.place].half_life)
        receive(c, batch, b.standing * factor)
        if b.status == LOCKED:
            until_charge(c, batch)
    elif b.stage == CHARGES:
        _charges(c, batch)
    elif b.stage == FAILS:
        fail(c, batch, b.failure, b.failure_stage)
    elif b.stage == FILLS:
        if fill(c, batch, b.filled_for):
            go_at(c, batch, TESTED, b.eos_at + b.t_qc)
    elif b.stage == TESTED:
        if b.failure >= 0 and b.failure_stage == AT_QC:
            fail(c, batch, b.failure, b.failure_stage)
        else:
            go_at(c, batch, RELEASES, b.eos_at + b.t_qc + b.t_release)
    elif b.failure >= 0:
        fail(c, batch, b.failure, b.failure_stage)
    else:
        _release(c, batch)


# -- labelling -----------------------------------------------------------------------------


@compiled
def _charges(c: Any, batch: int) -> None:
    """The start of labelling: everything on hand is charged, and the luck of the batch is known."""
    b = c.batches[batch]
    if b.status != LOCKED:
        return
    if b.count == 0:
        give_up(c, batch, NO_ORDERS, True)
        return
    vials = b.units + min(max(0, b.vials - b.units), c.spare_vials)
    b.filled_for = vials
    b.t_make, b.t_qc, b.t_release, b.t_pack = durations(c, b.place, vials)
    _charge(c, batch, vials)
    draw_failure(c, batch)
    if b.failure >= 0 and b.failure_stage == BEFORE_FILL:
        p = c.places[b.place]
        share = four(c, c.lines[p.line].stream, p.slot_hash, 1)[1]
        go_at(c, batch, FAILS, b.charge_at + round(share * b.t_make))
    else:
        go_at(c, batch, FILLS, b.charge_at + b.t_make)


@compiled
def _charge(c: Any, batch: int, vials: int) -> None:
    b = c.batches[batch]
    p = c.places[b.place]
    b.status, b.charge_at = LABELLING, c.now
    charged = b.charge
    if b.has_pot:
        decay_bulk(c, batch)
        held = b.pot_mbq
        if c.chance:
            charged = held
            if p.bulk_max >= 0:
                planned = c.make_mins[p.make_row + vials]
                most = activity_at_charge(p.bulk_max, p.yield_fraction, planned, p.half_life)
                charged = max(b.charge, most)
        charged = min(charged, held)
        booked = pour(c, batch, charged)
        waste_bulk(c, batch, MAKING)
        b.pot_mbq, b.pot_kbq = charged, booked
    b.number = c.experience[p.line]
    c.experience[p.line] += 1
    count(c, BATCHES_MADE, 1)
    count(c, SLOTS_USED, 1)
    contract = c.plants[p.plant].contract
    if contract >= 0:
        _batch_fee(c, p.plant, contract)


@compiled
def _batch_fee(c: Any, plant: int, contract: int) -> None:
    terms = c.contracts[contract]
    year = (month_at(c, c.now) + c.month0) // 12 - c.year0
    at_year = plant * c.years_n + year
    c.batches_of_year[at_year] += 1
    fee = terms.batch_fee
    for k in range(terms.tier_off, terms.tier_off + terms.tier_n):
        if c.batches_of_year[at_year] >= c.tiers[k].from_batch:
            fee = c.tiers[k].fee
    cost(c, BATCH_FEES, fee)


# -- release -------------------------------------------------------------------------------


@compiled
def _release(c: Any, batch: int) -> None:
    """A batch is released: its packages go, those of one lane and site together."""
    b = c.batches[batch]
    p = c.places[b.place]
    b.status, b.released_at, b.packed_at = RELEASED, c.now, b.eos_at + b.t_pack
    for k in range(b.spare_off, b.spare_off + b.spare_n):
        waste_spare(c, k, p.half_life)
    found = orders_of(c, batch)
    n = len(found)
    keys = scratch(c, n)
    for k in range(n):
        o = c.orders[found[k]]
        group = c.lanes[c.reaches[o.reach].lane].rank * c.sites_n + c.sites[o.site].rank
        keys[k] = (group << 24) | k
    keys.sort()
    start = 0
    while start < n:
        end = start + 1
        while end < n and keys[end] >> 24 == keys[start] >> 24:
            end += 1
        _parcel(c, batch, found, keys[start:end])
        start = end


@compiled
def _parcel(c: Any, batch: int, found: Any, keys: Any) -> None:
    n, first = c.parcels_n, c.parcel_orders_n
    if n >= len(c.parcels) or first + len(keys) > len(c.parcel_orders):
        c.fault = OUT_OF_ROOM
        return
    c.parcels_n, c.parcel_orders_n = n + 1, first + len(keys)
    s = c.parcels[n]
    s.batch, s.off, s.n, s.stage = batch, first, len(keys), 0
    s.dispatch, s.nominal, s.total, s.lost = 0, 0, 0, 0
    for k in range(len(keys)):
        line = c.parcel_orders[first + k]
        line.order, line.vial = found[keys[k] & 0xFFFFFF], 0
    o = c.orders[c.parcel_orders[first].order]
    s.lane, s.site = c.reaches[o.reach].lane, o.site
    push(c, c.now, True, CARRY_ON, n, 0)
