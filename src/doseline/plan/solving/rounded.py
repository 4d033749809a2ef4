"""A whole schedule from a relaxation whose batches are whole: most orders are whole as well."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Flags, Ints, piece
from doseline.plan.solving.solve import Limits, solve
from doseline.plan.solving.structure import Structure

_WHOLE = 1e-6
_COUNTED_IN = 10.0
_MENDED_IN = 6.0
_NODES = 300
_NEAR = 3e-4  # of the cost: what is left is for the search by pieces


def in_time(until: float) -> float:
    """So long at most orders served in part are planned anew; pieces make them better later. [s]"""
    return min(_MENDED_IN, max(0.5, until - perf_counter()))


def nothing_made(arrays: Arrays, structure: Structure) -> Floats:
    """The values of a plan that makes nothing but what is fixed, and meets nobody."""
    values = arrays.lower.copy()
    values[structure.unmet] = arrays.upper[structure.unmet]
    return counted(arrays, structure, values)


def counted(arrays: Arrays, structure: Structure, values: Floats) -> Floats:
    """The values with the columns that are of no place set anew: batches by tier, those owed."""
    if not structure.shared.size:
        return values
    part, _ = piece(arrays, values, arrays.sums(values), structure.shared)
    found = solve(part, Limits(gap=0.0, seconds=_COUNTED_IN))
    following = values.copy()
    if found.values.size:
        following[structure.shared] = found.values
    return following


def whole_orders(
    arrays: Arrays, structure: Structure, relaxed: Floats, seconds: float
) -> Floats | None:
    """Values that are whole: orders served in part are planned anew, all others stay as they are.

    The batches are those of the relaxation, rounded. None where what is rounded breaks a row.
    """
    values = relaxed.copy()
    parted = np.abs(relaxed - np.round(relaxed)) > _WHOLE
    orders = np.zeros(len(structure.unmet), dtype=np.bool_)
    orders[structure.order[parted[structure.serve]]] = True
    orders |= parted[structure.unmet]
    mine = orders[structure.order]
    values[structure.serve[mine]] = 0.0
    values[structure.unmet[orders]] = arrays.upper[structure.unmet[orders]]
    whole = np.flatnonzero(arrays.whole)
    values[whole] = np.minimum(np.ceil(values[whole] - _WHOLE), arrays.upper[whole])
    values = counted(arrays, structure, values)
    if broken(arrays, values, arrays.sums(values)).any():
        return None
    free = _free(arrays, structure, mine, orders, parted, values)
    part, _ = piece(arrays, values, arrays.sums(values), free)
    limits = Limits(gap=_NEAR, nodes=_NODES, seconds=seconds)
    found = solve(part, limits, values[free])
    if found.values.size:
        values[free] = found.values
        values[whole] = np.round(values[whole])
    return values


def _free(
    arrays: Arrays,
    structure: Structure,
    mine: Flags,
    orders: Flags,
    parted: Flags,
    values: Floats,
) -> Ints:
    """Columns to plan anew: choices of parted orders at batches made, and what hangs on those."""
    made = values[structure.made] > 0.5
    serve = structure.serve[mine & made[structure.place]]
    hanging = np.zeros(arrays.columns, dtype=np.bool_)
    for own in structure.own:
        hanging[own] = True
    hanging[structure.made] = False
    near = np.zeros(arrays.columns, dtype=np.bool_)
    rows = np.unique(arrays.by_column[:, serve].indices) if serve.size else np.empty(0, np.int64)
    if rows.size:
        near[np.unique(arrays.by_row[rows].indices)] = True
    free = np.flatnonzero(hanging & (near | parted))
    found = np.unique(np.concatenate([serve, structure.unmet[orders], free]))
    found = np.unique(np.concatenate([found, structure.shared]))
    return np.asarray(found[arrays.lower[found] < arrays.upper[found]], dtype=np.int64)


def broken(arrays: Arrays, values: Floats, sums: Floats) -> Flags:
    """Which rows some values break, beyond what a solver tolerates."""
    slack = 1e-6 * np.maximum(1.0, np.abs(sums))
    return np.asarray((sums > arrays.row_upper + slack) | (sums < arrays.row_lower - slack))
