"""A weight made small near a plan that stands, and proven to be the least there is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays
from doseline.plan.solving.relaxation import Relaxation, safe_bound, safe_duals
from doseline.plan.solving.solve import Ended, Limits, Solution, solve

_PULL = 0.05
"""All moves together count less than this much of a weight, which goes by whole numbers."""

_PROVEN = 0.9
"""Weights are whole: none is less by less than this, the pull included."""


@dataclass(frozen=True)
class Nearest:
    """The least weight found, and the columns that have one value wherever it is reached."""

    solution: Solution
    settled: Mapping[int, float]


def least_nearby(
    arrays: Arrays,
    weights: Mapping[int, float],
    moves: Mapping[int, float],
    untouched: Sequence[int],
    left: Callable[[], Limits],
    start: Floats | None,
) -> Nearest:
    """The least weight: first with some columns untouched, at one, then over all.

    `arrays` are those of the whole problem, their costs the `weights`, which are whole numbers;
    `left` says what is left of the limits. `moves` weigh what departs from the plan that stands;
    they pull every relaxation towards it, too little to change the least weight. Mostly the
    relaxation of all proves what is found with the columns untouched, or the `start` itself; where
    it does not, all is searched but what it rules out. Where nothing is found with the columns
    untouched the solution has no values. Raises SolverError where HiGHS fails.
    """
    pulled = replace(arrays, cost=arrays.cost.copy(), constant=0.0)
    for column, share in pull(moves).items():
        pulled.cost[column] += share
    close = pulled.lower.copy()
    close[list(untouched)] = 1.0
    duals = _duals(pulled, close, left().seconds)
    least = _least(safe_bound(pulled, duals))
    if start is not None and _weight(weights, start) <= least:
        proven = Solution(Ended.OPTIMAL, start, least, least, np.empty(0), 0, 0)
        return Nearest(proven, settled(pulled, duals, least))
    near = solve(replace(pulled, lower=close), left(), start)
    if not near.values.size:
        return Nearest(near, {})
    values = near.values
    if start is not None and _weight(weights, start) < _weight(weights, values):
        values = start
    reached = _weight(weights, values)
    if least < reached:
        limits = replace(left(), gap=_PROVEN / reached)
        near = solve(_but(pulled, settled(pulled, duals, reached)), limits, values)
        values = near.values if near.values.size else values
        reached = _weight(weights, values)
        least = max(least, reached if near.ended is Ended.OPTIMAL else _least(near.bound))
    ended = Ended.OPTIMAL if least >= reached else near.ended
    found = replace(near, values=values, objective=reached, bound=min(least, reached), ended=ended)
    return Nearest(found, settled(pulled, duals, reached))


def settled(arrays: Arrays, duals: Floats, reached: int) -> dict[int, float]:
    """The whole columns that have one value wherever the weight is no more than was reached.

    A column with another value than at its end in the relaxation adds at least its reduced cost to
    the bound; the pull adds no more than its share to a weight.
    Source: Crowder, Johnson and Padberg, Solving large-scale zero-one linear programming problems,
    Operations Research 31 (1983), 803-834.

    >>> from doseline.plan.solving.arrays import arrays_of
    >>> from doseline.plan.model.matrix import Limit, Matrix
    >>> doses = Matrix()
    >>> near, far = doses.binary(1.0), doses.binary(3.0)
    >>> row = doses.row(Limit("served", ""), [(near, 1.0), (far, 1.0)], lower=1.0)
    >>> settled(arrays_of(doses), np.array([1.0]), 1)
    {1: 0.0}
    """
    duals = safe_duals(arrays, duals)
    reduced = arrays.cost - arrays.by_row.T @ duals
    room = reached + _PULL + 1e-6 - safe_bound(arrays, duals)
    free = arrays.whole & (arrays.lower < arrays.upper)
    low = np.flatnonzero(free & (reduced > room) & np.isfinite(arrays.lower))
    high = np.flatnonzero(free & (-reduced > room) & np.isfinite(arrays.upper))
    ends = [(int(c), float(arrays.lower[c])) for c in low]
    return dict(ends + [(int(c), float(arrays.upper[c])) for c in high])


def _duals(pulled: Arrays, close: Floats, seconds: float) -> Floats:
    """What the rows are worth in the relaxation of all, solved on from the one nearby."""
    until = perf_counter() + seconds
    relaxation = Relaxation(replace(pulled, lower=close), until, corners=True)
    found = relaxation.solve()
    if found is not None and safe_bound(pulled, found.row_duals) < found.objective - 1e-4:
        held = np.flatnonzero(close > pulled.lower)
        relaxation.loosen(held, pulled.lower[held])
        found = relaxation.solve()
    return np.zeros(pulled.rows) if found is None else found.row_duals


def _but(arrays: Arrays, ends: Mapping[int, float]) -> Arrays:
    """The arrays with some columns held at a value."""
    lower, upper = arrays.lower.copy(), arrays.upper.copy()
    for column, value in ends.items():
        lower[column] = upper[column] = value
    return replace(arrays, lower=lower, upper=upper)


def _least(bound: float) -> int:
    """The least whole weight by a bound of weights with their pull."""
    return max(0, math.ceil(bound - _PULL - 1e-6)) if math.isfinite(bound) else 0


def pull(moves: Mapping[int, float]) -> dict[int, float]:
    """Moves as small shares that come to less than a twentieth together.

    >>> pull({3: 4.0, 5: 1.0})
    {3: 0.025, 5: 0.00625}
    """
    heavy = max(moves.values(), default=1.0) * max(1, len(moves))
    return {column: _PULL * weight / heavy for column, weight in moves.items()}


def _weight(weights: Mapping[int, float], values: Floats) -> int:
    return round(sum(w for c, w in weights.items() if values[c] > 0.5))
