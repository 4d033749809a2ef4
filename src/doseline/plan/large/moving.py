"""Batches moved from slot to slot, of all products at once: a schedule's batches made better.

For each product alone it is worked out what it would cost with a batch in another slot, one more,
or one less (`one_product.py`); lines, crews and QC are left aside in that. Then a small programme
of whole numbers chooses among all these moves those that go together: one product leaves the slot
that another takes, and so on in rings. Moves of a product that are far apart in time hardly touch
each other, so several are made at once; what they come to is worked out before they are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from time import perf_counter

import numpy as np

from doseline.plan.large.lines_alone import Lines, Move
from doseline.plan.large.one_product import Change, OneProduct
from doseline.plan.large.places_apart import PlacesApart
from doseline.plan.large.together import Together
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Ints
from doseline.plan.solving.solve import Limits, solve

_NEAR = 20  # so many slots of the product nearest in time a batch may move to
_WORTH = (-0.2, -0.05, 0.065)
"""A move that costs more for sure is not looked at, in parts of the cost of a batch.

The first while moves pay, the others when none do any more.
"""
_DEARER = 0.15  # of the cost of a batch: a move that costs more is not made
_DAY = 24 * 60  # [min]
_TOUCHES = 3.5 * _DAY  # moves so far apart, or further, are taken not to touch each other
_APART = (0.0, 3.0 * _DAY, 10.0 * _DAY)
"""So much further apart, when nearer ones did touch; in the end one move a product."""

_DIFFERS = 0.002  # of the cost of a batch: what a move may differ from what was worked out
_LITTLE = 1.0
_TELLING = 5.0  # [s]
_CHOICE = Limits(gap=1e-3, seconds=10.0)


@dataclass
class Batches:
    """The batches by place, what each product costs with them at its dues, and all together."""

    made: Ints
    costs: Floats
    cost: float


@dataclass
class Moving:
    """A search by moves. Products have dues of the shared rows that are not about batches; what
    is made of a product is judged by what all cost `together`.

    `fee` is what a batch costs about; `pool` gives the threads there are for it now.
    """

    apart: PlacesApart
    lines: Lines
    products: list[OneProduct]
    together: Together
    dues: Floats
    fee: float
    pool: Callable[[], ThreadPoolExecutor]
    until: float
    known: list[dict[Change, float]] = field(init=False)

    def __post_init__(self) -> None:
        self._worth = 0
        self._nothing_known()
        self._at = self.apart.structure.at
        self._most = self.apart.most.astype(np.int64)
        self._near = {
            int(place): _nearest(product.places, self._at, int(place))
            for product in self.products
            for place in product.places
        }

    def best(self, made: Ints, say: Callable[[str], None]) -> Ints | None:
        """The batches after all moves that pay, as far as there is time; None without any."""
        now, told = self._costed(made), perf_counter()
        self._worth = 0
        self._nothing_known()
        while now is not None and perf_counter() < self.until:
            following = self._round(now)
            if following is not None:
                now = following
            elif self._worth + 1 < len(_WORTH):
                self._worth += 1
            else:
                break
            if perf_counter() > told + _TELLING:
                told = perf_counter()
                say(f"batches moved, {int(now.made.sum())} of them, cost {now.cost:,.0f}")
        return None if now is None else now.made

    def _costed(self, made: Ints) -> Batches | None:
        together = self.together.cost(made)
        costs = list(self.pool().map(lambda product: product.cost(made), self.products))
        if together is None or any(cost is None for cost in costs):
            return None
        return Batches(made, np.array(costs, dtype=np.float64), together)

    def _round(self, now: Batches) -> Batches | None:
        """The batches after the best moves that go together, or None where none pay any more."""
        old = any(self.known)
        if not self._worked_out(now):
            return None
        for apart in (*_APART, None):
            moves = self._chosen(now, apart)
            if not moves:
                return None
            made = _after(now.made, *(change for _, change, _ in moves))
            cost = self.together.cost(made)
            if cost is None:
                return None
            if cost < now.cost - _LITTLE:
                following = self._costed(made)
                if following is not None:
                    self._forget(moves, now, following)
                return following
            self._judge(moves, now)
        if not old:
            return None
        self._nothing_known()
        return now

    def _judge(self, moves: list[Move], now: Batches) -> None:
        """What moves cost when each is made alone, all products together."""
        for kind, change, _ in moves:
            if change not in self._judged[kind]:
                cost = self.together.cost(_after(now.made, change))
                if cost is None:
                    return
                self.known[kind][change] = cost - now.cost
                self._judged[kind].add(change)

    def _nothing_known(self) -> None:
        self.known = [{} for _ in self.products]
        self._judged: list[set[Change]] = [set() for _ in self.products]

    def _worked_out(self, now: Batches) -> bool:
        """Whether there was time to work out every move that may pay."""
        prices = np.zeros(len(self.apart.order_rows))
        found = list(self.pool().map(lambda product: product.prices(now.made), self.products))
        for product, mine in zip(self.products, found, strict=True):
            if mine is None:
                return False
            prices[product.orders] = mine
        worth = self.apart.worth(prices, self.dues)
        kinds = range(len(self.products))
        return all(self.pool().map(lambda kind: self._of_product(kind, now, worth), kinds))

    def _of_product(self, kind: int, now: Batches, worth: Floats) -> bool:
        product, known, before = self.products[kind], self.known[kind], float(now.costs[kind])
        most, enough = _WORTH[self._worth] * self.fee, before + _DEARER * self.fee
        for change in self._moves(product, now.made):
            if change not in known and _at_least(change, now.made, worth) <= most:
                cost = product.cost_after(now.made, change, enough)
                if cost is None:
                    return False
                known[change] = cost - before
        return True

    def _moves(self, product: OneProduct, made: Ints) -> Iterator[Change]:
        """A batch less, moved to a slot nearby, or one more."""
        for place in product.places.tolist():
            if made[place] < self._most[place]:
                yield ((place, 1),)
            if made[place] > 0:
                yield ((place, -1),)
                for other in self._near[place]:
                    if made[other] < self._most[other]:
                        yield ((place, -1), (other, 1))

    def _chosen(self, now: Batches, apart: float | None) -> list[Move]:
        """The moves that save the most and that lines, crews and QC allow together.

        Those of a product are so far apart, or one a product. [min]
        """
        moves = [
            (kind, change, cost)
            for kind, known in enumerate(self.known)
            for change, cost in known.items()
            if cost < _DEARER * self.fee and _able(change, now.made, self._most)
        ]
        found = solve(self.lines.choice(now.made, moves, self._rivals(moves, apart)), _CHOICE)
        if not found.values.size:
            return []
        taken = found.values[len(found.values) - len(moves) :] > 0.5
        chosen = [move for move, one in zip(moves, taken.tolist(), strict=True) if one]
        return chosen if sum(cost for *_, cost in chosen) < -_LITTLE else []

    def _rivals(self, moves: list[Move], apart: float | None) -> list[list[int]]:
        """Moves of which one at most is made: those of a product that touch each other."""
        found = []
        for kind in range(len(self.products)):
            mine = [n for n, move in enumerate(moves) if move[0] == kind]
            if apart is None:
                found.append(mine)
                continue
            spans = np.array([self._span(moves[n][1], apart) for n in mine]).reshape(-1, 2)
            for begin in np.unique(spans[:, 0]).tolist():
                there = (spans[:, 0] <= begin) & (spans[:, 1] >= begin)
                found.append([mine[n] for n in np.flatnonzero(there).tolist()])
        return [some for some in found if len(some) > 1]

    def _span(self, change: Change, apart: float = 0.0) -> tuple[float, float]:
        """From when to when a move touches its product."""
        times = [float(self._at[place]) for place, _ in change]
        return min(times) - _TOUCHES - apart, max(times) + _TOUCHES + apart

    def _forget(self, moves: list[Move], before: Batches, after: Batches) -> None:
        """What is known no more: moves that touch one that was made, or all of a product.

        All where it came to something else than was worked out.
        """
        for kind in {move[0] for move in moves}:
            made = [move for move in moves if move[0] == kind]
            foretold = sum(cost for *_, cost in made)
            turned_out = float(after.costs[kind] - before.costs[kind])
            judged = any(change in self._judged[kind] for _, change, _ in made)
            if not judged and abs(turned_out - foretold) > _DIFFERS * self.fee:
                self.known[kind] = {}
            spans = [self._span(change) for _, change, _ in made]
            self.known[kind] = {
                change: cost
                for change, cost in self.known[kind].items()
                if not any(_meet(self._span(change), span) for span in spans)
            }
            self._judged[kind] &= self.known[kind].keys()


def _nearest(places: Ints, at: Ints, place: int) -> list[int]:
    """The other places of a product, those nearest in time."""
    order = np.argsort(np.abs(at[places] - at[place]), kind="stable")
    return [other for other in places[order].tolist() if other != place][:_NEAR]


def _at_least(change: Change, made: Ints, worth: Floats) -> float:
    """What a move costs at least: at the prices that orders have now no place earns more.

    That is weak duality: the prices need not be those that the move leads to.
    """
    return float(sum(worth[p, made[p]] - worth[p, made[p] + more] for p, more in change))


def _after(made: Ints, *changes: Change) -> Ints:
    """The batches by place after some changes."""
    found = made.copy()
    for place, more in chain.from_iterable(changes):
        found[place] += more
    return found


def _able(change: Change, made: Ints, most: Ints) -> bool:
    return all(0 <= made[place] + more <= most[place] for place, more in change)


def _meet(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
