"""Which trials have first doses in closed form, and which take the mean of samples."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from doseline.demand.entries import trial_entries
from doseline.demand.starts import SAMPLES, has_closed_form, sampled_starts, trial_starts
from doseline.operations.routes import ways_of
from doseline.programme.product import Triangular
from doseline.programme.trial import Arm, Enrolment, RegionEnrolment
from doseline.programme.trial_rules import DoseFinding, EventRule, ResponseRule
from tests.demand.worlds import FLAT, ONE_DOSE, busy_trial, trial_of

DAY = 1440
JAPAN = RegionEnrolment(("JP",), 2.0)
PLAIN = {
    "as it is": {},
    "a stagger": {"arms": (replace(ONE_DOSE, stagger_min=7 * DAY),)},
    "an arm that opens later": {"arms": (replace(ONE_DOSE, from_on=date(2024, 6, 3)),)},
    "a limit of patients": {"patients": 12},
    "a region with a rate of its own": {"enrolment": Enrolment(1.0, 2.0, (JAPAN,))},
    "seasons": {"enrolment": Enrolment(1.0, 2.0, seasons=(0.5,) * 6 + (1.5,) * 6)},
    "a screening of stated length": {"screening_min": 14 * DAY},
}
OTHERS = {
    "dose finding": {"dose_finding": DoseFinding("3+3", (0.1,))},
    "a rule on responses": {"response_rule": ResponseRule("optimal", 0.1, 0.3, 0.2)},
    "looks at events": {"event_rule": EventRule(0.5, 0.5, 180 * DAY)},
    "a limit of a site": {"enrolment": Enrolment(1.0, 2.0, site_patients=5)},
    "a limit of a region": {"enrolment": Enrolment(1.0, 2.0, (replace(JAPAN, patients=5),))},
    "an observed cohort": {"arms": (replace(ONE_DOSE, observed_min=56 * DAY),)},
    "a screening that is drawn": {"screening_chance": Triangular(7 * DAY, 14 * DAY, 21 * DAY)},
    "patience": {"waits_min": 60 * DAY},
    "no patience at all": {"waits_min": 0},
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_trial_in_which_nobody_waits_for_another_has_a_closed_form(name: str) -> None:
    assert has_closed_form(trial_of(busy_trial(**PLAIN[name])))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", OTHERS)
def test_a_trial_with_a_rule_a_cap_an_observation_or_patience_has_none(name: str) -> None:
    assert not has_closed_form(trial_of(busy_trial(**OTHERS[name])))  # type: ignore[arg-type]


def test_where_there_is_no_closed_form_the_mean_of_samples_stands_for_it() -> None:
    first, days = date(2024, 1, 1).toordinal(), 400
    programme = busy_trial(2.0, waits_min=60 * DAY, patients=40)
    found = trial_starts(programme, trial_of(programme), first, days)
    sampled = sampled_starts(programme, trial_of(programme), first, days)
    assert found.keys() == sampled.keys() == {0}
    assert (found[0] == sampled[0]).all()
    counts = found[0] * SAMPLES
    assert counts == pytest.approx(counts.round(), abs=1e-9)
    # in closed form the days before the first patient can be ready are no whole 400ths
    plain = busy_trial(2.0, patients=40)
    smooth = trial_starts(plain, trial_of(plain), first, days)[0] * SAMPLES
    assert abs(smooth - smooth.round()).max() > 0.1


def test_arms_that_fill_one_after_the_other_are_in_closed_form_what_they_are_in_samples() -> None:
    first, days = date(2024, 1, 1).toordinal(), 1200
    arms = (replace(ONE_DOSE, patients=5), Arm("two", FLAT, ONE_DOSE.visits))
    programme = busy_trial(2.0, arms=arms, patients=40)
    trial = trial_of(programme)
    assert has_closed_form(trial)
    found = trial_starts(programme, trial, first, days)
    drawn = trial_entries(programme, ways_of(programme), trial, 7, range(400))
    for arm in (0, 1):
        here = drawn.drawn.replication[drawn.arm == arm]
        counts = np.bincount(here, minlength=400)
        error = 4 * counts.std() / 20
        assert found[arm].sum() == pytest.approx(counts.mean(), abs=max(error, 1e-3))
