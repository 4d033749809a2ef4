"""The stages of a programme: which begin and when, in each future, and how likely each path is.

A stage begins if the one before it succeeded: on the first day written for its trials or markets,
or as much later as the stage before ends late. It ends so long after the last dose of its trials as
their outcome takes; a trial with a rule of its own ends when that has spoken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doseline.chance import stable_hash, uniform_rows
from doseline.demand.enrolment import whole_days
from doseline.demand.entries import Entries, has_rule, trial_entries
from doseline.demand.luck import Floats, Ints
from doseline.demand.observed import EnrolmentSoFar
from doseline.distributions import triangular_from_u
from doseline.operations.routes import Ways
from doseline.programme import Programme
from doseline.programme.product import Triangular
from doseline.programme.scenario import Scenario, Shock
from doseline.programme.stage import Stage
from doseline.programme.trial import Trial

Flags = NDArray[np.bool_]
Way = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class StageRun:
    """A stage in each replication: whether it began and succeeded, its first and last day.

    Days are ordinals, and mean nothing where it did not begin.
    """

    stage: Stage
    began: Flags
    succeeded: Flags
    first_day: Ints
    last_day: Ints


@dataclass(frozen=True)
class Paths:
    """What the stages make of each replication, and of each trial and market that they hold."""

    replications: tuple[int, ...]
    runs: tuple[StageRun, ...]
    begins: Mapping[str, Flags]
    later_days: Mapping[str, Ints]
    entries: Mapping[str, Entries]

    def ways(self) -> list[Way]:
        """The way that each replication took: stages that succeeded, and those that did not."""
        return [
            (
                tuple(r.stage.id for r in self.runs if r.succeeded[n]),
                tuple(r.stage.id for r in self.runs if r.began[n] and not r.succeeded[n]),
            )
            for n in range(len(self.replications))
        ]


@dataclass(frozen=True, slots=True)
class Path:
    """One way through the stages: those that succeeded, and those at which a branch ended.

    `places` are those of the replications that took it, `share` is their share of all that were
    drawn, `low` and `high` its 95 % interval (Wilson).
    """

    succeeded: tuple[str, ...]
    ended_at: tuple[str, ...]
    places: tuple[int, ...]
    share: float
    low: float
    high: float


def in_order(programme: Programme) -> Iterator[Stage]:
    """The stages, each behind the one that it follows."""
    left, known = list(programme.stages), {s.id for s in programme.stages}
    done: set[str] = set()
    while left:
        ready = [s for s in left if s.after is None or s.after in done or s.after not in known]
        if not ready:  # a circle; the file reader refuses it
            return
        yield from ready
        done |= {s.id for s in ready}
        left = [s for s in left if s.id not in done]


def drawn_paths(
    programme: Programme,
    ways: Ways,
    seed: int,
    replications: Sequence[int],
    scenario: Scenario | None = None,
    so_far: Mapping[str, EnrolmentSoFar] | None = None,
    estimated: Collection[str] = (),
) -> Paths:
    """The paths of some replications through the stages of a programme.

    The stage of a trial with a record so far has begun as written, and those before it succeeded.
    """
    record = _Record(so_far or {}, frozenset(estimated))
    walk = _Walk(programme, ways, seed, replications, scenario, record)
    for stage in in_order(programme):
        walk.run(stage)
    return Paths(
        tuple(replications), tuple(walk.runs.values()), walk.begins, walk.later, walk.entries
    )


@dataclass(frozen=True, slots=True)
class _Record:
    """What is known of trials: their records, and which of them give the rates alone."""

    so_far: Mapping[str, EnrolmentSoFar]
    estimated: frozenset[str]


class _Shocked:
    """The chance of stages, and what shocks make of it."""

    def __init__(self, seed: int, replications: Sequence[int], scenario: Scenario | None) -> None:
        self.seed, self.replications = seed, replications
        shocks = scenario.shocks if scenario else ()
        self.shocks = [s for s in shocks if s.hits == "stage"]

    def uniform(self, source: str, stage: Stage) -> Floats:
        """A number for each replication."""
        entity = np.full(len(self.replications), stable_hash(stage.id), dtype=np.uint64)
        return uniform_rows(self.seed, self.replications, source, entity, [[0]])[:, 0]

    def drawn(self, span: Triangular | None, stage: Stage, source: str) -> Ints:
        """A drawn time in whole days, a part of a day counting as one; none where none is said."""
        if span is None:
            return np.zeros(len(self.replications), dtype=np.int64)
        minutes = [
            triangular_from_u(u, span.low, span.mode, span.high)
            for u in self.uniform(source, stage).tolist()
        ]
        return np.ceil(np.array(minutes) / 1440.0 - 1e-9).astype(np.int64)

    def before(self, stage: Stage, first: Ints) -> Ints:
        """Days that shocks put before a stage which would begin on these days."""
        return self._added(stage, lambda shock: _within(shock, first))

    def behind(self, stage: Stage, first: Ints, last: Ints) -> Ints:
        """Days that shocks add to the end of a stage which runs when they strike."""

        def runs(shock: Shock) -> Flags:
            strikes = shock.from_on.toordinal()
            return np.asarray((first < strikes) & (last >= strikes))

        return self._added(stage, runs)

    def _added(self, stage: Stage, struck: Callable[[Shock], Flags]) -> Ints:
        added = np.zeros(len(self.replications), dtype=np.int64)
        for shock in self.shocks:
            if stage.id in shock.targets and shock.adds is not None:
                added = added + np.where(struck(shock), self.drawn(shock.adds, stage, "added"), 0)
        return added

    def chance(self, stage: Stage, last: Ints) -> Floats:
        """The chance that is left to a stage that ends on these days; time takes none of it."""
        left = np.full(len(self.replications), stage.succeeds_fraction)
        for shock in self.shocks:
            if stage.id in shock.targets and shock.adds is None:
                left = np.where(_within(shock, last), left * shock.left_fraction, left)
        return left


def _within(shock: Shock, day: Ints) -> Flags:
    until = math.inf if shock.until_on is None else shock.until_on.toordinal()
    return np.asarray((day >= shock.from_on.toordinal()) & (day <= until))


class _Walk:
    """The stages run so far; where `sure`, every one succeeds and only time passes."""

    def __init__(
        self,
        programme: Programme,
        ways: Ways,
        seed: int,
        replications: Sequence[int],
        scenario: Scenario | None,
        record: _Record,
        *,
        sure: bool = False,
    ) -> None:
        self.programme, self.ways, self.seed = programme, ways, seed
        self.shocked = _Shocked(seed, replications, scenario)
        self.replications, self.scenario, self.record = replications, scenario, record
        self.sure = sure
        self.begun = {s.id for s in programme.stages if set(s.protocols) & set(record.so_far)}
        self.past = set(_ancestors(programme, self.begun))
        self.runs: dict[str, StageRun] = {}
        self.begins: dict[str, Flags] = {}
        self.later: dict[str, Ints] = {}
        self.entries: dict[str, Entries] = {}

    def run(self, stage: Stage) -> None:
        """Let a stage begin where it may, and end."""
        count = len(self.replications)
        before = self.runs.get(stage.after or "")
        known = stage.id in self.begun
        began = before.succeeded if before and not known else np.ones(count, dtype=np.bool_)
        written = self._written(stage)
        first = np.full(count, written or self.programme.from_on.toordinal(), dtype=np.int64)
        if before is not None and not stage.beside and not known:
            earliest = before.last_day + whole_days(stage.waits_min)
            first = np.maximum(first, earliest) if written else earliest
        if not known:
            first = first + self.shocked.before(stage, first)
        later = first - (written or first)
        for protocol in stage.protocols:
            self.begins[protocol], self.later[protocol] = began, later
        held, last = self._held(stage, began, first, later)
        last = last + self.shocked.behind(stage, first, last)
        lucky = self.shocked.uniform("succeeds", stage) < self.shocked.chance(stage, last)
        if self.sure or stage.id in self.past:
            held = lucky = np.ones(count, dtype=np.bool_)
        self.runs[stage.id] = StageRun(stage, began, began & held & lucky, first, last)

    def _written(self, stage: Stage) -> int | None:
        """The first day written for the trials and markets of a stage; None where it has none."""
        programme = self.programme
        both: list[Any] = [*programme.trials, *programme.markets]
        days = [p.from_on.toordinal() for p in both if p.id in stage.protocols]
        return min(days) if days else None

    def _held(self, stage: Stage, began: Flags, first: Ints, later: Ints) -> tuple[Flags, Ints]:
        """Whether the trials of a stage succeeded by their own rules, and the day it ended."""
        held = np.ones(len(began), dtype=np.bool_)
        trials = [t for t in self.programme.trials if t.id in stage.protocols]
        last = first + self.shocked.drawn(stage.takes, stage, "takes")
        for trial in trials:
            found = self._trial(trial, later)
            held &= found.succeeded.astype(np.bool_)
            ended = _ended(trial, found, self.replications)
            last = np.maximum(last, ended + whole_days(stage.read_out_min))
            self.entries[trial.id] = _only(found, began, self.replications)
        return held, last

    def _trial(self, trial: Trial, later: Ints) -> Entries:
        return trial_entries(
            self.programme, self.ways, trial, self.seed, self.replications,
            later_days=later, scenario=self.scenario, so_far=self.record.so_far.get(trial.id),
            estimate=trial.id in self.record.estimated,
        )  # fmt: skip


def _ancestors(programme: Programme, stages: Collection[str]) -> Iterator[str]:
    """The stages that come before some."""
    after = {s.id: s.after for s in programme.stages}
    for stage in stages:
        seen = {stage}
        while (before := after.get(stage)) is not None and before not in seen:
            yield before
            seen.add(before)
            stage = before


def later_by_shocks(
    programme: Programme,
    ways: Ways,
    seed: int,
    replications: Sequence[int],
    scenario: Scenario | None,
    so_far: Mapping[str, EnrolmentSoFar],
    estimated: Collection[str] = (),
) -> dict[str, Ints]:
    """Days by which trials and markets begin later where shocks hit their stage, or one before.

    This is for futures in which every stage succeeds, and begins as written but for the shocks: it
    is the difference of two walks through the stages, with them and without.
    """
    shocks = scenario.shocks if scenario else ()
    rest = tuple(s for s in shocks if s.hits != "stage")
    if scenario is None or len(rest) == len(shocks):
        return {}
    record = _Record(so_far, frozenset(estimated))
    both = []
    for one in (scenario, replace(scenario, shocks=rest)):
        walk = _Walk(programme, ways, seed, replications, one, record, sure=True)
        for stage in in_order(programme):
            walk.run(stage)
        both.append(walk.runs)
    hit, calm = both
    found: dict[str, Ints] = {}
    for stage in in_order(programme):
        by: Ints = np.maximum(hit[stage.id].first_day - calm[stage.id].first_day, 0)
        found |= dict.fromkeys(stage.protocols, by)
    return found


def _ended(trial: Trial, found: Entries, replications: Sequence[int]) -> Ints:
    """The day of the last dose of a trial as planned, or on which its rule spoke if later."""
    ends = found.known_on.copy()
    place = np.searchsorted(np.asarray(replications), found.drawn.replication)
    length = np.array([a.visits[-1].day - 1 for a in trial.arms], dtype=np.int64)
    np.maximum.at(ends, place, found.first_day + length[found.arm])
    return ends


def _only(found: Entries, began: Flags, replications: Sequence[int]) -> Entries:
    """The patients of the replications in which the trial began."""
    place = np.searchsorted(np.asarray(replications), found.drawn.replication)
    here = np.flatnonzero(began[place])
    return Entries(
        found.drawn.picked(here), found.site[here], found.arm[here], found.first_day[here],
        found.cohort[here], found.waits_days[here], found.succeeded, found.known_on,
    )  # fmt: skip


def path_shares(ways: Sequence[Way]) -> tuple[Path, ...]:
    """The ways through the stages that were drawn, one from each replication, likeliest first."""
    found: dict[Way, list[int]] = {}
    for place, way in enumerate(ways):
        found.setdefault(way, []).append(place)
    rows = [
        Path(*way, tuple(places), len(places) / len(ways), *share_interval(len(places), len(ways)))
        for way, places in found.items()
    ]
    return tuple(sorted(rows, key=lambda p: (-p.share, p.succeeded)))


def share_interval(found: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share of so many (Wilson)."""
    from scipy.stats import binomtest  # slow to load, and seldom asked for

    interval = binomtest(found, total).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def stated_chance(
    programme: Programme,
    path: Path,
    scenario: Scenario | None = None,
    so_far: Collection[str] = (),
) -> float | None:
    """The chance of a path by the stated chances alone; None where something else decides too.

    That is a trial's own rule, a shock on a stage, or the record of a trial (`so_far`: its id). A
    stage that follows one that ended did not begin, and counts nothing.
    """
    shocks = scenario.shocks if scenario else ()
    if so_far or any(s.hits == "stage" and s.adds is None for s in shocks):
        return None
    chance = 1.0
    for stage in programme.stages:
        ruled = [t for t in programme.trials if t.id in stage.protocols and has_rule(t)]
        if stage.id in path.succeeded:
            chance *= stage.succeeds_fraction
        elif stage.id in path.ended_at:
            chance *= 1.0 - stage.succeeds_fraction
        else:
            continue
        if ruled:
            return None
    return chance
