"""A first schedule of one product from the relaxation of the whole, which is the bound as well.

The relaxation is solved with few choices open at first (`sifted.py`). A dive from it makes batches
whole, and shares of what is paid once place the orders that it serves in parts. Beside it, a
schedule without those charges is at hand sooner, and prices of orders that begin at the
relaxation's duals lift the bound beyond it: at a place batches and packages come whole.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from time import perf_counter

import numpy as np

from doseline.plan.large.begun import UNMET, Beginning, by_days
from doseline.plan.large.climbing import Prices, climbed
from doseline.plan.large.folded import Folded, nearest, whole_from, whole_from_shares, with_shares
from doseline.plan.large.places_apart import PlacesApart, priceable
from doseline.plan.large.sifted import Sifted
from doseline.plan.large.swept import Swept
from doseline.plan.large.threads import Threads
from doseline.plan.model.matrix import Floats
from doseline.plan.model.variables import Problem
from doseline.plan.proof.duals import Duals
from doseline.plan.solving.arrays import Arrays, Flags
from doseline.plan.solving.dive import whole_batches, whole_columns
from doseline.plan.solving.neighbours import Neighbourhoods
from doseline.plan.solving.relaxation import Relaxed
from doseline.plan.solving.structure import Structure

_NEAR = 2  # choices of an order open at first
_SEARCHED = 8  # choices of an order that pieces have, beside those it takes
_SHARES, _FIRST, _DIVED = 0.2, 0.5, 0.7  # of the time, at most, is over when they end
_STEPS, _PACE, _MEMORY = 300, 1e-4, 0.05
_PATIENCE = 8.0  # prices here are beside all else: they may take longer than those that begin


def by_relaxation(
    problem: Problem, arrays: Arrays, given: Beginning, threads: Threads
) -> Neighbourhoods:
    """A search from the better of the two schedules; by days where both leave doses unmet.

    `arrays` are those of the problem, with no price on doses unmet.
    """
    folded, structure, now = given.folded, given.structure, perf_counter()
    whole = given.until - now
    shares = with_shares(folded, now + _SHARES * whole)
    near = near_by(folded, structure, shares)
    first = given.pool().submit(_first, given, shares, now + _FIRST * whole)
    sifted = Sifted(arrays, folded.charges, structure.serve, near, given.until)
    root, dived = sifted.solve(), None
    if root is None:
        threads.bounded(sifted.proven, Duals(sifted.duals))
    else:
        given.say(f"the relaxation costs {sifted.proven:,.0f}")
        duals = Duals(sifted.duals)
        threads.beside(partial(beyond, problem, arrays, given, sifted.proven, duals))
        dived = _dived(sifted, root, arrays, given, now + _DIVED * whole)
    starts = [start for start in (first.result(), dived) if start is not None]
    best = min(starts, key=given.arrays.objective, default=None)
    if best is None or best[structure.unmet].mean() > UNMET:
        search = by_days(replace(given, folded=folded.anew(given.until)))
        if best is not None:
            search.or_from(best)
        return search
    if structure.shared.size:  # what is counted over a year hangs on many batches at once
        search = given.search(best)
    else:
        reduced = arrays.cost - arrays.by_row.T @ sifted.duals
        search = Swept(_among_near(given, best, reduced), structure, best, given.seed)
    search.by_the_clock = len(starts) < 2
    return search


def near_by(folded: Folded, structure: Structure, found: Relaxed | None) -> Flags:
    """The choices to begin the whole relaxation with: the least dear without charges, if known."""
    if found is None:
        return np.ones(len(structure.serve), dtype=np.bool_)
    return nearest(structure, folded.dear(found), _NEAR)


def _first(given: Beginning, shares: Relaxed | None, until: float) -> Floats | None:
    """A schedule from the relaxation without charges."""
    if shares is None:
        return None
    found = whole_from_shares(given.folded, given.arrays, given.structure, shares, until)
    if found is not None:
        given.say(f"a first schedule, cost {given.arrays.objective(found):,.0f}")
    return found


def _dived(
    sifted: Sifted, root: Relaxed, arrays: Arrays, given: Beginning, until: float
) -> Floats | None:
    """A schedule from a dive; None where the clock stopped it."""
    structure = given.structure
    sifted.stop_at(until)
    found = whole_batches(sifted, root, arrays, structure.made, structure.kind)
    found = whole_columns(sifted, found, arrays, structure.how)
    found = None if found is None else sifted.solve_on()
    if found is None:
        return None
    given.say(f"batches whole, cost {found.objective:,.0f} with orders in parts")
    folded = given.folded.anew(until)
    dived = whole_from(folded, given.arrays, structure, found.values, until)
    if dived is not None:
        given.say(f"orders whole, cost {given.arrays.objective(dived):,.0f}")
    return dived


def beyond(
    problem: Problem,
    arrays: Arrays,
    given: Beginning,
    bound: float,
    duals: Duals,
    steps: int = _STEPS,
) -> tuple[float, Duals]:
    """A bound beyond that of some duals, by prices that begin at them, and those duals."""
    structure, charges = given.structure, given.folded.charges
    if not priceable(problem, arrays, structure, charges, _PATIENCE):
        return bound, duals
    apart = PlacesApart(problem, arrays, structure, charges)
    orders, dues = duals.rows[apart.order_rows], np.maximum(-duals.rows[apart.shared], 0.0)
    nothing = np.zeros(len(apart.most))
    at = Prices(orders, dues, bound, nothing)
    found = climbed(apart, at, nothing, apart.most, steps, _PACE, _MEMORY, given.until)
    return max(bound, found.bound), duals


def _among_near(given: Beginning, values: Floats, reduced: Floats) -> Arrays:
    """The arrays with the choices shut that the relaxation finds dear; orders unmet keep all."""
    arrays, structure, charges = given.arrays, given.structure, given.folded.charges
    kept = nearest(structure, reduced, _SEARCHED) | (values[structure.serve] > 0.5)
    kept |= values[structure.unmet][structure.order] > 0.5
    upper = arrays.upper.copy()
    upper[structure.serve[~kept]] = arrays.lower[structure.serve[~kept]]
    idle = np.setdiff1d(charges.paid, charges.paid[np.isin(charges.serve, structure.serve[kept])])
    upper[idle] = arrays.lower[idle]
    return replace(arrays, upper=upper)
