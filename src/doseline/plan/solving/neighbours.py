"""A schedule made better piece by piece: some places and their orders are planned anew."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from doseline.chance import stream
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Flags, Ints, piece
from doseline.plan.solving.solve import Ended, Limits, Solution, solve
from doseline.plan.solving.structure import Structure

_TOLERANCE = 1e-6
_NODES, _SECONDS = 200, 5.0
_AT_LEAST, AT_MOST = 2, 80
"""So many places a piece has, at least and at most."""
"""Places in a piece."""


@dataclass
class Incumbent:
    """The best values known, the sums of the rows there, and what they come to."""

    values: Floats
    sums: Floats
    objective: float


class Neighbourhoods:
    """A search by pieces of a problem, two at a time: HiGHS lets two threads solve side by side.

    The arrays carry the objective, a price for each unmet dose in it. Which pieces are tried
    depends on the seed alone, so the same number of rounds finds the same schedule.
    """

    def __init__(
        self,
        arrays: Arrays,
        structure: Structure,
        values: Floats,
        seed: int = 20161128,
        size: float = 6.0,
    ) -> None:
        self._arrays, self.structure = arrays, structure
        self.best = Incumbent(values, arrays.sums(values), arrays.objective(values))
        self._chance = stream(seed, 0, "plan:neighbourhoods")
        self._drawn = 0
        self._able = np.array([c.size > 0 for c in structure.choices_of_order], dtype=np.bool_)
        self._used = np.flatnonzero([c.size > 0 for c in structure.choices_of_place])
        self._size = size
        self.rounds = 0
        self.by_the_clock = False

    def _uniform(self) -> float:
        self._drawn += 1
        return self._chance.uniform(index=self._drawn)

    def _one_of(self, numbers: Ints) -> int:
        return int(numbers[int(self._uniform() * len(numbers))])

    def search(
        self,
        until: float,
        rounds: int,
        pool: ThreadPoolExecutor,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Try pieces until the clock or so many rounds are over."""
        for _ in range(rounds):
            left = until - perf_counter()
            if stop() or not self._used.size:
                return
            if left <= 0.05:
                self.by_the_clock = True
                return
            pieces = self._pieces()
            found = list(pool.map(self._solved, pieces, [left] * len(pieces)))
            self.by_the_clock |= any(s.ended is Ended.BY_THE_CLOCK for s in found)
            for free, solution in zip(pieces, found, strict=True):
                if solution.values.size:
                    self.take(free, solution.values)
            self.rounds += 1
            self._sized(found)

    def plan_anew(self, places: list[Ints], seconds: float, pool: ThreadPoolExecutor) -> None:
        """Try some large pieces side by side, each of so many places and all that they serve."""
        pieces = [self._columns(some, self._orders(some)) for some in places]
        found = list(pool.map(self._solved, pieces, *([[seconds] * len(pieces)] * 2)))
        for free, solution in zip(pieces, found, strict=True):
            if solution.values.size:
                self.take(free, solution.values)

    def begin_with(self, values: Floats) -> None:
        """Go on from other values."""
        self.among(self._arrays, values)

    def or_from(self, values: Floats) -> None:
        """Go on from other values if they are better."""
        before = self.best
        self.begin_with(values)
        if self.best.objective >= before.objective:
            self.best = before

    def among(self, arrays: Arrays, values: Floats) -> None:
        """Go on from other values, with other costs or other columns whole."""
        self._arrays = arrays
        self.best = Incumbent(values, arrays.sums(values), arrays.objective(values))

    def _sized(self, found: list[Solution]) -> None:
        """Larger pieces while all are solved to the end with ease, smaller ones where not."""
        hard = any(s.ended is not Ended.OPTIMAL for s in found)
        easy = all(s.ended is Ended.OPTIMAL and s.nodes <= 1 for s in found)
        factor = 0.9 if hard else (1.1 if easy else 1.0)
        self._size = min(max(self._size * factor, _AT_LEAST), AT_MOST)

    def _pieces(self) -> list[Ints]:
        """The columns of two pieces that have no place and no order in common."""
        structure = self.structure
        taken = np.zeros(len(structure.made), dtype=np.bool_)
        gone = np.zeros(len(structure.unmet), dtype=np.bool_)
        pieces: list[Ints] = []
        for _ in range(2):
            places = self._places(taken)
            orders = self._orders(places) & ~gone
            taken[places] = True
            gone |= orders
            pieces.append(self._columns(places, orders))
        return pieces

    def _places(self, taken: Flags) -> Ints:
        """Some places: around an unmet order or a time, of one product or of several."""
        structure = self.structure
        count = int(self._size + self._uniform())
        unmet = self._able & (self.best.values[structure.unmet] > 0.5)
        if unmet.any() and self._uniform() < 0.5:
            order = self._one_of(np.flatnonzero(unmet))
            seed = self._one_of(structure.place[structure.choices_of_order[order]])
        else:
            seed = self._one_of(self._used)
        alike = self._uniform() < 0.6
        among = ~taken & ((structure.kind == structure.kind[seed]) | (not alike))
        pool = self._used[among[self._used]]
        near = 1.0 + np.array([self._uniform() for _ in range(pool.size)])
        away = np.abs(structure.at[pool] - structure.at[seed]) * near
        return np.asarray(pool[np.argsort(away, kind="stable")[:count]], dtype=np.int64)

    def _orders(self, places: Ints) -> Flags:
        """The orders that these places serve, and those unmet that they could."""
        structure, values = self.structure, self.best.values
        found = np.zeros(len(structure.unmet), dtype=np.bool_)
        for s in places.tolist():
            mine = structure.choices_of_place[s]
            found[structure.order[mine[values[structure.serve[mine]] > 0.5]]] = True
            able = structure.order[mine]
            found[able[values[structure.unmet[able]] > 0.5]] = True
        return found

    def _columns(self, places: Ints, orders: Flags) -> Ints:
        structure = self.structure
        columns = [structure.unmet[orders], structure.shared]
        for s in places.tolist():
            mine = structure.choices_of_place[s]
            columns += [structure.own[s], structure.serve[mine[orders[structure.order[mine]]]]]
        found = np.unique(np.concatenate(columns))
        return np.asarray(
            found[self._arrays.lower[found] < self._arrays.upper[found]], dtype=np.int64
        )

    def _solved(self, free: Ints, left: float, most: float = _SECONDS) -> Solution:
        part, _ = piece(self._arrays, self.best.values, self.best.sums, free)
        limits = Limits(gap=1e-4, nodes=_NODES, seconds=min(left, most))
        return solve(part, limits, self.best.values[free])

    def take(self, free: Ints, values: Floats) -> None:
        """Takes what a piece found, if it is better and still fits beside what changed since."""
        arrays, best = self._arrays, self.best
        fresh = values.copy()
        whole = arrays.whole[free]
        fresh[whole] = np.round(fresh[whole])
        change = fresh - best.values[free]
        saved = -float(arrays.cost[free] @ change)
        if saved <= 1e-7 * abs(best.objective) * 1e-2 + 1e-9:
            return
        columns = arrays.by_column[:, free]
        sums = best.sums + columns @ change
        rows = np.unique(columns.indices)
        slack = _TOLERANCE * np.maximum(1.0, np.abs(sums[rows]))
        if (sums[rows] > arrays.row_upper[rows] + slack).any():
            return
        if (sums[rows] < arrays.row_lower[rows] - slack).any():
            return
        values = best.values.copy()
        values[free] = fresh
        self.best = Incumbent(values, sums, best.objective - saved)


def priced(arrays: Arrays, structure: Structure) -> Arrays:
    """The arrays with a price on each unmet dose that no saving outweighs.

    A dose of a started course counts for as many others as it does in the number unmet, up to 50:
    numbers that are further apart than that are beyond a solver.
    """
    cost = arrays.cost.copy()
    dear = 10.0 * max(1.0, float(np.abs(cost).max(initial=0.0)))
    cost[structure.unmet] += dear * np.minimum(structure.weight, 50.0)
    return replace(arrays, cost=cost)
