"""How often the forecast of the end of enrolment holds: measured on trials drawn from the model.

A trial is drawn whole, cut when a share of its patients has come, and forecast from what was seen
by then; the interval for the end should hold the true end as often as it says. Where the prior is
the one that the trials are drawn from, it does so by construction of the posterior, so a deviation
beyond chance is a fault of the arithmetic. Where the prior is estimated from each trial's own data,
it is too narrow, and this says by how much.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from doseline.chance import stream, uniform_array
from doseline.demand.forecast import wait
from doseline.demand.luck import Floats
from doseline.demand.negative_binomial import chance_by
from doseline.demand.rates import RatePrior, most_likely, posterior
from doseline.errors import QuantityError

_LONGEST_MONTHS = 1200.0  # an end after a century is as good as none


@dataclass(frozen=True, slots=True)
class DrawnTrials:
    """Trials (columns): when each patient (rows) came, and to which site. [months]"""

    opens: Floats
    at: Floats
    site: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CutTrials:
    """The same trials when the `seen`-th patient had come; sites by trials."""

    trials: DrawnTrials
    seen: int
    enrolled: Floats
    months: Floats
    shape: Floats
    rate: Floats

    @property
    def needed(self) -> int:
        """How many patients were still to come."""
        return len(self.trials.at) - self.seen

    @property
    def left(self) -> Floats:
        """The true time from the cut to the last patient. [months]"""
        return np.asarray(self.trials.at[-1] - self.trials.at[self.seen - 1])

    def months_at(self, after: Floats) -> Floats:
        """Open months of each site in so long after the cut."""
        now = self.trials.at[self.seen - 1] + after
        return np.asarray(_open(self.trials.opens, now) - self.months)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often the middle 50, 90 and 95 % held the true end, when forecast at a cut.

    `error_90` is the standard error of `held_90` from the number of trials; `width_90_months` is
    how long the middle 90 % is, in the median of the trials.
    """

    cut_fraction: float
    trials: int
    estimated: bool
    held_50: float
    held_90: float
    held_95: float
    error_90: float
    width_90_months: float


def coverage(
    prior: RatePrior,
    opens: Sequence[float],
    *,
    patients: int,
    cuts: Sequence[float] = (0.25, 0.5, 0.75),
    trials: int = 5000,
    seed: int = 1,
    estimate: bool = False,
) -> tuple[Coverage, ...]:
    """How often the forecast holds at each cut, over trials drawn from a prior.

    `opens` is the month in which each site opens, known beforehand. With `estimate` the prior of
    each forecast is estimated from the data at its cut. The middle so much of a forecast holds the
    true end where the chance that it gave to an end by then is as near to one half.

    >>> (half,) = coverage(RatePrior(2.0, 0.5), [0.0] * 8, patients=40, cuts=[0.5], trials=400)
    >>> abs(half.held_90 - 0.9) < 3 * half.error_90
    True
    """
    drawn = drawn_trials(prior, opens, patients=patients, trials=trials, seed=seed)
    found = []
    for fraction in cuts:
        cut = cut_trials(drawn, fraction, None if estimate else prior)
        away = 2.0 * np.abs(chance_of_true_end(cut) - 0.5)
        held_50, held_90, held_95 = (float(np.mean(away <= middle)) for middle in (0.5, 0.9, 0.95))
        error = math.sqrt(held_90 * (1.0 - held_90) / trials)
        low, high = interval(cut, 0.9)
        width = float(np.median(high - low))
        found.append(Coverage(fraction, trials, estimate, held_50, held_90, held_95, error, width))
    return tuple(found)


def drawn_trials(
    prior: RatePrior, opens: Sequence[float], *, patients: int, trials: int, seed: int
) -> DrawnTrials:
    """Trials up to their last patient: all sites together are one Poisson process, given the rates.

    The open time of each site times its rate adds up to what the process has run through; a patient
    goes to a site open then, in proportion to the rates.
    """
    starts = np.sort(np.asarray(opens, dtype=np.float64))[:, None]
    number = np.arange(trials, dtype=np.uint64)
    sites = np.arange(len(starts), dtype=np.uint64)[:, None]
    ranks = np.arange(patients, dtype=np.uint64)[:, None]

    def uniform(source: str, index: NDArray[np.uint64]) -> Floats:
        return uniform_array(stream(seed, 0, f"coverage:{source}"), number, index)

    rates = gammaincinv(prior.shape, uniform("rate", sites)) / prior.shape * prior.per_site_month
    together = np.cumsum(rates, axis=0)
    begun = np.zeros_like(rates)  # what the process has run through when each site opens
    begun[1:] = np.cumsum(together[:-1] * np.diff(starts, axis=0), axis=0)
    run = np.cumsum(-np.log1p(-uniform("gap", ranks)), axis=0)
    last_open = np.zeros(run.shape, dtype=np.int64)
    for edge in begun[1:]:
        last_open += run > edge
    rate_then = np.take_along_axis(together, last_open, axis=0)
    at = starts[last_open, 0] + (run - np.take_along_axis(begun, last_open, axis=0)) / rate_then
    drawn = uniform("site", ranks) * rate_then
    site = np.zeros(run.shape, dtype=np.int64)
    for edge in together[:-1]:
        site += drawn > edge
    return DrawnTrials(starts, at, site)


def cut_trials(trials: DrawnTrials, cut_fraction: float, prior: RatePrior | None) -> CutTrials:
    """The trials at the moment that a share of their patients has come; no prior: estimated.

    The cut waits for a patient, but until then the process runs as it would anyway, so the
    likelihood of the rates is that of so many patients in the open time up to that very moment.
    Raises QuantityError for a cut that leaves no patient before or after it.
    """
    seen = round(cut_fraction * len(trials.at))
    if not 0 < seen < len(trials.at):
        raise QuantityError(f"a cut at {cut_fraction} of {len(trials.at)} patients splits nothing")
    before = trials.site[:seen]
    enrolled = np.stack([(before == n).sum(axis=0) for n in range(len(trials.opens))])
    counts = enrolled.astype(np.float64)
    months = _open(trials.opens, trials.at[seen - 1])
    if prior is None:
        shape, rate = posterior(*most_likely(counts, months), counts, months)
    else:
        shape, rate = posterior(prior.shape, prior.per_site_month, counts, months)
    return CutTrials(trials, seen, counts, months, shape, rate)


def _open(opens: Floats, at: Floats) -> Floats:
    return np.maximum(at - opens, 0.0)


def chance_of_true_end(cut: CutTrials) -> Floats:
    """The chance that each forecast gave to an end by the true one: uniform if it is calibrated."""
    return chance_by(cut.needed, cut.shape, cut.rate, cut.months_at(cut.left))


def interval(cut: CutTrials, middle: float) -> tuple[Floats, Floats]:
    """The middle so much of the forecast time from each cut to its last patient. [months]"""
    columns = np.ones(cut.months.shape[1])
    low, high = (
        wait(cut.needed, share * columns, cut.shape, cut.rate, cut.months_at, _LONGEST_MONTHS)
        for share in (0.5 - middle / 2.0, 0.5 + middle / 2.0)
    )
    return low, high
