"""When a trial will have all its patients, from the enrolment so far: exact, without sampling.

Patients come to each site as a Poisson process with a gamma-distributed rate (Anisimov and
Fedorov, Statistics in Medicine 26, 2007); `rates` says what the data make of the rates. How long
each site is open from the cut is known and handed in, `ahead[i, d]`: months of site i by the end of
the d-th day after the cut, 0 for d = 0, even within a day. So sites that open later, seasons and
closed days are all taken; the months of a site whose mean is known to be twice that of the prior
count twice. Not in it: patients in screening at the cut, and a rate that changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from doseline.demand.enrolment import MONTH_DAYS
from doseline.demand.luck import Floats
from doseline.demand.negative_binomial import chance_by, count_chances
from doseline.demand.rates import (
    RatePrior,
    SitePosterior,
    estimated_prior,
    posterior,
    site_posteriors,
)
from doseline.demand.summary import Band
from doseline.errors import QuantityError

_SHARES = (0.5, 0.25, 0.75, 0.05, 0.95, 0.025, 0.975)  # in the order of Band and EndBand
_HALVINGS = 40  # of the longest wait: four years to less than a thousandth of a second


@dataclass(frozen=True, slots=True)
class EndBand:
    """When the last patient comes: the median, and the middle 50, 90 and 95 % of futures.

    A day as ordinal and fraction, so that `date.fromordinal(int(x))` is the day. None says that the
    trial does not fill by the last day looked at in so large a share of futures.
    """

    median: float | None
    low_50: float | None
    high_50: float | None
    low_90: float | None
    high_90: float | None
    low_95: float | None
    high_95: float | None


@dataclass(frozen=True, slots=True)
class EnrolledBy:
    """The patients enrolled by the end of a day, those before the cut among them."""

    by_on: date
    patients: Band


@dataclass(frozen=True, slots=True)
class EnrolmentForecast:
    """How the rest of enrolment may go, given the data up to the end of the cut day.

    `filled_fraction` is the chance that the trial fills by `last_day`. A trial that is full at the
    cut has its whole `end` there.
    """

    cut_day: int
    last_day: int
    enrolled: int
    target: int
    prior: RatePrior
    sites: tuple[SitePosterior, ...]
    end: EndBand
    filled_fraction: float
    by_month: tuple[EnrolledBy, ...]

    @property
    def needed(self) -> int:
        """How many patients are still to come."""
        return max(self.target - self.enrolled, 0)


def forecast(
    sites: Sequence[str],
    opened: Sequence[int | None],
    enrolled: Sequence[int],
    *,
    cut_day: int,
    ahead: Floats,
    target: int,
    prior: RatePrior | None = None,
    months: Sequence[float] | None = None,
) -> EnrolmentForecast:
    """The rest of a trial's enrolment, from the patients of each site up to the end of a day.

    `opened` is the first day (ordinal) of each site, None where it has not opened; `ahead` is as in
    the module, its last column the end of the last day looked at. `months`, how long each site has
    been open so far, is counted from `opened` where left out. Without a prior it is estimated from
    the data, and the forecast is then too sure of itself (see `demand.coverage`). Raises
    QuantityError for numbers that cannot be.

    >>> first = date(2024, 1, 1).toordinal()
    >>> ahead = open_months([first, first], [None, None], cut_day=first + 243, days=730)
    >>> found = forecast(
    ...     ["a", "b"], [first, first], [3, 8], cut_day=first + 243, ahead=ahead, target=20,
    ...     prior=RatePrior(shape=2.0, per_site_month=0.5),
    ... )
    >>> date.fromordinal(int(found.end.median)).isoformat(), round(found.filled_fraction, 3)
    ('2025-04-05', 0.998)
    """
    so_far = _months_so_far(opened, cut_day) if months is None else np.asarray(months, np.float64)
    counts = np.asarray(enrolled, dtype=np.int64)
    _check(sites, counts, so_far, ahead, target)
    prior = prior or estimated_prior(counts, so_far)
    shape, rate = posterior(prior.shape, prior.per_site_month, counts, so_far)
    total, days = int(counts.sum()), ahead.shape[1] - 1
    needed = max(target - total, 0)
    return EnrolmentForecast(
        cut_day=cut_day,
        last_day=cut_day + days,
        enrolled=total,
        target=target,
        prior=prior,
        sites=site_posteriors(prior, tuple(sites), counts, so_far),
        end=_end(cut_day, needed, shape, rate, ahead),
        filled_fraction=float(chance_by(needed, shape, rate, ahead[:, -1:])[0]),
        by_month=_by_month(cut_day, total, needed, shape, rate, ahead),
    )


def open_months(
    opens: Sequence[int | None], closes: Sequence[int | None], *, cut_day: int, days: int
) -> Floats:
    """The months that each site is open by the end of each day after the cut, as `forecast` wants.

    A site is open from its first day to the day before `closes`; never where it opens on None.

    >>> open_months([0, 12, None], [None, 13, None], cut_day=9, days=4).round(3)[:2].tolist()
    [[0.0, 0.033, 0.066, 0.099, 0.131], [0.0, 0.0, 0.0, 0.033, 0.033]]
    """
    edges = cut_day + 1 + np.arange(days + 1, dtype=np.float64)
    first = np.array([math.inf if day is None else float(day) for day in opens])
    last = np.array([math.inf if day is None else float(day) for day in closes])
    begin = np.maximum(first, edges[0])[:, None]
    open_days = np.maximum(np.minimum(edges, last[:, None]) - begin, 0.0)
    return np.asarray(open_days / MONTH_DAYS, dtype=np.float64)


def wait(
    needed: int,
    share: Floats,
    shape: Floats,
    rate: Floats,
    months_at: Callable[[Floats], Floats],
    longest: float,
) -> Floats:
    """How long until the `needed`-th patient from now, in a share of futures; one for each column.

    `months_at` gives the open months (sites by columns) after a time of each column, in the unit in
    which the answer is wanted. Infinite where `longest` is too short. See `chance_by`.
    """
    low = np.zeros(len(share))
    high = np.full(len(share), longest)
    never = chance_by(needed, shape, rate, months_at(high)) < share
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        enough = chance_by(needed, shape, rate, months_at(middle)) >= share
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(never, math.inf, high)


def _end(cut_day: int, needed: int, shape: Floats, rate: Floats, ahead: Floats) -> EndBand:
    if not needed:
        return EndBand(*(float(cut_day) for _ in _SHARES))
    days = ahead.shape[1] - 1

    def months_at(day: Floats) -> Floats:
        whole = np.minimum(day.astype(np.int64), days - 1)
        part = day - whole
        return np.asarray(ahead[:, whole] * (1.0 - part) + ahead[:, whole + 1] * part)

    waits = wait(needed, np.array(_SHARES), shape, rate, months_at, float(days))
    return EndBand(*(cut_day + 1 + w if math.isfinite(w) else None for w in waits.tolist()))


def _by_month(
    cut_day: int, total: int, needed: int, shape: Floats, rate: Floats, ahead: Floats
) -> tuple[EnrolledBy, ...]:
    """At the cut, at the end of each month, and on the last day; never more than the target."""
    days = [d for d in range(ahead.shape[1] - 1) if d == 0 or _ends_month(cut_day + d)]
    days.append(ahead.shape[1] - 1)
    at_most = np.cumsum(count_chances(max(needed - 1, 0), shape, rate, ahead[:, days]), axis=0)
    at_most = at_most[:needed]
    mean = total + (1.0 - at_most).sum(axis=0)
    quantiles = [total + (at_most < share).sum(axis=0) for share in _SHARES]
    columns = zip(mean.tolist(), *(q.astype(np.float64).tolist() for q in quantiles), strict=True)
    return tuple(
        EnrolledBy(date.fromordinal(cut_day + d), Band(*column))
        for d, column in zip(days, columns, strict=True)
    )


def _ends_month(day: int) -> bool:
    return (date.fromordinal(day) + timedelta(days=1)).day == 1


def _months_so_far(opened: Sequence[int | None], cut_day: int) -> Floats:
    days = [0 if day is None else max(cut_day + 1 - day, 0) for day in opened]
    return np.array(days, dtype=np.float64) / MONTH_DAYS


def _check(
    sites: Sequence[str], enrolled: NDArray[np.int64], months: Floats, ahead: Floats, target: int
) -> None:
    number = len(sites)
    if not len(enrolled) == len(months) == len(ahead) == number > 0:
        raise QuantityError(
            f"{number} sites, but {len(enrolled)} numbers of patients, {len(months)} open times "
            f"and {len(ahead)} rows of days ahead; each site has one of each"
        )
    if ahead.ndim != 2 or ahead.shape[1] < 2 or not np.isfinite(ahead).all():
        raise QuantityError(
            "the months ahead are finite, from the cut to one day after it at least"
        )
    if ahead[:, 0].any() or (np.diff(ahead, axis=1) < 0.0).any():
        raise QuantityError("the months ahead begin with 0 at the cut and never fall")
    if not (np.isfinite(months) & (months >= 0.0)).all():
        raise QuantityError("a site has been open for 0 months or more")
    if target < 1:
        raise QuantityError(f"a trial wants at least 1 patient, got {target}")
    for site, patients, open_months in zip(sites, enrolled, months, strict=True):
        if patients < 0 or (patients and not open_months):
            raise QuantityError(
                f"site {site} has {patients} patients in {open_months:.2f} months before the cut"
            )
