"""Simulated figures with what chance leaves open: a value, its standard error, its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from doseline.demand.designs.single_arm import exact_interval
from doseline.errors import QuantityError


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure from simulated trials, its Monte Carlo standard error and 95 % interval.

    More trials narrow the interval; it says nothing about the inputs being right.
    """

    value: float
    error: float
    low_95: float
    high_95: float


def share(happened: NDArray[np.bool_]) -> Estimate:
    """The share of trials in which a thing happened, with its exact (Clopper-Pearson) interval.

    >>> found = share(np.array([True] * 31 + [False] * 24))
    >>> round(found.value, 3), round(found.low_95, 3), round(found.high_95, 3)
    (0.564, 0.423, 0.697)
    """
    trials = len(happened)
    count = int(happened.sum())
    value = count / trials
    return Estimate(
        value, math.sqrt(value * (1.0 - value) / trials), *exact_interval(count, trials)
    )


def mean(values: NDArray[np.float64] | NDArray[np.int64]) -> Estimate:
    """The mean of a number over trials, with its Student's t interval.

    >>> found = mean(np.array([1.0, 2.0, 3.0]))
    >>> found.value, round(found.low_95, 2), round(found.high_95, 2)
    (2.0, -0.48, 4.48)
    """
    trials = len(values)
    check_trials(trials)
    value = float(values.mean())
    error = float(values.std(ddof=1)) / math.sqrt(trials)
    reach = float(stdtrit(trials - 1, 0.975)) * error
    return Estimate(value, error, value - reach, value + reach)


def check_trials(trials: int) -> None:
    """Raises QuantityError for fewer trials than an interval needs."""
    if trials < 2:
        raise QuantityError(f"an interval needs at least two simulated trials, got {trials}")
