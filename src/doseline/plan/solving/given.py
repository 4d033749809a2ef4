"""The values of the variables that a schedule stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from doseline.operations.schedule import Schedule
from doseline.plan.model.matrix import Floats
from doseline.plan.model.variables import Problem
from doseline.plan.solving.solve import Limits, solve

_LIMITS = Limits(gap=0.0, seconds=20.0)


def values_of(problem: Problem, schedule: Schedule) -> Floats:
    """The values at which a problem has the doses and batches of a schedule; empty if it cannot.

    Whatever else follows from them (lots, packages, fees) is as cheap as it can be.
    """
    sets = problem.sets
    matrix = replace(
        problem.matrix, lower=list(problem.matrix.lower), upper=list(problem.matrix.upper)
    )
    chosen = _chosen(problem, schedule)
    for r, column in enumerate(problem.serve):
        matrix.fix(column, float(chosen.get(sets.choices[r].order) == r))
    for i, column in enumerate(problem.unmet):
        matrix.fix(column, float(i not in chosen))
    slots = {batch.slot for batch in schedule.batches}
    for s, place in enumerate(sets.places):
        made = [slot.id in slots for slot in place.slots]
        if matrix.lower[problem.made[s]] < matrix.upper[problem.made[s]]:
            matrix.fix(problem.made[s], float(sum(made)))
        for k in range(place.count) if (s, 0) in problem.stands else ():
            matrix.fix(problem.stands[s, k], float(made[k]))
    return solve(matrix, _LIMITS).values


def _chosen(problem: Problem, schedule: Schedule) -> Mapping[int, int]:
    """The choice of each order that is served: same place, same day, same lane if it is one."""
    sets, found = problem.sets, dict[int, int]()
    clock, programme = sets.programme.clock, sets.programme
    for dose in schedule.allocations:
        i = sets.order_of_id.get(dose.order)
        if i is None:
            continue
        on = clock.day(dose.use_at, programme.site[sets.orders[i].site].zone)
        s = sets.place_of_slot[schedule.batch[dose.batch].slot]
        lane = schedule.shipment[dose.shipment].lane
        mine = [
            r
            for r in sets.of_order[i]
            if sets.choices[r].route.use_on == on and sets.choices[r].place == s
        ]
        if mine:
            found[i] = min(mine, key=lambda r: sets.choices[r].route.journey.lane != lane)
    return found


def padded(values: Floats, columns: int) -> Floats:
    """Values with a zero for each column that came later."""
    return np.concatenate([values, np.zeros(columns - len(values))])
