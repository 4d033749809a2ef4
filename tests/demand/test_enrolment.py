from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from doseline.calendars import HolidayRule
from doseline.clock import WEEKDAYS
from doseline.demand import mean_sd, patients, site_months
from doseline.demand.admission import places
from doseline.demand.enrolment import arrivals
from doseline.programme import Programme
from doseline.programme.trial import Arm, Enrolment, Visit
from tests.demand.worlds import FLAT, busy_trial, trial_of, with_trial
from tests.hand_world import world


def open_all_week(programme: Programme) -> Programme:
    sites = tuple(replace(s, treatment_weekdays=WEEKDAYS) for s in programme.sites)
    return replace(programme, sites=sites)


def test_enrolment_stops_at_the_trials_cap() -> None:
    programme = busy_trial(months=3.0, patients=25)
    for replication in range(20):
        assert len(patients(programme, 1, replication)) == 25


def test_a_site_enrols_only_while_it_and_the_trial_are_open() -> None:
    plain = busy_trial(months=5.0)
    dates = {"active_from_on": date(2024, 6, 1), "active_until_on": date(2025, 5, 31)}
    sites = (replace(plain.sites[0], **dates), plain.sites[1])  # type: ignore[arg-type]
    programme = replace(plain, sites=sites)
    found = arrivals(programme, trial_of(programme), 1, (0,))
    at = {s: found.at[found.site == n] for n, s in enumerate(("reykjavik", "tokyo"))}
    assert min(at["reykjavik"]) >= date(2024, 6, 1).toordinal()
    assert max(at["reykjavik"]) < date(2025, 6, 1).toordinal()
    assert min(at["tokyo"]) < date(2024, 6, 1).toordinal()
    assert max(at["tokyo"]) < date(2027, 1, 1).toordinal()
    assert found.at.tolist() == sorted(found.at)


def test_a_site_that_is_never_open_in_the_trial_enrols_nobody() -> None:
    plain = busy_trial(months=5.0)
    sites = (replace(plain.sites[0], active_from_on=date(2027, 6, 1)), plain.sites[1])
    programme = replace(plain, sites=sites)
    assert {p.site for p in patients(programme, 1, 0)} == {"tokyo"}
    assert site_months(programme, trial_of(programme), date(2030, 1, 1))[0] == 0.0


def test_another_site_leaves_the_arrivals_of_the_others_alone() -> None:
    programme = busy_trial(months=2.0)
    alone = replace(trial_of(programme), sites=("tokyo",))
    both, one = (arrivals(programme, t, 5, (3,)) for t in (trial_of(programme), alone))
    tokyo = both.site == 1
    assert both.at[tokyo].tolist() == one.at.tolist()
    assert both.rank[tokyo].tolist() == one.rank.tolist()


def test_screening_stands_between_consent_and_the_first_dose() -> None:
    plain = open_all_week(busy_trial())
    screened = with_trial(plain, screening_min=21 * 1440)
    before = {p.id: p.first_day for p in patients(plain, 1, 0)}
    after = {p.id: p.first_day for p in patients(screened, 1, 0)}
    assert before
    assert after == {name: day + 21 for name, day in before.items()}


def test_a_first_dose_waits_for_a_treatment_day_and_no_holiday() -> None:
    plain = busy_trial(months=4.0)
    closed = HolidayRule(add=(date(2024, 5, 1), date(2025, 3, 5)))
    sites = (replace(plain.sites[0], holidays=(closed,)), plain.sites[1])
    found = patients(replace(plain, sites=sites), 2, 0)
    weekday = {"reykjavik": 2, "tokyo": 4}
    assert all(date.fromordinal(p.first_day).weekday() == weekday[p.site] for p in found)
    days = {p.first_day for p in found if p.site == "reykjavik"}
    assert date(2024, 5, 1).toordinal() not in days
    assert {date(2024, 5, 1).toordinal(), date(2025, 3, 5).toordinal()} & {
        p.first_day for p in patients(plain, 2, 0)
    }


def test_arms_fill_in_order_and_the_last_takes_the_rest() -> None:
    arms = tuple(Arm(n, FLAT, (Visit(1),), patients=k) for n, k in (("a", 3), ("b", 5), ("c", 0)))
    programme = busy_trial(arms=arms, patients=20)
    assert list(places(trial_of(programme)))[:9] == [
        *((0, n) for n in range(3)),
        *((1, n) for n in range(5)),
        (2, 0),
    ]
    found = patients(programme, 1, 0)
    assert [sum(p.arm == n for p in found) for n in range(3)] == [3, 5, 12]


def test_a_patient_who_comes_before_a_cohort_opens_waits_for_it() -> None:
    opens = date(2025, 6, 2)
    arms = (Arm("a", FLAT, (Visit(1),), 2), Arm("b", FLAT, (Visit(1),), from_on=opens))
    programme = busy_trial(arms=arms, patients=12)
    found = patients(programme, 1, 0)
    first, second = ([p.first_day for p in found if p.arm == n] for n in (0, 1))
    assert (len(first), len(second)) == (2, 10)
    assert max(first) < opens.toordinal() <= min(second)


def test_first_doses_of_a_staggered_cohort_stand_the_stagger_apart() -> None:
    arm = Arm("a", FLAT, (Visit(1),), from_on=date(2025, 1, 6), stagger_min=14 * 1440)
    programme = busy_trial(months=5.0, arms=(arm,), patients=10)
    days = [p.first_day for p in patients(programme, 1, 0)]
    assert len(days) == 10
    assert min(np.diff(days)) >= 14


def test_the_patients_of_a_site_are_poisson_with_a_gamma_rate() -> None:
    programme = open_all_week(busy_trial(months=0.5))
    trial = trial_of(programme)
    mean, sd = mean_sd(trial.enrolment, site_months(programme, trial, date(2027, 1, 1)))
    counts = np.bincount(arrivals(programme, trial, 11, range(800)).replication, minlength=800)
    assert np.mean(counts) == pytest.approx(mean, abs=4 * sd / math.sqrt(800))
    assert np.std(counts) == pytest.approx(sd, rel=0.12)


def test_a_rate_of_none_enrols_nobody() -> None:
    assert patients(busy_trial(months=0.0), 1, 0) == ()


def test_months_are_counted_up_to_the_start_of_a_day() -> None:
    trial = trial_of(world())
    assert site_months(world(), trial, date(2024, 1, 31)) == (30 / 30.4375,) * 2
    assert site_months(world(), trial, date(2030, 1, 1)) == (60 / 30.4375,) * 2


def test_a_rate_known_for_sure_leaves_only_poisson_chance() -> None:
    mean, sd = mean_sd(Enrolment(1.0, 1e12), [10.0, 15.0])
    assert mean == 25.0
    assert sd == pytest.approx(5.0)
