"""How a large plan begins: charges folded into doses, stretches, weeks apart as a bound."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module
from time import perf_counter
from typing import Any

import numpy as np
import pytest

from benchmarks.instances.generate import instance
from doseline.plan import Limits, plan
from doseline.plan.large.begun import Beginning, by_days, by_stretches
from doseline.plan.large.folded import (
    Folded,
    charges_of,
    dived_in_time,
    first_schedule,
    nearest,
    whole_from_shares,
    with_shares,
)
from doseline.plan.large.from_relaxation import beyond
from doseline.plan.large.large import packable, whole_lots, without_lots
from doseline.plan.large.lines_together import duals_together, unlike_lines
from doseline.plan.large.stretches import FEW, NEAR, planned_anew, stretches
from doseline.plan.large.weeks_apart import duals_by_weeks
from doseline.plan.model.candidates import gather
from doseline.plan.model.extract import extract
from doseline.plan.model.matrix import Floats
from doseline.plan.model.model import constrained
from doseline.plan.model.objective import COSTS
from doseline.plan.model.variables import Problem
from doseline.plan.proof.duals import Duals
from doseline.plan.solving.arrays import Arrays, arrays_of
from doseline.plan.solving.neighbours import priced
from doseline.plan.solving.relaxation import Relaxation, safe_bound
from doseline.plan.solving.rounded import broken
from doseline.plan.solving.solve import solve
from doseline.plan.solving.structure import Structure, structure_of


@pytest.fixture(scope="module")
def small() -> Problem:
    """Sixty orders of one product."""
    made = instance("S", seed=2)
    sets = gather(made.programme, made.orders, made.from_on, made.until_on, None, merge=True)
    problem = constrained(sets)
    for add in COSTS:
        add(problem)
    return problem


@pytest.fixture(scope="module")
def arrays(small: Problem) -> Arrays:
    return arrays_of(small.matrix)


@pytest.fixture(scope="module")
def structure(small: Problem) -> Structure:
    return structure_of(small)


@pytest.fixture(scope="module")
def least(small: Problem) -> float:
    """What the best schedule costs."""
    return solve(small.matrix, Limits(gap=0.0, seconds=60.0)).objective


@pytest.fixture(scope="module")
def folded(small: Problem, arrays: Arrays, structure: Structure) -> Folded:
    return Folded(priced(arrays, structure), charges_of(small, arrays), perf_counter() + 600.0)


@pytest.fixture(scope="module")
def beginning(small: Problem, arrays: Arrays, structure: Structure, folded: Folded) -> Beginning:
    days = np.array([o.wanted_on.toordinal() for o in small.sets.orders], dtype=np.int64)
    lots = np.array(sorted(small.lots.values()), dtype=np.int64)
    until, pool = perf_counter() + 600.0, ThreadPoolExecutor(2)
    return Beginning(
        priced(arrays, structure), structure, folded, days, lots, until, 1, lambda: pool, print
    )


def test_each_choice_stands_beside_the_charge_of_its_package(
    small: Problem, arrays: Arrays
) -> None:
    charges = charges_of(small, arrays)
    assert set(charges.columns.tolist()) == {*small.parcel.values(), *small.tested.values()}
    assert set(charges.serve.tolist()) == set(small.serve)
    assert len(charges.orders) == len(small.sets.orders)


def test_shares_of_those_who_travel_together_come_to_the_charge(
    small: Problem, arrays: Arrays, structure: Structure
) -> None:
    """Set anew often enough, each package's shares add up to what it costs."""
    charges = charges_of(small, arrays)
    folded = Folded(arrays, charges, perf_counter() + 60.0)
    values = np.zeros(arrays.columns)
    column = int(charges.columns[0])
    serve = charges.serve[charges.paid == column]
    values[serve] = 1.0
    for _ in range(60):
        folded.share_anew(values)
    extra = folded.cost()[serve] - arrays.cost[serve]
    assert extra.sum() == pytest.approx(arrays.cost[column], rel=1e-9)


def test_values_unfolded_pay_every_charge_that_is_needed_and_no_other(
    small: Problem, arrays: Arrays, folded: Folded
) -> None:
    values = np.zeros(arrays.columns)
    values[small.serve[0]] = 0.3
    paid = folded.unfolded(values)
    charges = charges_of(small, arrays)
    assert set(np.flatnonzero(paid[charges.columns]).tolist()) == set(
        np.flatnonzero(np.isin(charges.columns, charges.paid[charges.serve == small.serve[0]]))
    )


def test_a_first_schedule_meets_all_and_breaks_no_row(
    arrays: Arrays, structure: Structure, small: Problem
) -> None:
    dear = priced(arrays, structure)
    folded = Folded(dear, charges_of(small, arrays), perf_counter() + 60.0)
    found, reduced = first_schedule(folded, dear, structure, perf_counter() + 60.0)
    assert found is not None
    assert not broken(arrays, found, arrays.sums(found)).any()
    assert found[structure.unmet].sum() <= 12.0  # few batches: rounded, they leave some out
    near = nearest(structure, reduced, NEAR)
    assert near.any()
    counts = np.bincount(structure.order[near], minlength=len(structure.unmet))
    assert counts.max() <= 6
    assert set(counts[[c.size > 0 for c in structure.choices_of_order]]) != {0}


def test_a_first_schedule_that_the_clock_stops_is_none(
    arrays: Arrays, structure: Structure, small: Problem
) -> None:
    dear = priced(arrays, structure)
    late = perf_counter() - 1.0
    found, _ = first_schedule(Folded(dear, charges_of(small, arrays), late), dear, structure, late)
    assert found is None


def full(small: Problem, arrays: Arrays) -> Arrays:
    """The arrays with no room left at any site."""
    at_sites = [limit.rule == "site capacity" for limit in small.matrix.limits]
    return replace(arrays, row_upper=np.where(at_sites, 0.0, arrays.row_upper))


@pytest.mark.parametrize(("beyond_them", "dives"), [(0, 1), (1, 4)])
def test_no_second_dive_looks_for_doses_that_nobody_could_meet(
    small: Problem,
    arrays: Arrays,
    structure: Structure,
    beyond_them: int,
    dives: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dear, until = priced(full(small, arrays), structure), perf_counter() + 60.0
    folded = Folded(dear, charges_of(small, arrays), until)
    found = with_shares(folded, until)
    assert found is not None
    unmet = np.round(found.values[structure.unmet])
    assert 0.0 < unmet.sum() < 60.0
    left = np.zeros(arrays.columns)
    left[structure.unmet] = unmet
    left[structure.unmet[np.flatnonzero(unmet < 0.5)[:beyond_them]]] = 1.0
    asked: list[object] = []

    def tried(*given: object) -> Floats:
        asked.append(given)
        return left

    monkeypatch.setattr(import_module("doseline.plan.large.folded"), "_tried", tried)
    assert whole_from_shares(folded, dear, structure, found, until) is left
    assert len(asked) == dives


def test_what_sites_cannot_take_is_known_without_the_rest(
    small: Problem, arrays: Arrays, structure: Structure, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, asked = import_module("doseline.plan.large.large"), list[int]()

    class Counted(Relaxation):
        def __init__(self, some: Arrays, *more: Any, **named: Any) -> None:
            asked.append(some.rows)
            super().__init__(some, *more, **named)

    monkeypatch.setattr(module, "Relaxation", Counted)
    cost = np.zeros(arrays.columns)
    cost[structure.unmet] = structure.weight
    none, until = full(small, arrays), perf_counter() + 60.0
    least = solve(replace(none, cost=cost), Limits(gap=0.0, seconds=60.0)).objective
    assert least > 0.0
    assert module._least_unmet(none, structure, least, until) == least
    assert len(asked) == 1
    assert asked[0] < arrays.rows
    assert module._least_unmet(arrays, structure, least, until) == 0.0
    assert asked[1:] == [asked[0], arrays.rows]


@pytest.mark.parametrize("orders", [1000, 15])
def test_a_stretch_planned_anew_fits_the_rest(
    beginning: Beginning, orders: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("doseline.plan.large.stretches"), "_ORDERS", orders)
    arrays, structure = beginning.arrays, beginning.structure
    dear = Folded(arrays, beginning.folded.charges, perf_counter() + 60.0)
    start, reduced = first_schedule(dear, arrays, structure, perf_counter() + 60.0)
    assert start is not None
    parts = stretches(structure, False)
    assert len(parts) == max(1, round(60 / orders))
    assert (np.sum(parts, axis=0) == 1).all()
    search = beginning.search(start)
    near, few = nearest(structure, reduced, NEAR), nearest(structure, reduced, FEW)
    for part in parts:
        best = search.best
        until = perf_counter() + 60.0
        found = planned_anew(
            arrays, structure, best.values, best.sums, part, near, few, dear.charges, until
        )
        assert found is not None
        search.take(*found)
        assert search.best.objective <= best.objective
        assert not broken(arrays, search.best.values, search.best.sums).any()


@pytest.mark.parametrize("begun", [by_stretches, by_days])
def test_what_a_plan_begins_with_is_whole_and_breaks_no_row(
    beginning: Beginning, begun: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("doseline.plan.large.begun"), "_BETWEEN", 0.5)
    until = perf_counter() + 4.0
    soon = replace(beginning, folded=beginning.folded.anew(until), until=until)
    search = (by_stretches if begun is by_stretches else by_days)(soon)
    values, arrays = search.best.values, beginning.arrays
    assert not broken(arrays, values, arrays.sums(values)).any()
    whole = values[arrays.whole]
    assert np.abs(whole - np.round(whole)).max() < 1e-6
    assert values[beginning.structure.unmet].sum() <= 12.0


def test_weeks_apart_bound_the_cost_from_below(
    small: Problem, arrays: Arrays, structure: Structure
) -> None:
    charges, few = charges_of(small, arrays), np.zeros(len(structure.serve), dtype=np.bool_)
    until = perf_counter() + 60.0
    root = Relaxation(arrays, until).solve()
    assert root is not None
    dose = root.objective / len(small.sets.orders)
    duals = duals_by_weeks(arrays, structure, charges, few, dose, until)
    bound = safe_bound(arrays, duals)
    assert 0.9 * root.objective <= bound <= root.objective + 1e-6
    none = duals_by_weeks(arrays, structure, charges, few, dose, perf_counter() - 1.0)
    assert 0.0 < safe_bound(arrays, none) < bound


def test_prices_lift_the_bound_of_weeks_apart(
    small: Problem, arrays: Arrays, structure: Structure, beginning: Beginning, least: float
) -> None:
    charges, few = charges_of(small, arrays), np.zeros(len(structure.serve), dtype=np.bool_)
    until = perf_counter() + 60.0
    duals = duals_by_weeks(arrays, structure, charges, few, 9000.0, until)
    bound = safe_bound(arrays, duals)
    lifted, same = beyond(small, arrays, beginning, bound, Duals(duals), 60)
    assert bound < lifted <= least + 1e-6
    assert same.rows is duals
    held, _ = beyond(small, arrays, beginning, least, Duals(duals), 1)
    assert held == least


def test_a_price_elsewhere_that_is_wrong_leaves_the_bound_one(
    small: Problem, arrays: Arrays, structure: Structure, least: float
) -> None:
    charges, few = charges_of(small, arrays), np.zeros(len(structure.serve), dtype=np.bool_)
    for dose in (0.0, 1e9):
        duals = duals_by_weeks(arrays, structure, charges, few, dose, perf_counter() + 60.0)
        assert safe_bound(arrays, duals) <= least + 1e-6


def _problem(size: str, variant: str, orders: int) -> Problem:
    """The first orders of an instance of several lines, with their costs."""
    made = instance(size, variant)
    sets = gather(
        made.programme, made.orders[:orders], made.from_on, made.until_on, None, merge=True
    )
    problem = constrained(sets)
    for add in COSTS:
        add(problem)
    return problem


def _first(problem: Problem, arrays: Arrays) -> Floats:
    structure, until = structure_of(problem), perf_counter() + 600.0
    folded = Folded(arrays, charges_of(problem, arrays), until)
    found, _ = first_schedule(folded, arrays, structure, until)
    assert found is not None
    return found


def test_a_bulk_that_is_filled_by_whole_doses_is_begun_with_room_left() -> None:
    """Two deliveries for each batch, offers that are short: one of them feeds it."""
    problem = _problem("L", "activity_bound", 300)
    arrays = arrays_of(problem.matrix)
    loose = packable(problem, without_lots(problem, arrays))
    lots = list(problem.lots.values())
    assert arrays.whole[lots].all()
    assert not loose.whole[lots].any()
    found = _first(problem, priced(loose, structure_of(problem)))
    assert found[problem.unmet].sum() == 0.0
    whole = whole_lots(problem, arrays, found)
    assert len(extract(problem, whole).allocation) == 300
    assert not broken(arrays, whole, arrays.sums(whole)).any()
    assert np.abs(whole[arrays.whole] - np.round(whole[arrays.whole])).max() < 1e-6


def test_lots_stay_whole_where_an_offer_is_a_few_of_them() -> None:
    problem = _problem("L", "activity_bound", 60)
    arrays = arrays_of(problem.matrix)
    offer = [n for n, limit in enumerate(problem.matrix.limits) if limit.rule == "isotope offer"]
    lot = abs(arrays.by_row[offer]).max()
    few = replace(arrays, row_upper=arrays.row_upper.copy())
    few.row_upper[offer] = 20.0 * lot
    assert without_lots(problem, few) is few


def test_lines_that_differ_together_bound_the_cost_as_well_as_apart() -> None:
    problem = _problem("L", "different_lines", 150)
    arrays, until = arrays_of(problem.matrix), perf_counter() + 600.0
    assert unlike_lines(problem)
    rows, root = charges_of(problem, arrays).orders, Relaxation(arrays, until).solve()
    assert root is not None
    duals = duals_together(problem, arrays, structure_of(problem), rows, until)
    bound = safe_bound(arrays, duals)
    assert 0.98 * root.objective <= bound <= root.objective + 1e-6 * abs(root.objective)
    late = duals_together(problem, arrays, structure_of(problem), rows, perf_counter() - 1.0)
    assert not late.any()


def test_where_lines_differ_a_first_schedule_meets_all() -> None:
    problem = _problem("L", "different_lines", 150)
    arrays = priced(arrays_of(problem.matrix), structure_of(problem))
    found = _first(problem, arrays)
    assert found[problem.unmet].sum() == 0.0
    assert not broken(arrays, found, arrays.sums(found)).any()


def test_lines_alike_are_not_put_together(small: Problem) -> None:
    assert not unlike_lines(small)


def test_batches_of_several_products_are_begun_some_days_after_some_days() -> None:
    problem = _problem("L", "several_products", 240)
    arrays, structure = arrays_of(problem.matrix), structure_of(problem)
    dear, until = priced(without_lots(problem, arrays), structure), perf_counter() + 600.0
    folded = Folded(dear, charges_of(problem, arrays), until)
    found = folded.relaxation.solve()
    assert found is not None
    dived = dived_in_time(folded, structure, found, until)
    assert dived is not None
    decided = dived[np.concatenate([structure.made, structure.how])]
    assert np.abs(decided - np.round(decided)).max() < 1e-6
    assert not broken(folded.arrays, dived, folded.arrays.sums(dived)).any()


@pytest.mark.parametrize("size", ["S", "M"])
def test_a_plan_begun_either_way_passes_the_checker(size: str) -> None:
    made = instance(size, seed=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("doseline.plan.plan"), "MANY", 0)
        patch.setattr(import_module("doseline.plan.large.large"), "AT_ONCE", 0)
        patch.setattr(import_module("doseline.plan.large.large"), "ROUNDS", 6)
        patch.setattr(import_module("doseline.plan.large.begun"), "_ROUNDS", 2)
        found = plan(
            made.programme,
            made.orders[:120],
            from_on=made.from_on,
            until_on=made.until_on,
            limits=Limits(seconds=300.0),  # work ends it, not the clock
        )
    assert not found.breaches
    assert found.bound_cents <= found.objective_cents
    assert found.met >= 0.95 * found.orders
