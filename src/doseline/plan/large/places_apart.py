"""Each place for itself at prices: what its batches would earn from the orders, and which it takes.

At a price for each order, and for each row that places share (lines, crews, QC, days of a site),
the relaxation falls apart into one small problem a place: so many batches, and the doses that pay
best in them. Doses of one site share packages, so a site offers its doses one after the other, each
at what it adds with the best packages; pooled, these additions fall, and the best vials of all
sites fill the batches. That is what the relaxation of a place gives, or a little better: of several
batches, and of several packages, each is whole here.
"""

from __future__ import annotations

from collections import defaultdict
from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doseline.plan.large.folded import Charges
from doseline.plan.large.offers import (
    NONE,
    best_sets,
    best_ways,
    offers_of,
    pooled,
    sites_of,
    take,
)
from doseline.plan.model.matrix import Floats
from doseline.plan.model.variables import Problem
from doseline.plan.solving.arrays import Arrays, Flags, Ints
from doseline.plan.solving.structure import Structure

Rules = NDArray[np.str_]

OF_A_PLACE = frozenset(
    (
        *("batch made", "shipment", "vials", "a vial at least", "extra vials"),
        *("isotope lots", "isotope source", "lines of a place"),
    )
)
"""The rules that concern one place alone. Others, but for the orders', have a price if they are
about batches, lines and choices; what is about lots of isotope has none."""

_PACKAGES, _DOSES = 4, 12  # of a site at a place, at most: all sets of packages are compared
_COMPARED = 4_000_000  # ways by set of packages, at most


@dataclass(frozen=True)
class Taken:
    """What the places take at some prices, and the bound that they give.

    `served` by order, `choices` by choice, `batches` by place; `use` is what the shared rows have.
    """

    bound: float
    served: Floats
    choices: Floats
    batches: Floats
    use: Floats


class PlacesApart:
    """A problem at prices. Costs are those of `arrays`; lots of isotope count by the part."""

    def __init__(
        self, problem: Problem, arrays: Arrays, structure: Structure, charges: Charges
    ) -> None:
        self.arrays, self.structure = arrays, structure
        rules = np.array([limit.rule for limit in problem.matrix.limits])
        self.order_rows = charges.orders
        self.most = np.floor(arrays.upper[structure.made] + 1e-9)
        self.dear = arrays.cost[structure.unmet]
        self.never = arrays.lower[structure.unmet]
        self._stands = _stands(problem, len(structure.made))
        self.cost = arrays.cost[structure.serve] + _isotope(arrays, structure, rules)
        self.cost[arrays.upper[structure.serve] <= 0.0] = -NONE
        self.room = _by_place(arrays, structure, rules == "vials")
        self.included = _by_place(arrays, structure, rules == "extra vials")
        self.extra = np.zeros(len(structure.made))
        for place, column in problem.extra.items():
            self.extra[place] = arrays.cost[column]
        self.included = np.where(self.extra > 0.0, self.included, self.room)
        self._singles, self._several, item_place = offers_of(problem, arrays, structure, charges)
        self._items = _padded(item_place, len(structure.made))
        self._row = np.arange(len(structure.made))[:, None]
        count = np.arange(1, max(1, int(self.most.max(initial=1.0))) + 1)
        ends = self._items.shape[1]
        self._free = np.minimum((self.included[:, None] * count).astype(np.int64), ends)
        self._full = np.minimum((self.room[:, None] * count).astype(np.int64), ends)
        self._item_place = item_place
        self.shared = _shared(arrays, structure, self._stands, rules)
        self._columns = np.concatenate(
            [structure.serve, structure.made, self._stands[self._stands >= 0]]
        )
        self._rows = arrays.by_row[self.shared][:, self._columns].tocsr()
        self._by_column = self._rows.T.tocsr()
        self.sides = arrays.row_upper[self.shared]
        own = np.isin(rules, (*OF_A_PLACE, "order"))
        own[self.shared] = True
        self.unpriced = np.flatnonzero(~own)

    def taken(self, prices: Floats, dues: Floats, least: Floats, most: Floats) -> Taken:
        """What is taken at a price of each order and the dues of each shared row, 0 or more.

        Each place makes at least and at most so many batches.
        """
        structure = self.structure
        charged = self._by_column @ dues
        serve, places = len(structure.serve), len(structure.made)
        gain = prices[structure.order] - self.cost - charged[:serve]
        slope, single, sets = self._offered(gain)
        batch, lines = self.batch_costs(charged[serve : serve + places], charged[serve + places :])
        batches, weight, value = self._filled(slope, batch, least, most)
        choices = np.zeros(serve)
        choices[single] = weight[self._singles.items]
        for offer, best in zip(self._several, sets, strict=True):
            take(choices, weight[offer.items], best)
        served = np.bincount(structure.order, weights=choices, minlength=len(prices))
        columns = np.concatenate([choices, batches, self._standing(batches, lines)])
        use = np.asarray(self._rows @ columns)
        paid = float(prices.sum() + (self.dear - prices) @ self.never - dues @ self.sides)
        bound = self.arrays.constant + paid - value
        return Taken(bound, served + self.never, choices, batches, use)

    @property
    def standing(self) -> int:
        """How many columns say on which line a batch stands."""
        return int((self._stands >= 0).sum())

    def with_unmet_at(self, dear: Floats) -> PlacesApart:
        """The same with other costs of an unmet dose, by order."""
        other = copy(self)
        other.dear = dear
        return other

    def cheapest(self) -> Floats:
        """For each order its cheapest choice, with its part of a full batch; no more than unmet."""
        structure = self.structure
        part = self.arrays.cost[structure.made] / np.maximum(self.room, 1.0)
        cost = self.dear.copy()
        np.minimum.at(cost, structure.order, self.cost + part[structure.place])
        return np.asarray(cost, dtype=np.float64)

    def _offered(self, gain: Floats) -> tuple[Floats, Ints, list[Ints]]:
        """What each vial adds, pooled so that it falls within a site; and the choices behind it."""
        slope = np.empty(len(self._item_place))
        slope[self._singles.items], single = best_ways(self._singles, gain)
        padded, sets = np.append(gain, NONE), []
        for offer in self._several:
            total, chosen = best_sets(offer, padded)
            slope[offer.items] = pooled(total)
            sets.append(chosen)
        return slope, single, sets

    def batch_costs(self, made: Floats, stands: Floats) -> tuple[Floats, Ints]:
        """What the first, the second batch of each place costs, and the order of its lines."""
        line = np.full(self._stands.shape, -NONE)
        line[self._stands >= 0] = stands
        order = np.argsort(line, axis=1, kind="stable")
        cost = line[self._row, order]
        cost[self._stands[:, 0] < 0] = 0.0
        first = self.arrays.cost[self.structure.made] + made
        most = max(1, int(self.most.max(initial=1.0)))
        if cost.shape[1] < most:  # batches of a place without lines of its own
            cost = np.pad(cost, ((0, 0), (0, most - cost.shape[1])))
        return first[:, None] + cost[:, :most], order

    def batch_costs_at(self, dues: Floats) -> Floats:
        """What the first, the second batch of each place costs at dues of the shared rows."""
        charged, serve = self._by_column @ dues, len(self.structure.serve)
        places = serve + len(self.structure.made)
        return self.batch_costs(charged[serve:places], charged[places:])[0]

    def worth(self, prices: Floats, dues: Floats) -> Floats:
        """What so many batches of each place earn: none, one, ... of them, by place."""
        charged = self._by_column @ dues
        serve, places = len(self.structure.serve), len(self.structure.made)
        slope, _, _ = self._offered(prices[self.structure.order] - self.cost - charged[:serve])
        stands = charged[serve + places :]
        batch, _ = self.batch_costs(charged[serve : serve + places], stands)
        return self._earned(self._best_vials(slope), batch)

    def _best_vials(self, slope: Floats) -> Floats:
        """What the vials of each place add, the best first."""
        vials = np.append(slope, NONE)[self._items]
        return np.asarray(-np.sort(-vials, axis=1), dtype=np.float64)

    def _earned(self, vials: Floats, batch: Floats) -> Floats:
        """What none, one, two, ... batches of each place earn with the best vials in them."""
        extra = self.extra[:, None]
        plain, above = _summed(np.maximum(vials, 0.0)), _summed(np.maximum(vials - extra, 0.0))
        free, full, row = self._free, self._full, self._row
        worth = plain[row, free] + above[row, full] - above[row, free] - np.cumsum(batch, axis=1)
        return np.concatenate([np.zeros((len(worth), 1)), worth], axis=1)

    def _filled(
        self, slope: Floats, batch: Floats, least: Floats, most: Floats
    ) -> tuple[Floats, Floats, float]:
        """Batches by place, how much of each vial is taken, and what it all earns."""
        vials, extra = self._best_vials(slope), self.extra[:, None]
        worth, free, full, row = self._earned(vials, batch), self._free, self._full, self._row
        steps = np.arange(worth.shape[1])
        able = (steps >= least[:, None]) & (steps <= most[:, None])
        best = np.where(able, worth, 2 * NONE).argmax(axis=1)
        value = float(worth[row[:, 0], best].sum())
        index = np.maximum(best - 1, 0)
        first, last = free[row[:, 0], index], full[row[:, 0], index]
        pay, pay_more = (vials > 0.0).sum(axis=1), (vials > extra).sum(axis=1)
        number = np.minimum(first, pay)
        number += np.maximum(np.minimum(last, pay_more) - np.minimum(first, pay_more), 0)
        number[best == 0] = 0
        return best.astype(np.float64), self._weights(slope, vials, number), value

    def _weights(self, slope: Floats, vials: Floats, number: Ints) -> Floats:
        """1 for vials above the last that is taken, for those like it what is left over."""
        last = vials[self._row[:, 0], np.maximum(number - 1, 0)]
        mark = np.where(number > 0, last, np.inf)[:, None]
        more = (vials > mark).sum(axis=1)
        like = np.maximum((vials == mark).sum(axis=1), 1)
        share = ((number - more) / like)[self._item_place]
        mine = mark[:, 0][self._item_place]
        return np.where(slope > mine, 1.0, np.where(slope == mine, share, 0.0))

    def _standing(self, batches: Floats, lines: Ints) -> Floats:
        """Which lines the batches stand on: the cheapest of each place."""
        used = np.zeros(self._stands.shape)
        used[self._row, lines] = np.arange(lines.shape[1])[None, :] < batches[:, None]
        return used[self._stands >= 0]


def priceable(
    problem: Problem,
    arrays: Arrays,
    structure: Structure,
    charges: Charges,
    patience: float = 1.0,
) -> bool:
    """Whether a problem falls apart into places: no bulk, tests, or several deliveries to a batch.

    No tiers, spare vials or orders of several vials either, few doses and packages of a site at a
    place, and nothing fixed but what cannot be. With `patience` so many times as much may be
    compared at each price.
    """
    if structure.shared.size or charges.bulk.size or problem.tested or problem.spare:
        return False
    if not set(problem.fed.values()) <= set(problem.made):
        return False
    fixed = np.concatenate([structure.made, structure.serve])
    if (arrays.lower[fixed] > 0.0).any() or not len(structure.serve):
        return False
    if any(order.units != 1 for order in problem.sets.orders):
        return False
    rules = np.array([limit.rule for limit in problem.matrix.limits])
    shared = _shared(arrays, structure, _stands(problem, len(structure.made)), rules)
    if np.isfinite(arrays.row_lower[shared]).any():
        return False
    sites = sites_of(problem, arrays, structure, charges)
    doses = max(len(mine) for _, mine, _ in sites)
    ways = max(len(dose) for _, mine, _ in sites for dose in mine)
    packages = max(len(packed) for *_, packed in sites)
    several = sum(len(mine) > 1 for _, mine, _ in sites)
    if doses > patience * _DOSES or packages > _PACKAGES:
        return False
    return several * (1 << packages) * doses * ways <= patience * _COMPARED


def _stands(problem: Problem, places: int) -> Ints:
    """By place the columns of its lines, -1 where it has fewer than others."""
    lines: dict[int, list[int]] = defaultdict(list)
    for (place, _), column in sorted(problem.stands.items()):
        lines[place].append(column)
    width = max((len(some) for some in lines.values()), default=0)
    found = np.full((places, max(1, width)), -1, dtype=np.int64)
    for place, columns in lines.items():
        found[place, : len(columns)] = columns
    return found


def _isotope(arrays: Arrays, structure: Structure, rules: Rules) -> Floats:
    """What the isotope of each choice costs, by the part of a lot."""
    cost = np.zeros(arrays.columns)
    ends = arrays.by_row.indptr
    for row in np.flatnonzero(rules == "isotope lots").tolist():
        here = slice(ends[row], ends[row + 1])
        index, value = arrays.by_row.indices[here], arrays.by_row.data[here]
        lot = value > 0.0
        cost[index[~lot]] -= value[~lot] * float(arrays.cost[index[lot]][0] / value[lot][0])
    return np.asarray(cost[structure.serve])


def _by_place(arrays: Arrays, structure: Structure, rows: Flags) -> Floats:
    """By place how many vials a batch counts for in its row of a rule."""
    position = np.full(arrays.columns, -1, dtype=np.int64)
    position[structure.made] = np.arange(len(structure.made))
    found = arrays.by_row[np.flatnonzero(rows)].tocoo()
    mine = position[found.col] >= 0
    room = np.zeros(len(structure.made))
    room[position[found.col[mine]]] = -found.data[mine]
    return room


def _shared(arrays: Arrays, structure: Structure, stands: Ints, rules: Rules) -> Ints:
    """The rows that have a price: of no place, of no order, about batches, lines and choices."""
    priced = np.zeros(arrays.columns, dtype=np.bool_)
    priced[structure.serve] = True
    priced[structure.made] = True
    priced[stands[stands >= 0]] = True
    others = np.asarray(abs(arrays.by_row) @ (~priced).astype(np.float64), dtype=np.float64)
    own = np.isin(rules, (*OF_A_PLACE, "order"))
    return np.asarray(np.flatnonzero(~own & (others == 0.0)), dtype=np.int64)


def _padded(owner: Ints, owners: int) -> Ints:
    """By owner its members, -1 where it has fewer than others."""
    order = np.argsort(owner, kind="stable")
    count = np.bincount(owner, minlength=owners)
    found = np.full((owners, max(1, int(count.max(initial=0)))), -1, dtype=np.int64)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    found[owner[order], rank] = order
    return found


def _summed(values: Floats) -> Floats:
    """Sums of the first so many of each row, none first."""
    sums = np.cumsum(values, axis=1)
    return np.concatenate([np.zeros((len(values), 1)), sums], axis=1)
