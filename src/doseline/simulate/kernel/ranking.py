"""The ways to serve an order on a day, the best first. As `promising.py`."""

from __future__ import annotations

from typing import Any

from doseline.simulate.kernel.books import missed_cents
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.fits import NO_FIT, fits, late_share, may_fit, stands_in, ways
from doseline.simulate.kernel.giving import in_group
from doseline.simulate.kernel.instants import scratch
from doseline.simulate.kernel.layout import MOST_WAYS
from doseline.simulate.kernel.words import FEWEST, FRESHEST, RECOVERABLE, UNLIKELY
from doseline.simulate.promising import UNSURE


@compiled
def day_after(c: Any, order: int, turn: int) -> int:
    """The days on which an order may be given, the day wanted first; -1 for none, 0 after all."""
    o = c.orders[order]
    if turn == 0:
        return o.wanted
    if not c.shift_days:
        return 0
    away = (turn + 1) // 2
    if away > max(o.wanted - o.earliest, o.latest - o.wanted):
        return 0
    day = o.wanted - away if turn % 2 else o.wanted + away
    return day if o.earliest <= day <= o.latest else -1


@compiled
def best(c: Any, order: int, day: int, freed_only: bool) -> tuple[int, Any]:
    """The best of the ways of one day that fits."""
    o = c.orders[order]
    off, n = ways(c, o.product, o.protocol, o.site, day)
    if n == 0:
        return -1, NO_FIT
    if n > MOST_WAYS:
        c.fault = UNLIKELY
        return -1, NO_FIT
    found = scratch(c, n)
    m = 0
    everywhere, turn, slots = True, 0, 0
    if freed_only:
        turn = c.freed_turn - 1
        holder = c.sites[o.site].consignee + (turn & 1) * c.consignees_n
        everywhere = c.freed_consignee[holder] == turn
        slots = (turn & 1) * c.places_n
    for reach in range(off, off + n):
        r = c.reaches[reach]
        if not everywhere and c.freed_place[slots + r.place] != turn:
            continue
        if c.full[r.place] and not o.lost:
            continue
        if r.last_lock_at >= c.now or (
            r.charge_at > c.now and (o.lost or c.batch_of[r.place] >= 0)
        ):
            if not o.lost and not may_fit(c, order, reach):
                continue
            found[m] = reach
            m += 1
    if m == 0:
        return -1, NO_FIT
    if m == 1:
        return _first_that_fits(c, order, found[:1])
    keys = c.marks[: 5 * m]
    missed = missed_cents(c, order)
    for k in range(m):
        _rank(c, order, found[k], missed, keys[5 * k : 5 * k + 5])
    return _least_that_fits(c, order, found[:m], keys)


@compiled
def _first_that_fits(c: Any, order: int, found: Any) -> tuple[int, Any]:
    for reach in found:
        fit = fits(c, order, reach)
        if fit[0]:
            return reach, fit
    return _first_to_stand_in(c, order, found)


@compiled
def _first_to_stand_in(c: Any, order: int, found: Any) -> tuple[int, Any]:
    """Where nothing fits and the dose was lost: the first way on which it takes another's place."""
    if c.orders[order].lost:
        for reach in found:
            fit = stands_in(c, order, reach)
            if fit[0]:
                return reach, fit
    return -1, NO_FIT


@compiled
def _least_that_fits(c: Any, order: int, found: Any, keys: Any) -> tuple[int, Any]:
    """Take the ways by their rank, one after the other as long as none fits."""
    m = len(found)
    for k in range(m):
        least = k
        for j in range(k + 1, m):
            if _less(keys, 5 * j, 5 * least):
                least = j
        if least != k:
            _turn(found, keys, k, least)
        fit = fits(c, order, found[k])
        if fit[0]:
            return found[k], fit
    return _first_to_stand_in(c, order, found)


@compiled
def _turn(found: Any, keys: Any, k: int, least: int) -> None:
    """Bring the least to place k; the others keep their order."""
    reach = found[least]
    at = 5 * least
    a, b, d, e, g = keys[at], keys[at + 1], keys[at + 2], keys[at + 3], keys[at + 4]
    for j in range(least, k, -1):
        found[j] = found[j - 1]
    for j in range(at + 4, 5 * k + 4, -1):
        keys[j] = keys[j - 5]
    found[k], at = reach, 5 * k
    keys[at], keys[at + 1], keys[at + 2], keys[at + 3], keys[at + 4] = a, b, d, e, g


@compiled
def _less(keys: Any, a: int, b: int) -> bool:
    for i in range(5):
        if keys[a + i] != keys[b + i]:
            return keys[a + i] < keys[b + i]
    return False


@compiled
def _rank(c: Any, order: int, reach: int, missed: float, key: Any) -> None:
    """The lower the better, by the policy's preference."""
    r = c.reaches[reach]
    batch = c.batch_of[r.place]
    opened = batch >= 0 and c.batches[batch].count > 0
    cents = _costs(c, order, reach, batch if opened else -1)
    fresh = float(r.use_at - r.charge_at)
    new = 0.0 if opened else 1.0
    risk = late_share(c, reach) if c.chance else 0.0
    cents += risk * missed
    key[0] = 1.0 if risk > UNSURE else 0.0
    key[4] = r.place
    if c.preference == FEWEST:
        key[1], key[2], key[3] = new, cents, fresh
    elif c.preference == RECOVERABLE:
        filled = c.batches[batch].units if opened else 0
        key[1], key[2], key[3] = r.charge_at, -filled, cents
    elif c.preference == FRESHEST:
        key[1], key[2], key[3] = fresh, new, cents
    else:
        key[1], key[2], key[3] = cents, new, fresh


@compiled
def _costs(c: Any, order: int, reach: int, batch: int) -> float:
    """What serving an order this way adds to the cost. [cents]"""
    r = c.reaches[reach]
    cents = r.cost
    if batch >= 0:
        if in_group(c, batch, r.lane, c.orders[order].site):
            cents *= c.carriers[c.lanes[r.lane].carrier].second_package
        return cents
    p = c.places[r.place]
    contract = c.plants[p.plant].contract
    if contract >= 0:
        cents += c.contracts[contract].batch_fee
    if p.opt_n:
        cents += c.sources[c.options[p.opt_off].source].freight
    return cents + p.fee
