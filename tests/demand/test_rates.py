from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import gammaincinv
from scipy.stats import gamma, nbinom

from doseline.chance import stream, uniform_array
from doseline.demand.luck import Floats
from doseline.demand.rates import (
    MOST_SHAPE,
    RatePrior,
    estimated_prior,
    most_likely,
    posterior,
    posterior_rates,
    site_posteriors,
)
from doseline.errors import QuantityError

PRIOR = RatePrior(shape=2.0, per_site_month=0.5)


def drawn(seed: int, months: Floats) -> Floats:
    """Patients of sites with rates of the prior, open for so many months."""
    number = np.arange(len(months), dtype=np.uint64)
    rate = gammaincinv(2.0, uniform_array(stream(seed, 0, "test:rate"), number)) / 4.0
    share = uniform_array(stream(seed, 0, "test:count"), number)
    return np.asarray(
        [nbinom.ppf(u, 1e7, 1e7 / (1e7 + m)) for u, m in zip(share, rate * months, strict=True)]
    )


def test_without_data_the_rates_drawn_are_those_of_the_prior() -> None:
    share = uniform_array(stream(7, 3, "rate:t"), np.arange(50, dtype=np.uint64))
    found = posterior_rates(RatePrior(1.6, 0.7), np.zeros(50), np.zeros(50), share)
    as_sampled = gammaincinv(1.6, share) / 1.6 * 0.7  # how demand.enrolment draws them
    assert found == pytest.approx(as_sampled, rel=1e-13)


def test_the_rate_of_a_site_given_its_data_is_gamma() -> None:
    (site,) = site_posteriors(PRIOR, ("a",), np.array([6]), np.array([8.0]))
    law = gamma(8.0, scale=1 / 12.0)
    assert (site.patients, site.months, site.shape, site.rate) == (6, 8.0, 8.0, 12.0)
    assert site.per_month == pytest.approx(law.mean())
    assert (site.low_90, site.high_90) == pytest.approx(law.interval(0.9))


def test_rates_drawn_given_the_data_have_the_mean_and_spread_of_the_posterior() -> None:
    share = uniform_array(stream(1, 0, "u"), np.arange(20_000, dtype=np.uint64))
    rates = posterior_rates(PRIOR, 6, 8.0, share)
    sd = math.sqrt(8.0) / 12.0
    assert rates.mean() == pytest.approx(8.0 / 12.0, abs=3.3 * sd / math.sqrt(20_000))
    assert rates.std() == pytest.approx(sd, rel=0.03)


def test_a_site_open_for_long_speaks_for_itself_and_a_new_one_is_as_the_others() -> None:
    shape, rate = posterior(2.0, 0.5, [0, 0, 900], [0.0, 300.0, 300.0])
    assert (shape / rate)[0] == 0.5
    assert (shape / rate)[1] < 0.01
    assert (shape / rate)[2] == pytest.approx(3.0, rel=0.02)


@pytest.mark.parametrize("seed", range(6))
def test_the_estimate_is_the_maximum_that_an_optimiser_finds(seed: int) -> None:
    months = np.linspace(2.0, 14.0, 12)
    counts = drawn(seed, months)

    def unlikely(logs: Floats) -> float:
        shape, mean = np.exp(logs)
        chance = nbinom.logpmf(counts, shape, shape / (shape + mean * months))
        return -float(chance.sum())

    limits = [(math.log(0.01), math.log(MOST_SHAPE)), (-5.0, 3.0)]
    best = min(
        (
            minimize(unlikely, [start, -0.7], bounds=limits, method="L-BFGS-B", tol=1e-12)
            for start in (-1.0, 0.7, 3.0)
        ),
        key=lambda run: float(run.fun),
    )
    prior = estimated_prior(counts, months)
    assert unlikely(np.log([prior.shape, prior.per_site_month])) <= best.fun + 1e-7
    if not prior.capped:
        assert prior.shape == pytest.approx(math.exp(best.x[0]), rel=1e-3)
    assert prior.per_site_month == pytest.approx(math.exp(best.x[1]), rel=1e-3)


def test_many_sites_tell_their_prior() -> None:
    months = np.linspace(6.0, 24.0, 1500)
    prior = estimated_prior(drawn(9, months), months)
    assert prior.shape == pytest.approx(2.0, abs=0.3)
    assert prior.per_site_month == pytest.approx(0.5, abs=0.03)
    assert (prior.estimated, prior.capped) == (True, False)


def test_many_trials_at_once_are_estimated_as_each_alone() -> None:
    months = np.linspace(2.0, 14.0, 12)
    counts = np.stack([drawn(s, months) for s in range(5)], axis=1)
    shape, mean = most_likely(counts, np.repeat(months[:, None], 5, axis=1))
    for n in range(5):
        alone = estimated_prior(counts[:, n], months)
        assert (shape[n], mean[n]) == pytest.approx((alone.shape, alone.per_site_month), rel=1e-9)


def test_sites_that_agree_better_than_chance_have_their_shape_capped_and_say_so() -> None:
    prior = estimated_prior([4, 4, 4, 5], [8.0, 8.0, 8.0, 10.0])
    assert (prior.shape, prior.capped) == (MOST_SHAPE, True)
    assert prior.per_site_month == pytest.approx(0.5, rel=1e-6)


def test_one_site_that_enrols_all_does_not_break_the_estimate() -> None:
    prior = estimated_prior([80, 0, 0, 0, 0, 0], [9.0] * 6)
    assert 0.01 < prior.shape < 0.2
    assert prior.per_site_month == pytest.approx(80 / 54.0, rel=1e-6)


def test_the_mean_is_that_at_which_the_likelihood_is_flat() -> None:
    counts, months = np.array([80.0, 0.0, 0.0, 0.0, 1.0]), np.array([1.0, 20.0, 3.0, 40.0, 14.0])
    prior = estimated_prior(counts, months)
    expected = prior.per_site_month * months
    score = (counts - expected) / (prior.shape + expected)
    assert prior.per_site_month > 3 * counts.sum() / months.sum()  # far from where the search began
    assert score.sum() == pytest.approx(0.0, abs=1e-9)


def test_a_site_that_has_not_opened_does_not_change_the_estimate() -> None:
    with_it = estimated_prior([1, 7, 3, 0], [4.0, 9.0, 9.0, 0.0])
    without = estimated_prior([1, 7, 3], [4.0, 9.0, 9.0])
    assert with_it.shape == pytest.approx(without.shape, rel=1e-9)
    assert with_it.per_site_month == pytest.approx(without.per_site_month, rel=1e-9)


def test_what_the_data_cannot_say_is_refused() -> None:
    with pytest.raises(QuantityError, match="nobody has enrolled yet"):
        estimated_prior([0, 0, 0], [3.0, 2.0, 1.0])
    with pytest.raises(QuantityError, match="one site that has been open"):
        estimated_prior([5, 0], [3.0, 0.0])


@pytest.mark.parametrize(("shape", "mean"), [(0.0, 0.5), (2.0, -1.0), (math.inf, 1.0)])
def test_a_prior_that_cannot_be_is_refused(shape: float, mean: float) -> None:
    with pytest.raises(QuantityError, match="must be above 0"):
        RatePrior(shape, mean)
