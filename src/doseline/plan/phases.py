"""The order of solving: as many doses as can be, then the least cost. [model O1]"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from doseline.plan.large.large import solved_by_pieces
from doseline.plan.model.matrix import Floats
from doseline.plan.model.tiers import (
    Aim,
    Tier,
    doses_tier,
    fix_hopeless,
    hold,
    hold_by_class,
    let_promises_break,
    weighed,
)
from doseline.plan.model.variables import Problem
from doseline.plan.proof.duals import Duals, Proven, proven
from doseline.plan.solving.arrays import Arrays, arrays_of
from doseline.plan.solving.certifying import cost_proven, weight_proven
from doseline.plan.solving.nearby import least_nearby
from doseline.plan.solving.rounded import broken
from doseline.plan.solving.solve import WHOLE_UNITS, Ended, Limits, Solution, in_units, solve
from doseline.plan.solving.strengthen import strengthened
from doseline.plan.solving.structure import structure_of
from doseline.plan.solving.whole import (
    FEW,
    FIRST,
    Search,
    as_found,
    begun,
    duals_of,
    proven_beside_search,
    proven_with_cuts,
    with_cuts,
)

Progress = Callable[[str], None]
SEARCHED = 150
"""From so many orders on a schedule is searched for before it is proven."""

WITH_CUTS = 30
"""From so many on branch and bound begins with cuts and a schedule that meets what can be met."""

_NONE: Mapping[int, float] = {}


@dataclass(frozen=True)
class Proof:
    """What was found, and how far it is proven. `solution` is in cents.

    `tiers_proven` says whether each tier between the doses and the cost is as small as can be.
    `doses` and `duals` are what a certificate rests on: a bound of the weight of unmet doses, and
    one of the cost in cents at the weight `held`; None where none was asked for or found. `way`
    says in words how it was solved. `by_the_clock` says that the clock ended it; `swayed` that the
    clock had a say in where it began, so another machine may end at another schedule as good.
    """

    solution: Solution
    aim: Aim
    met_proven: bool
    unmet_at_least: float
    by_the_clock: bool
    tiers_proven: bool = True
    doses: Proven | None = None
    duals: Proven | None = None
    held: int | None = None
    promises_break: bool = False
    way: str = "as a whole, one thread"
    swayed: bool = False

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
    certified: bool = False,
    untouched: Sequence[int] = (),
    soon: Proof | None = None,
) -> Proof:
    """The best values of the variables. Promises are broken only where they contradict.

    Between the doses and the cost each of the tiers is made as small as it can be, in their order;
    each is tried first with the columns that are `untouched` at one, near the plan they stand in.
    With `by_pieces` a problem too large to be solved as a whole is solved by pieces.
    `soon` is what was found for the same columns, where an answer is wanted soon: a problem of many
    orders is then searched from there, and bounded by its relaxation with cuts alone.
    Where it is `certified`, both bounds are also proven by duals, in as much time again.
    """
    allowed = limits.seconds if certified else 0.0
    limits = replace(limits, seconds=perf_counter() + limits.seconds)
    fix_hopeless(problem)
    if by_pieces:
        return _by_pieces(problem, limits, say, allowed)
    some = len(problem.sets.orders) >= min(WITH_CUTS, SEARCHED) and not problem.broken
    if some and not tiers and not price_unmet:
        searched_first = _searched_first(problem, limits, say, allowed, soon)
        if searched_first is not None:
            return searched_first

    def run() -> Proof:
        if price_unmet:
            return _priced(problem, limits, allowed)
        return _doses_first(problem, limits, say, tiers, allowed, untouched)

    found = run()
    if found.solution.ended is Ended.INFEASIBLE and problem.broken:
        say("promises contradict each other: as few as can be are broken")
        let_promises_break(problem)
        found = replace(run(), promises_break=True)
    return found


def can_be(problem: Problem, limits: Limits) -> bool:
    """Whether anything satisfies the rows, whatever it costs."""
    matrix = replace(problem.matrix, cost=[0.0] * problem.matrix.columns)
    return solve(matrix, limits).values.size > 0


def _priced(problem: Problem, limits: Limits, certify: float) -> Proof:
    solution = _least_cost(problem, limits, None)
    clock = solution.ended is Ended.BY_THE_CLOCK
    duals = cost_proven(problem, certify) if certify else None
    return Proof(solution, Aim.PRICED, False, 0.0, clock, duals=duals)


def _doses_first(
    problem: Problem,
    limits: Limits,
    say: Progress,
    tiers: Sequence[Tier],
    certify: float,
    untouched: Sequence[int],
) -> Proof:
    doses = doses_tier(problem)
    moves = tiers[-1].weights if tiers else {}
    first = _least_weight(problem, doses.weights, limits, None, moves, untouched)
    if first.values.size == 0:
        clock = first.ended is Ended.BY_THE_CLOCK
        return Proof(first, Aim.DOSES_FIRST, False, 0.0, clock)
    say(f"doses: unmet weight {first.objective:.0f}, bound {first.bound:.0f}")
    held = round(first.objective)
    weight = weighed(problem, doses.weights)
    proof = weight_proven(weight, held, certify) if certify else None
    hold(problem, doses, held)
    if tiers and first.ended is Ended.OPTIMAL and not problem.broken:
        hold_by_class(problem, doses, held)
    best, ended = first, [first.ended]
    for tier in tiers:
        untouched = [c for c in untouched if best.values[c] > 0.5]
        best = _smallest(problem, tier, limits, best, moves, untouched)
        ended.append(best.ended)
        say(f"{tier.name}: {tier.of(best.values)}")
        hold(problem, tier, tier.of(best.values))
    untouched = [c for c in untouched if best.values[c] > 0.5]
    second = _least_cost(problem, limits, best.values, untouched)
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
        doses=proof,
        duals=cost_proven(problem, certify) if certify else None,
        held=held,
    )


def _smallest(
    problem: Problem,
    tier: Tier,
    limits: Limits,
    before: Solution,
    moves: Mapping[int, float],
    untouched: Sequence[int],
) -> Solution:
    """A tier as small as it can be, from what was found before; nothing is smaller than none."""
    if tier.of(before.values) == 0:
        return replace(before, ended=Ended.OPTIMAL)
    found = _least_weight(problem, tier.weights, limits, before.values, moves, untouched)
    return found if found.values.size else replace(found, values=before.values)


def _least_weight(
    problem: Problem,
    weights: Mapping[int, float],
    limits: Limits,
    start: Floats | None = None,
    moves: Mapping[int, float] = _NONE,
    untouched: Sequence[int] = (),
) -> Solution:
    """A phase before the cost: a weight (of unmet doses, say), as low as it can be.

    With columns that are `untouched` it is looked for near a plan that stands.
    """
    matrix = weighed(problem, weights)

    def left() -> Limits:
        return replace(limits, gap=0.0, seconds=(limits.seconds - perf_counter()) / 2)

    if untouched:
        near = least_nearby(arrays_of(matrix), weights, moves, untouched, left, start)
        if near.solution.values.size:
            for column, value in near.settled.items():
                problem.matrix.fix(column, value)
            return near.solution
    return solve(matrix, left(), start)


def _searched_first(
    problem: Problem, limits: Limits, say: Progress, certify: float, soon: Proof | None
) -> Proof | None:
    """A schedule by search, then the proof: of the doses if any may be met yet, and of the cost.

    With few orders branch and bound finds the best schedule sooner than a search: to begin with
    any will do that meets what can be met. None where the clock leaves no time for a relaxation, or
    nothing satisfies it.
    """
    arrays, rows = arrays_of(in_units(problem.matrix)), problem.matrix.rows
    now = perf_counter()
    strong = strengthened(problem, arrays, now + (limits.seconds - now) / 4, say)
    if strong is None:
        return None
    orders, doses = problem.sets.orders, doses_tier(problem)
    many = len(orders) >= SEARCHED
    soon = soon if many else None
    days = np.array([o.wanted_on.toordinal() for o in orders], dtype=np.int64) if many else None
    begin = None if soon is None else soon.solution.values
    weight = weighed(problem, doses.weights)
    bound = float(np.dot(weight.cost, weight.lower))
    bound = bound if soon is None else max(bound, soon.unmet_at_least)
    search = begun(strong, arrays, structure_of(problem), limits, days, begin)
    if many:
        search.go_on(limits.seconds)
    else:
        search.go_on(limits.seconds, FIRST, lambda: doses.of(search.values) <= bound)
    met = _most_met(problem, arrays, search, limits, doses, bound, soon is not None)
    if met is None:
        return None
    start, reached, bound, clock = met.start, met.reached, met.bound, met.clock
    if start is not search.values:
        search.neighbours.begin_with(start)
        if many:
            search.go_on(limits.seconds, FEW)
            start, clock = search.values, clock or search.by_the_clock
    say(f"doses: unmet weight {reached}, bound {bound:.0f}")
    proof = weight_proven(weight, reached, certify) if certify else None
    hold(problem, doses, reached)
    cut = with_cuts(arrays_of(in_units(problem.matrix)), strong, rows)
    if soon is not None:
        found = as_found(cut, search, start)
    elif many:
        found = proven_beside_search(cut, search, start, limits, say)
    else:
        found = proven_with_cuts(cut, search, start, limits, say)
    until = perf_counter() + certify
    duals, least = (
        duals_of(cut, strong, problem.matrix.rows, until)
        if certify
        else (None, strong.root.objective)
    )
    found = replace(found, bound=max(found.bound, least))
    if found.ended is Ended.STOPPED and found.objective - found.bound <= limits.gap * abs(
        found.objective
    ):
        found = replace(found, ended=Ended.OPTIMAL)
    return Proof(
        solution=_in_cents(found),
        aim=Aim.DOSES_FIRST,
        met_proven=bound > reached - 0.5,
        unmet_at_least=bound,
        by_the_clock=found.ended is Ended.BY_THE_CLOCK,
        swayed=clock or (not many and search.by_the_clock),
        doses=proof,
        duals=proven(problem.matrix, duals) if duals is not None else None,
        held=reached,
        way="searched for first, two threads" if many else "as a whole with cuts, one thread",
    )


@dataclass(frozen=True, slots=True)
class _Met:
    """Values, the weight unmet there, what it is at least, and whether the clock had a say."""

    start: Floats
    reached: int
    bound: float
    clock: bool


def _most_met(
    problem: Problem,
    arrays: Arrays,
    search: Search,
    limits: Limits,
    doses: Tier,
    bound: float,
    as_it_is: bool,
) -> _Met | None:
    """What a search has found, or branch and bound where more may be met and it is not taken so.

    None where nothing was found that satisfies the rows.
    """
    start, clock = search.values, search.by_the_clock
    reached = doses.of(start)
    sound = not broken(arrays, start, arrays.sums(start)).any()
    if sound and (as_it_is or reached <= bound + 0.5):
        return _Met(start, reached, bound, clock)
    first = _least_weight(problem, doses.weights, limits, start if sound else None)
    clock |= first.ended is Ended.BY_THE_CLOCK
    bound = max(bound, first.bound)
    if first.values.size and (not sound or doses.of(first.values) < reached):
        return _Met(first.values, doses.of(first.values), bound, clock)
    return _Met(start, reached, bound, clock) if sound else None


def _by_pieces(problem: Problem, limits: Limits, say: Progress, certify: float) -> Proof:
    """Doses and cost at once, each dose dearer than any saving. [model O1-O7]"""
    found, least, given = solved_by_pieces(
        problem, arrays_of(in_units(problem.matrix)), limits, say
    )
    clock = found.ended is Ended.BY_THE_CLOCK
    if not found.values.size:
        return Proof(found, Aim.DOSES_FIRST, False, 0.0, clock)
    doses = doses_tier(problem)
    held = doses.of(found.values)
    weight = weight_proven(weighed(problem, doses.weights), held, certify) if certify else None
    hold(problem, doses, held)
    duals = np.zeros(problem.matrix.rows)
    duals[: given.rows.size] = given.rows / WHOLE_UNITS
    of_cuts = None if given.cut_duals is None else given.cut_duals / WHOLE_UNITS
    return Proof(
        solution=_in_cents(found),
        aim=Aim.DOSES_FIRST,
        met_proven=held <= least + 0.5,
        unmet_at_least=least,
        by_the_clock=clock,
        doses=weight,
        duals=proven(problem.matrix, Duals(duals, given.cuts, of_cuts)) if certify else None,
        held=held,
        way="by pieces, two threads",
    )


def _least_cost(
    problem: Problem, limits: Limits, start: Floats | None, untouched: Sequence[int] = ()
) -> Solution:
    """The second phase: the cost, as low as it can be. [model O2-O7]

    A start that was found for doses or moves alone may make batches for nobody; with the columns
    that are `untouched` at one it becomes a good one at once.
    """
    matrix = in_units(problem.matrix)
    if untouched:
        lower = list(matrix.lower)
        for column in untouched:
            lower[column] = 1.0
        near = solve(replace(matrix, lower=lower), _left(limits), start)
        start = near.values if near.values.size else start
    return _in_cents(solve(matrix, _left(limits), start))


def _left(limits: Limits) -> Limits:
    return replace(limits, seconds=limits.seconds - perf_counter())


def _in_cents(found: Solution) -> Solution:
    cents = found.objective / WHOLE_UNITS, found.bound / WHOLE_UNITS
    return replace(found, objective=cents[0], bound=cents[1])
