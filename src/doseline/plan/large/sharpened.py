"""A better bound of several products: batches come whole, and each product alone is small.

At dues for what products share, the relaxation falls apart into one linear programme a product.
That is soon solved again, so cuts by rounding (`plan/proof/rounding.py`) are added to it round by
round: orders that are served for the most part by batches of some days in a row need a whole number
of these. What orders and cuts are worth in the end bounds the whole.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from doseline.errors import SolverError
from doseline.plan.large.climbing import duals_at
from doseline.plan.large.folded import Charges
from doseline.plan.large.one_product import Bare, bare_product
from doseline.plan.large.places_apart import PlacesApart
from doseline.plan.model.matrix import Floats
from doseline.plan.model.variables import Problem
from doseline.plan.proof.cut_rows import Rounder
from doseline.plan.proof.duals import Duals
from doseline.plan.proof.rounding import Cut
from doseline.plan.solving.arrays import Arrays, Ints
from doseline.plan.solving.relaxation import Relaxation, Relaxed, safe_bound
from doseline.plan.solving.separation import Rows, rows_of

_BROKEN = 0.02  # by less than this, over the root of its squares, a cut is not worth a row
_A_ROUND = 80  # cuts, the most broken ones
_GAIN = 2e-4  # of the cost: a round that adds less is the last
_FEW = 2000  # columns: with more interior points are faster the first time
_EXACT = 1e-6
_SIDE_BY_SIDE = 2  # products: so many threads there are
_DAY = 24 * 60


@dataclass(frozen=True)
class Sharpened:
    """What each order is worth, and each of some cuts, in units of the cost."""

    orders: Floats
    cuts: tuple[Cut, ...]
    worth: Floats


def sharpened(
    problem: Problem,
    apart: PlacesApart,
    charges: Charges,
    at: tuple[Floats, Floats],
    pool: ThreadPoolExecutor,
    until: float,
) -> Sharpened:
    """Prices of orders with cuts, from prices without, at dues of the shared rows (both `at`).

    `until` is a reading of `perf_counter`; each product has its part of the time until then. One
    that the clock or the solver stops too soon keeps its prices.
    """
    structure, rows = apart.structure, rows_of(problem)
    kinds = np.unique(structure.kind[structure.place]).tolist()
    prices, cuts = at[0].copy(), []

    def sharpen(number: int) -> _Growing | None:
        now, left = perf_counter(), max(_SIDE_BY_SIDE, len(kinds) - number)
        part = now + (until - now) * _SIDE_BY_SIDE / left
        try:
            return _of_product(rows, apart, charges, kinds[number], at, part)
        except SolverError:
            return None

    for product in pool.map(sharpen, range(len(kinds))):
        if product is not None:
            prices[product.orders] = product.worth
            cuts += product.cuts
    return Sharpened(prices, tuple(c for c, _ in cuts), np.array([worth for _, worth in cuts]))


def duals_sharpened(
    problem: Problem, apart: PlacesApart, found: Sharpened, dues: Floats, seconds: float
) -> tuple[float, Duals]:
    """The bound that prices, dues and cuts give, and the duals that it follows from."""
    arrays, told = apart.arrays, Rounder(problem.matrix).rows(found.cuts)
    shape = (len(told.lower), arrays.columns)
    cuts = sparse.csr_matrix((told.value, told.index, told.starts), shape=shape)
    worth = found.worth[told.kept]
    saved = np.asarray(cuts.T @ worth)
    rows = duals_at(apart, found.orders, dues, seconds, saved)
    every = replace(
        arrays,
        by_row=sparse.vstack([arrays.by_row, cuts], format="csr"),
        row_lower=np.concatenate([arrays.row_lower, told.lower]),
        row_upper=np.concatenate([arrays.row_upper, np.full(len(worth), np.inf)]),
    )
    kept = tuple(found.cuts[n] for n in told.kept.tolist())
    return safe_bound(every, np.concatenate([rows, worth])), Duals(rows, kept, worth)


def _of_product(
    rows: Rows,
    apart: PlacesApart,
    charges: Charges,
    kind: int,
    at: tuple[Floats, Floats],
    until: float,
) -> _Growing | None:
    """The relaxation of a product with its cuts; None where the clock gave it no answer."""
    prices, dues = at
    bare = bare_product(apart, charges, kind, dues, apart.dear)
    if not len(bare.orders):
        return None
    product = _Product(apart, bare, dues)
    growing = _Growing(product, until)
    growing.link(product.likely(prices))
    if not growing.solve():
        return None
    broken, before = _Broken(product, rows), -np.inf
    while growing.cost - before >= _GAIN * abs(growing.cost):
        before = growing.cost
        if not growing.cut(broken.by(growing.values)):
            break
    return growing


class _Product:
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
class _Row:
    """A cut as a row of a product: sum values of columns >= side."""

    cut: Cut
    columns: Ints
    values: Floats
    side: float


class _Growing:
    """The relaxation of a product, to which rows are added.

    That a way needs a batch of its place is said for those that would break it.
    """

    def __init__(self, product: _Product, until: float) -> None:
        self.product = product
        self.found: Relaxed | None = None
        self._relaxation = Relaxation(product.arrays, until, small=_FEW)
        self._rows = product.arrays.rows
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
            self._relaxation.all_at_least(self._links[pairs], np.zeros(len(pairs)))
            self._rows += len(pairs)

    def cut(self, rows: list[_Row]) -> bool:
        """Add some cuts; false where there is none, or the clock leaves no time for them."""
        if not rows:
            return False
        starts = np.cumsum([0, *(len(row.columns) for row in rows)])
        index = np.concatenate([row.columns for row in rows])
        values = np.concatenate([row.values for row in rows])
        shape = (len(rows), self.product.arrays.columns)
        added = sparse.csr_matrix((values, index, starts), shape=shape)
        self._relaxation.all_at_least(added, np.array([row.side for row in rows]))
        self._cuts += [(self._rows + n, row.cut) for n, row in enumerate(rows)]
        self._rows += len(rows)
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


class _Broken:
    """Finds cuts that values break: batches of some days in a row, and who is served by them.

    The orders that other batches serve least are the best beginning: of them, as many as break the
    cut most.
    """

    def __init__(self, product: _Product, rows: Rows) -> None:
        self._product, self._rows = product, rows
        usable = product.room > 0.0
        day = product.at // _DAY
        days = np.unique(day[usable])
        spans = [
            usable & (day >= first) & (day <= last)
            for n, first in enumerate(days)
            for last in days[n:]
        ]
        self._sets: NDArray[np.bool_] = np.array(spans, dtype=np.bool_).reshape(-1, len(usable))
        self._most = float(product.room.max(initial=0.0))

    def by(self, values: Floats) -> list[_Row]:
        """The cuts that are broken most, at most so many a round."""
        product, most = self._product, self._most
        if most < 2.0 or not len(self._sets):
            return []
        served = np.zeros((len(product.bare.orders), len(product.room)))
        served[product.pairs[0], product.pairs[1]] = product.served(values)
        outside = np.maximum(1.0 - served @ self._sets.T, 0.0)
        first = np.argsort(outside, axis=0, kind="stable")
        lost = np.cumsum(np.take_along_axis(outside, first, axis=0), axis=0)
        number = np.arange(1, len(outside) + 1)
        whole, left = _whole_and_left(number, most)
        broken = left[:, None] * whole[:, None] - lost - self._held(left, values)
        broken /= np.sqrt(left * left + 1.0)[:, None]
        broken[left == most] = -1.0  # nothing to round
        best = broken.argmax(axis=0)
        worst = broken[best, np.arange(len(self._sets))]
        chosen = np.argsort(-worst, kind="stable")[:_A_ROUND]
        return [
            self._row(self._sets[n], first[: best[n] + 1, n])
            for n in chosen[worst[chosen] > _BROKEN].tolist()
        ]

    def _held(self, left: Floats, values: Floats) -> Floats:
        """What the batches of each set add to its cut, by what is left over and set."""
        made = self._product.made(values)
        sizes = np.unique(self._product.room[self._product.room > 0.0])
        held = np.zeros((len(left), len(self._sets)))
        for size in sizes.tolist():
            batches = self._sets @ np.where(self._product.room == size, made, 0.0)
            held += self._share(left, size)[:, None] * batches[None, :]
        return held

    def _share(self, left: Floats, size: float) -> Floats:
        return left if size >= self._most else np.minimum(left, size)

    def _row(self, places: NDArray[np.bool_], orders: Ints) -> _Row:
        product, bare = self._product, self._product.bare
        whole, left = _whole_and_left(np.array([len(orders)]), self._most)
        of_order, place = product.pairs[0][product.pair], product.pairs[1][product.pair]
        ways = np.flatnonzero(np.isin(of_order, orders) & ~places[place])
        unmet = len(product.pair) + orders
        batch = np.flatnonzero(places[product.owner])
        size = product.room[product.owner[batch]]
        share = np.where(size >= self._most, 1.0, np.minimum(1.0, size / left[0]))
        mine = bare.places[places].tolist()
        derivation = [(self._rows.order[n], 1.0) for n in bare.orders[np.sort(orders)].tolist()]
        derivation += [(self._rows.vials[s], -1.0) for s in mine]
        return _Row(
            cut=Cut(tuple(derivation), self._most),
            columns=np.concatenate([ways, unmet, product.first + batch]),
            values=np.concatenate([np.full(len(ways) + len(unmet), 1.0 / left[0]), share]),
            side=float(whole[0]),
        )


def _whole_and_left(number: Ints, most: float) -> tuple[Floats, Floats]:
    """How many batches so many orders need, and how many of them the last one serves."""
    whole = np.ceil(number / most)
    return whole, number - most * (whole - 1.0)
