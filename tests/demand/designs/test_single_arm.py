from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from doseline.demand.designs import (
    critical_responders,
    exact_interval,
    exact_power,
    single_arm,
)
from doseline.errors import QuantityError


@given(of=st.integers(1, 200), data=st.data(), level=st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_the_exact_interval_is_that_of_scipy(of: int, data: st.DataObject, level: float) -> None:
    count = data.draw(st.integers(0, of))
    other = binomtest(count, of).proportion_ci(level, method="exact")
    assert exact_interval(count, of, level) == pytest.approx((other.low, other.high), abs=1e-9)


@given(patients=st.integers(1, 150), null=st.floats(0.01, 0.9), alpha=st.floats(0.001, 0.3))
def test_one_responder_fewer_than_critical_could_still_be_chance(
    patients: int, null: float, alpha: float
) -> None:
    needed = critical_responders(patients, null, alpha)
    assert 1 <= needed <= patients + 1
    assert float(binom.sf(needed - 1, patients, null)) <= alpha
    assert float(binom.sf(needed - 2, patients, null)) > alpha


def test_the_smallest_trial_is_the_first_that_has_the_power() -> None:
    found = single_arm(0.20, 0.40, alpha=0.025, power=0.90)
    assert found.alpha == pytest.approx(float(binom.sf(found.responders - 1, found.patients, 0.2)))
    assert found.power == pytest.approx(float(binom.sf(found.responders - 1, found.patients, 0.4)))
    assert found.alpha <= 0.025
    assert found.power >= 0.90
    for n in range(1, found.patients):
        k = next(k for k in range(n + 2) if binom.sf(k - 1, n, 0.2) <= 0.025)
        assert binom.sf(k - 1, n, 0.4) < 0.90


def test_a_trial_succeeds_from_its_critical_number_on() -> None:
    found = single_arm(0.10, 0.30, alpha=0.05, power=0.80)
    assert found.succeeds(found.responders)
    assert not found.succeeds(found.responders - 1)


def test_power_is_sure_where_no_responder_is_needed() -> None:
    assert exact_power(10, 0, 0.0) == 1.0
    assert exact_power(10, 1, 0.0) == 0.0


@pytest.mark.parametrize(
    ("null", "alternative", "alpha", "power"),
    [
        (0.3, 0.3, 0.05, 0.8),
        (0.4, 0.3, 0.05, 0.8),
        (0.0, 0.3, 0.05, 0.8),
        (0.1, 1.0, 0.05, 0.8),
        (0.1, 0.3, 0.0, 0.8),
        (0.1, 0.3, 0.05, 1.0),
        (0.1, 0.3, 0.9, 0.8),
        (0.1, float("nan"), 0.05, 0.8),
    ],
)
def test_shares_and_errors_that_cannot_be_are_refused(
    null: float, alternative: float, alpha: float, power: float
) -> None:
    with pytest.raises(QuantityError):
        single_arm(null, alternative, alpha, power)


def test_a_difference_too_small_for_the_patients_is_refused() -> None:
    with pytest.raises(QuantityError, match="at most 50 patients"):
        single_arm(0.20, 0.25, 0.025, 0.90, at_most=50)


@pytest.mark.parametrize(("count", "of"), [(-1, 5), (6, 5), (0, 0)])
def test_a_count_beyond_its_whole_is_refused(count: int, of: int) -> None:
    with pytest.raises(QuantityError, match="count"):
        exact_interval(count, of)
