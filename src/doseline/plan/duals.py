"""What the rows and the cuts of a phase are worth, and the lower bound that follows from it.

For any multipliers y of the rows, above 0 where a row counts by its lower side and below 0 where by
its upper, weak duality gives a bound of every solution, fractional ones included (Neumaier and
Shcherbina, Safe bounds in linear and mixed-integer linear programming, Mathematical Programming 99,
2004, 283-296): with the reduced costs r = c - A'y,

    cost >= constant + sum y_i side_i + sum (r_j lower_j if r_j > 0 else r_j upper_j).

It holds whatever the multipliers are; the better they are, the higher the bound. So nobody has to
believe the solver that they come from.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from doseline.errors import SolverError
from doseline.plan.exact import ExactRows, implied_upper, wholes
from doseline.plan.matrix import Floats, Matrix
from doseline.plan.rounding import Cut, Derived, derived, derived_all

_DIGITS = 9
"""Multipliers are kept with so many significant digits; the bound holds for any."""
_NEGLIGIBLE = 1e-6
"""A row that adds less than this to every reduced cost is left out. [units of the objective]"""
PLACES = 6
"""Decimals with which a bound is told, rounded down."""


@dataclass(frozen=True)
class Duals:
    """What a solver says that rows and cuts are worth, in units of the objective of the phase.

    `rows` has one for each row of the problem's matrix as it stands in that phase; `cut_duals` one,
    at least 0, for each cut, by the row of the rule in `plan/rounding.py`.
    """

    rows: Floats
    cuts: tuple[Cut, ...] = ()
    cut_duals: Floats | None = None


@dataclass(frozen=True, slots=True)
class Multipliers:
    """The rows and cuts that a bound adds up, each with its multiplier; all others have none.

    The multiplier of a cut is one of its whole-number row, `rounding.Derived`.
    """

    rows: tuple[tuple[int, float], ...] = ()
    cuts: tuple[tuple[Cut, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Proven:
    """A lower bound of a matrix, what it follows from, and which matrix it is about."""

    matrix: str
    multipliers: Multipliers
    bound: Fraction

    @property
    def text(self) -> str:
        """The bound as a decimal number, rounded down."""
        return decimal(self.bound)


def proven(matrix: Matrix, duals: Duals) -> Proven:
    """The bound that some duals prove, exactly. Raises SolverError where they prove none."""
    kept = rounded(matrix, duals)
    return Proven(digest(matrix), kept, safe_bound(matrix, kept))


def rounded(matrix: Matrix, duals: Duals) -> Multipliers:
    """Duals as short numbers; those that no side of a row or cut bears out are left out."""
    rows = np.where(np.isfinite(duals.rows), duals.rows, 0.0)
    lower, upper = np.asarray(matrix.row_lower), np.asarray(matrix.row_upper)
    rows = np.where((rows > 0.0) & ~np.isfinite(lower), 0.0, rows)
    rows = np.where((rows < 0.0) & ~np.isfinite(upper), 0.0, rows)
    sizes, values = np.diff(np.asarray(matrix.starts)), np.abs(np.asarray(matrix.value))
    largest = np.zeros(matrix.rows)
    np.maximum.at(largest, np.repeat(np.arange(matrix.rows), sizes), values)
    worth = np.flatnonzero(np.abs(rows) * largest > _NEGLIGIBLE)
    cuts: list[tuple[Cut, float]] = []
    if duals.cuts and duals.cut_duals is not None:
        exact = ExactRows(matrix)
        for cut, dual in zip(duals.cuts, duals.cut_duals.tolist(), strict=True):
            if dual > 0.0 and (found := _given(exact, cut)) is not None:
                cuts.append((cut, _short(dual / found.scale)))
    return Multipliers(tuple((i, _short(rows[i])) for i in worth.tolist()), tuple(cuts))


def _given(rows: ExactRows, cut: Cut) -> Derived | None:
    """The cut of a derivation, None where in exact numbers it gives none."""
    try:
        return derived(rows, cut)
    except SolverError:
        return None


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def safe_bound(matrix: Matrix, multipliers: Multipliers) -> Fraction:
    """The lower bound that follows from multipliers, in exact arithmetic.

    Raises SolverError where a multiplier asks for a side that its row has not, where a cut cannot
    be derived, or where a column without end leaves no bound.

    >>> from doseline.plan.matrix import Limit
    >>> sack = Matrix()
    >>> batches = sack.column(9.0, cost=500.0, whole=True)
    >>> row = sack.row(Limit("vials", ""), [(batches, 12.0)], lower=30.0)
    >>> str(safe_bound(sack, Multipliers(rows=((row, 41.5),))))
    '1245'
    >>> cut = Cut(((row, 1.0),), 12.0)
    >>> str(safe_bound(sack, Multipliers(cuts=((cut, 83.0),))))
    '1494'
    """
    rows = ExactRows(matrix)
    _sided(matrix, multipliers)
    found = derived_all(rows, [cut for cut, _ in multipliers.cuts])
    reduced, power = _reduced(rows, multipliers, found)
    return (
        Fraction(matrix.constant) + _sides(rows, multipliers, found) + _ends(matrix, reduced, power)
    )


def _sided(matrix: Matrix, multipliers: Multipliers) -> None:
    for row, value in multipliers.rows:
        if not 0 <= row < matrix.rows:
            raise SolverError(f"there is no row {row} of {matrix.rows}")
        side = matrix.row_lower[row] if value > 0.0 else matrix.row_upper[row]
        if not (math.isfinite(side) and math.isfinite(value)):
            raise SolverError(f"row {row} has no side for a multiplier of {value}")
    for _, value in multipliers.cuts:
        if not (value >= 0.0 and math.isfinite(value)):
            raise SolverError(f"the multiplier of a cut is at least 0, got {value}")


def _reduced(
    rows: ExactRows, multipliers: Multipliers, found: Sequence[Derived]
) -> tuple[list[int], int]:
    """The reduced costs r = c - A'y, as whole numbers over one power of two."""
    costs = wholes(rows.matrix.cost)
    factors = wholes([value for _, value in multipliers.rows])
    of_cuts = wholes([value for _, value in multipliers.cuts])
    most = max((cut.power for cut in found), default=0)
    power = max(costs.power, rows.power + factors.power, most + of_cuts.power)
    reduced = [n << (power - costs.power) for n in costs.n]
    shift = power - rows.power - factors.power
    starts, index, values = rows.starts, rows.index, rows.value
    for (row, _), factor in zip(multipliers.rows, factors.n, strict=True):
        times = factor << shift
        for k in range(starts[row], starts[row + 1]):
            reduced[index[k]] -= times * values[k]
    for cut, factor in zip(found, of_cuts.n, strict=True):
        times = factor << (power - cut.power - of_cuts.power)
        for column, value in cut.terms.items():
            reduced[column] -= times * value
    return reduced, power


def _sides(rows: ExactRows, multipliers: Multipliers, found: Sequence[Derived]) -> Fraction:
    """The sum of multipliers times the sides that they count by."""
    factors = wholes([value for _, value in multipliers.rows])
    lower, upper = rows.matrix.row_lower, rows.matrix.row_upper
    sides = wholes([(lower if v > 0.0 else upper)[row] for row, v in multipliers.rows])
    total = sum(f * s for f, s in zip(factors.n, sides.n, strict=True))
    of_cuts = wholes([value for _, value in multipliers.cuts])
    most = max((cut.power for cut in found), default=0)
    rest = sum(
        f * (cut.lower << (most - cut.power)) for f, cut in zip(of_cuts.n, found, strict=True)
    )
    return Fraction(total, 1 << (factors.power + sides.power)) + Fraction(
        rest, 1 << (of_cuts.power + most)
    )


def _ends(matrix: Matrix, reduced: list[int], power: int) -> Fraction:
    """The least that the columns can add, each at the end of its range that is cheaper."""
    lower, upper = wholes(matrix.lower), wholes(matrix.upper)
    at_lower, at_upper, beside = 0, 0, Fraction(0)
    for column, value in enumerate(reduced):
        if value == 0:
            continue
        end = matrix.lower[column] if value > 0 else matrix.upper[column]
        if not math.isfinite(end):
            limit = implied_upper(matrix, column, smallest=value > 0)
            if limit is None:
                raise SolverError(f"column {column} has no end, so there is no bound")
            beside += Fraction(value, 1 << power) * limit
        elif value > 0:
            at_lower += value * lower.n[column]
        else:
            at_upper += value * upper.n[column]
    ends = Fraction(at_lower, 1 << (power + lower.power))
    return ends + Fraction(at_upper, 1 << (power + upper.power)) + beside


def digest(matrix: Matrix) -> str:
    """A fingerprint (SHA-256) of every number of a matrix: costs, bounds, rows and their sides."""
    told = hashlib.sha256(f"{matrix.columns} columns, {matrix.rows} rows".encode())
    for values in (
        [matrix.constant],
        matrix.cost,
        matrix.lower,
        matrix.upper,
        matrix.row_lower,
        matrix.row_upper,
        matrix.value,
    ):
        told.update((np.asarray(values, dtype="<f8") + 0.0).tobytes())
    for places in (matrix.whole, matrix.starts, matrix.index):
        told.update(np.asarray(places, dtype="<i8").tobytes())
    return told.hexdigest()


def decimal(value: Fraction) -> str:
    """A number as a decimal with six places, rounded down.

    >>> decimal(Fraction(-1, 3)), decimal(Fraction(2, 3))
    ('-0.333334', '0.666666')
    """
    scaled = math.floor(value * 10**PLACES)
    whole, part = divmod(abs(scaled), 10**PLACES)
    return f"{'-' if scaled < 0 else ''}{whole}.{part:0{PLACES}d}"
