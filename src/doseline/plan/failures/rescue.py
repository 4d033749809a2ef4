"""The fewest struck doses that stay without a second chance, which they are, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Allocation, Unmet
from doseline.plan.failures.contingencies import Loss
from doseline.plan.failures.ground import Ground
from doseline.plan.failures.openings import left_of, planned_in
from doseline.plan.failures.recourse import Recourse, recourse, struck_by
from doseline.plan.model.capacity import SHARING
from doseline.plan.model.constraints import SERVING, an_order_needs_its_shipment
from doseline.plan.model.matrix import Floats
from doseline.plan.model.sets import Place, Sets
from doseline.plan.model.variables import Problem, declare
from doseline.plan.reasons.blocked import Beside
from doseline.plan.reasons.roadblocks import no_choice
from doseline.plan.solving.solve import Ended, Limits, solve

RULES = tuple(r for r in (*SERVING, *SHARING) if r is not an_order_needs_its_shipment)
"""Every rule of the model but the one that only counts what freight costs."""


@dataclass(frozen=True, slots=True)
class Rescue:
    """The doses that stay without, each with the reason; whether no fewer can be is `proven`.

    `by_the_clock` says that the clock stopped the solver.
    """

    unsecured: tuple[Unmet, ...]
    proven: bool = True
    by_the_clock: bool = False


def rescue(ground: Ground, loss: Loss, limits: Limits) -> Rescue:
    """What is left of the doses that a contingency strikes, once all that can be is served anew.

    As few as can be stay without; among as few, those of started courses are served first.
    """
    struck = struck_by(ground, loss)
    found = recourse(ground, loss)
    chance = cache(lambda s: _chance(ground, loss, ground.sets.places[s]))
    if found is None:
        return Rescue(tuple(_unmet(ground, loss, dose, chance) for dose in struck))
    problem = declare(found.sets)
    for rule in RULES:
        rule(problem)
    _hold(problem, found)
    _weigh(problem, found)
    solution = solve(problem.matrix, replace(limits, gap=0.0))
    values = solution.values if solution.values.size else _as_before(problem, found)
    unsecured, beside = [], Beside(problem, values)
    for i, dose in enumerate(struck):
        if values[problem.unmet[i]] > 0.5:
            why = _in_the_way(problem, beside, i) if found.sets.of_order[i] else ""
            unsecured.append(Unmet(dose.order, why) if why else _unmet(ground, loss, dose, chance))
    return Rescue(
        tuple(unsecured),
        proven=solution.ended is Ended.OPTIMAL,
        by_the_clock=solution.ended is Ended.BY_THE_CLOCK,
    )


# -- the model -----------------------------------------------------------------------------


def _hold(problem: Problem, found: Recourse) -> None:
    """Holds the model to the schedule: its batches, its doses, the isotope that is ordered.

    Where the schedule goes beyond a limit, the limit is where the schedule stands.
    """
    matrix, sets = problem.matrix, problem.sets
    before = _as_before(problem, found)
    sums = matrix.sums(before)
    for row, total in enumerate(sums):
        matrix.row_upper[row] = max(matrix.row_upper[row], total)
        matrix.row_lower[row] = min(matrix.row_lower[row], total)
    for r in found.held:
        matrix.fix(problem.serve[r], 1.0)
        matrix.fix(problem.unmet[sets.choices[r].order], 0.0)
    for s, batch in found.planned.items():
        matrix.fix(problem.made[s], 1.0)
        for option in sets.places[s].isotope:
            lots = problem.lots[s, option.source]
            most = max(matrix.upper[lots], before[lots])
            matrix.upper[lots] = most
            if s in found.ordered:
                matrix.fix(lots, float(batch.isotope_lots))


def _as_before(problem: Problem, found: Recourse) -> Floats:
    """The variables as the schedule has them, the struck doses unmet."""
    sets = problem.sets
    values = np.zeros(problem.matrix.columns)
    values[problem.unmet[: found.struck]] = 1.0
    for r in found.held:
        values[problem.serve[r]] = 1.0
    for s, place in enumerate(sets.places):
        batch = found.planned.get(s)
        if place.locked is not None or batch is not None:
            values[problem.made[s]] = 1.0
        if batch is not None and batch.source is not None:
            values[problem.fed[s, batch.source]] = 1.0
            values[problem.lots[s, batch.source]] = float(batch.isotope_lots)
    return values


def _weigh(problem: Problem, found: Recourse) -> None:
    """One more dose without weighs more than all started courses among them."""
    for i in range(found.struck):
        started = 1.0 if problem.sets.orders[i].started else 0.0
        problem.matrix.cost[problem.unmet[i]] = found.struck + 1.0 + started


# -- the reasons ---------------------------------------------------------------------------


def _in_the_way(problem: Problem, beside: Beside, i: int) -> str:
    """The limits that the ways still open would break."""
    sets = problem.sets
    told = beside.in_the_way(i, sets.of_order[i])
    if told:
        return told
    names = sorted({sets.places[sets.choices[r].place].slot.id for r in sets.of_order[i]})
    return f"isotope: what is ordered for {', '.join(names)} does not suffice"


_Chance = Callable[[int], tuple[int, str]]


def _unmet(ground: Ground, loss: Loss, dose: Allocation, chance: _Chance) -> Unmet:
    """A dose that no way is open to: the last `chance` that has passed, or why there was none."""
    sets, order = ground.sets, ground.order(dose)
    others = {
        sets.choices[r].place
        for r in sets.of_order[sets.order_of_id[order.id]]
        if sets.places[sets.choices[r].place].slot.id not in loss.closed
    }
    passed = [chance(s) for s in sorted(others)]
    if passed:
        return Unmet(dose.order, max(passed)[1])
    return Unmet(dose.order, _no_other(sets, loss, order))


def _no_other(sets: Sets, loss: Loss, order: DoseOrder) -> str:
    """Why there was no choice beside those that are lost."""
    left = tuple(p for p in sets.places if p.slot.id not in loss.closed)
    return no_choice(replace(sets, places=left), order)


def _chance(ground: Ground, loss: Loss, place: Place) -> tuple[int, str]:
    """Until when a place could have been decided on, and what had to be done by then."""
    slot, programme = place.slot, ground.sets.programme
    freeze = ground.standing.freeze_until_at if ground.standing else None
    if freeze is not None and slot.charge_at < freeze:
        return loss.known_at, f"the schedule is frozen beyond the start of {slot.id}"
    steps = [(slot.charge_at, f"labelling of {slot.id} began on")]
    if planned_in(ground, loss, slot.id) is None:
        comes = left_of(place, loss)
        if place.isotope and not comes:
            return loss.known_at, f"no other isotope comes for {slot.id}"
        if comes:
            lock_at = max(o.lock_at for o in comes)
            steps.append((lock_at, f"isotope for {slot.id} was to be ordered by"))
        if slot.kind == "option":
            steps.append((slot.lock_at, f"{slot.id} was to be called off by"))
    by, what = min(steps)
    local = programme.clock.local(by, programme.manufacturer[slot.manufacturer].zone)
    return by, f"known too late: {what} {local:%a %Y-%m-%d %H:%M}"
