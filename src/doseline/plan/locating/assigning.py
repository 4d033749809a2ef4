"""The cheapest assignment of orders to places, as a small mixed-integer programme."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from doseline.plan.locating.knapsacks import Flags, Whole
from doseline.plan.locating.locations import Structure
from doseline.plan.locating.priced import FREE, OPEN, SHUT
from doseline.plan.model.matrix import Limit, Matrix, Term
from doseline.plan.solving.solve import Ended, Limits, solve


@dataclass(frozen=True, slots=True)
class Assigned:
    """What the small programme found.

    Where `ended` is optimal or infeasible and `assignment` is None, nothing is below the cutoff.
    Where the solver's assignment does not fit, the question stays open: `ended` is stopped.
    """

    assignment: Whole | None
    bound: float
    ended: Ended
    work: int


def assign(
    structure: Structure, allowed: Flags, state: Whole, cutoff: float, limits: Limits
) -> Assigned:
    """The cheapest assignment below a cutoff by the pairs that are allowed, by branch and bound.

    A column of its own stands for every assignment that costs the cutoff or more; so the solver
    begins with it and leaves what cannot be better.
    """
    matrix, columns, escape = _stated(structure, allowed, state, cutoff)
    start = np.zeros(matrix.columns)
    start[escape] = 1.0
    found = solve(matrix, limits, start)
    assignment, ended = None, found.ended
    if found.values.size and found.values[escape] < 0.5:
        assignment = np.full(structure.cost.shape[1], -1)
        for (j, i), column in columns.items():
            if found.values[column] > 0.5:
                assignment[i] = j
        if not structure.fits(assignment):
            assignment, ended = None, Ended.STOPPED
    bound = cutoff if found.ended is Ended.INFEASIBLE else found.bound
    return Assigned(assignment, bound - 1e-7 * abs(bound), ended, found.nodes)


def _stated(
    structure: Structure, allowed: Flags, state: Whole, cutoff: float
) -> tuple[Matrix, dict[tuple[int, int], int], int]:
    matrix = Matrix()
    matrix.constant = float(structure.fixed[state == OPEN].sum())
    escape = matrix.binary(cutoff - matrix.constant)
    made = {int(j): matrix.binary(float(structure.fixed[j])) for j in np.flatnonzero(state == FREE)}
    usable = allowed & (state != SHUT)[:, None]
    columns = {
        (int(j), int(i)): matrix.binary(float(structure.cost[j, i])) for j, i in np.argwhere(usable)
    }
    for i in range(structure.cost.shape[1]):
        terms = [(columns[int(j), i], 1.0) for j in np.flatnonzero(usable[:, i])]
        terms.append((escape, 1.0))
        if math.isfinite(structure.unmet[i]):
            terms.append((matrix.binary(float(structure.unmet[i])), 1.0))
        matrix.row(Limit("order", str(i)), terms, lower=1.0, upper=1.0)
    for j in (int(k) for k in np.flatnonzero(state != SHUT)):
        mine = np.flatnonzero(usable[j])
        loads: list[Term] = [(columns[j, int(i)], float(structure.load[j, i])) for i in mine]
        room = float(structure.room[j])
        if j not in made:
            matrix.row(Limit("room", str(j)), loads, upper=room)
            continue
        matrix.row(Limit("room", str(j)), [*loads, (made[j], -room)], upper=0.0)
        for column, _ in loads:
            terms = [(column, 1.0), (made[j], -1.0)]
            matrix.row(Limit("opened", str(j)), terms, upper=0.0)
    return matrix, columns, escape
