"""Where work is done: here, on processes, or on an engine of one's own; a lost piece is done again.

Work is cut into tasks, each a pure function of what it carries. So it is no matter where a task
runs, in which order tasks end, or how often one is begun: the answers are the same. An executor
takes tasks and hands back answers as they come. One that lost the worker of a task says so with
`LOST`; the task is then submitted again, and worked out here if that happens too often.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing import connection, get_context
from threading import Thread
from typing import Any, Final, Generic, Protocol, TypeVar

G = TypeVar("G")
A = TypeVar("A")
T = TypeVar("T")

TRIES = 3
"""A task whose worker was lost so often is worked out in this process."""

LOST: Final = "the worker was lost"
"""In place of an answer: whoever worked at the task is gone, and nothing of it is left."""

_RECEIVED = 4


class Shared(Generic[G]):
    """What many tasks have in common; a worker reads it once, however many tasks bring it.

    >>> pickle.loads(pickle.dumps(Shared([1, 2]))).value
    [1, 2]
    """

    def __init__(self, value: G) -> None:
        self.value = value
        self._sent: tuple[str, bytes] | None = None

    def __reduce__(self) -> tuple[Callable[[str, bytes], Shared[Any]], tuple[str, bytes]]:
        if self._sent is None:
            packed = pickle.dumps(self.value)
            self._sent = sha256(packed).hexdigest(), packed
        return _receive, self._sent


_received: dict[str, Shared[Any]] = {}


def _receive(key: str, packed: bytes) -> Shared[Any]:
    if key not in _received:
        while len(_received) >= _RECEIVED:
            del _received[next(iter(_received))]
        _received[key] = Shared(pickle.loads(packed))
    return _received[key]


@dataclass(frozen=True)
class Task(Generic[G, A, T]):
    """A piece of work that can be pickled: calling it gives its answer, anywhere."""

    number: int
    work: Callable[[G, A], T]
    shared: Shared[G]
    argument: A

    def __call__(self) -> T:
        return self.work(self.shared.value, self.argument)


AnyTask = Task[Any, Any, Any]


class Executor(Protocol):
    """Does tasks somewhere. Tasks may be submitted while answers are taken."""

    def submit(self, task: AnyTask) -> None:
        """Take a task; it may begin at once or later, here or elsewhere."""

    def completed(self) -> Iterator[tuple[AnyTask, Any]]:
        """Each task that was submitted with its answer, or LOST, as they end.

        An error of the task itself is raised. It ends when no task is left.
        """


class Here:
    """Does tasks in this process, one after the other, as their answers are asked for."""

    def __init__(self) -> None:
        self._tasks: list[AnyTask] = []

    def submit(self, task: AnyTask) -> None:
        """Take a task."""
        self._tasks.append(task)

    def completed(self) -> Iterator[tuple[AnyTask, Any]]:
        """Do the tasks in the order in which they came."""
        while self._tasks:
            task = self._tasks.pop(0)
            yield task, task()


class Processes:
    """Does tasks on several processes of this machine (spawned); use it in a `with` statement.

    Where a process is killed, all tasks under way are lost, and the next one submitted starts
    new processes. Processes whose parent is killed end by themselves.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._out: dict[Future[Any], tuple[AnyTask, ProcessPoolExecutor]] = {}

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.clear()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def submit(self, task: AnyTask) -> None:
        """Take a task."""
        try:
            pool = self._running()
            future = pool.submit(task)
        except BrokenProcessPool:
            self._pool = None
            pool = self._running()
            future = pool.submit(task)
        self._out[future] = task, pool

    def completed(self) -> Iterator[tuple[AnyTask, Any]]:
        """The answers as they come."""
        while self._out:
            ended, _ = wait(self._out, return_when=FIRST_COMPLETED)
            for future in ended:
                task, pool = self._out.pop(future)
                try:
                    answer = future.result()
                except BrokenProcessPool:
                    answer = LOST
                    if self._pool is pool:
                        self._pool = None
                yield task, answer

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self.workers, get_context("spawn"), _begin)
        return self._pool


def _begin() -> None:
    """A worker whose parent is gone would wait for ever; this one leaves with it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_leave_with, args=(parent.sentinel,), daemon=True).start()


def _leave_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


def executor_of(workers: int, given: Executor | None = None) -> AbstractContextManager[Executor]:
    """The executor given; else this process for one worker, and several processes for more."""
    if given is not None:
        return nullcontext(given)
    return nullcontext(Here()) if workers <= 1 else Processes(workers)


def answers(
    executor: Executor, work: Callable[[G, A], T], given: G, arguments: Sequence[A]
) -> Iterator[tuple[int, T]]:
    """The place of each argument with `work(given, argument)`, as they come.

    A task whose worker was lost is submitted again, and done here once it was lost three times.

    >>> sorted(answers(Here(), pow, 2, [3, 5]))
    [(0, 8), (1, 32)]
    """
    shared = Shared(given)
    lost = [0] * len(arguments)
    for number, argument in enumerate(arguments):
        executor.submit(Task(number, work, shared, argument))
    for task, answer in executor.completed():
        if answer is not LOST:
            yield task.number, answer
            continue
        lost[task.number] += 1
        if lost[task.number] < TRIES:
            executor.submit(task)
        else:
            yield task.number, task()
