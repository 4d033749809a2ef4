"""How often a trial's own rule succeeds in the futures as they are played."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from doseline.chance import stable_hash
from doseline.clock import WEEKDAYS
from doseline.demand import Drawing, EnrolmentSoFar, demand_counts, successes
from doseline.demand.designs import chance_of_success, simon_optimal
from doseline.demand.entries import Entries, trial_entries
from doseline.demand.luck import Drawn
from doseline.operations.routes import ways_of
from doseline.programme import Programme
from doseline.programme.scenario import Scenario, Shock
from doseline.programme.trial_rules import EventRule, ResponseRule
from tests.demand.worlds import ONE_DOSE, busy_trial, trial_of, with_trial

DAY = 1440
FIRST_STAGE, WHOLE = 10, 29


def open_daily(programme: Programme) -> Programme:
    sites = tuple(replace(s, treatment_weekdays=WEEKDAYS) for s in programme.sites)
    return replace(programme, sites=sites)


def simon(assumed: float, pauses: bool = True) -> Programme:
    """Ten patients, then nineteen more: 0.10 against 0.30."""
    rule = ResponseRule("optimal", 0.10, 0.30, assumed, observed_min=60 * DAY, pauses=pauses)
    return open_daily(busy_trial(6.0, arms=(ONE_DOSE,), patients=100, response_rule=rule))


def events(assumed: float) -> Programme:
    rule = EventRule(0.5, assumed, 180 * DAY, looks_fraction=(0.5, 1.0))
    return open_daily(busy_trial(40.0, arms=(ONE_DOSE,), patients=120, event_rule=rule))


def record(patients: int, cut_on: date, each_days: int = 1) -> EnrolmentSoFar:
    """So many patients in turn at both sites from the first of January on."""
    began = date(2024, 1, 1)
    sites = ("reykjavik", "tokyo")
    return EnrolmentSoFar(
        cut_on,
        dict.fromkeys(sites, began),
        tuple((sites[n % 2], began + timedelta(days=1 + each_days * n)) for n in range(patients)),
    )


def entered(programme: Programme, replications: int, seen: EnrolmentSoFar | None) -> Entries:
    trial = trial_of(programme)
    return trial_entries(programme, ways_of(programme), trial, 1, range(replications), so_far=seen)


def treated(found: Entries, replications: int) -> list[int]:
    counts: list[int] = np.bincount(found.drawn.replication, minlength=replications).tolist()
    return counts


# -- as played -----------------------------------------------------------------------------


def test_a_trial_that_fills_succeeds_as_often_as_its_textbook_says() -> None:
    programme = simon(0.25)
    found = successes(programme, trial_of(programme), 1, 1500, Drawing())
    exact = chance_of_success(simon_optimal(0.10, 0.30, alpha=0.05, power=0.80).rule, 0.25)
    assert found.mean() == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 1500))


def test_the_futures_are_those_that_are_counted_however_many_are_drawn_at_once() -> None:
    programme = simon(0.2)
    found = successes(programme, trial_of(programme), 1, 300, Drawing())
    assert len(found) == 300
    assert found.tolist() == entered(programme, 300, None).succeeded.astype(bool).tolist()
    # a future that succeeds has had its second stage
    people = demand_counts(programme, 1, 300).of("patients")[:, 0]
    assert set(people[found]) == {WHOLE}
    assert set(people[~found]) == {FIRST_STAGE, WHOLE}


def test_a_trial_that_closes_before_its_second_stage_has_not_succeeded() -> None:
    programme = with_trial(simon(1.0), until_on=date(2024, 2, 20))
    assert successes(simon(1.0), trial_of(simon(1.0)), 1, 50, Drawing()).all()
    found = entered(programme, 50, None)
    full = np.array(treated(found, 50)) >= FIRST_STAGE
    assert 0 < full.sum() < 50
    played = successes(programme, trial_of(programme), 1, 50, Drawing())
    assert played.tolist() == full.tolist()


def test_a_shock_that_holds_enrolment_lets_no_trial_succeed() -> None:
    programme = simon(1.0)
    shock = Shock("trial", ("trial",), date(2024, 1, 1), None, 0.0)
    held = Scenario("held", "enrolment is held", (shock,))
    found = successes(programme, trial_of(programme), 1, 20, Drawing(scenario=held))
    assert not found.any()


# -- records joined with rules -------------------------------------------------------------


@pytest.mark.parametrize("pauses", [True, False])
def test_a_record_beyond_the_first_stage_has_passed_it_whatever_is_drawn(pauses: bool) -> None:
    programme = simon(0.0, pauses)
    assert min(treated(entered(programme, 30, None), 30)) < WHOLE
    found = entered(programme, 30, record(FIRST_STAGE + 1, date(2024, 1, 31)))
    assert treated(found, 30) == [WHOLE] * 30
    assert not found.succeeded.any()  # the responses are drawn all the same


def test_a_record_of_the_first_stage_alone_leaves_its_outcome_open() -> None:
    seen = record(FIRST_STAGE, date(2024, 1, 31))
    assert treated(entered(simon(0.0), 30, seen), 30) == [FIRST_STAGE] * 30
    passed = entered(simon(1.0), 30, seen)
    assert treated(passed, 30) == [WHOLE] * 30
    assert passed.succeeded.all()
    # the eleventh waits for the outcome of the ten, all of whom came by 11 January
    for replication in range(30):
        days = np.sort(passed.first_day[passed.drawn.replication == replication])
        assert days[FIRST_STAGE] - days[FIRST_STAGE - 1] >= 60


def test_a_record_within_the_first_stage_is_filled_up_as_the_rule_says() -> None:
    seen = record(4, date(2024, 1, 31))
    found = entered(simon(0.0), 30, seen)
    assert treated(found, 30) == [FIRST_STAGE] * 30
    for replication in range(30):
        days = np.sort(found.first_day[found.drawn.replication == replication])
        assert (days[:4] <= date(2024, 1, 31).toordinal()).all()
        assert (days[4:] > date(2024, 1, 31).toordinal()).all()


def test_no_look_of_a_trial_of_events_ended_it_before_the_last_day_of_its_record() -> None:
    programme, seen = events(0.05), record(110, date(2025, 10, 31))
    cut = seen.cut_on.toordinal()
    early = entered(programme, 40, record(110, date(2024, 4, 30)))
    assert (early.known_on < cut).all()  # the first look, half a year or more before the cut
    found = entered(programme, 40, seen)
    assert (found.known_on > cut).all()
    assert found.succeeded.all()


def test_whoever_is_on_record_in_a_trial_of_events_stays_though_a_look_ends_it() -> None:
    programme, seen = events(0.05), record(110, date(2024, 4, 30))
    trial, ranks = trial_of(programme), np.arange(55, dtype=np.uint64)
    found = entered(programme, 5, seen)
    for replication in range(5):
        mine = found.drawn.replication == replication
        for row, site in enumerate(trial.sites):
            whole = np.full(55, replication)
            entity = np.full(55, stable_hash(site), dtype=np.uint64)
            group = Drawn(1, trial.id, whole, entity, ranks).uniforms("group")[:, 0]
            known = set(ranks[group < 0.5].tolist())  # controls ask for no dose
            came = set(found.drawn.rank[mine & (found.site == row)].tolist())
            assert known == {n for n in came if n < 55}
