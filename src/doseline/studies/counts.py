"""What each future counts for a question: doses on time, doses due, cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import stdtrit

from doseline.studies.figures import Figure, mean_figure, service, wilson
from doseline.studies.served import Served


@dataclass(frozen=True, slots=True)
class Counts:
    """Doses on time, doses due and cost of each future. [currency]"""

    on_time: tuple[float, ...]
    due: tuple[float, ...]
    cost: tuple[float, ...]

    @property
    def otif(self) -> Figure:
        """OTIF with its interval."""
        return service(self.on_time, self.due)

    def first(self, futures: int) -> Counts:
        """The counts of the first futures alone."""
        return Counts(self.on_time[:futures], self.due[:futures], self.cost[:futures])

    @property
    def linear(self) -> list[float]:
        """One value a future whose mean is OTIF, and whose spread is that of the ratio.

        (Cochran, Sampling Techniques, 1977, chapter 6.)

        >>> Counts((1.0, 2.0), (2.0, 4.0), (0.0, 0.0)).linear
        [0.5, 0.5]
        """
        due, on_time = math.fsum(self.due), math.fsum(self.on_time)
        if due == 0:
            return [0.0 for _ in self.due]
        ratio, mean = on_time / due, due / len(self.due)
        return [ratio + (o - ratio * d) / mean for o, d in zip(self.on_time, self.due, strict=True)]


def paired_otif(a: Counts, b: Counts) -> Figure:
    """OTIF of b less that of a, paired by future.

    >>> one = Counts((1.0, 2.0), (2.0, 2.0), (0.0, 0.0))
    >>> paired_otif(one, one)
    Figure(mean=0.0, low=0.0, high=0.0)
    """
    return mean_figure([y - x for x, y in zip(a.linear, b.linear, strict=True)])


def moved_otif(base: Counts, moved: Counts) -> Figure:
    """OTIF where something is moved: that of the base, and the paired change of the first futures.

    The base may hold more futures than were played again with the input moved; its figure then
    stands on all of them, the change on the first. (A regression estimate of slope one: Cochran,
    Sampling Techniques, 1977, section 7.2.) Where both hold as many it is the OTIF of `moved`.

    >>> base = Counts((1.0, 2.0, 2.0), (2.0, 2.0, 2.0), (0.0, 0.0, 0.0))
    >>> round(moved_otif(base, Counts((0.0, 2.0), (2.0, 2.0), (0.0, 0.0))).mean, 4)
    0.5833
    """
    n, futures = len(moved.due), len(base.due)
    if n == futures:
        return moved.otif
    start = base.otif
    changes = [m - b for b, m in zip(base.first(n).linear, moved.linear, strict=True)]
    change = mean_figure(changes)
    mean = start.mean + change.mean
    half = _half(base.linear, changes)
    low, high = wilson(mean * math.fsum(base.due), math.fsum(base.due))
    inside = [min(1.0, max(0.0, v)) for v in (mean, min(mean - half, low), max(mean + half, high))]
    return Figure(*inside)


def _half(base: list[float], changes: list[float]) -> float:
    """Half of the interval of a mean of the base, plus that of the changes of its first futures."""
    n, futures = len(changes), len(base)
    if n < 2:
        return 0.0
    first = base[:n]
    of_base, of_change = math.fsum(base) / futures, math.fsum(changes) / n
    around = math.fsum(first) / n
    spread = math.fsum((v - of_base) ** 2 for v in base) / (futures - 1) / futures
    spread += math.fsum((v - of_change) ** 2 for v in changes) / (n - 1) / n
    together = math.fsum(
        (b - around) * (c - of_change) for b, c in zip(first, changes, strict=True)
    )
    spread += 2.0 * together / (n - 1) / futures
    return float(stdtrit(n - 1, 0.975)) * math.sqrt(max(0.0, spread))


def counts_of(served: Served) -> Counts:
    """What each future counts for a question."""
    return Counts(served.on_time, served.due, served.cost)
