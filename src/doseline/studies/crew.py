"""Processes that stay for a whole study, for jobs that come in rounds."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType
from typing import TypeVar

from doseline.programme import Programme
from doseline.studies.pool import Job
from doseline.studies.progress import Progress, silent

T = TypeVar("T")

_programme: list[Programme] = []


class Crew:
    """Runs jobs on the programme; the answers do not depend on how many processes there are.

    The processes start with the first round of several jobs and end with the `with` block. A
    killed process loses nothing: what it left undone is done here.
    """

    def __init__(self, programme: Programme, workers: int, progress: Progress = silent) -> None:
        self.programme = programme
        self.workers = workers
        self.progress = progress
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def run(self, jobs: Sequence[Job[T]], what: str) -> list[T]:
        """The answers of the jobs, in their order."""
        found: dict[int, T] = {}
        if self.workers > 1 and len(jobs) > 1:
            try:
                self._share_out(jobs, found, what)
            except BrokenProcessPool:
                self._pool = None
        for number, job in enumerate(jobs):
            if number not in found:
                found[number] = job(self.programme)
                self.progress(what, len(found), len(jobs))
        return [found[number] for number in range(len(jobs))]

    def _share_out(self, jobs: Sequence[Job[T]], found: dict[int, T], what: str) -> None:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.workers, get_context("spawn"), _begin, (self.programme,)
            )
        given = {self._pool.submit(_work, job): number for number, job in enumerate(jobs)}
        for answer in as_completed(given):
            found[given[answer]] = answer.result()
            self.progress(what, len(found), len(jobs))


def _begin(programme: Programme) -> None:
    gc.set_threshold(*_SELDOM)
    _programme[:] = [programme]


_SELDOM = (100_000, 20, 100)
"""A model has a hundred thousand small parts, all of which stay: the collector looks less often."""


def _work(job: Job[T]) -> T:
    return job(_programme[0])
