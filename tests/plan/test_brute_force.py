"""On tiny worlds the plan is the best of all schedules there are, tried one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
from hypothesis import given, settings

from doseline.operations.check import breaches
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule, Unmet
from doseline.plan import plan
from doseline.plan.model.candidates import gather
from doseline.plan.model.costs import count
from doseline.plan.model.extract import extract
from doseline.plan.model.sets import Sets
from doseline.plan.model.variables import declare
from doseline.programme import Programme
from tests.plan.small import FROM, UNTIL, cases

Case = tuple[Programme, tuple[DoseOrder, ...]]


def without_caution(programme: Programme) -> Programme:
    """Limits where the model is a little more careful than the checker are left out."""
    plants = tuple(
        replace(m, lines=tuple(replace(ln, bulk_max_mbq=None, vial_min=0.0) for ln in m.lines))
        for m in programme.manufacturers
    )
    sites = tuple(
        replace(s, licence=replace(s.licence, limit_mbq=1e9)) if s.licence else s
        for s in programme.sites
    )
    return replace(programme, manufacturers=plants, sites=sites)


def schedules(sets: Sets) -> Iterator[Schedule]:
    """Every way to give each order one of its choices, or none."""
    problem = declare(sets)
    ways = [[None, *sets.of_order[i]] for i in range(len(sets.orders))]
    for taken in product(*ways):
        values = np.zeros(problem.matrix.columns)
        for r in taken:
            if r is not None:
                values[problem.serve[r]] = 1.0
        schedule = extract(problem, values)
        served = schedule.allocation
        unmet = tuple(Unmet(o.id, "left out") for o in sets.orders if o.id not in served)
        yield replace(schedule, unmet=unmet)


@settings(max_examples=40)
@given(cases(most=4))
def test_no_schedule_is_better_than_the_plan(case: Case) -> None:
    programme, orders = without_caution(case[0]), case[1]
    found = plan(programme, orders, from_on=FROM, until_on=UNTIL)
    sets = gather(programme, orders, FROM, UNTIL, None)
    if np.prod([1 + len(rows) for rows in sets.of_order.values()]) > 200:
        return
    best = min(
        (
            -sum(1 for o in orders if o.started and o.id in s.allocation),
            -len(s.allocations),
            count(sets, s).total_cents,
        )
        for s in schedules(sets)
        if not breaches(programme, s, orders)
    )
    started = sum(1 for o in orders if o.started and o.id in found.schedule.allocation)
    assert (-started, -found.met) == best[:2]
    assert found.objective_cents <= best[2] * (1 + 1e-4) + 1
    assert found.bound_cents <= best[2] + 1
