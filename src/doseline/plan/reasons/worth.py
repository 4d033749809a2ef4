"""What one more slot, vial, mCi or release by QC is worth to a plan, week by week."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from doseline.operations.orders import DoseOrder
from doseline.operations.standing import Standing
from doseline.plan.model.candidates import gather
from doseline.plan.model.capacity import (
    SHARING,
    crews_start_so_many_batches_a_day,
    one_batch_per_line_at_a_time,
    qc_releases_so_many_batches_a_day,
)
from doseline.plan.model.constraints import SERVING
from doseline.plan.model.matrix import Floats
from doseline.plan.model.objective import COSTS
from doseline.plan.model.sets import Sets
from doseline.plan.model.variables import Problem, declare
from doseline.plan.plan import Plan
from doseline.plan.reasons.why import values_of
from doseline.plan.solving.solve import Ended, Limits, Solution, solve
from doseline.programme import Programme
from doseline.quantities import MBQ_PER_MCI

_OF_BATCHES = (
    one_batch_per_line_at_a_time,
    crews_start_so_many_batches_a_day,
    qc_releases_so_many_batches_a_day,
)
"""Rules over batches alone: they say nothing once the batches are fixed."""

_SAYS = {"crew": "start of a crew", "QC": "release by QC"}
_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Worth:
    """One unit more of something in a week: what it saves at most in the relaxed plan.

    `what` is the unit: a slot, a vial, an mCi of isotope, an infusion, a start of a crew, a
    release by QC. `week` is the ISO week, none where the limit holds for all of the period.
    """

    what: str
    where: str
    week: str
    cents: float


def worth(
    programme: Programme,
    orders: Sequence[DoseOrder],
    planned: Plan,
    *,
    from_on: date,
    until_on: date,
    standing: Standing | None = None,
    limits: Limits = _LIMITS,
    slots: int = 40,
) -> tuple[Worth, ...]:
    """What one more unit of each scarce thing would save, by week, the dearest first.

    The batches of the plan are fixed and everything else is relaxed: doses may be split between
    batches, lots need not be whole, and a dose unmet costs its penalty. The figures are the duals
    of that linear programme: in it, one more unit saves no more than this. A slot is worth what
    the programme saves with one more batch in it, the limits of line, crew and QC apart; it is
    solved anew for the best slot of each line and week, `slots` of them at most. A crew or QC is
    worth what the best of those batches saves that they bar. [model W1]
    """
    sets = gather(programme, orders, from_on, until_on, standing)
    problem = _relaxed(sets)
    values = values_of(problem, planned.schedule)
    if values is None:
        return ()
    for column in problem.made:
        problem.matrix.fix(column, float(round(values[column])))
    found = solve(problem.matrix, limits)
    if found.row_duals.size == 0:
        return ()
    unused = {s for s, c in enumerate(problem.made) if values[c] < 0.5 and sets.of_place[s]}
    saved = _saved_by(problem, found, unused, limits, slots)
    rows = [*_of_rows(problem, found.row_duals), *_of_batches(problem, saved, values)]
    best: dict[tuple[str, str, str], float] = {}
    for row in rows:
        key = (row.what, row.where, row.week)
        best[key] = max(best.get(key, 0.0), row.cents)
    told = [Worth(*key, cents) for key, cents in best.items() if cents >= 0.5]
    return tuple(sorted(told, key=lambda w: (-w.cents, w.what, w.where, w.week)))


def _relaxed(sets: Sets) -> Problem:
    problem = declare(sets)
    for rule in (*SERVING, *(r for r in SHARING if r not in _OF_BATCHES)):
        rule(problem)
    for term in COSTS:
        term(problem)
    matrix = replace(problem.matrix, whole=[False] * problem.matrix.columns)
    return replace(problem, matrix=matrix)


def _week(on: date) -> str:
    year, week, _ = on.isocalendar()
    return f"{year}-W{week:02d}"


def _of_rows(problem: Problem, duals: Floats) -> Iterator[Worth]:
    """What the limits are worth over which doses and lots compete."""
    sets = problem.sets
    for limit, dual in zip(problem.matrix.limits, duals, strict=True):
        first, _, second = limit.where.rpartition(" ")
        cents = max(0.0, -float(dual))
        if limit.rule == "vials":
            slot = sets.places[sets.place_of_slot[limit.where]].slot
            yield Worth("vial", slot.line, _week(slot.starts_on), cents)
        elif limit.rule == "isotope offer":
            yield Worth("mCi of isotope", first, second, cents * MBQ_PER_MCI)
        elif limit.rule == "plant possession":
            yield Worth("mCi of possession", limit.where, "", cents * MBQ_PER_MCI)
        elif limit.rule == "site capacity":
            yield Worth("infusion", first, _week(date.fromisoformat(second)), cents)


def _of_batches(problem: Problem, saved: Mapping[int, float], values: Floats) -> Iterator[Worth]:
    """What a batch in each unused slot is worth, and so the limits that bar it."""
    sets = problem.sets
    for s, cents in saved.items():
        slot = sets.places[s].slot
        yield Worth("slot", slot.line, _week(slot.starts_on), cents)
    judged = declare(sets)
    for rule in _OF_BATCHES:
        rule(judged)
    made = {column: s for s, column in enumerate(judged.made)}
    for n, limit in enumerate(judged.matrix.limits):
        places = [made[column] for column, _ in judged.matrix.terms(n)]
        used = sum(1 for s in places if values[problem.made[s]] > 0.5)
        barred = [s for s in places if s in saved]
        if limit.rule == "line" or used < judged.matrix.row_upper[n] - 0.5 or not barred:
            continue
        name, _, day = limit.where.rpartition(" ")
        best = max(saved[s] for s in barred)
        yield Worth(_SAYS[limit.rule], name, _week(date.fromisoformat(day)), best)


def _saved_by(
    problem: Problem, found: Solution, unused: Collection[int], limits: Limits, most: int
) -> dict[int, float]:
    """What one more batch saves, in the best unused place of each line and week. [cents]

    The reduced cost of a batch says what it saves at the most; where that is nothing, so is its
    worth.
    """
    sets, matrix = problem.sets, problem.matrix
    at_most = _at_the_margin(problem, found.row_duals)
    best: dict[tuple[str, str], int] = {}
    for s in sorted(unused, key=lambda s: -at_most[s]):
        slot = sets.places[s].slot
        if at_most[s] > 0.5:
            best.setdefault((slot.line, _week(slot.starts_on)), s)
    saved = {}
    for s in list(best.values())[:most]:
        matrix.fix(problem.made[s], 1.0)
        more = solve(matrix, limits)
        matrix.fix(problem.made[s], 0.0)
        if more.ended is Ended.OPTIMAL:
            saved[s] = max(0.0, found.objective - more.objective)
    return saved


def _at_the_margin(problem: Problem, duals: Floats) -> list[float]:
    """What a batch saves at the margin in each place: its reduced cost, turned round. [cents]"""
    matrix = problem.matrix
    rows = np.repeat(np.arange(matrix.rows), np.diff(np.asarray(matrix.starts)))
    priced = np.zeros(matrix.columns)
    index = np.asarray(matrix.index, dtype=np.int64)
    np.add.at(priced, index, np.asarray(matrix.value) * duals[rows])
    return [max(0.0, float(priced[c] - matrix.cost[c])) for c in problem.made]
