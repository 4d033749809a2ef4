"""What all products cost together with their batches given: one linear programme, kept solved.

Beside lines, products share days of sites. With its batches given, and the rows left out that
cannot bind, the whole is solved anew in some hundredths of a second when a few batches change.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from doseline.plan.large.folded import Charges
from doseline.plan.large.lines_alone import Lines
from doseline.plan.large.one_product import bare_rows, least_ways
from doseline.plan.large.places_apart import PlacesApart
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Ints
from doseline.plan.solving.relaxation import Relaxation


class Together:
    """All products at no dues, orders in parts; a dose unmet costs `dear`.

    Shared rows are those that are neither about lines alone nor about the lines of a batch.
    """

    def __init__(
        self, apart: PlacesApart, charges: Charges, lines: Lines, dear: float, until: float
    ) -> None:
        self._apart, self.dear = apart, dear
        self._free, self._room = apart.included, apart.room
        self._batch = apart.arrays.cost[apart.structure.made]
        self._made = np.zeros(len(apart.most), dtype=np.int64)
        self._rows, use = _rows_between(apart, lines)
        arrays = self._stated(charges, use)
        self._relaxation = Relaxation(arrays, until, corners=True)

    def cost(self, made: Ints) -> float | None:
        """The least cost with so many batches by place; None where time is up."""
        self._set(made)
        found = self._relaxation.least()
        return None if found is None else found + self._beside(made)

    def priced(self, made: Ints) -> tuple[float, Floats] | None:
        """The same, and the dues of all shared rows there; none for those of lines."""
        self._set(made)
        found = self._relaxation.solve()
        if found is None:
            return None
        dues = np.zeros(len(self._apart.shared))
        dues[self._rows] = np.maximum(-found.row_duals[self._first :], 0.0)
        return found.objective + self._beside(made), dues

    def _beside(self, made: Ints) -> float:
        return float(self._batch @ made) + self._apart.arrays.constant

    def _set(self, made: Ints) -> None:
        changed = np.flatnonzero(made != self._made)
        for place in changed.tolist():
            count = float(made[place])
            self._relaxation.side(self._orders + place, self._free[place] * count)
            beyond = (self._room[place] - self._free[place]) * count
            self._relaxation.bound(self._extra + place, 0.0, beyond)
        self._made = made.copy()

    def _stated(self, charges: Charges, use: sparse.csr_matrix) -> Arrays:
        """The columns are ways, unmet orders, packages, and vials beyond the fee of each place."""
        apart = self._apart
        every = np.arange(len(apart.structure.serve))
        ways, kept = least_ways(apart, charges, every, np.zeros(len(every)), _alike(use))
        self._orders, places = len(apart.structure.unmet), len(apart.most)
        packages = np.unique(ways.package[ways.package >= 0])
        self._extra = len(ways.order) + self._orders + len(packages)
        orders, where = np.arange(self._orders), np.arange(places)
        own = bare_rows(ways, orders, where, packages, places)
        self._first = own.shape[0]
        more = sparse.csr_matrix((len(self._rows), own.shape[1] - len(kept)))
        by_row = sparse.vstack([own, sparse.hstack([use[:, kept], more])], format="csr")
        sides = apart.sides[self._rows]
        cost = [
            ways.cost,
            np.full(self._orders, self.dear),
            apart.arrays.cost[packages],
            apart.extra,
        ]
        one, none = np.ones(self._orders), np.zeros(self._first - self._orders)
        return Arrays(
            cost=np.concatenate(cost),
            lower=np.zeros(own.shape[1]),
            upper=np.concatenate([np.full(self._extra, np.inf), np.zeros(places)]),
            whole=np.zeros(own.shape[1], dtype=np.bool_),
            row_lower=np.concatenate([one, np.full(len(none) + len(sides), -np.inf)]),
            row_upper=np.concatenate([one, none, sides]),
            by_row=by_row,
        )


def _rows_between(apart: PlacesApart, lines: Lines) -> tuple[Ints, sparse.csr_matrix]:
    """The shared rows between products that may bind, by position, and how choices use them."""
    structure, arrays = apart.structure, apart.arrays
    rows = arrays.by_row[apart.shared]
    use = rows[:, structure.serve].tocsr()
    others = np.ones(arrays.columns)
    others[structure.serve] = 0.0
    alone = np.asarray(abs(rows) @ others) == 0.0
    most = np.zeros(len(apart.shared))
    for row in np.flatnonzero(alone & ~np.isin(apart.shared, lines.rows)).tolist():
        here = slice(use.indptr[row], use.indptr[row + 1])
        largest = np.zeros(len(structure.unmet))
        np.maximum.at(largest, structure.order[use.indices[here]], use.data[here])
        most[row] = largest.sum()
    binding = np.flatnonzero(most > apart.sides + 1e-9)
    return binding, use[binding]


def _alike(use: sparse.csr_matrix) -> Ints:
    """A number by choice, the same for choices that use the same rows as much."""
    by_choice = use.T.tocsr()
    count = np.diff(by_choice.indptr)
    width = max(1, int(count.max(initial=0)))
    told = np.zeros((by_choice.shape[0], 2 * width))
    choice = np.repeat(np.arange(by_choice.shape[0]), count)
    rank = np.arange(by_choice.nnz) - np.repeat(by_choice.indptr[:-1], count)
    told[choice, rank], told[choice, width + rank] = by_choice.indices + 1, by_choice.data
    return np.asarray(np.unique(told, axis=0, return_inverse=True)[1].ravel(), dtype=np.int64)
