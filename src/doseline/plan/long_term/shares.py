"""The variables of the headroom: shares of kinds of orders, and slots that exclude each other."""

from __future__ import annotations

import math
from collections import Counter

from doseline.plan.model.capacity import cliques
from doseline.plan.model.matrix import Matrix
from doseline.plan.model.sets import Sets
from doseline.plan.model.variables import Problem, lots_max, spare_vials


def declare_shares(sets: Sets) -> Problem:
    """A problem in which every slot is used, but for those that exclude each other. [model H2]

    Isotope comes in any amount and from several deliveries; a spare vial is the strongest that a
    slot could be asked for.
    """
    problem = Problem(sets, Matrix(), math.inf)
    matrix = problem.matrix
    problem.serve.extend(matrix.columns_alike(len(sets.table.order)))
    contested = _contested(sets)
    for s, place in enumerate(sets.places):
        problem.made.append(matrix.column(1.0, whole=s in contested and bool(sets.of_place[s])))
        if not sets.of_place[s]:
            matrix.fix(problem.made[s], 0.0)
        elif s not in contested:
            matrix.fix(problem.made[s], 1.0)
        if spare_vials(sets, s) and sets.of_place[s]:
            problem.spare[s] = matrix.column(1.0)
            matrix.fix(problem.spare[s], 1.0)
        for option in place.isotope:
            if sets.of_place[s]:
                most = float(lots_max(sets, s, option))
                problem.lots[s, option.source] = matrix.column(most)
    return problem


def _contested(sets: Sets) -> set[int]:
    """Places that may exclude each other: on a line, or where crews or QC of a plant are few."""
    found = {s for clique in cliques(sets) for s, _ in clique}
    plants = sets.programme.manufacturer
    days = Counter((p.slot.manufacturer, p.slot.starts_on) for p in sets.places)
    for s, place in enumerate(sets.places):
        plant = plants[place.slot.manufacturer]
        few = min(plant.batches_per_day, plant.qc_releases_per_day)
        if days[plant.id, place.slot.starts_on] > few:
            found.add(s)
    return found
