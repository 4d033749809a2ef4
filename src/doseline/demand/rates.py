"""How fast each site enrols: what was assumed before, and what the data so far say.

Each site has its own rate, gamma-distributed over the sites (Anisimov and Fedorov, Statistics in
Medicine 26, 2007). A site that has enrolled n patients in m months has a rate of
gamma(shape + n, rate + m): a site open for long speaks for itself, a new one is taken as the
others are. Rates count patients treated. Arrays have a row for each site, or are of sites by
columns, where each column is a trial of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv, gammaln

from doseline.demand.luck import Floats
from doseline.errors import QuantityError

LEAST_SHAPE, MOST_SHAPE = 0.01, 1000.0  # within which a shape is estimated
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


@dataclass(frozen=True, slots=True)
class RatePrior:
    """How the rates differ between sites: a gamma of this shape and mean. [patients a month]

    `estimated` says that both come from the data; `capped` that the sites of the data agree so
    well that no shape was too high, and that `MOST_SHAPE` (rates within 3 %) stands in for it.
    """

    shape: float
    per_site_month: float
    estimated: bool = False
    capped: bool = False

    def __post_init__(self) -> None:
        for name, value in (("shape", self.shape), ("rate", self.per_site_month)):
            if not 0.0 < value < math.inf:
                raise QuantityError(f"the {name} of enrolment must be above 0, got {value}")


@dataclass(frozen=True, slots=True)
class SitePosterior:
    """One site: patients in so many months, and its rate given them. [patients a month]

    The rate is gamma(shape, rate) of mean `per_month`; nine in ten lie from `low_90` to `high_90`.
    """

    site: str
    patients: int
    months: float
    shape: float
    rate: float
    per_month: float
    low_90: float
    high_90: float


def posterior(
    shape: ArrayLike, per_site_month: ArrayLike, enrolled: ArrayLike, months: ArrayLike
) -> tuple[Floats, Floats]:
    """Shape and rate of the gamma of each site, given its patients in so many months.

    >>> posterior(2.0, 0.5, [0, 6], [0.0, 8.0])
    (array([2., 8.]), array([ 4., 12.]))
    """
    before = np.asarray(shape, dtype=np.float64)
    a = before + np.asarray(enrolled, dtype=np.float64)
    b = before / np.asarray(per_site_month, dtype=np.float64) + np.asarray(months, dtype=np.float64)
    return np.asarray(a), np.asarray(b)


def posterior_rates(
    prior: RatePrior, enrolled: ArrayLike, months: ArrayLike, share: ArrayLike
) -> Floats:
    """The rate that each site's stays below in a share of futures. [patients a month]

    With a uniform number for each site as its share, these are rates drawn given the data; without
    data they are the rates that `demand.enrolment` draws.

    >>> posterior_rates(RatePrior(2.0, 0.5), [0, 6], [0.0, 8.0], 0.5).round(3).tolist()
    [0.42, 0.639]
    """
    a, b = posterior(prior.shape, prior.per_site_month, enrolled, months)
    return np.asarray(gammaincinv(a, np.asarray(share, dtype=np.float64)) / b, dtype=np.float64)


def site_posteriors(
    prior: RatePrior, sites: tuple[str, ...], enrolled: NDArray[np.int64], months: Floats
) -> tuple[SitePosterior, ...]:
    """The rate of each site given its data, in a row for print."""
    a, b = posterior(prior.shape, prior.per_site_month, enrolled, months)
    low = posterior_rates(prior, enrolled, months, 0.05)
    high = posterior_rates(prior, enrolled, months, 0.95)
    columns: list[Any] = [x.tolist() for x in (enrolled, months, a, b, a / b, low, high)]
    return tuple(map(SitePosterior, sites, *columns))


def estimated_prior(enrolled: ArrayLike, months: ArrayLike) -> RatePrior:
    """The prior under which the data of the sites are most likely (a negative binomial each).

    A forecast that takes it for the truth is too sure of itself; `demand.coverage` says by how
    much. Raises QuantityError where nobody has enrolled, or fewer than two sites have been open.

    >>> prior = estimated_prior([0, 1, 9, 2, 0, 5], [8.0, 6.0, 8.0, 3.0, 4.0, 7.0])
    >>> round(prior.shape, 2), round(prior.per_site_month, 2), prior.capped
    (0.94, 0.45, False)
    >>> estimated_prior([4, 4, 4], [8.0, 8.0, 8.0]).capped
    True
    """
    patients = np.asarray(enrolled, dtype=np.float64)[:, None]
    open_months = np.asarray(months, dtype=np.float64)[:, None]
    if not patients.sum() > 0.0:
        raise QuantityError("nobody has enrolled yet, so no rate can be estimated: state a prior")
    if np.count_nonzero(open_months) < 2:
        raise QuantityError(
            "how much sites differ cannot be seen from one site that has been open: state a prior"
        )
    shape, mean = (float(x[0]) for x in most_likely(patients, open_months))
    return RatePrior(shape, mean, estimated=True, capped=shape >= MOST_SHAPE)


def most_likely(enrolled: Floats, months: Floats) -> tuple[Floats, Floats]:
    """The most likely shape and mean rate of each column; each column has at least one patient.

    The best of a grid of shapes, then a golden section between its neighbours; for each shape the
    most likely mean. A shape that comes within 1 % of `MOST_SHAPE` is set to it.
    """
    grid = np.linspace(math.log(LEAST_SHAPE), math.log(MOST_SHAPE), 24)
    columns = np.ones(enrolled.shape[1])
    fit = np.stack([_fit(math.exp(g) * columns, enrolled, months) for g in grid])
    best = fit.argmax(axis=0)
    low, high = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, len(grid) - 1)]
    for _ in range(30):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        go_left = _fit(np.exp(left), enrolled, months) > _fit(np.exp(right), enrolled, months)
        low, high = np.where(go_left, low, left), np.where(go_left, right, high)
    shape = np.exp((low + high) / 2.0)
    shape = np.where(shape > 0.99 * MOST_SHAPE, MOST_SHAPE, shape)
    return shape, _best_mean(shape, enrolled, months)


def _fit(shape: Floats, enrolled: Floats, months: Floats) -> Floats:
    """The log-likelihood of each column at its best mean, without what no parameter changes."""
    rate = shape / _best_mean(shape, enrolled, months)
    fit = gammaln(shape + enrolled) - gammaln(shape)
    fit = fit - shape * np.log1p(months / rate) - enrolled * np.log(rate + months)
    return np.asarray(fit.sum(axis=0), dtype=np.float64)


def _best_mean(shape: Floats, enrolled: Floats, months: Floats) -> Floats:
    """The mean that makes the score, a falling convex function of it, vanish: by Newton's way."""
    mean = np.asarray(enrolled.sum(axis=0) / months.sum(axis=0), dtype=np.float64)
    for _ in range(60):
        under = shape + mean * months
        score = ((enrolled - mean * months) / under).sum(axis=0)
        slope = ((shape + enrolled) * months / (under * under)).sum(axis=0)
        step = np.maximum(score / slope, -0.9 * mean)
        mean = mean + step
        if bool(np.all(np.abs(step) < 1e-12 * mean)):
            break
    return mean
