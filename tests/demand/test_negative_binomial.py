from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom

from doseline.demand.luck import Floats
from doseline.demand.negative_binomial import (
    chance_by,
    count_chances,
    mean_months_to,
    months_to,
)
from doseline.errors import QuantityError

SHAPE = np.array([2.0, 7.0, 0.4, 13.0])
RATE = np.array([4.0, 9.5, 1.0, 20.0])
MONTHS = np.array([[6.0, 30.0], [0.0, 11.0], [12.0, 14.0], [3.0, 3.5]])


def by_fourier(shape: Floats, rate: Floats, months: Floats, points: int = 4096) -> Floats:
    """The same chances from the generating function on the unit circle."""
    z = np.exp(-2j * np.pi * np.arange(points) / points)
    q = months / (rate + months)
    log_g = (shape[:, None] * (np.log1p(-q)[:, None] - np.log(1.0 - q[:, None] * z))).sum(axis=0)
    return np.asarray(np.fft.ifft(np.exp(log_g)).real, dtype=np.float64)


@pytest.mark.parametrize("column", [0, 1])
def test_the_recursion_gives_what_a_fourier_transform_of_the_generating_function_gives(
    column: int,
) -> None:
    found = count_chances(120, SHAPE, RATE, MONTHS)[:, column]
    assert found == pytest.approx(by_fourier(SHAPE, RATE, MONTHS[:, column])[:121], abs=1e-13)


def test_equal_sites_are_one_negative_binomial() -> None:
    found = count_chances(200, np.full(20, 2.0), np.full(20, 4.0), np.full((20, 1), 12.0))[:, 0]
    assert found == pytest.approx(nbinom.pmf(np.arange(201), 40, 4 / 16), rel=1e-12)


def test_a_chance_of_none_that_is_too_small_for_a_float_spoils_nothing() -> None:
    shape, rate = np.full(20, 1000.0), np.full(20, 100.0)  # none: exp(-2267)
    found = count_chances(3000, shape, rate, np.full((20, 1), 12.0))[:, 0]
    assert found == pytest.approx(nbinom.pmf(np.arange(3001), 20_000, 100 / 112), abs=1e-13)
    assert found.max() > 0.007
    assert found.sum() == pytest.approx(1.0)


def test_the_chance_of_enough_is_that_of_not_too_few() -> None:
    few = count_chances(29, SHAPE, RATE, MONTHS).sum(axis=0)
    assert chance_by(30, SHAPE, RATE, MONTHS) == pytest.approx(1.0 - few, abs=1e-14)


def test_a_column_of_shapes_for_each_trial_gives_what_each_trial_alone_gives() -> None:
    shape, rate = np.stack([SHAPE, SHAPE + 3.0], axis=1), np.stack([RATE, RATE + 1.0], axis=1)
    both = chance_by(12, shape, rate, MONTHS)
    alone = [chance_by(12, shape[:, n], rate[:, n], MONTHS[:, n : n + 1])[0] for n in (0, 1)]
    assert both == pytest.approx(alone, abs=1e-15)


def test_nobody_comes_where_no_site_is_open_and_nobody_is_needed_for_none() -> None:
    shut = np.zeros((4, 1))
    assert chance_by(1, SHAPE, RATE, shut).tolist() == [0.0]
    assert chance_by(0, SHAPE, RATE, shut).tolist() == [1.0]


@given(
    shape=st.lists(st.floats(0.01, 1000.0), min_size=3, max_size=3),
    mean=st.lists(st.floats(0.01, 3.0), min_size=3, max_size=3),
    months=st.lists(st.floats(0.0, 40.0), min_size=3, max_size=3),
    more=st.floats(0.0, 10.0),
    needed=st.integers(1, 60),
)
def test_more_open_time_never_makes_enough_patients_less_likely(
    shape: list[float], mean: list[float], months: list[float], more: float, needed: int
) -> None:
    a = np.array(shape)
    now = np.array(months)
    days = np.stack([now, now + np.array([more, 0.0, 0.0])], axis=1)
    less, later = chance_by(needed, a, a / np.array(mean), days)
    assert 0.0 <= less <= later + 1e-12 <= 1.0 + 1e-12


def test_a_mean_time_needs_a_shape_above_one() -> None:
    assert mean_months_to(3, shape=2.5, rate=4.0) == 8.0
    with pytest.raises(QuantityError, match="more than 1 in all"):
        mean_months_to(3, shape=1.0, rate=4.0)


def test_the_beta_prime_time_and_the_negative_binomial_number_are_one_law() -> None:
    shape, rate, late = np.full(20, 2.0), np.full(20, 4.0), 0.95
    at = months_to(50, 40.0, 4.0, late)
    assert chance_by(50, shape, rate, np.full((20, 1), at))[0] == pytest.approx(late, abs=1e-12)
