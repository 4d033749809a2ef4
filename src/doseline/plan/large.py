"""Plans of many orders: a relaxation gives the bound, a dive the batches, pieces the rest.

The relaxation bounds the cost from below. Batches are made whole by a dive, then orders; after
that pieces of the schedule are planned anew, as long as time or work is left.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import perf_counter

import numpy as np

from doseline.plan.arrays import Arrays
from doseline.plan.dive import whole_batches
from doseline.plan.matrix import Floats
from doseline.plan.neighbours import Neighbourhoods, priced
from doseline.plan.relaxation import Relaxation, Relaxed
from doseline.plan.rounded import broken, nothing_made, whole_orders
from doseline.plan.solve import Ended, Limits, Solution
from doseline.plan.structure import Structure, structure_of
from doseline.plan.variables import Problem

ROUNDS = 2000
"""So many rounds of pieces are tried at most, two pieces each."""

_DIVING, _ROUNDING = 0.5, 0.12  # shares of the time that is left


def solved_by_pieces(
    problem: Problem, arrays: Arrays, limits: Limits, say: Callable[[str], None]
) -> tuple[Solution, float]:
    """The best values found with a bound on their cost, and the least weight of unmet doses.

    The costs of `arrays` are in whole units of the currency; `limits.seconds` is a reading of
    `perf_counter`. The weight is that which the relaxation proves.
    """
    structure, until = structure_of(problem), limits.seconds
    relaxation = Relaxation(arrays, until)
    root = relaxation.solve()
    if root is None:
        return _nothing(Ended.BY_THE_CLOCK), 0.0
    say(f"bound {root.objective:,.0f}")
    least = float(structure.weight @ arrays.lower[structure.unmet])
    searched = priced(_without_lots(problem, arrays), structure)
    start = _start(searched, structure, relaxation, root, until)
    search = Neighbourhoods(searched, structure, start, limits.seed)
    _tell(say, arrays, structure, search.best.values, root.objective)
    with ThreadPoolExecutor(2) as pool:
        while search.rounds < ROUNDS and perf_counter() < until - 0.05:
            search.search(min(until, perf_counter() + 5.0), ROUNDS - search.rounds, pool)
            gap = _tell(say, arrays, structure, search.best.values, root.objective)
            unmet = structure.weight @ search.best.values[structure.unmet]
            idle = not search.rounds
            if idle or (gap <= limits.gap and unmet <= least + 0.5):
                break
    values = search.best.values
    objective = arrays.objective(values)
    clock = perf_counter() >= until - 0.05
    near = objective - root.objective <= limits.gap * abs(objective)
    ended = Ended.OPTIMAL if near else (Ended.BY_THE_CLOCK if clock else Ended.STOPPED)
    solution = Solution(ended, values, objective, root.objective, root.row_duals, 0, search.rounds)
    if structure.weight @ values[structure.unmet] > least + 0.5:
        least = max(least, _least_unmet(arrays, structure, until))
    return solution, least


def _nothing(ended: Ended) -> Solution:
    return Solution(ended, np.empty(0), math.inf, -math.inf, np.empty(0), 0, 0)


def _without_lots(problem: Problem, arrays: Arrays) -> Arrays:
    """The arrays with lots that need not be whole, unless isotope is short.

    Lots are counted anew when the schedule is made. Where a row limits them they stay whole.
    """
    lots = np.array(sorted(problem.lots.values()), dtype=np.int64)
    scarce = {"isotope offer", "plant possession"}
    if any(limit.rule in scarce for limit in problem.matrix.limits):
        return arrays
    whole = arrays.whole.copy()
    whole[lots] = False
    return replace(arrays, whole=whole)


def _start(
    arrays: Arrays,
    structure: Structure,
    relaxation: Relaxation,
    root: Relaxed,
    until: float,
) -> Floats:
    """Whole values to begin with: those of the dive where it comes to an end."""
    now = perf_counter()
    relaxation.stop_at(now + _DIVING * (until - now))
    dived = whole_batches(relaxation, root, arrays, structure.made)
    relaxation.stop_at(until)
    found = None
    if dived is not None:
        seconds = max(1.0, _ROUNDING * (until - perf_counter()))
        found = whole_orders(arrays, structure, dived.values, seconds)
    if found is None or broken(arrays, found, arrays.sums(found)).any():
        return nothing_made(arrays, structure)
    return found


def _tell(
    say: Callable[[str], None], arrays: Arrays, structure: Structure, values: Floats, bound: float
) -> float:
    """Says what is known; the gap."""
    objective = arrays.objective(values)
    unmet = round(float(values[structure.unmet].sum()))
    gap = (objective - bound) / max(abs(objective), 1e-9)
    say(f"{unmet} unmet, cost {objective:,.0f}, bound {bound:,.0f}, gap {100 * gap:.2f} %")
    return gap


def _least_unmet(arrays: Arrays, structure: Structure, until: float) -> float:
    """The least weight of unmet doses that the relaxation proves; weights are whole numbers."""
    cost = np.zeros(arrays.columns)
    cost[structure.unmet] = structure.weight
    doses = replace(arrays, cost=cost, constant=0.0)
    found = Relaxation(doses, max(until, perf_counter() + 10.0)).solve()
    return 0.0 if found is None else float(math.ceil(found.objective - 1e-6))
