"""The rows of many cuts at once, in floating point, for a solver. [plan/proof/rounding.py]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from doseline.errors import SolverError
from doseline.plan.model.matrix import Floats, Matrix
from doseline.plan.proof.exact import ExactRows, Places
from doseline.plan.proof.rounding import Cut, Derived
from doseline.plan.proof.whole_cuts import whole_cut


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
    """Works out cuts of a matrix; what is added to it or changed in it later is not followed."""

    def __init__(self, matrix: Matrix) -> None:
        self._rows = ExactRows(matrix)

    def rows(self, cuts: Sequence[Cut]) -> CutRows:
        """The rows of some cuts, each worked out exactly and rounded to doubles at the end."""
        kept, found = [], []
        for n, cut in enumerate(cuts):
            try:
                found.append(self._row(cut))
            except SolverError:
                continue
            kept.append(n)
        none = np.zeros(0, dtype=np.int64)
        return CutRows(
            kept=np.array(kept, dtype=np.int64),
            starts=np.cumsum([0, *(len(columns) for columns, _, _ in found)], dtype=np.int64),
            index=np.concatenate([none, *(columns for columns, _, _ in found)]),
            value=np.concatenate([none.astype(np.float64), *(values for _, values, _ in found)]),
            lower=np.array([lower for _, _, lower in found], dtype=np.float64),
        )

    def _row(self, cut: Cut) -> tuple[Places, Floats, float]:
        one = whole_cut(self._rows, cut)
        if not isinstance(one, Derived):
            return one.row()
        terms, lower = one.row()
        columns = np.array([column for column, _ in terms], dtype=np.int64)
        return columns, np.array([value for _, value in terms], dtype=np.float64), lower
