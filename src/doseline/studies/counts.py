"""What each future counts for a question: doses on time, doses due, cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from scipy.special import stdtrit

from doseline.studies.controls import NONE, Controls, weighing
from doseline.studies.figures import Figure, linear, mean_figure, service, wilson
from doseline.studies.served import Served


@dataclass(frozen=True, slots=True)
class Counts:
    """Doses on time, doses due and cost of each future [currency], and what takes luck back."""

    on_time: tuple[float, ...]
    due: tuple[float, ...]
    cost: tuple[float, ...]
    controls: Controls = field(default=NONE)

    @property
    def otif(self) -> Figure:
        """OTIF with its interval."""
        return service(self.on_time, self.due, weighing(self.controls))

    def first(self, futures: int) -> Counts:
        """The counts of the first futures alone, as they fell."""
        return Counts(self.on_time[:futures], self.due[:futures], self.cost[:futures])

    @property
    def linear(self) -> list[float]:
        """One value a future whose mean is OTIF as it fell, and whose spread is that of the ratio.

        >>> Counts((1.0, 2.0), (2.0, 4.0), (0.0, 0.0)).linear
        [0.5, 0.5]
        """
        return linear(self.on_time, self.due, None)

    @property
    def without_luck(self) -> list[float]:
        """One value a future whose mean is `otif`, and whose spread is what luck leaves of it."""
        return linear(self.on_time, self.due, weighing(self.controls))


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
    Sampling Techniques, 1977, section 7.2.) Where both hold as many, and no luck is taken back, it
    is the OTIF of `moved`.

    >>> base = Counts((1.0, 2.0, 2.0), (2.0, 2.0, 2.0), (0.0, 0.0, 0.0))
    >>> round(moved_otif(base, Counts((0.0, 2.0), (2.0, 2.0), (0.0, 0.0))).mean, 4)
    0.5833
    """
    n, futures = len(moved.due), len(base.due)
    if n == futures and not base.controls.rows:
        return moved.otif
    start = base.otif
    changes = [m - b for b, m in zip(base.first(n).linear, moved.linear, strict=True)]
    change = mean_figure(changes)
    mean = start.mean + change.mean
    half = _half(base.without_luck, changes)
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
    return Counts(served.on_time, served.due, served.cost, served.controls)
