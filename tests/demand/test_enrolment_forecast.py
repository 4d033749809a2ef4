"""A trial's record so far: the forecast of its end, and draws that go on from it."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from doseline.clock import WEEKDAYS
from doseline.demand import Drawing, EnrolmentSoFar, patients
from doseline.demand.enrolment import MONTH_DAYS, arrivals, record_of
from doseline.demand.enrolment_forecast import trial_forecast
from doseline.demand.entries import trial_entries
from doseline.demand.forecast import forecast, open_months
from doseline.demand.rates import RatePrior
from doseline.operations.routes import ways_of
from doseline.programme import Programme
from doseline.programme.trial import Enrolment, RegionEnrolment
from tests.demand.worlds import busy_trial, trial_of

BEGAN, CUT = date(2024, 1, 1), date(2024, 9, 30)
SO_FAR = EnrolmentSoFar(
    CUT,
    {"reykjavik": BEGAN, "tokyo": date(2024, 4, 1)},
    tuple(
        ("reykjavik" if n % 3 else "tokyo", date(2024, 4, 1) + timedelta(days=12 * n))
        for n in range(15)
    ),
)


def world(**changes: object) -> Programme:
    plain = busy_trial(1.0, patients=40)
    sites = tuple(replace(s, treatment_weekdays=WEEKDAYS) for s in plain.sites)
    trial = replace(trial_of(plain), **changes)  # type: ignore[arg-type]
    return replace(plain, sites=sites, trials=(trial,))


def test_the_forecast_of_a_plain_trial_is_that_of_its_open_months() -> None:
    programme = world()
    found = trial_forecast(programme, trial_of(programme), SO_FAR)
    first = [BEGAN.toordinal(), date(2024, 4, 1).toordinal()]
    closes = trial_of(programme).until_on.toordinal() + 1
    days = closes - CUT.toordinal() - 1
    ahead = open_months(first, [closes, closes], cut_day=CUT.toordinal(), days=days)
    expected = forecast(
        ("reykjavik", "tokyo"), first, (10, 5), cut_day=CUT.toordinal(), ahead=ahead, target=40,
        prior=RatePrior(2.0, 1.0),
    )  # fmt: skip
    assert found.end.median == pytest.approx(expected.end.median, abs=1e-6)
    assert found.filled_fraction == pytest.approx(expected.filled_fraction, abs=1e-12)
    assert (found.enrolled, found.needed) == (15, 25)


def test_with_rates_from_the_record_alone_the_futures_end_as_that_forecast_says() -> None:
    programme = world(enrolment=Enrolment(0.1, shape=2.0))
    trial = trial_of(programme)
    alone = trial_forecast(programme, trial, SO_FAR, estimate=True)
    assumed = trial_forecast(programme, trial, SO_FAR)
    assert alone.filled_fraction > assumed.filled_fraction + 0.1
    for estimate, found in ((True, alone), (False, assumed)):
        ready = trial_entries(
            programme, ways_of(programme), trial, 1, range(400), so_far=SO_FAR, estimate=estimate
        )
        counts = np.bincount(ready.drawn.replication, minlength=400)
        share = found.filled_fraction
        error = 4 * max(math.sqrt(share * (1 - share) / 400), 1 / 400)
        assert (counts >= 40).mean() == pytest.approx(share, abs=error + 0.02)


def test_the_rates_of_sites_are_told_in_their_own_months() -> None:
    regions = (RegionEnrolment(("JP",), per_site_month=3.0),)
    programme = world(enrolment=Enrolment(0.5, shape=2.0, regions=regions))
    site = next(s for s in programme.sites if s.id == "tokyo")
    programme = replace(
        programme,
        sites=tuple(replace(s, market="JP") if s is site else s for s in programme.sites),
    )
    found = trial_forecast(programme, trial_of(programme), SO_FAR)
    months, counts = record_of(programme, trial_of(programme), SO_FAR)
    tokyo = found.sites[1]
    assert tokyo.months == pytest.approx(months[1])
    assert tokyo.per_month == pytest.approx((2.0 + counts[1]) / (2.0 / 3.0 + months[1]))


def test_futures_go_on_from_the_record_and_end_as_the_forecast_says() -> None:
    programme = world()
    trial = trial_of(programme)
    found = trial_forecast(programme, trial, SO_FAR)
    many = 800
    drawn = arrivals(programme, trial, 5, range(many), SO_FAR)
    upto = np.searchsorted(drawn.replication, np.arange(many))
    assert (np.diff([*upto, len(drawn.at)]) >= 15).all()
    so_far = drawn.at[upto[0] : upto[0] + 15]
    assert so_far.tolist() == [on.toordinal() for _, on in SO_FAR.enrolled]
    assert (drawn.at[drawn.rank > 9] > CUT.toordinal()).all()
    ends = np.array(
        [
            drawn.at[at + 39] if at + 39 < end else np.inf
            for at, end in zip(upto, [*upto[1:], len(drawn.at)], strict=True)
        ]
    )
    for share, day in (
        (0.05, found.end.low_90), (0.5, found.end.median), (0.95, found.end.high_90),
    ):  # fmt: skip
        assert day is not None
        error = 4 * np.sqrt(share * (1 - share) / many)
        assert np.mean(ends <= day) == pytest.approx(share, abs=error)


def test_patients_of_the_record_are_in_every_future_with_the_luck_of_their_own() -> None:
    programme = world()
    drawing = Drawing(so_far={"trial": SO_FAR})
    first, second = ({p.id: p for p in patients(programme, 5, r, drawing=drawing)} for r in (0, 1))
    known = {f"trial-reykjavik-{n + 1}" for n in range(10)} | {
        f"trial-tokyo-{n + 1}" for n in range(5)
    }
    assert known <= set(first)
    assert known <= set(second)
    assert {n: first[n].first_day for n in known} == {n: second[n].first_day for n in known}
    assert len(first) == len(second) == 40


def test_a_fast_start_makes_an_earlier_end_and_a_slow_one_a_later() -> None:
    programme = world()
    trial = trial_of(programme)
    slow = EnrolmentSoFar(CUT, SO_FAR.opened, SO_FAR.enrolled[:5])
    entries = {
        name: trial_entries(programme, ways_of(programme), trial, 5, range(200), so_far=record)
        for name, record in (("fast", SO_FAR), ("slow", slow))
    }
    full = [np.quantile(e.known_on, 0.5) for e in entries.values()]
    assert full[0] + 60 < full[1]


def test_regions_and_seasons_count_in_the_record_and_ahead() -> None:
    enrolment = Enrolment(
        1.0,
        2.0,
        regions=(RegionEnrolment(("JP",), per_site_month=3.0),),
        seasons=(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0),
    )
    programme = world(enrolment=enrolment)
    trial = trial_of(programme)
    months, counts = record_of(programme, trial, SO_FAR)
    open_days = (CUT - BEGAN).days + 1
    assert months[0] == pytest.approx((open_days - 62) / MONTH_DAYS)
    assert counts.tolist() == [10, 5]
    plain = trial_forecast(world(), trial_of(world()), SO_FAR)
    found = trial_forecast(programme, trial, SO_FAR)
    assert found.end.median is not None
    assert plain.end.median is not None
    assert found.sites[1].per_month != plain.sites[1].per_month
    many = 600
    drawn = arrivals(programme, trial, 5, range(many), SO_FAR)
    upto = np.searchsorted(drawn.replication, np.arange(many))
    before = np.mean(drawn.at[upto + 39] <= found.end.median)
    assert before == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(many))


def test_rates_may_be_taken_from_the_data_alone() -> None:
    programme = world()
    assumed, estimated = (
        trial_forecast(programme, trial_of(programme), SO_FAR, estimate=e) for e in (False, True)
    )
    assert not assumed.prior.estimated
    assert estimated.prior.estimated
    assert estimated.prior.per_site_month == pytest.approx(15 / 15.0, rel=0.5)
