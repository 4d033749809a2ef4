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
from doseline.plan.model.matrix import Floats, Matrix
from doseline.plan.proof.exact import ExactRows, Wholes, implied_upper, wholes
from doseline.plan.proof.rounding import Cut, Derived
from doseline.plan.proof.whole_cuts import Sums, WholeCut, whole_cut

_DIGITS = 9
"""Multipliers are kept with so many significant digits; the bound holds for any."""
_NEGLIGIBLE = 1e-6
"""A row that adds less than this to every reduced cost is left out. [units of the objective]"""
_PLACES = 20
"""Multipliers of cuts of small whole numbers have at most so many binary places."""
_FINE = 1e-3
"""What rounding a multiplier to them may change of a reduced cost. [units of the objective]"""
PLACES = 6
"""Decimals with which a bound is told, rounded down."""


@dataclass(frozen=True)
class Duals:
    """What a solver says that rows and cuts are worth, in units of the objective of the phase.

    `rows` has one for each row of the problem's matrix as it stands in that phase; `cut_duals` one,
    at least 0, for each cut, by the row of the rule in `plan/proof/rounding.py`.
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
    of_cuts = _rounded_cuts(matrix, duals)
    return Multipliers(tuple((i, _short(rows[i])) for i in worth.tolist()), of_cuts)


def _rounded_cuts(matrix: Matrix, duals: Duals) -> tuple[tuple[Cut, float], ...]:
    """The multipliers of the cuts; one that in exact numbers gives none is left out."""
    if not duals.cuts or duals.cut_duals is None:
        return ()
    exact, cuts = ExactRows(matrix), []
    for cut, dual in zip(duals.cuts, duals.cut_duals.tolist(), strict=True):
        if dual > 0.0:
            try:
                found = whole_cut(exact, cut)
            except SolverError:
                continue
            value = _of_cut(found, dual / found.scale)
            if value > 0.0:
                cuts.append((cut, value))
    return tuple(cuts)


def _of_cut(cut: WholeCut | Derived, value: float) -> float:
    """A multiplier of few binary places where that is fine enough, so that it adds up fast."""
    if isinstance(cut, WholeCut):
        largest = float(np.max(np.abs(cut.values), initial=0)) / (1 << cut.power)
        if largest / (2 << _PLACES) < _FINE:
            return math.floor(math.ldexp(value, _PLACES) + 0.5) / (1 << _PLACES)
    return _short(value)


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def safe_bound(matrix: Matrix, multipliers: Multipliers) -> Fraction:
    """The lower bound that follows from multipliers, in exact arithmetic.

    Raises SolverError where a multiplier asks for a side that its row has not, where a cut cannot
    be derived, or where a column without end leaves no bound.

    >>> from doseline.plan.model.matrix import Limit
    >>> sack = Matrix()
    >>> batches = sack.column(9.0, cost=500.0, whole=True)
    >>> row = sack.row(Limit("vials", ""), [(batches, 12.0)], lower=30.0)
    >>> str(safe_bound(sack, Multipliers(rows=((row, 41.5),))))
    '1245'
    >>> cut = Cut(((row, 1.0),), 12.0)
    >>> str(safe_bound(sack, Multipliers(cuts=((cut, 83.0),))))
    '1494'
    """
    _sided(matrix, multipliers)
    rows = ExactRows(matrix)
    reduced, power, beside = _reduced(rows, multipliers)
    sides = _sides(matrix, multipliers.rows)
    return Fraction(matrix.constant) + sides + beside + _ends(matrix, reduced, power)


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


def _reduced(rows: ExactRows, multipliers: Multipliers) -> tuple[list[int], int, Fraction]:
    """The reduced costs r = c - A'y over a power of two, and what the sides of the cuts add."""
    matrix, costs = rows.matrix, wholes(rows.matrix.cost)
    factors = wholes([value for _, value in multipliers.rows])
    fast, slow, beside = _added_up(rows, multipliers)
    power = max(
        costs.power,
        rows.values.power + factors.power,
        max((p for p, _, _ in fast), default=0),
        max((cut.power + times.power for cut, times in slow), default=0),
    )
    reduced = [n << (power - costs.power) for n in costs.n]
    shift = power - rows.values.power - factors.power
    starts, index, values = matrix.starts, matrix.index, rows.values.n
    for (row, _), factor in zip(multipliers.rows, factors.n, strict=True):
        times = factor << shift
        for k in range(starts[row], starts[row + 1]):
            reduced[index[k]] -= times * values[k]
    for p, columns, sums in fast:
        for column, value in zip(columns, sums, strict=True):
            reduced[column] -= value << (power - p)
    for cut, n in slow:
        times = n.n[0] << (power - cut.power - n.power)
        for column, value in cut.terms.items():
            reduced[column] -= times * value
    return reduced, power, beside


Columns = list[tuple[int, list[int], list[int]]]
"""Sums by column, over a power of two: the power, the columns, the sums."""


def _added_up(
    rows: ExactRows, multipliers: Multipliers
) -> tuple[Columns, list[tuple[Derived, Wholes]], Fraction]:
    """The cuts with their multipliers: what adds up fast, the rest, and the sum of their sides."""
    sums, slow, beside = Sums(rows.matrix.columns), [], Fraction(0)
    for cut, value in multipliers.cuts:
        found, times = whole_cut(rows, cut), wholes([value])
        beside += Fraction(value) * Fraction(found.lower, 1 << found.power)
        if isinstance(found, WholeCut):
            small = times.power <= _PLACES
            if small and sums.add(found, times.n[0] << (_PLACES - times.power)):
                continue
            found = found.slow
        slow.append((found, times))
    return [(p + _PLACES, columns, n) for p, columns, n in sums.totals()], slow, beside


def _sides(matrix: Matrix, rows: Sequence[tuple[int, float]]) -> Fraction:
    """The sum of multipliers times the sides that they count by."""
    factors = wholes([value for _, value in rows])
    lower, upper = matrix.row_lower, matrix.row_upper
    sides = wholes([(lower if v > 0.0 else upper)[row] for row, v in rows])
    total = sum(f * s for f, s in zip(factors.n, sides.n, strict=True))
    return Fraction(total, 1 << (factors.power + sides.power))


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
