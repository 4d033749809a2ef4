"""Batches moved from slot to slot: what a product costs alone, and which moves go together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest

from benchmarks.instances.generate import instance
from doseline.plan.large.folded import Charges, charges_of
from doseline.plan.large.lines_alone import Lines, Move, lines_of
from doseline.plan.large.moving import Moving, _at_least
from doseline.plan.large.one_product import OneProduct
from doseline.plan.large.places_apart import PlacesApart
from doseline.plan.large.together import Together
from doseline.plan.model.candidates import gather
from doseline.plan.model.model import constrained
from doseline.plan.model.objective import COSTS
from doseline.plan.solving.arrays import Arrays, Ints, arrays_of
from doseline.plan.solving.relaxation import Relaxation
from doseline.plan.solving.structure import Structure, structure_of

FEE = 2_000_000.0
DEAR = 3.0 * FEE


@pytest.fixture(scope="module")
def world() -> tuple[Arrays, Structure, Charges, PlacesApart]:
    """Five hundred orders of eight products."""
    made = instance("M", "base", seed=1)
    sets = gather(made.programme, made.orders, made.from_on, made.until_on, None, merge=True)
    problem = constrained(sets)
    for add in COSTS:
        add(problem)
    arrays, structure = arrays_of(problem.matrix), structure_of(problem)
    charges = charges_of(problem, arrays)
    return arrays, structure, charges, PlacesApart(problem, arrays, structure, charges)


@pytest.fixture(scope="module")
def lines(world: tuple[Arrays, Structure, Charges, PlacesApart]) -> Lines:
    return lines_of(world[0], world[1])


@pytest.fixture(scope="module")
def moving(world: tuple[Arrays, Structure, Charges, PlacesApart], lines: Lines) -> Moving:
    _, structure, charges, apart = world
    dues, until, pool = np.zeros(len(apart.shared)), perf_counter() + 600.0, ThreadPoolExecutor(2)
    products = [
        OneProduct(apart, charges, kind, dues, DEAR, until)
        for kind in np.unique(structure.kind).tolist()
    ]
    together = Together(apart, charges, lines, DEAR, until)
    return Moving(apart, lines, products, together, dues, FEE, lambda: pool, until)


@pytest.fixture(scope="module")
def made(world: tuple[Arrays, Structure, Charges, PlacesApart]) -> Ints:
    """A batch of each product every seven slots or so."""
    batches = np.zeros(len(world[1].made), dtype=np.int64)
    batches[3::7] = 1
    return batches


def test_a_product_costs_what_the_relaxation_says_but_for_the_vial_each_batch_must_fill(
    world: tuple[Arrays, Structure, Charges, PlacesApart], moving: Moving, made: Ints
) -> None:
    arrays, structure, _, apart = world
    for product in moving.products[:3]:
        cost, relaxed = product.cost(made), _relaxed(arrays, structure, apart, product, made)
        assert cost is not None
        assert relaxed * (1.0 - 1e-3) < cost <= relaxed * (1.0 + 1e-7)


def _relaxed(
    arrays: Arrays, structure: Structure, apart: PlacesApart, product: OneProduct, made: Ints
) -> float:
    """The relaxation of the whole without what products share, the other orders left out."""
    lower, upper = arrays.lower.copy(), arrays.upper.copy()
    mine = np.isin(np.arange(len(made)), product.places)
    lower[structure.made] = upper[structure.made] = np.where(mine, made, 0)
    cost = arrays.cost.copy()
    others = np.setdiff1d(np.arange(len(structure.unmet)), product.orders)
    cost[structure.unmet], cost[structure.unmet[others]] = DEAR, 0.0
    row_upper = arrays.row_upper.copy()
    row_upper[apart.shared] = np.inf
    alone = replace(arrays, lower=lower, upper=upper, cost=cost, row_upper=row_upper)
    found = Relaxation(alone, perf_counter() + 600.0).solve()
    assert found is not None
    return found.objective - arrays.constant


def test_a_change_costs_the_same_however_it_is_come_to(moving: Moving, made: Ints) -> None:
    product = moving.products[0]
    here = [p for p in product.places.tolist() if made[p]]
    free = [p for p in product.places.tolist() if not made[p]]
    change = ((here[0], -1), (free[0], 1))
    after = made.copy()
    after[here[0]], after[free[0]] = 0, 1
    assert product.cost_after(made, change) == pytest.approx(product.cost(after))
    assert made[here[0]] == 1


def test_no_move_costs_less_than_prices_say(moving: Moving, made: Ints) -> None:
    prices = np.zeros(len(moving.apart.order_rows))
    for product in moving.products:
        mine = product.prices(made)
        assert mine is not None
        prices[product.orders] = mine
    worth = moving.apart.worth(prices, moving.dues)
    product, looked_at = moving.products[1], 0
    before = product.cost(made)
    assert before is not None
    for change in list(moving._moves(product, made))[::7]:
        after = product.cost_after(made, change)
        assert after is not None
        assert after - before >= _at_least(change, made, worth) - 1.0
        looked_at += 1
    assert looked_at > 20


def test_moves_pay_and_what_comes_of_them_stands_on_lines(
    moving: Moving, lines: Lines, made: Ints
) -> None:
    begun = np.zeros_like(made)
    found = moving.best(begun, print)
    assert found is not None
    assert lines.can(found.astype(np.float64), 60.0)
    before, after = moving._costed(begun), moving._costed(found)
    assert before is not None
    assert after is not None
    assert after.cost < 0.5 * before.cost


def test_moves_that_gain_nothing_together_are_judged_one_by_one(
    moving: Moving, made: Ints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever products would gain alone, all together is what counts."""
    now = moving._costed(made)
    assert now is not None
    asked = []

    def none_gains(batches: Ints) -> float | None:
        asked.append(batches)
        return now.cost + 1.0

    monkeypatch.setattr(moving.together, "cost", none_gains)
    moving._nothing_known()
    moving._round(now)
    judged = {(kind, c) for kind, some in enumerate(moving._judged) for c in some}
    assert judged
    assert all(moving.known[kind][change] == 1.0 for kind, change in judged)
    assert len(asked) > len(judged)


def test_each_round_of_moves_costs_less_together(moving: Moving, made: Ints) -> None:
    now = moving._costed(made)
    assert now is not None
    moving._nothing_known()
    for _ in range(3):
        following = moving._round(now)
        assert following is not None
        assert following.cost < now.cost
        assert following.cost == pytest.approx(moving.together.cost(following.made))
        now = following


def test_without_time_there_are_no_moves(moving: Moving, made: Ints) -> None:
    late = replace(moving, until=perf_counter() - 1.0)
    found = late.best(made, print)
    assert found is None or (found == made).all()


def test_of_two_products_that_want_a_slot_one_moves(
    world: tuple[Arrays, Structure, Charges, PlacesApart], moving: Moving, lines: Lines
) -> None:
    """All places of a start in the middle opened, as far as lines can."""
    structure, none = world[1], np.zeros(len(world[1].made), dtype=np.int64)
    first = np.flatnonzero(structure.at == np.sort(structure.at)[len(none) // 2])
    moves: list[Move] = [(int(structure.kind[p]), ((int(p), 1),), -5.0) for p in first]
    choice = lines.choice(none, moves, [[0, 1]])
    found = Relaxation(choice, perf_counter() + 60.0, corners=True).solve()
    assert found is not None
    taken = found.values[-len(moves) :]
    assert taken[0] + taken[1] <= 1.0 + 1e-9
    assert 1.0 - 1e-9 <= taken.sum() < len(moves)
