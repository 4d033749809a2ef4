"""Isotope ordered beyond what a plan needs, so that a batch can grow if another one fails."""

from __future__ import annotations

from dataclasses import replace

from doseline.operations.schedule import Schedule
from doseline.plan.failures.second_chances import SecondChances
from doseline.plan.model.matrix import Floats


def with_isotope_ordered(chances: SecondChances, values: Floats, schedule: Schedule) -> Schedule:
    """The schedule with the lots of the model where a batch stands in for another.

    Elsewhere it orders what its vials need, which is what `extract` has counted. Where slots alike
    are one place, what is beyond that is ordered for the first of its batches.
    """
    problem = chances.problem
    sets = problem.sets
    leaned_on = {
        sets.choices[r].place for (_, r), column in chances.again.items() if values[column] > 0.5
    }
    batches = list(schedule.batches)
    for t in sorted(leaned_on):
        slots = {slot.id for slot in sets.places[t].slots}
        mine = [n for n, b in enumerate(batches) if b.slot in slots and b.source is not None]
        for source in sorted({batches[n].source or "" for n in mine}):
            fed = [n for n in mine if batches[n].source == source]
            planned = round(values[problem.lots[t, source]])
            more = planned - sum(batches[n].isotope_lots for n in fed)
            if more > 0:
                first = batches[fed[0]]
                lots = first.isotope_lots + more
                mbq = lots * sets.programme.source[source].lot_mbq
                batches[fed[0]] = replace(first, isotope_lots=lots, isotope_mbq=mbq)
    return replace(schedule, batches=tuple(batches))
