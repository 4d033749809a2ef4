"""How much more could be served: the largest multiple of an order mix, with chance off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from time import perf_counter

import numpy as np

from doseline.errors import SolverError
from doseline.operations.orders import OrderMix
from doseline.plan.long_term.classes import gather_classes, kinds_of
from doseline.plan.long_term.shares import declare_shares
from doseline.plan.model.capacity import SHARING
from doseline.plan.model.constraints import (
    a_batch_fills_no_more_vials_than_its_line,
    a_bulk_holds_no_more_than_its_line,
    isotope_covers_the_charge,
)
from doseline.plan.model.matrix import Floats, Limit, Term
from doseline.plan.model.sets import Sets
from doseline.plan.model.variables import Problem
from doseline.plan.solving.solve import Ended, Limits, Solution, solve
from doseline.programme import Programme

AT_MOST = 1000.0
"""A multiple is not looked for beyond this."""


RULES = (
    a_batch_fills_no_more_vials_than_its_line,
    a_bulk_holds_no_more_than_its_line,
    isotope_covers_the_charge,
    *SHARING,
)


@dataclass(frozen=True, slots=True)
class MonthUse:
    """A month at the largest multiple: slots and vials there are, vials filled."""

    month: str
    slots: int
    vials: int
    vials_used: float


@dataclass(frozen=True)
class Headroom:
    """The largest multiple of a mix that can be served, and what keeps it from being larger.

    It is 0 where a kind of order has no way at all; `no_way` names these, and `others` is the
    multiple of the rest. `binding` names the limits, the one that matters most first. Months and
    vials are those of the rest too.
    """

    multiple: float
    binding: tuple[str, ...]
    no_way: tuple[str, ...]
    others: float
    months: tuple[MonthUse, ...]
    seconds: float

    @property
    def slots(self) -> int:
        """Slots that can serve the mix."""
        return sum(m.slots for m in self.months)

    @property
    def vials_used(self) -> float:
        """Vials filled at the largest multiple."""
        return sum(m.vials_used for m in self.months)


def headroom(
    programme: Programme,
    mix: Sequence[OrderMix],
    *,
    from_on: date,
    until_on: date,
    keep_weekdays: bool = True,
) -> Headroom:
    """The largest multiple of a mix that can be served between two days, under every limit.

    Each kind of order is served on any date of its weekday on which its site treats, in shares
    that need not be whole: the capacity that can be sustained over the period. Without
    `keep_weekdays` it is served on any day on which its site treats. Lines that overlap, crews and
    QC hold as in a plan. It is looked for up to `AT_MOST`. [model H1]
    """
    began = perf_counter()
    kinds = kinds_of(mix, from_on, until_on, keep_weekdays)
    sets = gather_classes(programme, kinds, from_on, until_on)
    reached = {i for i, rows in sets.of_order.items() if rows}
    no_way = tuple(str(m) for i, m in enumerate(kinds) if i not in reached)
    problem = declare_shares(sets)
    for rule in RULES:
        rule(problem)
    multiple = problem.matrix.column(AT_MOST, cost=-1.0)
    for i, kind in enumerate(kinds):
        if i in reached:
            terms: list[Term] = [(problem.serve[r], 1.0) for r in sets.of_order[i]]
            limit = Limit("kind", str(kind))
            problem.matrix.row(limit, [*terms, (multiple, -kind.orders)], lower=0.0, upper=0.0)
    solution = _largest(problem)
    most = float(solution.values[multiple]) if reached or not kinds else 0.0
    return Headroom(
        multiple=0.0 if no_way else most,
        binding=(*_told(no_way), *_binding(problem, solution, most)),
        no_way=no_way,
        others=most,
        months=_months(problem, solution.values),
        seconds=perf_counter() - began,
    )


def _told(no_way: Sequence[str]) -> tuple[str, ...]:
    if not no_way:
        return ()
    more = f" and {len(no_way) - 1} more" if len(no_way) > 1 else ""
    return (f"no way: {no_way[0]}{more}",)


def _largest(problem: Problem) -> Solution:
    matrix = problem.matrix
    found = solve(matrix, Limits(), interior=True)
    if found.ended is Ended.BY_THE_CLOCK and found.values.size == 0:
        found = solve(matrix, Limits(), interior=True)  # the clock runs on where a machine sleeps
    if found.values.size == 0:
        raise SolverError("HiGHS found no multiple, though 0 is one")
    if not any(matrix.whole):
        return found
    whole = np.asarray(matrix.whole)
    kept = np.where(whole, np.round(found.values), np.nan)
    lower = [v if w else b for v, w, b in zip(kept, whole, matrix.lower, strict=True)]
    upper = [v if w else b for v, w, b in zip(kept, whole, matrix.upper, strict=True)]
    matrix.lower[:], matrix.upper[:] = lower, upper
    return solve(replace(matrix, whole=[False] * matrix.columns), Limits(), interior=True)


def _binding(problem: Problem, solution: Solution, multiple: float) -> tuple[str, ...]:
    """Limits by the share of the multiple that they account for, by duality; those above 1 %."""
    if multiple >= AT_MOST * (1 - 1e-9):
        return (f"none up to {AT_MOST:.0f} times",)
    matrix = problem.matrix
    lines = {p.slot.id: p.slot.line for p in problem.sets.places}
    shares: dict[str, float] = defaultdict(float)
    for row in np.flatnonzero(np.abs(solution.row_duals) > 1e-9):
        dual = float(solution.row_duals[row])
        side = matrix.row_upper[row] if dual < 0 else matrix.row_lower[row]
        fixed = sum(
            factor * matrix.lower[column]
            for column, factor in matrix.terms(int(row))
            if matrix.lower[column] == matrix.upper[column]
        )
        limit = matrix.limits[row]
        where = lines.get(limit.where, limit.where.split(" ")[0])
        shares[str(Limit(limit.rule, where))] -= dual * (side - fixed)
    told = sorted(shares, key=lambda name: (-shares[name], name))
    return tuple(n for n in told if shares[n] > 0.01 * multiple)


def _months(problem: Problem, values: Floats) -> tuple[MonthUse, ...]:
    sets: Sets = problem.sets
    slots: dict[str, int] = defaultdict(int)
    vials: dict[str, int] = defaultdict(int)
    used: dict[str, float] = defaultdict(float)
    serve = np.asarray(problem.serve, dtype=np.int64)
    for s, place in enumerate(sets.places):
        month = f"{place.slot.starts_on:%Y-%m}"
        if sets.of_place[s] and values[problem.made[s]] > 0.5:
            slots[month] += 1
            vials[month] += place.slot.vials_max
        mine = sets.of_place[s]
        if mine:
            vials_used = values[serve[mine]] * sets.units[sets.table.order[mine]]
            for vials_of_choice in vials_used.tolist():
                used[month] += vials_of_choice
    return tuple(MonthUse(m, slots[m], vials[m], used[m]) for m in sorted(slots))
