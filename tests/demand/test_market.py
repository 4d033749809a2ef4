from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from scipy.stats import gamma

from doseline.chance import stream
from doseline.clock import WEEKDAYS
from doseline.demand import expected_by_month, patients
from doseline.demand.market import (
    curve_by_day,
    drawn_case,
    market_years,
    named_case,
    patients_in,
    start_weights,
    starts_by_day,
)
from doseline.programme import Programme
from doseline.programme.market import Funnel, FunnelStep, Loss, SiteShare, UptakeCase
from tests.demand.worlds import with_market

CASES = (
    UptakeCase("low", 0.3, (20,)),
    UptakeCase("base", 0.5, (60,)),
    UptakeCase("high", 0.2, (200,)),
)
CURVE = UptakeCase("base", 1.0, (), 0.5, 0.05, 0.8)
HOME = Funnel("home", 5_000, (FunnelStep("diagnosed", 0.8), FunnelStep("third line", 0.5)))


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
    (case,) = market.cases
    assert [patients_in(market, case, y) for y in market_years(market)] == [10, 20, 20, 20]


def test_the_patients_of_a_listed_year_are_one_draw_of_its_own() -> None:
    programme = with_market((100, 30))
    for replication in range(5):
        found = Counter(p.id.split("-")[1] for p in patients(programme, 3, replication))
        chance = stream(3, replication, "patients:market")
        assert found["Y1"] == chance.poisson(100.0, entity=1)
        assert found["Y2"] == chance.poisson(30.0, entity=2)


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
    weights = start_weights(market, market.cases[0], year)
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


# -- a curve, competitors, spread ------------------------------------------------------------


def test_starts_by_a_curve_agree_with_their_closed_form_month_by_month() -> None:
    programme = with_market(
        cases=(CURVE,),
        funnel=(HOME, replace(HOME, country="abroad", launched_on=date(2025, 9, 15))),
        lost=(Loss(date(2025, 6, 1), 0.3), Loss(date(2026, 3, 1), 0.6)),
        spread_shape=8.0,
    )
    until = date(2027, 3, 31)
    expected = {m: n for m, n in expected_by_month(programme, "market", until) if n > 0}
    samples = 250
    counts: dict[date, list[int]] = {month: [0] * samples for month in expected}
    for r in range(samples):
        for p in patients(programme, 5, r):
            counts[date.fromordinal(p.first_day).replace(day=1)][r] += 1
    for month, wanted in expected.items():
        error = 4.5 * float(np.std(counts[month])) / math.sqrt(samples) + 1e-9
        assert np.mean(counts[month]) == pytest.approx(wanted, abs=error), month


def test_a_year_keeps_its_number_though_nobody_starts_in_its_quiet_weeks() -> None:
    market = with_market(cases=(CURVE,), funnel=(HOME,)).markets[0]
    for year in market_years(market):
        by_day = starts_by_day(market, CURVE, year)
        assert by_day.sum() == pytest.approx(patients_in(market, CURVE, year))
        assert np.count_nonzero(by_day) < 5 * 52


def test_starts_rise_inside_a_year_and_make_no_step_at_its_end() -> None:
    market = with_market(cases=(CURVE,), funnel=(HOME,)).markets[0]
    by_day = [starts_by_day(market, CURVE, y) for y in market_years(market)]
    first, second = (weeks[weeks > 0] for weeks in by_day)
    assert np.all(np.diff(first) > 0)
    assert second[0] / first[-1] == pytest.approx(1.0, abs=0.05)
    assert second.mean() / first.mean() > 1.3  # a list would step by this much in one night


def test_weekdays_keep_their_proportions_along_a_curve() -> None:
    weights = (5.0, 15.0, 20.0, 35.0, 25.0, 0.0, 0.0)
    market = with_market(cases=(CURVE,), funnel=(HOME,), weekday_weights=weights).markets[0]
    year = next(iter(market_years(market)))
    by_day = start_weights(market, CURVE, year) / curve_by_day(market, CURVE, year)
    weekday = (year.from_on.weekday() + np.arange(len(by_day))) % 7
    found = [float(by_day[weekday == n].max()) for n in range(7)]
    assert found == pytest.approx([w / 35 * found[3] for w in weights])


@pytest.mark.parametrize("case", [CURVE, UptakeCase("listed", 1.0, (150,))])
def test_more_competition_takes_patients_away_and_leaves_the_others_as_they_were(
    case: UptakeCase,
) -> None:
    def under(*lost: Loss) -> set[object]:
        return set(patients(with_market(cases=(case,), funnel=(HOME,), lost=lost), 2, 0))

    alone, some, more = (
        under(*losses)
        for losses in (
            (),
            (Loss(date(2025, 7, 1), 0.3),),
            (Loss(date(2025, 7, 1), 0.3), Loss(date(2026, 7, 1), 0.8)),
        )
    )
    assert more < some < alone
    assert under(Loss(date(2025, 1, 1), 0.0)) == alone
    assert under(Loss(date(2025, 1, 1), 1.0)) == set()


def test_nobody_is_lost_before_competition_begins() -> None:
    begins = date(2026, 1, 1).toordinal()
    alone = patients(with_market((100,)), 4, 0)
    found = patients(with_market((100,), lost=(Loss(date(2026, 1, 1), 1.0),)), 4, 0)
    assert found == tuple(p for p in alone if p.id.startswith("market-Y1"))
    assert max(p.first_day for p in found) < begins


def test_a_spread_leaves_the_mean_of_a_year_and_widens_its_variance() -> None:
    shape, mean, samples = 4.0, 100, 300
    counts = counted_by_year(with_market((mean,), spread_shape=shape), samples)
    variance = mean + mean**2 / shape  # of a Poisson number whose mean is gamma
    for year in (1, 2):
        error = 4 * math.sqrt(variance / samples)
        assert np.mean(counts[year]) == pytest.approx(mean, abs=error)
        assert np.var(counts[year]) == pytest.approx(variance, rel=0.4)
    together = np.corrcoef(counts[1], counts[2])[0, 1]
    assert together == pytest.approx(0.0, abs=4 / math.sqrt(samples))


def test_the_factor_of_a_year_is_a_gamma_draw_of_its_own() -> None:
    programme = with_market((100, 30), spread_shape=4.0)
    for replication in range(5):
        found = Counter(p.id.split("-")[1] for p in patients(programme, 3, replication))
        factor = stream(3, replication, "spread:market")
        chance = stream(3, replication, "patients:market")
        for year, number in ((1, 100), (2, 30)):
            mean = number * float(gamma.ppf(factor.uniform(year), 4.0, scale=0.25))
            assert found[f"Y{year}"] == chance.poisson(mean, entity=year)


def test_a_spread_too_narrow_to_matter_leaves_every_patient_as_they_were() -> None:
    narrow = with_market((100, 200), spread_shape=1e14)
    assert patients(narrow, 1, 0) == patients(with_market((100, 200)), 1, 0)


def test_a_wider_spread_changes_how_many_start_and_nothing_else_of_them() -> None:
    plain, wide = (
        {p.id: p for p in patients(with_market((100, 200), spread_shape=s), 1, 0)}
        for s in (None, 2.0)
    )
    both = plain.keys() & wide.keys()
    assert len(plain) != len(wide)
    assert len(both) > 50
    assert all(plain[name] == wide[name] for name in both)
