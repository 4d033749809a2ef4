"""As many futures as it takes until every OTIF is known to a width, and no clock asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from doseline.programme import Programme
from doseline.simulate import Period, SimulationResult
from doseline.studies.answers import service
from doseline.studies.runs import Play, play

_GROWTH = 4
_SPARE = 1.1


@dataclass(frozen=True, slots=True)
class Precision:
    """How narrow the interval of every OTIF is to be, and the most futures that are played for it.

    `width` is from its low end to its high end: 0.005 is half a point.
    """

    width: float
    most: int


def play_until(
    programme: Programme,
    run: Play,
    precision: Precision | None,
    *,
    counted: Sequence[Period],
    narrow: Sequence[Period] | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    cases: dict[str, str] | None = None,
) -> SimulationResult:
    """Play a design in rounds until the OTIF of every period is narrow enough, or to the most.

    `narrow` are the periods that count for that, where not all do.
    The next round is as long as the widest interval asks for, by the square of what is missing, at
    most four times what is there; so the number of futures hangs on the seed and nothing else.
    Without a precision it is that of the run.
    """
    asked, found = run, None
    while True:
        new = play(
            programme, asked, counted=counted, from_on=from_on, until_on=until_on, cases=cases
        )
        found = new if found is None else joined(found, new)
        played = len(found.replications)
        if precision is None or played >= precision.most:
            return found
        wanted = wanted_futures(found, counted if narrow is None else narrow, precision)
        if wanted <= played:
            return found
        asked = replace(run, first=run.first + played, replications=wanted - played)


def wanted_futures(found: SimulationResult, counted: Sequence[Period], precision: Precision) -> int:
    """How many futures in all the widest interval asks for; those there are, where it is enough."""
    played = len(found.replications)
    widest = max((_width(found, p.id) for p in counted), default=0.0)
    if widest <= precision.width:
        return played
    asked = math.ceil(_SPARE * played * (widest / precision.width) ** 2)
    return min(precision.most, max(played + 1, min(asked, _GROWTH * played)))


def _width(found: SimulationResult, period: str) -> float:
    rows = found.by_period[period]
    due = [float(sum(r.due for r in x)) for x in rows]
    if not any(due):
        return 0.0
    otif = service([float(sum(r.on_time for r in x)) for x in rows], due)
    return otif.high - otif.low


def joined(a: SimulationResult, b: SimulationResult) -> SimulationResult:
    """Two results of the same play, the second going on where the first ended."""
    return replace(
        a,
        replications=(*a.replications, *b.replications),
        services=(*a.services, *b.services),
    )
