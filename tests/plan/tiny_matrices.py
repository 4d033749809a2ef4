"""Matrices so small that every solution can be listed: whole columns, one real one, a few rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from hypothesis import strategies as st

from doseline.plan.model.matrix import Limit, Matrix

REALS = (Fraction(0), Fraction(1, 3), Fraction(1), Fraction(9, 4), Fraction(4))
VALUES = st.sampled_from((-3.0, -1.0, -0.5, -0.1, 0.0, 0.3, 1.0, 2.0, 2.5, 7.0))
FACTORS = st.one_of(VALUES, st.floats(-4.0, 4.0, allow_subnormal=False))
WHOLE = st.sampled_from((-3.0, -2.0, -1.0, -0.5, 0.25, 1.0, 2.0, 7.0, 12.0))
Point = tuple[Fraction, ...]


@st.composite
def matrices(draw: st.DrawFn) -> Matrix:
    """Three whole columns up to 3, a real one up to 4, and one to four rows."""
    found = Matrix(constant=draw(VALUES))
    for _ in range(3):
        found.column(float(draw(st.integers(0, 3))), cost=draw(VALUES), whole=True)
    found.column(4.0, cost=draw(VALUES))
    for n in range(draw(st.integers(1, 4))):
        terms = [(column, draw(VALUES)) for column in range(4)]
        at = draw(st.floats(-5.0, 9.0, allow_subnormal=False))
        lower, upper = draw(st.sampled_from(((at, at + 4.0), (at, math.inf), (-math.inf, at))))
        found.row(Limit("row", str(n)), terms, lower=lower, upper=upper)
    return found


@st.composite
def small_matrices(draw: st.DrawFn) -> Matrix:
    """Six columns and four rows of small numbers, nearly all of them whole."""
    found = Matrix()
    for n in range(6):
        found.column(float(draw(st.integers(0, 5))), cost=draw(WHOLE), whole=n < 4)
    for n in range(4):
        terms = [(c, draw(WHOLE)) for c in draw(st.lists(st.integers(0, 5), max_size=6))]
        lower, upper = sorted((draw(WHOLE), draw(WHOLE)))
        found.row(Limit("row", str(n)), terms, lower=lower, upper=upper)
    return found


@st.composite
def multipliers(
    draw: st.DrawFn, matrix: Matrix, factors: st.SearchStrategy[float] = FACTORS
) -> tuple[tuple[int, float], ...]:
    """A multiplier for each row, of a sign for which the row has a side; none where it is 0."""
    found = []
    for row in range(matrix.rows):
        value = draw(factors)
        side = matrix.row_lower[row] if value > 0.0 else matrix.row_upper[row]
        if value and abs(side) != math.inf:
            found.append((row, value))
    return tuple(found)


def points(matrix: Matrix) -> Iterator[Point]:
    """Every solution whose real column is one of a few numbers."""
    ranges = [[Fraction(n) for n in range(int(u) + 1)] for u in matrix.upper[:3]]
    for point in product(*ranges, REALS):
        if all(_holds(matrix, row, point) for row in range(matrix.rows)):
            yield point


def _holds(matrix: Matrix, row: int, point: Point) -> bool:
    total = sum((Fraction(v) * point[c] for c, v in matrix.terms(row)), Fraction(0))
    lower, upper = matrix.row_lower[row], matrix.row_upper[row]
    above = lower == -math.inf or total >= Fraction(lower)
    return above and (upper == math.inf or total <= Fraction(upper))


def cost(matrix: Matrix, point: Point) -> Fraction:
    """The cost of a solution, exactly."""
    terms = zip(matrix.cost, point, strict=True)
    return sum((Fraction(c) * x for c, x in terms), Fraction(matrix.constant))
