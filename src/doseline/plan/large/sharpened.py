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
from doseline.plan.large.growing import Growing, Product, Row
from doseline.plan.large.one_product import bare_product
from doseline.plan.large.places_apart import PlacesApart
from doseline.plan.model.matrix import Floats
from doseline.plan.model.variables import Problem
from doseline.plan.proof.cut_rows import Rounder
from doseline.plan.proof.duals import Duals
from doseline.plan.proof.rounding import Cut
from doseline.plan.solving.arrays import Ints
from doseline.plan.solving.relaxation import safe_bound
from doseline.plan.solving.separation import Rows, rows_of

_BROKEN = 0.02  # by less than this, over the root of its squares, a cut is not worth a row
_A_ROUND = 80  # cuts, the most broken ones
_GAIN = 4e-4  # of the cost: a round that adds less is the last
_SIDE_BY_SIDE = 2  # products: so many threads there are
_DAY = 24 * 60


@dataclass(frozen=True)
class Sharpened:
    """What each order is worth, and each of some cuts, in units of the cost.

    `products` are the relaxations that say so, of those products that were solved.
    """

    orders: Floats
    cuts: tuple[Cut, ...]
    worth: Floats
    products: tuple[Growing, ...]

    def batches(self, before: Floats) -> Floats:
        """How many batches each place makes there; what it was `before` where nobody says."""
        batches = before.copy()
        for growing in self.products:
            batches[growing.product.bare.places] = growing.product.made(growing.values)
        return batches


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
    prices, cuts, products = at[0].copy(), [], []

    def sharpen(number: int) -> Growing | None:
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
            products.append(product)
    worth = np.array([worth for _, worth in cuts])
    return Sharpened(prices, tuple(cut for cut, _ in cuts), worth, tuple(products))


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
) -> Growing | None:
    """The relaxation of a product with its cuts; None where the clock gave it no answer."""
    prices, dues = at
    bare = bare_product(apart, charges, kind, dues, apart.dear)
    if not len(bare.orders):
        return None
    product = Product(apart, bare, dues)
    growing = Growing(product, until)
    growing.link(product.likely(prices))
    if not growing.solve():
        return None
    broken, before = _Broken(product, rows), -np.inf
    while growing.cost - before >= _GAIN * abs(growing.cost):
        before = growing.cost
        if not growing.cut(broken.by(growing.values)):
            break
    return growing


class _Broken:
    """Finds cuts that values break: batches of some days in a row, and who is served by them.

    The orders that other batches serve least are the best beginning: of them, as many as break the
    cut most.
    """

    def __init__(self, product: Product, rows: Rows) -> None:
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

    def by(self, values: Floats) -> list[Row]:
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

    def _row(self, places: NDArray[np.bool_], orders: Ints) -> Row:
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
        return Row(
            cut=Cut(tuple(derivation), self._most),
            columns=np.concatenate([ways, unmet, product.first + batch]),
            values=np.concatenate([np.full(len(ways) + len(unmet), 1.0 / left[0]), share]),
            side=float(whole[0]),
        )


def _whole_and_left(number: Ints, most: float) -> tuple[Floats, Floats]:
    """How many batches so many orders need, and how many of them the last one serves."""
    whole = np.ceil(number / most)
    return whole, number - most * (whole - 1.0)
