"""An assignment to places that are open: orders one after the other, then moves and exchanges."""

from __future__ import annotations

import numpy as np

from doseline.plan.locating.knapsacks import Flags, Whole
from doseline.plan.locating.locations import Structure
from doseline.plan.model.matrix import Floats

_MOVES = 400


def repaired(structure: Structure, opened: Flags, rate: Floats) -> Whole | None:
    """An assignment to some places that are open; None where none was found that fits.

    `rate` is the price of a unit of room in each place. Orders are given their cheapest place that
    has room, those first that would lose most by waiting; then orders are moved and exchanged as
    long as that lowers the cost.
    """
    places = np.flatnonzero(opened)
    if places.size == 0:
        return None
    none = structure.dear
    cost = np.where(structure.allowed[places], structure.cost[places], none)
    load, left = structure.load[places], structure.room[places].copy()
    leave = np.minimum(structure.unmet, none)
    score = cost + rate[places, None] * load
    at = np.full(cost.shape[1], -1)
    waiting = np.ones(cost.shape[1], dtype=bool)
    mean = float(load.mean()) + 1e-12
    while waiting.any():
        todo = np.flatnonzero(waiting)
        fits = (load[:, todo] <= left[:, None] + 1e-9) & (cost[:, todo] < leave[todo])
        seen = np.where(fits, score[:, todo], none)
        two = np.partition(seen, min(1, len(places) - 1), axis=0)[: min(2, len(places))]
        regret = (two[-1] - two[0]) + load[:, todo].min(axis=0) / mean
        i = int(regret.argmax())
        k = todo[i]
        waiting[k] = False
        if fits[:, i].any():
            j = int(seen[:, i].argmin())
            at[k] = j
            left[j] -= load[j, k]
    at = _exchanged(cost, load, left, leave, at)
    if np.any((at < 0) & (leave >= none)):
        return None
    found = np.where(at >= 0, places[at], -1)
    return found if structure.fits(found) else None


def _exchanged(cost: Floats, load: Floats, left: Floats, leave: Floats, at: Whole) -> Whole:
    """The best move of one order, or exchange of two, again and again while it lowers the cost."""
    orders = np.arange(len(at))
    for _ in range(_MOVES):
        met = at >= 0
        now = np.where(met, cost[at, orders], leave)
        mine = np.where(met, load[at, orders], 0.0)
        move = np.where(load <= left[:, None] + 1e-9, cost - now[None, :], 0.0)
        move[at[met], orders[met]] = 0.0
        j, i = np.unravel_index(int(move.argmin()), move.shape)
        best, kind = move[j, i], 0
        # order a takes the place of order b, and b that of a
        there = np.where(met[:, None] & met[None, :], cost[at, :].T - now[:, None], 0.0)
        gain = there + there.T
        bring = load[at, :].T  # load of order a at the place of order b
        room = left[at][None, :] + mine[None, :] - bring
        able = met[:, None] & met[None, :] & (room >= -1e-9)
        gain = np.where(able & able.T & (at[:, None] != at[None, :]), gain, 0.0)
        a, b = np.unravel_index(int(gain.argmin()), gain.shape)
        if gain[a, b] < best:
            best, kind = gain[a, b], 1
        if best >= -1e-7 * (1.0 + np.abs(now).max()):
            break
        if kind == 0:
            if met[i]:
                left[at[i]] += load[at[i], i]
            at[i] = j
            left[j] -= load[j, i]
        else:
            left[at[a]] += load[at[a], a] - load[at[a], b]
            left[at[b]] += load[at[b], b] - load[at[b], a]
            at[a], at[b] = at[b], at[a]
    return at
