"""The model of a plan, stated once: for the planner, and for whoever verifies a plan without it."""

from __future__ import annotations

from collections.abc import Sequence

from doseline.operations.standing import Standing
from doseline.plan.model.capacity import SHARING
from doseline.plan.model.constraints import SERVING
from doseline.plan.model.objective import COSTS
from doseline.plan.model.pins import Pin, pinned, promises_kept
from doseline.plan.model.sets import Sets
from doseline.plan.model.variables import Problem, declare


def constrained(sets: Sets) -> Problem:
    """The variables over some sets and the rows that hold for every schedule, no costs yet."""
    problem = declare(sets)
    for rule in (*SERVING, *SHARING):
        rule(problem)
    return problem


def modelled(
    sets: Sets, pins: Sequence[Pin], standing: Standing | None
) -> tuple[Problem, list[str]]:
    """The whole model, costs included, and the pins that nothing can satisfy. [model C1-C18]"""
    problem = constrained(sets)
    impossible = pinned(problem, pins)
    promises_kept(problem, standing)
    for term in COSTS:
        term(problem)
    return problem, impossible
