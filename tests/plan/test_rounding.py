"""A cut cuts off no solution, and the rows for the solver are those that are derived exactly."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from doseline.errors import SolverError
from doseline.plan.model.candidates import gather
from doseline.plan.model.matrix import Limit, Matrix
from doseline.plan.model.model import modelled
from doseline.plan.proof.cut_rows import Rounder
from doseline.plan.proof.exact import ExactRows
from doseline.plan.proof.rounding import Cut, Derived, derived
from doseline.plan.proof.whole_cuts import WholeCut, whole_cut
from doseline.plan.solving.solve import Ended, Limits, solve
from tests.plan.tiny import FROM, UNTIL, World, worlds
from tests.plan.tiny_matrices import WHOLE, matrices, multipliers, points

DIVISORS = st.one_of(st.sampled_from((1.0, 2.0, 3.0, 0.1, 12.0)), st.floats(0.05, 20.0))


@st.composite
def cut_cases(draw: st.DrawFn) -> tuple[Matrix, Cut]:
    matrix = draw(matrices())
    flipped = draw(st.sets(st.integers(0, 3)))
    rows = draw(multipliers(matrix))
    return matrix, Cut(rows, draw(DIVISORS), tuple(sorted(flipped)))


def derived_or_none(matrix: Matrix, cut: Cut) -> Derived | None:
    try:
        return derived(ExactRows(matrix), cut)
    except SolverError:
        return None


@settings(max_examples=400)
@given(cut_cases())
def test_a_cut_cuts_off_no_solution(case: tuple[Matrix, Cut]) -> None:
    matrix, cut = case
    found = derived_or_none(matrix, cut)
    assume(found is not None)
    assert found is not None
    for point in points(matrix):
        assert sum(value * point[column] for column, value in found.terms.items()) >= found.lower


@settings(max_examples=200)
@given(cut_cases())
def test_the_rows_for_the_solver_are_the_derived_ones(case: tuple[Matrix, Cut]) -> None:
    matrix, cut = case
    exact = derived_or_none(matrix, cut)
    assume(exact is not None)
    assert exact is not None
    rows = Rounder(matrix).rows([cut, cut])
    terms, lower = exact.row()
    assert rows.kept.tolist() == [0, 1]
    assert rows.lower == pytest.approx([lower, lower], rel=1e-9, abs=1e-6)
    dense = np.zeros((2, matrix.columns))
    for n in range(2):
        mine = slice(rows.starts[n], rows.starts[n + 1])
        np.add.at(dense[n], rows.index[mine], rows.value[mine])
    expected = np.zeros(matrix.columns)
    for column, value in terms:
        expected[column] = value
    assert dense[0] == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert dense[1] == pytest.approx(expected, rel=1e-9, abs=1e-6)


@settings(max_examples=40)
@given(worlds(), st.data())
def test_no_schedule_of_a_tiny_world_breaks_a_cut(world: World, data: st.DataObject) -> None:
    """Of all solutions of the model, fractional parts included where columns are not whole, the
    one that comes nearest to breaking a cut keeps it.
    """
    sets = gather(world.programme, world.orders, FROM, UNTIL, None)
    matrix = modelled(sets, (), None)[0].matrix
    assume(matrix.rows > 0)
    chosen = data.draw(
        st.lists(st.integers(0, matrix.rows - 1), min_size=1, max_size=6, unique=True)
    )
    rows = []
    for row in chosen:
        value = data.draw(st.floats(0.1, 3.0))
        rows.append((row, value if np.isfinite(matrix.row_lower[row]) else -value))
    cut = Cut(tuple(rows), data.draw(st.floats(0.3, 7.0)))
    found = derived_or_none(matrix, cut)
    assume(found is not None)
    assert found is not None
    terms, lower = found.row()
    cost = [0.0] * matrix.columns
    for column, value in terms:
        cost[column] = value
    nearest = solve(replace(matrix, cost=cost, constant=0.0), Limits(gap=0.0))
    assert nearest.ended is Ended.OPTIMAL
    assert nearest.bound >= lower - 1e-5 * max(1.0, *(abs(c) for c in cost))


@st.composite
def whole_cases(draw: st.DrawFn) -> tuple[Matrix, Cut]:
    """Rows and cuts of small numbers, some of them no whole ones."""
    matrix = Matrix()
    for n in range(6):
        upper = float(draw(st.integers(0, 5)))
        matrix.column(upper, lower=min(upper, float(draw(st.integers(-1, 2)))), whole=n < 4)
    for n in range(4):
        columns = draw(st.lists(st.integers(0, 5), max_size=6))
        sides = sorted((draw(WHOLE), draw(WHOLE)))
        terms = [(c, draw(WHOLE)) for c in columns]
        matrix.row(Limit("row", str(n)), terms, lower=sides[0], upper=sides[1])
    one = st.tuples(st.integers(0, 3), st.one_of(WHOLE, st.just(0.1)))
    rows = draw(st.lists(one, min_size=1, max_size=4, unique_by=lambda r: r[0]))
    flipped = tuple(sorted(draw(st.sets(st.integers(0, 5)))))
    return matrix, Cut(tuple(rows), draw(st.sampled_from((0.5, 1.0, 3.0, 5.0, 0.1))), flipped)


@settings(max_examples=400)
@given(whole_cases())
def test_the_fast_way_gives_the_same_cuts(case: tuple[Matrix, Cut]) -> None:
    matrix, cut = case
    exact = derived_or_none(matrix, cut)
    if exact is None:
        with pytest.raises(SolverError):
            whole_cut(ExactRows(matrix), cut)
        return
    fast = whole_cut(ExactRows(matrix), cut)
    slow = fast.slow if isinstance(fast, WholeCut) else fast
    assert {c: Fraction(v, slow.unit) for c, v in slow.terms.items()} == {
        c: Fraction(v, exact.unit) for c, v in exact.terms.items()
    }
    assert Fraction(slow.lower, slow.unit) == Fraction(exact.lower, exact.unit)
    assert Fraction(slow.unit, 1 << slow.power) == Fraction(exact.unit, 1 << exact.power)


def test_the_fast_way_is_taken_for_small_numbers_and_left_for_large_ones() -> None:
    sack = Matrix()
    batches = sack.column(9.0, whole=True)
    small = sack.row(Limit("vials", ""), [(batches, 12.0)], lower=30.0)
    large = sack.row(Limit("bulk", ""), [(batches, 0.1)], lower=0.3)
    rows = ExactRows(sack)
    assert isinstance(whole_cut(rows, Cut(((small, 1.0),), 12.0)), WholeCut)
    assert isinstance(whole_cut(rows, Cut(((large, 1e6),), 0.7)), Derived)


def test_many_vials_need_one_batch_more() -> None:
    """Thirty vials in batches of twelve: two and a half, so three."""
    sack = Matrix()
    batches = sack.column(9.0, whole=True)
    row = sack.row(Limit("vials", ""), [(batches, 12.0)], lower=30.0)
    found = derived(ExactRows(sack), Cut(((row, 1.0),), 12.0))
    assert found.row() == ([(batches, 1.0)], 3.0)


@pytest.mark.parametrize(
    ("cut", "told"),
    [
        (Cut(((0, 1.0),), 0.0), "a divisor is above 0"),
        (Cut(((0, 1.0),), 12.0, kind="believed"), "found a cut of kind 'believed'"),
        (Cut(((0, -1.0),), 12.0), "row 0 has no side for a multiplier of -1.0"),
        (Cut(((1, 1.0),), 12.0), "there is no row 1 of 1"),
        (Cut(((0, 1.0),), 15.0), "there is nothing to round"),
        (Cut(((0, 1.0),), 12.0, (1,)), "column 1 is flipped at inf"),
    ],
)
def test_what_derives_nothing_is_refused(cut: Cut, told: str) -> None:
    sack = Matrix()
    batches, late = sack.column(9.0, whole=True), sack.column()
    sack.row(Limit("vials", ""), [(batches, 12.0), (late, 1.0)], lower=30.0)
    with pytest.raises(SolverError, match=told):
        derived(ExactRows(sack), cut)


def test_a_column_below_0_is_not_rounded() -> None:
    sack = Matrix()
    owed = sack.column(9.0, lower=-1.0, whole=True)
    row = sack.row(Limit("vials", ""), [(owed, 12.0)], lower=30.0)
    with pytest.raises(SolverError, match="column 0 may be below 0"):
        derived(ExactRows(sack), Cut(((row, 1.0),), 12.0))
