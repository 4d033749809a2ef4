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
from doseline.plan.solving.arrays import Arrays, Ints
from doseline.plan.solving.dive import whole_batches
from doseline.plan.solving.relaxation import Relaxation, Relaxed
from doseline.plan.solving.rounded import broken, in_time, whole_orders
from doseline.plan.solving.structure import Structure

_ALONE = 0.8  # of the charge is what a dose carries to begin with
_BEFORE, _AFTER = 6, 12  # times the shares are set before and after batches are whole
_SHARE = 0.25  # of the time, at most


@dataclass(frozen=True)
class Charges:
    """What is paid once: each choice with the column of a charge that it needs.

    `serve` and `paid` go side by side, one pair a row; `kept` are all rows without a charge and
    without the row that an order needs its batch, which the vials of a whole batch make good.
    `orders` are the rows of the orders.
    """

    serve: Ints
    paid: Ints
    kept: Ints
    orders: Ints

    @property
    def columns(self) -> Ints:
        """The columns of the charges, each once."""
        return np.unique(self.paid)


def charges_of(problem: Problem, arrays: Arrays) -> Charges:
    """The charges of a problem, read off its rows."""
    rules = np.array([limit.rule for limit in problem.matrix.limits])
    rows = np.flatnonzero(rules == "shipment")
    found = arrays.by_row[rows].tocoo()
    needs = found.data < 0.0
    paid = np.full(len(rows), -1, dtype=np.int64)
    paid[found.row[needs]] = found.col[needs]
    return Charges(
        serve=found.col[~needs].astype(np.int64),
        paid=paid[found.row[~needs]],
        kept=np.flatnonzero((rules != "shipment") & (rules != "batch made")),
        orders=np.flatnonzero(rules == "order"),
    )


class Folded:
    """The relaxation without charges, with a share of them in the cost of each choice."""

    def __init__(self, arrays: Arrays, charges: Charges, until: float) -> None:
        self._whole, self._charges = arrays, charges
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

    def cost(self) -> Floats:
        """What each column costs with the shares as they are."""
        cost = self._whole.cost.copy()
        np.add.at(cost, self._charges.serve, self._share[self._charges.paid])
        return cost

    def share_anew(self, values: Floats) -> None:
        """Let each dose carry its part of the charges that are paid; one alone would carry all."""
        users = np.zeros(self._whole.columns)
        np.add.at(users, self._charges.paid, values[self._charges.serve])
        paid = self._charges.columns
        fresh = self._whole.cost[paid] / np.maximum(users[paid], 1.0)
        self._share[paid] = 0.5 * (self._share[paid] + fresh)
        self.arrays = replace(self.arrays, cost=self.cost())
        self.relaxation.cost(self.arrays.cost)

    def unfolded(self, values: Floats) -> Floats:
        """The values with every charge paid that some choice needs."""
        found = values.copy()
        found[self._charges.columns] = 0.0
        used = np.ceil(values[self._charges.serve] - 1e-6)
        np.maximum.at(found, self._charges.paid, used)
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
    nothing = np.zeros(arrays.columns)
    now = perf_counter()
    folded.relaxation.stop_at(now + _SHARE * (until - now))
    found = folded.relaxation.solve()
    for _ in range(_BEFORE):
        if found is None:
            return None, nothing
        folded.share_anew(found.values)
        found = folded.relaxation.solve()
    if found is None:
        return None, nothing
    dear = folded.dear(found)
    dived = whole_batches(folded.relaxation, found, folded.arrays, structure.made, structure.kind)
    if dived is None:
        return None, dear
    best = _shared_again(folded, arrays, dived)
    whole = whole_orders(arrays, structure, best, in_time(until))
    if whole is None or broken(arrays, whole, arrays.sums(whole)).any():
        return None, dear
    return whole, dear


def _shared_again(folded: Folded, arrays: Arrays, dived: Relaxed) -> Floats:
    """The best of the values that shares set anew lead to, with the batches as they are."""
    found: Relaxed | None = dived
    best = folded.unfolded(dived.values)
    for _ in range(_AFTER):
        assert found is not None
        folded.share_anew(found.values)
        found = folded.relaxation.solve()
        if found is None:
            break
        values = folded.unfolded(found.values)
        if arrays.objective(values) < arrays.objective(best):
            best = values
    return best
