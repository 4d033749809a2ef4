"""Replications in a row, on one worker or several: the same result either way."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import islice
from typing import Any, Literal, Protocol, runtime_checkable

import doseline
from doseline.operations.events import Event
from doseline.operations.orders import DoseOrder, Patient
from doseline.operations.schedule import Schedule
from doseline.programme import Programme
from doseline.programme.scenario import Scenario
from doseline.simulate.collecting import How, Identity, Keeping, Progress, Until, collect
from doseline.simulate.engine import Engine, run_by_kernel, takes_kernel
from doseline.simulate.fingerprint import fingerprint
from doseline.simulate.playing import play
from doseline.simulate.reference import run
from doseline.simulate.result import Period, Run, SimulationResult
from doseline.simulate.workers import Executor
from doseline.simulate.world import World, world_of

Patients = Callable[[int], Sequence[Patient]]


@runtime_checkable
class Several(Protocol):
    """Patients that can be drawn for many replications at once; see `demand.Crowds`."""

    def __call__(self, replication: int) -> Sequence[Patient]:
        """The patients of one replication."""

    def several(self, replications: Sequence[int]) -> Iterator[Sequence[Patient]]:
        """Those of some replications, in turn."""


_AT_ONCE = 20_000
"""The patients of so many are held at once, or of one replication."""


def _at_once(
    crowds: Iterator[Sequence[Patient]], numbers: range
) -> tuple[list[Sequence[Patient]], range]:
    """The patients of the next replications, as many as may be held, and their numbers."""
    found = []
    held = 0
    for patients in islice(crowds, len(numbers)):
        found.append(patients)
        held += len(patients)
        if held >= _AT_ONCE:
            break
    return found, numbers[: len(found)]


@contextmanager
def _at_rest() -> Iterator[None]:
    """While the collector rests, then looks at what is young."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.collect(0)
        if was_on:
            gc.enable()


@dataclass(frozen=True)
class _Job:
    """Everything that a chunk of replications is a pure function of."""

    programme: Programme
    from_on: date
    until_on: date
    seed: int
    scenario: Scenario | None
    chance: bool
    periods: tuple[Period, ...]
    patients: Patients | None = None
    schedule: Schedule | None = None
    orders: tuple[DoseOrder, ...] = ()
    by_kernel: bool = False
    within: date | None = None

    @cached_property
    def world(self) -> World:
        """What all replications share; each worker makes its own, once for a span of days."""
        return world_of(self.programme, self.from_on, self.until_on, self.within)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "world"}

    def one(self, replication: int, keep_events: bool) -> Run:
        """One replication. The collector rests meanwhile, which saves a quarter of the time."""
        with _at_rest():
            patients = None if self.patients is None else self.patients(replication)
            return self._one(patients, replication, keep_events)

    def several(self, numbers: range) -> list[Run]:
        """Some replications, their patients drawn many at once where they can be."""
        if not self.by_kernel or self.patients is None:
            return [self.one(number, False) for number in numbers]
        if isinstance(self.patients, Several):
            crowds = self.patients.several(numbers)
        else:
            crowds = map(self.patients, numbers)
        found: list[Run] = []
        while len(found) < len(numbers):
            with _at_rest():
                found += self._by_kernel(*_at_once(crowds, numbers[len(found) :]))
        return found

    def _by_kernel(self, patients: Sequence[Sequence[Patient]], numbers: range) -> list[Run]:
        """Some replications by the kernel; those that it gives back by the reference."""
        found = run_by_kernel(
            self.world,
            patients,
            seed=self.seed,
            replications=numbers,
            scenario=self.scenario,
            chance=self.chance,
            periods=self.periods,
        )
        return [
            self._one(mine, number, False) if run is None else run
            for run, mine, number in zip(found, patients, numbers, strict=True)
        ]

    def _one(self, patients: Sequence[Patient] | None, replication: int, keep_events: bool) -> Run:
        world = self.world
        if patients is not None:
            return run(
                world,
                patients,
                seed=self.seed,
                replication=replication,
                scenario=self.scenario,
                chance=self.chance,
                periods=self.periods,
                keep_events=keep_events,
            )
        assert self.schedule is not None
        return play(
            world,
            self.schedule,
            self.orders,
            seed=self.seed,
            replication=replication,
            scenario=self.scenario,
            chance=self.chance,
            periods=self.periods,
            keep_events=keep_events,
        )


def simulate(
    programme: Programme,
    patients: Patients,
    *,
    seed: int,
    replications: int,
    from_on: date,
    until_on: date,
    scenario: Scenario | None = None,
    chance: bool = True,
    workers: int = 1,
    first_replication: int = 0,
    periods: Sequence[Period] = (),
    progress: Progress | None = None,
    executor: Executor | None = None,
    kept: Keeping | None = None,
    until: Until | None = None,
    engine: Engine = "auto",
    within: date | None = None,
) -> SimulationResult:
    """The standing policy of a programme, over many replications.

    The programme stands under a design. `patients` gives those of a replication; with several
    workers it must be picklable (a module's function, a partial of one, or `demand.Crowds`, which
    draws those of many replications at once). Without periods, all orders of the time make one
    period, `all`. The result does not hang on the number of workers.

    An `executor` takes the place of the workers. What is `kept` is not worked out again. With
    `until`, `replications` are the most that are played. Nor does the result hang on the engine:
    the reference, or the compiled kernel (`auto` takes it for many replications). Raises
    NotModelledError where the kernel is asked for and cannot play.

    `within` names the last day of a longer span that is played in parts which end earlier: what
    they share (slots, ways) is then worked out once.
    """
    job = _Job(
        programme,
        from_on,
        until_on,
        seed,
        scenario,
        chance,
        _periods(periods, from_on, until_on),
        patients,
        by_kernel=takes_kernel(
            engine, programme, from_on, max(until_on, within or until_on), replications
        ),
        within=within,
    )
    how = How(workers, executor, kept, until, progress)
    return _collected(
        "policy", job, range(first_replication, first_replication + replications), how
    )


def run_schedule(
    programme: Programme,
    schedule: Schedule,
    orders: Sequence[DoseOrder],
    *,
    seed: int,
    replications: int,
    from_on: date | None = None,
    until_on: date | None = None,
    scenario: Scenario | None = None,
    chance: bool = True,
    workers: int = 1,
    first_replication: int = 0,
    periods: Sequence[Period] = (),
    progress: Progress | None = None,
    executor: Executor | None = None,
    kept: Keeping | None = None,
    until: Until | None = None,
) -> SimulationResult:
    """A fixed schedule and the orders it serves, over many replications.

    An order that loses its batch has no other, and one that the schedule leaves unmet is missed.
    Where no days are named, they run from four weeks before the first batch to the last dose.
    With chance off every time and activity is the schedule's own.
    """
    first, last = _span(programme, schedule, orders)
    first, last = from_on or first, until_on or last
    job = _Job(
        programme,
        first,
        last,
        seed,
        scenario,
        chance,
        _periods(periods, first, last),
        schedule=schedule,
        orders=tuple(orders),
    )
    how = How(workers, executor, kept, until, progress)
    return _collected(
        "schedule", job, range(first_replication, first_replication + replications), how
    )


def history(
    programme: Programme,
    patients: Patients,
    *,
    seed: int,
    replication: int,
    from_on: date,
    until_on: date,
    scenario: Scenario | None = None,
    chance: bool = True,
) -> tuple[Event, ...]:
    """Every event of one replication under the standing policy, in order of time."""
    job = _Job(programme, from_on, until_on, seed, scenario, chance, (), patients)
    return job.one(replication, True).events


def histories(
    programme: Programme,
    patients: Patients,
    *,
    seed: int,
    replications: Iterable[int],
    from_on: date,
    until_on: date,
    scenario: Scenario | None = None,
) -> Iterator[tuple[int, tuple[Event, ...]]]:
    """Some replications by number, each with its events, as of `history`."""
    job = _Job(programme, from_on, until_on, seed, scenario, True, (), patients)
    for number in replications:
        yield number, job.one(number, True).events


def schedule_history(
    programme: Programme,
    schedule: Schedule,
    orders: Sequence[DoseOrder],
    *,
    seed: int,
    replication: int,
    scenario: Scenario | None = None,
    chance: bool = True,
) -> tuple[Event, ...]:
    """Every event of one replication of a fixed schedule, in order of time."""
    first, last = _span(programme, schedule, orders)
    job = _Job(programme, first, last, seed, scenario, chance, (), None, schedule, tuple(orders))
    return job.one(replication, True).events


def _span(
    programme: Programme, schedule: Schedule, orders: Sequence[DoseOrder]
) -> tuple[date, date]:
    """From four weeks before the first batch, so that its isotope counts, to the last dose."""
    days = [o.wanted_on for o in orders]
    charges = [programme.clock.instant(b.charge_at).date() for b in schedule.batches]
    first = min([*days, *(d - timedelta(days=28) for d in charges)], default=programme.from_on)
    return max(first, programme.from_on), max([*days, *charges], default=programme.until_on)


def _periods(periods: Sequence[Period], from_on: date, until_on: date) -> tuple[Period, ...]:
    return tuple(periods) or (Period("all", (), from_on, until_on),)


# -- replications --------------------------------------------------------------------------


def _collected(
    kind: Literal["policy", "schedule"], job: _Job, numbers: range, how: How
) -> SimulationResult:
    scenario = job.scenario.id if job.scenario else None

    def result(runs: list[Run]) -> SimulationResult:
        return SimulationResult(
            kind=kind,
            design=job.programme.design,
            scenario=scenario,
            seed=job.seed,
            first_replication=numbers.start,
            from_on=job.from_on,
            until_on=job.until_on,
            periods=job.periods,
            replications=tuple(r.replication for r in runs),
            services=tuple(row for r in runs for row in r.services),
        )

    def identity() -> Identity:
        return Identity(
            fingerprint=fingerprint(replace(job, by_kernel=False)),
            design=job.programme.design,
            scenario=scenario,
            seed=job.seed,
            periods=job.periods,
            version=doseline.__version__,
        )

    return collect(job, _chunk, identity, numbers, how, result)


def _chunk(job: _Job, numbers: range) -> list[Run]:
    """Replications that follow one another: a pure function of the job and their numbers."""
    return job.several(numbers)
