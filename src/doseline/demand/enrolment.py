"""Who enrols in a trial, when: Poisson arrivals at each site, with a gamma-distributed rate.

Anisimov and Fedorov, Modelling, prediction and adaptive adjustment of recruitment in multicentre
trials, Statistics in Medicine 26 (2007). The stated rate counts patients treated, so those who
fail the screening are left out from the start.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.special import gammaincinv

from doseline.chance import stable_hash, stream, uniform_array
from doseline.demand.luck import Floats, Words
from doseline.programme import Programme
from doseline.programme.site import Site
from doseline.programme.trial import Enrolment, Trial

MONTH_DAYS = 30.4375
_BLOCK = 32  # arrivals drawn at once for all sites


@dataclass(frozen=True, slots=True)
class Arrival:
    """A patient who consents and will be treated: site, rank there (from 0), and when [days]."""

    at: float
    site: str
    rank: int


def active_days(trial: Trial, site: Site) -> tuple[int, int]:
    """The days (ordinals) from which and before which a site enrols; equal where it never does."""
    starts = [trial.from_on] + ([site.active_from_on] if site.active_from_on else [])
    ends = [trial.until_on] + ([site.active_until_on] if site.active_until_on else [])
    first = max(starts).toordinal()
    return first, max(first, min(ends).toordinal() + 1)


def site_months(programme: Programme, trial: Trial, until_on: date) -> tuple[float, ...]:
    """How long each site of a trial has enrolled by the start of a day. [months of 30.4375 d]"""
    spans = [active_days(trial, programme.site[s]) for s in trial.sites]
    end = until_on.toordinal()
    return tuple(max(0, min(last, end) - first) / MONTH_DAYS for first, last in spans)


def mean_sd(enrolment: Enrolment, site_months: Iterable[float]) -> tuple[float, float]:
    """Mean and standard deviation of the patients who enrol in so many months at each site.

    A site of mean m adds m to the mean and m + m^2 / shape to the variance (Anisimov and Fedorov,
    2007).

    >>> mean, sd = mean_sd(Enrolment(per_site_month=0.5, shape=2.0), [12.0] * 20)
    >>> mean, round(sd, 1)
    (120.0, 21.9)
    """
    means = [enrolment.per_site_month * months for months in site_months]
    variance = sum(m + m * m / enrolment.shape for m in means)
    return sum(means), math.sqrt(variance)


def arrivals(programme: Programme, trial: Trial, seed: int, replication: int) -> list[Arrival]:
    """Everybody who would enrol, in order of time, without the trial's cap."""
    spans = [active_days(trial, programme.site[s]) for s in trial.sites]
    found: list[Arrival] = []
    entities = np.array([stable_hash(s) for s in trial.sites], dtype=np.uint64)
    per_day = _site_rates(trial, entities, seed, replication)
    at = np.array([first for first, _ in spans], dtype=np.float64)
    last = np.array([end for _, end in spans], dtype=np.float64)
    gaps = stream(seed, replication, f"arrivals:{trial.id}")
    rank = 0
    while bool(np.any(at < last)):
        index = np.arange(rank, rank + _BLOCK, dtype=np.uint64)
        share = np.asarray(uniform_array(gaps, entities[:, None], index[None, :]))
        times = at[:, None] + np.cumsum(-np.log1p(-share) / per_day[:, None], axis=1)
        for i, k in np.argwhere(times < last[:, None]).tolist():
            found.append(Arrival(float(times[i, k]), trial.sites[i], rank + k))
        at = times[:, -1]
        rank += _BLOCK
    return sorted(found, key=lambda a: (a.at, a.site))


def _site_rates(trial: Trial, entities: Words, seed: int, replication: int) -> Floats:
    """The rate of each site in this replication, patients a day; tiny rather than none."""
    share = np.asarray(uniform_array(stream(seed, replication, f"rate:{trial.id}"), entities))
    shape = trial.enrolment.shape
    per_month = gammaincinv(shape, share) / shape * trial.enrolment.per_site_month
    return np.asarray(np.maximum(per_month / MONTH_DAYS, 1e-12), dtype=np.float64)


def places(trial: Trial) -> Iterator[tuple[int, int]]:
    """The arm of each patient up to the trial's cap, in order, and the patient's rank in it."""
    left = trial.patients
    for number, arm in enumerate(trial.arms):
        taken = min(left, arm.patients or left)
        for rank in range(taken):
            yield number, rank
        left -= taken


def whole_days(minutes: int) -> int:
    """A duration as days of the calendar, a part of a day counting as one.

    >>> whole_days(1440), whole_days(1441)
    (1, 2)
    """
    return -(-minutes // 1440)
