"""How many futures it takes until every OTIF is known to a width; no clock is asked.

The next round is as long as the widest interval asks for, by the square of what is missing, at
most four times what is there. It is not asked of fewer than `LEAST` futures whether they are
enough: few futures are narrow by luck, and who stops there is wrong more often than one time in 20.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from doseline.simulate import SimulationResult
from doseline.studies.controls import weighing
from doseline.studies.figures import service
from doseline.studies.served import Served

LEAST = 128
"""No interval counts as narrow before so many futures are played, or the most where that is fewer.

Of the intervals of a small world that could stop from 16 futures on, 87 % held the truth.
"""

_GROWTH = 4
_SPARE = 1.02


@dataclass(frozen=True, slots=True)
class Precision:
    """How narrow the interval of every OTIF is to be, and the most futures that are played for it.

    `width` is from its low end to its high end: 0.005 is half a point.
    """

    width: float
    most: int


def wanted_futures(served: Served, precision: Precision) -> int:
    """How many futures in all an interval asks for; those there are, where it is narrow enough."""
    played, width = served.futures, width_of(served)
    if played >= precision.most or (width <= precision.width and played >= LEAST):
        return played
    if played < LEAST:
        return min(precision.most, LEAST, _GROWTH * played)
    asked = math.ceil(_SPARE * played * (width / precision.width) ** 2)
    return min(precision.most, max(played + 1, min(asked, _GROWTH * played)))


def width_of(served: Served) -> float:
    """From the low end of OTIF to its high end."""
    if not any(served.due):
        return 0.0
    otif = service(served.on_time, served.due, weighing(served.controls))
    return otif.high - otif.low


def joined(*parts: SimulationResult) -> SimulationResult:
    """One result of parts of the same play, each going on where the one before it ended."""
    return replace(
        parts[0],
        replications=tuple(r for part in parts for r in part.replications),
        services=tuple(row for part in parts for row in part.services),
    )
