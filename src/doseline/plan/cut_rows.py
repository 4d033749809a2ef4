"""The rows of many cuts at once, in floating point, for a solver. [plan/rounding.py]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from doseline.plan.matrix import Floats, Matrix
from doseline.plan.rounding import Cut

Places = NDArray[np.int64]

_LEAST_LEFT = 1e-6
"""A cut with less than this left over is not worth a row, and would be a rough one."""
_SNAP = 1e-9
"""What is this near to a whole number is taken for it; rounding is continuous there."""


@dataclass(frozen=True)
class CutRows:
    """Rows `lower <= sum`, one for each cut that is `kept`, laid one after the other.

    `kept` are positions in the list of cuts; the others round to nothing.
    """

    kept: Places
    starts: Places
    index: Places
    value: Floats
    lower: Floats


class Rounder:
    """Works out cuts of a matrix; rows that are added to it later are not followed."""

    def __init__(self, matrix: Matrix) -> None:
        self.shape = (matrix.rows, matrix.columns)
        data = (np.asarray(matrix.value), np.asarray(matrix.index), np.asarray(matrix.starts))
        self._rows = csr_array(data, shape=self.shape)
        self._lower, self._upper = np.asarray(matrix.row_lower), np.asarray(matrix.row_upper)
        self._most = np.asarray(matrix.upper)
        self._whole = np.asarray(matrix.whole)

    def rows(self, cuts: Sequence[Cut]) -> CutRows:
        """The rows of some cuts, those of `plan/rounding.py` up to the precision of doubles."""
        summed, lower = self._summed(cuts)
        counts = np.diff(summed.indptr)
        cut = np.repeat(np.arange(len(cuts)), counts)
        column = summed.indices.astype(np.int64)
        turned = self._turned(cuts, cut, column)
        value = np.where(turned, -summed.data, summed.data)
        ends = np.where(turned, self._most[column], 0.0)
        lower = lower - np.bincount(cut, summed.data * ends, len(cuts))
        divisor = np.array([c.divisor for c in cuts])
        lower = _snapped(lower / divisor)
        left = lower - np.floor(lower)
        kept = left >= _LEAST_LEFT
        left = np.where(kept, left, 1.0)
        share = _snapped(value / divisor[cut])
        below = np.floor(share)
        rounded = below + np.minimum(1.0, (share - below) / left[cut])
        real = np.maximum(share, 0.0) / left[cut]
        rounded = np.where(self._whole[column], rounded, real)
        least = np.floor(lower) + 1.0 - np.bincount(cut, rounded * ends, len(cuts))
        rounded = np.where(turned, -rounded, rounded)
        stays = kept[cut] & (rounded != 0.0)
        sizes = np.bincount(cut[stays], minlength=len(cuts))[kept]
        starts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        return CutRows(np.flatnonzero(kept), starts, column[stays], rounded[stays], least[kept])

    def _summed(self, cuts: Sequence[Cut]) -> tuple[csr_array, Floats]:
        """The rows of each cut added up, and the sides likewise."""
        cut = np.repeat(np.arange(len(cuts)), [len(c.multipliers) for c in cuts])
        row = np.array([r for c in cuts for r, _ in c.multipliers], dtype=np.int64)
        factor = np.array([f for c in cuts for _, f in c.multipliers], dtype=np.float64)
        sides = np.where(factor > 0.0, self._lower[row], self._upper[row])
        lower: Floats = np.bincount(cut, factor * sides, len(cuts)).astype(np.float64)
        factors = csr_array((factor, (cut, row)), shape=(len(cuts), self.shape[0]))
        summed = csr_array(factors @ self._rows)
        summed.sort_indices()
        return summed, lower

    def _turned(self, cuts: Sequence[Cut], cut: Places, column: Places) -> NDArray[np.bool_]:
        """Which entries belong to columns that are counted down from their upper bound."""
        width = self.shape[1]
        flipped = [n * width + c for n, one in enumerate(cuts) for c in one.flipped]
        if not flipped:
            return np.zeros(len(cut), dtype=np.bool_)
        return np.isin(cut * width + column, np.array(flipped, dtype=np.int64))


def _snapped(values: Floats) -> Floats:
    nearest = np.round(values)
    return np.where(np.abs(values - nearest) < _SNAP, nearest, values)
