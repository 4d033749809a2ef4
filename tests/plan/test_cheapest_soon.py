"""The cheapest of the plans to choose from, where orders are many: soon, and never the dearer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doseline.operations.happened import BatchFailed
from doseline.plan.replanning.replan import Way
from tests.plan.small import cases
from tests.plan.test_replan import Case, at, first_plan, of_small, weight
from tests.plan.test_searched_first import as_if_large


@settings(max_examples=20)
@given(cases(), st.integers(0, 20))
def test_the_cheapest_plan_costs_no_more_than_the_one_it_began_from(case: Case, which: int) -> None:
    before = first_plan(case)
    batches = before.schedule.batches
    if not batches:
        return
    happened = BatchFailed(batches[which % len(batches)].id)
    exact = of_small(case, before, happened, 0)
    with pytest.MonkeyPatch.context() as patch:
        as_if_large(patch)
        found = of_small(case, before, happened, 0)
    soon, other = at(found, Way.CHEAPEST), at(found, Way.FEWEST_MOVES)
    assert "searched for first" in soon.plan.method or not soon.plan.met
    assert soon.plan.breaches == ()
    assert weight(*case, soon.plan) == weight(*case, other.plan)
    assert soon.cost_cents <= other.cost_cents
    best = at(exact, Way.CHEAPEST)
    assert weight(*case, soon.plan) == weight(*case, best.plan)
    assert soon.plan.bound_cents <= best.cost_cents
    assert soon.cost_cents >= best.plan.bound_cents


@settings(max_examples=5)
@given(cases())
def test_the_same_search_gives_the_same_cheapest_plan(case: Case) -> None:
    before = first_plan(case)
    batches = before.schedule.batches
    if not batches:
        return
    with pytest.MonkeyPatch.context() as patch:
        as_if_large(patch)
        one, two = (of_small(case, before, BatchFailed(batches[0].id), 0) for _ in range(2))
    assert at(one, Way.CHEAPEST).plan.schedule == at(two, Way.CHEAPEST).plan.schedule
