from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from doseline.demand import (
    DemandCounts,
    Drawing,
    band,
    bands,
    by_month,
    by_product,
    by_week,
    demand_counts,
    demand_range,
    expected_mix,
    orders,
    patients,
)
from doseline.demand.replacing import Filed
from doseline.demand.table import order_table
from doseline.operations.orders import DoseOrder
from doseline.programme import Programme
from doseline.programme.cost import Ordering
from doseline.programme.market import UptakeCase
from doseline.programme.programme import Question
from tests.demand.worlds import busy_trial, sampled_orders, with_market
from tests.hand_world import order

JANUARY, MARCH, DECEMBER = date(2024, 1, 5), date(2024, 3, 1), date(2024, 12, 27)


def from_file(programme: Programme, *found: DoseOrder) -> DemandCounts:
    """The counts of a programme whose whole demand is that of a file."""
    trial = programme.trials[0]
    nobody = replace(trial, enrolment=replace(trial.enrolment, per_site_month=1e-9))
    quiet = replace(programme, trials=(nobody,))
    assert not len(order_table(quiet, 1, [0, 1]))
    return demand_counts(quiet, 1, 2, drawing=Drawing(filed=Filed(found)))


def on(*days: date) -> tuple[DoseOrder, ...]:
    return tuple(order("tokyo", day, 100.0, f"o{n}") for n, day in enumerate(days))


def test_months_run_from_the_first_with_an_order_to_the_last() -> None:
    rows = by_month(from_file(busy_trial(), *on(JANUARY, JANUARY, MARCH)))
    assert [r.from_on for r in rows] == [date(2024, m, 1) for m in (1, 2, 3)]
    assert [r.orders.mean for r in rows] == [2.0, 0.0, 1.0]


def test_months_go_on_over_the_turn_of_the_year() -> None:
    rows = by_month(from_file(busy_trial(), *on(DECEMBER, date(2025, 2, 7))))
    assert [r.from_on for r in rows] == [date(2024, 12, 1), date(2025, 1, 1), date(2025, 2, 1)]


def test_weeks_begin_on_monday_and_hold_seven_days() -> None:
    sunday, monday = date(2024, 3, 10), date(2024, 3, 11)
    rows = by_week(from_file(busy_trial(), *on(sunday, monday, monday + timedelta(days=6))))
    assert [(r.from_on, r.orders.mean) for r in rows] == [(date(2024, 3, 4), 1.0), (monday, 2.0)]


def test_a_product_sums_its_orders_and_their_activity() -> None:
    (row,) = by_product(from_file(busy_trial(), *on(JANUARY, MARCH, MARCH)))
    assert row.orders.mean == row.orders.median == 3.0
    assert row.activity_mbq.mean == pytest.approx(300.0)


def test_no_orders_make_no_rows() -> None:
    counts = demand_counts(replace(busy_trial(), trials=()), 1, 3)
    assert by_month(counts) == by_week(counts) == ()
    assert by_product(counts) == ()


def test_the_counts_are_those_of_the_plain_orders() -> None:
    programme = replace(busy_trial(1.0), markets=with_market().markets)
    programme = replace(programme, sites=with_market().sites)
    samples = 70  # more than are drawn at once
    counts = demand_counts(programme, 4, samples)
    drawn = [list(found) for found in sampled_orders(programme, 4, samples)]

    def counted(found: Iterable[DoseOrder], protocol: str) -> Counter[date]:
        return Counter(o.wanted_on.replace(day=1) for o in found if o.protocol == protocol)

    for protocol in ("trial", "market"):
        months = counts.of("month", [protocol])
        for n, found in enumerate(drawn):
            expected = counted(found, protocol)
            assert months[n].tolist() == [expected[m] for m in counts.months]
        people = counts.of("patients", [protocol])[:, 0]
        of_each = [len({o.patient for o in found if o.protocol == protocol}) for found in drawn]
        assert people.tolist() == of_each
    weeks = counts.of("week")
    assert weeks.sum(axis=1).tolist() == [len(found) for found in drawn]


def test_cancelled_orders_count_apart() -> None:
    rules = Ordering(cancelled_before_lock_fraction=0.2, cancelled_after_production_fraction=0.1)
    programme = replace(busy_trial(3.0), ordering=rules)
    stages = demand_counts(programme, 2, 20).of("stage").sum(axis=0)
    total = stages.sum()
    assert stages[2] == 0
    for place, share in ((1, 0.2), (3, 0.1)):
        error = 4 * math.sqrt(share * (1 - share) / total)
        assert stages[place] / total == pytest.approx(share, abs=error)


def test_bands_hold_each_other() -> None:
    b = band(float(n * n) for n in range(200))
    inner = (b.low_95, b.low_90, b.low_50, b.median, b.high_50, b.high_90, b.high_95)
    assert list(inner) == sorted(inner)
    both = bands(np.array([[n * n, n] for n in range(200)], dtype=np.float64))
    assert both[0] == b


def test_the_range_of_a_question_is_that_of_the_orders_of_its_period() -> None:
    programme = busy_trial(0.5)
    question = Question("q", "q", ("trial",), date(2024, 4, 1), date(2025, 3, 31))
    found = demand_range(programme, question, 5, 120)
    drawn = sampled_orders(programme, 5, 120, question.from_on, question.until_on)
    b = band(float(len(orders)) for orders in drawn)
    assert found == (b.mean, b.low_95, b.high_95)
    expected = sum(m.orders for m in expected_mix(programme, question))
    assert found[0] == pytest.approx(expected, abs=4 * math.sqrt(expected * 3 / 120))


def test_a_question_is_asked_in_its_own_uptake_case() -> None:
    cases = (UptakeCase("low", 0.5, (20,)), UptakeCase("high", 0.5, (90,)))
    programme = with_market(cases=cases)
    years = date(2025, 1, 1), date(2025, 12, 31)
    weighed = demand_range(programme, Question("q", "m", ("market",), *years), 5, 60)
    low = demand_range(programme, Question("q", "m", ("market",), *years, case="low"), 5, 60)
    assert low[2] < weighed[2]
    with pytest.raises(LookupError, match="no uptake case 'none'"):
        demand_range(programme, Question("q", "m", ("market",), *years, case="none"), 5, 2)


def test_a_filed_order_takes_the_place_of_the_drawn_one_of_its_name_on_any_day() -> None:
    """The table drops the same orders as the plain form, one by one."""
    for programme in (busy_trial(4.0), with_market()):
        drawn = orders(programme, patients(programme, 3, 0))
        named = replace(drawn[len(drawn) // 2], wanted_on=drawn[0].wanted_on)
        stray = replace(named, id=f"{named.protocol}-nowhere-1/1", patient="other")
        filed = Filed((named, stray))
        table = order_table(programme, 3, range(3), drawing=Drawing(filed=filed))
        plain = order_table(programme, 3, range(3))
        day = drawn[0].wanted_on.toordinal()
        for n in range(3):
            kept = table.kept.picked(table.kept.replication == n)
            expected = filed.among(orders(programme, patients(programme, 3, n)))
            assert sorted(kept.wanted.tolist()) == [o.wanted_on.toordinal() for o in expected]
        on_day = int(((plain.stage == 0) & (plain.wanted == day) & (plain.replication == 0)).sum())
        assert len(drawn) - on_day - 1 + 2 == int((table.kept.replication == 0).sum())


def test_real_orders_stand_in_every_future_and_drawn_ones_only_outside_their_window() -> None:
    programme = busy_trial(4.0)
    real = on(date(2024, 6, 7), date(2024, 7, 5))
    counts = demand_counts(programme, 3, 5, drawing=Drawing(filed=Filed(real)))
    plain = demand_counts(programme, 3, 5)
    weeks = np.array([w.toordinal() for w in counts.weeks])
    inside = (weeks > real[0].wanted_on.toordinal()) & (weeks + 7 < real[1].wanted_on.toordinal())
    assert inside.sum() == 3
    assert plain.of("week")[:, inside].sum() > 0
    assert counts.of("week")[:, inside].sum() == 0
    before = weeks + 6 < real[0].wanted_on.toordinal()
    assert counts.of("week")[:, before].tolist() == plain.of("week")[:, before].tolist()
    for n in range(5):
        expected = Filed(real).among(orders(programme, patients(programme, 3, n)))
        assert counts.of("week")[n].sum() == len(expected)
