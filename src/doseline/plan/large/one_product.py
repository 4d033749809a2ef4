"""What one product costs with its batches given: a small linear programme, soon solved anew.

Once batches are whole, orders are nearly so by themselves: what is left is who goes into which
batch, and packages that doses of a site share. HiGHS keeps the last answer, so that a batch more
here and one less there takes it a few thousandths of a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from doseline.plan.large.folded import Charges
from doseline.plan.large.offers import NONE, packages_of
from doseline.plan.large.places_apart import PlacesApart
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Flags, Ints
from doseline.plan.solving.relaxation import Relaxation

Change = tuple[tuple[int, int], ...]
"""Batches more or less: places, each with by how many."""


@dataclass(frozen=True)
class Ways:
    """Ways to serve the orders of a product: order, place and cost of each.

    `package` is the column of one that several orders may share, -1 where the fee is in the cost.
    """

    order: Ints
    place: Ints
    cost: Floats
    package: Ints


@dataclass(frozen=True)
class Bare:
    """The linear programme of a product of which no batch is made yet.

    `places` and `orders` are its own, by their numbers in the problem; `position` is where each
    place of the problem stands among its own. The columns of `arrays` are ways, unmet orders,
    packages, and from `extra` on the vials beyond the fee of each place. The rows are orders,
    places, and that a way needs its package.
    """

    places: Ints
    orders: Ints
    position: Ints
    ways: Ways
    extra: int
    arrays: Arrays


class OneProduct:
    """A product for itself. Dues are those of the shared rows; a dose unmet costs `dear`.

    `places` and `orders` are its own, by their numbers in the problem.
    """

    def __init__(
        self,
        apart: PlacesApart,
        charges: Charges,
        kind: int,
        dues: Floats,
        dear: float,
        until: float,
    ) -> None:
        every = np.full(len(apart.structure.unmet), dear)
        bare = bare_product(apart, charges, kind, dues, every)
        self.places, self.orders = bare.places, bare.orders
        self._position, self._extra = bare.position, bare.extra
        self._batch = _batches(apart, dues)[self.places]
        self._free, self._room = apart.included[self.places], apart.room[self.places]
        self._relaxation = Relaxation(bare.arrays, until, corners=True)
        self._made = np.zeros(len(self.places), dtype=np.int64)

    def cost(self, made: Ints) -> float | None:
        """The least cost with so many batches by place (all places); None where time is up."""
        return self._cost(made[self.places], np.inf)

    def cost_after(self, made: Ints, change: Change, enough: float = np.inf) -> float | None:
        """The same after a change of the batches; infinity where it is above `enough`."""
        mine = made[self.places]
        for place, more in change:
            mine[self._position[place]] += more
        return self._cost(mine, enough)

    def _cost(self, made: Ints, enough: float) -> float | None:
        self._set(made)
        batches = float(self._batch[np.arange(len(made)), made].sum())
        least = self._relaxation.least(enough - batches)
        return None if least is None else least + batches

    def prices(self, made: Ints) -> Floats | None:
        """What each of its orders is worth there."""
        self._set(made[self.places])
        found = self._relaxation.solve()
        return None if found is None else found.row_duals[: len(self.orders)]

    def _set(self, made: Ints) -> None:
        """Have so many batches by place; other places keep what they had."""
        for n in np.flatnonzero(made != self._made).tolist():
            count = float(made[n])
            self._relaxation.side(len(self.orders) + n, self._free[n] * count)
            beyond = (self._room[n] - self._free[n]) * count
            self._relaxation.bound(self._extra + n, 0.0, beyond)
        self._made = made.copy()


def bare_product(
    apart: PlacesApart, charges: Charges, kind: int, dues: Floats, dear: Floats
) -> Bare:
    """A product at dues of the shared rows; `dear` is what each order unmet costs."""
    structure = apart.structure
    places = np.flatnonzero(structure.kind == kind)
    position = np.full(len(structure.made), -1, dtype=np.int64)
    position[places] = np.arange(len(places))
    ways = ways_of(apart, charges, kind, dues)
    orders = np.unique(ways.order)
    packages = np.unique(ways.package[ways.package >= 0])
    extra = len(ways.order) + len(orders) + len(packages)
    fees, beyond = apart.arrays.cost[packages], apart.extra[places]
    cost = np.concatenate([ways.cost, dear[orders], fees, beyond])
    by_row = bare_rows(ways, orders, position, packages, len(places))
    rows = by_row.shape[0]
    arrays = Arrays(
        cost=cost,
        lower=np.zeros(extra + len(places)),
        upper=np.concatenate([np.full(extra, np.inf), np.zeros(len(places))]),
        whole=np.zeros(extra + len(places), dtype=np.bool_),
        row_lower=np.concatenate([np.ones(len(orders)), np.full(rows - len(orders), -np.inf)]),
        row_upper=np.concatenate([np.ones(len(orders)), np.zeros(rows - len(orders))]),
        by_row=by_row,
    )
    return Bare(places, orders, position, ways, extra, arrays)


def bare_rows(
    ways: Ways, orders: Ints, position: Ints, packages: Ints, places: int
) -> sparse.csr_matrix:
    """The rows of `Bare` of some orders and so many places; `position` is that of each place."""
    count, way = len(orders), np.arange(len(ways.order))
    unmet, package = len(way) + np.arange(count), len(way) + count
    extra = package + len(packages) + np.arange(places)
    of_order = np.searchsorted(orders, ways.order)
    sharing = np.flatnonzero(ways.package >= 0)
    pairs = np.stack([of_order[sharing], np.searchsorted(packages, ways.package[sharing])])
    needs, row = np.unique(pairs, axis=1, return_inverse=True)
    first = count + places
    return _rows(
        (first + needs.shape[1], len(way) + count + len(packages) + places),
        [
            (of_order, way, 1.0),
            (np.arange(count), unmet, 1.0),
            (count + position[ways.place], way, 1.0),
            (count + np.arange(places), extra, -1.0),
            (first + row.ravel(), sharing, 1.0),
            (first + np.arange(needs.shape[1]), package + needs[1], -1.0),
        ],
    )


def ways_of(apart: PlacesApart, charges: Charges, kind: int, dues: Floats) -> Ways:
    """The ways of a product; of those that need no shared package the cheapest of each place."""
    arrays, structure = apart.arrays, apart.structure
    mine = np.flatnonzero(structure.kind[structure.place] == kind)
    charged = arrays.by_row[apart.shared][:, structure.serve[mine]].T @ dues
    ways, _ = least_ways(apart, charges, mine, charged, np.zeros(len(mine), dtype=np.int64))
    return ways


def least_ways(
    apart: PlacesApart, charges: Charges, choices: Ints, charged: Floats, like: Ints
) -> tuple[Ways, Ints]:
    """Some choices as ways, each with what it is charged; and which choices they are.

    Of those that need no shared package, serve an order from a place, and are `like` each other (of
    one number), the cheapest alone is kept.
    """
    arrays, structure = apart.arrays, apart.structure
    able = apart.cost[choices] < -0.1 * NONE
    choices, like = choices[able], like[able]
    order, place = structure.order[choices], structure.place[choices]
    package = packages_of(arrays, structure, charges)[choices]
    shared = _shared(package, order)
    fee = np.where((package >= 0) & ~shared, arrays.cost[package], 0.0)
    cost = apart.cost[choices] + charged[able] + fee
    sorted_ = np.lexsort((cost, shared, like, place, order))
    begins = np.ones(len(sorted_), dtype=np.bool_)
    for number in (order, place, like):
        begins[1:] &= np.diff(number[sorted_]) == 0
    begins[1:] = ~begins[1:]
    kept = np.sort(sorted_[begins | shared[sorted_]])
    package = np.where(shared, package, -1)
    return Ways(order[kept], place[kept], cost[kept], package[kept]), choices[kept]


def _shared(package: Ints, order: Ints) -> Flags:
    """Which ways need a package that ways of several orders need."""
    pairs = np.unique(np.stack([package, order]), axis=1)
    several, users = np.unique(pairs[0], return_counts=True)
    return np.isin(package, several[(users > 1) & (several >= 0)])


def _batches(apart: PlacesApart, dues: Floats) -> Floats:
    """What none, one, two, ... batches of each place cost."""
    arrays, made = apart.arrays, apart.structure.made
    charged = np.asarray(arrays.by_row[apart.shared][:, made].T @ dues)
    batch, _ = apart.batch_costs(charged, np.zeros(apart.standing))
    return np.concatenate([np.zeros((len(batch), 1)), np.cumsum(batch, axis=1)], axis=1)


def _rows(shape: tuple[int, int], entries: Iterable[tuple[Ints, Ints, float]]) -> sparse.csr_matrix:
    """A matrix from rows, columns and a value for all of them, one lot after the other."""
    rows, columns, values = zip(*((r, c, np.full(len(r), v)) for r, c, v in entries), strict=True)
    where = (np.concatenate(rows), np.concatenate(columns))
    return sparse.csr_matrix((np.concatenate(values), where), shape=shape)
