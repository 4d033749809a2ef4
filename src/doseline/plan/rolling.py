"""Whole values for many orders to begin with: some weeks after some weeks, each by a dive.

The orders are taken in the order of their days, so many at a time. For each share the relaxation of
what they can still do is solved, its batches are made whole, then its orders; what was decided
before stays, but room that is left in a batch, or a place not used yet, can still be taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from time import perf_counter

import numpy as np

from doseline.plan.arrays import Arrays, Flags, Ints, piece
from doseline.plan.dive import whole_batches
from doseline.plan.matrix import Floats
from doseline.plan.relaxation import Relaxation, safe_bound
from doseline.plan.rounded import broken, nothing_made, whole_orders
from doseline.plan.structure import Structure, part_of

_SHARE = 2500
"""So many orders are planned at a time."""

_DIVING = 0.6  # of the time that is left
_ROUNDING = 0.2  # of the time of a share
_ROUNDED_IN = 3.0
"""So long at most orders served in part are planned anew; pieces make them better later. [s]"""


def dived(
    arrays: Arrays, searched: Arrays, structure: Structure, until: float
) -> tuple[float, Floats, Floats]:
    """A bound with its duals, and whole values from one dive for all orders.

    `searched` are the same arrays with a price on each unmet dose.
    """
    relaxation = Relaxation(arrays, until)
    root, nothing = relaxation.solve(), nothing_made(arrays, structure)
    if root is None:
        return -math.inf, np.zeros(arrays.rows), nothing
    bound = safe_bound(arrays, root.row_duals)
    now = perf_counter()
    relaxation.stop_at(now + _DIVING * (until - now))
    whole = whole_batches(relaxation, root, arrays, structure.made)
    found = None
    if whole is not None:
        left = min(2.0 * _ROUNDED_IN, max(0.5, until - perf_counter()))
        found = whole_orders(searched, structure, whole.values, left)
    if found is None or broken(arrays, found, arrays.sums(found)).any():
        found = nothing
    return bound, root.row_duals, found


def rolled(
    arrays: Arrays,
    structure: Structure,
    days: Ints,
    until: float,
    say: Callable[[str], None] = lambda _: None,
) -> Floats:
    """Values that are whole and break no row; the orders of `days` met as far as time allows."""
    values = nothing_made(arrays, structure)
    sorted_orders = np.argsort(days, kind="stable")
    shares = np.array_split(sorted_orders, max(1, math.ceil(len(days) / _SHARE)))
    for n, share in enumerate(shares):
        left = until - perf_counter()
        if left <= 0.5:
            break
        orders = np.zeros(len(days), dtype=np.bool_)
        orders[share] = True
        values = _planned(arrays, structure, values, orders, left / (len(shares) - n))
        unmet = round(float(values[structure.unmet[share]].sum()))
        say(f"orders {n + 1} of {len(shares)} shares planned, {unmet} unmet")
    return values


def _planned(
    arrays: Arrays, structure: Structure, values: Floats, orders: Flags, seconds: float
) -> Floats:
    """Some orders planned in whole batches beside what is decided; nothing new if time is over."""
    until = perf_counter() + seconds
    mine = orders[structure.order]
    places = np.unique(structure.place[mine])
    own = [structure.own[s] for s in places.tolist()]
    free = np.unique(np.concatenate([structure.serve[mine], structure.unmet[orders], *own]))
    sums = arrays.sums(values)
    part, _ = piece(arrays, values, sums, free)
    inner = part_of(structure, free, orders, places)
    relaxation = Relaxation(part, until)
    root = relaxation.solve()
    if root is None:
        return values
    relaxation.stop_at(perf_counter() + (1.0 - _ROUNDING) * (until - perf_counter()))
    dived = whole_batches(relaxation, root, part, inner.made)
    if dived is None:
        return values
    left = min(_ROUNDED_IN, max(0.5, until - perf_counter()))
    found = whole_orders(part, inner, dived.values, left)
    if found is None or broken(part, found, part.sums(found)).any():
        return values
    following = values.copy()
    following[free] = found
    whole = broken(arrays, following, arrays.sums(following))
    return values if whole.any() else following
