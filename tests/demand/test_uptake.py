from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp

from doseline.demand.market import curve_by_day, market_years, patients_in, years_after_launch
from doseline.demand.uptake import (
    bass_share,
    in_reach,
    lost_share,
    new_patients,
    share_started,
)
from doseline.programme.market import Funnel, FunnelStep, Loss, Market, UptakeCase
from tests.demand.worlds import with_market

P, Q = 0.03, 0.38
CURVE = UptakeCase("base", 1.0, (), 0.25, P, Q)
STEPS = (FunnelStep("diagnosed", 0.8), FunnelStep("third line", 0.5))
HOME = Funnel("home", 10_000, STEPS)


def market_of(*funnel: Funnel, years: int = 8, case: UptakeCase = CURVE) -> Market:
    until = date(2024 + years, 12, 31)
    return with_market(cases=(case,), funnel=funnel, until_on=until).markets[0]


def by_year(market: Market) -> list[float]:
    return [patients_in(market, market.cases[0], y) for y in market_years(market)]


# -- the curve -------------------------------------------------------------------------------


def test_the_curve_solves_the_equation_of_bass() -> None:
    """dF/dt = (p + q F) (1 - F), F(0) = 0, by a solver that knows nothing of the closed form."""
    at = np.linspace(0.0, 25.0, 26)
    solved = solve_ivp(
        lambda _, f: (P + Q * f) * (1.0 - f), (0.0, 25.0), [0.0], t_eval=at, rtol=1e-10, atol=1e-12
    )
    assert bass_share(P, Q, at) == pytest.approx(solved.y[0], abs=1e-8)


def test_most_start_when_bass_says() -> None:
    edges = np.linspace(0.0, 30.0, 30_001)
    busiest = float(edges[np.argmax(np.diff(bass_share(P, Q, edges)))])
    assert busiest == pytest.approx(math.log(Q / P) / (P + Q), abs=0.002)


def test_without_imitation_a_constant_share_of_the_rest_starts() -> None:
    at = np.array([0.5, 1.0, 7.0])
    assert bass_share(0.2, 0.0, at) == pytest.approx(1.0 - np.exp(-0.2 * at), rel=1e-12)


@pytest.mark.parametrize("tiny", [1e-9, 1e-15, 1e-300])
def test_hardly_any_innovation_begins_hardly_at_all(tiny: float) -> None:
    first = tiny * math.expm1(0.4 * 5.0) / 0.4  # of order p, as long as few have started
    assert bass_share(tiny, 0.4, np.array([5.0]))[0] == pytest.approx(first, rel=1e-6)


@given(p=st.floats(1e-12, 100.0), q=st.floats(0.0, 100.0))
def test_the_share_rises_from_nothing_to_all(p: float, q: float) -> None:
    share = bass_share(p, q, np.array([-1.0, 0.0, 0.1, 1.0, 10.0, 200.0, 1e15]))
    assert share[0] == share[1] == 0.0
    assert np.all(np.diff(share) >= 0.0)
    assert share[-1] == pytest.approx(1.0)


@given(
    p=st.floats(0.001, 1.0),
    q=st.floats(0.0, 2.0),
    steady=st.integers(1, 12),
    later=st.integers(1, 9),
)
def test_a_curve_held_steady_adds_in_later_years_what_it_added_in_that_one(
    p: float, q: float, steady: int, later: int
) -> None:
    free = replace(CURVE, innovation=p, imitation=q)
    held = replace(free, steady_after_years=steady)
    years = np.arange(steady + later + 1.0)
    added, plain = np.diff(share_started(held, years)), np.diff(share_started(free, years))
    assert added[:steady] == pytest.approx(plain[:steady], abs=1e-12)
    assert added[steady:] == pytest.approx(added[steady - 1], abs=1e-12)


# -- the people ------------------------------------------------------------------------------


def test_every_step_of_a_funnel_narrows_those_before_it() -> None:
    now = np.array([0.0])
    assert in_reach(HOME, now)[0] == pytest.approx(10_000 * 0.8 * 0.5)
    assert in_reach(replace(HOME, steps=STEPS[:1]), now)[0] == pytest.approx(8_000)


def test_all_who_would_ever_be_treated_are_treated_in_the_end() -> None:
    found = by_year(market_of(HOME, years=60))
    assert sum(found) == pytest.approx(0.25 * 4_000, rel=1e-8)


def test_a_year_has_the_share_that_the_curve_adds_in_it_leap_year_or_not() -> None:
    added = np.diff(bass_share(P, Q, np.arange(9.0)))
    assert by_year(market_of(HOME)) == pytest.approx((0.25 * 4_000 * added).tolist(), rel=1e-12)


def test_a_growing_pool_brings_patients_in_proportion() -> None:
    growing = replace(HOME, growth_fraction=0.07)

    def rate(t: float) -> float:
        share = bass_share(P, Q, np.array([t]))[0]
        return float(0.25 * 4_000 * 1.07**t * (P + Q * share) * (1.0 - share))

    wanted = [quad(rate, year, year + 1)[0] for year in range(8)]
    assert by_year(market_of(growing)) == pytest.approx(wanted, rel=1e-5)


@given(growth=st.floats(0.0, 1.0), steady=st.none() | st.integers(1, 5))
def test_no_part_of_a_year_takes_patients_away(growth: float, steady: int | None) -> None:
    case = replace(CURVE, steady_after_years=steady)
    added = new_patients(replace(HOME, growth_fraction=growth), case, np.linspace(-1.0, 9.0, 101))
    assert np.all(added >= 0.0)
    assert np.all(added[:10] == 0.0)


# -- countries -------------------------------------------------------------------------------


def test_a_country_that_launches_later_runs_its_curve_from_there() -> None:
    alone = by_year(market_of(HOME))
    later = replace(HOME, country="abroad", people=5_000, launched_on=date(2027, 1, 1))
    wanted = [first + 0.5 * (alone[n - 2] if n >= 2 else 0.0) for n, first in enumerate(alone)]
    assert by_year(market_of(HOME, later)) == pytest.approx(wanted, rel=1e-9)


def test_nobody_starts_in_a_country_before_its_launch_inside_a_year() -> None:
    market = market_of(replace(HOME, launched_on=date(2026, 5, 1)))
    first, second = (curve_by_day(market, CURVE, y) for y in list(market_years(market))[:2])
    assert first.sum() == 0.0
    day = (date(2026, 5, 1) - date(2026, 1, 1)).days
    assert np.all(second[:day] == 0.0)
    assert np.all(second[day:] > 0.0)
    passed = (365 - day) / 365
    wanted = 0.25 * 4_000 * bass_share(P, Q, np.array([passed]))[0]
    assert second.sum() == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(
    ("launch", "day", "years"),
    [
        (date(2025, 1, 1), date(2025, 1, 1), 0.0),
        (date(2025, 1, 1), date(2027, 1, 1), 2.0),
        (date(2025, 1, 1), date(2028, 7, 2), 3.5),
        (date(2025, 4, 1), date(2026, 3, 31), 364 / 365),
        (date(2024, 2, 29), date(2024, 2, 29), 0.0),
        (date(2024, 2, 29), date(2025, 3, 1), 1.0),
    ],
)
def test_years_after_launch_are_market_years(launch: date, day: date, years: float) -> None:
    assert years_after_launch(replace(market_of(HOME), from_on=launch), day) == pytest.approx(years)


# -- competitors -----------------------------------------------------------------------------


def test_of_several_losses_the_last_that_has_begun_holds() -> None:
    losses = (Loss(date(2025, 6, 1), 0.2), Loss(date(2026, 1, 1), 0.5, "another therapy"))
    market = replace(market_of(HOME), lost=losses)
    days = (date(2025, 5, 31), date(2025, 6, 1), date(2025, 12, 31), date(2026, 1, 1))
    found = lost_share(market, np.array([d.toordinal() for d in days]))
    assert found.tolist() == [0.0, 0.2, 0.2, 0.5]
    assert lost_share(market_of(HOME), np.array([1, 2])).tolist() == [0.0, 0.0]
