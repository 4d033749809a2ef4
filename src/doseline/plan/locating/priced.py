"""The bound when orders have a price: each place takes what pays, and places cover the demand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from doseline.plan.locating.knapsacks import Flags, Whole, pack
from doseline.plan.locating.locations import Structure
from doseline.plan.model.matrix import Floats

FREE, SHUT, OPEN = -1, 0, 1
"""What is decided of a place."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs of place and order that may still be used, packed to the left by place.

    `order` is the position of the order, `cost` and `load` those of the pair; a pair that is only
    there to fill a row costs more than anything.
    """

    order: Whole
    cost: Floats
    load: Whole

    @classmethod
    def of(cls, structure: Structure, allowed: Flags) -> Pairs:
        """The pairs of a table by place and order."""
        most = max(int(allowed.sum(axis=1).max(initial=0)), 1)
        order = np.argsort(~allowed, axis=1, kind="stable")[:, :most]
        real = np.take_along_axis(allowed, order, axis=1)
        cost = np.take_along_axis(structure.cost, order, axis=1)
        load = np.take_along_axis(structure.whole_load, order, axis=1)
        return cls(order, np.where(real, cost, np.inf), np.where(real, load, 1))


@dataclass(frozen=True, slots=True)
class Valued:
    """The bound at some prices, with what was chosen.

    `taken` are the pairs that are used, by place and column of the pairs; `opened` the places.
    `must` are the places that were opened whatever they cost. `loose` is the bound where places may
    be opened in part, `by_room` the price of a unit of room there. `place_cost` is what each place
    costs, `least_place_cost` what it would where it may cut orders; `rate` is what a unit of room
    is worth inside a place.
    """

    bound: float
    opened: Flags
    must: Flags
    taken: Flags
    served: Whole
    loose: float
    by_room: float
    place_cost: Floats
    least_place_cost: Floats
    rate: Floats


def valued(structure: Structure, pairs: Pairs, state: Whole, prices: Floats) -> Valued | None:
    """The bound at the prices of orders (in the unit of cost); None where no places can do.

    The cost of any assignment is at least the prices of all orders, plus for each place that is
    opened its own cost and what it saves by taking orders below their price. [model L1]
    Source: Holmberg, Rönnqvist and Yuan, An exact algorithm for the capacitated facility location
    problems with single sourcing, European Journal of Operational Research 113, 1999.
    """
    rows = np.flatnonzero(state != SHUT)
    packed = pack(
        prices[pairs.order[rows]] - pairs.cost[rows], pairs.load[rows], structure.whole_room[rows]
    )
    taken = np.zeros(pairs.order.shape, dtype=bool)
    place_cost = np.full(len(state), np.inf)
    least, rate = place_cost.copy(), np.zeros(len(state))
    place_cost[rows] = structure.fixed[rows] - packed.value
    least[rows] = structure.fixed[rows] - packed.upper
    rate[rows] = packed.price
    covered = _cover(structure, state, place_cost)
    if covered is None:
        return None
    opened, must, saved, by_room = covered
    taken[rows] = packed.taken & opened[rows, None]
    served = np.bincount(pairs.order[taken], minlength=len(prices))
    base = float(prices.sum())
    bound = base + float(place_cost[opened].sum())
    return Valued(
        bound, opened, must, taken, served, bound - saved, by_room, place_cost, least, rate
    )


def _cover(
    structure: Structure, state: Whole, cost: Floats
) -> tuple[Flags, Flags, float, float] | None:
    """The cheapest places whose room covers the demand, and those without which it cannot be.

    Also what could be saved where the others may be opened in part, and the price of room there.
    """
    must = state == OPEN
    opened = must | ((state == FREE) & (cost <= 0.0))
    room = structure.cover_room
    short = structure.cover_need - int(room[opened].sum())
    if short <= 0:
        return opened, must, 0.0, 0.0
    rest = np.flatnonzero((state == FREE) & (cost > 0.0))
    spare = int(room[rest].sum()) - short
    if spare < 0:
        return None
    left_shut = pack(cost[None, rest], room[None, rest], np.array([spare]))
    opened[rest] = ~left_shut.taken[0]
    must[rest] = room[rest] > spare
    saved = float(left_shut.upper[0] - left_shut.value[0])
    return opened, must, saved, float(left_shut.price[0])
