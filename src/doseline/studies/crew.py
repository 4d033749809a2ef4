"""Processes that stay for a whole study, for jobs that come in rounds."""

from __future__ import annotations

import gc
import os
import pickle
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
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
            self._pool.shutdown(wait=False, cancel_futures=True)  # they end while we go on
            self._pool = None

    def start(self) -> None:
        """Start the processes now, so that they are there when the first jobs come."""
        if self.workers > 1:
            pool = self._started()
            with _one_thread_each():
                pool.submit(_ready)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            packed = pickle.dumps(self.programme)
            self._pool = ProcessPoolExecutor(self.workers, get_context("spawn"), _begin, (packed,))
        return self._pool

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
        pool = self._started()
        with _one_thread_each():  # the processes start with the first job, unless they have
            given = {pool.submit(_work, job): number for number, job in enumerate(jobs)}
        for answer in as_completed(given):
            found[given[answer]] = answer.result()
            self.progress(what, len(found), len(jobs))


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """While processes start: each counts on one core, so its linear algebra keeps to one."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _begin(programme: bytes) -> None:
    """Unpack the programme once the collector looks seldom: its many small parts all stay."""
    gc.set_threshold(100_000, 20, 100)
    _programme[:] = [pickle.loads(programme)]
    gc.freeze()


def _ready() -> None:
    """The first job of all, which asks for nothing."""


def _work(job: Job[T]) -> T:
    return job(_programme[0])
