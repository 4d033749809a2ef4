"""Branch and bound on how many batches a product makes on some days in a row, span by span.

A relaxation has half a batch at each of two plants; a schedule has whole ones. Of a span of days
(`spans.py`) it is soon known what that costs: some dozen relaxations, each a few hundredths of a
second from the one before. What spans add is added to the bound of the whole.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import numpy as np
from scipy import sparse

from doseline.errors import SolverError
from doseline.plan.large.growing import Growing
from doseline.plan.large.spans import Span, spans_of
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Ints
from doseline.plan.solving.relaxation import Relaxation, safe_bound

_BATCHES = (7.0, 12.0)
"""So many batches a span has, about: first short ones of each product, then longer ones."""

_WHOLE = 1e-5


def lifted_by(products: Sequence[Growing], until: float) -> float:
    """By how much whole batches lift the bound of some products together, in units of the cost.

    `until` is a reading of `perf_counter`; each product has its part of the time until then.
    """
    best = np.zeros(len(products))
    for batches in _BATCHES:
        for n, product in enumerate(products):
            now = perf_counter()
            if now >= until:
                break
            part = now + (until - now) / (len(products) - n)
            best[n] = max(best[n], _lift_of(product, batches, part))
    return float(best.sum())


def _lift_of(product: Growing, batches: float, until: float) -> float:
    beside, spans = spans_of(product, batches)
    least = beside
    for n, span in enumerate(sorted(spans, key=lambda span: span.arrays.columns)):
        now = perf_counter()
        least += least_with_whole_batches(span, now + (until - now) / (len(spans) - n))
    return least - product.cost


def least_with_whole_batches(span: Span, until: float) -> float:
    """What a span costs at least; what it does with whole batches, if the clock allows.

    Minus infinity where it does not even allow the relaxation.
    """
    try:
        return _Tree(span, until).least()
    except SolverError:
        return -np.inf


@dataclass(order=True)
class _Leaf:
    """Numbers of batches in some bounds, and what the span costs at least with them."""

    least: float
    number: int
    lower: Floats = field(compare=False)
    upper: Floats = field(compare=False)
    counts: Floats = field(compare=False)
    basis: Any = field(compare=False)


class _Tree:
    """The leaves of a span; of two branches of the worst one, one has a batch more."""

    def __init__(self, span: Span, until: float) -> None:
        self._until = until
        self._counts, self._days = _counted(span)
        counts = len(self._days)
        columns = sparse.csr_matrix(
            (np.ones(len(span.batches)), (np.arange(len(span.batches)), span.batches)),
            shape=(len(span.batches), span.arrays.columns),
        )
        self._first, self._batches = span.arrays.rows, span.batches
        self._arrays = replace(
            span.arrays,
            by_row=sparse.vstack([span.arrays.by_row, self._counts @ columns], format="csr"),
            row_lower=np.concatenate([span.arrays.row_lower, np.full(counts, -np.inf)]),
            row_upper=np.concatenate([span.arrays.row_upper, np.full(counts, np.inf)]),
        )
        self._relaxation = Relaxation(self._arrays, until, corners=True)
        self._lower = np.full(counts, -np.inf)
        self._upper = np.full(counts, np.inf)
        self._leaves = 0

    def least(self) -> float:
        """The least of all leaves when the worst has whole batches, or the time is over."""
        root = self._leaf(self._lower, self._upper, -np.inf)
        if root is None:
            return -np.inf
        leaves = [root]
        while leaves and perf_counter() < self._until:
            worst = leaves[0]
            count = self._chosen(worst)
            if count is None:
                break
            branches = self._branches(worst, count)
            if branches is None:
                break
            heapq.heappop(leaves)
            for leaf in branches:
                heapq.heappush(leaves, leaf)
        return leaves[0].least if leaves else root.least  # nothing made is always possible

    def _chosen(self, leaf: _Leaf) -> int | None:
        """The number of batches that is furthest from whole for the days it counts, if any is."""
        part = np.abs(leaf.counts - np.round(leaf.counts))
        best = int(np.argmax(part / self._days))
        return best if part[best] > _WHOLE else None

    def _branches(self, leaf: _Leaf, count: int) -> list[_Leaf] | None:
        """The leaf with fewer and with more of some batches; None where the clock stopped one."""
        found, whole = [], float(np.floor(leaf.counts[count]))
        for fewer in (True, False):
            lower, upper = leaf.lower.copy(), leaf.upper.copy()
            if fewer:
                upper[count] = whole
            else:
                lower[count] = whole + 1.0
            self._relaxation.start_from(leaf.basis)
            branch = self._leaf(lower, upper, leaf.least)
            if branch is not None:
                found.append(branch)
            elif not self._relaxation.impossible:
                return None
        return found

    def _leaf(self, lower: Floats, upper: Floats, least: float) -> _Leaf | None:
        """A leaf solved; None where nothing satisfies it, or the clock stopped the solver."""
        changed = np.flatnonzero((lower != self._lower) | (upper != self._upper))
        for n in changed.tolist():
            self._relaxation.between(self._first + n, lower[n], upper[n])
        self._lower, self._upper = lower, upper
        found = self._relaxation.solve()
        if found is None:
            return None
        arrays = replace(
            self._arrays,
            row_lower=np.concatenate([self._arrays.row_lower[: self._first], lower]),
            row_upper=np.concatenate([self._arrays.row_upper[: self._first], upper]),
        )
        self._leaves += 1
        least = max(least, safe_bound(arrays, found.row_duals))
        counts = np.asarray(self._counts @ found.values[self._batches])
        return _Leaf(least, self._leaves, lower, upper, counts, self._relaxation.basis())


def _counted(span: Span) -> tuple[sparse.csr_matrix, Ints]:
    """Which batches are counted together, and on how many days.

    All of some days in a row, and those of each place.
    """
    days = np.unique(span.day)
    some = [
        (span.day >= first) & (span.day <= last)
        for n, first in enumerate(days)
        for last in days[n:]
    ]
    some += [span.place == place for place in np.unique(span.place)]
    flags = np.unique(np.array(some, dtype=np.float64).reshape(-1, len(span.day)), axis=0)
    number = np.searchsorted(days, span.day)
    length = [len(np.unique(number[row > 0.0])) for row in flags]
    return sparse.csr_matrix(flags), np.array(length, dtype=np.int64)
