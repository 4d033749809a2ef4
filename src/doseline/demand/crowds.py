"""The patients of many replications at once, as columns: who, where, when, how big; luck by key.

The same patients as `sample.patients`, with the same numbers. `Crowds` names them for a simulation,
which asks for one replication or for several.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np

from doseline.chance import stream_key
from doseline.demand.drawing import Drawing, DrawnCourse, drawn_courses
from doseline.demand.luck import (
    Drawn,
    Floats,
    Ints,
    attempts_of,
    delays_of,
    luck_tables,
    weights_of,
)
from doseline.demand.market import most_patients
from doseline.operations.crowd import Columns, Crowd, Kind, Throng
from doseline.operations.orders import Patient
from doseline.operations.routes import ways_of
from doseline.programme import Programme
from doseline.programme.trial import Arm

_DIGITS = 9  # a patient's number at a place has so many at most
_POWERS = 10 ** np.arange(1, _DIGITS + 1, dtype=np.int64)
_AT_ONCE = 100_000  # patients of several replications drawn at once: about 30 MB


@dataclass(frozen=True)
class Crowds:
    """Who is treated in any replication of a seed; see `sample.patients` for what is asked.

    It is called with the number of a replication; `several` draws those of many at once.
    """

    programme: Programme
    seed: int
    from_on: date | None = None
    until_on: date | None = None
    cases: Mapping[str, str] | None = None
    protocols: tuple[str, ...] | None = None
    drawing: Drawing = field(default_factory=Drawing)

    def __call__(self, replication: int) -> Crowd:
        """The patients of one replication."""
        return self._drawn((replication,))[0]

    def several(self, replications: Sequence[int]) -> Iterator[Crowd]:
        """The patients of some replications in turn, drawn many at once."""
        left, most = list(replications), self._most()
        while left:
            step = max(1, min(1_000, _AT_ONCE // most))
            found = self._drawn(left[:step])
            yield from found
            left = left[step:]
            most = max(1, *(len(crowd) for crowd in found))

    def _most(self) -> int:
        """About the most patients of a replication; else that is seen when one is drawn."""
        p = self.programme
        if any(not trial.patients for trial in p.trials):
            return _AT_ONCE
        trials = sum(trial.patients for trial in p.trials)
        return max(1, trials + sum(map(most_patients, p.markets)))

    def _drawn(self, replications: Sequence[int]) -> list[Crowd]:
        return crowds(
            self.programme,
            self.seed,
            replications,
            self.from_on,
            self.until_on,
            self.cases,
            self.protocols,
            self.drawing,
        )


def crowds(
    programme: Programme,
    seed: int,
    replications: Sequence[int],
    from_on: date | None = None,
    until_on: date | None = None,
    cases: Mapping[str, str] | None = None,
    protocols: Collection[str] | None = None,
    drawing: Drawing | None = None,
) -> list[Crowd]:
    """The patients of some replications (numbers that rise), as `sample.patients` of each."""
    drawing = drawing or Drawing()
    if cases:
        drawing = replace(drawing, cases={**drawing.cases, **cases})
    first = from_on.toordinal() if from_on else 0
    last = until_on.toordinal() if until_on else date.max.toordinal()
    drawn = drawn_courses(programme, ways_of(programme), seed, replications, protocols, drawing)
    arms = [_kept(one, first, last) for one in drawn]
    table = _Table(programme, seed, [arm for arm in arms if len(arm.course.site)])
    return table.crowds(replications) if replications else []


def _kept(drawn: DrawnCourse, first: int, last: int) -> DrawnCourse:
    """Those whose first dose is due between two days."""
    c = drawn.course
    here = (c.first_day >= first) & (c.first_day <= last)
    if here.all():
        return drawn
    course = replace(
        c, drawn=c.drawn.picked(here), site=c.site[here], first_day=c.first_day[here],
        size=c.size[here], cohort=c.cohort[here], waits_days=c.waits_days[here],
    )  # fmt: skip
    return replace(drawn, course=course)


class _Table:
    """The patients of some replications in one table, sorted by replication, day and name."""

    def __init__(self, programme: Programme, seed: int, arms: Sequence[DrawnCourse]) -> None:
        self.programme, self.seed, self.arms = programme, seed, arms
        courses = [arm.course for arm in arms]
        numbers = [c.drawn for c in courses]
        self.kinds, prefix = _kinds(programme, arms)
        self.columns: dict[str, np.ndarray[Any, Any]] = {
            "replication": _joined([n.replication for n in numbers]),
            "kind": _joined([np.full(len(c.site), k) for k, c in enumerate(courses)]),
            "entity": _joined([n.entity.astype(np.int64) for n in numbers]),
            "rank": _joined([n.rank.astype(np.int64) for n in numbers]),
            "site": _joined([c.site for c in courses]),
            "prefix": _joined(prefix),
            "first_day": _joined([c.first_day for c in courses]),
            "size": _joined([c.size for c in courses]),
            "cohort": _joined([c.cohort for c in courses]),
            "waits_days": _joined([c.waits_days for c in courses]),
        }
        self._tables()
        ranked = _by_name(self.kinds, self.columns)
        self.plain_names = ranked is not None
        self._sort(ranked)

    def _tables(self) -> None:
        """The luck that takes more than a draw."""
        delays, weights, delay_at, weight_at = [], [], [], []
        held = [0, 0]
        for arm in self.arms:
            drawn, count = arm.course.drawn, len(arm.course.site)
            each = len(arm.course.arm.visits), attempts_of(self.programme.policy)
            found = delays_of(drawn, arm.course.arm)
            delay_at.append(_places(found, held[0], count, each[0]))
            sd = _weight_sd(self.programme, arm.protocol)
            factors = weights_of(drawn, each, sd) if sd else None
            weight_at.append(_places(factors, held[1], count, each[0] * each[1]))
            if found is not None:
                delays.append(found.reshape(-1))
                held[0] += found.size
            if factors is not None:
                weights.append(factors.reshape(-1))
                held[1] += factors.size
        self.columns |= {"delay_at": _joined(delay_at), "weight_at": _joined(weight_at)}
        self.delays, self.weights = _joined(delays), _joined(weights)

    def _sort(self, ranked: Ints | None) -> None:
        c = self.columns
        if ranked is None:
            names = np.array(_names(self.kinds, c), dtype=object)
            rows = sorted(
                range(len(names)),
                key=lambda n: (c["replication"][n], c["first_day"][n], names[n]),
            )
            order = np.array(rows, dtype=np.int64)
            ranked = np.zeros(len(names), np.int64)
        else:
            order = _sorted(ranked, c["first_day"], c["replication"])
        self.columns = {name: column[order] for name, column in c.items()}
        self.columns["name_order"] = ranked[order]

    def crowds(self, replications: Sequence[int]) -> list[Crowd]:
        """Those of some replications (numbers that rise), one behind the other."""
        columns = dict(self.columns)
        numbers = columns.pop("replication")
        lows = np.searchsorted(numbers, replications).tolist()
        highs = np.searchsorted(numbers, replications, side="right").tolist()
        keys = tuple(stream_key(self.seed, replication) for replication in replications)
        whole = Columns(
            kinds=self.kinds,
            key=keys[0],
            attempts=attempts_of(self.programme.policy),
            delays=self.delays,
            weights=self.weights,
            **columns,
        )
        throng = Throng(whole, keys, (*lows, highs[-1]))
        return [
            Crowd(
                high - low,
                throng if self.plain_names else None,
                place,
                _Plain(self.programme, self.seed, replication, throng, place).patients,
            )
            for place, (replication, low, high) in enumerate(
                zip(replications, lows, highs, strict=True)
            )
        ]


@dataclass(frozen=True, slots=True)
class _Plain:
    """Columns, and what it takes to make plain patients from them."""

    programme: Programme
    seed: int
    replication: int
    throng: Throng
    place: int

    def patients(self) -> tuple[Patient, ...]:
        """Every patient with the luck of each dose drawn."""
        c, found = self.throng.of(self.place), {}
        names = _names(c.kinds, {"kind": c.kind, "prefix": c.prefix, "rank": c.rank})
        for number, kind in enumerate(c.kinds):
            rows = np.flatnonzero(c.kind == number)
            drawn = Drawn(
                self.seed,
                kind.protocol,
                np.full(len(rows), self.replication),
                c.entity[rows].astype(np.uint64),
                c.rank[rows].astype(np.uint64),
            )
            sd = _weight_sd(self.programme, kind.protocol)
            arm = _arm(self.programme, kind)
            luck = luck_tables(drawn, arm, self.programme.policy, sd)
            columns = (c.site, c.first_day, c.size, c.cohort, c.waits_days)
            values = zip(rows.tolist(), *(x[rows].tolist() for x in columns), luck, strict=True)
            for row, site, day, size, cohort, waits, mine in values:
                found[row] = Patient(
                    id=names[row], protocol=kind.protocol, product=kind.product,
                    site=kind.sites[site], arm=kind.arm, first_day=day, size=size, luck=mine,
                    cohort=cohort, waits_days=waits,
                )  # fmt: skip
        return tuple(found[row] for row in range(len(c.rank)))


def _arm(programme: Programme, kind: Kind) -> Arm:
    trial = programme.trial.get(kind.protocol)
    return trial.arms[kind.arm] if trial else programme.market[kind.protocol].arm


def _weight_sd(programme: Programme, protocol: str) -> float:
    trial = programme.trial.get(protocol)
    return trial.weight_change_sd_fraction if trial else 0.0


def _joined(columns: Sequence[Any]) -> Any:
    return np.concatenate(columns) if columns else np.zeros(0, np.int64)


def _places(found: Ints | Floats | None, held: int, count: int, each: int) -> Ints:
    if found is None:
        return np.full(count, -1, np.int64)
    return held + each * np.arange(count, dtype=np.int64)


# -- names ---------------------------------------------------------------------------------


def _kinds(
    programme: Programme, arms: Sequence[DrawnCourse]
) -> tuple[tuple[Kind, ...], list[Ints]]:
    """What the patients of each arm have in common, and where each one's name begins."""
    kinds, found = [], []
    for arm in arms:
        trial = programme.trial.get(arm.protocol)
        product = trial.product if trial else programme.market[arm.protocol].product
        places: tuple[str, ...] = arm.calendar.sites
        which = arm.course.site
        if not trial:
            years = arm.course.drawn.entity.astype(np.int64)
            places = tuple(f"Y{year}" for year in range(int(years.max()) + 1))
            which = years
        prefixes = tuple(f"{arm.protocol}-{place}-" for place in places)
        kinds.append(Kind(arm.protocol, product, arm.arm, arm.calendar.sites, prefixes))
        found.append(which)
    return tuple(kinds), found


def _names(kinds: Sequence[Kind], columns: Mapping[str, Any]) -> list[str]:
    """The name of every patient."""
    rows = zip(*(columns[n].tolist() for n in ("kind", "prefix", "rank")), strict=True)
    return [f"{kinds[kind].prefixes[prefix]}{rank + 1}" for kind, prefix, rank in rows]


def _sorted(ranked: Ints, day: Ints, replication: Ints) -> Ints:
    """The order by replication, then by day, then by rank; quick where days rise already."""
    step = np.diff(replication)
    later = (step > 0) | ((step == 0) & (np.diff(day) > 0))
    same = (step == 0) & (np.diff(day) == 0)
    if not (later | same).all():
        return np.lexsort((ranked, day, replication))
    order = np.arange(len(ranked))
    tied = np.zeros(len(ranked), np.bool_)
    tied[1:] |= same
    tied[:-1] |= same
    rows = np.flatnonzero(tied)
    order[rows] = rows[np.lexsort((ranked[rows], day[rows], replication[rows]))]
    return order


def _by_name(kinds: Sequence[Kind], columns: Mapping[str, Any]) -> Ints | None:
    """For every patient a number that rises with the name, unless names can be mistaken.

    They go by their prefix, then by their number as it is written, where no prefix begins another
    one and no letter would end an order's name.
    """
    prefixes = sorted({p for kind in kinds for p in kind.prefixes})
    mistaken = any(b.startswith(a) for a, b in pairwise(prefixes)) or any(
        "/" in p for p in prefixes
    )
    number = columns["rank"] + 1
    if mistaken or (len(number) and int(number.max()) >= _POWERS[-1]):
        return None
    place = {p: n for n, p in enumerate(prefixes)}
    known = [np.array([place[p] for p in kind.prefixes], np.int64) for kind in kinds]
    starts = np.cumsum([0, *(len(k) for k in known)])
    which = _joined(known)[starts[columns["kind"]] + columns["prefix"]] if known else number
    digits = np.searchsorted(_POWERS, number, side="right")
    written = number * _POWERS[_DIGITS - 1 - digits]
    return np.asarray((which * 10 * _POWERS[-1] + written) * 16 + digits, dtype=np.int64)
