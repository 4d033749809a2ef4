"""Confidence intervals over replications, 95 %, two-sided. [conventions 6.4]"""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.special import stdtrit

Z = 1.959963984540054
_FEW = 5


def t_quantile(freedom: int) -> float:
    """Student's t that leaves 2.5 % above it.

    >>> round(t_quantile(9), 3)
    2.262
    """
    return float(stdtrit(freedom, 0.975))


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean, low and high of independent values (Student's t); one value stands for itself.

    >>> mean_interval([1.0, 2.0, 3.0])[0]
    2.0
    """
    n = len(values)
    mean = math.fsum(values) / n if n else 0.0
    if n < 2:
        return mean, mean, mean
    variance = math.fsum((v - mean) ** 2 for v in values) / (n - 1)
    half = t_quantile(n - 1) * math.sqrt(variance / n)
    return mean, mean - half, mean + half


def ratio_values(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """One value a replication whose mean is the ratio of sums, and whose spread is that ratio's.

    The linearised ratio estimator: R + (a - R b) / mean(b). (Cochran, Sampling Techniques, 1977,
    chapter 6.)

    >>> ratio_values([1.0, 2.0], [2.0, 4.0])
    [0.5, 0.5]
    """
    total = math.fsum(below)
    if total == 0:
        return [0.0 for _ in below]
    ratio, mean = math.fsum(above) / total, total / len(below)
    return [ratio + (a - ratio * b) / mean for a, b in zip(above, below, strict=True)]


def ratio_interval(above: Sequence[float], below: Sequence[float]) -> tuple[float, float, float]:
    """Ratio of sums, low and high, by the linearised estimator and Student's t."""
    values = ratio_values(above, below)
    total = math.fsum(below)
    ratio = math.fsum(above) / total if total else 0.0
    _, low, high = mean_interval(values)
    return ratio, low, high


def share_interval(
    good: Sequence[float], due: Sequence[float], cluster: float = 1.0
) -> tuple[float, float, float]:
    """A share of counts, low and high: Wilson's interval on as many orders as they are worth.

    Orders of one batch fail together, so a count is worth less than its number: the design effect
    is the variance of the linearised ratio over that of independent orders, at least 1. While few
    replications hold any failure that variance says little; then an order is taken to fail with
    its whole batch of `cluster` orders at least. Student's t stands for the normal quantile.
    Without a single failure the interval so has the width of as many independent batches.
    (Wilson, JASA 22 (1927) 209; Kish, Survey Sampling, 1965, section 8.2.)

    >>> [round(v, 3) for v in share_interval([20.0, 20.0], [20.0, 20.0])][0]
    1.0
    """
    n, total = len(due), math.fsum(due)
    if total == 0:
        return 0.0, 0.0, 1.0
    share = min(1.0, math.fsum(good) / total)
    effect, quantile = max(1.0, cluster), Z
    mixed = sum(1 for g, d in zip(good, due, strict=True) if 0 < d != g)
    if n >= 2 and 0 < share < 1:
        values = ratio_values(good, due)
        variance = math.fsum((v - share) ** 2 for v in values) / (n - 1) / n
        found = variance * total / (share * (1 - share))
        effect = max(1.0, found) if mixed >= _FEW else max(effect, found)
        quantile = t_quantile(n - 1) if mixed >= _FEW else Z
    worth = total / effect
    low, high = wilson(share, worth, quantile)
    return share, low, high


def wilson(share: float, number: float, quantile: float = Z) -> tuple[float, float]:
    """Wilson's interval of a share found among a number of independent trials.

    >>> [round(v, 4) for v in wilson(0.95, 20)]
    [0.7639, 0.9911]
    """
    square = quantile * quantile / number
    centre = share + square / 2
    half = quantile * math.sqrt(share * (1 - share) / number + square / (4 * number))
    low, high = (centre - half) / (1 + square), (centre + half) / (1 + square)
    return min(share, max(0.0, low)), max(share, min(1.0, high))
