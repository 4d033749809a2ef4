"""A first schedule of several products: batches opened a few at a time at prices that follow.

The places that the relaxation has nearly whole are opened, so that lines and crews can still do
all; then prices rise where that leaves too little, and the next are opened. Batches so opened are
moved as long as that pays (`moving.py`), and then lines and orders are made whole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from doseline.errors import SolverError
from doseline.plan.large.begun import Beginning
from doseline.plan.large.climbing import Prices, climbed
from doseline.plan.large.lines_alone import Lines, lines_of
from doseline.plan.large.moving import Moving
from doseline.plan.large.one_product import OneProduct
from doseline.plan.large.places_apart import PlacesApart
from doseline.plan.large.swept import Swept
from doseline.plan.large.together import Together
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Ints, alone
from doseline.plan.solving.dive import whole_columns
from doseline.plan.solving.neighbours import Neighbourhoods
from doseline.plan.solving.relaxation import Relaxation
from doseline.plan.solving.rounded import broken, in_time, whole_orders
from doseline.plan.solving.structure import Structure

_DIVING = 0.35  # of the time, at most, is for the dive
_MOVES = 0.7  # of the time that is left after it, at most, is for moves
_RISE, _FALL = 0.5, 0.1  # so far dues go to what they are with the batches given
_IN_THE_END = 1.05  # of the relaxation's batches, about, are made
_BATCHES_A_DOSE = 2.0  # a dose unmet costs as much as so many of the dearest batches
_ANY = 1e-6
_UNMET = 0.02  # of the doses: with more another beginning is better
_TOO_MANY = 0.5  # of the batches that are left at once: prices cannot follow
_PACE, _MEMORY = 1e-4, 0.05
_FEWEST = 2
_LITTLE = 1e-5  # of the cost: dues set anew that lead to less are the last
_FEASIBLE = 5.0  # [s]
_PASSES, _PRODUCT = 2, 6.0  # products with doses unmet: so often anew, for so long each [s]


@dataclass(frozen=True)
class Dive:
    """How a dive goes: this share of the batches left at once, so many steps of prices between.

    It ends at so many batches, in parts of the relaxation's.
    """

    share: float
    steps: int
    enough: float


DIVE = Dive(0.15, 50, 1.03)
"""What batches are moved from."""


def by_prices(
    given: Beginning, apart: PlacesApart, prices: Prices, step: float
) -> Neighbourhoods | None:
    """A schedule from a dive, its batches moved; then products with doses unmet anew.

    None where there is no time, or many doses stay unmet. A step of the prices takes about `step`.
    [s]
    """
    now = perf_counter()
    until = now + _DIVING * (given.until - now)
    dive = _in_time(DIVE, float(prices.batches.sum()), step, until - now)
    if dive is None:
        return None
    lines = lines_of(given.arrays, given.structure)
    made = _moved(given, apart, lines, prices, opened_at_prices(apart, lines, prices, dive, until))
    values = None if made is None else _finished(given, made)
    if values is None:
        return None
    search = Swept(given.arrays, given.structure, values, given.seed)
    given.say(f"orders whole, cost {search.best.objective:,.0f}")
    _mended(given, search)
    if search.best.values[given.structure.unmet].mean() > _UNMET:
        return None
    search.by_the_clock = True  # how many batches are opened at once depends on the time there is
    return search


def _moved(
    given: Beginning, apart: PlacesApart, lines: Lines, prices: Prices, made: Ints
) -> Ints | None:
    """The best batches that moves lead to, None where there was no time for any.

    Where none pay any more, dues of what products share beside lines are set anew, and moves begin
    again; dues that lead to little better batches are the last.
    """
    dues = np.where(np.isin(apart.shared, lines.rows), 0.0, prices.dues)
    now, together, best = perf_counter(), together_of(given, apart, lines), math.inf
    until = now + _MOVES * (given.until - now)
    found: Ints | None = None
    while found is None or perf_counter() < until:
        moving = moving_of(given, apart, lines, together, dues, until)
        moved = moving.best(made, given.say)
        known = None if moved is None else together.priced(moved)
        if moved is None or known is None:
            break
        before, best = best, known[0]
        found = made = moved
        given.say(f"{int(made.sum())} batches, cost {best:,.0f} before orders are whole")
        if best > before - _LITTLE * before:
            break
        part = np.where(known[1] > dues, _RISE, _FALL)
        dues = dues + part * (known[1] - dues)
    return found


def together_of(given: Beginning, apart: PlacesApart, lines: Lines) -> Together:
    """All products together, a dose unmet as dear as some batches."""
    cost = apart.arrays.cost[apart.structure.made]
    dear = _BATCHES_A_DOSE * float(cost.max(initial=1.0))
    return Together(apart, given.folded.charges, lines, dear, given.until)


def moving_of(
    given: Beginning,
    apart: PlacesApart,
    lines: Lines,
    together: Together,
    dues: Floats,
    until: float,
) -> Moving:
    """The search by moves for all products, a dose unmet as dear as all together have it."""
    structure, charges = apart.structure, given.folded.charges
    products = [
        OneProduct(apart, charges, kind, dues, together.dear, until)
        for kind in np.unique(structure.kind).tolist()
    ]
    fee = float(apart.arrays.cost[structure.made].mean())
    return Moving(apart, lines, products, together, dues, fee, given.pool, until)


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
    while _rounds(batches, share, dive.enough) * dive.steps * step > seconds:
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
    apart: PlacesApart, lines: Lines, prices: Prices, dive: Dive, until: float
) -> Ints:
    """How many batches places make after a dive, so that lines, crews and QC can do all.

    `until` is a reading of `perf_counter`.
    """
    at, least, most = prices, np.zeros(len(apart.most)), apart.most.copy()
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
    return least.astype(np.int64)


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


def _finished(given: Beginning, made: Ints) -> Floats | None:
    """Lines and orders whole with so many batches, all that is closed left out.

    None where the clock or the solver stopped it.
    """
    try:
        return _whole(given, made.astype(np.float64))
    except SolverError:
        return None


def _whole(given: Beginning, batches: Floats) -> Floats | None:
    arrays, structure, until = given.arrays, given.structure, given.until
    part, free, values = _open_alone(arrays, structure, batches)
    how = np.flatnonzero(np.isin(free, structure.how))
    relaxation = Relaxation(part, until, corners=True)
    found = whole_columns(relaxation, relaxation.solve(), part, how)
    if found is None:
        return None
    values[free] = found.values
    whole = whole_orders(arrays, structure, values, in_time(until))
    if whole is None or broken(arrays, whole, arrays.sums(whole)).any():
        return None
    return whole


def _open_alone(
    arrays: Arrays, structure: Structure, batches: Floats
) -> tuple[Arrays, Ints, Floats]:
    """What is left with so many batches by place: the part, its columns, and values of all."""
    open_ = batches > 0.0
    columns = [structure.serve[open_[structure.place]], structure.unmet]
    columns += [structure.own[s] for s in np.flatnonzero(open_).tolist()]
    free = np.unique(np.concatenate(columns))
    free = free[arrays.lower[free] < arrays.upper[free]]
    part, values, position = alone(arrays, free)
    made = position[structure.made[open_]]
    lower, upper = part.lower.copy(), part.upper.copy()
    lower[made], upper[made] = batches[open_], batches[open_]
    return replace(part, lower=lower, upper=upper), free, values
