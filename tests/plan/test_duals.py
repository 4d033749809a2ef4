"""A bound from any multipliers is below every solution; what is exact is exact."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from doseline.errors import SolverError
from doseline.plan.model.matrix import Limit, Matrix
from doseline.plan.proof.duals import Duals, Multipliers, digest, proven, rounded, safe_bound
from doseline.plan.proof.exact import ExactRows, implied_upper, wholes
from doseline.plan.proof.rounding import Cut, derived
from doseline.plan.solving.lp_duals import lp_duals
from doseline.plan.solving.solve import Ended, Limits, solve
from tests.plan.tiny_matrices import WHOLE, cost, matrices, multipliers, points, small_matrices


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_doubles_are_whole_numbers_over_a_power_of_two(values: list[float]) -> None:
    found = wholes(values)
    assert [Fraction(n, 1 << found.power) for n in found.n] == [Fraction(v) for v in values]


@settings(max_examples=300)
@given(matrices(), st.data())
def test_no_solution_costs_less_than_the_bound_of_any_multipliers(
    matrix: Matrix, data: st.DataObject
) -> None:
    rows = data.draw(multipliers(matrix))
    derivation = Cut(data.draw(multipliers(matrix)), data.draw(st.floats(0.1, 9.0)))
    cuts = ((derivation, data.draw(st.floats(0.0, 5.0))),)
    try:
        bound = safe_bound(matrix, Multipliers(rows, cuts))
    except SolverError:
        bound = safe_bound(matrix, Multipliers(rows))
    for point in points(matrix):
        assert cost(matrix, point) >= bound


def by_fractions(matrix: Matrix, told: Multipliers) -> Fraction:
    """The bound as its definition says it, slowly."""
    reduced = [Fraction(c) for c in matrix.cost]
    total = Fraction(matrix.constant)
    for row, value in told.rows:
        side = matrix.row_lower[row] if value > 0.0 else matrix.row_upper[row]
        total += Fraction(value) * Fraction(side)
        for column, entry in matrix.terms(row):
            reduced[column] -= Fraction(value) * Fraction(entry)
    for cut, value in told.cuts:
        found = derived(ExactRows(matrix), cut)
        total += Fraction(value) * Fraction(found.lower, 1 << found.power)
        for column, entry in found.terms.items():
            reduced[column] -= Fraction(value) * Fraction(entry, 1 << found.power)
    for column, rest in enumerate(reduced):
        total += rest * Fraction(matrix.lower[column] if rest > 0 else matrix.upper[column])
    return total


@settings(max_examples=150)
@given(st.data())
def test_the_fast_bound_is_the_slow_one(data: st.DataObject) -> None:
    """Small numbers and large ones, multipliers of few binary places and of many."""
    matrix = data.draw(st.one_of(matrices(), small_matrices()))
    fine = st.integers(0, 1 << 60).map(lambda n: n / (1 << 20))
    factor = st.one_of(st.floats(0.0, 5.0), fine, st.just(3.0))
    cuts = []
    for _ in range(data.draw(st.integers(1, 4))):
        rows = data.draw(st.one_of(multipliers(matrix, WHOLE), multipliers(matrix)))
        cut = Cut(rows, data.draw(st.sampled_from((0.5, 1.0, 3.0, 0.3))))
        try:
            derived(ExactRows(matrix), cut)
        except SolverError:
            continue
        cuts.append((cut, data.draw(factor)))
    told = Multipliers(data.draw(multipliers(matrix)), tuple(cuts))
    assert safe_bound(matrix, told) == by_fractions(matrix, told)


@settings(max_examples=150)
@given(matrices(), st.data())
def test_a_bound_does_not_need_the_solver_to_be_right(matrix: Matrix, data: st.DataObject) -> None:
    """Duals of any sign and size, as a solver that fails could give them."""
    wild = st.floats(allow_nan=True, allow_infinity=True, width=32)
    duals = data.draw(st.lists(wild, min_size=matrix.rows, max_size=matrix.rows))
    bound = proven(matrix, Duals(np.array(duals))).bound
    for point in points(matrix):
        assert cost(matrix, point) >= bound


@settings(max_examples=100)
@given(matrices())
def test_the_duals_of_the_relaxation_prove_its_optimum(matrix: Matrix) -> None:
    relaxed = solve(replace(matrix, whole=[False] * matrix.columns), Limits())
    assume(relaxed.ended is Ended.OPTIMAL)
    duals = lp_duals(matrix, 60.0)
    assert duals is not None
    assert float(proven(matrix, duals).bound) == pytest.approx(relaxed.objective, abs=1e-5)


def test_a_cut_closes_what_rows_leave_open() -> None:
    """A batch costs 500 and fills 12 vials; 30 are asked for: 1,250 by rows, 1,500 in truth."""
    sack = Matrix()
    batches = sack.column(9.0, cost=500.0, whole=True)
    row = sack.row(Limit("vials", ""), [(batches, 12.0)], lower=30.0)
    by_rows = proven(sack, Duals(np.array([500.0 / 12.0])))
    by_cut = proven(sack, Duals(np.zeros(1), (Cut(((row, 1.0),), 12.0),), np.array([500.0])))
    assert float(by_rows.bound) == pytest.approx(1250.0)
    assert float(by_cut.bound) == pytest.approx(1500.0, rel=1e-8)


def test_a_column_without_end_is_bounded_by_its_row() -> None:
    sack = Matrix()
    free, vials = sack.column(cost=-2.0), sack.column(4.0, cost=1.0)
    sack.row(Limit("vials", ""), [(free, 2.0), (vials, 1.0)], upper=10.0)
    assert safe_bound(sack, Multipliers()) == -10
    assert implied_upper(sack, free) == 5
    sack.cost[free] = -2.0
    sack.row_upper[0] = math.inf
    with pytest.raises(SolverError, match="column 0 has no end"):
        safe_bound(sack, Multipliers())


def test_a_dual_without_a_side_is_left_out_and_a_multiplier_without_one_is_refused() -> None:
    sack = Matrix()
    batches = sack.column(9.0, cost=500.0)
    sack.row(Limit("vials", ""), [(batches, 12.0)], lower=30.0)
    assert rounded(sack, Duals(np.array([-1.0]))).rows == ()
    with pytest.raises(SolverError, match="row 0 has no side"):
        safe_bound(sack, Multipliers(((0, -1.0),)))
    with pytest.raises(SolverError, match="there is no row 7"):
        safe_bound(sack, Multipliers(((7, 1.0),)))
    with pytest.raises(SolverError, match="at least 0"):
        safe_bound(sack, Multipliers((), ((Cut(((0, 1.0),), 12.0), -1.0),)))


@pytest.mark.parametrize(
    "name",
    ["cost", "lower", "upper", "row_lower", "row_upper", "value", "whole", "index", "constant"],
)
def test_a_fingerprint_tells_every_number_of_a_matrix(name: str) -> None:
    def sack() -> Matrix:
        found = Matrix(constant=1.0)
        columns = [found.column(9.0, cost=500.0, whole=True), found.column(9.0)]
        found.row(Limit("vials", ""), [(columns[0], 12.0)], lower=30.0, upper=60.0)
        return found

    changed = sack()
    if name == "constant":
        changed.constant = 2.0
    else:
        numbers = getattr(changed, name)
        numbers[0] = type(numbers[0])(not numbers[0]) if name in ("whole", "index") else 7.0
    assert digest(sack()) == digest(sack())
    assert digest(changed) != digest(sack())
