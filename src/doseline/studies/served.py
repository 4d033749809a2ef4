"""How the doses of a question fared in some futures: little enough to be kept of thousands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from doseline.simulate import Service, SimulationResult
from doseline.simulate.odds import KINDS, WHOLE
from doseline.studies.controls import NONE, Controls
from doseline.studies.designs import spent


@dataclass(frozen=True, slots=True)
class Served:
    """Doses and cost of each future, in order; causes, months and slots of all futures together.

    `months` holds doses due and on time by month counted from year 0; slots are those of the
    question's months. `cost` is that of the days played. [currency] `controls` holds what is known
    of the futures beforehand.
    """

    due: tuple[float, ...]
    on_time: tuple[float, ...]
    delayed: tuple[float, ...]
    missed: tuple[float, ...]
    cost: tuple[float, ...]
    causes: Mapping[str, int]
    months: Mapping[int, tuple[int, int]]
    slots_used: int
    slots_usable: int
    controls: Controls = NONE

    @property
    def futures(self) -> int:
        """How many futures there are."""
        return len(self.due)


def costs_of(result: SimulationResult) -> tuple[float, ...]:
    """What each future cost. [currency]"""
    return tuple(spent(r) for r in result.replications)


def served_of(
    result: SimulationResult,
    question: str,
    planned: Controls = NONE,
    costs: tuple[float, ...] | None = None,
) -> Served:
    """How the doses of a question fared in what was played.

    With what is known of the demand of its futures, it is noted too how often chance struck
    against its odds. `costs` are those of the futures, where they are known.
    """
    rows, period = result.by_period[question], result.period[question]
    every: list[Service] = [row for future in rows for row in future]
    return Served(
        due=tuple(float(sum(r.due for r in x)) for x in rows),
        on_time=tuple(float(sum(r.on_time for r in x)) for x in rows),
        delayed=tuple(float(sum(r.delayed for r in x)) for x in rows),
        missed=tuple(float(sum(r.missed for r in x)) for x in rows),
        cost=costs_of(result) if costs is None else costs,
        causes=_summed(row.causes for row in every),
        months=_added((m, n[:2]) for row in every for m, n in row.by_month.items()),
        slots_used=sum(r.total("slots_used", period) for r in result.replications),
        slots_usable=sum(r.total("slots_usable", period) for r in result.replications),
        controls=_odds(rows).beside(planned) if planned.rows else NONE,
    )


def _odds(rows: Iterable[Sequence[Service]]) -> Controls:
    """How often chance struck against its odds in each future, by kind: 0 in the mean. [doses]"""
    zero = (0,) * len(KINDS)
    summed = (map(sum, zip(zero, *(r.against_odds for r in x), strict=True)) for x in rows)
    return Controls(tuple(tuple(n / WHOLE for n in x) for x in summed), (0.0,) * len(KINDS))


def together(*parts: Served) -> Served:
    """The futures of some parts, one behind the other."""
    return Served(
        due=tuple(chain.from_iterable(p.due for p in parts)),
        on_time=tuple(chain.from_iterable(p.on_time for p in parts)),
        delayed=tuple(chain.from_iterable(p.delayed for p in parts)),
        missed=tuple(chain.from_iterable(p.missed for p in parts)),
        cost=tuple(chain.from_iterable(p.cost for p in parts)),
        causes=_summed(p.causes for p in parts),
        months=_added(item for p in parts for item in p.months.items()),
        slots_used=sum(p.slots_used for p in parts),
        slots_usable=sum(p.slots_usable for p in parts),
        controls=Controls.together([p.controls for p in parts]),
    )


def _added(counts: Iterable[tuple[int, tuple[int, int]]]) -> dict[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    for month, (due, on_time) in counts:
        before = found.get(month, (0, 0))
        found[month] = before[0] + due, before[1] + on_time
    return found


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in counts:
        found.update(one)
    return dict(found)
