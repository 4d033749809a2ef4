"""The order of solving: as many doses as can be, then the least cost. [model O1]"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from time import perf_counter

from doseline.plan.matrix import Floats, Limit
from doseline.plan.objective import doses_unmet, unmet_cents
from doseline.plan.solve import Ended, Limits, Solution, solve
from doseline.plan.variables import Problem

Progress = Callable[[str], None]
_WHOLE_UNITS = 0.01
"""The solver works in whole units of the currency: its tolerances suit that size."""


class Aim(StrEnum):
    """What was solved for."""

    DOSES_FIRST = "doses, then cost"
    PRICED = "cost, doses priced"


@dataclass(frozen=True)
class Proof:
    """What was found, and how far it is proven. `solution` is in cents."""

    solution: Solution
    aim: Aim
    met_proven: bool
    unmet_at_least: float
    by_the_clock: bool

    @property
    def optimal(self) -> bool:
        """Whether nothing better can be, within the gap."""
        met = self.met_proven or self.aim is Aim.PRICED
        return met and self.solution.ended is Ended.OPTIMAL and not self.by_the_clock


def prove(problem: Problem, limits: Limits, price_unmet: bool, say: Progress) -> Proof:
    """The best values of the variables. Promises are broken only where they contradict."""
    limits = replace(limits, seconds=perf_counter() + limits.seconds)
    for i, column in enumerate(problem.unmet):
        if not problem.sets.of_order[i]:
            problem.matrix.fix(column, 1.0)
    run = _priced if price_unmet else _doses_first
    found = run(problem, limits, say)
    if found.solution.ended is Ended.INFEASIBLE and problem.broken:
        say("promises contradict each other: as few as can be are broken")
        for column in problem.broken:
            problem.matrix.upper[column] = 1.0
            problem.matrix.cost[column] = _dearer_than_any(problem)
        found = run(problem, limits, say)
    return found


def can_be(problem: Problem, limits: Limits) -> bool:
    """Whether anything satisfies the rows, whatever it costs."""
    matrix = replace(problem.matrix, cost=[0.0] * problem.matrix.columns)
    return solve(matrix, limits).values.size > 0


def _dearer_than_any(problem: Problem) -> float:
    sets = problem.sets
    return 1.0 + sum(unmet_cents(sets.programme, o.protocol, o.started) for o in sets.orders)


def _priced(problem: Problem, limits: Limits, _say: Progress) -> Proof:
    solution = _least_cost(problem, limits, None)
    clock = solution.ended is Ended.BY_THE_CLOCK
    return Proof(solution, Aim.PRICED, False, 0.0, clock)


def _doses_first(problem: Problem, limits: Limits, say: Progress) -> Proof:
    weights = doses_unmet(problem)
    heaviest = max(weights.values(), default=1.0)
    for column in problem.broken:
        weights[column] = 3.0 * heaviest
    first = _most_doses(problem, weights, limits)
    if first.values.size == 0:
        clock = first.ended is Ended.BY_THE_CLOCK
        return Proof(first, Aim.DOSES_FIRST, False, 0.0, clock)
    say(f"doses: unmet weight {first.objective:.0f}, bound {first.bound:.0f}")
    _hold_doses(problem, weights, round(first.objective))
    second = _least_cost(problem, limits, first.values)
    if second.values.size == 0:
        second = replace(second, values=first.values)
    clock = Ended.BY_THE_CLOCK in (first.ended, second.ended)
    proven = first.ended is Ended.OPTIMAL
    return Proof(second, Aim.DOSES_FIRST, proven, first.bound, clock)


def _most_doses(problem: Problem, weights: dict[int, float], limits: Limits) -> Solution:
    """The first phase: the weight of unmet doses, as low as it can be."""
    cost = [weights.get(c, 0.0) for c in range(problem.matrix.columns)]
    matrix = replace(problem.matrix, cost=cost, constant=0.0)
    left = (limits.seconds - perf_counter()) / 2
    return solve(matrix, replace(limits, gap=0.0, seconds=left))


def _hold_doses(problem: Problem, weights: dict[int, float], unmet: int) -> None:
    """The second phase meets no fewer doses than the first, and breaks no more promises."""
    matrix = problem.matrix
    free = [c for c in weights if matrix.lower[c] != matrix.upper[c]]
    lost = sum(weights[c] * matrix.lower[c] for c in weights if c not in set(free))
    if unmet - lost < 0.5:
        for column in free:
            matrix.fix(column, 0.0)
        return
    terms = [(c, weights[c]) for c in free]
    matrix.row(Limit("doses met", ""), terms, upper=unmet - lost + 0.25)


def _least_cost(problem: Problem, limits: Limits, start: Floats | None) -> Solution:
    """The second phase: the cost, as low as it can be. [model O2-O7]"""
    matrix, unit = problem.matrix, _WHOLE_UNITS
    scaled = replace(matrix, cost=[c * unit for c in matrix.cost], constant=matrix.constant * unit)
    found = solve(scaled, replace(limits, seconds=limits.seconds - perf_counter()), start)
    return replace(found, objective=found.objective / unit, bound=found.bound / unit)
