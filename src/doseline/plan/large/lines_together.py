"""A bound where lines differ: what starts at one time in one plant is looked at together.

Lines that differ in size or speed are places of their own, so every choice stands there once for
each. In a relaxation that says little: it serves an order by shares on all of them. Here the
choices of an order that differ in nothing but the line are one column, their packages as well, and
the rows of such places are added up. Each row of the problem then gets the dual of the sum that it
is in. Whatever the duals are, the bound that they give holds (`plan/solving/relaxation.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from doseline.plan.large.weeks_apart import orders_paid
from doseline.plan.model.matrix import Floats
from doseline.plan.model.variables import Problem, load_of, shipment_key
from doseline.plan.solving.arrays import Arrays, Ints
from doseline.plan.solving.relaxation import Relaxation
from doseline.plan.solving.structure import Structure

_BY_PLACE = {"vials", "bulk", "extra vials", "isotope lots", "a vial at least"}
_BY_LOAD = {"bulk", "isotope lots"}
_BY_CHOICE = {"shipment", "batch made"}


def unlike_lines(problem: Problem) -> bool:
    """Whether several places of a product start at one time in one plant."""
    return len(np.unique(_starts(problem))) <= 0.5 * len(problem.sets.places)


def duals_together(
    problem: Problem, arrays: Arrays, structure: Structure, order_rows: Ints, until: float
) -> Floats:
    """Duals for all rows; 0 where the clock leaves no time for the relaxation."""
    starts = _starts(problem)
    column = _columns(problem, arrays, starts)
    row = _rows(problem, arrays, starts, column)
    scale = _scale(problem, arrays)
    merged = _merged(arrays, column, row, scale)
    found = Relaxation(merged, until, corners=True).solve()
    if found is None:
        return np.zeros(arrays.rows)
    return orders_paid(arrays, structure, order_rows, found.row_duals[row] * scale)


def _starts(problem: Problem) -> Ints:
    """A number by place; the same for places that differ in nothing but the line."""
    keys = [
        (p.slot.manufacturer, p.slot.product, p.slot.charge_at, p.locked is not None)
        for p in problem.sets.places
    ]
    return _numbered(keys)


def _numbered(keys: Sequence[tuple[object, ...]]) -> Ints:
    """The same number for the same key, in the order in which they come."""
    numbers: dict[tuple[object, ...], int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def _columns(problem: Problem, arrays: Arrays, starts: Ints) -> Ints:
    """By column the number of the one that it is part of."""
    sets = problem.sets
    keys: list[tuple[object, ...]] = [("alone", c) for c in range(arrays.columns)]
    for column, choice in zip(problem.serve, sets.choices, strict=True):
        lane = choice.route.journey.lane
        keys[column] = ("serve", choice.order, starts[choice.place], choice.route.use_on, lane)
    for choice in sets.choices:
        key = shipment_key(sets, choice)
        keys[problem.parcel[key]] = ("parcel", starts[choice.place], *key[1:])
    return _numbered(keys)


def _rows(problem: Problem, arrays: Arrays, starts: Ints, column: Ints) -> Ints:
    """By row the number of the sum that it is in."""
    place_of, of_order = problem.sets.place_of_slot, np.full(arrays.columns, -1, dtype=np.int64)
    of_order[problem.serve] = [choice.order for choice in problem.sets.choices]
    stand = column.copy()
    stand[problem.made] = -1 - starts
    keys: list[tuple[object, ...]] = []
    ends, index, value = arrays.by_row.indptr, arrays.by_row.indices, arrays.by_row.data
    for row, limit in enumerate(problem.matrix.limits):
        if limit.rule in _BY_PLACE:
            keys.append((limit.rule, starts[place_of[limit.where]]))
        elif limit.rule in _BY_CHOICE:
            here = index[ends[row] : ends[row + 1]]
            needs = here[value[ends[row] : ends[row + 1]] < 0.0]
            keys.append((limit.rule, of_order[here].max(), *stand[needs].tolist()))
        else:
            keys.append(("alone", row))
    return _numbered(keys)


def _scale(problem: Problem, arrays: Arrays) -> Floats:
    """What each row is multiplied by before it is added, so that all count activity alike."""
    load = np.zeros(arrays.columns)
    load[problem.serve] = [load_of(problem.sets, choice) for choice in problem.sets.choices]
    scale, mean = np.ones(arrays.rows), max(1.0, float(load.sum() / max(1, len(problem.serve))))
    ends, index, value = arrays.by_row.indptr, arrays.by_row.indices, arrays.by_row.data
    for row, limit in enumerate(problem.matrix.limits):
        if limit.rule in _BY_LOAD:
            here = slice(ends[row], ends[row + 1])
            served = np.flatnonzero(load[index[here]] > 0.0)
            if served.size:
                at = int(served[0])
                scale[row] = load[index[here][at]] / abs(value[here][at]) / mean
    return scale


def _merged(arrays: Arrays, column: Ints, row: Ints, scale: Floats) -> Arrays:
    """The problem with columns and rows of one number put together, each column at its mean."""
    ones = np.ones(len(column))
    columns, rows = int(column.max()) + 1, int(row.max()) + 1
    joined = sparse.csr_matrix((ones, (np.arange(len(column)), column)), (len(column), columns))
    added = sparse.csr_matrix((scale, (row, np.arange(len(row)))), (rows, len(row)))
    mean = joined @ sparse.diags(1.0 / np.bincount(column))
    return replace(
        arrays,
        cost=np.asarray(mean.T @ arrays.cost),
        lower=np.asarray(joined.T @ arrays.lower),
        upper=np.asarray(joined.T @ arrays.upper),
        whole=np.zeros(columns, dtype=np.bool_),
        row_lower=_summed(scale * arrays.row_lower, row),
        row_upper=_summed(scale * arrays.row_upper, row),
        by_row=sparse.csr_matrix(added @ arrays.by_row @ mean),
    )


def _summed(sides: Floats, row: Ints) -> Floats:
    return np.asarray(np.bincount(row, weights=sides), dtype=np.float64)
