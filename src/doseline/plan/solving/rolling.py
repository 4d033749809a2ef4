"""Whole values for many orders to begin with: a few days after a few days.

The orders are taken in the order of their days, so many at a time, each share planned as a whole.
What was decided before stays; room left in a batch, or a place not used yet, can still be taken.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np

from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Ints, piece
from doseline.plan.solving.rounded import broken, nothing_made
from doseline.plan.solving.solve import Limits, solve
from doseline.plan.solving.structure import Structure

_SHARE = 200
"""So many orders are planned at a time."""

_NODES, _SECONDS = 5, 1.5
_NEAR = 3e-3  # of the cost of a share: what is left is for the search by pieces


def rolled(
    searched: Arrays,
    structure: Structure,
    days: Ints,
    until: float,
    say: Callable[[str], None] = lambda _: None,
    share_of: int = _SHARE,
) -> Floats:
    """Values that are whole and break no row; the orders of `days` met as far as time allows.

    So many orders (`share_of`) are planned at a time.
    """
    values = nothing_made(searched, structure)
    sums = searched.sums(values)
    shares = np.array_split(np.argsort(days, kind="stable"), max(1, len(days) // share_of))
    told = perf_counter()
    for n, share in enumerate(shares):
        left = until - perf_counter()
        if left <= 0.1:
            break
        free = _free(structure, share)
        part, _ = piece(searched, values, sums, free)
        limits = Limits(gap=_NEAR, nodes=_NODES, seconds=min(_SECONDS, left))
        found = solve(part, limits, values[free])
        if found.values.size:
            values, sums = _taken(searched, values, sums, free, found.values)
        if perf_counter() > told + 5.0:
            told = perf_counter()
            say(f"{n + 1} of {len(shares)} shares of the orders planned")
    return values


def _free(structure: Structure, share: Ints) -> Ints:
    """The columns of some orders, and of the places that can serve them."""
    choices = np.concatenate([structure.choices_of_order[i] for i in share.tolist()])
    own = [structure.own[s] for s in np.unique(structure.place[choices]).tolist()]
    columns = [structure.serve[choices], structure.unmet[share], structure.shared, *own]
    return np.unique(np.concatenate(columns))


def _taken(
    arrays: Arrays, values: Floats, sums: Floats, free: Ints, found: Floats
) -> tuple[Floats, Floats]:
    """The values with a piece in them, unless rounding makes it break a row."""
    following = values.copy()
    whole = arrays.whole[free]
    following[free] = np.where(whole, np.round(found), found)
    after = sums + arrays.by_column[:, free] @ (following[free] - values[free])
    if broken(arrays, following, after).any():
        return values, sums
    return following, after
