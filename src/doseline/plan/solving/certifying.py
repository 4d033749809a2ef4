"""The bounds of the two phases, proven by the duals of their relaxations."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np

from doseline.plan.model.matrix import Matrix
from doseline.plan.model.variables import Problem
from doseline.plan.proof.duals import Duals, Proven, proven
from doseline.plan.solving.arrays import arrays_of
from doseline.plan.solving.lp_duals import lp_duals
from doseline.plan.solving.solve import WHOLE_UNITS
from doseline.plan.solving.strengthen import strengthened


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


def cost_proven(problem: Problem, seconds: float) -> Proven | None:
    """A bound of the cost; None where the clock stopped the relaxation too early.

    The relaxation has cuts as long as they lift it; each is kept with its derivation.
    """
    matrix, until = problem.matrix, perf_counter() + seconds
    arrays = arrays_of(matrix)
    scaled = replace(arrays, cost=WHOLE_UNITS * arrays.cost, constant=WHOLE_UNITS * arrays.constant)
    strong = strengthened(problem, scaled, until, lambda _: None)
    if strong is None:
        return None
    duals = strong.root.row_duals / WHOLE_UNITS
    of_cuts = np.maximum(duals[matrix.rows :], 0.0)
    return proven(matrix, Duals(duals[: matrix.rows], strong.cuts, of_cuts))
