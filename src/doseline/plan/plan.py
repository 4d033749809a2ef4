"""The schedule for given orders: as many doses as can be met, then at the least cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from time import perf_counter

import numpy as np

from doseline.operations.check import Breach, breaches
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule, Unmet
from doseline.operations.standing import Standing
from doseline.plan.candidates import gather
from doseline.plan.capacity import SHARING
from doseline.plan.constraints import SERVING
from doseline.plan.costs import Breakdown, count
from doseline.plan.explain import Shifted, why_shifted, why_unmet
from doseline.plan.extract import extract
from doseline.plan.matrix import Floats, Limit
from doseline.plan.objective import COSTS, doses_unmet
from doseline.plan.pins import Pin, pinned, promises_kept
from doseline.plan.sets import Sets
from doseline.plan.solve import Ended, Limits, Solution, solve, version
from doseline.plan.variables import Problem, declare
from doseline.programme import Programme

Progress = Callable[[str], None]
_DOLLARS = 0.01
"""The solver works in whole units of the currency: its tolerances suit that size."""


class Status(StrEnum):
    """How far a plan is proven."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    TIME_LIMIT = "time_limit"


@dataclass(frozen=True)
class Plan:
    """A schedule, what it costs and how far that is proven. Costs in cents.

    `conflicts` says, for an infeasible plan, which pins cannot be. `met_bound` is the most doses
    that any schedule can meet, as far as it is proven.
    """

    schedule: Schedule
    status: Status
    objective_cents: int
    bound_cents: int
    gap: float
    costs: Breakdown
    orders: int
    met: int
    met_bound: int
    shifted: tuple[Shifted, ...]
    unmet: tuple[Unmet, ...]
    breaches: tuple[Breach, ...]
    method: str
    reproducible: bool
    seconds: float
    conflicts: tuple[str, ...] = ()


def plan(
    programme: Programme,
    orders: Sequence[DoseOrder],
    *,
    from_on: date,
    until_on: date,
    standing: Standing | None = None,
    pins: Sequence[Pin] = (),
    limits: Limits = Limits(),  # noqa: B008
    price_unmet: bool = False,
    progress: Progress | None = None,
) -> Plan:
    """The schedule for the orders wanted between two days, under every limit of a programme.

    The programme stands under a design. As many doses as can be are met, those of started courses
    before others where the policy says so; then the cost is as low as it can be. With
    `price_unmet` a dose goes unmet where that is cheaper. A plan that cannot be is an answer
    (`Status.INFEASIBLE`, from pins only); raises SolverError where the solver fails.
    """
    began = perf_counter()
    say = progress or (lambda _: None)
    sets = gather(programme, orders, from_on, until_on, standing)
    say(f"{len(sets.orders)} orders, {len(sets.places)} slots, {len(sets.choices)} choices")
    problem = declare(sets)
    for rule in (*SERVING, *SHARING):
        rule(problem)
    impossible = pinned(problem, pins)
    promises_kept(problem, standing)
    for term in COSTS:
        term(problem)
    proof = _solved(problem, limits, price_unmet, began, say)
    if impossible or proof.solution.ended is Ended.INFEASIBLE:
        return _infeasible(sets, problem, tuple(impossible), pins, began)
    return _answered(problem, proof, standing, began)


# -- solving -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Proof:
    solution: Solution
    met_proven: bool
    unmet_at_least: float
    by_the_clock: bool
    phases: str


def _solved(
    problem: Problem, limits: Limits, price_unmet: bool, began: float, say: Progress
) -> _Proof:
    weights = doses_unmet(problem)
    for i, column in enumerate(problem.unmet):
        if not problem.sets.of_order[i]:
            problem.matrix.fix(column, 1.0)
    if price_unmet:
        solution = _least_cost(problem, limits, began, None)
        return _Proof(
            solution, True, 0.0, solution.ended is Ended.BY_THE_CLOCK, "cost with doses priced"
        )
    first = _most_doses(problem, weights, limits, began)
    if first.values.size == 0:
        return _Proof(first, False, 0.0, first.ended is Ended.BY_THE_CLOCK, "doses, then cost")
    say(f"doses: unmet weight {first.objective:.0f}, bound {first.bound:.0f}")
    _hold_doses(problem, weights, round(first.objective))
    second = _least_cost(problem, limits, began, first.values)
    if second.values.size == 0:
        second = replace(second, values=first.values)
    clock = Ended.BY_THE_CLOCK in (first.ended, second.ended)
    proven = first.ended is Ended.OPTIMAL
    return _Proof(second, proven, first.bound, clock, "doses, then cost")


def _most_doses(
    problem: Problem, weights: dict[int, float], limits: Limits, began: float
) -> Solution:
    """The first phase: the weight of unmet doses, as low as it can be. [model O1]"""
    cost = [weights.get(c, 0.0) for c in range(problem.matrix.columns)]
    matrix = replace(problem.matrix, cost=cost, constant=0.0)
    left = (limits.seconds - (perf_counter() - began)) / 2
    return solve(matrix, replace(limits, gap=0.0, seconds=left))


def _hold_doses(problem: Problem, weights: dict[int, float], unmet: int) -> None:
    """The second phase meets no fewer doses than the first."""
    free = [c for i, c in enumerate(problem.unmet) if problem.sets.of_order[i]]
    lost = sum(weights[c] for i, c in enumerate(problem.unmet) if not problem.sets.of_order[i])
    if unmet - lost < 0.5:
        for column in free:
            problem.matrix.fix(column, 0.0)
        return
    terms = [(c, weights[c]) for c in free]
    problem.matrix.row(Limit("doses met", ""), terms, upper=unmet - lost + 0.25)


def _least_cost(problem: Problem, limits: Limits, began: float, start: Floats | None) -> Solution:
    """The second phase: the cost, as low as it can be. [model O2-O7]"""
    matrix = problem.matrix
    scaled = replace(
        matrix, cost=[c * _DOLLARS for c in matrix.cost], constant=matrix.constant * _DOLLARS
    )
    left = limits.seconds - (perf_counter() - began)
    found = solve(scaled, replace(limits, seconds=left), start)
    return replace(found, objective=found.objective / _DOLLARS, bound=found.bound / _DOLLARS)


# -- the answer ----------------------------------------------------------------------------


def _answered(
    problem: Problem,
    proof: _Proof,
    standing: Standing | None,
    began: float,
) -> Plan:
    sets, solution = problem.sets, proof.solution
    found = solution.values.size > 0
    values = solution.values if found else _nothing(problem)
    schedule = extract(problem, values)
    unmet = why_unmet(problem, values, schedule, proof.met_proven)
    schedule = replace(schedule, unmet=unmet)
    costs = count(sets, schedule)
    objective = costs.total_cents
    bound = min(objective, max(0, round(solution.bound))) if np.isfinite(solution.bound) else 0
    asked = (*sets.orders, *sets.sent_orders)
    served = schedule.allocation
    return Plan(
        schedule=schedule,
        status=_status(proof, found),
        objective_cents=objective,
        bound_cents=bound,
        gap=(objective - bound) / objective if objective else 0.0,
        costs=costs,
        orders=len(asked),
        met=sum(1 for o in asked if o.id in served),
        met_bound=_met_bound(problem, proof, len(asked)),
        shifted=why_shifted(problem, values, schedule),
        unmet=unmet,
        breaches=tuple(breaches(sets.programme, schedule, asked, standing=standing)),
        method=_method(problem, proof),
        reproducible=not proof.by_the_clock,
        seconds=perf_counter() - began,
    )


def _nothing(problem: Problem) -> Floats:
    """No batch but the locked ones: what is left where the clock stopped the solver at once."""
    return np.zeros(problem.matrix.columns)


def _status(proof: _Proof, found: bool) -> Status:
    if proof.by_the_clock or not found:
        return Status.TIME_LIMIT
    done = proof.met_proven and proof.solution.ended is Ended.OPTIMAL
    return Status.OPTIMAL if done else Status.FEASIBLE


def _met_bound(problem: Problem, proof: _Proof, asked: int) -> int:
    """The most doses that any schedule can meet: those that have a choice at all, or fewer.

    A weight of unmet doses bounds their number by its share of the heaviest.
    """
    without = sum(1 for rows in problem.sets.of_order.values() if not rows)
    heaviest = max(doses_unmet(problem).values(), default=1.0)
    return asked - max(without, int(np.ceil(proof.unmet_at_least / heaviest - 1e-6)))


def _method(problem: Problem, proof: _Proof) -> str:
    matrix, sets = problem.matrix, problem.sets
    return (
        f"mixed-integer programme ({proof.phases}) by HiGHS {version()}, one thread: "
        f"{len(sets.orders)} orders, {len(sets.places)} slots, {len(sets.choices)} choices, "
        f"{matrix.columns} columns, {matrix.rows} rows, {proof.solution.nodes} nodes"
    )


def _infeasible(
    sets: Sets, problem: Problem, impossible: tuple[str, ...], pins: Sequence[Pin], began: float
) -> Plan:
    conflicts = impossible or tuple(f"{pin}: cannot be together with the others" for pin in pins)
    unmet = tuple(Unmet(o.id, "the pins contradict each other or a limit") for o in sets.orders)
    schedule = Schedule(design=sets.programme.design, unmet=unmet)
    return Plan(
        schedule=schedule,
        status=Status.INFEASIBLE,
        objective_cents=0,
        bound_cents=0,
        gap=0.0,
        costs=Breakdown(),
        orders=len(sets.orders) + len(sets.sent_orders),
        met=0,
        met_bound=0,
        shifted=(),
        unmet=unmet,
        breaches=(),
        method=_method(
            problem, _Proof(solve_nothing(), False, 0.0, False, "pins cannot be satisfied")
        ),
        reproducible=True,
        seconds=perf_counter() - began,
        conflicts=conflicts,
    )


def solve_nothing() -> Solution:
    """What stands for a solution where there is none."""
    empty = np.empty(0)
    return Solution(Ended.INFEASIBLE, empty, float("inf"), float("inf"), empty, 0)
