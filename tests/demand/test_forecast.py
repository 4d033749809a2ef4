from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from scipy.special import gammaincinv
from scipy.stats import poisson

from doseline.chance import stream, uniform_array
from doseline.demand.enrolment import MONTH_DAYS
from doseline.demand.forecast import EnrolmentForecast, forecast, open_months, wait
from doseline.demand.luck import Floats
from doseline.demand.negative_binomial import chance_by, months_to
from doseline.demand.rates import RatePrior, estimated_prior, posterior
from doseline.errors import QuantityError

PRIOR = RatePrior(shape=2.0, per_site_month=0.5)
START = date(2024, 1, 1).toordinal()
CUT = date(2024, 9, 30).toordinal()
SITES = ("a", "b", "c", "d")
OPENED = (START, START + 60, START + 120, None)
LATER = (START, START + 60, START + 120, CUT + 100)  # d is to open
ENROLLED = (5, 2, 0, 0)


def ahead(days: int = 900) -> Floats:
    return open_months(LATER, (None, None, CUT + 300, None), cut_day=CUT, days=days)


def found(**changes: Any) -> EnrolmentForecast:
    given: dict[str, Any] = {"cut_day": CUT, "ahead": ahead(), "target": 30, "prior": PRIOR}
    given |= changes
    return forecast(SITES, given.pop("opened", OPENED), given.pop("enrolled", ENROLLED), **given)


def test_the_end_for_equal_sites_without_data_is_the_beta_prime_law() -> None:
    never_before = [CUT + 1] * 20
    months = open_months(never_before, [None] * 20, cut_day=CUT, days=900)
    names = [f"s{n}" for n in range(20)]
    end = forecast(
        names, [None] * 20, [0] * 20, cut_day=CUT, ahead=months, target=50, prior=PRIOR
    ).end
    at = [CUT + 1 + MONTH_DAYS * months_to(50, 40.0, 4.0, s) for s in (0.05, 0.5, 0.975)]
    assert (end.low_90, end.median, end.high_95) == pytest.approx(at, abs=1e-6)


def test_the_end_band_says_when_the_chance_of_enough_reaches_each_share() -> None:
    now = found()
    so_far = [(CUT + 1 - day) / MONTH_DAYS if day else 0.0 for day in OPENED]
    shape, rate = posterior(2.0, 0.5, ENROLLED, so_far)
    by_day = chance_by(23, shape, rate, ahead())
    assert now.needed == 23
    assert (np.diff(by_day) >= -1e-14).all()
    for at, share in ((now.end.low_90, 0.05), (now.end.median, 0.5), (now.end.high_50, 0.75)):
        assert at is not None
        day = int(at - CUT - 1)
        assert by_day[day] < share <= by_day[day + 1]


def test_a_trial_that_may_not_fill_says_so() -> None:
    now = found(ahead=ahead(400))
    assert 0.05 < now.filled_fraction < 0.5
    assert now.end.low_90 is not None
    assert (now.end.median, now.end.high_90) == (None, None)
    assert now.last_day == CUT + 400


def test_while_every_site_is_closed_the_end_waits_as_long() -> None:
    plain = ahead()
    stop, pause = 400, 40
    shut = np.repeat(plain[:, [stop]], pause, axis=1)
    paused = np.concatenate([plain[:, : stop + 1], shut, plain[:, stop + 1 :]], axis=1)
    shares = np.linspace(0.01, 0.9, 60)
    shape, rate = posterior(2.0, 0.5, ENROLLED, [9.0, 7.0, 5.0, 0.0])

    def days(months: Floats) -> Floats:
        grid = np.arange(months.shape[1], dtype=np.float64)

        def months_at(day: Floats) -> Floats:
            return np.stack([np.interp(day, grid, row) for row in months])

        return wait(23, shares, shape, rate, months_at, grid[-1])

    before = days(plain)
    assert (before < stop).any()
    assert (before > stop).any()
    assert days(paused) == pytest.approx(np.where(before < stop, before, before + pause), abs=1e-6)


def test_the_patients_by_month_are_those_of_a_simulation_given_the_data() -> None:
    now = found()
    runs = 4000
    so_far = np.array([(CUT + 1 - day) / MONTH_DAYS if day else 0.0 for day in OPENED])
    shape, rate = posterior(2.0, 0.5, ENROLLED, so_far)
    number = np.arange(runs, dtype=np.uint64)
    site = np.arange(4, dtype=np.uint64)[:, None]
    share = uniform_array(stream(3, 0, "test:rate"), number, site)
    rates = gammaincinv(shape[:, None], share) / rate[:, None]
    by_on = {row.by_on: row.patients for row in now.by_month}
    total = np.zeros(runs)
    before = np.zeros(4)
    for n, on in enumerate(sorted(by_on)):
        months = ahead()[:, on.toordinal() - CUT]
        mean = (rates * (months - before)[:, None]).sum(axis=0)
        total += poisson.ppf(uniform_array(stream(3, n, "test:count"), number), mean)
        before = months
        enrolled = 7 + np.minimum(total, 23.0)
        band = by_on[on]
        assert band.mean == pytest.approx(enrolled.mean(), abs=3.5 * enrolled.std() / 63.2 + 1e-9)
        quantiles = np.quantile(enrolled, [0.05, 0.25, 0.5, 0.75, 0.95])
        said = (band.low_90, band.low_50, band.median, band.high_50, band.high_90)
        assert said == pytest.approx(quantiles, abs=1.0)


def test_the_months_run_from_the_cut_over_month_ends_to_the_last_day() -> None:
    rows = found(ahead=ahead(75)).by_month
    assert [row.by_on.isoformat() for row in rows] == [
        "2024-09-30",
        "2024-10-31",
        "2024-11-30",
        "2024-12-14",
    ]
    first = rows[0].patients
    assert {first.mean, first.median, first.low_95, first.high_95} == {7.0}
    means = [row.patients.mean for row in rows]
    assert means == sorted(means)


def test_no_more_patients_than_the_target_are_expected() -> None:
    last = found(target=12).by_month[-1].patients
    assert last.high_95 == 12.0
    assert 11.9 < last.mean <= 12.0


def test_a_trial_that_is_full_has_ended_by_the_cut() -> None:
    now = found(target=7)
    assert (now.needed, now.filled_fraction) == (0, 1.0)
    assert {now.end.median, now.end.low_95, now.end.high_95} == {float(CUT)}
    assert {row.patients.mean for row in now.by_month} == {7.0}


def test_the_cut_day_is_seen_whole() -> None:
    now = found(opened=(CUT, CUT - 1, CUT + 1, None), enrolled=(0, 1, 0, 0))
    assert [s.months * MONTH_DAYS for s in now.sites] == pytest.approx([1.0, 2.0, 0.0, 0.0])


def test_open_time_so_far_may_be_handed_in() -> None:
    now = found(months=[4.0, 4.0, 4.0, 0.0])
    assert [s.rate for s in now.sites] == [8.0, 8.0, 8.0, 4.0]


def test_without_a_prior_it_is_estimated_from_the_data() -> None:
    now = found(prior=None)
    assert now.prior == estimated_prior(ENROLLED, [s.months for s in now.sites])
    assert now.prior.estimated
    with pytest.raises(QuantityError, match="nobody has enrolled yet"):
        found(prior=None, enrolled=(0, 0, 0, 0))


def test_a_site_of_twice_the_mean_is_a_site_whose_months_count_twice() -> None:
    months, later = np.array([9.0, 7.0]), np.array([[3.0, 8.0], [4.0, 9.0]])
    own_mean = posterior(2.0, [0.5, 1.0], [4, 6], months)
    counted = posterior(2.0, 0.5, [4, 6], months * [1.0, 2.0])
    by_mean = chance_by(5, *own_mean, later)
    by_months = chance_by(5, *counted, later * [[1.0], [2.0]])
    assert by_mean == pytest.approx(by_months, abs=1e-14)


def test_patients_who_came_faster_bring_the_end_nearer() -> None:
    slow, fast = found(), found(enrolled=(9, 2, 0, 0), target=34)  # as many are needed
    assert slow.needed == fast.needed
    assert slow.end.median is not None
    assert fast.end.median is not None
    assert fast.end.median < slow.end.median


def test_a_site_is_open_from_its_first_day_to_the_day_before_it_closes() -> None:
    months = open_months([CUT - 5, CUT + 3, None], [CUT + 2, None, None], cut_day=CUT, days=4)
    assert (months * MONTH_DAYS).round(9).tolist() == [
        [0.0, 1.0, 1.0, 1.0, 1.0],
        [0.0, 0.0, 0.0, 1.0, 2.0],
        [0.0, 0.0, 0.0, 0.0, 0.0],
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"enrolled": (1, 2, 3)}, "each site has one of each"),
        ({"ahead": ahead()[:3]}, "each site has one of each"),
        ({"ahead": ahead()[:, :1]}, "one day after it at least"),
        ({"ahead": ahead()[:, 1:]}, "begin with 0 at the cut"),
        ({"ahead": ahead() * [[1.0], [-1.0], [1.0], [1.0]]}, "never fall"),
        ({"months": [1.0, 1.0, -1.0, 0.0]}, "0 months or more"),
        ({"target": 0}, "at least 1 patient"),
        ({"enrolled": (5, 2, 0, 1)}, "site d has 1 patients in 0.00 months"),
        ({"enrolled": (5, -2, 0, 0)}, "site b has -2 patients"),
    ],
)
def test_numbers_that_cannot_be_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(QuantityError, match=message):
        found(**changes)
