"""Processes that stay for a whole study, for jobs that come in rounds.

Little is imported here, so that processes can be started before all else; see `processes`.
"""

from __future__ import annotations

import atexit
import gc
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing import get_context
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from doseline.studies.progress import Progress, silent

if TYPE_CHECKING:
    from doseline.programme import Programme
    from doseline.studies.pool import Job

T = TypeVar("T")


@contextmanager
def processes(workers: int, modules: Sequence[str]) -> Iterator[ProcessPoolExecutor | None]:
    """Processes for a crew that load these modules while its programme is still being read.

    They end with the `with` block, and are waited for: an interpreter that ends while they do may
    find their pipes closed. None where all is done in this process.
    """
    pool = _started(workers, modules) if workers > 1 else None
    try:
        yield pool
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)


class Crew:
    """Runs jobs on the programme; the answers do not depend on how many processes there are.

    The processes are those given, or start with the first round of several jobs and end with the
    `with` block. A killed process loses nothing: what it left undone is done here.
    """

    def __init__(
        self,
        programme: Programme,
        workers: int,
        progress: Progress = silent,
        pool: ProcessPoolExecutor | None = None,
    ) -> None:
        self.programme = programme
        self.workers = workers
        self.progress = progress
        self._pool, self._given = pool, pool
        self._packed = pickle.dumps(programme) if workers > 1 else b""

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None and self._pool is not self._given:
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

    def begin(self, job: Job[T]) -> Callable[[], T]:
        """Begin a job beside the rounds that follow: what is given back waits for its answer."""
        if self.workers <= 1:
            return lambda: job(self.programme)
        try:
            begun = self._running().submit(_work, self._packed, job)
        except BrokenProcessPool:
            self._pool = None
            return lambda: job(self.programme)

        def answer() -> T:
            try:
                return begun.result()
            except BrokenProcessPool:
                return job(self.programme)

        return answer

    def _share_out(self, jobs: Sequence[Job[T]], found: dict[int, T], what: str) -> None:
        pool = self._running()
        given = {pool.submit(_work, self._packed, job): number for number, job in enumerate(jobs)}
        for answer in as_completed(given):
            found[given[answer]] = answer.result()
            self.progress(what, len(found), len(jobs))

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = _started(self.workers, ())
        return self._pool


def _started(workers: int, modules: Sequence[str]) -> ProcessPoolExecutor:
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (tuple(modules),))
    with _one_thread_each():
        for _ in range(workers):
            pool.submit(_ready)  # a process starts with each job that finds none idle
    return pool


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


def _begin(modules: tuple[str, ...]) -> None:
    """Load modules, once the collector looks seldom: their many small parts all stay.

    When the process ends, it ends at once: it has nothing to keep, and much to take apart.
    """
    gc.set_threshold(100_000, 20, 100)
    atexit.register(os._exit, 0)
    for name in modules:
        with suppress(Exception):  # the job that needs it says what is wrong
            import_module(name)
    gc.freeze()


def _ready() -> None:
    """The first job of all, which asks for nothing."""


_unpacked: list[tuple[bytes, Programme]] = []


def _work(packed: bytes, job: Job[T]) -> T:
    """Do a job on the programme, which every job brings and the first unpacks."""
    if not _unpacked or _unpacked[0][0] != packed:
        _unpacked[:] = [(packed, pickle.loads(packed))]
        gc.freeze()
    return job(_unpacked[0][1])
