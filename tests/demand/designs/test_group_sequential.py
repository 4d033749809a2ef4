from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from doseline.demand.designs import (
    boundaries,
    crossing,
    drift_of,
    events_at,
    schoenfeld_events,
    spent,
    whole_events,
)
from doseline.errors import QuantityError

LOOKS = (0.3, 0.45, 0.8, 1.0)


def stays_below(looks: tuple[float, ...], bounds: tuple[float, ...], drift: float) -> float:
    """The chance to be below every boundary, from the joint normal of the z values (Genz)."""
    t = np.array(looks)
    together = np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t))
    below = multivariate_normal.cdf(
        np.array(bounds), drift * np.sqrt(t), together, abseps=2e-6, releps=2e-6, rng=1
    )
    return float(below)


@pytest.mark.parametrize("drift", [0.0, 1.5, 3.24, -1.0])
@pytest.mark.parametrize("bounds", [(2.5, 2.3, 2.1, 2.0), (1.0, 3.0, 0.5, 2.0)])
def test_chances_to_stop_are_those_of_the_joint_normal(
    drift: float, bounds: tuple[float, ...]
) -> None:
    for k in range(1, 5):
        total = sum(crossing(LOOKS[:k], bounds[:k], drift))
        assert total == pytest.approx(1 - stays_below(LOOKS[:k], bounds[:k], drift), abs=1e-5)


@pytest.mark.parametrize("looks", [(0.5, 0.75, 1.0), (0.3, 0.45, 0.8, 1.0), (0.6, 0.61, 0.612)])
def test_boundaries_spend_what_they_may_by_the_joint_normal(looks: tuple[float, ...]) -> None:
    bounds = boundaries(looks)
    for k in range(1, len(looks) + 1):
        used = 1 - stays_below(looks[:k], bounds[:k], 0.0)
        assert used == pytest.approx(spent(looks[k - 1]), abs=1e-5)


@settings(max_examples=25)
@given(
    cuts=st.sets(st.integers(2, 49), min_size=0, max_size=9),
    alpha=st.sampled_from([0.005, 0.025, 0.05, 0.1]),
)
def test_any_looks_up_to_the_end_spend_the_whole_error(cuts: set[int], alpha: float) -> None:
    looks = (*(k / 50 for k in sorted(cuts)), 1.0)
    bounds = boundaries(looks, alpha)
    assert sum(crossing(looks, bounds)) == pytest.approx(alpha, abs=1e-9)
    assert all(later < 40 for later in bounds)


def test_one_look_is_a_plain_test() -> None:
    assert boundaries((1.0,), 0.025)[0] == pytest.approx(float(norm.isf(0.025)), abs=1e-9)
    assert boundaries((0.4,), 0.025)[0] == pytest.approx(float(norm.isf(spent(0.4))), abs=1e-9)


def test_a_later_look_does_not_change_the_boundaries_before_it() -> None:
    assert boundaries((0.5, 0.75, 1.0))[:2] == pytest.approx(boundaries((0.5, 0.75)), abs=1e-9)


def test_a_look_with_a_boundary_of_infinity_is_no_look() -> None:
    both = crossing((0.5, 1.0), (math.inf, 1.96), drift=3.0)
    assert both[0] == 0.0
    assert both[1] == pytest.approx(float(norm.sf(1.96 - 3.0)), abs=1e-9)


def test_the_events_of_schoenfeld_give_a_plain_test_its_power() -> None:
    events = schoenfeld_events(0.7, power=0.85, alpha=0.02, treated_share=2 / 3)
    drift = drift_of(0.7, events, treated_share=2 / 3)
    assert crossing((1.0,), boundaries((1.0,), 0.02), drift)[0] == pytest.approx(0.85)


def test_uneven_arms_need_more_events() -> None:
    even = schoenfeld_events(0.6, 0.9)
    assert schoenfeld_events(0.6, 0.9, treated_share=2 / 3) == pytest.approx(even * 9 / 8)


def test_events_are_whole_and_rounded_up() -> None:
    assert [whole_events(e) for e in (87.0, 87.01)] == [87, 88]
    assert events_at((0.7, 1.0), 10) == (7, 10)
    assert events_at((0.71, 1.0), 10) == (8, 10)


@pytest.mark.parametrize(
    "looks",
    [
        (),
        (0.0, 1.0),
        (0.5, 0.5, 1.0),
        (0.8, 0.5),
        (0.5, 1.1),
        tuple(k / 11 for k in range(1, 12)),
        (float("nan"), 1.0),
    ],
)
def test_looks_that_cannot_be_are_refused(looks: tuple[float, ...]) -> None:
    with pytest.raises(QuantityError, match="look"):
        boundaries(looks)


def test_two_looks_at_the_same_event_are_refused() -> None:
    with pytest.raises(QuantityError, match="too few"):
        events_at((0.52, 0.54, 1.0), 20)


@pytest.mark.parametrize("alpha", [0.0, 0.5, float("nan")])
def test_an_error_that_cannot_be_is_refused(alpha: float) -> None:
    with pytest.raises(QuantityError, match="alpha"):
        boundaries((0.5, 1.0), alpha)
    with pytest.raises(QuantityError, match="alpha"):
        schoenfeld_events(0.6, 0.9, alpha)


def test_a_missing_boundary_is_refused() -> None:
    with pytest.raises(QuantityError, match="as many boundaries"):
        crossing((0.5, 1.0), (2.0,))


@pytest.mark.parametrize("ratio", [0.0, -1.0, 1.0, 1.5, float("nan")])
def test_a_hazard_ratio_without_benefit_needs_no_number_of_events(ratio: float) -> None:
    with pytest.raises(QuantityError):
        schoenfeld_events(ratio, 0.9)
