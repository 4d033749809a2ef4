"""What is taken and what is left: vials, bulk, isotope, crews, possession. As `room.py`."""

from __future__ import annotations

from typing import Any

from doseline.programme.rules import bulk_needed, decay_factor, isotope_lots
from doseline.simulate.kernel.blows import left_of_source
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.memory import as_float
from doseline.simulate.kernel.words import LOCKED, OUT_OF_CALENDAR, OUT_OF_ROOM

_EPS = 1e-9
_WEEK = 7 * 1440


# -- slots ---------------------------------------------------------------------------------


@compiled
def can_open(c: Any, place: int) -> bool:
    """Whether a batch may be opened in a slot: the line is free, a crew and QC are there."""
    p = c.places[place]
    plant = c.plants[p.plant]
    row = p.plant * c.days - c.day0
    if c.crew[row + p.day] >= plant.batches_per_day:
        return False
    if c.qc[row + p.qc_day] >= plant.qc_per_day:
        return False
    for k in range(p.exc_off, p.exc_off + p.exc_n):  # noqa: SIM110 (Numba has no `all`)
        if c.busy[c.excludes[k]]:
            return False
    return True


@compiled
def occupy(c: Any, place: int, sign: int) -> None:
    """A slot becomes used (+1) or free again (-1)."""
    p = c.places[place]
    row = p.plant * c.days - c.day0
    c.crew[row + p.day] += sign
    c.qc[row + p.qc_day] += sign
    c.busy[place] = 1 if sign > 0 else 0


@compiled
def note_full(c: Any, batch: int) -> None:
    """Note whether a batch has room for no vial more: who looks for a way passes it by."""
    b = c.batches[batch]
    most = b.vials if b.status == LOCKED else c.places[b.place].vials_max
    c.full[b.place] = 1 if b.units >= most else 0


# -- batches -------------------------------------------------------------------------------


@compiled
def bulk_fits(c: Any, place: int, eos_mbq: float) -> bool:
    """Whether the vials' activity at EOS stays inside the line's bulk limit."""
    p = c.places[place]
    if p.bulk_max < 0:
        return True
    product = c.products[p.product]
    return bulk_needed(eos_mbq, product.overfill, product.samples) <= p.bulk_max * (1 + _EPS)


@compiled
def charge_for(c: Any, place: int, load_mbq: float) -> float:
    """Activity to charge for vials whose need is decayed back to the charge. [MBq]"""
    p = c.places[place]
    product = c.products[p.product]
    return bulk_needed(load_mbq, product.overfill, product.samples) / p.yield_fraction


@compiled
def isotope_for(c: Any, place: int, option: int, load_mbq: float) -> float:
    """Isotope in whole lots at its delivery, the policy's overage included."""
    p, o = c.places[place], c.options[option]
    lot = c.sources[o.source].lot
    charge = charge_for(c, place, load_mbq)
    overage = as_float(c.overage)
    lots = isotope_lots(charge * (1.0 + overage), p.charge_at - o.delivered_at, p.half_life, lot)
    return lots * lot


@compiled
def left_of_offer(c: Any, option: int) -> float:
    """What a source still offers in the week of a delivery, as known now. [MBq]"""
    o = c.options[option]
    left = left_of_source(c, o.source, o.delivered_at, c.now)
    return c.sources[o.source].offer * left - c.offered[o.week]


@compiled
def option_for(c: Any, place: int, batch: int, load_mbq: float) -> tuple[int, float]:
    """The first delivery that can be ordered and offers enough, and what it costs it; -1: none."""
    p = c.places[place]
    for option in range(p.opt_off, p.opt_off + p.opt_n):
        if min(c.options[option].lock_at, p.call_off_at) < c.now:
            continue
        need = isotope_for(c, place, option, load_mbq)
        own = 0.0
        if batch >= 0 and c.batches[batch].option == option:
            own = c.batches[batch].reserved
        if need <= left_of_offer(c, option) + own + _EPS and _possessed(
            c, place, option, need, own
        ):
            return option, need
    return -1, 0.0


@compiled
def reserve(c: Any, batch: int, option: int, mbq: float) -> None:
    """Count on isotope for a batch; what it counted on before is given back."""
    b = c.batches[batch]
    c.changes += 1
    if b.option >= 0 and b.reserved != 0.0:
        c.offered[c.options[b.option].week] -= b.reserved
        if c.limits:
            _take_arrival(c, b.place, b.option, b.reserved)
    b.option, b.reserved = option, mbq
    if option >= 0 and mbq != 0.0:
        c.offered[c.options[option].week] += mbq
        if c.limits:
            _add_arrival(c, b.place, option, mbq)


@compiled
def _week_row(c: Any, plant: int, at: int) -> int:
    week = at // _WEEK - c.week0
    if week < 0 or week >= c.weeks_n:
        c.fault = OUT_OF_CALENDAR
        return 0
    return plant * c.weeks_n + week


@compiled
def _add_arrival(c: Any, place: int, option: int, mbq: float) -> None:
    p = c.places[place]
    n = c.arrivals_n
    if n >= len(c.arrivals):
        c.fault = OUT_OF_ROOM
        return
    c.arrivals_n = n + 1
    a = c.arrivals[n]
    a.at, a.mbq, a.half_life, a.next = c.options[option].delivered_at, mbq, p.half_life, -1
    row = _week_row(c, p.plant, a.at)
    if c.arrival_first[row] < 0:
        c.arrival_first[row] = n
    else:
        c.arrivals[c.arrival_last[row]].next = n
    c.arrival_last[row] = n


@compiled
def _take_arrival(c: Any, place: int, option: int, mbq: float) -> None:
    p, at = c.places[place], c.options[option].delivered_at
    row = _week_row(c, p.plant, at)
    before, n = -1, c.arrival_first[row]
    while n >= 0:
        a = c.arrivals[n]
        if a.at == at and a.mbq == mbq and a.half_life == p.half_life:
            break
        before, n = n, a.next
    if n < 0:
        return
    following = c.arrivals[n].next
    if before < 0:
        c.arrival_first[row] = following
    else:
        c.arrivals[before].next = following
    if following < 0:
        c.arrival_last[row] = before


@compiled
def _next_near(c: Any, plant: int, at: int, n: int, week: int) -> tuple[int, int]:
    """The next delivery of a plant's whose waste is kept beside one at an instant."""
    keeps = c.plants[plant].waste_kept
    last = (at + keeps) // _WEEK
    while True:
        while n < 0:
            week += 1
            if week > last:
                return -1, week
            if week >= c.week0 and week < c.week0 + c.weeks_n:
                n = c.arrival_first[plant * c.weeks_n + week - c.week0]
        if at - keeps < c.arrivals[n].at < at + keeps:
            return n, week
        n = c.arrivals[n].next


@compiled
def _near_first(c: Any, plant: int, at: int) -> tuple[int, int]:
    return _next_near(c, plant, at, -1, (at - c.plants[plant].waste_kept) // _WEEK - 1)


@compiled
def _possessed(c: Any, place: int, option: int, need: float, own: float) -> bool:
    """Whether the plant's licence covers a delivery beside all others of the waste's time."""
    p = c.places[place]
    plant = c.plants[p.plant]
    if not plant.has_limit:
        return True
    at = c.options[option].delivered_at
    total = 0.0
    n, week = _near_first(c, p.plant, at)
    while n >= 0:
        total += c.arrivals[n].mbq
        n, week = _next_near(c, p.plant, at, c.arrivals[n].next, week)
    if total + need - own <= plant.limit:
        return True
    if not _holds_at(c, place, at, at, need - own):
        return False
    n, week = _near_first(c, p.plant, at)
    while n >= 0:
        moment = c.arrivals[n].at
        if moment >= at and not _holds_at(c, place, at, moment, need - own):
            return False
        n, week = _next_near(c, p.plant, at, c.arrivals[n].next, week)
    return True


@compiled
def _holds_at(c: Any, place: int, at: int, moment: int, mine: float) -> bool:
    p = c.places[place]
    plant = c.plants[p.plant]
    total = 0.0
    n, week = _near_first(c, p.plant, at)
    while n >= 0:
        a = c.arrivals[n]
        if moment - plant.waste_kept < a.at <= moment:
            total += a.mbq * decay_factor(moment - a.at, a.half_life)
        n, week = _next_near(c, p.plant, at, a.next, week)
    if moment - plant.waste_kept < at <= moment:
        total += mine * decay_factor(moment - at, p.half_life)
    return total <= plant.limit * (1 + _EPS)


@compiled
def standing_left(c: Any, place: int) -> float:
    """Isotope kept for stand-ins that a plant has left in a slot's week, at its delivery."""
    p = c.places[place]
    return c.plants[p.plant].standing_mbq - c.standing_used[p.standing]
