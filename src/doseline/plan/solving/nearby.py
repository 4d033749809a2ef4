"""A weight made small near a plan that stands, and proven to be the least there is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays
from doseline.plan.solving.solve import Ended, Limits, Solution, solve

_PULL = 0.05
"""All moves together count less than this much of a weight, which goes by whole numbers."""

_PROVEN = 0.9
"""Weights are whole: none is less by less than this, the pull included."""


def least_nearby(
    arrays: Arrays,
    weights: Mapping[int, float],
    moves: Mapping[int, float],
    untouched: Sequence[int],
    left: Callable[[], Limits],
    start: Floats | None,
) -> Solution:
    """The least weight: first with some columns untouched, at one, then over all.

    `arrays` are those of the whole problem, their costs the `weights`, which are whole numbers;
    `left` says what is left of the limits. `moves` weigh what departs from the plan that stands;
    they pull every relaxation towards it, too little to change the least weight. Where nothing is
    found with the columns untouched `values` is empty.
    """
    pulled = replace(arrays, cost=arrays.cost.copy(), constant=0.0)
    for column, share in pull(moves).items():
        pulled.cost[column] += share
    lower = arrays.lower.copy()
    lower[list(untouched)] = 1.0
    near = solve(replace(pulled, lower=lower), left(), start)
    if not near.values.size:
        return near
    values = near.values
    if start is not None and _weight(weights, start) < _weight(weights, values):
        values = start
    gap = _PROVEN / max(1, _weight(weights, values))
    found = solve(pulled, replace(left(), gap=gap), values)
    values = found.values if found.values.size else values
    least = max(0, math.ceil(found.bound - _PULL - 1e-6)) if math.isfinite(found.bound) else 0
    reached = _weight(weights, values)
    bound = reached if found.ended is Ended.OPTIMAL else min(least, reached)
    return replace(found, values=values, objective=reached, bound=bound)


def pull(moves: Mapping[int, float]) -> dict[int, float]:
    """Moves as small shares that come to less than a twentieth together.

    >>> pull({3: 4.0, 5: 1.0})
    {3: 0.025, 5: 0.00625}
    """
    heavy = max(moves.values(), default=1.0) * max(1, len(moves))
    return {column: _PULL * weight / heavy for column, weight in moves.items()}


def _weight(weights: Mapping[int, float], values: Floats) -> int:
    return round(sum(w for c, w in weights.items() if values[c] > 0.5))
