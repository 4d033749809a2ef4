"""Doubles as whole numbers over a power of two: sums and products of them without any rounding.

Every finite double is a whole number over a power of two (IEEE 754-2019, section 3.3). What is
added and multiplied here are therefore Python's whole numbers; nothing is ever rounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from doseline.plan.model.matrix import Floats, Matrix

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Wholes:
    """Whole numbers `n`, each standing for n / 2**power."""

    n: list[int]
    power: int


def wholes(values: Iterable[float] | Floats) -> Wholes:
    """Doubles as whole numbers over one power of two. What is not finite counts as 0.

    >>> wholes([0.75, -2.0])
    Wholes(n=[3, -8], power=2)
    """
    array = np.asarray(values if isinstance(values, np.ndarray) else list(values), dtype=np.float64)
    finite = np.where(np.isfinite(array), array, 0.0)
    distinct, which = np.unique(finite, return_inverse=True)
    ratios = [value.as_integer_ratio() for value in distinct.tolist()]
    power = max((below.bit_length() - 1 for _, below in ratios), default=0)
    table = [above << (power - below.bit_length() + 1) for above, below in ratios]
    return Wholes([table[i] for i in which.tolist()], power)


def powers(values: Floats) -> Places:
    """For each double the least power of two that makes it a whole number; 0 for what is one.

    >>> powers(np.array([0.75, -2.0, 0.0])).tolist()
    [2, 0, 0]
    """
    shares, exponents = np.frexp(np.where(np.isfinite(values), values, 0.0))
    digits = np.abs(np.ldexp(shares, 53)).astype(np.int64)
    last = np.frexp((digits & -digits).astype(np.float64))[1] - 1  # zeros at the end
    found = 53 - exponents.astype(np.int64) - last
    return np.where(digits == 0, 0, np.maximum(found, 0)).astype(np.int64)


class ExactRows:
    """The rows of a matrix as whole numbers; a matrix that changes afterwards is not followed."""

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix

    @cached_property
    def values(self) -> Wholes:
        """The entries of the rows, one row after the other."""
        return wholes(self.matrix.value)

    @cached_property
    def arrays(self) -> Arrays:
        """The same matrix as arrays."""
        return Arrays(self.matrix)


class Arrays:
    """A matrix as arrays, and for each row its largest entry and the power that makes it whole."""

    def __init__(self, matrix: Matrix) -> None:
        self.starts = np.asarray(matrix.starts, dtype=np.int64)
        self.index = np.asarray(matrix.index, dtype=np.int64)
        self.value = np.asarray(matrix.value, dtype=np.float64)
        self.row_lower = np.asarray(matrix.row_lower, dtype=np.float64)
        self.row_upper = np.asarray(matrix.row_upper, dtype=np.float64)
        self.lower = np.asarray(matrix.lower, dtype=np.float64)
        self.upper = np.asarray(matrix.upper, dtype=np.float64)
        self.whole = np.asarray(matrix.whole, dtype=np.bool_)
        row = np.repeat(np.arange(matrix.rows), np.diff(self.starts))
        self.largest = np.zeros(matrix.rows)
        np.maximum.at(self.largest, row, np.abs(self.value))
        self.power = np.zeros(matrix.rows, dtype=np.int64)
        np.maximum.at(self.power, row, powers(self.value))

    def entries(self, rows: Places) -> Places:
        """Where the entries of some rows stand, one row after the other."""
        sizes = self.starts[rows + 1] - self.starts[rows]
        ends = np.cumsum(sizes)
        places = np.arange(int(ends[-1]) if len(ends) else 0)
        found: Places = places + np.repeat(self.starts[rows] - ends + sizes, sizes)
        return found


def implied_upper(matrix: Matrix, column: int, smallest: bool = False) -> Fraction | None:
    """A bound of a column that its own row and the bounds of the other columns imply, if any.

    The largest that the column can be; with `smallest`, the smallest.

    >>> from doseline.plan.model.matrix import Limit
    >>> sack = Matrix()
    >>> free, vials = sack.column(), sack.column(4.0)
    >>> row = sack.row(Limit("vials", ""), [(free, 2.0), (vials, 1.0)], upper=10.0)
    >>> str(implied_upper(sack, free))
    '5'
    """
    entries = np.flatnonzero(np.asarray(matrix.index) == column)
    starts = np.asarray(matrix.starts)
    found: list[Fraction] = []
    for row in (np.searchsorted(starts, entries, side="right") - 1).tolist():
        terms = matrix.terms(row)
        mine = next(value for j, value in terms if j == column)
        upwards = (mine > 0.0) != smallest  # the row's upper side is what holds the column
        side = matrix.row_upper[row] if upwards else matrix.row_lower[row]
        others = [
            (v, matrix.lower[j] if (v > 0.0) == upwards else matrix.upper[j])
            for j, v in terms
            if j != column
        ]
        if math.isfinite(side) and all(math.isfinite(end) for _, end in others):
            left = Fraction(side) - sum((Fraction(v) * Fraction(e) for v, e in others), Fraction(0))
            found.append(left / Fraction(mine))
    if not found:
        return None
    return max(found) if smallest else min(found)
