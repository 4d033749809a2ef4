"""What the rows of a matrix are worth where its columns need not be whole: one linear programme."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from doseline.plan.model.matrix import Matrix
from doseline.plan.proof.duals import Duals
from doseline.plan.solving.solve import Ended, Limits, solve


def lp_duals(matrix: Matrix, seconds: float) -> Duals | None:
    """The duals of the relaxation of a matrix; None where the clock stopped the solver too early.

    A bound holds for any duals, so nothing is lost by what they come from but its height.
    """
    size = max((abs(c) for c in matrix.cost), default=0.0) or 1.0
    unit = min(1.0, 1000.0 / size)
    relaxed = replace(
        matrix,
        whole=[False] * matrix.columns,
        cost=[c * unit for c in matrix.cost],
        constant=matrix.constant * unit,
    )
    found = solve(relaxed, Limits(seconds=seconds))
    if found.row_duals.size != matrix.rows:
        return None
    if found.ended is not Ended.OPTIMAL and not np.any(found.row_duals):
        return None
    return Duals(found.row_duals / unit)
