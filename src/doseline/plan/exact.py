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

from doseline.plan.matrix import Floats, Matrix


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


class ExactRows:
    """The rows of a matrix as whole numbers; a matrix that changes afterwards is not followed."""

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix
        values = wholes(matrix.value)
        self.value, self.power = values.n, values.power
        self.starts, self.index = matrix.starts, matrix.index

    @cached_property
    def lower(self) -> Wholes:
        """The lower sides of the rows; 0 where there is none."""
        return wholes(self.matrix.row_lower)

    @cached_property
    def upper(self) -> Wholes:
        """The upper sides of the rows; 0 where there is none."""
        return wholes(self.matrix.row_upper)

    def side(self, row: int, above: bool) -> Fraction | None:
        """A side of a row: the lower where it counts from above it; None where there is none."""
        sides = self.matrix.row_lower if above else self.matrix.row_upper
        return Fraction(sides[row]) if math.isfinite(sides[row]) else None


def implied_upper(matrix: Matrix, column: int, smallest: bool = False) -> Fraction | None:
    """A bound of a column that its own row and the bounds of the other columns imply, if any.

    The largest that the column can be; with `smallest`, the smallest.

    >>> from doseline.plan.matrix import Limit
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
