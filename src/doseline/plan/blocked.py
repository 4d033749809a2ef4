"""Which limits a choice would break, were it taken beside the plan as it is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from doseline.plan.matrix import Floats, Limit
from doseline.plan.variables import (
    Problem,
    permission_of,
    shipment_key,
    strongest,
    usable_per_lot,
)

_SAYS = {
    "line": "line {} is held by another batch",
    "vials": "batch {} is full: no vial is left",
    "bulk": "batch {} is at the limit of its bulk",
    "crew": "crew: no further batch can be started at {}",
    "QC": "QC: no further batch can be released at {}",
    "plant possession": "possession: the licence of plant {} is used up",
    "isotope offer": "isotope: the offer of {} is used up",
    "site capacity": "site capacity: no place is left at {}",
    "site possession": "possession: the licence of {} is used up",
    "promise": "a promise stands: order {}",
    "pin": "a pin stands: {}",
    "date": "the date confirmed is kept: order {}",
}
"""The limits that can stand in the way, in the order in which they are told."""

_ORDER = {rule: n for n, rule in enumerate(_SAYS)}


_TOLD = 3
"""So many ways are told, each with the limits in it."""


def in_the_way(problem: Problem, values: Floats, i: int, choices: Sequence[int]) -> str:
    """The least that stands in the way of an order, over some of its choices; empty if nothing.

    Where several ways are barred by as few limits, up to three of them are told.
    """
    barred = {_broken(problem, values, i, r) for r in choices}
    fewest = min(len(limits) for limits in barred)
    ranked = sorted(
        (limits for limits in barred if len(limits) == fewest),
        key=lambda limits: [(_ORDER[x.rule], x.where) for x in limits],
    )
    by_rule = {tuple(x.rule for x in limits): limits for limits in reversed(ranked)}
    told = [limits for limits in ranked if limits in by_rule.values()]
    return "; or else ".join(_in_words(limits) for limits in told[:_TOLD])


def _in_words(limits: Sequence[Limit]) -> str:
    return "; ".join(_SAYS[x.rule].format(x.where) for x in limits)


def _broken(problem: Problem, values: Floats, i: int, r: int) -> tuple[Limit, ...]:
    matrix = problem.matrix
    sums = matrix.sums(_taken(problem, values, i, r))
    slack = 1e-6 * np.maximum(1.0, np.abs(sums))
    broken = (sums > np.asarray(matrix.row_upper) + slack) | (
        sums < np.asarray(matrix.row_lower) - slack
    )
    limits = {matrix.limits[n] for n in np.flatnonzero(broken)}
    told = [limit for limit in limits if limit.rule in _ORDER]
    return tuple(sorted(told, key=lambda x: (_ORDER[x.rule], x.where)))


def _taken(problem: Problem, values: Floats, i: int, r: int) -> Floats:
    """The plan with one choice put in the place of what served its order."""
    sets = problem.sets
    trial = values.copy()
    for other in sets.of_order[i]:
        if trial[problem.serve[other]] > 0.5:
            trial[problem.serve[other]] = 0.0
            _fit_isotope(problem, trial, sets.choices[other].place)
    choice = sets.choices[r]
    trial[problem.unmet[i]] = 0.0
    trial[problem.serve[r]] = 1.0
    trial[problem.made[choice.place]] = 1.0
    trial[problem.parcel[shipment_key(sets, choice)]] = 1.0
    p = permission_of(sets, choice)
    if p is not None:
        trial[problem.tested[choice.place, p]] = 1.0
    _fit_isotope(problem, trial, choice.place)
    return trial


def _fit_isotope(problem: Problem, trial: Floats, s: int) -> None:
    """Gives a batch the lots that its vials need, from the delivery that feeds it."""
    sets, place = problem.sets, problem.sets.places[s]
    mine = [r for r in sets.of_place[s] if trial[problem.serve[r]] > 0.5]
    if s in problem.spare:
        found = max((sets.choices[r].load_mbq for r in mine), default=0.0)
        trial[problem.spare[s]] = found / max(strongest(sets, s), 1e-12)
    options = [o for o in place.isotope if (s, o.source) in problem.lots]
    if not options:
        return
    option = max(options, key=lambda o: trial[problem.fed[s, o.source]])
    needed = math.fsum(factor * trial[column] for column, factor in problem.loaded(s))
    lot_mbq = sets.programme.source[option.source].lot_mbq
    gives = usable_per_lot(problem.product(s), place, option, lot_mbq)
    over = 1.0 + sets.programme.policy.overage_fraction
    trial[problem.fed[s, option.source]] = 1.0 if mine else 0.0
    trial[problem.lots[s, option.source]] = math.ceil(needed * over / gives - 1e-9)
    if not mine:
        trial[problem.made[s]] = 0.0
