"""Whole batches from a relaxation: the nearest to whole are fixed, a few at a time."""

from __future__ import annotations

import math

import numpy as np

from doseline.plan.arrays import Arrays, Ints
from doseline.plan.matrix import Floats
from doseline.plan.relaxation import Relaxation, Relaxed

_AT_ONCE = 0.2  # of the batches that are not yet whole
_WHOLE = 1e-6


def whole_batches(
    relaxation: Relaxation, start: Relaxed, arrays: Arrays, made: Ints
) -> Relaxed | None:
    """A solution of the relaxation in which every place makes a whole number of batches.

    A row holds the number of batches to that of the relaxation, rounded up: otherwise rounding
    makes too many, and each is dear. Where that cannot be, one batch more is allowed. None where
    the clock stopped it.
    """
    budget = math.ceil(float(start.values[made].sum()) - _WHOLE)
    relaxation.at_most(made, float(budget))
    lower, upper = arrays.lower[made].copy(), arrays.upper[made].copy()
    found: Relaxed | None = relaxation.solve()
    while found is not None:
        values = found.values[made]
        away = np.abs(values - np.round(values))
        open_ = np.flatnonzero(away > _WHOLE)
        if not open_.size:
            return found
        count = max(1, math.ceil(_AT_ONCE * open_.size))
        chosen = open_[np.argsort(away[open_], kind="stable")[:count]]
        following = _fixed(relaxation, made, chosen, np.round(values[chosen]))
        if following is None or following.objective > _steep(found):
            for n in chosen:
                relaxation.bound(int(made[n]), float(lower[n]), float(upper[n]))
            n = int(chosen[0])
            following = _better(relaxation, int(made[n]), float(values[n]))
        found = following
    return None


def _steep(found: Relaxed) -> float:
    """A cost that a step should not exceed: else both ways of rounding are tried."""
    return found.objective + 5e-4 * abs(found.objective)


def _fixed(relaxation: Relaxation, made: Ints, chosen: Ints, values: Floats) -> Relaxed | None:
    for n, value in zip(chosen.tolist(), values.tolist(), strict=True):
        relaxation.bound(int(made[n]), value, value)
    return relaxation.solve()


def _better(relaxation: Relaxation, column: int, value: float) -> Relaxed | None:
    """A column rounded up or down, whichever costs less."""
    found = []
    for whole in (math.floor(value), math.ceil(value)):
        relaxation.bound(column, float(whole), float(whole))
        solved = relaxation.solve()
        if solved is not None:
            found.append((solved.objective, float(whole), solved))
    if not found:
        return None
    _, whole_value, best = min(found, key=lambda f: f[:2])
    relaxation.bound(column, whole_value, whole_value)
    return best
