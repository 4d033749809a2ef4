"""A first schedule of several products: batches opened a few at a time at prices that follow.

The places that the relaxation has nearly whole are opened, so that lines and crews can still do
all; then prices rise where that leaves too little, and the next are opened. What is left when
nearly all are open is small enough for the relaxation itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from doseline.errors import SolverError
from doseline.plan.large.begun import Beginning
from doseline.plan.large.climbing import Prices, climbed
from doseline.plan.large.places_apart import PlacesApart
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Ints, alone
from doseline.plan.solving.dive import whole_columns
from doseline.plan.solving.neighbours import Neighbourhoods
from doseline.plan.solving.relaxation import Relaxation
from doseline.plan.solving.rounded import broken, in_time, whole_orders
from doseline.plan.solving.solve import Ended, Limits, solve

_DIVING = 0.65  # of the time, at most, is for dives
_CLIMBING = 0.8  # of that for opening batches; the rest is for the relaxation at the end
_BESIDE = 1.5  # so much longer a step takes while two dives are made
_IN_THE_END = 1.05  # of the relaxation's batches, about, are made
_ANY = 1e-6
_UNMET = 0.02  # of the doses: with more another beginning is better
_TOO_MANY = 0.25  # of the batches that are left at once: prices cannot follow
_PACE, _MEMORY = 1e-4, 0.05
_HARDLY = 0.02  # of a batch: a place that is used less than that stays closed
_FEWEST = 2
_FEASIBLE = 5.0  # [s]
_PASSES, _PRODUCT = 2, 6.0  # products with doses unmet: so often anew, for so long each [s]


@dataclass(frozen=True)
class Dive:
    """How a dive goes: this share of the batches left at once, so many steps of prices between.

    It ends at so many batches, in parts of the relaxation's; the last few are for the relaxation
    of what is left.
    """

    share: float
    steps: int
    enough: float


DIVES = (Dive(0.06, 120, 1.025), Dive(0.05, 100, 1.0))
"""Made side by side; which is better differs from programme to programme."""


def by_prices(
    given: Beginning, apart: PlacesApart, prices: Prices, step: float
) -> Neighbourhoods | None:
    """The better schedule of several dives, then products with doses unmet anew.

    None where there is no time, or many doses stay unmet. A step of the prices takes about `step`.
    [s]
    """
    now = perf_counter()
    until = now + _DIVING * (given.until - now)
    batches = float(prices.batches.sum())
    dives = [_in_time(dive, batches, step, until - now) for dive in DIVES]
    asked = [
        given.pool().submit(opened_at_prices, given, apart, prices, dive, until)
        for dive in dives
        if dive is not None
    ]
    found = [values for values in (one.result() for one in asked) if values is not None]
    if not found:
        return None
    search = given.search(min(found, key=given.arrays.objective))
    given.say(f"batches opened at prices, cost {search.best.objective:,.0f}")
    _mended(given, search)
    if search.best.values[given.structure.unmet].mean() > _UNMET:
        return None
    search.by_the_clock = True  # how many batches are opened at once depends on the time there is
    return search


def _mended(given: Beginning, search: Neighbourhoods) -> None:
    """Products of which doses are unmet, planned anew over all weeks, two at a time."""
    structure = given.structure
    for _ in range(_PASSES):
        unmet = search.best.values[structure.unmet] > 0.5
        kinds = np.unique(structure.kind[structure.place[unmet[structure.order]]])
        for n in range(0, len(kinds), 2):
            left = given.until - perf_counter()
            if left < _PRODUCT:
                return
            places = [np.flatnonzero(structure.kind == kind) for kind in kinds[n : n + 2]]
            search.plan_anew(places, _PRODUCT, given.pool())
            given.say(f"products planned anew, cost {search.best.objective:,.0f}")


def _in_time(dive: Dive, batches: float, step: float, seconds: float) -> Dive | None:
    """The dive with so many batches opened at once that it ends in time; None where too many."""
    share = dive.share
    while _rounds(batches, share, dive.enough) * dive.steps * step * _BESIDE > _CLIMBING * seconds:
        share *= 1.1
        if share > _TOO_MANY:
            return None
    return replace(dive, share=share)


def _rounds(batches: float, share: float, enough: float) -> int:
    """How often batches are opened until there are enough."""
    opened, rounds = 0, 0
    while opened < enough * batches:
        opened += max(_FEWEST, math.ceil(share * (_IN_THE_END * batches - opened)))
        rounds += 1
    return rounds


def opened_at_prices(
    given: Beginning, apart: PlacesApart, prices: Prices, dive: Dive, until: float
) -> Floats | None:
    """Whole values that break no row, or None where the clock or the solver stopped it.

    `until` is a reading of `perf_counter`.
    """
    now = perf_counter()
    try:
        at, least, most = _opened(given, apart, prices, dive, now + _CLIMBING * (until - now))
        shut = (at.batches < _HARDLY) & (least == 0.0)
        most = np.maximum(least, np.minimum(np.where(shut, 0.0, most), least + 1.0))
        return _finished(given, least, most, until)
    except SolverError:
        return None


def _opened(
    given: Beginning, apart: PlacesApart, prices: Prices, dive: Dive, until: float
) -> tuple[Prices, Floats, Floats]:
    """The last prices, and the batches that places make at least and at most."""
    lines, at = _lines(given), prices
    least, most = np.zeros(len(apart.most)), apart.most.copy()
    enough = math.ceil(dive.enough * prices.batches.sum())
    while least.sum() < enough and perf_counter() < until:
        room = np.clip(at.batches - least, 0.0, 1.0) * (least < most)
        count = max(_FEWEST, math.ceil(dive.share * room.sum()))
        largest = np.argsort(-room, kind="stable")[:count]
        chosen = largest[room[largest] > _ANY]
        if not chosen.size:
            break
        _open(lines, chosen, least, most, until)
        at = climbed(apart, at, least, most, dive.steps, _PACE, _MEMORY, until)
    return at, least, most


@dataclass(frozen=True)
class Lines:
    """The rows about batches and lines alone; `made` are the places' columns among them."""

    arrays: Arrays
    made: Ints

    def can(self, least: Floats, seconds: float) -> bool | None:
        """Whether so many batches can be made, each on a line, with crews and QC for all.

        None where the clock stopped the solver before it knew.
        """
        lower, upper = self.arrays.lower.copy(), self.arrays.upper.copy()
        lower[self.made], upper[self.made] = least, least
        found = solve(replace(self.arrays, lower=lower, upper=upper), Limits(seconds=seconds))
        if found.values.size:
            return True
        return False if found.ended is Ended.INFEASIBLE else None


def _lines(given: Beginning) -> Lines:
    arrays, structure = given.arrays, given.structure
    columns = np.unique(np.concatenate([structure.made, structure.how]))
    others = np.ones(arrays.columns)
    others[columns] = 0.0
    rows = np.flatnonzero(np.asarray(abs(arrays.by_row) @ others) == 0.0)
    part = Arrays(
        cost=np.zeros(len(columns)),
        lower=arrays.lower[columns],
        upper=arrays.upper[columns],
        whole=np.ones(len(columns), dtype=np.bool_),
        row_lower=arrays.row_lower[rows],
        row_upper=arrays.row_upper[rows],
        by_row=arrays.by_row[rows][:, columns].tocsr(),
    )
    return Lines(part, np.searchsorted(columns, structure.made))


def _open(lines: Lines, chosen: Ints, least: Floats, most: Floats, until: float) -> None:
    """A batch more in each place, where lines can; one by one where they cannot do all.

    A place that can take none more is full.
    """
    least[chosen] += 1.0
    if lines.can(least, min(_FEASIBLE, until - perf_counter())):
        return
    least[chosen] -= 1.0
    for place in chosen.tolist():
        left = until - perf_counter()
        if left <= 0.0:
            return
        least[place] += 1.0
        able = lines.can(least, min(_FEASIBLE, left))
        if not able:
            least[place] -= 1.0
        if able is False:
            most[place] = least[place]


def _finished(given: Beginning, least: Floats, most: Floats, until: float) -> Floats | None:
    """The last batches, the lines and the orders whole, all that is closed left out."""
    arrays, structure = given.arrays, given.structure
    open_ = most > 0.0
    columns = [structure.serve[open_[structure.place]], structure.unmet]
    columns += [structure.own[s] for s in np.flatnonzero(open_).tolist()]
    free = np.unique(np.concatenate(columns))
    free = free[arrays.lower[free] < arrays.upper[free]]
    part, values, position = alone(arrays, free)
    made, how = position[structure.made], position[structure.how]
    able = made >= 0
    part = _between(part, made[able], least[able], most[able])
    relaxation = Relaxation(part, until, corners=True)
    found = whole_columns(relaxation, relaxation.solve(), part, made[able])
    if found is None:
        return None
    count = np.round(found.values[made[able]])
    part = _between(part, made[able], count, count)
    for column, batches in zip(made[able].tolist(), count.tolist(), strict=True):
        relaxation.bound(column, batches, batches)
    found = whole_columns(relaxation, found, part, how[how >= 0])
    if found is None:
        return None
    values[free] = found.values
    whole = whole_orders(arrays, structure, values, in_time(until))
    if whole is None or broken(arrays, whole, arrays.sums(whole)).any():
        return None
    return whole


def _between(part: Arrays, columns: Ints, least: Floats, most: Floats) -> Arrays:
    lower, upper = part.lower.copy(), part.upper.copy()
    lower[columns], upper[columns] = least, most
    return replace(part, lower=lower, upper=upper)
