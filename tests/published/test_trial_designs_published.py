"""Trial designs against the numbers of the papers that describe them."""

from __future__ import annotations

import math

import pytest

from doseline.demand.designs import (
    Boin,
    boin_boundaries,
    boin_table,
    boundaries,
    critical_responders,
    exact_interval,
    exact_power,
    schoenfeld_events,
    simon_minimax,
    simon_optimal,
    whole_events,
)


@pytest.mark.parametrize(
    ("null", "alternative", "alpha", "power", "optimal", "minimax"),
    [
        (0.05, 0.25, 0.05, 0.80, "0/9 2/17", "0/12 2/16"),
        (0.10, 0.30, 0.05, 0.80, "1/10 5/29", "1/15 5/25"),
        (0.20, 0.40, 0.05, 0.80, "3/13 12/43", "4/18 10/33"),
        (0.10, 0.30, 0.10, 0.90, "1/12 5/35", "1/16 4/25"),
    ],
)
def test_simons_two_stage_designs(
    null: float, alternative: float, alpha: float, power: float, optimal: str, minimax: str
) -> None:
    """Simon, Controlled Clinical Trials 10 (1989) 1-10, tables of designs, as r1/n1 r/n."""
    assert str(simon_optimal(null, alternative, alpha, power).rule) == optimal
    assert str(simon_minimax(null, alternative, alpha, power).rule) == minimax


@pytest.mark.parametrize(
    ("target", "low", "high"),
    [
        (0.20, 0.157, 0.238),
        (0.25, 0.197, 0.298),
        (0.30, 0.236, 0.359),
        (0.33, 0.260, 0.395),
        (0.35, 0.276, 0.419),
    ],
)
def test_the_boundaries_of_boin(target: float, low: float, high: float) -> None:
    """Liu and Yuan, Journal of the Royal Statistical Society C 64 (2015) 507-523."""
    found = boin_boundaries(target)
    assert (round(found[0], 3), round(found[1], 3)) == (low, high)


def test_the_boundaries_of_boin_to_seven_places() -> None:
    """The vignette of the R package simFastBOIN, for a target of 0.30."""
    assert boin_boundaries(0.30) == pytest.approx((0.2364907, 0.3585195), abs=5e-8)


def test_where_boin_gives_a_level_up() -> None:
    """Target 0.25, Pr(p > 0.25) > 0.95 under a uniform prior (Liu and Yuan, 2015)."""
    table = boin_table(Boin(target=0.25, patients=30), 12)
    assert [table[n - 1].eliminate_at_least for n in (3, 6, 9, 12)] == [3, 4, 5, 6]
    assert [table[n - 1].eliminate_at_least for n in (1, 2)] == [None, None]


def test_boundaries_of_the_o_brien_fleming_type() -> None:
    """Spending of Lan and DeMets, Biometrika 70 (1983) 659-663; one-sided 0.025."""
    assert boundaries((0.5, 0.75, 1.0)) == pytest.approx((2.963, 2.359, 2.014), abs=5e-4)


@pytest.mark.parametrize(
    ("ratio", "exact", "whole_part", "needed"),
    [(0.5, 87.48, 87, 88), (0.6, 161.07, 161, 162), (0.65, 226.48, 226, 227)],
)
def test_the_events_of_schoenfeld(ratio: float, exact: float, whole_part: int, needed: int) -> None:
    """Schoenfeld, Biometrics 39 (1983) 499-503: power 0.90, two-sided 0.05, equal arms.

    The whole part of the number is often quoted (87, 161, 226); so few events have slightly less
    power than asked for. The number needed is rounded up: 88, 162, 227.
    """
    events = schoenfeld_events(ratio, power=0.90, alpha=0.025)
    assert events == pytest.approx(exact, abs=0.01)
    assert (math.floor(events), whole_events(events)) == (whole_part, needed)


def test_thirty_one_of_fifty_five() -> None:
    """31 of 55 patients with a major response (56.4 %, July 2024), against a null of 20 %.

    The share is from https://oncologypipeline.com/apexonco/cellectar-clarity-fails-win-over-investors;
    interval and test are arithmetic (Clopper and Pearson, Biometrika 26 (1934) 404-413).
    """
    low, high = exact_interval(31, 55)
    assert (round(100 * low, 1), round(100 * high, 1)) == (42.3, 69.7)
    assert critical_responders(55, null=0.20, alpha=0.025) == 18
    assert round(exact_power(55, 18, 0.20), 4) == 0.0182
    assert round(exact_power(55, 18, 0.40), 3) == 0.893
