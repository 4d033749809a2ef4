"""A long schedule made better by stretches: the batches of some weeks are planned anew by a dive.

A stretch has the places of some weeks in a row, and the orders that they serve. Its relaxation is
quick where that of the whole schedule is not, and a dive from it sees who could travel together.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np

from doseline.plan.arrays import Arrays, Flags, Ints, piece
from doseline.plan.dive import whole_batches
from doseline.plan.matrix import Floats
from doseline.plan.relaxation import Relaxation
from doseline.plan.solve import Limits, Solution, solve
from doseline.plan.structure import Structure

_BEST = 6
"""So many choices of an order are looked at in a stretch, the least dear; and what it has."""

_ORDERS = 3500
"""So many orders a stretch has, more or less."""

_WHOLE = 1e-6
_ROUNDED = Limits(gap=3e-4, nodes=300, seconds=6.0)


def stretches(structure: Structure, shifted: bool) -> list[Flags]:
    """Places side by side in time, in parts of about as many orders; or halfway between those."""
    parts = max(1, round(len(structure.unmet) / _ORDERS))
    step = 1.0 / parts
    ends = np.arange(1, parts) * step if not shifted else (np.arange(parts) + 0.5) * step
    at = np.quantile(structure.at, ends) if len(ends) else np.empty(0)
    number = np.searchsorted(at, structure.at, side="right")
    return [number == n for n in range(len(at) + 1)]


def nearest(structure: Structure, dear: Floats) -> Flags:
    """Which choices are among the least dear of their order."""
    cost = dear[structure.serve]
    order = np.lexsort((cost, structure.order))
    sorted_orders = structure.order[order]
    first = np.concatenate(([True], sorted_orders[1:] != sorted_orders[:-1]))
    position = np.arange(len(order))
    begins = np.maximum.accumulate(np.where(first, position, 0))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = position - begins
    return np.asarray(rank < _BEST, dtype=np.bool_)


def planned_anew(
    arrays: Arrays,
    structure: Structure,
    values: Floats,
    sums: Floats,
    places: Flags,
    near: Flags,
    until: float,
) -> tuple[Ints, Floats] | None:
    """The columns of a stretch and whole values for them; None where a dive finds none in time."""
    free = _columns(arrays, structure, values, places, near)
    if perf_counter() > until or not free.size:
        return None
    part, _ = piece(arrays, values, sums, free)
    position = np.full(arrays.columns, -1, dtype=np.int64)
    position[free] = np.arange(len(free))
    made = position[structure.made[places]]
    kind = structure.kind[places][made >= 0]
    made = made[made >= 0]
    relaxation = Relaxation(part, until, corners=True)
    root = relaxation.solve()
    dived = (
        None if root is None else whole_batches(relaxation, root, part, made, kind, values[free])
    )
    if dived is None:
        return None
    found = _rounded(part, structure, position, dived.values, until)
    return None if not found.values.size else (free, found.values)


def _columns(
    arrays: Arrays, structure: Structure, values: Floats, places: Flags, near: Flags
) -> Ints:
    """Those of the places, and of the orders that they serve or that nobody serves."""
    inside = places[structure.place]
    taken = values[structure.serve] > 0.5
    orders = values[structure.unmet] > 0.5
    orders[structure.order[inside & taken]] = True
    mine = inside & orders[structure.order] & (near | taken)
    touched = np.zeros(len(structure.unmet), dtype=np.bool_)
    touched[structure.order[mine]] = True
    own = [structure.own[s] for s in np.flatnonzero(places).tolist()]
    columns = [structure.serve[mine], structure.unmet[touched], structure.shared, *own]
    found = np.unique(np.concatenate(columns))
    return np.asarray(found[arrays.lower[found] < arrays.upper[found]], dtype=np.int64)


def _rounded(
    part: Arrays, structure: Structure, position: Ints, relaxed: Floats, until: float
) -> Solution:
    """Whole values near those of a dive: batches stay, and orders served whole."""
    lower, upper = part.lower.copy(), part.upper.copy()
    made = position[structure.made]
    made = made[made >= 0]
    lower[made] = upper[made] = np.round(relaxed[made])
    serve, unmet = position[structure.serve], position[structure.unmet]
    here = serve >= 0
    parted = np.zeros(len(structure.unmet), dtype=np.bool_)
    away = np.abs(relaxed - np.round(relaxed)) > _WHOLE
    parted[structure.order[here][away[serve[here]]]] = True
    parted[np.flatnonzero(unmet >= 0)[away[unmet[unmet >= 0]]]] = True
    settled = serve[here & ~parted[structure.order]]
    settled = np.concatenate([settled, unmet[(unmet >= 0) & ~parted]])
    lower[settled] = upper[settled] = np.round(relaxed[settled])
    held = replace(part, lower=lower, upper=upper)
    left = max(0.1, min(_ROUNDED.seconds, until - perf_counter()))
    return solve(held, replace(_ROUNDED, seconds=left))
