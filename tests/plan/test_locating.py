"""Places and orders: knapsacks, bound and search, against every assignment there is."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doseline.plan.locating import assigning
from doseline.plan.locating.ascent import climb, decided, usable
from doseline.plan.locating.knapsacks import Whole, pack
from doseline.plan.locating.locating import Effort, located
from doseline.plan.locating.locations import Structure
from doseline.plan.locating.priced import FREE, OPEN, SHUT, Pairs, valued
from doseline.plan.locating.repairing import repaired
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.solve import Ended, Limits, Solution

SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed: int, places: int = 3, orders: int = 5) -> Structure:
    """A small structure: whole or real amounts, pairs that cannot be, orders that may go unmet."""
    chance = np.random.default_rng(seed)
    shape = (places, orders)
    whole = bool(chance.random() < 0.5)
    cost = chance.uniform(1, 30, shape)
    by_pair = chance.random() < 0.5
    load = chance.uniform(0.5, 9, shape if by_pair else orders) * np.ones(shape)
    fixed = chance.uniform(0, 40, places)
    room = chance.uniform(4, 3 * load.sum() / places, places)
    if whole:
        cost, load, room, fixed = (np.rint(a) for a in (cost, load, room, fixed))
    cost[chance.random(shape) < 0.15] = np.inf
    unmet = chance.uniform(5, 60, orders).round() if chance.random() < 0.4 else np.empty(0)
    return Structure(cost=cost, load=load, room=room, fixed=fixed, unmet=unmet)


def cheapest(structure: Structure) -> tuple[float, Whole | None]:
    """The least cost over every assignment, counted here anew, and one that has it."""
    places, orders = structure.cost.shape
    choices = np.indices((places + 1,) * orders).reshape(orders, -1).T  # the last: no place
    each = np.arange(orders)
    total = np.vstack((structure.cost, structure.unmet))[choices, each].sum(axis=1)
    load = np.vstack((structure.load, np.zeros(orders)))[choices, each]
    for j in range(places):
        here = choices == j
        total = total + structure.fixed[j] * here.any(axis=1)
        total[(load * here).sum(axis=1) > structure.room[j]] = np.inf
    at = int(total.argmin())
    best = np.where(choices[at] == places, -1, choices[at])
    return float(total[at]), best if np.isfinite(total[at]) else None


@settings(max_examples=200)
@given(SEEDS)
def test_each_knapsack_is_the_best_of_all_its_choices(seed: int) -> None:
    chance = np.random.default_rng(seed)
    rows, items = int(chance.integers(1, 4)), int(chance.integers(1, 8))
    profit = chance.normal(2, 4, (rows, items)).round(int(chance.integers(0, 3)))
    load = chance.integers(0, 12, (rows, items))
    room = chance.integers(0, 30, rows)
    found = pack(profit, load, room)
    choices = np.array(list(product((False, True), repeat=items)))
    for j in range(rows):
        inside = choices @ load[j] <= room[j]
        best = float((choices @ profit[j])[inside].max())
        assert found.value[j] == pytest.approx(best, abs=1e-9)
        assert profit[j, found.taken[j]].sum() == pytest.approx(best, abs=1e-9)
        assert load[j, found.taken[j]].sum() <= room[j]
        assert found.upper[j] >= best - 1e-9


@settings(max_examples=60)
@given(SEEDS)
def test_no_price_gives_a_bound_above_the_optimum(seed: int) -> None:
    structure = drawn(seed)
    optimum, _ = cheapest(structure)
    chance = np.random.default_rng(seed)
    prices = np.minimum(chance.uniform(0, 60, structure.cost.shape[1]), structure.unmet)
    state = np.full(len(structure.room), FREE)
    found = valued(structure, Pairs.of(structure, structure.allowed), state, prices)
    if found is None:
        assert math.isinf(optimum)
        return
    assert found.bound <= optimum + 1e-6
    assert found.loose <= found.bound + 1e-6


def tight(seed: int) -> Structure:
    """Places of quite different sizes that hold little more than all orders together."""
    chance = np.random.default_rng(seed)
    cost, load = np.rint(chance.uniform(1, 30, (3, 6))), np.rint(chance.uniform(1, 9, 6))
    share = chance.dirichlet([1.0, 1.0, 1.0])
    room = np.ceil(share * load.sum() * chance.uniform(1.1, 1.6)) + 1.0
    fixed = np.rint(chance.uniform(0, 40, 3))
    return Structure(cost=cost, load=load * np.ones((3, 6)), room=room, fixed=fixed)


@settings(max_examples=100)
@given(SEEDS, st.floats(0.001, 20.0), st.sampled_from([drawn, tight]))
def test_what_is_ruled_out_is_in_no_assignment_below_the_cutoff(
    seed: int, slack: float, make: Callable[[int], Structure]
) -> None:
    structure = make(seed)
    optimum, best = cheapest(structure)
    if best is None:
        return
    state = np.full(len(structure.room), FREE)
    pairs = Pairs.of(structure, structure.allowed)
    cutoff = optimum + slack
    prices = np.minimum(np.full(structure.cost.shape[1], 10.0), structure.unmet)
    found = climb(structure, pairs, state, prices, cutoff, 60)
    assert found is not None
    assert found.bound <= optimum + 1e-6
    after = decided(structure, state, found.at_best, cutoff)
    used = np.isin(np.arange(len(state)), best)
    assert not np.any(used & (after == SHUT))
    assert not np.any(~used & (after == OPEN))
    allowed = usable(structure, pairs, after, found.prices, found.at_best, cutoff)
    met = np.flatnonzero(best >= 0)
    assert np.all(allowed[best[met], met])


@settings(max_examples=60)
@given(SEEDS)
def test_the_search_finds_the_least_cost_and_proves_it(seed: int) -> None:
    structure = drawn(seed)
    optimum, best = cheapest(structure)
    found = located(structure, Effort(cores=1))
    if best is None:
        assert found.ended is Ended.INFEASIBLE
        assert found.assignment is None
        return
    assert found.ended is Ended.OPTIMAL
    assert found.assignment is not None
    assert structure.fits(found.assignment)
    assert structure.value(found.assignment) == found.objective
    assert found.objective == pytest.approx(optimum, rel=1.01e-4, abs=2e-3)
    assert found.bound <= optimum + 1e-6 * abs(optimum)
    assert found.gap <= 1.01e-4 or found.objective < 1.0


@settings(max_examples=25)
@given(SEEDS)
def test_the_bound_holds_wherever_the_search_stops(seed: int) -> None:
    structure = drawn(seed)
    optimum, _ = cheapest(structure)
    for effort in (Effort(nodes=1, cores=1), Effort(seconds=0.0, cores=1)):
        found = located(structure, effort)
        assert found.bound <= optimum + 1e-6 * min(abs(optimum), 1e6)
        assert found.objective >= optimum - 1e-6


def medium(seed: int) -> Structure:
    """Eight places and forty orders in a plane, tight enough to need a tree."""
    chance = np.random.default_rng(seed)
    here, there = chance.uniform(0, 100, (8, 1, 2)), chance.uniform(0, 100, (1, 40, 2))
    cost = np.rint(np.hypot(*np.moveaxis(here - there, 2, 0)))
    load = np.rint(chance.uniform(5, 36, 40)) * np.ones((8, 40))
    room = np.rint(chance.uniform(100, 300, 8))
    return Structure(cost=cost, load=load, room=room, fixed=np.rint(20 * np.sqrt(room)))


def test_one_core_and_two_give_the_same() -> None:
    structure = medium(3)
    one, two = (located(structure, Effort(cores=cores)) for cores in (1, 2))
    assert one.ended is two.ended is Ended.OPTIMAL
    assert one.nodes > 1
    assert (one.objective, one.bound, one.nodes) == (two.objective, two.bound, two.nodes)
    assert one.assignment is not None
    assert two.assignment is not None
    assert np.array_equal(one.assignment, two.assignment)


def test_a_start_is_kept_until_something_better_is_found() -> None:
    structure = medium(4)
    start = repaired(structure, np.ones(8, dtype=bool), np.zeros(8))
    assert start is not None
    kept = located(structure, Effort(seconds=0.0), start)
    assert kept.objective <= structure.value(start)
    assert located(structure, Effort(), start).objective < structure.value(start)


def test_what_the_solver_took_for_an_assignment_must_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    structure = Structure(np.ones((1, 2)), np.full((1, 2), 2.0), np.array([3.0]), np.ones(1))
    wrong = Solution(Ended.OPTIMAL, np.array([0.0, 1.0, 1.0]), 3.0, 3.0, np.empty(0), 1, 1)
    monkeypatch.setattr(assigning, "solve", lambda *_: wrong)
    found = assigning.assign(structure, structure.allowed, np.array([OPEN]), 9.0, Limits())
    assert found.assignment is None
    assert found.ended is Ended.STOPPED


def test_more_room_never_costs_more() -> None:
    structure = medium(5)
    wide = Structure(structure.cost, structure.load, structure.room + 40.0, structure.fixed)
    assert located(wide).bound <= located(structure).objective


def test_a_load_that_is_not_whole_leaves_the_bound_below() -> None:
    """Three thirds of a place and a little: the grid may let them in, the assignment may not."""
    load = np.full((2, 3), (1.0 + 1e-6) / 3.0)
    structure = Structure(np.ones((2, 3)), load, np.ones(2), np.array([10.0, 10.0]))
    found = located(structure)
    assert found.objective == 23.0
    assert found.bound <= 23.0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"room": np.ones(3)}, "each place"),
        ({"load": np.ones((2, 3))}, "agree"),
        ({"load": -np.ones((2, 2))}, "at least 0"),
        ({"fixed": np.array([np.nan, 1.0])}, "numbers"),
    ],
)
def test_amounts_that_do_not_agree_are_refused(change: dict[str, Floats], told: str) -> None:
    sound: dict[str, Floats] = {"cost": np.ones((2, 2)), "load": np.ones((2, 2))}
    sound |= {"room": np.ones(2), "fixed": np.ones(2)}
    Structure(**sound)
    with pytest.raises(ValueError, match=told):
        Structure(**(sound | change))
