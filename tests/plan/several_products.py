"""A planning instance of several products, as the planner states it."""

from __future__ import annotations

from benchmarks.instances.generate import instance
from doseline.plan.model.candidates import gather
from doseline.plan.model.model import constrained
from doseline.plan.model.objective import COSTS
from doseline.plan.model.variables import Problem


def stated(variant: str = "base", size: str = "M") -> Problem:
    made = instance(size, variant, seed=1)
    sets = gather(made.programme, made.orders, made.from_on, made.until_on, None, merge=True)
    problem = constrained(sets)
    for add in COSTS:
        add(problem)
    return problem
