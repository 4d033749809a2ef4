from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from doseline.clock import WEEKDAYS
from doseline.demand import patients
from doseline.demand.market import drawn_case, market_years, named_case, patients_in, start_weights
from doseline.programme import Programme
from doseline.programme.market import SiteShare, UptakeCase
from tests.demand.worlds import with_market

CASES = (
    UptakeCase("low", 0.3, (20,)),
    UptakeCase("base", 0.5, (60,)),
    UptakeCase("high", 0.2, (200,)),
)


def counted_by_year(programme: Programme, replications: int) -> dict[int, list[int]]:
    years: dict[int, list[int]] = {}
    for r in range(replications):
        found = Counter(p.id.split("-")[1] for p in patients(programme, 3, r))
        for year in market_years(programme.markets[0]):
            years.setdefault(year.number, []).append(found[f"Y{year.number}"])
    return years


def test_patients_of_a_year_are_poisson_around_the_number_stated() -> None:
    counts = counted_by_year(with_market((100, 30)), 300)
    for year, mean in ((1, 100), (2, 30)):
        assert np.mean(counts[year]) == pytest.approx(mean, abs=4 * math.sqrt(mean / 300))
        assert np.var(counts[year]) == pytest.approx(mean, rel=0.35)


def test_years_past_the_list_stay_at_its_last_number() -> None:
    market = with_market((10, 20), until_on=date(2028, 12, 31)).markets[0]
    assert [patients_in(market.cases[0], y) for y in market_years(market)] == [10, 20, 20, 20]


def test_a_market_year_begins_on_the_day_of_launch_and_the_last_is_cut_off() -> None:
    programme = with_market((300,), from_on=date(2025, 4, 1), until_on=date(2026, 9, 30))
    years = list(market_years(programme.markets[0]))
    assert [(y.from_on, y.to_on) for y in years] == [
        (date(2025, 4, 1), date(2026, 4, 1)),
        (date(2026, 4, 1), date(2027, 4, 1)),
    ]
    days = [p.first_day for p in patients(programme, 1, 0)]
    assert min(days) >= date(2025, 4, 1).toordinal()
    assert max(days) <= date(2026, 9, 30).toordinal() + 3


def test_first_doses_keep_the_proportions_of_the_weekdays() -> None:
    weights = (5.0, 15.0, 20.0, 35.0, 25.0, 0.0, 0.0)
    programme = with_market((4000, 0), weekday_weights=weights)
    found = Counter(date.fromordinal(p.first_day).weekday() for p in patients(programme, 1, 0))
    total = sum(found.values())
    for weekday, share in enumerate(w / 100 for w in weights):
        spread = 4 * math.sqrt(max(share * (1 - share), 1e-9) / total)
        assert found[weekday] / total == pytest.approx(share, abs=spread)


def test_nobody_starts_in_the_weeks_of_christmas_and_new_year() -> None:
    market = with_market().markets[0]
    year = next(iter(market_years(market)))
    weights = start_weights(market, year)
    assert weights.sum() == pytest.approx(1.0)
    starting = {year.from_on + timedelta(days=d) for d in np.flatnonzero(weights).tolist()}
    assert len({d.isocalendar()[:2] for d in starting}) in (50, 51)
    assert not starting & {date(2025, 12, d) for d in range(22, 32)}
    assert not starting & {date(2025, 1, d) for d in range(1, 6)}
    assert date(2025, 1, 6) in starting
    assert date(2025, 12, 19) in starting


def test_a_start_is_snapped_to_the_treatment_days_of_its_site() -> None:
    plain = with_market((200, 200))
    sites = tuple(replace(s, treatment_weekdays=("Thursday",)) for s in plain.sites)
    found = patients(replace(plain, sites=sites), 1, 0)
    assert {WEEKDAYS[date.fromordinal(p.first_day).weekday()] for p in found} == {"Thursday"}


def test_sites_share_the_patients_by_weight_among_those_open() -> None:
    shares = (SiteShare("reykjavik"), SiteShare("tokyo", weight=3.0, opens_year=2))
    found = patients(with_market((2000, 2000), sites=shares), 1, 0)
    by_year = Counter((p.id.split("-")[1], p.site) for p in found)
    assert by_year["Y1", "tokyo"] == 0
    both = by_year["Y2", "tokyo"] + by_year["Y2", "reykjavik"]
    assert by_year["Y2", "tokyo"] / both == pytest.approx(0.75, abs=4 * math.sqrt(0.1875 / both))


def test_a_market_without_an_open_site_treats_nobody() -> None:
    plain = with_market((50, 50))
    sites = tuple(replace(s, active_from_on=date(2026, 1, 1)) for s in plain.sites)
    found = patients(replace(plain, sites=sites), 1, 0)
    assert found
    assert min(p.first_day for p in found) >= date(2026, 1, 1).toordinal()


def test_the_uptake_is_drawn_by_weight_once_for_a_market() -> None:
    market = with_market(cases=CASES).markets[0]
    found = Counter(drawn_case(market, 7, r).name for r in range(2000))
    for case in CASES:
        share = case.weight_fraction
        spread = 4 * math.sqrt(share * (1 - share) / 2000)
        assert found[case.name] / 2000 == pytest.approx(share, abs=spread)


def test_a_named_case_is_used_and_an_unknown_one_refused() -> None:
    programme = with_market(cases=CASES)
    counts = [len(patients(programme, 1, 0, cases={"market": c.name})) for c in CASES]
    assert counts == sorted(counts)
    assert 300 < counts[2] < 500
    with pytest.raises(LookupError, match="known: low, base, high"):
        named_case(programme.markets[0], "middle")


def test_the_patients_of_a_lower_case_are_among_those_of_a_higher_one() -> None:
    programme = with_market(cases=CASES)
    few, many = (patients(programme, 1, 0, cases={"market": c}) for c in ("low", "high"))
    assert set(few) < set(many)
