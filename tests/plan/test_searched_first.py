"""Plans searched for before they are proven: cuts and bounds that hold, the same answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from itertools import count
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings

from benchmarks.instances.generate import Instance, instance
from doseline.chance import stream
from doseline.plan import Limits, Plan, Status, plan, verify
from doseline.plan.model.candidates import gather
from doseline.plan.model.model import modelled
from doseline.plan.model.tiers import fix_hopeless
from doseline.plan.model.variables import Problem
from doseline.plan.proof.cut_rows import Rounder
from doseline.plan.solving.arrays import Arrays, arrays_of
from doseline.plan.solving.neighbours import priced
from doseline.plan.solving.relaxation import Relaxation, safe_bound
from doseline.plan.solving.rolling import rolled
from doseline.plan.solving.rounded import broken
from doseline.plan.solving.separation import Separation
from doseline.plan.solving.solve import Ended, solve
from doseline.plan.solving.strengthen import Strengthened, strengthened
from doseline.plan.solving.structure import structure_of
from doseline.plan.solving.whole import (
    begun,
    proven_beside_search,
    proven_with_cuts,
    with_cuts,
)
from tests.plan.small import FROM, UNTIL, cases
from tests.plan.test_brute_force import without_caution
from tests.plan.test_by_pieces import Case

_EXACT = Limits(gap=0.0, seconds=30.0)


def as_if_some(patch: pytest.MonkeyPatch) -> None:
    """However few orders, branch and bound begins with cuts and a schedule, hardly searched for."""
    patch.setattr(import_module("doseline.plan.phases"), "WITH_CUTS", 0)
    patch.setattr(import_module("doseline.plan.phases"), "FIRST", 1)
    patch.setattr(import_module("doseline.plan.solving.whole"), "FEW", 2)


def as_if_large(patch: pytest.MonkeyPatch, orders: int = 0) -> None:
    """So many orders are searched for first, in a few rounds: the proof has to do the rest."""
    for module in ("phases", "plan"):
        patch.setattr(import_module(f"doseline.plan.{module}"), "SEARCHED", orders)
    for name, rounds in (("ROUNDS", 4), ("BESIDE", 8)):
        patch.setattr(import_module("doseline.plan.solving.whole"), name, rounds)


def with_cuts_first(case: Case, limits: Limits) -> Plan:
    """The plan of a small case as if it had some orders more."""
    with pytest.MonkeyPatch.context() as patch:
        as_if_some(patch)
        return plan(case[0], case[1], from_on=FROM, until_on=UNTIL, limits=limits)


def searched_first(case: Case, limits: Limits) -> Plan:
    """The plan of a small case as if it had some hundred orders."""
    with pytest.MonkeyPatch.context() as patch:
        as_if_large(patch)
        return plan(case[0], case[1], from_on=FROM, until_on=UNTIL, limits=limits)


def as_good_as_from_the_start(case: Case, way: Callable[[Case, Limits], Plan]) -> None:
    """The plan found in a way against the one that branch and bound proves from the start."""
    programme, orders = without_caution(case[0]), case[1]
    whole = plan(programme, orders, from_on=FROM, until_on=UNTIL)
    found = way((programme, orders), Limits(seconds=20.0))
    assert not found.breaches
    assert (found.met, found.met_bound) == (whole.met, whole.met_bound)
    assert found.bound_cents <= whole.objective_cents + 1
    assert whole.bound_cents <= found.objective_cents + 1


@settings(max_examples=40)
@given(cases(most=8))
def test_it_is_as_good_as_the_plan_proven_from_the_start(case: Case) -> None:
    as_good_as_from_the_start(case, searched_first)


@settings(max_examples=20)
@given(cases(most=8))
def test_begun_with_cuts_it_is_as_good_as_the_plan_proven_from_the_start(case: Case) -> None:
    as_good_as_from_the_start(case, with_cuts_first)


@settings(max_examples=20)
@given(cases(most=8))
def test_two_seeds_of_the_search_end_at_the_same_cost(case: Case) -> None:
    exact = Limits(gap=0.0, seconds=20.0)
    one = searched_first(case, exact)
    other = searched_first(case, replace(exact, seed=7))
    assert (one.met, one.objective_cents) == (other.met, other.objective_cents)


# -- the cuts ------------------------------------------------------------------------------


def _problem(made: Instance, merge: bool = False) -> Problem:
    sets = gather(made.programme, made.orders, made.from_on, made.until_on, None, merge=merge)
    problem, _ = modelled(sets, (), None)
    fix_hopeless(problem)
    return problem


def _strong(problem: Problem) -> tuple[Arrays, Strengthened]:
    arrays = arrays_of(problem.matrix)
    strong = strengthened(problem, arrays, perf_counter() + 60.0, lambda _: None)
    assert strong is not None
    return arrays, strong


@settings(max_examples=40)
@given(cases(most=8))
def test_cuts_take_no_whole_solution_away(case: Case) -> None:
    sets = gather(case[0], case[1], FROM, UNTIL, None)
    problem, _ = modelled(sets, (), None)
    fix_hopeless(problem)
    arrays, strong = _strong(problem)
    chance, numbers = stream(3, 0, "test:costs"), count()
    for _ in range(3):
        drawn = np.array([chance.uniform(index=next(numbers)) for _ in range(arrays.columns)])
        costs = np.round(200.0 * drawn - 60.0)
        without = solve(replace(arrays, cost=costs), _EXACT)
        within = solve(replace(strong.arrays, cost=costs), _EXACT)
        assert within.objective == pytest.approx(without.objective, abs=1e-4)


@pytest.fixture(scope="module")
def small() -> Problem:
    return _problem(instance("S"))


@pytest.fixture(scope="module")
def cut(small: Problem) -> tuple[Arrays, Strengthened]:
    return _strong(small)


def test_cuts_lift_the_bound_of_the_relaxation(
    small: Problem, cut: tuple[Arrays, Strengthened]
) -> None:
    arrays, strong = cut
    before = Relaxation(arrays, perf_counter() + 30.0).solve()
    best = solve(small.matrix, Limits(seconds=30.0))
    assert before is not None
    assert before.objective < strong.root.objective <= best.objective + 1.0
    closed = (strong.root.objective - before.objective) / (best.objective - before.objective)
    assert closed > 0.3


def test_each_cut_found_is_broken_by_the_values_that_it_was_found_for(small: Problem) -> None:
    arrays = arrays_of(small.matrix)
    root = Relaxation(arrays, perf_counter() + 30.0).solve()
    assert root is not None
    cuts = Separation(small).violated(root.values)
    rows = Rounder(small.matrix).rows(cuts)
    assert rows.kept.size == len(cuts) > 0
    for n in range(len(cuts)):
        part = slice(int(rows.starts[n]), int(rows.starts[n + 1]))
        assert rows.value[part] @ root.values[rows.index[part]] < rows.lower[n] - 1e-3


def test_the_rows_of_cuts_stand_behind_those_of_the_problem(
    small: Problem, cut: tuple[Arrays, Strengthened]
) -> None:
    arrays, strong = cut
    assert strong.arrays.rows == arrays.rows + len(strong.cuts)
    again = with_cuts(arrays, strong, arrays.rows)
    assert (again.by_row != strong.arrays.by_row).nnz == 0
    assert (again.row_lower == strong.arrays.row_lower).all()


# -- bounds and searches -------------------------------------------------------------------


def test_any_duals_give_a_bound_and_those_of_the_solver_the_best(small: Problem) -> None:
    arrays = arrays_of(small.matrix)
    root = Relaxation(arrays, perf_counter() + 30.0).solve()
    assert root is not None
    assert safe_bound(arrays, root.row_duals) == pytest.approx(root.objective, rel=1e-9)
    for factor in (0.0, 0.5, 0.9, 1.1, 2.0):
        assert safe_bound(arrays, factor * root.row_duals) <= root.objective + 1e-6
    assert safe_bound(arrays, np.zeros(arrays.rows)) >= 0.0


def test_a_search_is_followed_by_a_proof_that_is_no_worse(
    cut: tuple[Arrays, Strengthened], small: Problem
) -> None:
    arrays, strong = cut
    structure = structure_of(small)
    days = np.array([o.wanted_on.toordinal() for o in small.sets.orders], dtype=np.int64)
    until = perf_counter() + 60.0
    with pytest.MonkeyPatch.context() as patch:
        as_if_large(patch)
        search = begun(strong, arrays, structure, Limits(seconds=until), days)
        search.go_on(until)
        assert search.neighbours.rounds == 4
        start = search.values
        assert not broken(arrays, start, arrays.sums(start)).any()
        limits = Limits(seconds=perf_counter() + 30.0)
        found = proven_beside_search(strong.arrays, search, start, limits, lambda _: None)
    assert search.neighbours.rounds <= 8
    assert found.objective <= arrays.objective(start) + 1e-6
    assert found.bound <= found.objective


def test_where_branch_and_bound_is_not_quick_pieces_go_before_it(
    cut: tuple[Arrays, Strengthened], small: Problem
) -> None:
    arrays, strong = cut
    days = np.array([o.wanted_on.toordinal() for o in small.sets.orders], dtype=np.int64)
    until = perf_counter() + 60.0
    search = begun(strong, arrays, structure_of(small), Limits(seconds=until), days)
    start = search.values
    short = Limits(gap=0.0, looks=1, seconds=until)
    alone = solve(strong.arrays, replace(short, seconds=30.0), start)
    assert alone.ended is Ended.STOPPED
    found = proven_with_cuts(strong.arrays, search, start, short, lambda _: None)
    assert search.neighbours.rounds > 0
    assert found.objective < alone.objective - 1.0
    assert found.bound >= alone.bound
    assert not broken(arrays, found.values, arrays.sums(found.values)).any()


def test_days_after_days_give_a_schedule_that_breaks_no_row(small: Problem) -> None:
    structure = structure_of(small)
    dear = priced(arrays_of(small.matrix), structure)
    days = np.array([o.wanted_on.toordinal() for o in small.sets.orders], dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("doseline.plan.solving.rolling"), "_SHARE", 20)
        patch.setattr(import_module("doseline.plan.solving.rolling"), "_SECONDS", 30.0)
        values = rolled(dear, structure, days, perf_counter() + 30.0)
    assert not broken(dear, values, dear.sums(values)).any()
    assert values[structure.unmet].sum() <= 3.0
    none = rolled(dear, structure, days, perf_counter() - 1.0)
    assert none[structure.unmet].sum() == len(days)


# -- the whole, on an instance --------------------------------------------------------------


@pytest.mark.parametrize(
    ("few", "many", "way"),
    [
        (0, 0, "searched for first, two threads"),
        (0, 150, "as a whole with cuts, one thread"),
        (150, 150, "as a whole, one thread"),
    ],
)
def test_the_certificate_of_a_plan_holds_and_its_cuts_lift_the_bound(
    few: int, many: int, way: str
) -> None:
    made = instance("S", seed=3)
    programme, first, last = made.programme, made.from_on, made.until_on
    with pytest.MonkeyPatch.context() as patch:
        as_if_large(patch, many)
        patch.setattr(import_module("doseline.plan.phases"), "WITH_CUTS", few)
        found = plan(programme, made.orders, from_on=first, until_on=last, certified=True)
    assert found.status is Status.OPTIMAL
    assert way in found.method
    assert found.certificate is not None
    assert verify(programme, made.orders, found.schedule, found.certificate).holds
    assert found.certificate.cost is not None
    assert found.certificate.cost.multipliers.cuts
    root = Relaxation(arrays_of(_problem(made).matrix), perf_counter() + 30.0).solve()
    assert root is not None
    closed = float(found.certificate.cost.bound) - root.objective
    assert closed > 0.3 * (found.objective_cents - root.objective)


def test_a_problem_in_no_time_is_left_to_the_clock() -> None:
    made = instance("S")
    found = searched_first((made.programme, made.orders), Limits(seconds=0.0))
    assert not found.breaches
    assert found.met <= found.orders
