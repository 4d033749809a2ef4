"""Several products: prices of orders give the bound of the relaxation, and batches are opened."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest

from doseline.plan.large import large, opening
from doseline.plan.large.begun import Beginning
from doseline.plan.large.climbing import Prices, climbed, duals_at, first_prices
from doseline.plan.large.folded import Charges, Folded, charges_of
from doseline.plan.large.lines_alone import Lines, lines_of
from doseline.plan.large.opening import (
    Dive,
    by_prices,
    moving_of,
    opened_at_prices,
    together_of,
)
from doseline.plan.large.places_apart import PlacesApart, priceable
from doseline.plan.large.sharpened import duals_sharpened, sharpened
from doseline.plan.large.threads import Threads
from doseline.plan.model.variables import Problem
from doseline.plan.proof.cut_rows import Rounder
from doseline.plan.solving.arrays import Arrays, Ints, arrays_of
from doseline.plan.solving.neighbours import priced
from doseline.plan.solving.relaxation import Relaxation, safe_bound
from doseline.plan.solving.rounded import broken
from doseline.plan.solving.structure import Structure, structure_of
from tests.plan.several_products import stated


@pytest.fixture(scope="module")
def climbed_to(apart: PlacesApart) -> Prices:
    nothing = np.zeros(len(apart.most))
    found = climbed(
        apart, first_prices(apart), nothing, apart.most, 600, 0.025, 0.1, perf_counter() + 600.0
    )
    return found


@pytest.fixture(scope="module")
def beginning(
    problem: Problem, arrays: Arrays, structure: Structure, charges: Charges
) -> Beginning:
    days = np.array([o.wanted_on.toordinal() for o in problem.sets.orders], dtype=np.int64)
    lots = np.array(sorted(problem.lots.values()), dtype=np.int64)
    until, pool = perf_counter() + 600.0, ThreadPoolExecutor(2)
    loose = priced(arrays, structure)
    folded = Folded(loose, charges, until)
    return Beginning(loose, structure, folded, days, lots, until, 1, lambda: pool, print)


@pytest.fixture(scope="module")
def lines(beginning: Beginning) -> Lines:
    return lines_of(beginning.arrays, beginning.structure)


@pytest.fixture(scope="module")
def made(apart: PlacesApart, lines: Lines, climbed_to: Prices) -> Ints:
    """Batches by place after a hasty dive."""
    return opened_at_prices(apart, lines, climbed_to, Dive(0.25, 20, 1.0), perf_counter() + 600.0)


def test_what_can_be_priced_has_no_bulk_and_no_tests() -> None:
    for variant, able in (("base", True), ("activity_bound", False), ("cross_border", False)):
        problem = stated(variant)
        arrays, structure = arrays_of(problem.matrix), structure_of(problem)
        charges = charges_of(problem, arrays)
        assert priceable(problem, arrays, structure, charges) is able, variant


def test_what_is_fixed_cannot_be_priced(
    problem: Problem, arrays: Arrays, structure: Structure, charges: Charges
) -> None:
    lower = arrays.lower.copy()
    lower[structure.made[0]] = 1.0
    assert not priceable(problem, replace(arrays, lower=lower), structure, charges)


def test_at_the_duals_of_the_relaxation_places_give_its_cost(
    arrays: Arrays, apart: PlacesApart
) -> None:
    relaxed = Relaxation(arrays, perf_counter() + 600.0).solve()
    assert relaxed is not None
    dues = np.maximum(-relaxed.row_duals[apart.shared], 0.0)
    found = apart.taken(
        np.minimum(relaxed.row_duals[apart.order_rows], apart.dear),
        dues,
        np.zeros(len(apart.most)),
        apart.most,
    )
    assert found.bound == pytest.approx(relaxed.objective, rel=1e-9)


@pytest.mark.parametrize("most", [1.0, 3.0])
@pytest.mark.parametrize("seed", range(4))
def test_at_any_prices_places_give_what_the_solver_finds_for_them(
    problem: Problem,
    arrays: Arrays,
    structure: Structure,
    charges: Charges,
    seed: int,
    most: float,
) -> None:
    """With a batch a place at most just that; with more no less, as batches then are whole."""
    upper = arrays.upper.copy()
    upper[structure.made] = np.minimum(upper[structure.made], most)
    few = replace(arrays, upper=upper)
    apart = PlacesApart(problem, few, structure, charges)
    drawn = np.random.default_rng(seed)
    prices = np.minimum(apart.cheapest() * drawn.uniform(0.2, 4.0, len(apart.dear)), apart.dear)
    dues = np.where(drawn.uniform(size=len(apart.shared)) < 0.3, 1.0, 0.0) * drawn.uniform(
        0.0, 30_000.0, len(apart.shared)
    )
    found = apart.taken(prices, dues, np.zeros(len(apart.most)), apart.most)
    duals = duals_at(apart, prices, dues, 60.0)
    assert duals[apart.order_rows] == pytest.approx(prices)
    if most == 1.0:
        assert safe_bound(few, duals) == pytest.approx(found.bound, rel=1e-9)
    else:
        assert safe_bound(few, duals) < found.bound


def test_what_is_taken_adds_up(problem: Problem, apart: PlacesApart) -> None:
    nothing = np.zeros(len(apart.most))
    prices = apart.cheapest() * 1.5
    found = apart.taken(prices, np.zeros(len(apart.shared)), nothing, apart.most)
    structure = apart.structure
    vials = np.bincount(structure.place, weights=found.choices, minlength=len(apart.most))
    room = np.array([p.slot.vials_max for p in problem.sets.places], dtype=np.float64)
    assert (vials <= room * found.batches + 1e-9).all()
    assert found.batches.sum() > 0
    assert (found.choices <= 1.0 + 1e-9).all()


def test_climbing_comes_near_the_relaxation_and_never_above(
    arrays: Arrays, climbed_to: Prices
) -> None:
    relaxed = Relaxation(arrays, perf_counter() + 600.0).solve()
    assert relaxed is not None
    assert climbed_to.bound <= relaxed.objective * (1.0 + 1e-9)
    assert climbed_to.bound >= relaxed.objective * (1.0 - 2e-3)


def test_the_clock_stops_climbing_and_a_dive(
    apart: PlacesApart, lines: Lines, climbed_to: Prices
) -> None:
    nothing, past = np.zeros(len(apart.most)), perf_counter() - 1.0
    start = first_prices(apart)
    found = climbed(apart, start, nothing, apart.most, 10, 0.025, 0.1, past)
    assert (found.orders == start.orders).all()
    assert not opened_at_prices(apart, lines, climbed_to, Dive(0.2, 40, 1.0), past).any()


def test_duals_that_the_clock_stops_hold(
    arrays: Arrays, apart: PlacesApart, climbed_to: Prices
) -> None:
    duals = duals_at(apart, climbed_to.orders, climbed_to.dues, 0.0)
    relaxed = Relaxation(arrays, perf_counter() + 600.0).solve()
    assert relaxed is not None
    assert safe_bound(arrays, duals) <= relaxed.objective * (1.0 + 1e-9)


def test_a_place_that_lines_cannot_serve_stays_as_it_is(beginning: Beginning, lines: Lines) -> None:
    until = perf_counter() + 600.0
    structure = beginning.structure
    made = structure.made[[c.size > 0 for c in structure.choices_of_place]]
    chosen = np.flatnonzero(np.isin(structure.made, made))[:40]
    least = np.zeros(len(structure.made))
    most = beginning.arrays.upper[structure.made].copy()
    opening._open(lines, chosen, least, most, until)
    assert lines.can(least, 60.0)
    assert 0 < least.sum() < len(chosen)
    refused = chosen[least[chosen] == 0.0]
    assert (most[refused] == 0.0).all()
    least[refused[0]] = 1.0
    assert lines.can(least, 60.0) is False


def test_doses_come_before_their_penalties(
    problem: Problem, arrays: Arrays, beginning: Beginning
) -> None:
    cost = arrays.cost.copy()
    cost[beginning.structure.unmet] *= 0.05
    cheap = replace(arrays, cost=cost)
    with Threads() as threads:
        search = large._at_prices(problem, cheap, beginning, threads)
        assert threads.asked
        bound, _ = threads.bound()
    assert search is not None
    assert search.best.values[beginning.structure.unmet].mean() < 0.02
    assert 0.0 < bound <= cheap.objective(search.best.values)


def test_a_dive_opens_more_at_once_where_time_is_short() -> None:
    dive = Dive(0.06, 120, 1.0)
    rounds = opening._rounds(168.0, 0.06, 1.0)
    assert 30 < rounds < 60
    ample = opening._in_time(dive, 168.0, 0.01, 4.0 * rounds)
    assert ample == dive
    short = opening._in_time(dive, 168.0, 0.01, rounds)
    assert short is not None
    assert short.share > dive.share
    assert opening._in_time(dive, 168.0, 0.01, 1.0) is None


def test_batches_opened_at_prices_stand_on_lines_and_break_no_row(
    beginning: Beginning, lines: Lines, made: Ints, climbed_to: Prices, arrays: Arrays
) -> None:
    assert lines.can(made.astype(np.float64), 60.0)
    values = opening._finished(beginning, made)
    assert values is not None
    assert not broken(arrays, values, arrays.sums(values)).any()
    whole = values[arrays.whole]
    assert whole == pytest.approx(np.round(whole))
    assert values[beginning.structure.made] == pytest.approx(made)
    assert arrays.objective(values) >= climbed_to.bound


def test_no_schedule_is_cheaper_than_the_bound_with_cuts_or_breaks_one(
    problem: Problem,
    beginning: Beginning,
    apart: PlacesApart,
    charges: Charges,
    climbed_to: Prices,
    made: Ints,
) -> None:
    at = climbed_to.orders, climbed_to.dues
    found = sharpened(problem, apart, charges, at, beginning.pool(), perf_counter() + 600.0)
    bound, _ = duals_sharpened(problem, apart, found, climbed_to.dues, 600.0)
    values = opening._finished(beginning, made)
    assert values is not None
    assert climbed_to.bound < bound <= apart.arrays.objective(values)
    told = Rounder(problem.matrix).rows(found.cuts)
    assert len(told.lower) > 10
    for n in range(len(told.lower)):
        here = slice(told.starts[n], told.starts[n + 1])
        assert told.value[here] @ values[told.index[here]] >= told.lower[n] - 1e-6


def test_without_time_batches_are_not_moved(
    beginning: Beginning, apart: PlacesApart, lines: Lines, climbed_to: Prices, made: Ints
) -> None:
    together = together_of(beginning, apart, lines)
    late = moving_of(beginning, apart, lines, together, climbed_to.dues, perf_counter() - 1.0)
    assert late.best(made, print) is None


def test_by_prices_batches_are_opened_and_moved(
    beginning: Beginning, apart: PlacesApart, climbed_to: Prices, arrays: Arrays
) -> None:
    search = by_prices(replace(beginning, until=perf_counter() + 60.0), apart, climbed_to, 0.001)
    assert search is not None
    assert search.by_the_clock
    values = search.best.values
    assert not broken(arrays, values, arrays.sums(values)).any()
    assert values[beginning.structure.unmet].mean() < 0.02


def test_without_time_there_is_no_dive(
    beginning: Beginning, apart: PlacesApart, climbed_to: Prices
) -> None:
    soon = replace(beginning, until=perf_counter() + 0.5)
    assert by_prices(soon, apart, climbed_to, 0.01) is None


def test_products_with_doses_unmet_are_planned_anew(beginning: Beginning, made: Ints) -> None:
    best = opening._finished(beginning, made)
    assert best is not None
    structure = beginning.structure
    served = np.flatnonzero(best[structure.serve] > 0.5)
    place = structure.place[served[0]]
    taken = served[structure.place[served] == place]
    values = best.copy()
    values[structure.own[place]] = 0.0
    values[structure.serve[taken]] = 0.0
    values[structure.unmet[structure.order[taken]]] = 1.0
    search = beginning.search(values)
    opening._mended(beginning, search)
    before = values[structure.unmet].sum()
    assert search.best.values[structure.unmet].sum() <= before - len(taken)
