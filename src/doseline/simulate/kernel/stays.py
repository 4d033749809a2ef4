"""A consignee's infusion places, and what it holds under its licence. As `room.py`."""

from __future__ import annotations

from typing import Any

from doseline.programme.rules import decay_factor
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.words import OUT_OF_CALENDAR, UNLIKELY

_EPS = 1e-9
_AMPLE = 0.999  # so much of a licence that no rounding of sums can exceed it
_WEEK = 7 * 1440
_ROUNDING = 1e-12  # more than the last bits of a sum of stays


@compiled
def _infusion_row(c: Any, site: int, day: int) -> int:
    place = day - c.day0
    if place < 0 or place >= c.days:
        c.fault = OUT_OF_CALENDAR
        return 0
    return place * c.consignees_n + c.sites[site].consignee


@compiled
def _held_row(c: Any, consignee: int, at: int) -> int:
    week = at // _WEEK - c.week0
    if week < 1 or week >= c.weeks_n - 1:
        c.fault = OUT_OF_CALENDAR
        return 1
    return week * c.consignees_n + consignee


@compiled
def _stay_mbq(c: Any, order: int) -> float:
    o = c.orders[order]
    return o.activity * o.units * (1.0 + c.products[o.product].overfill)


@compiled
def _present(stay_from: int, until: int, mbq: float, half_life: float, moment: int) -> float:
    if not stay_from <= moment < until:
        return 0.0
    return mbq / decay_factor(until - moment, half_life)


@compiled
def _most_present(c: Any, order: int) -> float:
    """What an order's stay holds at its start, when it holds most."""
    o = c.orders[order]
    if o.use_at <= o.stay_from:
        return 0.0
    half_life = c.products[o.product].half_life
    return _stay_mbq(c, order) / decay_factor(o.use_at - o.stay_from, half_life)


@compiled
def site_takes(c: Any, order: int, reach: int) -> bool:
    """Whether the consignee has an infusion place that day, and its licence room."""
    o, r = c.orders[order], c.reaches[reach]
    site = c.sites[o.site]
    holder = c.consignees[site.consignee]
    if c.infusions[_infusion_row(c, o.site, r.day)] + 1 > holder.capacity:
        return False
    if holder.limit < 0 or o.activity == 0.0:
        return True
    if _licence_is_ample(c, order, reach):
        return True
    if not _licence_holds(c, order, reach, r.received_at):
        return False
    row = _held_row(c, site.consignee, r.received_at)
    for week in range(row - c.consignees_n, row + c.consignees_n + 1, c.consignees_n):
        n = c.held_first[week]
        while n >= 0:
            s = c.orders[n]
            later = r.received_at < s.stay_from < r.use_at  # and so it overlaps
            if later and not _licence_holds(c, order, reach, s.stay_from):
                return False
            n = s.stay_next
    return True


@compiled
def _licence_is_ample(c: Any, order: int, reach: int) -> bool:
    """Whether a licence covers all stays of three weeks at once, each as it was at its start."""
    r, o = c.reaches[reach], c.orders[order]
    consignee = c.sites[o.site].consignee
    row = _held_row(c, consignee, r.received_at)
    most = c.held_most[row - c.consignees_n] + c.held_most[row] + c.held_most[row + c.consignees_n]
    half_life = c.products[o.product].half_life
    most += _present(r.received_at, r.use_at, _stay_mbq(c, order), half_life, r.received_at)
    return most <= c.consignees[consignee].limit * _AMPLE


@compiled
def _licence_holds(c: Any, order: int, reach: int, moment: int) -> bool:
    """Whether a consignee's licence covers all that it holds at a moment, one more dose beside."""
    o, r = c.orders[order], c.reaches[reach]
    site = c.sites[o.site]
    total = 0.0
    total += _present(
        r.received_at, r.use_at, _stay_mbq(c, order), c.products[o.product].half_life, moment
    )
    row = _held_row(c, site.consignee, r.received_at)
    for week in range(row - c.consignees_n, row + c.consignees_n + 1, c.consignees_n):
        n = c.held_first[week]
        while n >= 0:
            s = c.orders[n]
            if s.stay_from < r.use_at and r.received_at < s.use_at:
                half_life = c.products[s.product].half_life
                total += _present(s.stay_from, s.use_at, _stay_mbq(c, n), half_life, moment)
            n = s.stay_next
    most = c.consignees[site.consignee].limit * (1 + _EPS)
    if c.rounds and abs(total - most) <= most * _ROUNDING:
        c.fault = UNLIKELY  # stays of tried orders stand in another row here (`rivals`)
    return total <= most


@compiled
def may_hold(c: Any, consignee: int, batch: int) -> bool:
    """Whether a consignee may hold an order of a batch; yes where no stays are written down."""
    p = c.places[c.batches[batch].place]
    product = c.products[p.product]
    if c.consignees[consignee].limit < 0 or not p.decays or product.shelf > 3 * _WEEK:
        return True
    row = _held_row(c, consignee, p.charge_at)
    last = _held_row(c, consignee, p.charge_at + 4 * _WEEK)
    while row <= last:
        n = c.held_first[row]
        while n >= 0:
            if c.orders[n].batch == batch:
                return True
            n = c.orders[n].stay_next
        row += c.consignees_n
    return False


@compiled
def infusion_free(c: Any, order: int, day: int) -> bool:
    """Whether a consignee has an infusion place on a day, the order's own included."""
    o = c.orders[order]
    own = 1 if o.reach >= 0 and o.day == day else 0
    taken = c.infusions[_infusion_row(c, o.site, day)] - own
    return taken < c.consignees[c.sites[o.site].consignee].capacity


@compiled
def book_site(c: Any, order: int) -> None:
    """A promise takes an infusion place and licence room."""
    o = c.orders[order]
    c.infusions[_infusion_row(c, o.site, o.day)] += 1
    consignee = c.sites[o.site].consignee
    if o.activity == 0.0 or c.consignees[consignee].limit < 0:
        return
    o.stay_from = c.reaches[o.reach].received_at
    row = _held_row(c, consignee, o.stay_from)
    c.held_most[row] += _most_present(c, order)
    o.stay_next, o.stay_prev = -1, c.held_last[row]
    if o.stay_prev < 0:
        c.held_first[row] = order
    else:
        c.orders[o.stay_prev].stay_next = order
    c.held_last[row] = order


@compiled
def leave_site(c: Any, order: int) -> None:
    """A promise gives its infusion place and licence room back."""
    o = c.orders[order]
    c.infusions[_infusion_row(c, o.site, o.day)] -= 1
    consignee = c.sites[o.site].consignee
    if o.activity == 0.0 or c.consignees[consignee].limit < 0:
        return
    row = _held_row(c, consignee, o.stay_from)
    c.held_most[row] -= _most_present(c, order)
    if o.stay_prev < 0:
        c.held_first[row] = o.stay_next
    else:
        c.orders[o.stay_prev].stay_next = o.stay_next
    if o.stay_next < 0:
        c.held_last[row] = o.stay_prev
    else:
        c.orders[o.stay_next].stay_prev = o.stay_prev
    if c.held_first[row] < 0:
        c.held_most[row] = 0.0
