"""Jobs of a study on several processes: the same answers on any number of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

from doseline.programme import Programme
from doseline.studies.progress import Progress, silent

T = TypeVar("T")
Job = Callable[[Programme], T]
"""A pure function of the programme: a module's function, or a partial of one."""

_programme: list[Programme] = []


def run_all(
    programme: Programme,
    jobs: Sequence[Job[T]],
    *,
    workers: int = 1,
    progress: Progress = silent,
    what: str = "jobs",
) -> list[T]:
    """The answers of the jobs, in their order. Give the longest first.

    A job is a pure function of the programme, so a killed process loses nothing: what it left
    undone is done here.
    """
    found: dict[int, T] = {}
    if workers > 1 and len(jobs) > 1:
        try:
            _in_parallel(programme, jobs, workers, found, progress, what)
        except BrokenProcessPool:
            progress(what, len(found), len(jobs))
    for number, job in enumerate(jobs):
        if number not in found:
            found[number] = job(programme)
            progress(what, len(found), len(jobs))
    return [found[number] for number in range(len(jobs))]


def _in_parallel(
    programme: Programme,
    jobs: Sequence[Job[T]],
    workers: int,
    found: dict[int, T],
    progress: Progress,
    what: str,
) -> None:
    with ProcessPoolExecutor(
        min(workers, len(jobs)), get_context("spawn"), _begin, (programme,)
    ) as pool:
        asked = {pool.submit(_work, job): number for number, job in enumerate(jobs)}
        for answer in as_completed(asked):
            found[asked[answer]] = answer.result()
            progress(what, len(found), len(jobs))


def _begin(programme: Programme) -> None:
    _programme[:] = [programme]


def _work(job: Job[T]) -> T:
    return job(_programme[0])
