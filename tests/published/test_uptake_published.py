"""Uptake by the curve of Bass against the numbers of the reference case's parameter sheet.

The curve: Bass, A new product growth model for consumer durables, Management Science 15 (1969)
215-227. The sheet (section 12, markets) takes p 0.03 and q 0.38 a year, as often quoted for new
products, and a ceiling of 30 % of the 5,700 patients in third line or later.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from doseline.demand.market import market_years, named_case, patients_in
from doseline.demand.uptake import bass_share, in_reach, new_patients
from doseline.formats import read_programme
from doseline.programme import Programme
from doseline.programme.market import Funnel, FunnelStep, UptakeCase

YEARS = np.arange(6.0)


@pytest.fixture(scope="module")
def clr131(repository: Path) -> Programme:
    return read_programme(repository / "examples" / "clr131" / "programme.yaml")


def test_the_cumulative_share_of_years_1_to_5() -> None:
    share = 100 * bass_share(0.03, 0.38, YEARS[1:])
    assert share.round(1).tolist() == [3.6, 8.5, 15.1, 23.3, 33.1]


@pytest.mark.parametrize(
    ("people", "ceiling", "patients"),
    [(1_000, 1.0, [36, 49, 65, 83, 98]), (5_700, 0.3, [61, 84, 112, 141, 168])],
)
def test_patients_a_year_under_a_ceiling(people: int, ceiling: float, patients: list[int]) -> None:
    everyone = Funnel("US", people, (FunnelStep("third line or later", 1.0),))
    case = UptakeCase("base", 1.0, (), ceiling, 0.03, 0.38)
    assert new_patients(everyone, case, YEARS).round().tolist() == patients


def test_the_file_reaches_5700_of_11500_people_and_treats_1710_of_them_at_most(
    clr131: Programme,
) -> None:
    market = clr131.market["us_market"]
    (funnel,) = market.funnel
    assert funnel.people == 11_500
    reach = float(in_reach(funnel, np.array([0.0]))[0])
    assert reach == pytest.approx(5_700, abs=0.01)
    ceiling = named_case(market, "base").ceiling_fraction
    assert ceiling is not None
    assert ceiling * reach == pytest.approx(1_710, abs=0.01)


def test_the_american_base_case_of_the_file_is_the_row_of_the_sheet(clr131: Programme) -> None:
    market = clr131.market["us_market"]
    case = named_case(market, "base")
    found = [round(patients_in(market, case, y)) for y in market_years(market)]
    assert market.until_on == date(2032, 12, 31)
    assert found == [61, 84, 112, 141, 168, 168, 168]  # held at year 5 in 2031 and 2032


def test_the_curve_moves_the_sum_of_the_sheets_whole_numbers_by_less_than_a_thousandth(
    clr131: Programme,
) -> None:
    market = clr131.market["us_market"]
    case = named_case(market, "base")
    found = sum(patients_in(market, case, y) for y in market_years(market))
    assert found == pytest.approx(61 + 84 + 112 + 141 + 3 * 168, rel=1e-3)
