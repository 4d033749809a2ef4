"""Who gets a place: cohorts that are observed, caps, patience, and the rules of trials in time."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from doseline.clock import WEEKDAYS
from doseline.demand import demand_counts, expected_mix, patients
from doseline.demand.designs import (
    Boin,
    ThreePlusThree,
    chance_of_success,
    chance_to_stop_early,
    dose_finding_characteristics,
    exact_power,
    expected_patients,
    simon_optimal,
    single_arm,
)
from doseline.demand.entries import Entries, trial_entries
from doseline.operations.routes import ways_of
from doseline.programme import Programme
from doseline.programme.programme import Question
from doseline.programme.trial import Arm, Enrolment, RegionEnrolment, Visit
from doseline.programme.trial_rules import DoseFinding, EventRule, ResponseRule
from tests.demand.worlds import FLAT, ONE_DOSE, busy_trial, trial_of

DAY = 1440
LEVELS = tuple(Arm(name, FLAT, (Visit(1),)) for name in ("low", "middle", "high"))


def open_daily(programme: Programme) -> Programme:
    sites = tuple(replace(s, treatment_weekdays=WEEKDAYS) for s in programme.sites)
    return replace(programme, sites=sites)


def entered(programme: Programme, replications: int, seed: int = 1) -> Entries:
    trial = trial_of(programme)
    return trial_entries(programme, ways_of(programme), trial, seed, range(replications))


def of(found: Entries, replication: int) -> tuple[list[int], list[int]]:
    here = found.drawn.replication == replication
    return found.arm[here].tolist(), found.first_day[here].tolist()


# -- places --------------------------------------------------------------------------------


def test_a_cohort_opens_when_the_one_before_has_been_observed_to_the_nadir() -> None:
    observed = 65  # nadir on day 49, and 16 days to recover
    arms = tuple(
        replace(arm, patients=3, observed_min=observed * DAY, stagger_min=7 * DAY) for arm in LEVELS
    )
    programme = open_daily(busy_trial(4.0, arms=arms, patients=9))
    for replication in range(20):
        arm, day = of(entered(programme, 20), replication)
        assert arm == [0] * 3 + [1] * 3 + [2] * 3
        assert day[3] - day[2] >= observed
        assert day[6] - day[5] >= observed
        assert min(np.diff(day)) >= 7


def test_a_patient_who_cannot_wait_for_a_place_goes_elsewhere() -> None:
    arms = (replace(LEVELS[0], patients=2, observed_min=200 * DAY), LEVELS[1])
    patient_ones = open_daily(busy_trial(4.0, arms=arms, patients=30))
    hasty = replace(patient_ones, trials=(replace(trial_of(patient_ones), waits_min=10 * DAY),))
    waited, left = entered(patient_ones, 30), entered(hasty, 30)
    queued = [day.count(day[2]) for _, day in (of(waited, r) for r in range(30))]
    assert max(queued) > 5  # they have waited together for the day on which the second arm opens
    for replication in range(30):
        _, day = of(left, replication)
        assert len(day) == 30
        assert day[2] >= day[1] + 200
        assert day.count(day[2]) <= queued[replication]
    assert sum(of(left, r)[1].count(of(left, r)[1][2]) for r in range(30)) < sum(queued)


def test_no_site_and_no_region_enrols_more_than_it_may() -> None:
    enrolment = Enrolment(
        3.0, 2.0, regions=(RegionEnrolment(("JP",), patients=12),), site_patients=20
    )
    programme = open_daily(busy_trial(enrolment=enrolment))
    found = entered(programme, 10)
    by_site = [np.bincount(found.site[found.drawn.replication == r]).tolist() for r in range(10)]
    assert max(n for n, _ in by_site) == 20
    assert max(n for _, n in by_site) == 12
    assert by_site.count([20, 12]) > 5


def test_a_region_enrols_at_its_own_rate_and_the_others_are_left_alone() -> None:
    plain = open_daily(busy_trial(0.5))
    twice = Enrolment(0.5, 2.0, regions=(RegionEnrolment(("JP",), per_site_month=1.0),))
    changed = replace(plain, trials=(replace(trial_of(plain), enrolment=twice),))
    before, after = entered(plain, 200), entered(changed, 200)
    assert (before.site == 0).sum() == (after.site == 0).sum()
    assert (after.site == 1).sum() == pytest.approx(2 * (before.site == 1).sum(), rel=0.1)


def test_a_season_without_enrolment_is_empty_and_the_rest_of_the_year_is_as_stated() -> None:
    seasons = (1.0,) * 6 + (0.0, 0.0) + (1.0,) * 4
    enrolment = Enrolment(2.0, 2.0, seasons=seasons)
    programme = open_daily(busy_trial(enrolment=enrolment))
    found = entered(programme, 200)
    month = np.array([date.fromordinal(d).month for d in found.first_day.tolist()])
    counts = np.bincount(month, minlength=13)[1:] / 200 / 3 / 2  # three years, two sites
    # On the first of a month stands who consented on the last day of the month before.
    assert counts[[6, 7]].max() < 0.1
    expected = 2.0 * np.array([31, 28.33, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) / 30.4375
    open_months = [0, 1, 2, 3, 4, 9, 10, 11]
    assert counts[open_months] == pytest.approx(expected[open_months], rel=0.12)


# -- dose finding --------------------------------------------------------------------------


def escalation(rule: DoseFinding, cap: int = 36) -> Programme:
    trial_arms = LEVELS
    return open_daily(
        busy_trial(6.0, arms=trial_arms, patients=cap, dose_finding=rule, until_on=date(2028, 6, 1))
    )


def test_a_3_plus_3_trial_without_toxicity_goes_up_to_the_highest_level() -> None:
    programme = escalation(DoseFinding("3+3", (0.0, 0.0, 0.0), observed_min=42 * DAY))
    found = entered(programme, 5)
    for replication in range(5):
        arm, day = of(found, replication)
        assert arm == [0] * 3 + [1] * 3 + [2] * 6
        gaps = np.diff(day)
        assert min(gaps[2], gaps[5], gaps[8]) >= 42
    assert found.succeeded.all()
    assert (found.known_on >= [of(found, r)[1][-1] + 42 for r in range(5)]).all()


def test_a_3_plus_3_trial_with_nothing_but_toxicity_ends_after_its_first_cohort() -> None:
    found = entered(escalation(DoseFinding("3+3", (1.0, 1.0, 1.0))), 5)
    assert [of(found, r)[0] for r in range(5)] == [[0] * 3] * 5
    assert not found.succeeded.any()


@pytest.mark.parametrize("kind", ["3+3", "boin"])
def test_dose_finding_in_time_treats_as_many_at_each_level_as_the_rule_does_alone(
    kind: str,
) -> None:
    toxicity, trials = (0.05, 0.25, 0.5), 600
    finding = DoseFinding(kind, toxicity, 0.25, observed_min=28 * DAY, level_patients=9)  # type: ignore[arg-type]
    found = entered(escalation(finding, cap=24), trials)
    rule = Boin(0.25, 24, 9) if kind == "boin" else ThreePlusThree()
    alone = dose_finding_characteristics(rule, toxicity, 5, 4000)
    full = found.succeeded.mean()
    error = math.hypot(math.sqrt(full * (1 - full) / trials), alone.stopped_for_toxicity.error)
    assert 1 - full == pytest.approx(alone.stopped_for_toxicity.value, abs=4 * error + 1e-9)
    place = found.drawn.replication
    for level, says in enumerate(alone.levels):
        counts = np.bincount(place[found.arm == level], minlength=trials)
        error = math.hypot(counts.std() / math.sqrt(trials), says.patients.error)
        assert counts.mean() == pytest.approx(says.patients.value, abs=4 * error)


def test_patients_are_added_at_the_dose_that_was_found() -> None:
    finding = DoseFinding("3+3", (0.0, 0.0, 1.0), observed_min=28 * DAY, expansion=10)
    found = entered(escalation(finding, cap=40), 5)
    for replication in range(5):
        arm, _ = of(found, replication)
        assert arm == [0] * 3 + [1] * 3 + [2] * 3 + [1] * 13
    few = entered(escalation(finding, cap=16), 5)
    for replication in range(5):
        arm, _ = of(few, replication)
        assert arm == [0] * 3 + [1] * 3 + [2] * 3 + [1] * 7


# -- responses -----------------------------------------------------------------------------


def two_stages(assumed: float, pauses: bool = True, cap: int = 100) -> Programme:
    rule = ResponseRule(
        "optimal", 0.10, 0.30, assumed, observed_min=60 * DAY, review_min=14 * DAY, pauses=pauses
    )
    return open_daily(busy_trial(6.0, arms=(ONE_DOSE,), patients=cap, response_rule=rule))


def test_simons_trial_stops_and_succeeds_as_often_in_time_as_it_does_exactly() -> None:
    design = simon_optimal(0.10, 0.30, alpha=0.05, power=0.80).rule
    found = entered(two_stages(0.2), 2000)
    counts = np.bincount(found.drawn.replication, minlength=2000)
    assert set(counts.tolist()) == {design.n1, design.n}

    def near(share: float) -> float:
        return 4 * math.sqrt(share * (1 - share) / 2000)

    stop = chance_to_stop_early(design, 0.2)
    assert (counts == design.n1).mean() == pytest.approx(stop, abs=near(stop))
    success = chance_of_success(design, 0.2)
    assert found.succeeded.mean() == pytest.approx(success, abs=near(success))
    error = 4 * counts.std() / math.sqrt(2000)
    assert counts.mean() == pytest.approx(expected_patients(design, 0.2), abs=error)


def test_the_second_stage_waits_for_the_responses_of_the_first_where_the_trial_says_so() -> None:
    first, whole = 10, 29
    waits, goes_on = entered(two_stages(1.0), 20), entered(two_stages(1.0, pauses=False), 20)
    for replication in range(20):
        _, day = of(waits, replication)
        assert len(day) == whole
        assert day[first] - day[first - 1] >= 74
        _, meanwhile = of(goes_on, replication)
        assert meanwhile[:first] == day[:first]
        assert meanwhile[first] < day[first]


def test_a_trial_that_goes_on_meanwhile_treats_all_who_come_before_the_outcome_is_known() -> None:
    found = entered(two_stages(0.0, pauses=False), 200)
    everybody = entered(open_daily(busy_trial(6.0, arms=(ONE_DOSE,), patients=100)), 200)
    for replication in range(200):
        _, came = of(everybody, replication)
        known = sorted(came)[9] + 60 + 14  # the tenth response, and the review
        expected = min(sum(day < known for day in came), 29)
        assert len(of(found, replication)[1]) == expected
    assert not found.succeeded.any()


def test_one_stage_succeeds_with_its_exact_power() -> None:
    rule = ResponseRule("single", 0.20, 0.40, 0.40, alpha_fraction=0.025, power_fraction=0.9)
    programme = open_daily(busy_trial(40.0, arms=(ONE_DOSE,), patients=100, response_rule=rule))
    design = single_arm(0.20, 0.40, 0.025, 0.9)
    found = entered(programme, 1000)
    assert set(np.bincount(found.drawn.replication).tolist()) == {design.patients}
    power = exact_power(design.patients, design.responders, 0.40)
    error = 4 * math.sqrt(power * (1 - power) / 1000)
    assert found.succeeded.mean() == pytest.approx(power, abs=error)


# -- events --------------------------------------------------------------------------------


def events(assumed: float, looks: tuple[float, ...] = (0.5, 1.0), **more: int) -> Programme:
    rule = EventRule(0.5, assumed, 180 * DAY, looks_fraction=looks, **more)
    return open_daily(busy_trial(40.0, arms=(ONE_DOSE,), patients=120, event_rule=rule))


def test_only_the_treated_ask_for_doses_and_the_trial_has_the_power_it_was_planned_with() -> None:
    found = entered(events(0.5), 300)
    counts = np.bincount(found.drawn.replication, minlength=300)
    assert counts.max() < 120
    assert found.succeeded.mean() == pytest.approx(0.9, abs=4 * math.sqrt(0.09 / 300) + 0.01)


def test_without_an_effect_a_trial_of_events_hardly_ever_succeeds() -> None:
    found = entered(events(1.0), 400)
    assert found.succeeded.mean() <= 0.025 + 4 * math.sqrt(0.025 / 400)
    treated = np.bincount(found.drawn.replication, minlength=400)
    assert treated.mean() == pytest.approx(60, abs=4 * math.sqrt(30 / 400))


def test_nobody_is_treated_after_a_look_has_ended_the_trial() -> None:
    found = entered(events(0.05), 100)
    last = np.zeros(100, dtype=np.int64)
    np.maximum.at(last, found.drawn.replication, found.first_day)
    assert found.succeeded.all()
    assert (last <= found.known_on).all()
    late = entered(events(1.0), 100)
    sooner = late.known_on - found.known_on  # the first look of a few events, and not the last
    assert sooner.mean() > 4 * sooner.std() / 10


def test_a_trial_whose_events_never_come_is_analysed_when_its_follow_up_ends() -> None:
    programme = events(0.001, (1.0,), follow_up_min=30 * DAY)
    found = entered(programme, 20)
    last = np.zeros(20, dtype=np.int64)
    np.maximum.at(last, found.drawn.replication, found.first_day)
    assert (found.known_on <= last + 30 + 60).all()


# -- what follows --------------------------------------------------------------------------


def test_what_to_expect_of_a_trial_with_a_rule_is_the_mean_of_samples() -> None:
    programme = two_stages(0.2)
    question = Question("q", "q", ("trial",), programme.from_on, programme.until_on)
    expected = sum(m.orders for m in expected_mix(programme, question))
    counts = demand_counts(programme, 9, 300).of("product").sum(axis=1)
    assert expected == pytest.approx(
        counts.mean(), abs=4 * counts.std() * math.sqrt(1 / 300 + 1 / 400)
    )


def test_a_patient_of_a_later_cohort_says_how_long_it_waits() -> None:
    finding = DoseFinding("3+3", (0.0, 0.0, 0.0), observed_min=42 * DAY, review_min=7 * DAY)
    found = patients(escalation(finding), 1, 0)
    assert [p.cohort for p in found] == [n // 3 for n in range(12)]
    assert {p.waits_days for p in found if p.cohort == 0} == {0}
    assert {p.waits_days for p in found if p.cohort > 0} == {49}
