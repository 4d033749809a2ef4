from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import betaprime, kstest

from doseline.demand import mean_sd
from doseline.demand.coverage import (
    DrawnTrials,
    chance_of_true_end,
    coverage,
    cut_trials,
    drawn_trials,
    interval,
)
from doseline.demand.forecast import forecast
from doseline.demand.rates import RatePrior
from doseline.errors import QuantityError
from doseline.programme.trial import Enrolment

PRIOR = RatePrior(shape=2.0, per_site_month=0.5)
STAGGERED = [0.5 * n for n in range(20)]  # twenty sites, two a month


@pytest.fixture(scope="module")
def trials() -> DrawnTrials:
    return drawn_trials(PRIOR, STAGGERED, patients=120, trials=5000, seed=1)


@pytest.mark.parametrize("cut", [0.25, 0.5, 0.75])
def test_nine_in_ten_ends_lie_in_the_nine_in_ten_interval(trials: DrawnTrials, cut: float) -> None:
    then = cut_trials(trials, cut, PRIOR)
    low, high = interval(then, 0.9)
    held = (low <= then.left) & (then.left <= high)
    assert held.mean() == pytest.approx(0.9, abs=0.013)
    chance = chance_of_true_end(then)
    assert (held == ((chance >= 0.05) & (chance <= 0.95))).all()
    assert kstest(chance, "uniform").pvalue > 0.01


def test_an_estimated_prior_makes_the_interval_too_narrow() -> None:
    found = coverage(PRIOR, STAGGERED, patients=120, trials=2500, estimate=True)
    held = [at.held_90 for at in found]
    assert held == pytest.approx([0.70, 0.83, 0.88], abs=0.03)
    assert all(at.held_90 < 0.9 - 2.0 * at.error_90 for at in found[:2])
    assert all(at.held_50 < at.held_90 < at.held_95 for at in found)


def test_the_interval_narrows_as_patients_come() -> None:
    found = coverage(PRIOR, STAGGERED, patients=60, trials=500)
    widths = [at.width_90_months for at in found]
    assert widths == sorted(widths, reverse=True)
    assert [at.cut_fraction for at in found] == [0.25, 0.5, 0.75]
    assert not any(at.estimated for at in found)


def test_trials_drawn_with_all_sites_open_follow_the_beta_prime_law() -> None:
    drawn = drawn_trials(PRIOR, [0.0] * 20, patients=50, trials=3000, seed=4)
    assert kstest(drawn.at[-1] / 4.0, betaprime(50, 40).cdf).pvalue > 0.01
    assert (np.diff(drawn.at, axis=0) > 0.0).all()


def test_trials_drawn_with_staggered_sites_have_the_mean_and_spread_of_the_closed_form() -> None:
    drawn = drawn_trials(PRIOR, STAGGERED, patients=300, trials=3000, seed=5)
    counts = (drawn.at <= 12.0).sum(axis=0)
    assert counts.max() < 300
    mean, sd = mean_sd(Enrolment(0.5, 2.0), [12.0 - opens for opens in STAGGERED])
    assert counts.mean() == pytest.approx(mean, abs=3.3 * sd / math.sqrt(3000))
    assert counts.std() == pytest.approx(sd, rel=3.3 / math.sqrt(6000))
    last = ((drawn.at <= 12.0) & (drawn.site == 19)).sum(axis=0)
    mean, sd = mean_sd(Enrolment(0.5, 2.0), [12.0 - STAGGERED[19]])
    assert last.mean() == pytest.approx(mean, abs=3.3 * sd / math.sqrt(3000))
    assert last.std() == pytest.approx(sd, rel=0.1)


def test_no_patient_comes_before_the_site_opens(trials: DrawnTrials) -> None:
    assert (trials.at >= np.array(STAGGERED)[trials.site]).all()
    assert set(np.unique(trials.site)) == set(range(20))


def test_the_forecast_of_a_trial_says_what_its_interval_says() -> None:
    """The same cut by days of the calendar, where a site opens at the start of a day."""
    opens_on = [10 * n for n in range(12)]
    month = 30.4375
    drawn = drawn_trials(PRIOR, [d / month for d in opens_on], patients=40, trials=25, seed=2)
    then = cut_trials(drawn, 0.5, PRIOR)
    low, high = interval(then, 0.9)
    for n in range(25):
        cut_at = drawn.at[then.seen - 1, n] * month
        edges = cut_at + np.arange(4000.0)
        opened = np.maximum(edges - np.array(opens_on, dtype=np.float64)[:, None], 0.0) / month
        end = forecast(
            [str(s) for s in range(12)],
            [None] * 12,
            then.enrolled[:, n].astype(int).tolist(),
            cut_day=1,
            ahead=opened - opened[:, :1],
            target=40,
            prior=PRIOR,
            months=then.months[:, n].tolist(),
        ).end
        assert end.low_90 is not None
        assert end.high_90 is not None
        assert end.low_90 - 2 == pytest.approx(low[n] * month, abs=0.05)
        assert end.high_90 - 2 == pytest.approx(high[n] * month, abs=0.05)


def test_one_more_patient_wanted_leaves_the_earlier_ones_alone() -> None:
    some = drawn_trials(PRIOR, STAGGERED, patients=20, trials=50, seed=3)
    more = drawn_trials(PRIOR, STAGGERED, patients=21, trials=60, seed=3)
    assert (more.at[:20, :50] == some.at).all()
    assert (more.site[:20, :50] == some.site).all()


@pytest.mark.parametrize("cut", [0.0, 1.0])
def test_a_cut_that_splits_nothing_is_refused(cut: float) -> None:
    with pytest.raises(QuantityError, match="splits nothing"):
        coverage(PRIOR, [0.0], patients=10, cuts=[cut], trials=10)
