"""Better prices of orders, step by step, and what they rule out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from doseline.plan.locating.knapsacks import Flags, Whole
from doseline.plan.locating.locations import Structure
from doseline.plan.locating.priced import FREE, OPEN, SHUT, Pairs, Valued, valued
from doseline.plan.model.matrix import Floats

_PATIENCE = 15
_MEMORY = 0.1
_AIM, _BEYOND = 0.02, 0.005
_LEAST_PACE = 0.01


@dataclass(frozen=True, slots=True)
class Climbed:
    """The best bound that was found, its prices, and what the steps chose on average."""

    bound: float
    prices: Floats
    at_best: Valued
    opened: Floats
    taken: Floats
    seen: tuple[Flags, ...]


def climb(
    structure: Structure,
    pairs: Pairs,
    state: Whole,
    prices: Floats,
    target: float,
    steps: int,
    pace: float = 1.0,
) -> Climbed | None:
    """Steps of a deflected subgradient towards a target; None where no places can do. [model L2]

    Stops early at the target, a cost. A step aims a little beyond the target, or beyond the best
    bound where the target is far; `pace` is the share of it that is gone.
    Source: Camerini, Fratta and Maffioli, On improving relaxation methods by modified gradient
    techniques, Mathematical Programming Study 3, 1975.
    """
    prices = np.minimum(prices, structure.unmet)
    now = valued(structure, pairs, state, prices)
    if now is None:
        return None
    best, best_prices = now, prices
    way = np.zeros(len(prices))
    opened = now.opened.astype(np.float64)
    taken = now.taken.astype(np.float64)
    seen: list[Flags] = []
    waited = 0
    for _ in range(steps):
        lack = 1.0 - now.served
        lack = np.where((lack > 0.0) & (prices >= structure.unmet), 0.0, lack)
        size = float(way @ way)
        turn = max(0.0, -1.5 * float(lack @ way) / size) if size > 0.0 else 0.0
        way = lack + turn * way
        size = float(way @ way)
        if size < 1e-12 or best.bound >= target:
            break
        scale = max(abs(best.bound), 0.1 * float(np.abs(prices).sum()))
        aim = min(target + _BEYOND * abs(target), best.bound + _AIM * scale)
        prices = np.minimum(prices + pace * (aim - now.bound) / size * way, structure.unmet)
        now = valued(structure, pairs, state, prices)
        assert now is not None
        opened += _MEMORY * (now.opened - opened)
        taken += _MEMORY * (now.taken - taken)
        waited += 1
        if now.bound > best.bound + 1e-9 * abs(best.bound):
            best, best_prices, waited = now, prices, 0
            seen.append(now.opened)
        if waited >= _PATIENCE:
            now, prices, pace, waited = best, best_prices, pace / 2, 0
            if pace < _LEAST_PACE:
                break
            way = np.zeros(len(prices))
    return Climbed(best.bound, best_prices, best, opened, taken, tuple(seen[-3:]))


def decided(structure: Structure, state: Whole, at: Valued, cutoff: float) -> Whole:
    """The state with every place opened or shut that must be, to cost less than the cutoff.
    [model L3]

    Where places may be opened in part, the other choice for a place adds what it costs beyond the
    price of its room, or saves less.
    """
    with np.errstate(invalid="ignore"):
        beyond = at.place_cost - at.by_room * structure.cover_room
    free = (state == FREE) & ~at.must
    found = np.where((state == FREE) & at.must, OPEN, state)
    found[free & (at.loose + beyond >= cutoff)] = SHUT
    found[free & (at.loose - beyond >= cutoff)] = OPEN
    return found


def usable(
    structure: Structure, pairs: Pairs, state: Whole, prices: Floats, at: Valued, cutoff: float
) -> Flags:
    """The pairs, by place and order, that an assignment below the cutoff can use. [model L3]

    Dantzig's bound says what a place costs at least where it is made to take an order.
    """
    room_cost = at.by_room * structure.cover_room
    lost = np.maximum(at.rate[:, None] * pairs.load - (prices[pairs.order] - pairs.cost), 0.0)
    with np.errstate(invalid="ignore"):
        beyond = at.place_cost - room_cost
        forced = at.least_place_cost - room_cost
    already = np.where(at.must, beyond, np.minimum(beyond, 0.0))
    with np.errstate(invalid="ignore"):
        cost = at.loose + np.maximum(forced[:, None] + lost - already[:, None], 0.0)
    keep = (cost < cutoff) & np.isfinite(pairs.cost) & (state != SHUT)[:, None]
    allowed = np.zeros(structure.cost.shape, dtype=bool)
    rows, columns = np.nonzero(keep)
    allowed[rows, pairs.order[rows, columns]] = True
    return allowed
