"""The order of solving: as many doses as can be, then the least cost. [model O1]"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from time import perf_counter

from doseline.plan.arrays import arrays_of
from doseline.plan.large import solved_by_pieces
from doseline.plan.matrix import Floats, Limit, Matrix
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
class Tier:
    """What is made as small as it can be after the doses and before the cost.

    `weights` are whole numbers, by columns that are 0 or 1.
    """

    name: str
    weights: Mapping[int, float]

    def of(self, values: Floats) -> int:
        """The sum over the columns that are 1."""
        return round(sum(w for c, w in self.weights.items() if values[c] > 0.5))


@dataclass(frozen=True)
class Proof:
    """What was found, and how far it is proven. `solution` is in cents.

    `tiers_proven` says whether each tier between the doses and the cost is as small as can be.
    """

    solution: Solution
    aim: Aim
    met_proven: bool
    unmet_at_least: float
    by_the_clock: bool
    tiers_proven: bool = True

    @property
    def optimal(self) -> bool:
        """Whether nothing better can be, within the gap."""
        met = self.met_proven or self.aim is Aim.PRICED
        proven = met and self.tiers_proven
        return proven and self.solution.ended is Ended.OPTIMAL and not self.by_the_clock


def prove(
    problem: Problem,
    limits: Limits,
    price_unmet: bool,
    say: Progress,
    tiers: Sequence[Tier] = (),
    by_pieces: bool = False,
) -> Proof:
    """The best values of the variables. Promises are broken only where they contradict.

    Between the doses and the cost each of the tiers is made as small as it can be, in their order.
    With `by_pieces` a problem too large to be solved as a whole is solved by pieces.
    """
    limits = replace(limits, seconds=perf_counter() + limits.seconds)
    for i, column in enumerate(problem.unmet):
        if not problem.sets.of_order[i]:
            problem.matrix.fix(column, 1.0)
    if by_pieces:
        return _by_pieces(problem, limits, say)

    def run() -> Proof:
        if price_unmet:
            return _priced(problem, limits)
        return _doses_first(problem, limits, say, tiers)

    found = run()
    if found.solution.ended is Ended.INFEASIBLE and problem.broken:
        say("promises contradict each other: as few as can be are broken")
        for column in problem.broken:
            problem.matrix.upper[column] = 1.0
            problem.matrix.cost[column] = _dearer_than_any(problem)
        found = run()
    return found


def can_be(problem: Problem, limits: Limits) -> bool:
    """Whether anything satisfies the rows, whatever it costs."""
    matrix = replace(problem.matrix, cost=[0.0] * problem.matrix.columns)
    return solve(matrix, limits).values.size > 0


def _dearer_than_any(problem: Problem) -> float:
    sets = problem.sets
    return 1.0 + sum(unmet_cents(sets.programme, o.protocol, o.started) for o in sets.orders)


def _priced(problem: Problem, limits: Limits) -> Proof:
    solution = _least_cost(problem, limits, None)
    clock = solution.ended is Ended.BY_THE_CLOCK
    return Proof(solution, Aim.PRICED, False, 0.0, clock)


def _doses_first(problem: Problem, limits: Limits, say: Progress, tiers: Sequence[Tier]) -> Proof:
    weights = doses_unmet(problem)
    heaviest = max(weights.values(), default=1.0)
    for column in problem.broken:
        weights[column] = 3.0 * heaviest
    first = _least_weight(problem, weights, limits)
    if first.values.size == 0:
        clock = first.ended is Ended.BY_THE_CLOCK
        return Proof(first, Aim.DOSES_FIRST, False, 0.0, clock)
    say(f"doses: unmet weight {first.objective:.0f}, bound {first.bound:.0f}")
    _hold(problem, Tier("doses met", weights), round(first.objective))
    best, ended = first, [first.ended]
    for tier in tiers:
        best = _smallest(problem, tier, limits, best)
        ended.append(best.ended)
        say(f"{tier.name}: {tier.of(best.values)}")
        _hold(problem, tier, tier.of(best.values))
    second = _least_cost(problem, limits, best.values)
    if second.values.size == 0:
        second = replace(second, values=best.values)
    clock = Ended.BY_THE_CLOCK in (*ended, second.ended)
    return Proof(
        solution=second,
        aim=Aim.DOSES_FIRST,
        met_proven=first.ended is Ended.OPTIMAL,
        unmet_at_least=first.bound,
        by_the_clock=clock,
        tiers_proven=all(e is Ended.OPTIMAL for e in ended[1:]),
    )


def _smallest(problem: Problem, tier: Tier, limits: Limits, before: Solution) -> Solution:
    """A tier as small as it can be, from what was found before; nothing is smaller than none."""
    if tier.of(before.values) == 0:
        return replace(before, ended=Ended.OPTIMAL)
    found = _least_weight(problem, tier.weights, limits, before.values)
    return found if found.values.size else replace(found, values=before.values)


def _least_weight(
    problem: Problem, weights: Mapping[int, float], limits: Limits, start: Floats | None = None
) -> Solution:
    """A phase before the cost: a weight (of unmet doses, say), as low as it can be."""
    cost = [weights.get(c, 0.0) for c in range(problem.matrix.columns)]
    matrix = replace(problem.matrix, cost=cost, constant=0.0)
    left = (limits.seconds - perf_counter()) / 2
    return solve(matrix, replace(limits, gap=0.0, seconds=left), start)


def _by_pieces(problem: Problem, limits: Limits, say: Progress) -> Proof:
    """Doses and cost at once, each dose dearer than any saving. [model O1-O7]"""
    arrays = arrays_of(_in_units(problem.matrix))
    found, least = solved_by_pieces(problem, arrays, limits, say)
    weights = doses_unmet(problem)
    unmet = sum(w for c, w in weights.items() if found.values.size and found.values[c] > 0.5)
    return Proof(
        solution=_in_cents(found),
        aim=Aim.DOSES_FIRST,
        met_proven=bool(found.values.size) and unmet <= least + 0.5,
        unmet_at_least=least,
        by_the_clock=found.ended is Ended.BY_THE_CLOCK,
    )


def _hold(problem: Problem, tier: Tier, most: int) -> None:
    """What comes later weighs no more: the same doses met, no more promises broken."""
    matrix, weights = problem.matrix, tier.weights
    free = [c for c in weights if matrix.lower[c] != matrix.upper[c]]
    fixed = weights.keys() - set(free)
    lost = sum(weights[c] * matrix.lower[c] for c in fixed)
    if most - lost < 0.5:
        for column in free:
            matrix.fix(column, 0.0)
        return
    terms = [(c, weights[c]) for c in free]
    matrix.row(Limit(tier.name, ""), terms, upper=most - lost + 0.25)


def _least_cost(problem: Problem, limits: Limits, start: Floats | None) -> Solution:
    """The second phase: the cost, as low as it can be. [model O2-O7]"""
    left = limits.seconds - perf_counter()
    return _in_cents(solve(_in_units(problem.matrix), replace(limits, seconds=left), start))


def _in_units(matrix: Matrix) -> Matrix:
    cost = [c * _WHOLE_UNITS for c in matrix.cost]
    return replace(matrix, cost=cost, constant=matrix.constant * _WHOLE_UNITS)


def _in_cents(found: Solution) -> Solution:
    cents = found.objective / _WHOLE_UNITS, found.bound / _WHOLE_UNITS
    return replace(found, objective=cents[0], bound=cents[1])
