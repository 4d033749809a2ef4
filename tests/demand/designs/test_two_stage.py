from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from scipy.stats import binom

from doseline.demand.designs import (
    SimonDesign,
    TwoStage,
    chance_of_success,
    chance_to_stop_early,
    expected_patients,
    simon_minimax,
    simon_optimal,
)
from doseline.errors import QuantityError


def success_by_counting(r1: int, n1: int, r: int, n: int, share: float) -> float:
    """Every pair of first and second stage results, counted one by one."""
    total = 0.0
    for first, second in product(range(n1 + 1), range(n - n1 + 1)):
        if first > r1 and first + second > r:
            total += float(binom.pmf(first, n1, share) * binom.pmf(second, n - n1, share))
    return total


def all_designs(
    null: float, alternative: float, alpha: float, power: float, most: int
) -> list[tuple[float, int, tuple[int, int, int, int]]]:
    """Every two-stage rule up to so many patients that keeps alpha and power, with what it costs.

    By plain arrays over all r1 and r, without the cuts of the search.
    """
    found = []
    for n in range(2, most + 1):
        for n1 in range(1, n):
            first, r = np.arange(n1 + 1), np.arange(n)
            rejects = binom.sf(r[None, :] - first[:, None], n - n1, null)
            detects = binom.sf(r[None, :] - first[:, None], n - n1, alternative)
            for r1 in range(n1):
                on = first > r1
                size = binom.pmf(first[on], n1, null) @ rejects[on]
                strength = binom.pmf(first[on], n1, alternative) @ detects[on]
                expected = n1 + float(binom.sf(r1, n1, null)) * (n - n1)
                for k in np.flatnonzero((size <= alpha) & (strength >= power)).tolist():
                    if k >= r1:
                        found.append((expected, n, (r1, n1, k, n)))
    return found


@pytest.mark.parametrize(
    ("null", "alternative", "alpha", "power", "most"),
    [
        (0.05, 0.25, 0.05, 0.80, 20),
        (0.30, 0.70, 0.10, 0.80, 16),
        (0.10, 0.40, 0.10, 0.85, 18),
        (0.10, 0.90, 0.05, 0.80, 6),  # the first stage alone would do
    ],
)
def test_no_rule_that_keeps_both_errors_beats_the_ones_found(
    null: float, alternative: float, alpha: float, power: float, most: int
) -> None:
    every = all_designs(null, alternative, alpha, power, most)
    assert every
    optimal = simon_optimal(null, alternative, alpha, power, at_most=most)
    minimax = simon_minimax(null, alternative, alpha, power, at_most=most)
    assert optimal.patients_null == pytest.approx(min(e for e, _, _ in every), abs=1e-9)
    fewest = min(n for _, n, _ in every)
    assert minimax.rule.n == fewest
    assert minimax.patients_null == pytest.approx(min(e for e, n, _ in every if n == fewest))
    for found in (optimal, minimax):
        rule = found.rule
        assert (rule.r1, rule.n1, rule.r, rule.n) in [design for _, _, design in every]


def test_a_larger_limit_does_not_change_the_optimum() -> None:
    assert simon_optimal(0.05, 0.25, 0.05, 0.80, 60) == simon_optimal(0.05, 0.25, 0.05, 0.80, 300)


def test_the_figures_of_a_design_are_its_exact_chances() -> None:
    found = simon_optimal(0.20, 0.40, alpha=0.05, power=0.80)
    rule = found.rule
    numbers = rule.r1, rule.n1, rule.r, rule.n
    assert found.alpha == pytest.approx(success_by_counting(*numbers, 0.20))
    assert found.power == pytest.approx(success_by_counting(*numbers, 0.40))
    assert found.early_stop_null == pytest.approx(float(binom.cdf(rule.r1, rule.n1, 0.20)))
    assert found.patients_null == pytest.approx(
        rule.n1 + (1 - found.early_stop_null) * (rule.n - rule.n1)
    )


@pytest.mark.parametrize("share", [0.0, 0.07, 0.5, 1.0])
def test_a_rule_of_ones_own_has_exact_chances_too(share: float) -> None:
    rule = TwoStage(r1=2, n1=9, r=5, n=21)
    assert chance_of_success(rule, share) == pytest.approx(
        success_by_counting(2, 9, 5, 21, share), abs=1e-12
    )
    stops = float(binom.cdf(2, 9, share))
    assert chance_to_stop_early(rule, share) == pytest.approx(stops)
    assert expected_patients(rule, share) == pytest.approx(9 * stops + 21 * (1 - stops))


def test_a_trial_goes_on_above_r1_and_succeeds_above_r() -> None:
    rule = TwoStage(r1=1, n1=10, r=5, n=29)
    assert [rule.continues(k) for k in (0, 1, 2)] == [False, False, True]
    assert [rule.succeeds(k) for k in (5, 6)] == [False, True]


@pytest.mark.parametrize("numbers", [(-1, 5, 2, 9), (5, 5, 6, 9), (1, 9, 2, 9), (3, 5, 2, 9)])
def test_a_rule_out_of_order_is_refused(numbers: tuple[int, int, int, int]) -> None:
    with pytest.raises(QuantityError, match="no two-stage design"):
        TwoStage(*numbers)


@pytest.mark.parametrize("search", [simon_optimal, simon_minimax])
def test_what_cannot_be_designed_is_refused(search: Callable[..., SimonDesign]) -> None:
    with pytest.raises(QuantityError, match="null share"):
        search(0.30, 0.10, 0.05, 0.80)
    with pytest.raises(QuantityError, match="alpha"):
        search(0.10, 0.30, 0.05, 1.0)
    with pytest.raises(QuantityError, match="at most 20 patients"):
        search(0.10, 0.30, 0.05, 0.80, at_most=20)
