"""Looking near a plan that stands first: quicker, and as good as looking everywhere at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doseline.operations.happened import BatchFailed
from doseline.plan import Limits
from doseline.plan.model.aftermath import aftermath
from doseline.plan.model.candidates import gather
from doseline.plan.model.keeping import confirmed_lost, doses_moved, untouched
from doseline.plan.model.matrix import Limit, Matrix
from doseline.plan.model.model import constrained
from doseline.plan.model.objective import COSTS
from doseline.plan.model.tiers import doses_tier
from doseline.plan.phases import prove
from doseline.plan.solving import nearby
from doseline.plan.solving.arrays import arrays_of
from doseline.plan.solving.nearby import least_nearby, pull
from doseline.plan.solving.rounded import broken
from doseline.plan.solving.solve import Ended, Solution
from tests.plan.small import FROM, UNTIL, cases
from tests.plan.test_replan import Case, first_plan

LIMITS = Limits(gap=0.0)


def limits() -> Limits:
    return LIMITS


def reached(case: Case, which: int, days: int, near: bool) -> tuple[list[int], float] | None:
    """What the doses, each tier and the cost come to after a failure, near the plan or not."""
    programme, orders = case
    before = first_plan(case)
    batches = before.schedule.batches
    if not batches:
        return None
    batch = batches[which % len(batches)]
    failed, now_at = [BatchFailed(batch.id)], batch.charge_at + days * 720
    standing, after = aftermath(programme, orders, before.schedule, failed, now_at)
    problem = constrained(gather(programme, orders, FROM, UNTIL, standing, after))
    if not problem.sets.orders:
        return None
    for term in COSTS:
        term(problem)
    lost, moved = (
        confirmed_lost(problem, after.confirmed),
        doses_moved(problem, after.confirmed, True),
    )
    doses = doses_tier(problem)
    stay: Sequence[int] = untouched(problem, after.confirmed, True) if near else ()
    found = prove(problem, LIMITS, False, lambda _: None, (lost, moved), untouched=stay)
    assert found.optimal
    tiers = [tier.of(found.solution.values) for tier in (doses, lost, moved)]
    return tiers, found.solution.objective


@settings(max_examples=25)
@given(cases(), st.integers(0, 20), st.integers(-5, 6))
def test_a_search_near_the_plan_ends_where_a_search_of_everything_does(
    case: Case, which: int, days: int
) -> None:
    near, everywhere = (reached(case, which, days, close) for close in (True, False))
    if near is None or everywhere is None:
        assert near is everywhere
        return
    assert near[0] == everywhere[0]
    assert abs(near[1] - everywhere[1]) < 100.0  # a unit of the currency


def two_ways() -> tuple[Matrix, dict[int, float], dict[int, float]]:
    """Two doses and one vial that stays with the first; a second vial serves either.

    Unmet weights are 1 and 3; the first dose keeps its vial by column 2.
    """
    matrix = Matrix()
    unmet = [matrix.binary(1.0), matrix.binary(3.0)]
    kept, first, second = (matrix.binary(0.0) for _ in range(3))
    matrix.row(Limit("served", "first"), [(unmet[0], 1), (kept, 1), (first, 1)], lower=1, upper=1)
    matrix.row(Limit("served", "second"), [(unmet[1], 1), (second, 1)], lower=1, upper=1)
    # what the first keeps bars the second
    matrix.row(Limit("vials", ""), [(kept, 1), (second, 1)], upper=1)
    return matrix, {unmet[0]: 1.0, unmet[1]: 3.0}, {first: 1.0}


def test_what_is_found_nearby_is_left_where_something_better_lies_further() -> None:
    matrix, weights, moves = two_ways()
    found = least_nearby(arrays_of(matrix), weights, moves, [2], limits, None).solution
    assert found.ended is Ended.OPTIMAL
    assert (found.objective, found.bound) == (0, 0)
    assert np.round(found.values).tolist() == [0, 0, 0, 1, 1]


def test_what_the_relaxation_proves_is_not_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, weights, moves = two_ways()
    start = np.array([0.0, 0.0, 0.0, 1.0, 1.0])

    def never(*_: object) -> Solution:
        raise AssertionError("searched for what is proven")

    monkeypatch.setattr(nearby, "solve", never)
    found = least_nearby(arrays_of(matrix), weights, moves, [2], limits, start)
    assert (found.solution.objective, found.solution.bound) == (0, 0)
    assert found.solution.values.tolist() == start.tolist()
    assert {0: 0.0, 1: 0.0, 3: 1.0, 4: 1.0}.items() >= found.settled.items() >= {(0, 0.0)}


@st.composite
def covers(draw: st.DrawFn) -> tuple[Matrix, dict[int, float]]:
    """Some columns of whole weights, and rows that ask for, or allow, so many of some of them."""
    many = draw(st.integers(2, 7))
    weights = {c: float(draw(st.integers(0, 4))) for c in range(many)}
    matrix = Matrix()
    for c in range(many):
        matrix.binary(weights[c])
    for _ in range(draw(st.integers(1, 5))):
        inside = sorted(draw(st.sets(st.integers(0, many - 1), min_size=1)))
        terms = [(c, float(draw(st.integers(1, 3)))) for c in inside]
        asks = draw(st.booleans())
        side = float(draw(st.integers(1, sum(int(a) for _, a in terms))))
        ends = {"lower": side} if asks else {"upper": side}
        matrix.row(Limit("row", ""), terms, **ends)
    return matrix, weights


@settings(max_examples=200)
@given(covers(), st.data())
def test_settled_columns_have_that_value_wherever_the_least_weight_is_reached(
    case: tuple[Matrix, dict[int, float]], data: st.DataObject
) -> None:
    matrix, weights = case
    arrays = arrays_of(matrix)
    possible = [
        v
        for v in (np.array(p) for p in product((0.0, 1.0), repeat=arrays.columns))
        if not broken(arrays, v, arrays.sums(v)).any()
    ]
    moves = {c: float(1 + c % 3) for c in weights if c % 2}
    some = data.draw(st.sampled_from(possible)) if possible else np.zeros(arrays.columns)
    untouched = [int(c) for c in np.flatnonzero(some > 0.5)]
    start = data.draw(st.sampled_from([None, *possible]))
    found = least_nearby(arrays, weights, moves, untouched, limits, start)
    if not possible:
        assert found.solution.values.size == 0
        return
    least = min(float(arrays.cost @ v) for v in possible)
    assert found.solution.ended is Ended.OPTIMAL
    assert found.solution.objective == found.solution.bound == least
    best = [v for v in possible if float(arrays.cost @ v) == least]
    for column, value in found.settled.items():
        assert all(v[column] == value for v in best)


def test_nothing_nearby_is_told_by_no_values() -> None:
    matrix, weights, moves = two_ways()
    matrix.fix(4, 1.0)
    found = least_nearby(arrays_of(matrix), weights, moves, [2], limits, None).solution
    assert found.values.size == 0


def test_all_moves_together_pull_less_than_the_least_weight() -> None:
    many = {c: 500.0 if c % 3 else 1.0 for c in range(1000)}
    assert 0.0 < sum(pull(many).values()) < 0.05 + 1e-12
