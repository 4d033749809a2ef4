"""Jobs of a study on several processes: the same answers on any number of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from doseline.programme import Programme
from doseline.simulate import Executor
from doseline.simulate.workers import answers, executor_of
from doseline.studies.progress import Progress, silent

T = TypeVar("T")
Job = Callable[[Programme], T]
"""A pure function of the programme: a module's function, or a partial of one."""

Doing = Callable[[Sequence[Job[Any]]], list[Any]]
"""Does jobs, here or on several processes, and gives back their answers in their order."""


def run_all(
    programme: Programme,
    jobs: Sequence[Job[T]],
    *,
    workers: int = 1,
    executor: Executor | None = None,
    progress: Progress = silent,
    what: str = "jobs",
) -> list[T]:
    """The answers of the jobs, in their order. Give the longest first.

    A job is a pure function of the programme, so a killed process loses nothing: what it left
    undone is done again.
    """
    found: dict[int, T] = {}
    with executor_of(min(workers, len(jobs)), executor) as chosen:
        for number, answer in answers(chosen, _work, programme, jobs):
            found[number] = answer
            progress(what, len(found), len(jobs))
    return [found[number] for number in range(len(jobs))]


def _work(programme: Programme, job: Job[T]) -> T:
    return job(programme)
