"""One search for plans at a price of unsecured doses: as a whole, or by pieces."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from doseline.plan.failures.second_chances import SecondChances
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Flags, Ints, arrays_of
from doseline.plan.solving.neighbours import Neighbourhoods
from doseline.plan.solving.relaxation import Relaxation, safe_bound
from doseline.plan.solving.rounded import broken
from doseline.plan.solving.solve import WHOLE_UNITS, Ended, Limits, Solution, solve
from doseline.plan.solving.structure import Structure, structure_of

_ROUNDS = 400
"""So many rounds of pieces at a price, two pieces each."""

_LEAST, _MORE = 10.0, 22.0
"""A piece has so many places at least, and up to so many more."""


@dataclass(frozen=True, slots=True)
class Step:
    """Values found, and what cost and price come to at least, in cents, where that is proven."""

    values: Floats
    bound_cents: int | None
    by_the_clock: bool


def started_from(chances: SecondChances, values: Floats) -> Floats:
    """Values of a plan with what has not been searched for yet: nobody is served again.

    What can be ordered anew after a failure stays what was ordered before it.
    """
    fresh = values.copy()
    for column, old in chances.copies.items():
        if fresh[column] == 0.0:
            fresh[column] = fresh[old]
    return fresh


def by_solver(chances: SecondChances, price_cents: int, start: Floats, limits: Limits) -> Step:
    """Branch and bound on the whole; `limits.seconds` is when the clock ends it."""
    arrays = _arrays(chances, price_cents)
    left = replace(limits, seconds=limits.seconds - perf_counter())
    found = solve(arrays, left, start)
    bound = None
    if np.isfinite(found.bound):
        bound = round(found.bound / WHOLE_UNITS)
    values = found.values if found.values.size else start
    return Step(values, bound, found.ended is Ended.BY_THE_CLOCK)


def by_pieces(chances: SecondChances, price_cents: int, start: Floats, limits: Limits) -> Step:
    """A search by pieces of one to three products; `limits.seconds` is when the clock ends it."""
    arrays = _arrays(chances, price_cents)
    if broken(arrays, start, arrays.sums(start)).any():
        return Step(start, None, False)
    search = _Products(arrays, _structure(chances), start, limits.seed)
    with ThreadPoolExecutor(2) as pool:
        search.search(limits.seconds, _ROUNDS, pool)
    return Step(search.best.values, None, search.by_the_clock)


def at_prices(chances: SecondChances, prices_cents: Sequence[int]) -> dict[int, Arrays]:
    """The problem as it stands at each price, for `relaxed`."""
    return {price: _arrays(chances, price) for price in sorted(prices_cents)}


def relaxed(priced: Mapping[int, Arrays], ties_cents: int, until: float) -> dict[int, int]:
    """What cost and price come to at least in the relaxation, by price; all in cents.

    The prices are taken in their order, each beginning where the one before ended. Those that the
    clock leaves no time for are left out. Failures written afterwards only raise it.
    """
    found: dict[int, int] = {}
    relaxation = None
    for price, arrays in priced.items():
        if relaxation is None:
            relaxation = Relaxation(arrays, until)
        relaxation.cost(arrays.cost)
        least = relaxation.solve()
        if least is None:
            break
        bound = safe_bound(arrays, least.row_duals) / WHOLE_UNITS
        found[price] = math.floor(bound) - ties_cents
    return found


def _arrays(chances: SecondChances, price_cents: int) -> Arrays:
    priced = arrays_of(chances.priced(float(price_cents)))
    constant = priced.constant * WHOLE_UNITS
    return replace(priced, cost=priced.cost * WHOLE_UNITS, constant=constant)


def _structure(chances: SecondChances) -> Structure:
    """The structure of the problem, with all that follows a failure at both places it concerns."""
    plain = structure_of(chances.problem)
    more: dict[int, list[int]] = defaultdict(list)
    for failed, stands_in, column in chances.own:
        more[failed].append(column)
        more[stands_in].append(column)
    added = np.array([column for _, _, column in chances.own], dtype=np.int64)
    own = tuple(
        np.unique(np.concatenate([mine, np.array(more[s], dtype=np.int64)]))
        for s, mine in enumerate(plain.own)
    )
    return replace(plain, own=own, shared=np.setdiff1d(plain.shared, added))


class _Products(Neighbourhoods):
    """Pieces of one to three products around a time: doses stand in within their own product."""

    def _places(self, taken: Flags) -> Ints:
        structure, used = self.structure, self._used
        seed = self._one_of(used)
        kinds = np.unique(structure.kind[used])
        chosen, wanted = {int(structure.kind[seed])}, 1 + int(3 * self._uniform())
        while len(chosen) < min(wanted, kinds.size):
            chosen.add(self._one_of(kinds))
        count = int(_LEAST + _MORE * self._uniform())
        pool = used[~taken[used] & np.isin(structure.kind[used], sorted(chosen))]
        away = np.abs(structure.at[pool] - structure.at[seed])
        return np.asarray(pool[np.argsort(away, kind="stable")[:count]], dtype=np.int64)

    def _sized(self, found: list[Solution]) -> None:
        """Pieces of all sizes are tried, whatever the last ones cost."""
