"""A first schedule for many orders: what is paid once for several doses is folded into each.

The first package of a batch to a site costs more than the next, and testing on import is paid once
a batch. Without the columns that say so a relaxation is small and nearly whole by itself. Each
dose carries a share of the charge instead, and the shares are set anew from who travelled
together: slope scaling, after Kim and Pardalos, Operations Research Letters 24 (1999), 195-203.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from doseline.plan.model.matrix import Floats
from doseline.plan.model.variables import Problem
from doseline.plan.solving.arrays import Arrays, Flags, Ints, alone
from doseline.plan.solving.dive import whole_batches, whole_columns
from doseline.plan.solving.relaxation import Relaxation, Relaxed
from doseline.plan.solving.rounded import broken, in_time, whole_orders
from doseline.plan.solving.structure import Structure

_ALONE = 0.8  # of the charge is what a dose carries to begin with
_BEFORE, _AFTER = 6, 12  # times the shares are set before and after batches are whole
_SHARE, _DIVE = 0.4, 0.8  # of the time, at most: for shares, and for them and the dive
_NEAR = 12  # so many choices of an order a dive has, the least dear; and those it is served by
_SERVED = 1e-9
_FEW = 18  # choices an order, on average
_SOME_DAYS = 2 * 24 * 60  # [min]
_TRIES = ((0.0, 0), (0.01, 1), (0.01, 3), (0.02, 7))
"""While doses are unmet: less of each bulk, as no dose is cut up to fill one; else more batches."""


@dataclass(frozen=True)
class Charges:
    """What is paid once: each choice with the column of a charge that it needs.

    `serve` and `paid` go side by side, with the row that ties them (`tied`); `kept` are all rows
    without a charge and without the row that an order needs its batch, which the vials of a whole
    batch make good. `orders` are the rows of the orders, `bulk` those among the kept that say what
    a batch holds.
    """

    serve: Ints
    paid: Ints
    tied: Ints
    kept: Ints
    orders: Ints
    bulk: Ints

    @property
    def columns(self) -> Ints:
        """The columns of the charges, each once."""
        return np.unique(self.paid)

    def within(self, arrays: Arrays, columns: Ints, rows: Ints) -> Charges:
        """The same for a part of the arrays: of its columns and rows, by their numbers in it."""
        column = np.full(arrays.columns, -1, dtype=np.int64)
        row = np.full(arrays.rows, -1, dtype=np.int64)
        column[columns], row[rows] = np.arange(len(columns)), np.arange(len(rows))
        kept, orders = row[self.kept], row[self.orders]
        tied = (column[self.serve] >= 0) & (column[self.paid] >= 0) & (row[self.tied] >= 0)
        bulk = np.zeros(len(self.kept), dtype=np.bool_)
        bulk[self.bulk] = True
        return Charges(
            serve=column[self.serve[tied]],
            paid=column[self.paid[tied]],
            tied=row[self.tied[tied]],
            kept=kept[kept >= 0],
            orders=orders[orders >= 0],
            bulk=np.flatnonzero(bulk[kept >= 0]),
        )


def charges_of(problem: Problem, arrays: Arrays) -> Charges:
    """The charges of a problem, read off its rows."""
    rules = np.array([limit.rule for limit in problem.matrix.limits])
    rows = np.flatnonzero(rules == "shipment")
    found = arrays.by_row[rows].tocoo()
    needs = found.data < 0.0
    paid = np.full(len(rows), -1, dtype=np.int64)
    paid[found.row[needs]] = found.col[needs]
    kept = np.flatnonzero((rules != "shipment") & (rules != "batch made"))
    return Charges(
        serve=found.col[~needs].astype(np.int64),
        paid=paid[found.row[~needs]],
        tied=rows[found.row[~needs]],
        kept=kept,
        orders=np.flatnonzero(rules == "order"),
        bulk=np.flatnonzero(rules[kept] == "bulk"),
    )


class Folded:
    """The relaxation without charges, with a share of them in the cost of each choice."""

    def __init__(self, arrays: Arrays, charges: Charges, until: float) -> None:
        self._whole, self.charges = arrays, charges
        self._share = np.zeros(arrays.columns)
        self._share[charges.columns] = _ALONE * arrays.cost[charges.columns]
        upper = arrays.upper.copy()
        upper[charges.columns] = 0.0
        self.arrays = replace(
            arrays,
            cost=self.cost(),
            lower=np.minimum(arrays.lower, upper),
            upper=upper,
            by_row=arrays.by_row[charges.kept],
            row_lower=arrays.row_lower[charges.kept],
            row_upper=arrays.row_upper[charges.kept],
        )
        self.relaxation = Relaxation(self.arrays, until, corners=True)

    def anew(self, until: float) -> Folded:
        """The same as it was before any share was set and anything was fixed."""
        return Folded(self._whole, self.charges, until)

    def cost(self) -> Floats:
        """What each column costs with the shares as they are."""
        cost = self._whole.cost.copy()
        np.add.at(cost, self.charges.serve, self._share[self.charges.paid])
        return cost

    def share_anew(self, values: Floats) -> None:
        """Let each dose carry its part of the charges that are paid; one alone would carry all."""
        users = np.zeros(self._whole.columns)
        np.add.at(users, self.charges.paid, values[self.charges.serve])
        paid = self.charges.columns
        fresh = self._whole.cost[paid] / np.maximum(users[paid], 1.0)
        self._share[paid] = 0.5 * (self._share[paid] + fresh)
        self.arrays = replace(self.arrays, cost=self.cost())
        self.relaxation.cost(self.arrays.cost)

    def less_bulk(self, share: float) -> bool:
        """Let each batch hold less by so much, beyond what it does; whether bulk is limited."""
        by_row = self.arrays.by_row.copy()
        for row in self.charges.bulk.tolist():
            for at in range(by_row.indptr[row], by_row.indptr[row + 1]):
                if by_row.data[at] < 0.0:
                    by_row.data[at] *= 1.0 - share
                    column = int(by_row.indices[at])
                    self.relaxation.put(row, column, float(by_row.data[at]))
        self.arrays = replace(self.arrays, by_row=by_row)
        return bool(self.charges.bulk.size)

    def unfolded(self, values: Floats) -> Floats:
        """The values with every charge paid that some choice needs."""
        found = values.copy()
        found[self.charges.columns] = 0.0
        used = np.ceil(values[self.charges.serve] - 1e-6)
        np.maximum.at(found, self.charges.paid, used)
        return found

    def dear(self, found: Relaxed) -> Floats:
        """What each choice costs beyond the dearest that its order pays for, by column."""
        reduced = self.arrays.cost - self.arrays.by_row.T @ found.row_duals
        return np.asarray(reduced, dtype=np.float64)


def first_schedule(
    folded: Folded, arrays: Arrays, structure: Structure, until: float
) -> tuple[Floats | None, Floats]:
    """Whole values that break no row, if any, and how dear each column is. [reduced costs]

    `arrays` carry a price on each unmet dose. None where its share of the time does not suffice.
    """
    now = perf_counter()
    found = with_shares(folded, now + _SHARE * (until - now))
    if found is None:
        return None, np.zeros(arrays.columns)
    dear = folded.dear(found)
    return whole_from_shares(folded, arrays, structure, found, now + _DIVE * (until - now)), dear


def with_shares(folded: Folded, until: float) -> Relaxed | None:
    """The relaxation with shares set a few times; None where the clock did not even allow one."""
    folded.relaxation.stop_at(until)
    found = folded.relaxation.solve()
    for _ in range(_BEFORE):
        if found is None:
            break
        folded.share_anew(found.values)
        following = folded.relaxation.solve()
        if following is None:
            break
        found = following
    return found


def whole_from_shares(
    folded: Folded, arrays: Arrays, structure: Structure, found: Relaxed, until: float
) -> Floats | None:
    """Whole values that break no row, if any, by a dive from the relaxation with shares."""
    dear, whole = folded.dear(found), None
    least = float(structure.weight @ found.values[structure.unmet])  # left out there too
    for less, more in _TRIES:
        more = 0 if folded.less_bulk(less) else more
        tried = _tried(folded, arrays, structure, found, dear, more, until)
        if tried is None:
            break
        if whole is None or arrays.objective(tried) < arrays.objective(whole):
            whole = tried
        if structure.weight @ tried[structure.unmet] <= least + 0.5:
            break
    return whole


def _tried(
    folded: Folded,
    arrays: Arrays,
    structure: Structure,
    found: Relaxed,
    dear: Floats,
    more: int,
    until: float,
) -> Floats | None:
    """Whole values that break no row, by a dive; all orders, but for those served in part."""
    dived = _dived(folded, structure, found, dear, more, until)
    return None if dived is None else _orders_whole(folded, arrays, structure, dived, until)


def whole_from(
    folded: Folded, arrays: Arrays, structure: Structure, values: Floats, until: float
) -> Floats | None:
    """Whole values from such with whole batches: orders that are whole stay, shares place others.

    None where that breaks a row, or the clock stops it. `folded` has no share set yet.
    """
    folded.share_anew(values)
    for column in structure.serve[values[structure.serve] > 1.0 - _SERVED].tolist():
        folded.relaxation.bound(column, 1.0, 1.0)
    return _orders_whole(folded, arrays, structure, values, until)


def _orders_whole(
    folded: Folded, arrays: Arrays, structure: Structure, dived: Floats, until: float
) -> Floats | None:
    """Whole values with the batches, lines and deliveries of `dived`, which are whole."""
    folded.relaxation.stop_at(until)
    best = _shared_again(folded, arrays, dived, np.concatenate([structure.made, structure.how]))
    whole = whole_orders(arrays, structure, best, in_time(until))
    if whole is None or broken(arrays, whole, arrays.sums(whole)).any():
        return None
    return whole


@dataclass(frozen=True)
class _Kernel:
    """The relaxation without charges among the least dear choices.

    `free` are its columns, `values` what all others keep. `made`, `kind` and `at` are those of the
    places, `how` their lines and deliveries, by their columns in it.
    """

    part: Arrays
    free: Ints
    values: Floats
    made: Ints
    how: Ints
    kind: Ints
    at: Ints

    def whole(self, found: Relaxed | None) -> Floats | None:
        """Values of all columns, from those of the kernel."""
        if found is None:
            return None
        values = self.values.copy()
        values[self.free] = found.values
        return values


def _kernel(folded: Folded, structure: Structure, found: Relaxed, dear: Floats) -> _Kernel:
    arrays = folded.arrays
    near = nearest(structure, dear, _NEAR) | (found.values[structure.serve] > _SERVED)
    own = np.unique(np.concatenate(structure.own))
    columns = [structure.serve[near], structure.unmet, structure.shared, own]
    free = np.unique(np.concatenate(columns))
    free = free[arrays.lower[free] < arrays.upper[free]]
    part, values, position = alone(arrays, free)
    made, how = position[structure.made], position[structure.how]
    able = made >= 0
    return _Kernel(
        part, free, values, made[able], how[how >= 0], structure.kind[able], structure.at[able]
    )


def _dived(
    folded: Folded, structure: Structure, found: Relaxed, dear: Floats, more: int, until: float
) -> Floats | None:
    """Values with whole batches, lines and deliveries, from a dive among the least dear choices.

    Where there are few choices, the relaxation is at hand for a dive among all of them; where bulk
    is limited several are made, each from a relaxation of its own.
    """
    few = len(structure.serve) <= _FEW * len(structure.unmet)
    if few and not more and not folded.charges.bulk.size:
        folded.relaxation.stop_at(until)
        arrays, made, kind = folded.arrays, structure.made, structure.kind
        dived = whole_batches(folded.relaxation, found, arrays, made, kind)
        dived = whole_columns(folded.relaxation, dived, arrays, structure.how)
        return None if dived is None else dived.values
    kernel = _kernel(folded, structure, found, dear)
    relaxation = Relaxation(kernel.part, until, corners=True)
    root = relaxation.solve()
    if root is None:
        return None
    dived = whole_batches(relaxation, root, kernel.part, kernel.made, kernel.kind, more=more)
    return kernel.whole(whole_columns(relaxation, dived, kernel.part, kernel.how))


def dived_in_time(
    folded: Folded, structure: Structure, found: Relaxed, until: float
) -> Floats | None:
    """The same for several products, some days after some days: lines change over between them.

    What is decided first is then decided while all that follows is still open.
    """
    kernel = _kernel(folded, structure, found, folded.dear(found))
    relaxation = Relaxation(kernel.part, until, corners=True)
    dived = relaxation.solve()
    share = (kernel.at - kernel.at.min(initial=0)) // _SOME_DAYS
    for number in np.unique(share).tolist():
        mine = kernel.made[share == number]
        dived = whole_columns(relaxation, dived, kernel.part, mine)
        if dived is None:
            return None
        for column in mine.tolist():
            value = float(round(dived.values[column]))
            relaxation.bound(column, value, value)
    return kernel.whole(whole_columns(relaxation, dived, kernel.part, kernel.how))


def _shared_again(folded: Folded, arrays: Arrays, dived: Floats, whole: Ints) -> Floats:
    """The best of the values that shares set anew lead to, with some columns as they are."""
    for column in whole.tolist():
        value = float(round(dived[column]))
        folded.relaxation.bound(column, value, value)
    values, best = dived, folded.unfolded(dived)
    for _ in range(_AFTER):
        folded.share_anew(values)
        found = folded.relaxation.solve()
        if found is None:
            break
        values = found.values
        unfolded = folded.unfolded(values)
        if arrays.objective(unfolded) < arrays.objective(best):
            best = unfolded
    return best


def nearest(structure: Structure, dear: Floats, count: int) -> Flags:
    """Which choices are among so many least dear of their order."""
    cost = dear[structure.serve]
    order = np.lexsort((cost, structure.order))
    sorted_orders = structure.order[order]
    first = np.concatenate(([True], sorted_orders[1:] != sorted_orders[:-1]))
    position = np.arange(len(order))
    begins = np.maximum.accumulate(np.where(first, position, 0))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = position - begins
    return np.asarray(rank < count, dtype=np.bool_)
