"""How many first doses to expect at each site on each day, in closed form."""

from __future__ import annotations

from itertools import islice

import numpy as np
from scipy.special import betainc

from doseline.demand.admission import places
from doseline.demand.enrolment import (
    MONTH_DAYS,
    Season,
    active_days,
    mean_sd,
    site_rates,
    whole_days,
)
from doseline.demand.entries import has_rule, trial_entries
from doseline.demand.luck import Floats
from doseline.demand.market import market_years, named_case, site_weights, starts_by_day
from doseline.operations.routes import ways_of
from doseline.programme import Programme
from doseline.programme.market import Market
from doseline.programme.trial import Trial

SAMPLES = 400
"""So many samples stand for the expectation of a trial that has no closed form."""


def reached(trial: Trial, exposure: Floats, most: int, rates: Floats | None = None) -> Floats:
    """The chance that so many patients (rows: 1 to `most`) have enrolled by each day.

    `exposure` holds the months of each site (rows) by each day; `rates` are those of the sites,
    where they differ. The sum over the sites, each negative binomial, is taken for one negative
    binomial of the same mean and variance.
    """
    means = exposure * (trial.enrolment.per_site_month if rates is None else rates[:, None])
    mean = means.sum(axis=0)
    extra = (means * means).sum(axis=0) / trial.enrolment.shape
    some = mean > 0
    shape = np.where(some, mean * mean / np.where(some, extra, 1.0), 1.0)
    count = np.arange(1, most + 1, dtype=np.float64)[:, None]
    chance = np.where(some, betainc(count, shape, mean / (shape + mean)), 0.0)
    return np.asarray(np.maximum.accumulate(chance, axis=1), dtype=np.float64)


def _most(trial: Trial, months: Floats, rates: Floats) -> int:
    """More patients than will ever enrol in so many months at each site."""
    mean, sd = mean_sd(trial.enrolment, months.tolist(), rates.tolist())
    return int(mean + 10.0 * sd) + 10


def has_closed_form(trial: Trial) -> bool:
    """Whether first doses have a closed form: no rule, cap, observation or patience stands in it.

    Those of other trials are the mean of samples.
    """
    enrolment = trial.enrolment
    capped = enrolment.site_patients or any(r.patients for r in enrolment.regions)
    observed = any(arm.observed_min for arm in trial.arms)
    drawn = trial.screening_chance is not None
    return not (has_rule(trial) or capped or observed or drawn or trial.waits_min is not None)


def sampled_starts(
    programme: Programme, trial: Trial, first_day: int, days: int
) -> dict[int, Floats]:
    """First doses due at each site (rows) on each day, by arm: the mean of samples of seed 0."""
    found = trial_entries(programme, ways_of(programme), trial, 0, range(SAMPLES))
    shape = (len(trial.arms), len(trial.sites), days)
    day = found.first_day - first_day
    here = np.flatnonzero((day >= 0) & (day < days))
    cell = np.ravel_multi_index((found.arm[here], found.site[here], day[here]), shape)
    counts = np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape) / SAMPLES
    return {number: counts[number] for number in range(len(trial.arms)) if counts[number].any()}


def trial_starts(
    programme: Programme, trial: Trial, first_day: int, days: int
) -> dict[int, Floats]:
    """First doses due at each site (rows) on each day, by arm; up to the cap, before the calendar.

    The approximations: see `reached`; a site's share of the patients is that of its open time;
    of a stagger only the earliest days that it allows are counted. Where `has_closed_form` says
    no, the mean of samples stands for it.
    """
    if not has_closed_form(trial):
        return sampled_starts(programme, trial, first_day, days)
    rates = site_rates(programme, trial)
    exposure = _exposure(programme, trial, first_day, days)
    open_now = np.diff(exposure, axis=1) * rates[:, None]
    flow_share = open_now / np.maximum(open_now.sum(axis=0), 1e-300)
    waiting = exposure[:, 1:] * rates[:, None]
    wait_share = waiting / np.maximum(waiting.sum(axis=0), 1e-300)
    rooms = list(islice(places(trial), _most(trial, exposure[:, -1], rates)))
    arriving = np.diff(reached(trial, exposure, len(rooms), rates), axis=1)
    screening = whole_days(trial.screening_min)
    found: dict[int, Floats] = {}
    for k, (number, rank) in enumerate(rooms):
        arm = trial.arms[number]
        due = found.setdefault(number, np.zeros((len(trial.sites), days)))
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


def _exposure(programme: Programme, trial: Trial, first_day: int, days: int) -> Floats:
    """The months that each site (rows) has enrolled, by season, at the edges of the days."""
    spans = [active_days(trial, programme.site[s]) for s in trial.sites]
    edges = np.arange(first_day, first_day + days + 1)
    season = Season(trial, min(first_day, spans[0][0]), first_day + days)
    inside = np.array([np.clip(edges, a, b) for a, b in spans], dtype=np.float64)
    counted = season.counted(inside)
    begun = season.counted(np.array([[float(a)] for a, _ in spans]))
    return np.asarray(np.maximum(counted - begun, 0.0) / MONTH_DAYS, dtype=np.float64)


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
        by_day = sum(
            starts_by_day(market, c, year) * (1.0 if case else c.weight_fraction / total)
            for c in cases
        )
        rate = by_day * site_weights(programme, market, year)
        begin = year.from_on.toordinal() - first_day
        low, high = max(begin, 0), min(begin + rate.shape[1], last)
        if low < high:
            due[:, low:high] += rate[:, low - begin : high - begin]
    return due
