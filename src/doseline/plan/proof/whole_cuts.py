"""The cuts of `rounding.py` for rows of small whole numbers, many times as fast, and as exact.

Where multipliers, entries, sides and divisor are small whole numbers, once multiplied by a power of
two, every sum and product stays below 2**53 and is exact in doubles (IEEE 754-2019, section 5.4).
Whether that is so is found out before anything is added; where it is not, there is no answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from doseline.plan.model.matrix import Floats
from doseline.plan.proof.exact import Arrays, ExactRows, Places, powers
from doseline.plan.proof.rounding import KINDS, Cut, Derived, derived

_EXACT = 2.0**52
"""Whole numbers up to this, and twice this, are doubles."""


@dataclass(frozen=True)
class WholeCut:
    """A `rounding.Derived` as arrays: sum values x[columns] >= lower, over 2**power."""

    columns: Places
    values: Places
    lower: int
    power: int
    unit: int

    @property
    def scale(self) -> float:
        """What a dual of the row of the rule is divided by to be one of the whole-number row."""
        return self.unit / (1 << self.power)

    @property
    def slow(self) -> Derived:
        """The same without arrays."""
        terms = dict(zip(self.columns.tolist(), self.values.tolist(), strict=True))
        return Derived(terms, self.lower, self.power, self.unit)

    def row(self) -> tuple[Places, Floats, float]:
        """The row of the rule in floating point, for a solver: columns, factors, lower side."""
        return self.columns, self.values / self.unit, self.lower / self.unit


def whole_cut(rows: ExactRows, cut: Cut) -> WholeCut | Derived:
    """The cut of a derivation: as arrays where its numbers are small, else as `derived` gives it.

    Raises SolverError where it gives none.

    >>> from doseline.plan.model.matrix import Limit, Matrix
    >>> sack = Matrix()
    >>> batches, late = sack.column(9.0, whole=True), sack.column(9.0, whole=True)
    >>> row = sack.row(Limit("vials", ""), [(batches, 12.0), (late, 1.0)], lower=30.0)
    >>> found = whole_cut(ExactRows(sack), Cut(((row, 1.0),), 12.0))
    >>> found.columns.tolist(), found.values.tolist(), found.lower, found.unit
    ([0, 1], [6, 1], 18, 6)
    """
    return _small(rows.arrays, cut) or derived(rows, cut)


def _small(arrays: Arrays, cut: Cut) -> WholeCut | None:
    """None where a number is too large, or the derivation is one that `derived` refuses."""
    summed = _summed(arrays, cut)
    if summed is None or cut.kind not in KINDS:
        return None
    columns, values, lower, power = summed
    if any(not 0 <= column < len(arrays.upper) for column in cut.flipped):
        return None
    divisor = int(np.ldexp(cut.divisor, power))
    flipped = np.isin(columns, np.array(cut.flipped, dtype=np.int64))
    ends = np.where(flipped, arrays.upper[columns], 0.0)
    tops = arrays.upper[np.array(cut.flipped, dtype=np.int64)]
    sound = np.all(np.isfinite(tops) & (tops == np.floor(tops)))
    if not sound or np.any(~flipped & (arrays.lower[columns] < 0.0)):
        return None
    if float(np.sum(np.abs(values) * np.abs(ends))) + divisor >= _EXACT:
        return None
    whole_ends = ends.astype(np.int64)
    lower -= int(np.sum(values * whole_ends))
    left = lower % divisor
    if left == 0:
        return None
    turned = np.where(flipped, -values, values)
    times, rest = np.divmod(turned, divisor)
    rounded = left * times + np.minimum(left, rest)
    rounded = np.where(arrays.whole[columns], rounded, np.maximum(turned, 0))
    if float(np.sum(np.abs(rounded) * np.abs(ends))) >= _EXACT:
        return None
    least = left * (lower // divisor + 1) - int(np.sum(rounded * whole_ends))
    rounded = np.where(flipped, -rounded, rounded)
    stays = rounded != 0
    return WholeCut(columns[stays], rounded[stays], least, power, left)


def _summed(arrays: Arrays, cut: Cut) -> tuple[Places, Places, int, int] | None:
    """The rows of a cut added up: columns, values, lower side, all whole over 2**power."""
    row = np.array([r for r, _ in cut.multipliers], dtype=np.int64)
    factor = np.array([f for _, f in cut.multipliers])
    if not len(row) or np.any(row < 0) or np.any(row >= len(arrays.power)):
        return None
    side = np.where(factor > 0.0, arrays.row_lower[row], arrays.row_upper[row])
    numbers = np.array([cut.divisor])
    if not (np.all(np.isfinite(side)) and np.all(np.isfinite(factor)) and cut.divisor > 0.0):
        return None
    of_factor = powers(factor)
    power = int(max(np.max(of_factor + arrays.power[row]), np.max(of_factor + powers(side))))
    power = max(power, int(powers(numbers)[0]))
    size = np.abs(factor)
    most = max(float(size @ arrays.largest[row]), float(size @ np.abs(side)), cut.divisor)
    if power > 52 or not np.ldexp(most, power) < _EXACT:
        return None
    entries = arrays.entries(row)
    if not len(entries):
        return None
    counts = arrays.starts[row + 1] - arrays.starts[row]
    products = np.ldexp(np.repeat(factor, counts) * arrays.value[entries], power)
    columns = arrays.index[entries]
    order = np.argsort(columns, kind="stable")
    columns, products = columns[order], products[order]
    firsts = np.flatnonzero(np.concatenate(([True], columns[1:] != columns[:-1])))
    sums = np.add.reduceat(products, firsts)
    lower = int(np.sum(np.ldexp(factor * side, power)))
    return columns[firsts], sums.astype(np.int64), lower, power


class Sums:
    """Multiples of whole cuts added up, exactly: each multiplier in two halves of 28 bits."""

    _BITS = 28

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._held: dict[int, tuple[Places, Places]] = {}
        self._most: dict[int, int] = {}

    def add(self, cut: WholeCut, times: int) -> bool:
        """Add a multiple of a cut; false, and nothing is added, where the numbers are too large."""
        high, low = divmod(times, 1 << self._BITS)
        largest = int(np.max(np.abs(cut.values), initial=0))
        most = self._most.get(cut.power, 0) + max(high, 1 << self._BITS) * largest
        if not 0 <= high < 1 << self._BITS or most >= 1 << 62:
            return False
        zeros = np.zeros(self._columns, dtype=np.int64)
        highs, lows = self._held.setdefault(cut.power, (zeros, zeros.copy()))
        highs[cut.columns] += high * cut.values
        lows[cut.columns] += low * cut.values
        self._most[cut.power] = most
        return True

    def totals(self) -> list[tuple[int, list[int], list[int]]]:
        """For each power of the cuts: the columns with a sum, and the sums."""
        found = []
        for power, (highs, lows) in self._held.items():
            columns = np.flatnonzero((highs != 0) | (lows != 0))
            pairs = zip(highs[columns].tolist(), lows[columns].tolist(), strict=True)
            found.append((power, columns.tolist(), [(h << self._BITS) + w for h, w in pairs]))
        return found
