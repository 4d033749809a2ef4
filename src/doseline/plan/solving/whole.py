"""Plans of some hundred orders: a search finds a schedule, cuts and branch and bound prove it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Event
from time import perf_counter

import numpy as np
from scipy import sparse

from doseline.plan.model.matrix import Floats
from doseline.plan.proof.duals import Duals
from doseline.plan.solving.arrays import Arrays, Ints
from doseline.plan.solving.dive import whole_batches
from doseline.plan.solving.neighbours import Neighbourhoods, priced
from doseline.plan.solving.relaxation import Relaxation
from doseline.plan.solving.rolling import rolled
from doseline.plan.solving.rounded import broken, nothing_made, whole_orders
from doseline.plan.solving.solve import WHOLE_UNITS, Ended, Limits, Solution, solve
from doseline.plan.solving.strengthen import Strengthened
from doseline.plan.solving.structure import Structure

ROUNDS = 60
"""So many rounds of pieces are tried before branch and bound, two pieces each."""

BESIDE = 1500
"""So many at most beside it."""

FIRST = 4
"""So many with few orders, for doses that are unmet: pieces soon are half of the whole."""

FEW = 10
"""So many for the cost where branch and bound has met more doses, or was not quick."""

QUICK = 200
"""Branch and bound that looks no more often than this whether to stop is quick."""

_SEARCHING, _DIVING, _ROLLING = 0.15, 0.1, 0.4  # shares of the time that is left


@dataclass
class Search:
    """A search for schedules of one problem, and the best that it has found."""

    neighbours: Neighbourhoods
    begun_by_the_clock: bool = False

    @property
    def by_the_clock(self) -> bool:
        """Whether the clock has had a say in the values."""
        return self.begun_by_the_clock or self.neighbours.by_the_clock

    @property
    def values(self) -> Floats:
        """The best values found."""
        return self.neighbours.best.values

    def go_on(
        self, until: float, rounds: int | None = None, stop: Callable[[], bool] = lambda: False
    ) -> None:
        """Plan pieces anew for a share of the time, `ROUNDS` at most or fewer."""
        most = ROUNDS if rounds is None else min(rounds, ROUNDS)
        now = perf_counter()
        with ThreadPoolExecutor(2) as pool:
            self.neighbours.search(now + _SEARCHING * (until - now), most, pool, stop)


def begun(
    strong: Strengthened,
    arrays: Arrays,
    structure: Structure,
    limits: Limits,
    days: Ints | None = None,
    start: Floats | None = None,
) -> Search:
    """A search from whole values: those to start from, or those of a dive from the relaxation.

    Where a dive finds nothing, or has no time, orders are planned a few days at a time by their
    `days`; without these nothing is made.
    """
    clock = strong.by_the_clock
    if start is None:
        start, clock = _begun(strong, arrays, structure, limits.seconds, days)
    return Search(Neighbourhoods(priced(arrays, structure), structure, start, limits.seed), clock)


def _begun(
    strong: Strengthened, arrays: Arrays, structure: Structure, until: float, days: Ints | None
) -> tuple[Floats, bool]:
    """Whole values of a dive, or of days after days; whether the clock had a say in them."""
    now, dear = perf_counter(), priced(arrays, structure)
    strong.relaxation.stop_at(now + _DIVING * (until - now))
    made, kind = structure.made, structure.kind
    dived = whole_batches(strong.relaxation, strong.root, arrays, made, kind)
    found, clock = None, dived is None or strong.by_the_clock
    if dived is not None:
        seconds = _DIVING * (until - perf_counter())
        began = perf_counter()
        found = whole_orders(dear, structure, dived.values, seconds)
        clock |= perf_counter() - began > 0.9 * seconds
    if found is not None and not broken(arrays, found, arrays.sums(found)).any():
        return found, clock
    if days is None:
        return nothing_made(dear, structure), clock
    left = perf_counter() + _ROLLING * (until - perf_counter())
    return rolled(dear, structure, days, left), True


def with_cuts(held: Arrays, strong: Strengthened, rows: int) -> Arrays:
    """The arrays of a problem as it stands, with the cuts of its first rows behind them."""
    if not strong.cuts:
        return held
    cuts = strong.arrays
    return replace(
        held,
        by_row=sparse.vstack([held.by_row, cuts.by_row[rows:]], format="csr"),
        row_lower=np.concatenate([held.row_lower, cuts.row_lower[rows:]]),
        row_upper=np.concatenate([held.row_upper, cuts.row_upper[rows:]]),
    )


def proven_beside_search(
    cut: Arrays, search: Search, start: Floats, limits: Limits, say: Callable[[str], None]
) -> Solution:
    """Branch and bound in one thread, the search by pieces in another.

    Where branch and bound ends by itself, at its gap or after its nodes, its answer is taken, so
    that the same problem has the same answer on every machine. Where the clock ends it, the better
    of the two is.
    """
    done = Event()

    def proved() -> Solution:
        try:
            left = limits.seconds - perf_counter()
            return solve(cut, replace(limits, seconds=left), start, searching=False)
        finally:
            done.set()

    neighbours = search.neighbours
    with ThreadPoolExecutor(1) as pool:
        found: Future[Solution] = pool.submit(proved)
        with ThreadPoolExecutor(1) as one:
            while not done.is_set() and neighbours.rounds < BESIDE:
                before = neighbours.rounds
                until = min(limits.seconds, perf_counter() + 5.0)
                neighbours.search(until, BESIDE - before, one, done.is_set)
                if neighbours.rounds == before:
                    break
        solution = found.result()
    if solution.ended is not Ended.BY_THE_CLOCK:
        return solution
    return _best_of(cut, search, solution, say)


def proven_with_cuts(
    cut: Arrays, search: Search, start: Floats, limits: Limits, say: Callable[[str], None]
) -> Solution:
    """Branch and bound; where it is not quick, pieces from there, and then all of its work."""

    def solved(looks: int, values: Floats) -> Solution:
        left = limits.seconds - perf_counter()
        return solve(cut, replace(limits, seconds=left, looks=looks), values)

    solution = solved(min(QUICK, limits.looks), start)
    if solution.ended is not Ended.STOPPED or not solution.values.size:
        return solution
    search.neighbours.or_from(solution.values)
    search.go_on(limits.seconds, FEW)
    best = _best_of(cut, search, solution, say)
    again = solved(limits.looks, best.values)
    again = replace(again, bound=max(again.bound, best.bound))
    if again.values.size and again.objective <= best.objective:
        return again
    return replace(again, values=best.values, objective=best.objective)


def as_found(cut: Arrays, search: Search, values: Floats) -> Solution:
    """What a search has found, without branch and bound: it bounds nothing."""
    ended = Ended.BY_THE_CLOCK if search.by_the_clock else Ended.STOPPED
    rounds = search.neighbours.rounds
    return Solution(ended, values, cut.objective(values), -np.inf, np.zeros(0), 0, rounds)


def _best_of(
    cut: Arrays, search: Search, solution: Solution, say: Callable[[str], None]
) -> Solution:
    values = search.values
    objective = cut.objective(values)
    if solution.values.size:
        say(f"cost {solution.objective:,.0f} by branch and bound, {objective:,.0f} by pieces")
    if broken(cut, values, cut.sums(values)).any():
        return solution
    if solution.values.size and solution.objective <= objective:
        return solution
    return replace(solution, values=values, objective=objective)


def duals_of(cut: Arrays, strong: Strengthened, rows: int, until: float) -> tuple[Duals, float]:
    """What rows and cuts are worth in the relaxation of a problem, in cents, and its bound."""
    found = Relaxation(cut, until).solve()
    if found is None:
        return Duals(np.zeros(rows)), -np.inf
    duals = found.row_duals / WHOLE_UNITS
    return Duals(duals[:rows], strong.cuts, np.maximum(duals[rows:], 0.0)), found.objective
