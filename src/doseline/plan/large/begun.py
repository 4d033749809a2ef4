"""The first schedule of a large plan, made good enough for a search by small pieces.

Of one product, the batches of all weeks are set at once and stretches of some weeks are planned
anew. Of several, lines change from one to the next: the batches are searched for by pieces in which
orders need not be whole, and shares of what is paid once stand for the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from doseline.plan.large.folded import Folded, dived_in_time, first_schedule, nearest
from doseline.plan.large.stretches import FEW, NEAR, planned_anew, stretches
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Ints
from doseline.plan.solving.neighbours import Neighbourhoods
from doseline.plan.solving.rolling import rolled
from doseline.plan.solving.rounded import broken, in_time, whole_orders
from doseline.plan.solving.structure import Structure

PASSES = 2
"""So often all stretches are planned anew."""

_STRETCH = 0.4  # of the time is for some stretches side by side
UNMET = 0.01
"""With more of the doses unmet another beginning is better."""

_RELAXED = 0.2  # of the time is for shares
_SHARES = 6  # times they are set before batches are searched for
_SMALL = 60  # orders a share of days
_DIVED = 0.35  # of the time, at most, is for shares and a dive
_PRODUCT = 6.0  # [s]
_IN_TURN = 2  # times each other product at most
_BATCHES = 0.6  # of the time is for batches alone
_PIECE = 18.0  # places in a piece without charges: it is soon solved
_BETWEEN, _ROUNDS = 8.0, 30  # after so long [s], or so many rounds, shares are set anew


@dataclass(frozen=True)
class Beginning:
    """What a first schedule is made from. `arrays` carry a price on each unmet dose.

    `days` are those of the orders, `lots` the columns of lots of isotope; `pool` gives the threads
    there are for it now.
    """

    arrays: Arrays
    structure: Structure
    folded: Folded
    days: Ints
    lots: Ints
    until: float
    seed: int
    pool: Callable[[], ThreadPoolExecutor]
    say: Callable[[str], None]

    def search(self, start: Floats) -> Neighbourhoods:
        """A search by pieces from some values."""
        return Neighbourhoods(self.arrays, self.structure, start, self.seed)


def by_stretches(given: Beginning, passes: int = PASSES) -> Neighbourhoods:
    """One product: all batches at once, then the stretches, each time across the ends of the last.

    Where that leaves too many doses unmet, as where lines differ or isotope is short, it begins as
    with several products.
    """
    arrays, structure, until = given.arrays, given.structure, given.until
    start, dear = first_schedule(given.folded, arrays, structure, until)
    if start is None or start[structure.unmet].mean() > UNMET:
        return by_days(replace(given, folded=given.folded.anew(until)))
    search = given.search(start)
    near, few = (nearest(structure, dear, count) for count in (NEAR, FEW))
    given.say(f"a first schedule, cost {arrays.objective(start):,.0f}")
    for n in range(passes):
        parts = stretches(structure, n % 2 == 1)
        for side in (0, 1):
            best, pool, now = search.best, given.pool(), perf_counter()
            soon = now + _STRETCH * (until - now)
            asked = [
                pool.submit(
                    planned_anew,
                    arrays,
                    structure,
                    best.values,
                    best.sums,
                    part,
                    near,
                    few,
                    given.folded.charges,
                    soon,
                )
                for part in parts[side::2]
            ]
            for one in asked:
                found = one.result()
                if found is None:
                    search.by_the_clock = search.by_the_clock or perf_counter() > soon
                else:
                    search.take(*found)
            given.say(f"stretches planned anew, cost {search.best.objective:,.0f}")
    return search


def by_days(given: Beginning) -> Neighbourhoods:
    """Several products: a few days after a few days, then batches alone, then orders whole.

    Batches are planned anew for each product, over all weeks, then by pieces.
    """
    folded, structure, arrays, until = given.folded, given.structure, given.arrays, given.until
    began = perf_counter()
    folded.relaxation.stop_at(began + _RELAXED * (until - began))
    found = folded.relaxation.solve()
    for _ in range(_SHARES):
        if found is None:
            break
        folded.share_anew(found.values)
        found = folded.relaxation.solve()
    parted = _parted(given)
    start = None
    if found is not None:
        start = dived_in_time(folded, structure, found, began + _DIVED * (until - began))
    if start is None or broken(parted, start, parted.sums(start)).any():
        start = rolled(parted, structure, given.days, until, given.say, _SMALL)
    batches = Neighbourhoods(parted, structure, start, given.seed, _PIECE)
    given.say(f"batches begun, cost {batches.best.objective:,.0f} before freight is whole")
    enough = began + _BATCHES * (until - began)
    _each_product(given, batches, enough)
    while perf_counter() < enough:
        before = batches.best.objective
        batches.search(min(enough, perf_counter() + _BETWEEN), _ROUNDS, given.pool())
        if batches.best.objective >= before:
            break
        folded.share_anew(batches.best.values)
        batches.among(_parted(given), batches.best.values)
        given.say(f"batches planned, cost {batches.best.objective:,.0f} before freight is whole")
    unfolded = folded.unfolded(batches.best.values)
    whole = whole_orders(arrays, structure, unfolded, in_time(until))
    if whole is None or broken(arrays, whole, arrays.sums(whole)).any():
        whole = rolled(arrays, structure, given.days, until, given.say)
    search = given.search(whole)
    search.by_the_clock = True  # each share of days, and the search for batches, has so much time
    return search


def _each_product(given: Beginning, batches: Neighbourhoods, until: float) -> None:
    """The batches of each product anew, those of all others kept; as many at a time as can be.

    Then, while doses are unmet, those of their product and of one other in turn.
    """
    structure = given.structure
    kinds = [np.flatnonzero(structure.kind == k) for k in np.unique(structure.kind)]
    half = (len(kinds) + 1) // 2
    for n in range(half):
        if perf_counter() > until:
            return
        batches.plan_anew(kinds[n::half], _PRODUCT, given.pool())
        given.folded.share_anew(batches.best.values)
        batches.among(_parted(given), batches.best.values)
        given.say(f"products planned anew, cost {batches.best.objective:,.0f}")
    for n in range(_IN_TURN * len(kinds)):
        unmet = np.flatnonzero(batches.best.values[structure.unmet] > UNMET)
        able = [i for i in unmet.tolist() if structure.choices_of_order[i].size]
        if not able or perf_counter() > until:
            return
        first = structure.choices_of_order[able[n % len(able)]][0]
        mine = structure.kind == structure.kind[structure.place[first]]
        other = np.concatenate([np.flatnonzero(mine), kinds[n % len(kinds)]])
        batches.plan_anew([np.unique(other)], 2.0 * _PRODUCT, given.pool())
        given.say(f"two products planned anew, cost {batches.best.objective:,.0f}")


def _parted(given: Beginning) -> Arrays:
    """The problem without charges, its orders and lots not whole: only batches are."""
    arrays, structure = given.folded.arrays, given.structure
    whole = arrays.whole.copy()
    for columns in (structure.serve, structure.unmet, given.lots):
        whole[columns] = False
    return replace(arrays, whole=whole)
