"""Why an order goes unmet, or is served on another day: the first limit that stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from doseline.operations.schedule import Schedule, Unmet
from doseline.plan.model.matrix import Floats
from doseline.plan.model.variables import Problem
from doseline.plan.reasons.blocked import Beside
from doseline.plan.reasons.roadblocks import no_choice

_CHEAPER = "another day of its window costs less"


@dataclass(frozen=True, slots=True)
class Shifted:
    """An order served on another day of its window, and why not on the day wanted."""

    order: str
    wanted_on: date
    use_on: date
    reason: str


def why_unmet(
    problem: Problem, values: Floats, schedule: Schedule, proven: bool
) -> tuple[Unmet, ...]:
    """Every order that no batch serves, and the limit that stands in the way."""
    sets, served = problem.sets, schedule.allocation
    found = []
    beside = Beside(problem, values)
    for i, order in enumerate(sets.orders):
        if order.id in served:
            continue
        choices = sets.of_order[i]
        if not choices:
            reason = no_choice(sets, order)
        else:
            reason = beside.in_the_way(i, choices) or _left(proven)
        found.append(Unmet(order.id, reason))
    return tuple(found)


def why_shifted(problem: Problem, values: Floats, schedule: Schedule) -> tuple[Shifted, ...]:
    """Every order served on another day than the one wanted, and why."""
    sets, served = problem.sets, schedule.allocation
    found = []
    beside = Beside(problem, values)
    for i, order in enumerate(sets.orders):
        if order.id not in served:
            continue
        zone = sets.programme.site[order.site].zone
        on = sets.programme.clock.day(served[order.id].use_at, zone)
        if on == order.wanted_on:
            continue
        same_day = [r for r in sets.of_order[i] if sets.choices[r].route.use_on == order.wanted_on]
        if not same_day:
            reason = no_choice(sets, order, only=order.wanted_on)
        else:
            reason = beside.in_the_way(i, same_day) or _CHEAPER
        found.append(Shifted(order.id, order.wanted_on, on, reason))
    return tuple(found)


def _left(proven: bool) -> str:
    if proven:
        return "left unmet by choice: its penalty is less than what it would cost"
    return "the solver stopped before it found a place for it"
