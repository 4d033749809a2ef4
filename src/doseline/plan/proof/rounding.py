"""Cuts by rounding: what a sum of rows says of whole columns, worked out exactly.

A cut is told by its derivation alone: rows with multipliers, and a divisor. From them anyone can
work out the cut again; nobody has to believe its coefficients. The rule is mixed-integer rounding
(Nemhauser and Wolsey, Integer and Combinatorial Optimization, 1988, section II.1.7): from
sum a_j x_j + sum c_k y_k >= b, with x whole and x, y at least 0, follows

    sum (floor(a_j) + min(1, frac(a_j) / frac(b))) x_j + sum max(c_k, 0) / frac(b) y_k >= ceil(b).

Multiplied by what is left over, r = (b mod divisor), every number in it is a whole number over a
power of two again. `cut_rows` gives the same rows in floating point, many at a time, for a solver.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from doseline.errors import SolverError
from doseline.plan.model.matrix import Term
from doseline.plan.proof.exact import ExactRows, wholes

KINDS = ("rounding",)
"""The kinds of derivation that are known."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A derivation: rows of the matrix by position, each with its multiplier, and the divisor.

    A row counts by its lower side where the multiplier is above 0, by its upper where it is below.
    Columns that are `flipped` are counted down from their upper bound, which is a whole number.
    """

    multipliers: tuple[tuple[int, float], ...]
    divisor: float
    flipped: tuple[int, ...] = ()
    kind: str = "rounding"


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from a derivation: sum terms x >= lower. All whole numbers over 2**power.

    `unit` is what the row has been multiplied by, also over 2**power: the row of the rule above is
    `terms / unit`, `lower / unit`.
    """

    terms: dict[int, int]
    lower: int
    power: int
    unit: int

    def row(self) -> tuple[list[Term], float]:
        """The row of the rule in floating point, for a solver."""
        return [(c, v / self.unit) for c, v in sorted(self.terms.items())], self.lower / self.unit

    @property
    def scale(self) -> float:
        """What a dual of the row of the rule is divided by to be one of the whole-number row."""
        return self.unit / (1 << self.power)


def combined(rows: ExactRows, cut: Cut) -> Derived:
    """The sum of the rows of a cut: what holds even for columns not whole; `unit` is the divisor.

    Raises SolverError where a row has no such side, or the divisor is not above 0.
    """
    if not (cut.divisor > 0.0 and math.isfinite(cut.divisor)):
        raise SolverError(f"a divisor is above 0, got {cut.divisor}")
    matrix = rows.matrix
    for row, factor in cut.multipliers:
        if not 0 <= row < matrix.rows:
            raise SolverError(f"there is no row {row} of {matrix.rows}")
        side = matrix.row_lower[row] if factor > 0.0 else matrix.row_upper[row]
        if not (math.isfinite(side) and math.isfinite(factor)):
            raise SolverError(f"row {row} has no side for a multiplier of {factor}")
    factors = wholes([factor for _, factor in cut.multipliers])
    sides = wholes(
        [(matrix.row_lower if f > 0.0 else matrix.row_upper)[r] for r, f in cut.multipliers]
    )
    divisor = wholes([cut.divisor])
    power = factors.power + max(rows.values.power, sides.power)
    power = max(power, divisor.power)
    terms: dict[int, int] = {}
    lower = 0
    to_value = power - factors.power - rows.values.power
    to_side = power - factors.power - sides.power
    starts, index, values = matrix.starts, matrix.index, rows.values.n
    for (row, _), factor, side_n in zip(cut.multipliers, factors.n, sides.n, strict=True):
        lower += (factor * side_n) << to_side
        factor <<= to_value
        for k in range(starts[row], starts[row + 1]):
            column = index[k]
            terms[column] = terms.get(column, 0) + factor * values[k]
    return Derived(terms, lower, power, divisor.n[0] << (power - divisor.power))


def derived(rows: ExactRows, cut: Cut) -> Derived:
    """The cut that a derivation gives, multiplied by what is left over.

    Raises SolverError where it gives none: a column may be below 0, nothing is to be rounded, or
    the kind of derivation is not known.

    >>> from doseline.plan.model.matrix import Limit, Matrix
    >>> sack = Matrix()
    >>> batches, late = sack.column(9.0, whole=True), sack.column(9.0, whole=True)
    >>> row = sack.row(Limit("vials", ""), [(batches, 12.0), (late, 1.0)], lower=30.0)
    >>> found = derived(ExactRows(sack), Cut(((row, 1.0),), 12.0))
    >>> found.terms, found.lower, found.unit
    ({0: 6, 1: 1}, 18, 6)
    """
    if cut.kind not in KINDS:
        raise SolverError(f"found a cut of kind {cut.kind!r}, expected one of {', '.join(KINDS)}")
    matrix, base = rows.matrix, combined(rows, cut)
    divisor, lower = base.unit, base.lower
    flipped = {column: _whole_upper(rows, column) for column in cut.flipped}
    for column, upper in flipped.items():
        lower -= base.terms.get(column, 0) * upper
    left = lower % divisor
    if left == 0:
        raise SolverError("there is nothing to round")
    least = left * (lower // divisor + 1)
    terms: dict[int, int] = {}
    for column, value in base.terms.items():
        turned = -value if column in flipped else value
        if column not in flipped and matrix.lower[column] < 0.0:
            raise SolverError(f"column {column} may be below 0")
        if matrix.whole[column]:
            times, rest = divmod(turned, divisor)
            rounded = left * times + min(left, rest)
        else:
            rounded = max(turned, 0)
        if column in flipped:
            least -= rounded * flipped[column]
            rounded = -rounded
        if rounded:
            terms[column] = rounded
    return Derived(terms, least, base.power, left)


def _whole_upper(rows: ExactRows, column: int) -> int:
    if not 0 <= column < rows.matrix.columns:
        raise SolverError(f"there is no column {column} of {rows.matrix.columns}")
    upper = rows.matrix.upper[column]
    if not (math.isfinite(upper) and upper == math.floor(upper)):
        raise SolverError(f"column {column} is flipped at {upper}, expected a whole number")
    return int(upper)
