"""The forecast of enrolment against the closed forms of Anisimov and Fedorov.

Modelling, prediction and adaptive adjustment of recruitment in multicentre trials, Statistics in
Medicine 26 (2007): the number of patients is negative binomial, the time to the n-th is Pearson's
type VI. The case: twenty sites with rates of gamma(shape 2, rate 4) a month, all open from the
start; the reference case's parameter sheet has the same figures.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import trapezoid
from scipy.stats import betaprime

from doseline.demand.coverage import drawn_trials
from doseline.demand.forecast import wait
from doseline.demand.luck import Floats
from doseline.demand.negative_binomial import (
    chance_by,
    count_chances,
    mean_months_to,
    months_to,
)
from doseline.demand.rates import RatePrior

SHAPE, RATE = np.full(20, 2.0), np.full(20, 4.0)
PRIOR = RatePrior(shape=2.0, per_site_month=0.5)


def all_open(months: Floats) -> Floats:
    return np.broadcast_to(months, (20, len(months)))


def test_twelve_months_bring_120_patients_with_a_deviation_of_21_9() -> None:
    chance = count_chances(600, SHAPE, RATE, all_open(np.array([12.0])))[:, 0]
    number = np.arange(601)
    mean = float((chance * number).sum())
    assert chance.sum() == pytest.approx(1.0, abs=1e-12)
    assert mean == pytest.approx(120.0, abs=1e-6)
    assert math.sqrt(float((chance * (number - mean) ** 2).sum())) == pytest.approx(21.9, abs=0.01)
    at_most = np.cumsum(chance)
    assert (int((at_most < 0.05).sum()), int((at_most < 0.95).sum())) == (86, 158)


def test_the_fiftieth_patient_comes_after_5_128_months_on_average() -> None:
    assert mean_months_to(50, shape=40.0, rate=4.0) == pytest.approx(5.128, abs=5e-4)
    grid = np.linspace(0.0, 40.0, 4001)
    still_waiting = 1.0 - chance_by(50, SHAPE, RATE, all_open(grid))
    assert trapezoid(still_waiting, grid) == pytest.approx(50 * 4 / 39, abs=1e-6)


def test_nine_in_ten_fiftieth_patients_come_in_3_54_to_7_13_months() -> None:
    """The sheet's 3.54 is 3.5345 exactly."""
    shares = np.array([0.05, 0.95])
    found = wait(50, shares, SHAPE, RATE, all_open, 100.0)
    assert found == pytest.approx([3.54, 7.13], abs=0.01)
    closed = [months_to(50, 40.0, 4.0, share) for share in (0.05, 0.95)]
    assert found == pytest.approx(closed, abs=1e-9)


@pytest.mark.parametrize("number", [1, 50, 120])
def test_the_chance_by_every_month_is_the_beta_prime_law(number: int) -> None:
    months = np.linspace(0.0, 36.0, 73)
    found = chance_by(number, SHAPE, RATE, all_open(months))
    assert found == pytest.approx(betaprime.cdf(months / 4.0, number, 40), abs=1e-12)


def test_simulated_trials_agree_with_both() -> None:
    trials = 4000
    drawn = drawn_trials(PRIOR, [0.0] * 20, patients=240, trials=trials, seed=11)
    by_twelve = (drawn.at <= 12.0).sum(axis=0)
    assert by_twelve.max() < 240
    assert by_twelve.mean() == pytest.approx(120.0, abs=3.3 * 21.9 / math.sqrt(trials))
    assert by_twelve.std() == pytest.approx(21.9, rel=3.3 / math.sqrt(2 * trials))
    fiftieth = drawn.at[49]
    error = fiftieth.std() / math.sqrt(trials)
    assert fiftieth.mean() == pytest.approx(50 * 4 / 39, abs=3.3 * error)
    early = (fiftieth <= months_to(50, 40.0, 4.0, 0.05)).mean()
    late = (fiftieth > months_to(50, 40.0, 4.0, 0.95)).mean()
    assert (early, late) == (pytest.approx(0.05, abs=0.012), pytest.approx(0.05, abs=0.012))
