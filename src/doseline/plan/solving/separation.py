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
        self._units = np.array([float(o.units) for o in sets.orders])

    def violated(self, values: Floats, until: float = math.inf) -> list[Cut]:
        """The cuts that some values break, the worst first; at most so many a round.

        `until` is a reading of `perf_counter` after which no further places are looked at.
        """
        found: list[tuple[float, int, Cut]] = []
        for group in self.groups:
            if perf_counter() > until:
                break
            made = float(sum(values[self.problem.made[s]] for s in group))
            if made - np.floor(made) < 1e-6 and made > 0.5 and len(group) == 1:
                continue
            for kind in (self._by_vials, self._by_bulk):
                best = kind(group, values)
                if best is not None and best[0] > _VIOLATED:
                    found.append((-best[0], len(found), best[1]))
        found.sort(key=lambda f: f[:2])
        return [cut for _, _, cut in found[:_MOST]]

    def _inside(self, group: Sequence[int], values: Floats) -> Floats:
        """The share of each order that some places serve."""
        inside = np.zeros(len(self._units))
        for s in group:
            order, column, _ = self._served[s]
            np.add.at(inside, order, values[column])
        return inside

    def _by_vials(self, group: Sequence[int], values: Floats) -> tuple[float, Cut] | None:
        if any(s not in self.rows.vials for s in group):
            return None
        room = [self._room(self.rows.vials[s], s) for s in group]
        return self._best(group, values, self._units, self.rows.vials, room)

    def _by_bulk(self, group: Sequence[int], values: Floats) -> tuple[float, Cut] | None:
        if any(s not in self.rows.bulk for s in group):
            return None
        room = [self._room(self.rows.bulk[s], s) for s in group]
        least = np.full(len(self._units), np.inf)
        for s in group:
            order, _, load = self._served[s]
            np.minimum.at(least, order, load)
        weight = np.where(np.isfinite(least), least * self._units, 0.0)
        return self._best(group, values, weight, self.rows.bulk, room)

    def _room(self, row: int, s: int) -> float:
        """What a batch of a place holds by its row: less the coefficient of the batch itself."""
        made = self.problem.made[s]
        return -sum(value for column, value in self.problem.matrix.terms(row) if column == made)

    def _best(
        self,
        group: Sequence[int],
        values: Floats,
        weight: Floats,
        rows: dict[int, int],
        room: Sequence[float],
    ) -> tuple[float, Cut] | None:
        """The beginning of the orders, by the share served inside, whose cut is broken the most."""
        most = max(room)
        if most <= 0.0:
            return None
        inside = self._inside(group, values)
        some = np.flatnonzero((inside > _SERVED) & (weight > 0.0))
        if not some.size:
            return None
        chosen = some[np.argsort(-inside[some], kind="stable")]
        asked = np.cumsum(weight[chosen]) / most
        outside = np.cumsum(weight[chosen] * (1.0 - inside[chosen])) / most
        part = asked - np.floor(asked + 1e-9)
        usable = part > 1e-3
        made = np.array([values[self.problem.made[s]] for s in group])
        size = np.array(room) / most
        share = np.minimum(1.0, size[None, :] / np.where(usable, part, 1.0)[:, None])
        batches = np.where(size[None, :] >= 1.0, 1.0, share) @ made
        broken = np.where(
            usable, np.ceil(asked - 1e-9) - batches - outside / np.where(usable, part, 1.0), -1.0
        )
        best = int(np.argmax(broken))
        if broken[best] <= _VIOLATED:
            return None
        whose = chosen[: best + 1].tolist()
        multipliers = [(self.rows.order[i], float(weight[i])) for i in whose]
        multipliers += [(rows[s], -1.0) for s in group]
        return float(broken[best]), Cut(tuple(multipliers), most)
