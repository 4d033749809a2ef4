from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest

from doseline.demand import (
    band,
    by_month,
    by_product,
    demand_range,
    demand_ranges,
    expected_mix,
    sampled_orders,
)
from doseline.operations.orders import DoseOrder
from doseline.programme.market import UptakeCase
from doseline.programme.programme import Question
from tests.demand.worlds import busy_trial, with_market
from tests.hand_world import order


def on(*days: date) -> tuple[DoseOrder, ...]:
    return tuple(order("tokyo", day, 100.0, f"o{n}") for n, day in enumerate(days))


JANUARY, MARCH, DECEMBER = date(2024, 1, 5), date(2024, 3, 1), date(2024, 12, 27)


def test_months_run_from_the_first_with_an_order_to_the_last() -> None:
    rows = by_month([on(JANUARY, JANUARY, MARCH), on(MARCH)])
    assert [r.month_on for r in rows] == [date(2024, m, 1) for m in (1, 2, 3)]
    assert [r.orders.mean for r in rows] == [1.0, 0.0, 1.0]
    assert (rows[0].orders.low_50, rows[0].orders.high_50) == (0.5, 1.5)


def test_months_go_on_over_the_turn_of_the_year() -> None:
    rows = by_month([on(DECEMBER, date(2025, 2, 7))])
    assert [r.month_on for r in rows] == [
        date(2024, 12, 1),
        date(2025, 1, 1),
        date(2025, 2, 1),
    ]


def test_months_and_products_may_be_asked_for_one_protocol() -> None:
    other = tuple(replace(o, protocol="other", product="cold") for o in on(MARCH))
    samples = [(*on(JANUARY), *other)]
    assert [r.month_on for r in by_month(samples, "other")] == [MARCH]
    assert [r.product for r in by_product(samples)] == ["cold", "dose"]
    assert [r.product for r in by_product(samples, "trial")] == ["dose"]


def test_a_product_sums_its_orders_and_their_activity() -> None:
    (row,) = by_product([on(JANUARY, MARCH), on(MARCH), ()])
    assert row.orders.mean == 1.0
    assert row.orders.median == 1.0
    assert row.activity_mbq.mean == pytest.approx(100.0)


def test_no_orders_make_no_rows() -> None:
    assert by_month([(), ()]) == ()
    assert by_product([()]) == ()


def test_bands_hold_each_other() -> None:
    b = band(float(n * n) for n in range(200))
    inner = (b.low_95, b.low_90, b.low_50, b.median, b.high_50, b.high_90, b.high_95)
    assert list(inner) == sorted(inner)


def test_the_range_of_a_question_is_that_of_the_orders_of_its_period() -> None:
    programme = busy_trial(0.5)
    question = Question("q", "q", ("trial",), date(2024, 4, 1), date(2025, 3, 31))
    found = demand_range(programme, question, 5, 120)
    drawn = sampled_orders(programme, 5, 120, question.from_on, question.until_on)
    b = band(float(len(orders)) for orders in drawn)
    assert found == (b.mean, b.low_95, b.high_95)
    expected = sum(m.orders for m in expected_mix(programme, question))
    assert found[0] == pytest.approx(expected, abs=4 * math.sqrt(expected * 3 / 120))


def test_questions_asked_together_get_the_answers_they_get_alone() -> None:
    cases = (UptakeCase("low", 0.5, (20,)), UptakeCase("high", 0.5, (90,)))
    plain = with_market(cases=cases)
    programme = replace(plain, trials=busy_trial(0.5).trials)
    years = date(2025, 1, 1), date(2025, 12, 31)
    questions = (
        Question("trial", "t", ("trial",), date(2024, 1, 1), date(2026, 12, 31)),
        Question("by weight", "m", ("market",), *years),
        Question("low", "m", ("market",), *years, case="low"),
        Question("both", "b", ("trial", "market"), *years),
    )
    together = demand_ranges(programme, questions, 5, 25)
    assert together == {q.id: demand_range(programme, q, 5, 25) for q in questions}
    assert together["low"][2] < together["by weight"][2]
