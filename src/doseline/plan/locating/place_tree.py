"""The tree over places: each node has some opened and some shut, and a bound from prices."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from doseline.plan.locating.ascent import Climbed, climb, decided, usable
from doseline.plan.locating.incumbent import Incumbent
from doseline.plan.locating.knapsacks import Flags, Whole
from doseline.plan.locating.locations import Structure
from doseline.plan.locating.priced import FREE, OPEN, SHUT, Pairs
from doseline.plan.locating.repairing import repaired

_ROOT_STEPS, _NODE_STEPS = 100, 25
_ROOT_ROUNDS = 4
_LIKED = 0.02
_NEAR = 4


@dataclass(frozen=True, slots=True)
class Node:
    """Some places decided, and a bound on every assignment that agrees.

    `looked` is how often the assignment of a leaf, where all places are decided, was tried.
    """

    bound: float
    state: Whole
    climbed: Climbed
    looked: int = 0


class Tree:
    """The nodes that may still hold something better, the lowest bound first; leaves apart."""

    def __init__(self, structure: Structure, best: Incumbent, late: Callable[[], bool]) -> None:
        self.structure, self.best, self.late = structure, best, late
        self.nodes = 0
        self.pairs = Pairs.of(structure, structure.allowed)
        self.open: list[tuple[float, int, Node]] = []
        self.leaves: list[tuple[float, int, Node]] = []
        self._pushed = 0
        self._tried: set[bytes] = set()

    def push(self, node: Node) -> None:
        """Keep a node, if it may hold something better."""
        if node.bound < self.best.cutoff:
            self._pushed += 1
            queue = self.open if np.any(node.state == FREE) else self.leaves
            heapq.heappush(queue, (node.bound, self._pushed, node))

    def bounds(self) -> list[float]:
        """The bounds of all nodes that are kept."""
        return [entry[0] for entry in (*self.open, *self.leaves)]

    def plant(self) -> None:
        """The root: prices in some rounds; then pairs that no better assignment uses are left."""
        structure, best = self.structure, self.best
        state = np.full(len(structure.room), FREE)
        cost = np.where(structure.allowed, structure.cost, structure.dear)
        prices = np.minimum(np.sort(cost, axis=0)[min(1, len(cost) - 1)], structure.unmet)
        prices = np.where(prices < structure.dear, prices, cost.min(axis=0))
        if np.any(prices >= structure.dear):
            return
        best.offer(repaired(structure, state == FREE, np.zeros(len(state))))
        pace, found = 1.0, None
        for _ in range(_ROOT_ROUNDS):
            target = best.cutoff if best.assignment is not None else 2.0 * float(prices.sum())
            found = climb(structure, self.pairs, state, prices, target, _ROOT_STEPS, pace)
            if found is None:
                return
            self.attempt(found)
            prices, pace = found.prices, max(pace / 2, 0.1)
            if found.bound >= best.cutoff:
                return
            if self.late():
                break
        assert found is not None
        root = self._narrowed(Node(found.bound, state, found))
        self.pairs = Pairs.of(structure, self.usable(root, best.cutoff))
        again = self.climbed(root, root.state, _NODE_STEPS)
        if again is not None:
            self.push(again)

    def grow(self) -> None:
        """Take the node with the lowest bound, and keep what its two children leave open."""
        node = heapq.heappop(self.open)[2]
        if node.bound >= self.best.cutoff:
            return
        node = self._narrowed(node)
        free = np.flatnonzero(node.state == FREE)
        if free.size == 0:
            self.push(node)
            return
        share = node.climbed.opened[free]
        place = free[np.minimum(share, 1.0 - share).argmax()]
        for choice in (OPEN, SHUT):
            state = node.state.copy()
            state[place] = choice
            child = self.climbed(node, state, _NODE_STEPS)
            if child is not None:
                self.push(self._narrowed(child))

    def climbed(self, node: Node, state: Whole, steps: int) -> Node | None:
        """A node at another state, with prices that begin at those of the first."""
        self.nodes += 1
        found = climb(
            self.structure, self.pairs, state, node.climbed.prices, self.best.cutoff, steps, 0.5
        )
        if found is None:
            return None
        return Node(max(node.bound, found.bound), state, found, node.looked)

    def usable(self, node: Node, cutoff: float) -> Flags:
        """The pairs that an assignment below the cutoff can use at a node."""
        at, prices = node.climbed.at_best, node.climbed.prices
        return usable(self.structure, self.pairs, node.state, prices, at, cutoff)

    def near(self, node: Node, cutoff: float) -> Flags:
        """Those of them that the steps liked, and the cheapest open places of each order."""
        pairs = self.usable(node, cutoff)
        liked = np.zeros(pairs.shape)
        np.put_along_axis(liked, self.pairs.order, node.climbed.taken, axis=1)
        worth = self.structure.cost + node.climbed.at_best.rate[:, None] * self.structure.load
        worth = np.where((node.state == OPEN)[:, None] & pairs, worth, np.inf)
        rank = np.argsort(np.argsort(worth, axis=0), axis=0)
        return np.asarray(pairs & ((liked > _LIKED) | (rank < _NEAR)))

    def _narrowed(self, node: Node) -> Node:
        state = decided(self.structure, node.state, node.climbed.at_best, self.best.cutoff)
        return replace(node, state=state)

    def attempt(self, climbed: Climbed) -> None:
        """Assignments to the places that the best steps opened."""
        for opened in (*climbed.seen[-2:], climbed.at_best.opened):
            key = np.packbits(opened).tobytes()
            if key not in self._tried:
                self._tried.add(key)
                self.best.offer(repaired(self.structure, opened, climbed.at_best.rate))
