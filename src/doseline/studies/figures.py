"""Means with their 95 % intervals, from one number a replication."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scipy.special import stdtrit


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


def mean_figure(values: Sequence[float]) -> Figure:
    """The mean of independent values with its Student-t interval.

    One value alone has no interval: both ends are the value.

    >>> mean_figure([1.0, 1.0])
    Figure(mean=1.0, low=1.0, high=1.0)
    """
    n = len(values)
    mean = math.fsum(values) / n
    if n < 2:
        return Figure(mean, mean, mean)
    variance = math.fsum((v - mean) ** 2 for v in values) / (n - 1)
    half = float(stdtrit(n - 1, 0.975)) * math.sqrt(variance / n)
    return Figure(mean, mean - half, mean + half)


def ratio_figure(above: Sequence[float], below: Sequence[float]) -> Figure:
    """A ratio of sums with its interval, linearised over replications.

    >>> ratio_figure([1.0, 2.0], [2.0, 4.0])
    Figure(mean=0.5, low=0.5, high=0.5)
    """
    n, total = len(above), math.fsum(below)
    if total == 0:
        return Figure(0.0, 0.0, 0.0)
    ratio = math.fsum(above) / total
    if n < 2:
        return Figure(ratio, ratio, ratio)
    mean_below = total / n
    left = [(a - ratio * b) / mean_below for a, b in zip(above, below, strict=True)]
    spread = mean_figure(left)
    half = (spread.high - spread.low) / 2.0
    return Figure(ratio, ratio - half, ratio + half)


def count_figure(values: Sequence[float]) -> Figure:
    """The mean of counts with its interval, which never reaches below 0."""
    found = mean_figure(values)
    return Figure(found.mean, max(0.0, found.low), found.high)


def figure(value: Figure) -> dict[str, Any]:
    """A figure with its interval, as a document says it.

    >>> figure(Figure(0.5, 0.4, 0.6))
    {'mean': 0.5, 'low': 0.4, 'high': 0.6}
    """
    return {"mean": value.mean, "low": value.low, "high": value.high}
