"""Whole batches from a relaxation: the nearest to whole are fixed, a few at a time."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Ints
from doseline.plan.solving.relaxation import Relaxed

_AT_ONCE = 0.2  # of the batches that are not yet whole
_FEWER = 3  # so many times fewer are tried where a step costs too much
_WHOLE = 1e-6
_STEEP = 5e-4


class Divable(Protocol):
    """A relaxation that can be dived from: bounds change, a row is added, it is solved again."""

    def at_most(self, columns: Ints, upper: float) -> None:
        """Add a row: some columns together are no more than `upper`."""

    def bound(self, column: int, lower: float, upper: float) -> None:
        """Give a column other bounds."""

    def solve(self) -> Relaxed | None:
        """The least cost with its values and duals; None where there is none, or no time."""


def whole_batches(
    relaxation: Divable,
    start: Relaxed,
    arrays: Arrays,
    made: Ints,
    kind: Ints,
    enough: Floats | None = None,
    more: int = 0,
) -> Relaxed | None:
    """A solution of the relaxation in which every place makes a whole number of batches.

    For each product (`kind` has a number by place) a row holds the number of batches to that of the
    relaxation, rounded up, and `more`: otherwise rounding makes too many, and each is dear. Where a
    schedule is known that makes do with fewer (`enough`, by column), rounded down. None where the
    clock stopped it.
    """
    for product in np.unique(kind).tolist():
        mine = made[kind == product]
        asked = float(start.values[mine].sum())
        most = float(math.ceil(asked - _WHOLE) + more)
        if enough is not None:
            most = min(most, max(float(enough[mine].sum()), float(math.floor(asked + _WHOLE))))
        relaxation.at_most(mine, most)
    return whole_columns(relaxation, relaxation.solve(), arrays, made)


def whole_columns(
    relaxation: Divable, start: Relaxed | None, arrays: Arrays, columns: Ints
) -> Relaxed | None:
    """A solution of the relaxation in which some columns are whole, from one in which they are not.

    None where there is none to begin with, or the clock stopped it.
    """
    found = start
    while found is not None:
        values = found.values[columns]
        away = np.abs(values - np.round(values))
        open_ = np.flatnonzero(away > _WHOLE)
        if not open_.size:
            return found
        nearest = open_[np.argsort(away[open_], kind="stable")]
        found = _step(relaxation, found, arrays, columns, nearest)
    return None


def _step(
    relaxation: Divable, found: Relaxed, arrays: Arrays, columns: Ints, nearest: Ints
) -> Relaxed | None:
    """Fixes a few of the nearest, fewer where that costs too much; at last one, either way."""
    values = found.values[columns]
    count = math.ceil(_AT_ONCE * nearest.size)
    while count:
        chosen = nearest[:count]
        following = _fixed(relaxation, columns, chosen, np.round(values[chosen]))
        if following is not None and following.objective <= _steep(found):
            return following
        for n in chosen.tolist():
            column = int(columns[n])
            relaxation.bound(column, float(arrays.lower[column]), float(arrays.upper[column]))
        count //= _FEWER
    n = int(nearest[0])
    return _better(relaxation, int(columns[n]), float(values[n]))


def _steep(found: Relaxed) -> float:
    """A cost that a step of several should not exceed: else fewer are rounded at once."""
    return found.objective + _STEEP * abs(found.objective)


def _fixed(relaxation: Divable, columns: Ints, chosen: Ints, values: Floats) -> Relaxed | None:
    for n, value in zip(chosen.tolist(), values.tolist(), strict=True):
        relaxation.bound(int(columns[n]), value, value)
    return relaxation.solve()


def _better(relaxation: Divable, column: int, value: float) -> Relaxed | None:
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
