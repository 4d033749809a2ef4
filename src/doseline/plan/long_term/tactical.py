"""Quarters to years: which slots to take, from when a plant, at the least cost. [model T1-T12]"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from time import perf_counter

import numpy as np

from doseline.errors import SolverError
from doseline.operations.orders import OrderMix
from doseline.plan.long_term.commitments import (
    COMMITTED,
    Commitments,
    commitments,
    still_to_transfer,
)
from doseline.plan.long_term.quarters import lead_days, quarter_of, quarters
from doseline.plan.long_term.weekly import by_week, gather_weeks
from doseline.plan.model.capacity import SHARING
from doseline.plan.model.constraints import (
    a_batch_fills_no_more_vials_than_its_line,
    a_batch_is_fed_by_one_delivery,
    a_bulk_holds_no_more_than_its_line,
    isotope_covers_the_charge,
)
from doseline.plan.model.matrix import Floats, Limit, Matrix, Term
from doseline.plan.model.objective import (
    extra_vials,
    isotope,
    options_called_off,
    unmet_cents,
)
from doseline.plan.model.sets import Sets
from doseline.plan.model.variables import Problem, lots_max, spare_vials
from doseline.plan.proof.bounds import gap_of
from doseline.plan.solving.solve import (
    WHOLE_UNITS,
    Ended,
    Limits,
    Solution,
    in_units,
    solve,
    version,
)
from doseline.programme import Programme

RULES = (
    a_batch_fills_no_more_vials_than_its_line,
    a_bulk_holds_no_more_than_its_line,
    isotope_covers_the_charge,
    a_batch_is_fed_by_one_delivery,
    *SHARING,
)
"""The rules of a plan that hold for expected orders as well."""

_WHOLE = 250
"""With no more slots batches are whole."""

_LIMITS = Limits(gap=1e-3)


@dataclass(frozen=True, slots=True)
class Taken:
    """A weekly slot in a quarter: whether it is taken, and what is made in it."""

    quarter: str
    plant: str
    line: str
    at: str
    kind: str
    taken: bool
    starts: int
    batches: float
    doses: float


@dataclass(frozen=True, slots=True)
class Served:
    """What a quarter asks for of a protocol, and what is served of it. [doses]"""

    quarter: str
    protocol: str
    expected: float
    served: float


@dataclass(frozen=True, slots=True)
class Added:
    """A plant that is added: the quarter of its first use, and by when its transfer must begin.

    `begin_by` is None where the programme tells no lead time, or the plant is there already.
    """

    plant: str
    quarter: str
    begin_by: date | None


@dataclass(frozen=True)
class Tactical:
    """Slots to take and plants to add, quarter by quarter, for expected orders. Costs in cents.

    No plan of the model serves more than `served_at_most`, nor, serving as many, costs less than
    `bound_cents`.
    """

    status: str
    expected: float
    served: float
    served_at_most: float
    objective_cents: int
    bound_cents: int
    gap: float
    slots: tuple[Taken, ...]
    demand: tuple[Served, ...]
    added: tuple[Added, ...]
    whole_batches: bool
    method: str
    reproducible: bool
    seconds: float


def tactical(
    programme: Programme,
    mix: Sequence[OrderMix],
    *,
    from_on: date,
    until_on: date,
    limits: Limits = _LIMITS,
) -> Tactical:
    """Which slots to take in each quarter, and when to add a plant, at the least cost.

    The programme stands under a design that has all that could be taken. As many of the expected
    doses are served as can be, each in its week; then reservations, fixed cost, transfers, batches,
    isotope, freight of further packages and doses missed cost as little as can be. The rules are
    those of a plan; doses may be split, and isotope comes in any amount. Raises SolverError where
    the solver fails.
    """
    began = perf_counter()
    orders, count = by_week(mix, from_on, until_on)
    sets = gather_weeks(programme, orders, from_on, until_on)
    whole = len(sets.places) <= _WHOLE
    problem = _declared(sets, count, whole)
    for rule in RULES:
        rule(problem)
    served_each_week(problem, count)
    found = commitments(problem, quarters(from_on, until_on))
    for decide in COMMITTED:
        decide(found)
    _costs(problem)
    first = _fewest_unmet(problem, limits)
    least = float(first.values[problem.unmet].sum()) if first.values.size else sum(count)
    terms: list[Term] = [(column, 1.0) for column in problem.unmet]
    problem.matrix.row(Limit("doses met", ""), terms, upper=least + 1e-6 * (1.0 + least))
    second = solve(in_units(problem.matrix), limits, first.values if first.values.size else None)
    if orders and not second.values.size:
        raise SolverError("HiGHS found no tactical plan, though serving nobody is one")
    return _told(found, count, first, second, whole, perf_counter() - began)


# -- the model -----------------------------------------------------------------------------


def _declared(sets: Sets, count: Sequence[float], whole: bool) -> Problem:
    """Shares of the orders of a week, batches, isotope in any amount. [model T3]"""
    problem = Problem(sets, Matrix(), math.inf)
    matrix = problem.matrix
    problem.serve.extend(matrix.column(count[c.order]) for c in sets.choices)
    problem.unmet.extend(matrix.column(n) for n in count)
    for s, place in enumerate(sets.places):
        reached = bool(sets.of_place[s])
        problem.made.append(matrix.column(1.0 if reached else 0.0, whole=whole and reached))
        if not reached:
            continue
        contract = sets.programme.contract.get(place.slot.manufacturer)
        if (
            contract
            and contract.extra_vial_cents
            and contract.vials_included < place.slot.vials_max
        ):
            most = place.slot.vials_max - contract.vials_included
            problem.extra[s] = matrix.column(float(most))
        for option in place.isotope:
            key = (s, option.source)
            problem.lots[key] = matrix.column(float(lots_max(sets, s, option)))
            only = len(place.isotope) == 1
            problem.fed[key] = problem.made[s] if only else matrix.column(1.0)
        if spare_vials(sets, s):
            problem.spare[s] = matrix.column(0.0)
    return problem


def served_each_week(problem: Problem, count: Sequence[float]) -> None:
    """The expected orders of a site and a week are served in shares, or not. [model T10]"""
    for i, expected in enumerate(count):
        terms: list[Term] = [(problem.serve[r], 1.0) for r in problem.sets.of_order[i]]
        terms.append((problem.unmet[i], 1.0))
        limit = Limit("week", problem.sets.orders[i].id)
        problem.matrix.row(limit, terms, lower=expected, upper=expected)


def _costs(problem: Problem) -> None:
    """Options, isotope, vials beyond the fee, doses missed, and further packages. [model T11]

    The first package of a shipment is not counted, nor is a moved day: both would cost more.
    """
    sets, cost = problem.sets, problem.matrix.cost
    for term in (options_called_off, isotope, extra_vials):
        term(problem)
    for i, order in enumerate(sets.orders):
        missed = [unmet_cents(sets.programme, order.protocol, s) for s in (True, False)]
        cost[problem.unmet[i]] += min(missed)
    for r, choice in enumerate(sets.choices):
        lane = sets.programme.lane[choice.route.journey.lane]
        further = sets.programme.carrier[lane.carrier].second_package_fraction
        cost[problem.serve[r]] += lane.cost_cents * further


def _fewest_unmet(problem: Problem, limits: Limits) -> Solution:
    """As few doses unmet as can be, whatever that costs. [model T12]"""
    cost = [0.0] * problem.matrix.columns
    for column in problem.unmet:
        cost[column] = 1.0
    weighed = replace(problem.matrix, cost=cost, constant=0.0)
    return solve(weighed, replace(limits, gap=1e-6, seconds=limits.seconds / 2))


# -- what is told --------------------------------------------------------------------------


def _told(
    found: Commitments,
    count: Sequence[float],
    first: Solution,
    second: Solution,
    whole: bool,
    seconds: float,
) -> Tactical:
    problem, values = found.problem, second.values
    matrix, expected = problem.matrix, math.fsum(count)
    unmet = float(values[problem.unmet].sum())
    least = first.bound if math.isfinite(first.bound) else 0.0
    objective, bound = round(second.objective / WHOLE_UNITS), round(second.bound / WHOLE_UNITS)
    clock = Ended.BY_THE_CLOCK in (first.ended, second.ended)
    proven = first.ended is second.ended is Ended.OPTIMAL
    return Tactical(
        status="time_limit" if clock else "optimal" if proven else "feasible",
        expected=expected,
        served=expected - unmet,
        served_at_most=expected - max(least, 0.0),
        objective_cents=objective,
        bound_cents=min(bound, objective),
        gap=gap_of(objective, min(bound, objective)),
        slots=_taken(found, values),
        demand=_demand(found, count, values),
        added=_added(found, values),
        whole_batches=whole,
        method=(
            f"mixed-integer programme over weeks by HiGHS {version()}: {len(problem.sets.orders)} "
            f"weeks of sites, {len(problem.sets.places)} slots, {matrix.columns} columns, "
            f"{matrix.rows} rows, {second.nodes} nodes"
        ),
        reproducible=not clock,
        seconds=seconds,
    )


def _taken(found: Commitments, values: Floats) -> tuple[Taken, ...]:
    problem, rows = found.problem, []
    for (slot, q), mine in sorted(found.places.items(), key=lambda row: (row[0][1], row[0][0])):
        column = found.taken.get((slot, q))
        batches = float(sum(values[problem.made[s]] for s in mine))
        served = [problem.serve[r] for s in mine for r in problem.sets.of_place[s]]
        taken = values[column] > 0.5 if column is not None else batches > 1e-6
        rows.append(
            Taken(
                quarter=found.quarters[q].name,
                plant=found.plant(slot),
                line=slot[0],
                at=slot[1],
                kind=slot[2],
                taken=bool(taken),
                starts=len(mine),
                batches=batches,
                doses=float(values[served].sum()),
            )
        )
    return tuple(rows)


def _demand(found: Commitments, count: Sequence[float], values: Floats) -> tuple[Served, ...]:
    problem = found.problem
    expected: dict[tuple[int, str], float] = defaultdict(float)
    unmet: dict[tuple[int, str], float] = defaultdict(float)
    for i, order in enumerate(problem.sets.orders):
        key = quarter_of(found.quarters, order.wanted_on), order.protocol
        expected[key] += count[i]
        unmet[key] += float(values[problem.unmet[i]])
    return tuple(
        Served(found.quarters[q].name, p, n, max(n - unmet[q, p], 0.0))
        for (q, p), n in sorted(expected.items())
    )


def _added(found: Commitments, values: Floats) -> tuple[Added, ...]:
    """Each plant that makes something, from the quarter in which it first does."""
    programme, rows = found.problem.sets.programme, []
    for plant in sorted(found.added):
        made = [
            q
            for (slot, q), mine in found.places.items()
            if found.plant(slot) == plant
            and np.sum(values[[found.problem.made[s] for s in mine]]) > 1e-6
        ]
        if made:
            quarter = found.quarters[min(made)]
            lead = lead_days(programme, plant) if still_to_transfer(found, plant) else 0
            begin_by = quarter.from_on - timedelta(days=lead) if lead else None
            rows.append(Added(plant, quarter.name, begin_by))
    return tuple(rows)
