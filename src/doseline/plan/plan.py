"""The schedule for given orders: as many doses as can be met, then at the least cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from time import perf_counter

import numpy as np

from doseline.operations.check import Breach, breaches
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule, Unmet
from doseline.operations.standing import Standing
from doseline.plan.model.candidates import gather
from doseline.plan.model.costs import Breakdown, count
from doseline.plan.model.extract import extract
from doseline.plan.model.model import modelled
from doseline.plan.model.objective import tie_breaks_cents
from doseline.plan.model.pins import Pin, contradiction
from doseline.plan.model.variables import Problem
from doseline.plan.phases import SEARCHED, Progress, Proof, can_be, prove
from doseline.plan.proof.bounds import bound_in_cents, gap_of, met_at_most
from doseline.plan.proof.certificate import BySolver, Certificate, claims_of
from doseline.plan.reasons.explain import Shifted, why_shifted, why_unmet
from doseline.plan.solving.solve import Ended, Limits, Solution, version
from doseline.programme import Programme


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
    that any schedule can meet in their order of priority, as far as it is proven. `certificate` is
    what the bounds can be checked by without a solver, where it was asked for.
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
    certificate: Certificate | None = None


_LIMITS = Limits()

_CENTS = 1e-5
"""What rounding each freight and each lot to a cent may add to a cost."""

_AGAIN = 0.25
"""The least share of the time for a plan that is made again with all slots apart."""

MANY = 1500
"""From so many orders on a plan is solved by pieces."""


def plan(
    programme: Programme,
    orders: Sequence[DoseOrder],
    *,
    from_on: date,
    until_on: date,
    standing: Standing | None = None,
    pins: Sequence[Pin] = (),
    limits: Limits = _LIMITS,
    price_unmet: bool = False,
    certified: bool = False,
    progress: Progress | None = None,
) -> Plan:
    """The schedule for the orders wanted between two days, under every limit of a programme.

    The programme stands under a design. As many doses as can be are met, those of started courses
    before others where the policy says so; then the cost is as low as it can be. With
    `price_unmet` a dose goes unmet where that is cheaper. A `certified` plan has a certificate, by
    which `verify` checks its bounds without a solver; that takes more time. A plan that cannot be
    is an answer (`Status.INFEASIBLE`, from pins only); raises SolverError where the solver fails.
    """
    began = perf_counter()
    say = progress or (lambda _: None)
    together = not _held_to_slots(standing, pins)
    merge = together and len(orders) >= SEARCHED
    large = together and len(orders) >= MANY and not price_unmet
    sets = gather(programme, orders, from_on, until_on, standing, merge=merge)
    say(f"{len(sets.orders)} orders, {len(sets.places)} slots, {len(sets.choices)} choices")
    problem, impossible = modelled(sets, pins, standing)
    if impossible:
        return _infeasible(problem, tuple(impossible), began)
    proof = prove(problem, limits, price_unmet, say, by_pieces=large, certified=certified)
    if any(place.twins for place in sets.places):
        planned = _planned(problem, proof, standing, began, certified)
        if not planned.breaches and planned.met >= _served(problem, proof):
            return planned
        if large and not planned.breaches:
            return _short(planned, _served(problem, proof))
        say("batches of slots alike do not fit side by side: planned as a whole")
        sets = gather(programme, orders, from_on, until_on, standing)
        problem, _ = modelled(sets, pins, standing)
        left = max(limits.seconds - (perf_counter() - began), _AGAIN * limits.seconds)
        first, again = proof, replace(limits, seconds=left)
        proof = prove(problem, again, price_unmet, say, by_pieces=large, certified=certified)
        swayed = proof.swayed or first.swayed or first.by_the_clock
        proof = replace(proof, swayed=swayed)
    if proof.solution.ended is Ended.INFEASIBLE:
        told = contradiction(problem, lambda: can_be(problem, limits))
        return _infeasible(problem, tuple(told), began)
    return _planned(problem, proof, standing, began, certified)


def _planned(
    problem: Problem, proof: Proof, standing: Standing | None, began: float, certified: bool
) -> Plan:
    planned = answered(problem, proof, standing, began)
    if not certified:
        return planned
    certificate = _certificate(problem, proof, planned)
    return replace(planned, certificate=certificate, seconds=perf_counter() - began)


def _short(planned: Plan, served: int) -> Plan:
    """A plan of which some doses fit into no batch: the model counts the room of all as one.

    With all slots apart so many orders would be far from any good plan in the time.
    """
    status = Status.FEASIBLE if planned.status is Status.OPTIMAL else planned.status
    return replace(planned, status=status, met_bound=max(planned.met_bound, served))


def _served(problem: Problem, proof: Proof) -> int:
    """How many orders the model serves, those on their way already among them."""
    values = proof.solution.values
    if not values.size:
        return 0
    here = sum(1 for column in problem.unmet if values[column] < 0.5)
    return here + len(problem.sets.sent_orders)


def _held_to_slots(standing: Standing | None, pins: Sequence[Pin]) -> bool:
    """Whether pins or promises name single slots, so that slots alike cannot be one place."""
    return bool(pins) or (standing is not None and bool(standing.promised))


def _certificate(problem: Problem, proof: Proof, planned: Plan) -> Certificate:
    sets = problem.sets
    return Certificate(
        aim=proof.aim,
        from_on=sets.from_on,
        until_on=sets.until_on,
        held=proof.held,
        promises_break=proof.promises_break,
        merged=any(place.twins for place in sets.places),
        doses=proof.doses,
        cost=proof.duals,
        claims=claims_of(
            problem,
            planned.schedule,
            held=proof.held,
            doses=proof.doses.bound if proof.doses else None,
            cost=proof.duals.bound if proof.duals else None,
            found=planned.breaches,
        ),
        solver=BySolver(str(planned.status), planned.bound_cents, planned.gap, planned.met_bound),
    )


_NOTHING: Mapping[int, float] = {}


def answered(
    problem: Problem,
    proof: Proof,
    standing: Standing | None,
    began: float,
    apart: Mapping[int, float] = _NOTHING,
) -> Plan:
    """The plan that was found, counted and judged anew.

    `apart` are cents of the model, by column, that are no cost of the schedule: the bound is then
    that of schedules on which they come to no more.
    """
    sets, solution = problem.sets, proof.solution
    found = solution.values.size > 0
    values = solution.values if found else np.zeros(problem.matrix.columns)
    schedule = extract(problem, values)
    schedule = replace(schedule, unmet=why_unmet(problem, values, schedule, proof.optimal))
    costs = count(sets, schedule)
    bound = _bound(problem, solution, costs, sum(c * values[n] for n, c in apart.items()))
    asked = (*sets.orders, *sets.sent_orders)
    met = sum(1 for o in asked if o.id in schedule.allocation)
    return Plan(
        schedule=schedule,
        status=_status(problem, proof, found, costs.total_cents),
        objective_cents=costs.total_cents,
        bound_cents=bound,
        gap=gap_of(costs.total_cents, bound),
        costs=costs,
        orders=len(asked),
        met=met,
        met_bound=_met_bound(problem, proof, len(asked), met),
        shifted=why_shifted(problem, values, schedule),
        unmet=schedule.unmet,
        breaches=breaches(sets.programme, schedule, asked, standing=standing),
        method=_method(problem, f"{proof.aim}, {proof.way}", solution),
        reproducible=not (proof.by_the_clock or proof.swayed),
        seconds=perf_counter() - began,
    )


def _bound(problem: Problem, solution: Solution, costs: Breakdown, apart_cents: float) -> int:
    """What no schedule of the model can undercut, the cents that only break ties left aside."""
    if not math.isfinite(solution.bound):
        return 0
    ties = tie_breaks_cents(problem.sets)
    return bound_in_cents(solution.bound - apart_cents + 0.5, ties, costs.total_cents)


def _status(problem: Problem, proof: Proof, found: bool, cents: int) -> Status:
    """Where nothing was found, a plan that makes nothing is one, unless it is held to pins.

    Where slots alike are one place the batches cost more than the model counts now and then: then
    the plan is not proven to be the best.
    """
    held = any(limit.rule in ("pin", "promise") for limit in problem.matrix.limits)
    if proof.by_the_clock or (held and not found):
        return Status.TIME_LIMIT
    dearer = cents > proof.solution.objective * (1.0 + _CENTS) + 100.0
    return Status.OPTIMAL if proof.optimal and not dearer else Status.FEASIBLE


def _met_bound(problem: Problem, proof: Proof, asked: int, met: int) -> int:
    """The most doses that any schedule can meet in their order of priority, as far as is proven."""
    if proof.met_proven:
        return met
    return met_at_most(problem, proof.unmet_at_least, asked)


def _method(problem: Problem, aim: str, solution: Solution | None = None) -> str:
    matrix, sets = problem.matrix, problem.sets
    work = f", {solution.nodes} nodes, {solution.iterations} iterations" if solution else ""
    return (
        f"mixed-integer programme ({aim}) by HiGHS {version()}: "
        f"{len(sets.orders)} orders, {len(sets.places)} slots, {len(sets.choices)} choices, "
        f"{matrix.columns} columns, {matrix.rows} rows{work}"
    )


def _infeasible(problem: Problem, conflicts: tuple[str, ...], began: float) -> Plan:
    sets = problem.sets
    asked = (*sets.orders, *sets.sent_orders)
    unmet = tuple(Unmet(o.id, "nothing is planned: the pins cannot be") for o in asked)
    return Plan(
        schedule=Schedule(design=sets.programme.design, unmet=unmet),
        status=Status.INFEASIBLE,
        objective_cents=0,
        bound_cents=0,
        gap=0.0,
        costs=Breakdown(),
        orders=len(asked),
        met=0,
        met_bound=0,
        shifted=(),
        unmet=unmet,
        breaches=(),
        method=_method(problem, "the pins cannot be"),
        reproducible=True,
        seconds=perf_counter() - began,
        conflicts=conflicts,
    )
