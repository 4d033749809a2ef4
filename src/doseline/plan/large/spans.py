"""A product's relaxation cut into spans of days: what they share has a price, so each is alone.

A batch serves orders of some days only. With a price for each order that two spans could serve,
and for each cut across them, the least costs of the spans add up to a bound of the product, and
what is proven of a span by itself, with whole batches, is proven of the whole (Geoffrion,
Lagrangean relaxation for integer programming, Mathematical Programming Study 2, 1974, 82-114).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from doseline.plan.large.growing import Growing, Product
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Flags, Ints

_DAY = 24 * 60  # [min]
_SHORTEST, _LONGEST = 0.55, 1.5
"""A span has so many batches at least and at most, in parts of those asked for."""

_SAME = 1e-9


@dataclass(frozen=True)
class Span:
    """Some days of a product. All columns have ends; `batches` are those that say that a batch is
    made, `place` and `day` where and when."""

    arrays: Arrays
    batches: Ints
    place: Ints
    day: Ints


def spans_of(growing: Growing, batches: float) -> tuple[float, list[Span]]:
    """Spans of about so many batches each, and what is to be added to their least costs.

    The sum is no more than the product costs, and as much as its relaxation does where the spans
    have relaxations too.
    """
    product, arrays, duals = growing.product, growing.arrays, _sided(growing)
    of = _span_of_columns(
        product, np.searchsorted(_ends(growing, batches), _days(product), "right")
    )
    between = of.max(initial=0) + 1
    low, high = _reach(arrays, of)
    orders = np.arange(len(product.bare.orders))
    unmet = len(product.pair) + orders
    of[unmet] = np.where(low[orders] == high[orders], low[orders], between)
    low, high = _reach(arrays, of)
    inside = (low == high) & (low < between)
    across = np.flatnonzero(~inside)
    reduced = arrays.cost - arrays.by_row[across].T @ duals[across]
    sides = np.where(duals > 0.0, arrays.row_lower, arrays.row_upper)[across]
    worth = duals[across] != 0.0
    beside = float(duals[across][worth] @ sides[worth])
    upper = _ended(product)
    loose = of == between
    beside += float(np.minimum(reduced[loose] * upper[loose], 0.0).sum())
    split = orders[~inside[orders]]
    alone = replace(arrays, cost=reduced, upper=upper)
    spans = [
        _span(product, alone, np.flatnonzero(of == n), np.flatnonzero(inside & (low == n)), split)
        for n in range(between)
    ]
    return beside, [span for span in spans if len(span.batches)]


def _span(product: Product, arrays: Arrays, columns: Ints, rows: Ints, split: Ints) -> Span:
    """The columns and rows of a span; of orders between spans it serves no more than each once."""
    shared = arrays.by_row[split][:, columns]
    shared = shared[np.diff(shared.indptr) > 0]
    owner = product.owner[columns[columns >= product.first] - product.first]
    few = shared.shape[0]
    part = Arrays(
        cost=arrays.cost[columns],
        lower=arrays.lower[columns],
        upper=arrays.upper[columns],
        whole=arrays.whole[columns],
        row_lower=np.concatenate([arrays.row_lower[rows], np.full(few, -np.inf)]),
        row_upper=np.concatenate([arrays.row_upper[rows], np.ones(few)]),
        by_row=sparse.vstack([arrays.by_row[rows][:, columns], shared], format="csr"),
    )
    return Span(part, np.flatnonzero(columns >= product.first), owner, _days(product)[owner])


def _days(product: Product) -> Ints:
    """The day of each place."""
    return np.asarray(product.at // _DAY, dtype=np.int64)


def _span_of_columns(product: Product, span: Ints) -> Ints:
    """The span of each column by that of its place; -1 for unmet orders, which have none."""
    bare = product.bare
    ways, orders = bare.position[bare.ways.place], len(bare.orders)
    first = len(ways) + orders
    packages, way = np.unique(bare.ways.package, return_index=True)
    place = np.full(product.arrays.columns, -1, dtype=np.int64)
    place[: len(ways)] = ways
    place[first : bare.extra] = ways[way[packages >= 0]]
    place[bare.extra : product.first] = np.arange(len(span))
    place[product.first :] = product.owner
    return np.where(place >= 0, span[place], -1)


def _reach(arrays: Arrays, of: Ints) -> tuple[Ints, Ints]:
    """The first and the last span that each row has columns of; those of none do not count."""
    entries = arrays.by_row.tocoo()
    told = of[entries.col] >= 0
    row, span = entries.row[told], of[entries.col[told]]
    low = np.full(arrays.rows, of.max(initial=0) + 1, dtype=np.int64)
    high = np.full(arrays.rows, -1, dtype=np.int64)
    np.minimum.at(low, row, span)
    np.maximum.at(high, row, span)
    return low, high


def _sided(growing: Growing) -> Floats:
    """The duals, without those that no side of their row bears out."""
    arrays, duals = growing.arrays, growing.duals
    able = np.where(duals > 0.0, np.isfinite(arrays.row_lower), np.isfinite(arrays.row_upper))
    return np.where(able, duals, 0.0)


def _ended(product: Product) -> Floats:
    """The most of each column: an order is served once, a package sent once, a vial filled once."""
    bare = product.bare
    upper = np.minimum(product.arrays.upper, 1.0)
    batches = np.bincount(product.owner, minlength=len(product.room))
    upper[bare.extra : product.first] = product.room * batches
    return upper


def _ends(growing: Growing, batches: float) -> Ints:
    """The days on which a span begins, but the first: where the least is between two.

    What is between two are orders that the relaxation serves from both sides, in parts.
    """
    product, values = growing.product, growing.values
    day, made, served = _days(product), product.made(values), product.served(values)
    days = np.unique(day[product.room > 0.0])
    orders, place = product.pairs
    before = np.array([made[day < d].sum() for d in (*days.tolist(), np.inf)])
    split = np.zeros(len(before))
    for n, d in enumerate(days.tolist()):
        early = np.bincount(orders, served * (day[place] < d), len(product.bare.orders))
        split[n] = np.minimum(early, 1.0 - early).clip(0.0).sum()
    return days[_parted(before, split, (_SHORTEST * batches, _LONGEST * batches))]


def _parted(before: Floats, split: Floats, size: tuple[float, float]) -> Ints:
    """Which of some places in a row to cut at for the least sum of `split`; the ends are cut.

    Between two cuts `before` grows by no less and no more than `size`; no cuts where that cannot
    be.
    """
    count = len(before)
    least, last = np.full(count, np.inf), np.full(count, -1, dtype=np.int64)
    least[0] = 0.0
    for n in range(1, count):
        grown = before[n] - before[:n]
        able: Flags = (grown >= size[0] - _SAME) & (grown <= size[1] + _SAME)
        cost = np.where(able, least[:n], np.inf)
        best = int(cost.argmin())
        if np.isfinite(cost[best]):
            least[n], last[n] = cost[best] + split[n], best
    cuts, at = [], int(last[-1])
    while at > 0:
        cuts.append(at)
        at = int(last[at])
    return np.array(sorted(cuts), dtype=np.int64)
