"""How often the forecast of the end of enrolment holds, over more trials than a quick run draws."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from doseline.demand.coverage import coverage
from doseline.demand.enrolment import arrivals
from doseline.demand.forecast import forecast, open_months
from doseline.demand.rates import RatePrior
from doseline.programme import Programme
from tests.demand.worlds import busy_trial, trial_of

pytestmark = pytest.mark.soak

PRIOR = RatePrior(shape=2.0, per_site_month=0.5)
MIDDLES = (0.5, 0.9, 0.95)


@pytest.mark.parametrize("sites", [3, 20])
def test_the_interval_holds_as_often_as_it_says(sites: int) -> None:
    opens = [10.0 * n / sites for n in range(sites)]
    trials = 30_000
    for at in coverage(PRIOR, opens, patients=6 * sites, trials=trials, seed=8):
        for held, middle in zip((at.held_50, at.held_90, at.held_95), MIDDLES, strict=True):
            error = math.sqrt(middle * (1.0 - middle) / trials)
            assert held == pytest.approx(middle, abs=4.0 * error), (at.cut_fraction, middle)


def test_an_estimated_prior_does_no_better_with_more_sites() -> None:
    """As Mountain and Sherlock say, Biometrics 78:636 (2022)."""
    quarter = [
        coverage(
            PRIOR,
            [10.0 * n / sites for n in range(sites)],
            patients=6 * sites,
            cuts=[0.25],
            trials=4000,
            estimate=True,
        )[0].held_90
        for sites in (20, 60)
    ]
    assert max(quarter) < 0.78


def sampled_world(sites: int) -> Programme:
    """Sites that open a fortnight apart, for the sampler of demand to draw arrivals in."""
    plain = busy_trial(0.5)
    first = trial_of(plain).from_on
    made = tuple(
        replace(plain.sites[0], id=f"site-{n}", active_from_on=first + timedelta(days=14 * n))
        for n in range(sites)
    )
    trial = replace(trial_of(plain), sites=tuple(s.id for s in made))
    return replace(plain, sites=made, trials=(trial,))


def test_the_forecast_holds_for_the_arrivals_that_the_sampler_draws() -> None:
    """A second simulation, cut at the end of a day of the calendar."""
    programme = sampled_world(20)
    trial = trial_of(programme)
    cut_day = trial.from_on.toordinal() + 240
    opened = [trial.from_on.toordinal() + 14 * n for n in range(20)]
    ahead = open_months(opened, [None] * 20, cut_day=cut_day, days=3000)
    drawn = arrivals(programme, trial, 12, range(600))
    held = []
    for replication in range(600):
        here = drawn.replication == replication
        at, site = drawn.at[here], drawn.site[here]
        seen = int((at < cut_day + 1).sum())
        if seen >= 90 or len(at) < 90:
            continue
        now = forecast(
            trial.sites,
            [day if day <= cut_day else None for day in opened],
            np.bincount(site[:seen], minlength=20).tolist(),
            cut_day=cut_day,
            ahead=ahead,
            target=90,
            prior=PRIOR,
        )
        assert now.end.low_90 is not None
        assert now.end.high_90 is not None
        held.append(now.end.low_90 <= at[89] <= now.end.high_90)
    assert len(held) > 550
    assert float(np.mean(held)) == pytest.approx(0.9, abs=3.3 * 0.3 / math.sqrt(len(held)))
