"""A long schedule made better by stretches: the batches of some weeks are planned anew by a dive.

A stretch has the places of some weeks in a row, and the orders that they serve. Its relaxation is
quick where that of the whole schedule is not, and a dive from it sees who could travel together.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np

from doseline.plan.large.folded import Charges
from doseline.plan.large.sifted import Sifted
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Flags, Ints, piece
from doseline.plan.solving.dive import whole_batches
from doseline.plan.solving.rounded import in_time, whole_orders
from doseline.plan.solving.structure import Structure

NEAR, FEW = 6, 2
"""So many choices of an order are looked at in a stretch, the least dear, and what it has; and so
many of them to begin with."""

_ORDERS = 3500
"""So many orders a stretch has, more or less."""


def stretches(structure: Structure, shifted: bool) -> list[Flags]:
    """Places side by side in time, in parts of about as many orders; or halfway between those."""
    parts = max(1, round(len(structure.unmet) / _ORDERS))
    step = 1.0 / parts
    ends = np.arange(1, parts) * step if not shifted else (np.arange(parts) + 0.5) * step
    at = np.quantile(structure.at, ends) if len(ends) else np.empty(0)
    number = np.searchsorted(at, structure.at, side="right")
    return [number == n for n in range(len(at) + 1)]


def planned_anew(
    arrays: Arrays,
    structure: Structure,
    values: Floats,
    sums: Floats,
    places: Flags,
    near: Flags,
    few: Flags,
    charges: Charges,
    until: float,
) -> tuple[Ints, Floats] | None:
    """The columns that change and whole values for them; None where a dive finds none in time.

    `near` are the choices looked at, `few` those that its relaxation begins with (`sifted.py`).
    """
    free = _columns(arrays, structure, values, places, near, charges)
    if perf_counter() > until or not free.size:
        return None
    part, rows = piece(arrays, values, sums, free)
    position = np.full(arrays.columns, -1, dtype=np.int64)
    position[free] = np.arange(len(free))
    made = position[structure.made[places]]
    kind = structure.kind[places][made >= 0]
    made = made[made >= 0]
    serve = np.flatnonzero(np.isin(free, structure.serve))
    soon = np.isin(free[serve], structure.serve[few | (values[structure.serve] > 0.5)])
    relaxation = Sifted(part, charges.within(arrays, free, rows), serve, soon, until)
    root = relaxation.solve()
    if root is None or whole_batches(relaxation, root, part, made, kind, values[free]) is None:
        return None
    dived = relaxation.solve_on()
    if dived is None:
        return None
    relaxed = values.copy()
    relaxed[free] = dived.values
    whole = whole_orders(arrays, structure, relaxed, in_time(until))
    if whole is None:
        return None
    changed = np.flatnonzero(whole != values)
    return changed, whole[changed]


def _columns(
    arrays: Arrays,
    structure: Structure,
    values: Floats,
    places: Flags,
    near: Flags,
    charges: Charges,
) -> Ints:
    """Those of the places, and of the orders that they serve or that nobody serves.

    Charges that only choices left aside would pay are left aside too.
    """
    inside = places[structure.place]
    taken = values[structure.serve] > 0.5
    orders = values[structure.unmet] > 0.5
    orders[structure.order[inside & taken]] = True
    mine = inside & orders[structure.order] & (near | taken)
    touched = np.zeros(len(structure.unmet), dtype=np.bool_)
    touched[structure.order[mine]] = True
    own = [structure.own[s] for s in np.flatnonzero(places).tolist()]
    columns = [structure.serve[mine], structure.unmet[touched], structure.shared, *own]
    idle = np.zeros(arrays.columns, dtype=np.bool_)
    idle[charges.paid] = True
    idle[charges.paid[np.isin(charges.serve, structure.serve[mine])]] = False
    found = np.unique(np.concatenate(columns))
    found = found[~idle[found] | (values[found] > 0.5)]
    return np.asarray(found[arrays.lower[found] < arrays.upper[found]], dtype=np.int64)
