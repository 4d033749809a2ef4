"""Better prices of orders and of what places share, step by step, and the duals that they make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from doseline.plan.large.places_apart import PlacesApart
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.solve import Ended, Limits, solve

STEPS = 600
"""So many steps bring the bound within half a thousandth of the relaxation's."""
PACE, MEMORY = 0.025, 0.1

_GROWS, _EASES, _FORGETS = 1.1, 0.8, 0.9
_PATIENCE = 8
_SHORTEST_MEMORY = 0.01
_BETTER = 1e-5  # of the bound: what counts as a step forward
_STRIDE = 0.04  # of the bound at most, for the square of what is out of balance


@dataclass(frozen=True)
class Prices:
    """A price by order, dues by shared row, the bound that they give, and the batches on average.

    `batches` by place is what the steps took, the last ones counting most: near to what the
    relaxation has.
    """

    orders: Floats
    dues: Floats
    bound: float
    batches: Floats


def first_prices(apart: PlacesApart) -> Prices:
    """Prices to begin with: for each order its cheapest choice, with its part of a full batch."""
    prices = apart.cheapest()
    dues = np.zeros(len(apart.shared))
    nothing = np.zeros(len(apart.most))
    found = apart.taken(prices, dues, nothing, apart.most)
    return Prices(prices, dues, found.bound, found.batches)


def climbed(
    apart: PlacesApart,
    start: Prices,
    least: Floats,
    most: Floats,
    steps: int,
    pace: float,
    memory: float,
    until: float,
) -> Prices:
    """The best prices after so many steps, where places make at least and at most so many batches.

    `pace` is the first step's, in parts of the bound; `memory` what the last step counts in the way
    that is taken. Stops at the latest by the clock, a reading of `perf_counter`.
    Source: Barahona and Anbil, The volume algorithm, Mathematical Programming 87 (2000), 385-399.
    """
    best, batches = start, start.batches
    found = apart.taken(start.orders, start.dues, least, most)
    best = replace(best, bound=found.bound)
    lack, over, waited = 1.0 - found.served, found.use - apart.sides, 0
    for _ in range(steps):
        if perf_counter() > until:
            break
        able = np.where((best.dues <= 0.0) & (over < 0.0), 0.0, over)
        size = max(float(lack @ lack + able @ able), 1e-9)
        stride = pace * abs(best.bound) / size
        orders = np.minimum(best.orders + stride * lack, apart.dear)
        dues = np.maximum(best.dues + stride * able, 0.0)
        found = apart.taken(orders, dues, least, most)
        short, beyond = 1.0 - found.served, found.use - apart.sides
        onward = float(short @ lack + beyond @ over) > 0.0
        lack = (1.0 - memory) * lack + memory * short
        over = (1.0 - memory) * over + memory * beyond
        batches = (1.0 - memory) * batches + memory * found.batches
        waited += 1
        if found.bound > best.bound:
            pace = min(pace * _GROWS, _STRIDE) if onward else pace
            if found.bound - best.bound > _BETTER * abs(best.bound):
                waited = 0
            best = Prices(orders, dues, found.bound, batches)
        if waited >= _PATIENCE:
            pace, waited = pace * _EASES, 0
            memory = max(memory * _FORGETS, _SHORTEST_MEMORY)
    return replace(best, batches=batches)


def duals_at(
    apart: PlacesApart, orders: Floats, dues: Floats, seconds: float, saved: Floats | float = 0.0
) -> Floats:
    """Duals of all rows: the prices, and for the rows of each place those of its relaxation there.

    Cuts, by what they are worth, take what is `saved` off the cost of each column. The places are
    solved by HiGHS, at once; whatever the prices are, the duals give a bound that holds
    (`safe_bound`). It is theirs, but for what whole batches and packages add (`PlacesApart`). Where
    the clock stops HiGHS, the rows of places are worth nothing.
    """
    arrays = apart.arrays
    duals = np.zeros(arrays.rows)
    duals[apart.order_rows] = orders
    duals[apart.shared] = -dues
    own = np.ones(arrays.rows, dtype=np.bool_)
    own[apart.order_rows] = False
    own[apart.shared] = False
    alone = replace(
        arrays,
        cost=arrays.cost - saved - arrays.by_row.T @ duals,
        whole=np.zeros(arrays.columns, dtype=np.bool_),
        row_lower=arrays.row_lower[own],
        row_upper=arrays.row_upper[own],
        by_row=arrays.by_row[own],
    )
    found = solve(alone, Limits(seconds=seconds))
    if found.ended is Ended.OPTIMAL:
        duals[own] = found.row_duals
    return duals
