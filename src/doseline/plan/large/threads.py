"""Who works on a large plan: one thread on the bound, one or two on schedules."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from doseline.plan.proof.duals import Duals


class Threads:
    """Two threads: one works out the bound as long as that takes, what is free looks for schedules.

    HiGHS lets other threads work while it solves.
    """

    def __init__(self) -> None:
        self._one, self._two = ThreadPoolExecutor(1), ThreadPoolExecutor(2)
        self._beside = ThreadPoolExecutor(1)
        self._bound: Future[tuple[float, Duals]] = Future()
        self._asked = False

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, *_: object) -> None:
        for pool in (self._one, self._two, self._beside):
            pool.shutdown()

    def beside(self, work: Callable[[], tuple[float, Duals]]) -> None:
        """Have the bound and its duals worked out in a thread of its own."""
        self._asked = True
        self._bound = self._beside.submit(work)

    def bounded(self, bound: float, duals: Duals) -> None:
        """The bound and its duals are known."""
        self._asked = True
        self._bound.set_result((bound, duals))

    @property
    def asked(self) -> bool:
        """Whether the bound is known or being worked out."""
        return self._asked

    def done(self) -> bool:
        """Whether the bound is known."""
        return self._bound.done()

    def bound(self) -> tuple[float, Duals]:
        """The bound and its duals; waits for them."""
        return self._bound.result()

    def both(self) -> ThreadPoolExecutor:
        """The two threads, for a bound that is worked out while nobody looks for schedules."""
        return self._two

    def free(self) -> ThreadPoolExecutor:
        """The threads that look for schedules now."""
        return self._two if self.done() else self._one
