"""Replications in a row, on one worker or several: the same result either way."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing import get_context
from typing import Literal

from doseline.operations.events import Event
from doseline.operations.orders import DoseOrder, Patient
from doseline.operations.schedule import Schedule
from doseline.programme import Programme
from doseline.programme.scenario import Scenario
from doseline.simulate.engine import Engine, run_by_kernel, takes_kernel
from doseline.simulate.playing import play
from doseline.simulate.reference import run
from doseline.simulate.result import Period, Run, SimulationResult
from doseline.simulate.world import World

Progress = Callable[[int, int], None]
Patients = Callable[[int], Sequence[Patient]]

_CHUNKS_A_WORKER = 4


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

    def one(self, world: World, replication: int, keep_events: bool) -> Run:
        """One replication. The collector rests meanwhile, which saves a quarter of the time."""
        was_on = gc.isenabled()
        gc.disable()
        try:
            return self._one(world, replication, keep_events)
        finally:
            gc.collect(0)  # what the future leaves behind, young as it is
            if was_on:
                gc.enable()

    def _one(self, world: World, replication: int, keep_events: bool) -> Run:
        if self.patients is not None:
            patients = self.patients(replication)
            if self.by_kernel and not keep_events:
                found = run_by_kernel(
                    world,
                    patients,
                    seed=self.seed,
                    replication=replication,
                    scenario=self.scenario,
                    chance=self.chance,
                    periods=self.periods,
                )
                if found is not None:
                    return found
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
    engine: Engine = "auto",
) -> SimulationResult:
    """The standing policy of a programme, over many replications.

    The programme stands under a design. `patients` gives those of a replication; with several
    workers it must be picklable (a module's function, or a partial of one). Without periods, all
    orders of the time make one period, `all`. The result does not hang on the number of workers,
    nor on the engine: the reference, or the compiled kernel with the same answer (`auto` takes it
    for many replications). Raises NotModelledError where the kernel is asked for and cannot play.
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
        by_kernel=takes_kernel(engine, programme, from_on, until_on, replications),
    )
    return _result("policy", job, first_replication, replications, workers, progress)


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
    return _result("schedule", job, first_replication, replications, workers, progress)


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
    return job.one(World(programme, from_on, until_on), replication, True).events


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
    return job.one(World(programme, first, last), replication, True).events


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


# -- workers -------------------------------------------------------------------------------


def _result(
    kind: Literal["policy", "schedule"],
    job: _Job,
    first: int,
    replications: int,
    workers: int,
    progress: Progress | None,
) -> SimulationResult:
    runs: dict[int, Run] = {}
    for number, found in _runs(job, range(first, first + replications), workers):
        runs[number] = found
        if progress is not None:
            progress(len(runs), replications)
    in_order = [runs[n] for n in sorted(runs)]
    return SimulationResult(
        kind=kind,
        design=job.programme.design,
        scenario=job.scenario.id if job.scenario else None,
        seed=job.seed,
        first_replication=first,
        from_on=job.from_on,
        until_on=job.until_on,
        periods=job.periods,
        replications=tuple(r.replication for r in in_order),
        services=tuple(row for r in in_order for row in r.services),
    )


def _runs(job: _Job, numbers: range, workers: int) -> Iterator[tuple[int, Run]]:
    if workers <= 1 or len(numbers) <= 1:
        world = World(job.programme, job.from_on, job.until_on)
        for number in numbers:
            yield number, job.one(world, number, False)
        return
    size = max(1, math.ceil(len(numbers) / (workers * _CHUNKS_A_WORKER)))
    chunks = [tuple(numbers[i : i + size]) for i in range(0, len(numbers), size)]
    done: set[tuple[int, ...]] = set()
    try:
        with ProcessPoolExecutor(
            min(workers, len(chunks)), get_context("spawn"), _begin_worker, (job,)
        ) as pool:
            asked = {pool.submit(_chunk, chunk): chunk for chunk in chunks}
            for answer in as_completed(asked):
                found = answer.result()
                done.add(asked[answer])
                yield from found
    except BrokenProcessPool:  # a worker was killed; what is missing is worked out here
        left = [n for chunk in chunks if chunk not in done for n in chunk]
        world = World(job.programme, job.from_on, job.until_on)
        for number in left:
            yield number, job.one(world, number, False)


_worker: list[tuple[_Job, World]] = []


def _begin_worker(job: _Job) -> None:
    _worker[:] = [(job, World(job.programme, job.from_on, job.until_on))]


def _chunk(numbers: tuple[int, ...]) -> list[tuple[int, Run]]:
    job, world = _worker[0]
    return [(number, job.one(world, number, False)) for number in numbers]
