"""What each future counts for a question: doses on time, doses due, cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

from doseline.simulate import SimulationResult
from doseline.studies.answers import service
from doseline.studies.designs import spent
from doseline.studies.figures import Figure, mean_figure


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


def counts_of(result: SimulationResult, question: str) -> Counts:
    """What each future of a result counts for a question."""
    rows = result.by_period[question]
    return Counts(
        tuple(float(sum(r.on_time for r in x)) for x in rows),
        tuple(float(sum(r.due for r in x)) for x in rows),
        tuple(spent(r) for r in result.replications),
    )
