from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.calendars import HolidayRule
from doseline.demand import (
    doses_per_patient,
    expected_by_month,
    expected_mix,
    mean_dose_mbq,
)
from doseline.demand.expected_course import mean_factor
from doseline.demand.luck import sizes
from doseline.demand.starts import reached
from doseline.demand.treatment_days import SiteDays
from doseline.operations.ordering import dose_mbq
from doseline.operations.routes import ways_of
from doseline.programme import Programme
from doseline.programme.cost import Ordering
from doseline.programme.course import snapped
from doseline.programme.market import StandingDemand, UptakeCase
from doseline.programme.programme import Question
from doseline.programme.trial import Arm, DoseRate, DoseRule, Enrolment, GateRow, Visit
from tests.demand.worlds import (
    ADULTS,
    FLAT,
    ONE_DOSE,
    busy_trial,
    drawn_people,
    sampled_orders,
    trial_of,
    with_market,
)

GATED = (
    GateRow("delay", 0.3, delay_mean_min=20160),
    GateRow("stop", 0.1),
    GateRow("reduce", 0.2, factor=0.8),
    GateRow("pass", 0.4),
)
COURSE = Arm("course", FLAT, (Visit(1, 3, 3), Visit(15, 1, 3, 0.95), Visit(57, 3, 14, 1.0, GATED)))
EVENTFUL = Ordering(
    cancelled_before_lock_fraction=0.2,
    cancelled_before_production_fraction=0.1,
    cancelled_after_production_fraction=0.1,
    moved_by_site_fraction=0.1,
)
SAMPLES = 200


def asked(programme: Programme, *protocols: str) -> Question:
    return Question("q", "the question", protocols, programme.from_on, programme.until_on)


def total(programme: Programme, question: Question, case: str | None = None) -> float:
    return sum(m.orders for m in expected_mix(programme, question, case))


def assert_expected_by_site(programme: Programme, question: Question, rough: float = 0.0) -> None:
    """The closed form lies within four standard errors (and `rough` of it) of the samples."""
    found: dict[str, list[int]] = {}
    drawn = sampled_orders(
        programme, 9, SAMPLES, question.from_on, question.until_on, protocols=question.protocols
    )
    for sample in drawn:
        counts = Counter(o.site for o in sample)
        for site in ("reykjavik", "tokyo"):
            found.setdefault(site, []).append(counts[site])
        found.setdefault("all", []).append(len(sample))
    expected = {"reykjavik": 0.0, "tokyo": 0.0, "all": 0.0}
    for mix in expected_mix(programme, question):
        expected[mix.site] += mix.orders
        expected["all"] += mix.orders
    for name, counts_of in found.items():
        error = 4 * float(np.std(counts_of)) / math.sqrt(SAMPLES) + rough * expected[name]
        assert np.mean(counts_of) == pytest.approx(expected[name], abs=error), name


def test_expected_orders_of_an_uncapped_trial_are_those_of_the_samples() -> None:
    programme = replace(busy_trial(0.5, arms=(COURSE,)), ordering=EVENTFUL)
    assert_expected_by_site(programme, asked(programme, "trial"))


def test_expected_orders_of_a_capped_trial_are_those_of_the_samples() -> None:
    programme = busy_trial(0.5, arms=(COURSE,), patients=30, screening_min=21 * 1440)
    assert_expected_by_site(programme, asked(programme, "trial"))


def test_expected_orders_of_cohorts_are_those_of_the_samples() -> None:
    arms = (
        Arm("a", FLAT, (Visit(1),), 4),
        Arm("b", FLAT, (Visit(1), Visit(8, 1, 2)), 4, date(2025, 1, 6), 7 * 1440),
        Arm("c", FLAT, (Visit(1), Visit(8, 1, 2)), 8, date(2026, 1, 5), 7 * 1440),
    )
    programme = busy_trial(0.3, arms=arms, patients=16)
    assert_expected_by_site(programme, asked(programme, "trial"), rough=0.02)


def test_expected_orders_of_a_market_are_those_of_the_samples() -> None:
    programme = replace(with_market((30, 60), arm=COURSE), ordering=EVENTFUL)
    assert_expected_by_site(programme, asked(programme, "market"))


def test_expected_orders_of_a_part_of_a_period_are_those_of_the_samples() -> None:
    programme = replace(busy_trial(0.5, arms=(COURSE,), patients=30), ordering=EVENTFUL)
    question = replace(
        asked(programme, "trial"), from_on=date(2024, 9, 1), until_on=date(2025, 2, 9)
    )
    assert_expected_by_site(programme, question)


def test_a_mix_names_the_treatment_weekdays_and_days_on_which_orders_arise() -> None:
    programme = busy_trial(0.5)
    mixes = expected_mix(programme, asked(programme, "trial"))
    assert {(m.site, m.weekday) for m in mixes} == {("reykjavik", 2), ("tokyo", 4)}
    for mix in mixes:
        assert mix.from_on.weekday() == mix.until_on.weekday() == mix.weekday
        assert mix.from_on <= date(2024, 1, 5)
        assert date(2026, 12, 25) <= mix.until_on <= date(2027, 1, 8)
        assert (mix.activity_mbq, mix.product, mix.protocol) == (100.0, "dose", "trial")


def test_weekdays_of_a_market_share_the_mix_by_their_weights() -> None:
    weights = (5.0, 15.0, 20.0, 35.0, 25.0, 0.0, 0.0)
    programme = with_market((1000,), weekday_weights=weights)
    mixes = expected_mix(programme, asked(programme, "market"))
    whole = sum(m.orders for m in mixes)
    assert whole == pytest.approx(2000.0)
    for weekday, weight in enumerate(weights):
        share = sum(m.orders for m in mixes if m.weekday == weekday) / whole
        assert share == pytest.approx(weight / 100)


def test_uptake_cases_count_by_weight_unless_one_is_named() -> None:
    cases = (UptakeCase("low", 0.3, (20,)), UptakeCase("high", 0.7, (100,)))
    programme = with_market(cases=cases)
    question = asked(programme, "market")
    assert total(programme, question, "low") == pytest.approx(40.0)
    assert total(programme, replace(question, case="high")) == pytest.approx(200.0)
    assert total(programme, replace(question, case="high"), "low") == pytest.approx(40.0)
    assert total(programme, question) == pytest.approx(0.3 * 40 + 0.7 * 200)
    with pytest.raises(LookupError, match="no uptake case"):
        total(programme, question, "middle")


def test_standing_demand_stands_in_the_mix_with_its_units() -> None:
    standing = StandingDemand(
        "cold", "dose", "tokyo", 5, 30 * 1440, date(2024, 1, 5), date(2024, 3, 20), late_days=6
    )
    programme = replace(busy_trial(), standing_demand=(standing,))
    (mix,) = expected_mix(programme, asked(programme, "cold"))
    assert (mix.orders, mix.units, mix.weekday, mix.activity_mbq) == (3.0, 5, 4, 0.0)


def test_the_months_of_a_protocol_add_up_to_its_expected_orders() -> None:
    programme = busy_trial(0.5, arms=(COURSE,))
    months = expected_by_month(programme, "trial", programme.until_on)
    assert sum(n for _, n in months) == pytest.approx(total(programme, asked(programme, "trial")))
    assert [m for m, _ in months] == sorted({m for m, _ in months})
    assert all(m.day == 1 for m, _ in months)


def test_a_protocol_that_is_not_there_has_no_demand() -> None:
    programme = busy_trial()
    assert expected_mix(programme, asked(programme, "nothing")) == ()


def test_doses_a_patient_fall_with_every_dose_and_gate() -> None:
    assert doses_per_patient(ONE_DOSE) == 1.0
    assert doses_per_patient(COURSE) == pytest.approx(1 + 0.95 + 0.95 * 0.9)


def test_a_reduction_counts_among_those_who_pass_the_gate() -> None:
    assert mean_factor(COURSE.visits[2]) == pytest.approx(1 - 0.2 * 0.2 / 0.9)
    assert mean_factor(replace(COURSE.visits[2], dose_factor=0.5)) == pytest.approx(
        0.5 * (1 - 0.04 / 0.9)
    )


@pytest.mark.parametrize(
    "rule",
    [
        DoseRule(DoseRate(555.0, "m2")),
        DoseRule(DoseRate(555.0, "m2"), size_cap=2.0),
        DoseRule(DoseRate(555.0, "m2"), cap_mbq=1000.0),
        DoseRule(DoseRate(555.0, "m2"), size_cap=2.5, rounded_to_mbq=3.7),
        DoseRule(DoseRate(555.0, "m2"), size_cap=1.2),
        DoseRule(DoseRate(185.0, "flat"), cap_mbq=100.0),
    ],
)
def test_the_mean_dose_is_that_of_the_patients_drawn(rule: DoseRule) -> None:
    everyone = drawn_people(20_000)
    doses = np.array([dose_mbq(rule, s, 1.0) for s in sizes(everyone, ADULTS).tolist()])
    error = 4 * doses.std() / math.sqrt(20_000) + 0.01
    assert doses.mean() == pytest.approx(mean_dose_mbq(rule, ADULTS), abs=error)


def test_the_chance_of_so_many_patients_is_exact_for_one_site() -> None:
    trial = replace(trial_of(busy_trial()), enrolment=Enrolment(0.5, 2.0))
    chance = reached(trial, np.array([[12.0]]), 2)
    none = (2.0 / 8.0) ** 2  # negative binomial of shape 2 and mean 6
    assert chance[0, 0] == pytest.approx(1 - none)
    assert chance[1, 0] == pytest.approx(1 - none - 2 * none * (6.0 / 8.0))


@given(
    weekdays=st.sets(st.integers(0, 6)),
    early=st.integers(0, 20),
    late=st.integers(0, 20),
    opens=st.integers(0, 40),
    closes=st.integers(20, 400),
)
def test_arrays_of_days_are_snapped_as_single_days_are(
    weekdays: set[int], early: int, late: int, opens: int, closes: int
) -> None:
    plain = busy_trial()
    first, span = date(2024, 1, 1).toordinal(), 600
    site = replace(
        plain.sites[0],
        treatment_weekdays=tuple(
            ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[w]
            for w in weekdays
        ),
        holidays=(HolidayRule("US"),),
        active_from_on=date.fromordinal(first + opens),
        active_until_on=date.fromordinal(first + closes),
    )
    ways = ways_of(replace(plain, sites=(site,)))
    asked = np.arange(0, 150, 3)
    row = np.zeros(len(asked), dtype=np.int64)
    found = SiteDays([site], first, span).snapped(row, first + asked, early, late)
    for n, day in enumerate(asked.tolist()):
        try:
            wanted = snapped(
                first + day, first + day - early, first + day + late, lambda d: ways.treats(site, d)
            )
        except LookupError:
            wanted = -1
        assert found[n] == wanted
