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
        structure = apart.structure
        self.places = np.flatnonzero(structure.kind == kind)
        ways = ways_of(apart, charges, kind, dues)
        self.orders = np.unique(ways.order)
        self._position = np.full(len(structure.made), -1, dtype=np.int64)
        self._position[self.places] = np.arange(len(self.places))
        self._batch = _batches(apart, dues)[self.places]
        self._free, self._room = apart.included[self.places], apart.room[self.places]
        packages = np.unique(ways.package[ways.package >= 0])
        self._extra = len(ways.order) + len(self.orders) + len(packages)
        arrays = self._arrays(ways, packages, apart, dear)
        self._relaxation = Relaxation(arrays, until, corners=True)
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

    def _arrays(self, ways: Ways, packages: Ints, apart: PlacesApart, dear: float) -> Arrays:
        """The columns are ways, unmet orders, packages, and vials beyond the fee.

        The rows are orders, places, and that a way needs its package. No batch is made yet.
        """
        orders, places = len(self.orders), len(self.places)
        way, unmet = np.arange(len(ways.order)), len(ways.order) + np.arange(orders)
        extra = self._extra + np.arange(places)
        of_order = np.searchsorted(self.orders, ways.order)
        sharing = np.flatnonzero(ways.package >= 0)
        pairs = np.stack([of_order[sharing], np.searchsorted(packages, ways.package[sharing])])
        needs, row = np.unique(pairs, axis=1, return_inverse=True)
        rows = orders + places + needs.shape[1]
        by_row = _rows(
            (rows, self._extra + places),
            [
                (of_order, way, 1.0),
                (np.arange(orders), unmet, 1.0),
                (orders + self._position[ways.place], way, 1.0),
                (orders + np.arange(places), extra, -1.0),
                (orders + places + row.ravel(), sharing, 1.0),
                (
                    orders + places + np.arange(needs.shape[1]),
                    len(way) + orders + needs[1],
                    -1.0,
                ),
            ],
        )
        fees = apart.arrays.cost[packages]
        cost = [ways.cost, np.full(orders, dear), fees, apart.extra[self.places]]
        upper = np.concatenate([np.full(self._extra, np.inf), np.zeros(places)])
        return Arrays(
            cost=np.concatenate(cost),
            lower=np.zeros(self._extra + places),
            upper=upper,
            whole=np.zeros(self._extra + places, dtype=np.bool_),
            row_lower=np.concatenate([np.ones(orders), np.full(rows - orders, -np.inf)]),
            row_upper=np.concatenate([np.ones(orders), np.zeros(rows - orders)]),
            by_row=by_row,
        )


def ways_of(apart: PlacesApart, charges: Charges, kind: int, dues: Floats) -> Ways:
    """The ways of a product; of those that need no shared package the cheapest of each place."""
    arrays, structure = apart.arrays, apart.structure
    mine = np.flatnonzero(structure.kind[structure.place] == kind)
    mine = mine[apart.cost[mine] < -0.1 * NONE]
    package = packages_of(arrays, structure, charges)[mine]
    order, place = structure.order[mine], structure.place[mine]
    shared = _shared(package, order)
    fee = np.where((package >= 0) & ~shared, arrays.cost[package], 0.0)
    charged = arrays.by_row[apart.shared][:, structure.serve[mine]].T @ dues
    cost = apart.cost[mine] + charged + fee
    sorted_ = np.lexsort((cost, shared, place, order))
    begins = np.ones(len(sorted_), dtype=np.bool_)
    begins[1:] = (np.diff(order[sorted_]) != 0) | (np.diff(place[sorted_]) != 0)
    kept = np.sort(sorted_[begins | shared[sorted_]])
    package = np.where(shared, package, -1)
    return Ways(order[kept], place[kept], cost[kept], package[kept])


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
