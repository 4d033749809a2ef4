"""A batch from its lock to its release, or to its end before that.

As `locking.py` (the lock), `deliveries.py`, `batches.py`, `filling.py` and `losses.py`. What is a
process there goes on here from stage to stage, each at the instant for which it was put off.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from doseline.programme.rules import (
    activity_at_charge,
    activity_at_eos,
    decay_factor,
    failure_chance,
    vials_from_bulk,
)
from doseline.simulate.fate import error_factor
from doseline.simulate.kernel.blows import left_of_source
from doseline.simulate.kernel.books import (
    DOSE,
    MAKING,
    cost,
    count,
    decay_bulk,
    enter,
    lose_in_bulk,
    month_at,
    pour,
    waste_bulk,
    waste_spare,
    waste_vial,
)
from doseline.simulate.kernel.choosing import leave, lose, orders_of, promise_all
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.draws import (
    drawn,
    durations,
    four,
    slot_luck,
    sort_by_rank,
    usable,
    vial_luck,
    yields,
)
from doseline.simulate.kernel.giving import lock_at
from doseline.simulate.kernel.instants import at, push
from doseline.simulate.kernel.locking import begin, fix_vials, lots
from doseline.simulate.kernel.promised import locked_orders
from doseline.simulate.kernel.rooms import (
    isotope_for,
    left_of_offer,
    occupy,
    option_for,
    reserve,
    standing_left,
)
from doseline.simulate.kernel.words import (
    AT_QC,
    BATCH_FEES,
    BATCHES_CANCELLED,
    BATCHES_FAILED,
    BATCHES_MADE,
    BEFORE_FILL,
    CARRY_ON,
    DROPPED,
    EXTRA_VIALS,
    FAILED,
    FILLED,
    ISOTOPE,
    ISOTOPE_COST,
    LABELLING,
    LATE_CANCELLATION,
    LOCK,
    LOCKED,
    MADE,
    MAKE_ON,
    NO_ORDERS,
    NOT_USABLE,
    OPEN,
    OPTION_FEES,
    OUT_OF_ROOM,
    RELEASED,
    SHORT_YIELD,
    SLOTS_USED,
    VIALS,
    YIELD,
)

_EPS = 1e-9
DAY = 1440
_BEGINS, _DELIVERED, _STANDING, _CHARGES, _FAILS, _FILLS, _TESTED, _RELEASES = range(8)


# -- the lock ------------------------------------------------------------------------------


@compiled
def lock(c: Any, batch: int, token: int) -> None:
    """Lock a batch, unless its lock was put off or it has ended since."""
    b = c.batches[batch]
    if b.status == OPEN and token == b.lock_token:
        _lock(c, batch)
    if b.status == LOCKED:
        locked_orders(c, batch, -1)


@compiled
def _lock(c: Any, batch: int) -> None:
    b = c.batches[batch]
    p = c.places[b.place]
    if b.count == 0:
        b.status, b.in_room = DROPPED, 0
        c.batch_of[b.place] = -1
        return
    if not usable(c, b.place, c.plants[p.plant].usable):
        give_up(c, batch, NOT_USABLE, False)
        return
    if p.decays and b.standing == 0.0 and not _isotope(c, batch):
        return
    fix_vials(c, batch)
    cost(c, OPTION_FEES, p.fee)
    begin(c, batch)


@compiled
def _isotope(c: Any, batch: int) -> bool:
    """Make sure that the isotope counted on is still on offer; whether the batch goes on."""
    b = c.batches[batch]
    option, need = option_for(c, b.place, batch, b.load)
    if option >= 0:
        if option != b.option and c.options[option].lock_at > c.now:
            reserve(c, batch, option, need)
            b.lock_token += 1
            at(c, lock_at(c, batch), LOCK, batch, b.lock_token)
            return False
        reserve(c, batch, option, need)
        return True
    most = lots(c, batch, left_of_offer(c, b.option) + b.reserved)
    found = orders_of(c, batch)
    sort_by_rank(c, found)
    dropped = np.empty(len(found), np.int64)
    n = 0
    for k in range(len(found) - 1, -1, -1):
        if isotope_for(c, b.place, b.option, b.load) <= most + 1e-9:
            break
        dropped[n] = found[k]
        n += 1
        leave(c, found[k], ISOTOPE)
    if b.count == 0:
        give_up(c, batch, ISOTOPE, False)
        promise_all(c, dropped[:n])
        return False
    reserve(c, batch, b.option, isotope_for(c, b.place, b.option, b.load))
    promise_all(c, dropped[:n])
    return True


# -- the end of a batch --------------------------------------------------------------------


@compiled
def give_up(c: Any, batch: int, cause: int, late: bool) -> None:
    """Cancel a batch before its labelling; its orders are promised anew."""
    b = c.batches[batch]
    if b.status == OPEN:
        reserve(c, batch, b.option, 0.0)
        if b.count:
            occupy(c, b.place, -1)
    b.status = DROPPED
    count(c, BATCHES_CANCELLED, 1)
    contract = c.plants[c.places[b.place].plant].contract
    if late and contract >= 0:
        terms = c.contracts[contract]
        cost(c, LATE_CANCELLATION, terms.batch_fee * terms.late_cancel)
    if b.has_pot:
        decay_bulk(c, batch)
        waste_bulk(c, batch, MAKING)
    lose(c, orders_of(c, batch), cause, False)


@compiled
def _draw_failure(c: Any, batch: int) -> None:
    """The cause and stage of a batch's failure, where it fails."""
    b = c.batches[batch]
    p = c.places[b.place]
    plant = c.plants[p.plant]
    b.failure = -1
    if not c.chance or plant.cause_n == 0:
        return
    chance = plant.mature
    if plant.learns:
        chance = failure_chance(plant.first, plant.floor, plant.halved, b.number)
    if c.now < c.cluster_until[p.line]:
        chance *= plant.cluster
    luck = slot_luck(c, b.place)
    if luck[2] >= min(chance, 1.0):
        return
    upto = 0.0
    which = plant.cause_off + plant.cause_n - 1
    for k in range(plant.cause_off, plant.cause_off + plant.cause_n):
        upto += c.causes[k].chance
        if luck[3] * plant.total < upto:
            which = k
            break
    b.failure, b.failure_stage = c.causes[which].code, c.causes[which].stage


@compiled
def fail(c: Any, batch: int, cause: int, stage: int) -> None:
    """A batch is lost: its activity is waste, its orders are promised anew at once."""
    b = c.batches[batch]
    b.status = FAILED
    p = c.places[b.place]
    plant = c.plants[p.plant]
    count(c, BATCHES_FAILED, 1)
    lasts = 0
    if plant.corrects:
        u = four(c, c.lines[p.line].stream, p.slot_hash, 1)[0]
        lasts = drawn(plant.low, plant.mode, plant.high, u)
    if c.now >= c.cluster_until[p.line]:
        c.cluster_until[p.line] = c.now + lasts
    found = orders_of(c, batch)
    if stage == BEFORE_FILL:
        if b.has_pot:
            decay_bulk(c, batch)
            waste_bulk(c, batch, MAKING)
    else:
        for k in range(b.spare_off, b.spare_off + b.spare_n):
            waste_spare(c, k, p.half_life)
        for order in found:
            if c.orders[order].vial:
                waste_vial(c, order)
    lose(c, found, cause, True)


# -- from stage to stage -------------------------------------------------------------------


@compiled
def make_on(c: Any, batch: int) -> None:
    """What comes next in the making of a batch."""
    b = c.batches[batch]
    if b.stage == _BEGINS:
        _begins(c, batch)
    elif b.stage == _DELIVERED:
        _delivered(c, batch)
    elif b.stage == _STANDING:
        factor = decay_factor(c.now - c.options[b.option].delivered_at, c.places[b.place].half_life)
        _receive(c, batch, b.standing * factor)
        if b.status == LOCKED:
            _until_charge(c, batch)
    elif b.stage == _CHARGES:
        _charges(c, batch)
    elif b.stage == _FAILS:
        fail(c, batch, b.failure, b.failure_stage)
    elif b.stage == _FILLS:
        if _fill(c, batch, b.filled_for):
            _go(c, batch, _TESTED, b.eos_at + b.t_qc)
    elif b.stage == _TESTED:
        if b.failure >= 0 and b.failure_stage == AT_QC:
            fail(c, batch, b.failure, b.failure_stage)
        else:
            _go(c, batch, _RELEASES, b.eos_at + b.t_qc + b.t_release)
    elif b.failure >= 0:
        fail(c, batch, b.failure, b.failure_stage)
    else:
        _release(c, batch)


@compiled
def _go(c: Any, batch: int, stage: int, when: int) -> None:
    c.batches[batch].stage = stage
    at(c, when, MAKE_ON, batch, 0)


@compiled
def _until_charge(c: Any, batch: int) -> None:
    _go(c, batch, _CHARGES, c.places[c.batches[batch].place].charge_at)


# -- isotope -------------------------------------------------------------------------------


@compiled
def _begins(c: Any, batch: int) -> None:
    b = c.batches[batch]
    if not c.places[b.place].decays:
        _until_charge(c, batch)
    elif b.standing != 0.0 and b.ordered == 0.0:
        _go(c, batch, _STANDING, c.options[b.option].delivered_at)
    elif b.option >= 0:
        b.delivery = b.option
        _go(c, batch, _DELIVERED, c.options[b.option].delivered_at)
    else:
        _without(c, batch)


@compiled
def _without(c: Any, batch: int) -> None:
    """No delivery came: isotope kept for stand-ins serves, or the batch is given up."""
    b = c.batches[batch]
    if _stock_serves(c, batch):
        _go(c, batch, _STANDING, c.options[b.option].delivered_at)
    else:
        give_up(c, batch, ISOTOPE, True)


@compiled
def _delivered(c: Any, batch: int) -> None:
    """A consignment comes, comes short, or does not come in time."""
    b = c.batches[batch]
    if _comes(c, batch):
        if b.status == LOCKED:
            _until_charge(c, batch)
        return
    if b.status != LOCKED:
        return
    option = _again(c, batch, b.delivery)
    if option >= 0:
        b.delivery = option
        _go(c, batch, _DELIVERED, c.options[option].delivered_at)
    else:
        _without(c, batch)


@compiled
def _comes(c: Any, batch: int) -> bool:
    b = c.batches[batch]
    p, option = c.places[b.place], c.options[b.delivery]
    source = c.sources[option.source]
    factor = 1.0
    if c.chance:
        luck = four(c, source.stream, c.plants[p.plant].hash, option.day)
        if luck[0] < source.failed:
            return False
        if luck[1] < source.late and option.delivered_at + DAY > p.receipt_by:
            return False
        factor = source.low + (source.high - source.low) * luck[2]
    left = left_of_source(c, option.source, option.delivered_at, c.now)
    if left < b.left:
        factor *= left / b.left
    if factor <= 0:
        return False
    _receive(c, batch, b.ordered * factor)
    return True


@compiled
def _receive(c: Any, batch: int, mbq: float) -> None:
    b = c.batches[batch]
    if b.status == LOCKED:
        enter(c, batch, mbq)
        return
    had, kept_mbq, kept_kbq, kept_at = b.has_pot, b.pot_mbq, b.pot_kbq, b.pot_at
    enter(c, batch, mbq)
    waste_bulk(c, batch, MAKING)
    b.has_pot, b.pot_mbq, b.pot_kbq, b.pot_at = had, kept_mbq, kept_kbq, kept_at


@compiled
def _again(c: Any, batch: int, missed: int) -> int:
    """A later delivery of another source that can still be ordered in time, and is; -1: none."""
    b = c.batches[batch]
    p = c.places[b.place]
    for option in range(p.opt_off, p.opt_off + p.opt_n):
        o = c.options[option]
        in_time = o.lock_at >= c.now and c.now < o.delivered_at <= p.receipt_by
        if option == missed or not in_time:
            continue
        need = isotope_for(c, b.place, option, b.load)
        if need <= left_of_offer(c, option):
            reserve(c, batch, option, need)
            b.ordered, b.left = need, 1.0
            cost(c, ISOTOPE_COST, need * c.sources[o.source].price)
            return option
    return -1


@compiled
def _stock_serves(c: Any, batch: int) -> bool:
    """Whether isotope kept for stand-ins can serve some of a batch whose own did not come."""
    b = c.batches[batch]
    left = standing_left(c, b.place)
    if not c.backup or left <= 0 or b.option < 0:
        return False
    need = isotope_for(c, b.place, b.option, b.load)
    b.standing, b.ordered = min(left, need), 0.0
    c.standing_used[c.places[b.place].standing] += b.standing
    return True


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
    _draw_failure(c, batch)
    if b.failure >= 0 and b.failure_stage == BEFORE_FILL:
        p = c.places[b.place]
        share = four(c, c.lines[p.line].stream, p.slot_hash, 1)[1]
        _go(c, batch, _FAILS, b.charge_at + int(round(share * b.t_make)))
    else:
        _go(c, batch, _FILLS, b.charge_at + b.t_make)


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


# -- filling -------------------------------------------------------------------------------


@compiled
def _need(c: Any, batch: int, order: int) -> float:
    """What an order's vial holds at this EOS, without what stays behind in it. [MBq]"""
    o = c.orders[order]
    half_life = c.places[c.batches[batch].place].half_life
    return o.units * activity_at_eos(o.activity, o.use_at - c.now, half_life)


@compiled
def _total_need(c: Any, batch: int, served: Any) -> float:
    total = 0.0
    for order in served:
        total += _need(c, batch, order)
    return total


@compiled
def _fill(c: Any, batch: int, vials: int) -> bool:
    """End of synthesis: fill the vials; whether there is one."""
    b = c.batches[batch]
    p = c.places[b.place]
    product = c.products[p.product]
    b.eos_at = c.now
    handed = math.inf
    if b.has_pot:
        decay_bulk(c, batch)
        lose_in_bulk(c, batch, b.pot_mbq * (1.0 - yields(c, b.place)))
        handed = vials_from_bulk(b.pot_mbq, product.overfill, product.samples)
    served = orders_of(c, batch)
    sort_by_rank(c, served)
    without = np.empty(len(served), np.int64)
    cut, kept = 0, len(served)
    total = _total_need(c, batch, served)
    while kept and total > handed * (1 + _EPS):
        kept -= 1
        without[cut] = served[kept]
        cut += 1
        total = _total_need(c, batch, served[:kept])
    served = served[:kept]
    if kept == 0:
        fail(c, batch, YIELD, BEFORE_FILL)
        return False
    count(c, MADE, b.pot_kbq)
    cut = _fill_vials(c, batch, served, handed - total, vials, without, cut)
    lose(c, without[:cut], SHORT_YIELD, True)
    return True


@compiled
def _fill_vials(
    c: Any, batch: int, served: Any, left_mbq: float, vials: int, without: Any, cut: int
) -> int:
    """Fill the vials one by one; how many orders go without one."""
    b = c.batches[batch]
    p = c.places[b.place]
    product = c.products[p.product]
    spare = vials
    for order in served:
        spare -= c.orders[order].units
    first = c.spares_n
    filled, largest = 0, 0.0
    for order in served:
        o = c.orders[order]
        need = _need(c, batch, order)
        largest = max(largest, need / o.units)
        while True:
            o.vials_tried += 1
            luck = (1.0, 0.5, 0.5, 0.5)
            fault = 1.0
            if c.chance:
                luck = vial_luck(c, order, o.vials_tried)
                fault = error_factor(product.fill_sd, luck[1])
            mbq, booked = _vial(c, batch, need, product.overfill, fault)
            filled += o.units
            if not c.chance or luck[0] >= product.rejected:
                o.vial = _new_vial(c)
                o.vial_mbq, o.vial_kbq, o.vial_at = mbq, booked, c.now
                break
            _set_aside(c, mbq, booked)
            if spare < o.units or left_mbq < need:
                without[cut] = order
                cut += 1
                break
            spare, left_mbq = spare - o.units, left_mbq - need
    rejects = c.spares_n
    b.spare_off = rejects
    while spare > 0 and left_mbq >= largest:
        mbq, booked = _vial(c, batch, largest, product.overfill, 1.0)
        _set_aside(c, mbq, booked)
        filled += 1
        spare, left_mbq = spare - 1, left_mbq - largest
    b.spare_n = c.spares_n - rejects
    b.status = FILLED
    count(c, VIALS, filled)
    contract = c.plants[p.plant].contract
    if contract >= 0:
        terms = c.contracts[contract]
        cost(c, EXTRA_VIALS, max(0, filled - terms.vials_included) * terms.extra_vial)
    if b.has_pot:
        waste_bulk(c, batch, DOSE)
    for k in range(first, rejects):
        waste_spare(c, k, p.half_life)
    return cut


@compiled
def _vial(c: Any, batch: int, need: float, overfill: float, fault: float) -> tuple[float, int]:
    """Fill a vial: its activity, and the kBq booked with it."""
    b = c.batches[batch]
    if not b.has_pot:
        return 0.0, 0
    mbq = min(need * (1.0 + overfill) * fault, b.pot_mbq)
    return mbq, pour(c, batch, mbq)


@compiled
def _new_vial(c: Any) -> int:
    c.vials_n += 1
    return c.vials_n


@compiled
def _set_aside(c: Any, mbq: float, booked: int) -> None:
    n = c.spares_n
    if n >= len(c.spares):
        c.fault = OUT_OF_ROOM
        return
    c.spares_n = n + 1
    s = c.spares[n]
    s.mbq, s.kbq, s.at = mbq, booked, c.now


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
    keys = np.empty(n, np.int64)
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
