"""The relaxation of one product at dues of what products share, to which rows are added.

At such dues it is a linear programme of some thousand columns, soon solved again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from doseline.plan.large.one_product import Bare
from doseline.plan.large.places_apart import PlacesApart
from doseline.plan.model.matrix import Floats
from doseline.plan.proof.rounding import Cut
from doseline.plan.solving.arrays import Arrays, Ints
from doseline.plan.solving.relaxation import Relaxation, Relaxed

_FEW = 2000  # columns: with more interior points are faster the first time
_EXACT = 1e-6


class Product:
    """The relaxation of a product: its ways, and a column for each batch that may be made."""

    def __init__(self, apart: PlacesApart, bare: Bare, dues: Floats) -> None:
        self.bare = bare
        self.room, self.at = apart.room[bare.places], apart.structure.at[bare.places]
        most = apart.most[bare.places].astype(np.int64)
        self.owner = np.repeat(np.arange(len(most)), most)
        number = np.arange(len(self.owner)) - np.repeat(np.cumsum(most) - most, most)
        cost = apart.batch_costs_at(dues)[bare.places[self.owner], number]
        self.first = bare.arrays.columns
        self.arrays = self._arrays(apart.included[bare.places], cost)
        ways = bare.ways
        pairs = np.stack([np.searchsorted(bare.orders, ways.order), bare.position[ways.place]])
        self.pairs, self.pair = np.unique(pairs, axis=1, return_inverse=True)
        self.pair = self.pair.ravel()

    def made(self, values: Floats) -> Floats:
        """How many batches each place makes."""
        made = np.bincount(self.owner, weights=values[self.first :], minlength=len(self.room))
        return np.asarray(made, dtype=np.float64)

    def served(self, values: Floats) -> Floats:
        """How much of an order a place serves, by pair."""
        pairs, ways = self.pairs.shape[1], values[: len(self.pair)]
        return np.asarray(np.bincount(self.pair, weights=ways, minlength=pairs), dtype=np.float64)

    def likely(self, prices: Floats) -> Ints:
        """The pairs of order and place that a relaxation at such prices is likely to use."""
        ways = self.bare.ways
        return np.unique(self.pair[ways.cost < prices[ways.order]])

    def _arrays(self, included: Floats, cost: Floats) -> Arrays:
        """The columns of the product, then its batches; rows that extra vials need them come last.

        The vials of a place are no more than its batches have room for.
        """
        bare, places = self.bare.arrays, len(self.room)
        columns = self.first + np.arange(len(self.owner))
        vials, beyond = len(self.bare.orders) + self.owner, bare.rows + self.owner
        more = np.concatenate([-included[self.owner], -(self.room - included)[self.owner]])
        base = bare.by_row.tocoo()
        extra = self.bare.extra + np.arange(places)
        row = np.concatenate([base.row, vials, beyond, bare.rows + np.arange(places)])
        column = np.concatenate([base.col, columns, columns, extra])
        value = np.concatenate([base.data, more, np.ones(places)])
        shape = (bare.rows + places, self.first + len(columns))
        upper = np.concatenate([bare.upper, np.ones(len(columns))])
        upper[extra] = np.inf
        return replace(
            bare,
            cost=np.concatenate([bare.cost, cost]),
            lower=np.zeros(shape[1]),
            upper=upper,
            whole=np.zeros(shape[1], dtype=np.bool_),
            row_lower=np.concatenate([bare.row_lower, np.full(places, -np.inf)]),
            row_upper=np.concatenate([bare.row_upper, np.zeros(places)]),
            by_row=sparse.csr_matrix((value, (row, column)), shape=shape),
        )


@dataclass(frozen=True)
class Row:
    """A cut as a row of a product: sum values of columns >= side."""

    cut: Cut
    columns: Ints
    values: Floats
    side: float


class Growing:
    """The relaxation of a product, to which rows are added.

    That a way needs a batch of its place is said for those that would break it.
    """

    def __init__(self, product: Product, until: float) -> None:
        self.product = product
        self.found: Relaxed | None = None
        self._relaxation = Relaxation(product.arrays, until, small=_FEW)
        self._rows = product.arrays.rows
        self._added: list[tuple[sparse.csr_matrix, Floats]] = []
        self._cuts: list[tuple[int, Cut]] = []
        pairs = product.pairs.shape[1]
        ways = np.arange(len(product.pair))
        batches = product.first + np.arange(len(product.owner))
        by_place = sparse.csr_matrix(
            (np.ones(len(batches)), (product.owner, batches)),
            shape=(len(product.room), product.arrays.columns),
        )
        of_pair = sparse.csr_matrix(
            (np.ones(len(ways)), (product.pair, ways)), shape=(pairs, product.arrays.columns)
        )
        self._links = (by_place[product.pairs[1]] - of_pair).tocsr()

    @property
    def cost(self) -> float:
        """What the relaxation costs, as far as it was solved."""
        return self.found.objective if self.found is not None else -np.inf

    @property
    def values(self) -> Floats:
        """The values of its columns there."""
        return self.found.values if self.found is not None else np.zeros(0)

    @property
    def arrays(self) -> Arrays:
        """The relaxation with all rows that were added."""
        bare, rows = self.product.arrays, [rows for rows, _ in self._added]
        lower = [lower for _, lower in self._added]
        return replace(
            bare,
            by_row=sparse.vstack([bare.by_row, *rows], format="csr"),
            row_lower=np.concatenate([bare.row_lower, *lower]),
            row_upper=np.concatenate([bare.row_upper, np.full(self._rows - bare.rows, np.inf)]),
        )

    @property
    def duals(self) -> Floats:
        """What each row of `arrays` is worth; none that was added after it was solved last."""
        found = self.found.row_duals if self.found is not None else np.zeros(0)
        return np.concatenate([found, np.zeros(self._rows - len(found))])

    @property
    def orders(self) -> Ints:
        """Its orders, by their numbers in the problem."""
        return self.product.bare.orders

    @property
    def worth(self) -> Floats:
        """What each of its orders is worth there."""
        duals = self.found.row_duals if self.found is not None else np.zeros(0)
        return duals[: len(self.orders)]

    @property
    def cuts(self) -> list[tuple[Cut, float]]:
        """The cuts that are worth something, with what."""
        if self.found is None:
            return []
        duals = self.found.row_duals
        told = [(cut, float(duals[row])) for row, cut in self._cuts if row < len(duals)]
        return [(cut, worth) for cut, worth in told if worth > _EXACT]

    def link(self, pairs: Ints) -> None:
        """Say of some orders and places that the one is served by the other's batches alone."""
        if len(pairs):
            self._add(self._links[pairs], np.zeros(len(pairs)))

    def cut(self, rows: list[Row]) -> bool:
        """Add some cuts; false where there is none, or the clock leaves no time for them."""
        if not rows:
            return False
        starts = np.cumsum([0, *(len(row.columns) for row in rows)])
        index = np.concatenate([row.columns for row in rows])
        values = np.concatenate([row.values for row in rows])
        shape = (len(rows), self.product.arrays.columns)
        added = sparse.csr_matrix((values, index, starts), shape=shape)
        self._cuts += [(self._rows + n, row.cut) for n, row in enumerate(rows)]
        self._add(added, np.array([row.side for row in rows]))
        return self.solve()

    def solve(self) -> bool:
        """Solve it with all links that bind; false where the clock stopped it before."""
        while True:
            found = self._relaxation.solve()
            if found is None:
                return False
            self.found = found
            made = self.product.made(found.values)[self.product.pairs[1]]
            loose = np.flatnonzero(self.product.served(found.values) > made + _EXACT)
            if not loose.size:
                return True
            self.link(loose)

    def _add(self, rows: sparse.csr_matrix, lower: Floats) -> None:
        self._relaxation.all_at_least(rows, lower)
        self._added.append((rows, lower))
        self._rows += len(lower)
