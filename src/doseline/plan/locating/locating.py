"""Which places to open, and which serves each order: the cheapest, with a bound that holds."""

from __future__ import annotations

import heapq
import math
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from doseline.plan.locating.assigning import Assigned, assign
from doseline.plan.locating.incumbent import Incumbent, Progress
from doseline.plan.locating.knapsacks import Flags, Whole
from doseline.plan.locating.locations import Structure
from doseline.plan.locating.place_tree import Node, Tree
from doseline.plan.locating.priced import OPEN, SHUT
from doseline.plan.solving.solve import Ended, Limits

_LOOK_STEPS, _LEAF_STEPS = 60, 150
_EVERY = 64
"""Nodes of the tree beside which one assignment is looked for."""
_AMBITION, _REACH = 0.002, 0.05
"""How much dearer than its bound an assignment may be: at a look, and at a leaf."""
_LEAD = 0.0005
"""A leaf is tried when its bound is less than this share above the lowest."""
_LOOK_WORK, _NEAR_WORK, _LEAF_WORK = 5, 60, 25


@dataclass(frozen=True, slots=True)
class Effort:
    """When to stop: at a gap, after so many nodes, and at the latest by the clock.

    Gap and nodes give the same answer on every machine, on one core as on two; `seconds` is a
    guard. With two `cores`, assignments are looked for beside the tree.
    """

    gap: float = 1e-4
    nodes: int = 100_000
    seconds: float = 60.0
    cores: int = 2


@dataclass(frozen=True, slots=True)
class Located:
    """The best assignment that was found (None where none was), and what none costs less than.

    `assignment` is the place of each order, -1 where none serves it.
    """

    assignment: Whole | None
    objective: float
    bound: float
    nodes: int
    ended: Ended

    @property
    def gap(self) -> float:
        """(objective - bound) / objective."""
        if not math.isfinite(self.objective):
            return math.inf
        return max(0.0, self.objective - self.bound) / max(abs(self.objective), 1e-12)


def located(
    structure: Structure,
    effort: Effort | None = None,
    start: Whole | None = None,
    say: Progress = lambda _: None,
) -> Located:
    """The cheapest places and assignment; its bound holds whenever it stops. [model L1-L4]

    `start` is an assignment to begin with. Branch and bound over the places, the lowest bound
    first; assignments are settled by the solver where all places are decided.

    >>> import numpy as np
    >>> two = Structure(
    ...     cost=np.array([[1.0, 1.0], [1.0, 1.0]]),
    ...     load=np.full((2, 2), 2.0),
    ...     room=np.array([4.0, 3.0]),
    ...     fixed=np.array([5.0, 4.0]),
    ... )
    >>> found = located(two)
    >>> found.assignment.tolist(), found.objective, found.bound
    ([0, 0], 7.0, 7.0)
    """
    effort = effort or Effort()
    best = Incumbent(structure, effort.gap, say)
    best.offer(start)
    return _Search(structure, effort, best).run()


@dataclass(frozen=True, slots=True)
class _Job:
    """An assignment that is looked for beside the tree; read when `due` nodes are done.

    `whole` says that every pair is there that could cost less than `limit`.
    """

    node: Node
    leaf: bool
    whole: bool
    limit: float
    future: Future[Assigned]
    due: int


class _Search:
    """The tree, and beside it one assignment at a time."""

    def __init__(self, structure: Structure, effort: Effort, best: Incumbent) -> None:
        self.structure, self.effort, self.best = structure, effort, best
        self.until = perf_counter() + effort.seconds
        self.tree = Tree(structure, best, self._late)
        self.job: _Job | None = None
        self.looked: set[bytes] = set()
        self.looks: list[tuple[float, int, Node]] = []

    def run(self) -> Located:
        """The tree, the lowest bound first, until nothing better can be or time is out."""
        self.tree.plant()
        with ThreadPoolExecutor(1) as beside:
            while self._on():
                if self.tree.open:
                    self._consider(self.tree.open[0][2])
                self._begin(beside)
                if self.tree.open:
                    self.tree.grow()
        return self._found()

    def _late(self) -> bool:
        return perf_counter() >= self.until

    def _stop(self) -> bool:
        return self.tree.nodes >= self.effort.nodes or self._late()

    def _on(self) -> bool:
        """Whether to go on; reads the assignment that is due."""
        if self.job is not None:
            due = self.tree.nodes >= self.job.due
            if due or not self.tree.open or self._stop():
                self._end(self.job)
        left = self.tree.open or self.tree.leaves or self.job
        return bool(left) and not self._stop()

    def _found(self) -> Located:
        best, left = self.best, self.tree.bounds()
        bound = min([math.inf if best.assignment is None else best.cutoff, *left])
        if self.structure.grain and math.isfinite(bound):
            bound = float(math.ceil(bound - 1e-3))
        ended = Ended.INFEASIBLE if best.assignment is None else Ended.OPTIMAL
        if left:
            ended = Ended.BY_THE_CLOCK if self._late() else Ended.STOPPED
        bound = min(bound, best.value)
        return Located(best.assignment, best.value, bound, self.tree.nodes, ended)

    def _begin(self, beside: ThreadPoolExecutor) -> None:
        """Start what is most promising: the best leaf, or the places that a node would open."""
        tree = self.tree
        while self.job is None and tree.leaves:
            bound = tree.leaves[0][0]
            if tree.open and bound > tree.open[0][0] + _LEAD * abs(tree.open[0][0]):
                break
            self._leaf(heapq.heappop(tree.leaves)[2], beside)
        if self.job is None and self.looks and tree.open:
            halfway = (tree.open[0][0] + self.best.cutoff) / 2
            if self.looks[0][0] <= halfway:
                self._look(heapq.heappop(self.looks)[2], beside)

    def _consider(self, node: Node) -> None:
        """The places that the best step of a node opened, taken for decided: worth a look?"""
        opened = node.climbed.at_best.opened
        key = np.packbits(opened).tobytes()
        if key in self.looked:
            return
        self.looked.add(key)
        closer = self.tree.climbed(node, np.where(opened, OPEN, SHUT), _LOOK_STEPS)
        if closer is not None and closer.bound < self.best.cutoff:
            self.tree.attempt(closer.climbed)
            heapq.heappush(self.looks, (closer.bound, self.tree.nodes, closer))

    def _look(self, closer: Node, beside: ThreadPoolExecutor) -> None:
        """Look for what is little dearer than the bound of some places: few pairs are left."""
        if closer.bound < self.best.cutoff:
            limit = min(self.best.cutoff, closer.bound + _AMBITION * abs(closer.bound))
            pairs = self.tree.near(closer, limit)
            self._start(beside, _LOOK_WORK, pairs, _Job(closer, False, False, limit, Future(), 0))

    def _leaf(self, node: Node, beside: ThreadPoolExecutor) -> None:
        """All places are decided: what is left is to assign, by more and more work."""
        if node.looked == 0:
            again = self.tree.climbed(node, node.state, _LEAF_STEPS)
            if again is not None:
                self.tree.push(replace(again, looked=1))
            return
        first, again = node.looked == 1, node
        if node.bound >= self.best.cutoff:
            return
        limit = min(self.best.cutoff, again.bound + _REACH * abs(again.bound) + 1.0)
        pairs = self.tree.near(again, limit) if first else self.tree.usable(again, limit)
        work = _NEAR_WORK if first else _LEAF_WORK * int(4 ** min(again.looked - 1, 8))
        self._start(beside, work, pairs, _Job(again, True, not first, limit, Future(), 0))

    def _start(self, beside: ThreadPoolExecutor, work: int, pairs: Flags, job: _Job) -> None:
        seconds = max(self.until - perf_counter(), 0.01)
        limits = Limits(gap=1e-6, nodes=work, looks=20 * work, seconds=seconds)
        asked = (self.structure, pairs, job.node.state, job.limit, limits)
        future = job.future
        if self.effort.cores > 1:
            future = beside.submit(assign, *asked)
        else:
            future.set_result(assign(*asked))
        self.job = replace(job, future=future, due=self.tree.nodes + _EVERY)

    def _end(self, job: _Job) -> None:
        """Read what was found; a leaf whose assignment is not settled waits for more work."""
        self.job = None
        self.tree.nodes += 1
        found = job.future.result()
        self.best.offer(found.assignment)
        if not job.leaf:
            return
        bound = job.node.bound
        if job.whole and found.ended in (Ended.OPTIMAL, Ended.INFEASIBLE):
            bound = job.limit if found.assignment is None else self.best.value
        elif job.whole:
            bound = max(bound, found.bound)
        self.tree.push(replace(job.node, bound=bound, looked=job.node.looked + 1))
