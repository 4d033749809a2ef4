"""The door to the solver: arrays in, values and a bound out, and no false word of infeasibility."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pytest

from doseline.plan.model.matrix import Limit, Matrix
from doseline.plan.solving.solve import Ended, Limits, solve

ROW = Limit("row", "")


def knapsack() -> Matrix:
    """Take the best of 6, 10 and 12 in a sack of 5 for 1, 2 and 3."""
    matrix = Matrix()
    columns = [matrix.binary(cost=-value) for value in (6.0, 10.0, 12.0)]
    matrix.row(ROW, zip(columns, (1.0, 2.0, 3.0), strict=True), upper=5.0)
    return matrix


def read(file: Path) -> Matrix:
    make: Any = highspy.Highs
    highs = make()
    highs.setOptionValue("output_flag", False)
    highs.readModel(str(file))
    lp = highs.getLp()
    matrix = Matrix()
    for cost, low, high, kind in zip(
        lp.col_cost_, lp.col_lower_, lp.col_upper_, lp.integrality_, strict=True
    ):
        whole = kind == highspy.HighsVarType.kInteger
        matrix.column(high, lower=low, cost=cost, whole=whole)
    entries: list[list[tuple[int, float]]] = [[] for _ in lp.row_lower_]
    starts = lp.a_matrix_.start_
    for column in range(lp.num_col_):
        for k in range(starts[column], starts[column + 1]):
            entries[lp.a_matrix_.index_[k]].append((column, lp.a_matrix_.value_[k]))
    for terms, low, high in zip(entries, lp.row_lower_, lp.row_upper_, strict=True):
        matrix.row(ROW, terms, lower=low, upper=high)
    return matrix


def test_the_best_of_a_knapsack_is_found_and_proven() -> None:
    found = solve(knapsack(), Limits())
    assert found.ended is Ended.OPTIMAL
    assert found.values.round().tolist() == [0.0, 1.0, 1.0]
    assert (found.objective, found.bound) == (-22.0, -22.0)


def test_sums_are_those_of_the_rows() -> None:
    matrix = knapsack()
    matrix.row(ROW, [(0, 1.0), (0, 1.0), (2, -1.0)], lower=-1.0)
    assert matrix.sums(np.array([1.0, 1.0, 1.0])).tolist() == [6.0, 1.0]
    assert matrix.terms(1) == [(0, 2.0), (2, -1.0)]


def test_rows_that_contradict_are_infeasible() -> None:
    matrix = knapsack()
    matrix.row(ROW, [(0, 1.0), (1, 1.0), (2, 1.0)], lower=3.0)
    found = solve(matrix, Limits())
    assert found.ended is Ended.INFEASIBLE
    assert found.values.size == 0


def test_no_rows_and_no_columns_cost_the_constant() -> None:
    found = solve(Matrix(constant=7.0), Limits())
    assert (found.ended, found.objective, found.bound) == (Ended.OPTIMAL, 7.0, 7.0)


def test_a_cost_without_end_is_said_to_be_so() -> None:
    matrix = Matrix()
    matrix.column(math.inf, cost=-1.0)
    assert solve(matrix, Limits()).ended in (Ended.UNBOUNDED, Ended.INFEASIBLE)


@pytest.mark.parametrize("start", [None, "trivial"])
def test_a_model_that_presolve_calls_infeasible_is_solved_all_the_same(start: str | None) -> None:
    """All orders unmet is a solution of it: columns 20 to 24 at 1."""
    matrix = read(Path(__file__).parent / "feasible_but_presolved_away.mps")
    values = np.array(matrix.lower)
    values[20:25] = 1.0
    sums = matrix.sums(values)
    assert (sums <= np.array(matrix.row_upper)).all()
    assert (sums >= np.array(matrix.row_lower)).all()
    found = solve(matrix, Limits(), values if start else None)
    assert found.ended is Ended.OPTIMAL
    assert found.objective == pytest.approx(found.bound)
    assert found.objective <= np.dot(values, matrix.cost)
