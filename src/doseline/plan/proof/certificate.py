"""What a plan leaves behind so that its bound can be checked without a solver.

A certificate holds, for each of the two phases, the rows and cuts that the bound adds up with their
multipliers, and what follows from them. Whoever verifies it builds the model anew from programme
and orders (`plan/proof/verify.py`) and believes none of its figures.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from doseline.operations.check import Breach
from doseline.operations.schedule import Schedule
from doseline.plan.model.costs import count
from doseline.plan.model.objective import doses_unmet, tie_breaks_cents
from doseline.plan.model.tiers import Aim
from doseline.plan.model.variables import Problem
from doseline.plan.proof.bounds import bound_in_cents, gap_of, met_at_most
from doseline.plan.proof.duals import Proven


@dataclass(frozen=True, slots=True)
class Claims:
    """What is said of a schedule, each figure counted from the schedule and the two bounds.

    `unmet_weight` is that of the schedule, `unmet_weight_at_least` that of every schedule.
    `bound_cents` and `gap` are None where no bound of the cost is certified.
    """

    orders: int
    met: int
    met_at_most: int
    unmet_weight: int
    unmet_weight_at_least: int
    cost_cents: int
    ties_cents: int
    bound_cents: int | None
    gap: float | None
    breaches: int


@dataclass(frozen=True, slots=True)
class BySolver:
    """What the solver said: told beside what is certified, and not verified."""

    status: str
    bound_cents: int
    gap: float
    met_at_most: int


@dataclass(frozen=True)
class Certificate:
    """The bounds of a plan with all that they follow from.

    `aim` is the objective. `held` is the weight of unmet doses that the second phase holds to, None
    where doses have a price instead or nothing was found. `promises_break` says that promises
    contradict each other and may be broken. `merged` says that slots alike in all but their line
    are one place of the model. `doses` bounds the weight of unmet doses and `cost` the
    cost at the weight held; either is None where the solver was stopped before it had anything.
    """

    aim: Aim
    from_on: date
    until_on: date
    held: int | None
    promises_break: bool
    merged: bool
    doses: Proven | None
    cost: Proven | None
    claims: Claims
    solver: BySolver


def claims_of(
    problem: Problem,
    schedule: Schedule,
    *,
    held: int | None,
    doses: Fraction | None,
    cost: Fraction | None,
    found: Sequence[Breach],
) -> Claims:
    """What can be said of a schedule, given a bound of the weight and one of the cost in cents.

    `found` are the breaches that the checker found in it.
    """
    sets = problem.sets
    asked = (*sets.orders, *sets.sent_orders)
    met = sum(1 for o in asked if o.id in schedule.allocation)
    least = max(0, math.ceil(doses)) if doses is not None else 0
    total = count(sets, schedule).total_cents
    ties = tie_breaks_cents(sets)
    bound = None if cost is None else bound_in_cents(cost, ties, total)
    best = held is not None and least >= held
    return Claims(
        orders=len(asked),
        met=met,
        met_at_most=met if best else met_at_most(problem, least, len(asked)),
        unmet_weight=unmet_weight(problem, schedule),
        unmet_weight_at_least=least,
        cost_cents=total,
        ties_cents=ties,
        bound_cents=bound,
        gap=None if bound is None else gap_of(total, bound),
        breaches=len(found),
    )


def unmet_weight(problem: Problem, schedule: Schedule) -> int:
    """The weight of the orders that a schedule leaves unmet. [model O1]"""
    weights: Mapping[int, float] = doses_unmet(problem)
    served = schedule.allocation
    orders = problem.sets.orders
    return round(sum(weights[problem.unmet[i]] for i, o in enumerate(orders) if o.id not in served))
