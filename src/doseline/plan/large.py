"""Plans of many orders: a relaxation gives the bound, pieces make a first schedule better.

The relaxation of the whole bounds the cost from below. The schedule begins with one dive from it,
or with a few days after a few days beside it (`plan/rolling.py`); then pieces of it are planned
anew (`plan/neighbours.py`), as long as time or work is left.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from time import perf_counter

import numpy as np

from doseline.plan.arrays import Arrays
from doseline.plan.matrix import Floats
from doseline.plan.neighbours import Neighbourhoods, priced
from doseline.plan.relaxation import Relaxation, safe_bound
from doseline.plan.rolling import dived, rolled
from doseline.plan.solve import Ended, Limits, Solution
from doseline.plan.structure import Structure, structure_of
from doseline.plan.variables import Problem

AT_ONCE = 6000
"""More orders than this, or several products, begin with a few days after a few days."""

ROUNDS = 2000
"""So many rounds of pieces are tried at most, two pieces each."""


def solved_by_pieces(
    problem: Problem, arrays: Arrays, limits: Limits, say: Callable[[str], None]
) -> tuple[Solution, float]:
    """The best values found with a bound on their cost, and the least weight of unmet doses.

    The costs of `arrays` are in whole units of the currency; `limits.seconds` is a reading of
    `perf_counter`. The weight is that which the relaxation proves. The relaxation is solved in one
    thread while another looks for a schedule.
    """
    structure, until = structure_of(problem), limits.seconds
    relaxing: Future[tuple[float, Floats]]
    searched = priced(_without_lots(problem, arrays), structure)
    days = np.array([o.wanted_on.toordinal() for o in problem.sets.orders], dtype=np.int64)
    least = float(structure.weight @ arrays.lower[structure.unmet])
    with ThreadPoolExecutor(1) as beside, ThreadPoolExecutor(2) as pool:
        if len(days) > AT_ONCE or np.unique(structure.kind).size > 1:
            relaxing = beside.submit(_relaxed, arrays, until)
            start = rolled(searched, structure, days, until, say)
        else:
            bound, duals, start = dived(arrays, searched, structure, until)
            relaxing = Future()
            relaxing.set_result((bound, duals))
        search = Neighbourhoods(searched, structure, start, limits.seed)
        _tell(say, arrays, structure, start, -math.inf)
        _searching(search, arrays, until, limits.gap, relaxing, pool, say)
        bound, duals = relaxing.result()
    values = _whole_lots(problem, arrays, search.best.values)
    objective = arrays.objective(values)
    same_again = search.rounds >= ROUNDS and not search.by_the_clock
    ended = Ended.STOPPED if same_again else Ended.BY_THE_CLOCK
    if objective - bound <= limits.gap * abs(objective) and same_again:
        ended = Ended.OPTIMAL
    if structure.weight @ values[structure.unmet] > least + 0.5:
        least = max(least, _least_unmet(arrays, structure, until))
    return Solution(ended, values, objective, bound, duals, 0, search.rounds), least


def _searching(
    search: Neighbourhoods,
    arrays: Arrays,
    until: float,
    gap: float,
    relaxing: Future[tuple[float, Floats]],
    pool: ThreadPoolExecutor,
    say: Callable[[str], None],
) -> None:
    """Tries pieces until time or rounds are over, or the gap is reached."""
    structure = search.structure
    least = float(structure.weight @ arrays.lower[structure.unmet])
    while search.rounds < ROUNDS and perf_counter() < until - 0.05:
        before = search.rounds
        search.search(min(until, perf_counter() + 5.0), ROUNDS - before, pool)
        bound = relaxing.result()[0] if relaxing.done() else -math.inf
        reached = _tell(say, arrays, structure, search.best.values, bound)
        unmet = float(structure.weight @ search.best.values[structure.unmet])
        if search.rounds == before or (reached <= gap and unmet <= least + 0.5):
            return


def _relaxed(arrays: Arrays, until: float) -> tuple[float, Floats]:
    """A bound of the cost that holds whatever the solver's precision, and its duals."""
    found = Relaxation(arrays, until, inside=True).solve()
    if found is None:
        return -math.inf, np.zeros(arrays.rows)
    return safe_bound(arrays, found.row_duals), found.row_duals


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


def _whole_lots(problem: Problem, arrays: Arrays, values: Floats) -> Floats:
    """The values with lots begun taken whole, as the schedule has them."""
    lots = np.array(sorted(problem.lots.values()), dtype=np.int64)
    whole = values.copy()
    whole[lots] = np.ceil(values[lots] - 1e-6)
    return whole


def _tell(
    say: Callable[[str], None], arrays: Arrays, structure: Structure, values: Floats, bound: float
) -> float:
    """Says what is known; the gap."""
    objective = arrays.objective(values)
    unmet = round(float(values[structure.unmet].sum()))
    if not math.isfinite(bound):
        say(f"{unmet} unmet, cost {objective:,.0f}, no bound yet")
        return math.inf
    gap = (objective - bound) / max(abs(objective), 1e-9)
    say(f"{unmet} unmet, cost {objective:,.0f}, bound {bound:,.0f}, gap {100 * gap:.2f} %")
    return gap


def _least_unmet(arrays: Arrays, structure: Structure, until: float) -> float:
    """The least weight of unmet doses that the relaxation proves; weights are whole numbers."""
    cost = np.zeros(arrays.columns)
    cost[structure.unmet] = structure.weight
    doses = replace(arrays, cost=cost, constant=0.0)
    found = Relaxation(doses, max(until, perf_counter() + 10.0), inside=True).solve()
    if found is None:
        return 0.0
    return float(math.ceil(safe_bound(doses, found.row_duals) - 1e-6))
