"""A bound for very many orders: the relaxation of a few weeks at a time, its duals put together.

The rows but those of the orders belong to some weeks each. The relaxation of these weeks, with one
more on either side, says what they are worth; an order that other weeks could serve may go there at
a price. Whatever the duals are, the bound that they give holds
(`plan/solving/relaxation.py`): weeks apart only make it a little lower.
"""

from __future__ import annotations

import math
from dataclasses import replace
from time import perf_counter

import numpy as np

from doseline.plan.large.folded import Charges
from doseline.plan.large.sifted import Sifted
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Flags, Ints, piece
from doseline.plan.solving.structure import Structure

_WEEK = 7 * 24 * 60
_WEEKS = 2  # in a part, and one on either side
_BESIDE = 1


def duals_by_weeks(
    arrays: Arrays,
    structure: Structure,
    charges: Charges,
    near: Flags,
    elsewhere: float,
    until: float,
) -> Floats:
    """Duals for all rows; those of weeks that the clock left no time for are 0.

    `near` are the choices that each part begins with (`sifted.py`), `elsewhere` is about what a
    dose costs, for orders that weeks outside of a part could serve.
    """
    duals = np.zeros(arrays.rows)
    when = _when(arrays, structure)
    first, last = int(structure.at.min()), int(structure.at.max())
    parts = max(1, round((last - first + 1) / (_WEEKS * _WEEK)))
    ends = np.linspace(first, last + 1, parts + 1)
    ends[0], ends[-1] = -math.inf, math.inf
    for begin, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        beside = _BESIDE * _WEEK
        places = (structure.at >= begin - beside) & (structure.at < end + beside)
        rows, found = _part(arrays, structure, charges, near, places, elsewhere, until)
        if found is None:
            break
        mine = (when[rows] >= begin) & (when[rows] < end)
        duals[rows[mine]] = found[mine]
    return orders_paid(arrays, structure, charges.orders, duals)


def _when(arrays: Arrays, structure: Structure) -> Floats:
    """When the batches of a row start on average; [min]."""
    at = np.zeros(arrays.columns)
    known = np.zeros(arrays.columns)
    for s, own in enumerate(structure.own):
        at[own], known[own] = structure.at[s], 1.0
    at[structure.serve], known[structure.serve] = structure.at[structure.place], 1.0
    shape = arrays.by_row.copy()
    shape.data = np.ones_like(shape.data)
    return np.asarray((shape @ at) / np.maximum(shape @ known, 1.0), dtype=np.float64)


def _part(
    arrays: Arrays,
    structure: Structure,
    charges: Charges,
    near: Flags,
    places: Flags,
    elsewhere: float,
    until: float,
) -> tuple[Ints, Floats | None]:
    """The rows that some places stand in, and what they are worth there."""
    inside = places[structure.place]
    orders = np.zeros(len(structure.unmet), dtype=np.bool_)
    orders[structure.order[inside]] = True
    outside = np.zeros(len(structure.unmet), dtype=np.bool_)
    outside[structure.order[~inside]] = True
    own = [structure.own[s] for s in np.flatnonzero(places).tolist()]
    columns = [structure.serve[inside], structure.unmet[orders], *own]
    free = np.unique(np.concatenate(columns))
    cost = arrays.cost.copy()
    away = structure.unmet[outside]
    cost[away] = np.minimum(cost[away], elsewhere)
    nothing = np.zeros(arrays.columns)
    held = replace(arrays, cost=cost)
    part, rows = piece(held, nothing, np.zeros(arrays.rows), free)
    if perf_counter() > until:
        return rows, None
    mine = np.isin(free, structure.serve)
    soon = np.isin(free[mine], structure.serve[near])
    within = charges.within(arrays, free, rows)
    found = Sifted(part, within, np.flatnonzero(mine), soon, until).solve()
    return rows, None if found is None else found.row_duals


def orders_paid(arrays: Arrays, structure: Structure, order_rows: Ints, duals: Floats) -> Floats:
    """The duals with those of the orders as high as their cheapest choice allows."""
    paid = duals.copy()
    paid[order_rows] = 0.0
    reduced = arrays.cost - arrays.by_row.T @ paid
    least = reduced[structure.unmet].copy()
    np.minimum.at(least, structure.order, reduced[structure.serve])
    paid[order_rows] = least
    return paid
