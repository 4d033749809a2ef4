"""Plans of many orders: a relaxation gives the bound, pieces make a first schedule better.

The relaxation of the whole, or of some weeks at a time, bounds the cost from below, or prices of
orders do (`opening.py`), at which batches of several products are opened. The schedule else
begins with one dive from it, or without what is paid once for several doses (`begun.py`); then
pieces of it are planned anew (`plan/solving/neighbours.py`), as long as time or work is left.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import perf_counter

import numpy as np

from doseline.plan.large.begun import PASSES, Beginning, by_days, by_stretches
from doseline.plan.large.branched import lifted_by
from doseline.plan.large.climbing import MEMORY, PACE, STEPS, climbed, first_prices
from doseline.plan.large.folded import Charges, Folded, charges_of
from doseline.plan.large.from_relaxation import beyond, by_relaxation, near_by
from doseline.plan.large.lines_together import duals_together, unlike_lines
from doseline.plan.large.lots_filled import lots_filled
from doseline.plan.large.opening import by_prices
from doseline.plan.large.places_apart import PlacesApart, priceable
from doseline.plan.large.sharpened import duals_sharpened, sharpened
from doseline.plan.large.threads import Threads
from doseline.plan.large.weeks_apart import duals_by_weeks
from doseline.plan.model.matrix import Floats
from doseline.plan.model.variables import Problem
from doseline.plan.proof.duals import Duals
from doseline.plan.solving.arrays import Arrays, Flags, Ints
from doseline.plan.solving.neighbours import Neighbourhoods, priced
from doseline.plan.solving.relaxation import Relaxation, safe_bound
from doseline.plan.solving.solve import Ended, Limits, Solution
from doseline.plan.solving.structure import Structure, structure_of

AT_ONCE = 6000
COLUMNS = 120_000
"""More orders or columns than these, or several products, do not begin with a dive from all."""

ROUNDS = 2000
"""So many rounds of pieces are tried at most."""

_SCARCE = {"isotope offer", "plant possession"}
_PRICED, _SHARPENED, _BOUNDED, _BRANCHED = 0.25, 0.3, 0.4, 0.6
"""Of the time, at most, so much is over when prices of orders, their cuts, their duals, and what
whole batches add are there."""

_STEPS = 100  # of prices, from the duals of some weeks each
_WEIGHED = 10.0  # [s] at least for what doses cannot be met
_FILLING = 0.015  # of the time is for whole lots to be used up
_DEAREST = 0.999
_UNPACKED = 0.01  # of a bulk
_LITTLE = 0.02  # of an offer or a licence


def solved_by_pieces(
    problem: Problem, arrays: Arrays, limits: Limits, say: Callable[[str], None]
) -> tuple[Solution, float, Duals]:
    """The best values found with a bound on their cost, and the least weight of unmet doses.

    Third come the duals that the bound follows from.

    The costs of `arrays` are in whole units of the currency; `limits.seconds` is a reading of
    `perf_counter`. The weight is that which the relaxation proves. The relaxation is solved in one
    thread while another looks for a schedule.
    """
    structure, until, began = structure_of(problem), limits.seconds, perf_counter()
    loose = priced(packable(problem, without_lots(problem, arrays)), structure)
    charges = charges_of(problem, arrays)
    least = float(structure.weight @ arrays.lower[structure.unmet])
    with Threads() as threads:
        search = _begun(problem, arrays, loose, structure, charges, limits, threads, say)
        known = threads.bound()[0] if threads.done() else -math.inf
        _tell(say, arrays, structure, search.best.values, known)
        last = until - _FILLING * max(0.0, until - began)
        _searching(search, arrays, last, limits.gap, threads, say)
        bound, duals = threads.bound()
    values = whole_lots(problem, arrays, search.best.values)
    values = lots_filled(problem, arrays, structure, charges, values, until)
    objective = arrays.objective(values)
    clock = search.by_the_clock or perf_counter() >= until
    same_again = search.rounds >= ROUNDS and not clock
    ended = Ended.STOPPED if same_again else Ended.BY_THE_CLOCK
    if objective - bound <= limits.gap * abs(objective) and same_again:
        ended = Ended.OPTIMAL
    reached = float(structure.weight @ values[structure.unmet])
    if reached > least + 0.5:
        least = max(least, _least_unmet(arrays, structure, reached, until))
    found = Solution(ended, values, objective, bound, duals.rows, 0, search.rounds)
    return found, least, duals


def _begun(
    problem: Problem,
    arrays: Arrays,
    loose: Arrays,
    structure: Structure,
    charges: Charges,
    limits: Limits,
    threads: Threads,
    say: Callable[[str], None],
) -> Neighbourhoods:
    """A first schedule, with the bound there already or being worked out beside it."""
    until, several = limits.seconds, np.unique(structure.kind).size > 1
    folded = Folded(loose, charges, until)
    days = np.array([o.wanted_on.toordinal() for o in problem.sets.orders], dtype=np.int64)
    lots = np.array(sorted(problem.lots.values()), dtype=np.int64)
    beginning = Beginning(
        loose, structure, folded, days, lots, until, limits.seed, threads.free, say
    )
    bulk = bool(charges.bulk.size)  # doses are cut up to fill it: a dive from all leaves some out
    few = len(structure.unmet) <= AT_ONCE
    if several and priceable(problem, arrays, structure, charges):
        found = _at_prices(problem, arrays, beginning, threads)
        if found is not None:
            return found
    if few and arrays.columns <= COLUMNS and not (several or bulk):
        return by_relaxation(problem, arrays, beginning, threads)
    unlike = unlike_lines(problem)
    if threads.asked:  # prices give it, and no schedule
        return by_days(beginning)
    if unlike and few:
        rows = charges.orders
        threads.beside(partial(_lines_together, problem, arrays, structure, rows, until))
    elif several or bulk or structure.shared.size:
        threads.beside(partial(_relaxed, arrays, until))
    else:
        root = folded.relaxation.solve()
        dose = root.objective / max(1, len(structure.unmet)) if root else 0.0
        near = near_by(folded, structure, root)
        threads.beside(partial(_by_weeks, problem, arrays, beginning, near, dose))
    if several:
        return by_days(beginning)
    return by_stretches(beginning, 0 if bulk or unlike else PASSES)


def _at_prices(
    problem: Problem, arrays: Arrays, beginning: Beginning, threads: Threads
) -> Neighbourhoods | None:
    """Several products: prices of orders give the bound, and batches are opened at them.

    None where the time is too short, or what has no price binds.
    """
    structure, until = beginning.structure, beginning.until
    apart = PlacesApart(problem, arrays, structure, beginning.folded.charges)
    now, nothing = perf_counter(), np.zeros(len(apart.most))
    whole = until - now
    stop = now + _PRICED * whole
    prices = climbed(apart, first_prices(apart), nothing, apart.most, STEPS, PACE, MEMORY, stop)
    if perf_counter() > stop:
        return None
    step = (perf_counter() - now) / STEPS
    at, sharp = (prices.orders, prices.dues), now + _SHARPENED * whole
    found = sharpened(problem, apart, beginning.folded.charges, at, threads.both(), sharp)
    left = now + _BOUNDED * whole - perf_counter()
    bound, duals = duals_sharpened(problem, apart, found, prices.dues, left)
    if duals.rows[apart.unpriced].any():
        return None
    beginning.say(f"bound {prices.bound:,.0f}, with {len(duals.cuts)} cuts {bound:,.0f}")
    branched = now + _BRANCHED * whole
    threads.beside(lambda: (bound + lifted_by(found.products, branched), duals))
    prices = replace(prices, batches=found.batches(prices.batches))
    if (prices.orders >= _DEAREST * apart.dear).any():  # a dose counts for more than its penalty
        apart = apart.with_unmet_at(beginning.arrays.cost[structure.unmet])
        prices = climbed(apart, prices, nothing, apart.most, STEPS, PACE, MEMORY, until)
    return by_prices(beginning, apart, prices, step)


def _searching(
    search: Neighbourhoods,
    arrays: Arrays,
    until: float,
    gap: float,
    threads: Threads,
    say: Callable[[str], None],
) -> None:
    """Tries pieces until time or rounds are over, or the gap is reached."""
    structure = search.structure
    least = float(structure.weight @ arrays.lower[structure.unmet])
    while search.rounds < ROUNDS and perf_counter() < until - 0.05:
        before = search.rounds
        search.search(min(until, perf_counter() + 5.0), ROUNDS - before, threads.free())
        bound = threads.bound()[0] if threads.done() else -math.inf
        reached = _tell(say, arrays, structure, search.best.values, bound)
        unmet = float(structure.weight @ search.best.values[structure.unmet])
        if search.rounds == before or (reached <= gap and unmet <= least + 0.5):
            return


def _relaxed(arrays: Arrays, until: float) -> tuple[float, Duals]:
    """A bound of the cost that holds whatever the solver's precision, and its duals."""
    found = Relaxation(arrays, until, inside=True).solve()
    if found is None:
        return -math.inf, Duals(np.zeros(arrays.rows))
    return safe_bound(arrays, found.row_duals), Duals(found.row_duals)


def _lines_together(
    problem: Problem, arrays: Arrays, structure: Structure, order_rows: Ints, until: float
) -> tuple[float, Duals]:
    """The same from the relaxation in which lines that differ stand together."""
    duals = duals_together(problem, arrays, structure, order_rows, until)
    return safe_bound(arrays, duals), Duals(duals)


def _by_weeks(
    problem: Problem, arrays: Arrays, given: Beginning, near: Flags, dose: float
) -> tuple[float, Duals]:
    """The same from the relaxations of some weeks each, and from prices that begin at its duals."""
    structure, charges = given.structure, given.folded.charges
    duals = duals_by_weeks(arrays, structure, charges, near, dose, given.until)
    return beyond(problem, arrays, given, safe_bound(arrays, duals), Duals(duals), _STEPS)


def without_lots(problem: Problem, arrays: Arrays) -> Arrays:
    """The arrays with lots that need not be whole; they are counted anew for the schedule.

    What limits lots, an offer or a licence, is lowered by one lot of each column, so that lots can
    be taken whole at the end. Where that is more than a little of a limit they stay whole.
    """
    lots = np.zeros(arrays.columns)
    lots[list(problem.lots.values())] = 1.0
    lots[arrays.lower >= arrays.upper] = 0.0
    limited = np.array([limit.rule in _SCARCE for limit in problem.matrix.limits], dtype=np.bool_)
    rounding = np.where(limited, abs(arrays.by_row) @ lots, 0.0)
    upper = arrays.row_upper - rounding
    little = rounding <= _LITTLE * np.abs(arrays.row_upper)
    if not (little & (arrays.sums(arrays.lower) <= upper))[rounding > 0.0].all():
        return arrays
    whole = arrays.whole & (lots == 0.0)
    return replace(arrays, whole=whole, row_upper=upper)


def packable(problem: Problem, arrays: Arrays) -> Arrays:
    """The arrays with a little of each bulk left free where a place holds several batches.

    The room of all of them is one to the model, but a dose is not cut up between two.
    """
    slots = {p.slot.id for p in problem.sets.places if p.twins}
    by_row = arrays.by_row.copy()
    for row, limit in enumerate(problem.matrix.limits):
        if limit.rule == "bulk" and limit.where in slots:
            here = slice(by_row.indptr[row], by_row.indptr[row + 1])
            held = by_row.data[here]
            by_row.data[here] = np.where(held < 0.0, (1.0 - _UNPACKED) * held, held)
    return replace(arrays, by_row=by_row)


def whole_lots(problem: Problem, arrays: Arrays, values: Floats) -> Floats:
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


def _least_unmet(arrays: Arrays, structure: Structure, reached: float, until: float) -> float:
    """The least weight of unmet doses that a relaxation proves; weights are whole numbers.

    What orders and sites allow by themselves is soon known; where that leaves less unmet than was
    `reached`, the whole is asked.
    """
    cost = np.zeros(arrays.columns)
    cost[structure.unmet] = structure.weight
    doses = replace(arrays, cost=cost, constant=0.0)
    others = np.ones(arrays.columns)
    others[structure.serve] = others[structure.unmet] = 0.0
    kept = np.flatnonzero(abs(arrays.by_row) @ others == 0.0)
    alone = replace(
        doses,
        by_row=arrays.by_row[kept],
        row_lower=arrays.row_lower[kept],
        row_upper=arrays.row_upper[kept],
    )
    stop, least = max(until, perf_counter() + _WEIGHED), 0.0
    for relaxed in (alone, doses):
        found = Relaxation(relaxed, stop, inside=relaxed is doses).solve()
        if found is not None:
            bound = math.ceil(safe_bound(relaxed, found.row_duals) - 1e-6)
            least = max(least, float(bound))
        if reached < least + 0.5:
            break
    return least
