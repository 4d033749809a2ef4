"""Which cuts by rounding are worth adding: batches come whole, so a few orders more take one more.

For some places B and some orders W that are served from B for the most part: the vials of W that
are not served elsewhere, or not at all, fit the batches of B, and the number of batches is whole.
The same is said of the activity of W where the bulk of every place of B is limited. The order of
W by the share that B serves makes the best set a beginning of that order.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from time import perf_counter

import numpy as np

from doseline.plan.model.matrix import Floats
from doseline.plan.model.sets import Sets
from doseline.plan.model.variables import Problem
from doseline.plan.proof.rounding import Cut

_FEW = 4  # plants: of more, only each alone and all together are looked at
_LONGEST = 10  # so many starts of labelling in a row make the widest set of places
_VIOLATED = 0.02  # of a batch: less is not worth a row
_MOST = 300  # cuts in a round
_SERVED = 0.02  # an order that a set of places serves less is left aside


@dataclass(frozen=True, slots=True)
class Rows:
    """Where the rows stand that cuts are made of: by order, and vials and bulk by place."""

    order: dict[int, int]
    vials: dict[int, int]
    bulk: dict[int, int]


def rows_of(problem: Problem) -> Rows:
    """Where the rows of orders, of vials and of bulk stand in the matrix of a problem."""
    sets, matrix = problem.sets, problem.matrix
    slots = {p.slot.id: s for s, p in enumerate(sets.places)}
    order: dict[int, int] = {}
    vials: dict[int, int] = {}
    bulk: dict[int, int] = {}
    for row, limit in enumerate(matrix.limits):
        if limit.rule == "order":
            order[sets.order_of_id[limit.where]] = row
        elif limit.rule == "vials":
            vials[slots[limit.where]] = row
        elif limit.rule == "bulk":
            bulk[slots[limit.where]] = row
    return Rows(order, vials, bulk)


def groups(sets: Sets) -> Iterator[tuple[int, ...]]:
    """Sets of places to look at: places of a product on some plants, a few starts in a row."""
    by_product: dict[str, list[int]] = defaultdict(list)
    for s, place in enumerate(sets.places):
        if place.locked is None and sets.of_place[s]:
            by_product[place.slot.product].append(s)
    seen: set[tuple[int, ...]] = set()
    for mine in by_product.values():
        plants = sorted({sets.places[s].slot.manufacturer for s in mine})
        few = len(plants) <= _FEW
        for count in range(1, min(len(plants), 3) + 1) if few else (1, len(plants)):
            for chosen in combinations(plants, count):
                found = [s for s in mine if sets.places[s].slot.manufacturer in chosen]
                for first in range(len(found)):
                    for last in range(first + 1, min(first + _LONGEST, len(found)) + 1):
                        group = tuple(found[first:last])
                        if group not in seen:
                            seen.add(group)
                            yield group


@dataclass(frozen=True, slots=True)
class _Kind:
    """Rows of vials or of bulk by place, and what a batch of each place holds by its row."""

    rows: dict[int, int]
    room: dict[int, float]


class Separation:
    """Finds violated cuts for values of the columns; what does not change is worked out once."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.rows = rows_of(problem)
        self.groups = list(groups(problem.sets))
        sets = problem.sets
        self._served = [
            (
                np.array([sets.choices[r].order for r in sets.of_place[s]], dtype=np.int64),
                np.array([problem.serve[r] for r in sets.of_place[s]], dtype=np.int64),
                np.array([sets.choices[r].load_mbq for r in sets.of_place[s]]),
            )
            for s in range(len(sets.places))
        ]
        self._made = np.array(problem.made, dtype=np.int64)
        self._units = np.array([float(o.units) for o in sets.orders])
        self._vials = self._kind(self.rows.vials)
        self._bulk = self._kind(self.rows.bulk)

    def violated(self, values: Floats, until: float = math.inf) -> list[Cut]:
        """The cuts that some values break, the worst first; at most so many a round.

        `until` is a reading of `perf_counter` after which no further places are looked at.
        """
        found: list[tuple[float, int, Cut]] = []
        for group in self.groups:
            if perf_counter() > until:
                break
            batches = values[self._made[list(group)]]
            if len(group) == 1 and batches[0] > 0.5 and batches[0] % 1.0 < 1e-6:
                continue
            inside = self._inside(group, values)
            for kind, weight in ((self._vials, self._units), (self._bulk, None)):
                if not all(s in kind.rows for s in group):
                    continue
                if weight is None:
                    weight = self._activity(group)
                best = self._best(group, batches, inside, weight, kind)
                if best is not None and best[0] > _VIOLATED:
                    found.append((-best[0], len(found), best[1]))
        found.sort(key=lambda f: f[:2])
        return [cut for _, _, cut in found[:_MOST]]

    def _kind(self, rows: dict[int, int]) -> _Kind:
        """A batch holds by its row what the coefficient of the batch itself takes off."""
        terms = self.problem.matrix.terms
        room = {
            s: -sum(value for column, value in terms(row) if column == self._made[s])
            for s, row in rows.items()
        }
        return _Kind(rows, room)

    def _inside(self, group: Sequence[int], values: Floats) -> Floats:
        """The share of each order that some places serve."""
        inside = np.zeros(len(self._units))
        for s in group:
            order, column, _ = self._served[s]
            np.add.at(inside, order, values[column])
        return inside

    def _activity(self, group: Sequence[int]) -> Floats:
        """The least activity that each order takes of some places, 0 where none serves it."""
        least = np.full(len(self._units), np.inf)
        for s in group:
            order, _, load = self._served[s]
            np.minimum.at(least, order, load)
        return np.where(np.isfinite(least), least * self._units, 0.0)

    def _best(
        self,
        group: Sequence[int],
        batches: Floats,
        inside: Floats,
        weight: Floats,
        kind: _Kind,
    ) -> tuple[float, Cut] | None:
        """The beginning of the orders, by the share served inside, whose cut is broken the most."""
        room = [kind.room[s] for s in group]
        most = max(room)
        if most <= 0.0:
            return None
        some = np.flatnonzero((inside > _SERVED) & (weight > 0.0))
        if not some.size:
            return None
        chosen = some[(-inside[some]).argsort(kind="stable")]
        weights = weight[chosen] / most
        asked = weights.cumsum()
        outside = (weights * (1.0 - inside[chosen])).cumsum()
        part = asked - np.floor(asked + 1e-9)
        usable = part > 1e-3
        share = np.where(usable, part, 1.0)
        made = batches.sum()
        if min(room) < most:
            size = np.array(room) / most
            made = np.where(size >= 1.0, 1.0, np.minimum(1.0, size / share[:, None])) @ batches
        broken = np.where(usable, np.ceil(asked - 1e-9) - made - outside / share, -1.0)
        best = int(broken.argmax())
        if broken[best] <= _VIOLATED:
            return None
        whose = chosen[: best + 1].tolist()
        multipliers = [(self.rows.order[i], float(weight[i])) for i in whose]
        multipliers += [(kind.rows[s], -1.0) for s in group]
        return float(broken[best]), Cut(tuple(multipliers), most)
