"""The bounds of the two phases, proven by the duals of their relaxations."""

from __future__ import annotations

import numpy as np

from doseline.plan.duals import Duals, Proven, proven
from doseline.plan.lp_duals import lp_duals
from doseline.plan.matrix import Matrix


def weight_proven(matrix: Matrix, reached: int, seconds: float) -> Proven:
    """A bound of the weight of unmet doses. Where every order with a choice is met, none is needed
    beyond the weight of those without.
    """
    plain = proven(matrix, Duals(np.zeros(matrix.rows)))
    if plain.bound >= reached:
        return plain
    found = lp_duals(matrix, seconds)
    better = plain if found is None else proven(matrix, found)
    return max(plain, better, key=lambda p: p.bound)


def cost_proven(matrix: Matrix, seconds: float) -> Proven | None:
    """A bound of the cost; None where the clock stopped the relaxation too early."""
    found = lp_duals(matrix, seconds)
    return None if found is None else proven(matrix, found)
