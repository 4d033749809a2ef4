"""What stands in which column, as arrays: for searches that take many columns at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from doseline.plan.model.matrix import Floats
from doseline.plan.model.objective import doses_unmet
from doseline.plan.model.variables import Problem
from doseline.plan.solving.arrays import Ints


@dataclass(frozen=True)
class Structure:
    """The choices of a problem and the columns of its places.

    `serve`, `order` and `place` by choice; `unmet` and `weight` by order; `made` by place, with
    `own` all further columns of the place that are no choice: lines, lots, parcels, spare vials.
    `how` are those of them that say on which lines a batch stands and which delivery feeds it.
    `at` is when each place starts labelling [min], `kind` what it makes (a number each product).
    `shared` are the columns that are of no place: the batches of a year by tier, and those owed.
    """

    serve: Ints
    order: Ints
    place: Ints
    unmet: Ints
    weight: Floats
    made: Ints
    own: tuple[Ints, ...]
    how: Ints
    choices_of_place: tuple[Ints, ...]
    choices_of_order: tuple[Ints, ...]
    at: Ints
    kind: Ints
    shared: Ints


def structure_of(problem: Problem) -> Structure:
    """The structure of a problem."""
    sets = problem.sets
    own: dict[int, set[int]] = defaultdict(set)
    for (s, _), column in (*problem.stands.items(), *problem.lots.items(), *problem.fed.items()):
        own[s].add(column)
    for key, column in problem.parcel.items():
        own[key[0]].add(column)
    for (s, _), column in problem.tested.items():
        own[s].add(column)
    for s, column in (*problem.spare.items(), *problem.extra.items()):
        own[s].add(column)
    of_place = {c for columns in own.values() for c in columns}
    taken = of_place.union(problem.serve, problem.unmet, problem.made, problem.broken)
    names = sorted({p.slot.product for p in sets.places})
    weights = doses_unmet(problem)
    return Structure(
        serve=np.array(problem.serve, dtype=np.int64),
        order=np.array([c.order for c in sets.choices], dtype=np.int64),
        place=np.array([c.place for c in sets.choices], dtype=np.int64),
        unmet=np.array(problem.unmet, dtype=np.int64),
        weight=np.array([weights[c] for c in problem.unmet], dtype=np.float64),
        made=np.array(problem.made, dtype=np.int64),
        own=tuple(
            np.array(sorted({*own[s], problem.made[s]}), dtype=np.int64)
            for s in range(len(sets.places))
        ),
        how=np.array([*problem.stands.values(), *problem.fed.values()], dtype=np.int64),
        choices_of_place=_lists(sets.of_place, len(sets.places)),
        choices_of_order=_lists(sets.of_order, len(sets.orders)),
        at=np.array([p.slot.charge_at for p in sets.places], dtype=np.int64),
        kind=np.array([names.index(p.slot.product) for p in sets.places], dtype=np.int64),
        shared=np.array(
            [c for c in range(problem.matrix.columns) if c not in taken], dtype=np.int64
        ),
    )


def _lists(found: dict[int, list[int]], count: int) -> tuple[Ints, ...]:
    return tuple(np.array(found[n], dtype=np.int64) for n in range(count))
