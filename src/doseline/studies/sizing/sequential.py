"""Fully sequential procedures: is a mean at or above a bound, and which mean is the least?

Both watch a sum of differences until it leaves a triangle that narrows with every observation. The
triangle is so wide that, for observations near normal, the walk leaves it on the wrong side with
no more than the chance allowed. Between the bound less the zone and the bound plus the zone either
answer is right: the indifference zone.

Sources: Kim and Nelson, "A fully sequential procedure for indifference-zone selection in
simulation", ACM TOMACS 11 (2001) 251-273 (the triangle, the least of several, also under common
random numbers); Andradottir and Kim, "Fully sequential procedures for comparing constrained
systems via simulation", Naval Research Logistics 57 (2010) 403-421, and Batur and Kim, "Finding
feasible systems in the presence of constraints on multiple performance measures", ACM TOMACS 20
(2010) article 13 (a mean against a bound).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations


def eta(error: float, first: int) -> float:
    """The constant of the triangle for a chance of error and a first stage of so many.

    Kim and Nelson (2001) with c = 1: g(eta) = (1 + 2 eta)^(-(n0 - 1) / 2) / 2 = error.

    >>> round(eta(0.025, 20), 4)
    0.1854
    """
    return (math.pow(2.0 * error, -2.0 / (first - 1)) - 1.0) / 2.0


def variance(values: Sequence[float]) -> float:
    """The sample variance.

    >>> variance([1.0, 2.0, 3.0])
    1.0
    """
    mean = math.fsum(values) / len(values)
    return math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1)


def half_width(r: int, zone: float, error: float, first: int, spread: float) -> float:
    """How far the sum of `r` differences may lie from 0 before it decides.

    `spread` is the variance of one difference, from the first stage of `first` observations.

    >>> half_width(10, 1.0, 0.025, 20, 4.0) > half_width(20, 1.0, 0.025, 20, 4.0) > 0.0
    True
    """
    h_squared = 2.0 * eta(error, first) * (first - 1)
    return max(0.0, h_squared * spread / (2.0 * zone) - zone * r / 2.0)


@dataclass
class AgainstBound:
    """Whether a mean lies at or above 0; `floor` is the least variance that is believed.

    A mean of `zone` or more is found above with a chance of 1 - error at least, one of -zone or
    less below. Observations are told in order, as many at a time as there are.

    >>> bound = AgainstBound(zone=0.5, error=0.025, first=3)
    >>> bound.tell([4.0, 5.0])
    >>> bound.above is None, bound.tell([4.5] * 40), bound.above
    (True, None, True)
    """

    zone: float
    error: float
    first: int
    floor: float = 0.0
    told: list[float] = field(default_factory=list)
    above: bool | None = None
    _sum: float = 0.0
    _seen: int = 0

    def tell(self, values: Sequence[float]) -> None:
        """Take further observations in; nothing changes once it is decided."""
        self.told.extend(values)
        if len(self.told) < self.first:
            return
        spread = max(self.floor, variance(self.told[: self.first]))
        while self.above is None and self._seen < len(self.told):
            self._sum += self.told[self._seen]
            self._seen += 1
            if self._seen < self.first:
                continue
            width = half_width(self._seen, self.zone, self.error, self.first, spread)
            if abs(self._sum) >= width:
                self.above = self._sum >= 0.0

    @property
    def mean(self) -> float:
        """The mean of what was told."""
        return math.fsum(self.told) / len(self.told)


@dataclass
class Least:
    """Which of several means is the least, under common random numbers.

    Where the least lies below all others by `zone`, it is found with a chance of 1 - error at
    least. Every observation is a row of the same replication. `comparisons` is over how many pairs
    the error is shared out: one fewer than names, unless the names were chosen by the same futures.
    """

    names: tuple[str, ...]
    zone: float
    error: float
    first: int
    comparisons: int = 0
    left: set[str] = field(init=False)
    _sums: dict[str, float] = field(init=False)
    _spread: dict[frozenset[str], float] = field(default_factory=dict)
    _seen: int = 0

    def __post_init__(self) -> None:
        self.left = set(self.names)
        self._sums = dict.fromkeys(self.names, 0.0)

    @property
    def found(self) -> str | None:
        """The one that is left, once it is alone."""
        return next(iter(self.left)) if len(self.left) == 1 else None

    def look(self, told: Mapping[str, Sequence[float]]) -> None:
        """Look at all observations so far of those that are left."""
        known = min(len(told[n]) for n in self.left)
        if known < self.first:
            return
        if not self._spread:
            for a, b in combinations(self.names, 2):
                pairs = zip(told[a][: self.first], told[b][: self.first], strict=True)
                self._spread[frozenset((a, b))] = variance([x - y for x, y in pairs])
        while self.found is None and self._seen < known:
            for name in self.left:
                self._sums[name] += told[name][self._seen]
            self._seen += 1
            if self._seen >= self.first:
                self._drop()

    def _drop(self) -> None:
        each = self.error / (self.comparisons or len(self.names) - 1)
        worse = set()
        for a, b in combinations(sorted(self.left, key=self.names.index), 2):
            spread = self._spread[frozenset((a, b))]
            width = half_width(self._seen, self.zone, each, self.first, spread)
            gap = self._sums[a] - self._sums[b]
            if abs(gap) >= width:
                worse.add(a if gap > 0 else b)
        self.left -= worse
