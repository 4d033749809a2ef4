"""Enrolment and demand against numbers from papers and from the reference case's parameter sheet.

The rows are those of the sheet's sanity checks, each computed by hand there.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import nbinom, poisson

from doseline.clock import WEEKDAYS
from doseline.demand import (
    doses_per_patient,
    expected_mix,
    mean_dose_mbq,
    mean_sd,
    orders,
    patients,
    site_months,
)
from doseline.demand.enrolment import arrivals
from doseline.formats import read_programme
from doseline.operations.orders import Patient
from doseline.programme import Programme
from doseline.programme.course import Luck
from doseline.programme.programme import Question
from doseline.programme.trial import Enrolment
from tests.demand.worlds import busy_trial, sampled_orders, trial_of

LUCKY = Luck(0.0, 0.0, 0, 1.0, 0.0, 1.0, 1.0)
LAST_ENROLLED_ON = date(2024, 1, 31)


@pytest.fixture(scope="module")
def clr131(repository: Path) -> Programme:
    return read_programme(repository / "examples" / "clr131" / "programme.yaml")


@pytest.fixture(scope="module")
def twenty_sites() -> Programme:
    """Twenty sites with rates of Gamma(shape 2, rate 4) a month, open for twelve months."""
    twelve_months = date(2024, 1, 1) + timedelta(days=365)  # 12 x 30.4375 d is 365.25 d
    plain = busy_trial(0.5, until_on=twelve_months - timedelta(days=1))
    sites = tuple(
        replace(plain.sites[0], id=f"site-{n}", treatment_weekdays=WEEKDAYS) for n in range(20)
    )
    trial = replace(trial_of(plain), sites=tuple(s.id for s in sites))
    return replace(plain, sites=sites, trials=(trial,))


def test_twenty_sites_enrol_120_in_a_year_with_a_deviation_of_21_9() -> None:
    mean, sd = mean_sd(Enrolment(per_site_month=0.5, shape=2.0), [12.0] * 20)
    assert mean == pytest.approx(120.0)
    assert sd == pytest.approx(21.9, abs=0.01)
    assert math.sqrt(mean) == pytest.approx(11.0, abs=0.05)  # were the rates all alike


def test_enrolment_drawn_at_twenty_sites_agrees_with_its_closed_form(
    twenty_sites: Programme,
) -> None:
    trial = trial_of(twenty_sites)
    counts = np.bincount(arrivals(twenty_sites, trial, 20, range(1500)).replication)
    error = 21.9 / math.sqrt(1500)
    assert counts.mean() == pytest.approx(120.0 * 365 / 365.25, abs=3.3 * error)
    assert counts.std() == pytest.approx(21.9, rel=3.3 / math.sqrt(2 * 1500))
    low, high = np.quantile(counts, [0.05, 0.95])
    assert (low, high) == (pytest.approx(86, abs=3), pytest.approx(158, abs=3))
    whole = nbinom(20 * 2, 4 / (4 + 12))  # the sum over equal sites is negative binomial
    assert (whole.ppf(0.05), whole.ppf(0.95)) == (86, 158)


def test_the_fiftieth_patient_comes_after_5_1_months_on_average(twenty_sites: Programme) -> None:
    trial = trial_of(twenty_sites)
    start = trial.from_on.toordinal()
    found = arrivals(twenty_sites, trial, 21, range(600))
    fiftieth = np.searchsorted(found.replication, np.arange(600)) + 49
    assert found.replication[fiftieth].tolist() == list(range(600))
    months = (found.at[fiftieth] - start) / 30.4375
    assert months.mean() == pytest.approx(50 * 4 / 39, abs=4 * months.std() / math.sqrt(600))
    low, high = np.quantile(months, [0.05, 0.95])
    assert (low, high) == (pytest.approx(3.54, abs=0.15), pytest.approx(7.13, abs=0.25))


def test_row_22_a_pivotal_patient_gets_3_5246_of_4_doses(clr131: Programme) -> None:
    (arm,) = clr131.trial["clover_wam"].arms
    assert doses_per_patient(arm) == pytest.approx(3.5246, abs=1e-4)
    assert len(arm.visits) == 4


def test_rows_23_to_26_doses_of_the_pivotal_trial(clr131: Programme) -> None:
    trial = clr131.trial["clover_wam"]
    each = doses_per_patient(trial.arms[0])
    assert trial.patients * each == pytest.approx(229.1, abs=0.1)
    weeks = (date(2024, 4, 10) - trial.from_on).days / 7
    assert weeks == pytest.approx(168.3, abs=0.1)
    assert trial.patients * each / weeks == pytest.approx(1.36, abs=0.01)
    assert trial.patients * 4 / weeks == pytest.approx(1.54, abs=0.01)
    a_week = len(trial.sites) * trial.enrolment.per_site_month / (30.4375 / 7)
    assert a_week * each == pytest.approx(1.96, abs=0.01)


def test_row_27_a_week_of_the_pivotal_trial_is_poisson(clr131: Programme) -> None:
    trial = clr131.trial["clover_wam"]
    weeks = (date(2024, 4, 10) - trial.from_on).days / 7
    a_week = trial.patients * doses_per_patient(trial.arms[0]) / weeks
    assert poisson.pmf(0, a_week) == pytest.approx(0.257, abs=1e-3)
    assert poisson.sf(4, a_week) == pytest.approx(0.0127, abs=1e-3)
    assert poisson.sf(6, a_week) == pytest.approx(0.0005, abs=1e-3)


def test_rows_28_and_29_the_pivotal_trial_enrols_66_without_its_cap(clr131: Programme) -> None:
    trial = clr131.trial["clover_wam"]
    months = site_months(clr131, trial, LAST_ENROLLED_ON)
    assert sum(months) == pytest.approx(600.08, abs=0.01)
    mean, sd = mean_sd(trial.enrolment, months)
    assert mean == pytest.approx(66.0, abs=0.1)
    assert sd == pytest.approx(13.0, abs=0.1)
    american = [
        m
        for s, m in zip(trial.sites, months, strict=True)
        if clr131.site[s].country.startswith("US")
    ]
    assert sum(american) == pytest.approx(383.0, abs=0.1)
    assert mean_sd(trial.enrolment, american)[0] == pytest.approx(42.1, abs=0.1)


def test_the_pivotal_enrolment_drawn_agrees_with_its_closed_form(clr131: Programme) -> None:
    trial = clr131.trial["clover_wam"]
    mean, sd = mean_sd(trial.enrolment, site_months(clr131, trial, date(2024, 2, 1)))
    counts = np.bincount(arrivals(clr131, trial, 6, range(600)).replication)
    assert np.mean(counts) == pytest.approx(mean, abs=3.3 * sd / math.sqrt(600))
    assert np.std(counts) == pytest.approx(sd, rel=3.3 / math.sqrt(1200))


def test_rows_30_and_31_the_phase_two_trial(clr131: Programme) -> None:
    trial = clr131.trial["clover1"]
    months = site_months(clr131, trial, date(2020, 7, 31))
    mean, sd = mean_sd(trial.enrolment, months)
    assert mean == pytest.approx(80.2, abs=0.1)
    assert sd == pytest.approx(17.5, abs=0.1)
    left = trial.patients
    doses = 0.0
    for arm in trial.arms:
        count = arm.patients or left
        doses += count * doses_per_patient(arm)
        left -= count
    assert doses == pytest.approx(167.5, abs=0.1)
    assert doses / 156.6 == pytest.approx(1.07, abs=0.01)


def test_row_35_the_pivotal_schedule_keeps_its_weekday(clr131: Programme) -> None:
    thursday = date(2022, 5, 12)
    patient = Patient(
        id="clover_wam-W03-1",
        protocol="clover_wam",
        product=clr131.trial["clover_wam"].product,
        site="W03",
        arm=0,
        first_day=thursday.toordinal(),
        size=1.9,
        luck=((LUCKY,),) * 4,
    )
    found = orders(clr131, [patient], protocols={patient.protocol})
    assert [o.wanted_on for o in found] == [
        thursday,
        date(2022, 5, 26),
        date(2022, 7, 7),
        date(2022, 7, 21),
    ]
    assert {WEEKDAYS[o.wanted_on.weekday()] for o in found} == {"Thursday"}
    assert {round(o.activity_mbq, 6) for o in found} == {1054.5}
    assert [o.started for o in found] == [False, True, True, True]


def test_row_56_the_mean_dose_of_the_pivotal_trial(clr131: Programme) -> None:
    trial = clr131.trial["clover_wam"]
    mean = mean_dose_mbq(trial.arms[0].dose, trial.size)
    assert mean / 37 == pytest.approx(28.35, abs=0.15)  # before truncation and cap in the sheet


def test_the_pivotal_demand_is_what_patients_and_courses_make_it(clr131: Programme) -> None:
    trial = clr131.trial["clover_wam"]
    question = Question("all", "all", (trial.id,), trial.from_on, date(2026, 12, 31))
    expected = sum(m.orders for m in expected_mix(clr131, question))
    counts = [len(o) for o in sampled_orders(clr131, 8, 150, protocols=question.protocols)]
    assert np.mean(counts) == pytest.approx(
        expected, abs=3.3 * float(np.std(counts)) / math.sqrt(150)
    )
    assert expected < trial.patients * doses_per_patient(trial.arms[0])


def test_no_dose_of_the_reference_case_falls_on_a_holiday_of_its_site(clr131: Programme) -> None:
    found = orders(clr131, patients(clr131, 1, 0, cases={"us_market": "low", "eu_market": "low"}))
    assert len(found) > 1000
    closed = [
        o
        for o in found
        if any(rule.is_holiday(o.wanted_on) for rule in clr131.site[o.site].holidays)
    ]
    assert closed == []
    assert any(clr131.site[o.site].holidays for o in found)
