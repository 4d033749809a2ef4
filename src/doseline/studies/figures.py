"""Means with their 95 % intervals, from one number a replication."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scipy.special import stdtrit

from doseline.studies.controls import Weighing


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


def linear(above: Sequence[float], below: Sequence[float], weigh: Weighing | None) -> list[float]:
    """One value a future whose mean is a ratio of sums, and whose spread is that of the ratio.

    (Cochran, Sampling Techniques, 1977, chapter 6.) Of futures that are weighed, both sums are
    weighted, and the spread is what their numbers leave of it.

    >>> linear([1.0, 2.0], [2.0, 4.0], None)
    [0.5, 0.5]
    """
    total = math.fsum(below)
    if total == 0:
        return [0.0 for _ in below]
    if weigh is None:
        ratio, mean = math.fsum(above) / total, total / len(below)
        return [ratio + (a - ratio * b) / mean for a, b in zip(above, below, strict=True)]
    mean = weigh.mean(below)
    ratio = weigh.mean(above) / mean
    over = [(a - ratio * b) / mean for a, b in zip(above, below, strict=True)]
    return [ratio + value for value in weigh.left(over).tolist()]


def count_figure(values: Sequence[float], weigh: Weighing | None = None) -> Figure:
    """The mean of counts with its interval, which never reaches below 0."""
    found = mean_figure(values if weigh is None else weigh.left(values).tolist())
    return Figure(found.mean, max(0.0, found.low), found.high)


def service(
    on_time: Sequence[float], due: Sequence[float], weigh: Weighing | None = None
) -> Figure:
    """OTIF with its interval: never outside 0 to 1, never narrower than the counts allow.

    The interval over replications misses what never happened in any of them, so Wilson's interval
    on the pooled counts widens it where that is wider. Of futures that are weighed (`controls`)
    it is that of the weighted counts.
    """
    over = ratio_figure(on_time, due)
    if weigh is not None:
        over = mean_figure(linear(on_time, due, weigh))
    doses = math.fsum(due)
    low, high = wilson(over.mean * doses, doses)
    return Figure(over.mean, max(0.0, min(over.low, low)), min(1.0, max(over.high, high)))


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share. (Wilson, JASA 22 (1927) 209.)

    >>> [round(v, 4) for v in wilson(19, 20)]
    [0.7639, 0.9911]
    """
    if trials == 0:
        return 0.0, 1.0
    z = 1.959963984540054
    share = successes / trials
    centre = share + z * z / (2.0 * trials)
    half = z * math.sqrt(share * (1.0 - share) / trials + z * z / (4.0 * trials * trials))
    scale = 1.0 + z * z / trials
    return (centre - half) / scale, (centre + half) / scale


def figure(value: Figure) -> dict[str, Any]:
    """A figure with its interval, as a document says it.

    >>> figure(Figure(0.5, 0.4, 0.6))
    {'mean': 0.5, 'low': 0.4, 'high': 0.6}
    """
    return {"mean": value.mean, "low": value.low, "high": value.high}
