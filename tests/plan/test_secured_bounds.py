"""Bounds of secured plans of many orders: of the relaxation, and none that a plan undercuts."""

from __future__ import annotations

from importlib import import_module
from time import perf_counter

import pytest
from hypothesis import given, settings

from doseline.plan.failures import protection
from doseline.plan.failures.protection import Curve, secure
from doseline.plan.failures.securing import at_prices, relaxed
from doseline.plan.plan import plan
from tests.plan import small
from tests.plan.test_replan import Case

PRICES = (100_000, 1_000_000)


def as_of_many(case: Case) -> Curve:
    """The curve of a small case as if it had some hundred orders, after a short search."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protection, "SEARCHED", 0)
        patch.setattr(import_module("doseline.plan.failures.securing"), "_ROUNDS", 3)
        return secure(*case, PRICES, from_on=small.FROM, until_on=small.UNTIL)


@settings(max_examples=12)
@given(small.cases(most=5))
def test_no_plan_costs_less_with_its_unsecured_doses_than_the_relaxation_says(case: Case) -> None:
    searched = as_of_many(case)
    exact = secure(*case, PRICES, from_on=small.FROM, until_on=small.UNTIL)
    for mine, best in zip(searched.points, exact.points, strict=True):
        assert mine.bound_cents >= searched.cheapest.bound_cents - 1
        if mine.plan.met == best.plan.met:
            assert mine.bound_cents <= best.total_cents + 1
            assert best.bound_cents <= mine.total_cents + 1


@settings(max_examples=8)
@given(small.cases(most=5))
def test_a_higher_price_never_lowers_the_bound_and_none_needs_the_clock(case: Case) -> None:
    base = plan(*case, from_on=small.FROM, until_on=small.UNTIL)
    whole = protection._Case.of(*case, base, small.FROM, small.UNTIL)
    priced = at_prices(whole.chances, (*PRICES, 0))
    found = relaxed(priced, 0, perf_counter() + 30.0)
    assert sorted(found) == [0, *PRICES]
    assert list(found.values()) == sorted(found.values())
    assert relaxed(priced, 0, perf_counter() - 1.0) == {}


def test_a_price_that_the_clock_left_out_has_the_bound_of_a_lower_one() -> None:
    case = protection._Case(*[None] * 9, least={100: 7, 300: 9})  # type: ignore[arg-type,misc]
    assert [case._relaxed(p) for p in (50, 100, 200, 300, 900)] == [None, 7, 7, 9, 9]
