"""How many first doses to expect at each site on each day, in closed form."""

from __future__ import annotations

from itertools import islice

import numpy as np
from scipy.special import betainc

from doseline.demand.enrolment import MONTH_DAYS, active_days, mean_sd, places, whole_days
from doseline.demand.luck import Floats
from doseline.demand.market import (
    market_years,
    named_case,
    patients_in,
    site_weights,
    start_weights,
)
from doseline.programme import Programme
from doseline.programme.market import Market
from doseline.programme.trial import Trial


def reached(trial: Trial, exposure: Floats, most: int) -> Floats:
    """The chance that so many patients (rows: 1 to `most`) have enrolled by each day.

    `exposure` holds the months of each site (rows) by each day. The sum over the sites, each
    negative binomial, is taken for one negative binomial of the same mean and variance.
    """
    means = exposure * trial.enrolment.per_site_month
    mean = means.sum(axis=0)
    extra = (means * means).sum(axis=0) / trial.enrolment.shape
    some = mean > 0
    shape = np.where(some, mean * mean / np.where(some, extra, 1.0), 1.0)
    count = np.arange(1, most + 1, dtype=np.float64)[:, None]
    chance = np.where(some, betainc(count, shape, mean / (shape + mean)), 0.0)
    return np.asarray(np.maximum.accumulate(chance, axis=1), dtype=np.float64)


def _most(trial: Trial, months: Floats) -> int:
    """More patients than will ever enrol in so many months at each site."""
    mean, sd = mean_sd(trial.enrolment, months.tolist())
    return int(mean + 10.0 * sd) + 10


def trial_starts(
    programme: Programme, trial: Trial, first_day: int, days: int
) -> dict[int, Floats]:
    """First doses due at each site (rows) on each day, by arm; up to the cap, before the calendar.

    The approximations: see `reached`; a site's share of the patients is that of its open time;
    of a stagger only the earliest days that it allows are counted.
    """
    spans = [active_days(trial, programme.site[s]) for s in trial.sites]
    edges = np.arange(first_day, first_day + days + 1)
    exposure = np.array([np.clip(edges, a, b) - a for a, b in spans]) / MONTH_DAYS
    open_now = np.diff(exposure, axis=1)
    flow_share = open_now / np.maximum(open_now.sum(axis=0), 1e-300)
    wait_share = exposure[:, 1:] / np.maximum(exposure[:, 1:].sum(axis=0), 1e-300)
    rooms = list(islice(places(trial), _most(trial, exposure[:, -1])))
    arriving = np.diff(reached(trial, exposure, len(rooms)), axis=1)
    screening = whole_days(trial.screening_min)
    found: dict[int, Floats] = {}
    for k, (number, rank) in enumerate(rooms):
        arm = trial.arms[number]
        due = found.setdefault(number, np.zeros((len(spans), days)))
        released = 0
        if arm.from_on is not None:
            wait = whole_days(arm.stagger_min)
            released = arm.from_on.toordinal() + rank * wait - screening - first_day
        released = min(max(released, 0), days)
        if released:
            at = min(released + screening, days - 1)
            due[:, at] += arriving[k, :released].sum() * wait_share[:, released - 1]
        passing = arriving[k, released : days - screening]
        due[:, released + screening :] += passing * flow_share[:, released : days - screening]
    return found


def market_starts(
    programme: Programme, market: Market, case: str | None, first_day: int, days: int
) -> Floats:
    """First doses due at each site (rows) on each day; over the cases by weight if none is named.

    Raises LookupError for an unknown case.
    """
    cases = (named_case(market, case),) if case else market.cases
    total = 1.0 if case else sum(c.weight_fraction for c in cases)
    last = min(days, market.until_on.toordinal() + 1 - first_day)
    due = np.zeros((len(market.sites), days))
    for year in market_years(market):
        mean = sum(
            patients_in(c, year) * (1.0 if case else c.weight_fraction / total) for c in cases
        )
        rate = mean * start_weights(market, year) * site_weights(programme, market, year)
        begin = year.from_on.toordinal() - first_day
        low, high = max(begin, 0), min(begin + rate.shape[1], last)
        if low < high:
            due[:, low:high] += rate[:, low - begin : high - begin]
    return due
