"""Replications are collected: those that were kept, and the others in chunks on an executor."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from doseline.simulate.result import Period, Run, SimulationResult
from doseline.simulate.workers import Executor, answers, executor_of

J = TypeVar("J")
Progress = Callable[[int, int], None]

_CHUNKS = 64
_CHUNKS_OF_A_BATCH = 10

_TOGETHER, _CHUNKS_ALONE = 32, 16
"""So many replications at least are played together where this process plays them all and nothing
is kept: patients are drawn, and rows handed out, at less cost together."""


@dataclass(frozen=True)
class Identity:
    """Which run replications are of: its fingerprint, and what it is called."""

    fingerprint: str
    design: str | None
    scenario: str | None
    seed: int
    periods: tuple[Period, ...]
    version: str


class Keeping(Protocol):
    """Where replications are kept as they are found, so that a run can be resumed."""

    def found(self, of: Identity) -> Iterable[Run]:
        """Every replication of a run that is kept whole."""

    def keep(self, of: Identity, runs: Sequence[Run]) -> None:
        """Keep replications that follow one another, all or none of them."""


@dataclass(frozen=True)
class Until:
    """When to stop early: after every `batch` replications `enough` is asked about all so far.

    It is told nothing of workers or of the clock, so neither decides.
    """

    batch: int
    enough: Callable[[SimulationResult], bool]


@dataclass(frozen=True)
class How:
    """How replications are collected: where, kept where, until when, and who is told."""

    workers: int = 1
    executor: Executor | None = None
    kept: Keeping | None = None
    until: Until | None = None
    progress: Progress | None = None


def collect(
    job: J,
    chunk: Callable[[J, range], list[Run]],
    identity: Callable[[], Identity],
    numbers: range,
    how: How,
    result: Callable[[list[Run]], SimulationResult],
) -> SimulationResult:
    """The result over the numbers, or over as many batches of them as are enough."""
    runs: dict[int, Run] = {}
    keep: Callable[[list[Run]], None] | None = None
    if how.kept is not None:
        who = identity()
        keep = partial(how.kept.keep, who)
        runs = {n: run for run in how.kept.found(who) if (n := run.replication.number) in numbers}
    batch = len(numbers) if how.until is None else how.until.batch
    size = _chunk_size(how, batch)
    told = result([])
    with executor_of(how.workers, how.executor) as executor:
        for begin in range(0, len(numbers), max(1, batch)):
            wanted = numbers[begin : begin + batch]
            _say(how, runs, numbers)
            spans = list(missing(wanted, size, runs))
            for _, found in answers(executor, chunk, job, spans):
                runs |= {run.replication.number: run for run in found}
                if keep is not None:
                    keep(found)
                _say(how, runs, numbers)
            told = result([runs[n] for n in numbers[: begin + batch]])
            if how.until is not None and how.until.enough(told):
                break
    return told


def _chunk_size(how: How, batch: int) -> int:
    spread = _CHUNKS if how.until is None else _CHUNKS_OF_A_BATCH
    alone = how.workers <= 1 and how.executor is None and how.kept is None
    return max(_TOGETHER if alone else 1, math.ceil(batch / spread))


def _say(how: How, runs: dict[int, Run], numbers: range) -> None:
    if how.progress is not None and runs:
        how.progress(len(runs), len(numbers))


def missing(numbers: range, size: int, have: Iterable[int]) -> Iterator[range]:
    """What is not there yet, as spans inside chunks of one size; they do not hang on workers.

    >>> list(missing(range(0, 8), 3, {0, 4}))
    [range(1, 3), range(3, 4), range(5, 6), range(6, 8)]
    """
    there = set(have)
    for begin in range(numbers.start, numbers.stop, size):
        first: int | None = None
        end = min(begin + size, numbers.stop)
        for number in range(begin, end):
            if number not in there and first is None:
                first = number
            elif number in there and first is not None:
                yield range(first, number)
                first = None
        if first is not None:
            yield range(first, end)
