"""What a choice would break beside a plan is what the sums of all rows say, taken anew."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given

from benchmarks.instances.generate import instance
from doseline.operations.orders import DoseOrder
from doseline.plan.model.candidates import gather
from doseline.plan.model.matrix import Floats, Limit
from doseline.plan.model.model import constrained
from doseline.plan.model.objective import COSTS
from doseline.plan.model.variables import Problem
from doseline.plan.phases import prove
from doseline.plan.reasons.blocked import Beside
from doseline.plan.solving.solve import Limits
from doseline.programme import Programme
from tests.plan.tiny import FROM, UNTIL, World, worlds

TOLD = {
    "line",
    "vials",
    "bulk",
    "crew",
    "QC",
    "plant possession",
    "isotope offer",
    "site capacity",
    "site possession",
    "promise",
    "pin",
    "date",
}


def solved(
    programme: Programme,
    orders: tuple[DoseOrder, ...],
    from_on: date = FROM,
    until_on: date = UNTIL,
    merge: bool = False,
) -> tuple[Problem, Floats]:
    problem = constrained(gather(programme, orders, from_on, until_on, None, merge=merge))
    for term in COSTS:
        term(problem)
    found = prove(problem, Limits(nodes=20, looks=20), False, lambda _: None)
    return problem, found.solution.values


def by_all_rows(problem: Problem, values: Floats, changes: dict[int, float]) -> set[Limit]:
    """Every row summed anew, with the changes made."""
    trial = values.copy()
    for column, value in changes.items():
        trial[column] = value
    matrix = problem.matrix
    sums = np.array(
        [math.fsum(v * trial[c] for c, v in matrix.terms(row)) for row in range(matrix.rows)]
    )
    slack = 1e-6 * np.maximum(1.0, np.abs(sums))
    above = sums > np.asarray(matrix.row_upper) + slack
    below = sums < np.asarray(matrix.row_lower) - slack
    return {x for n in np.flatnonzero(above | below) if (x := matrix.limits[n]).rule in TOLD}


def compared(problem: Problem, values: Floats, every: int = 1) -> int:
    """How many choices break something; every one of them as all rows say."""
    beside, sets, broken = Beside(problem, values), problem.sets, 0
    for r, choice in list(enumerate(sets.choices))[::every]:
        told = beside.broken(choice.order, r)
        ways = [
            by_all_rows(problem, values, beside.taken(choice.order, r, opens))
            for opens in beside.ways_in(choice.order, r)
        ]
        assert set(told) in ways
        assert len(told) == min(map(len, ways))
        broken += bool(told)
    return broken


@pytest.mark.parametrize("variant", ["base", "different_lines", "activity_bound", "cross_border"])
def test_the_limits_that_a_choice_breaks_are_those_of_all_rows(variant: str) -> None:
    made = instance("S", variant)
    problem, values = solved(made.programme, made.orders, made.from_on, made.until_on)
    assert compared(problem, values, every=5) > 0


def test_spare_vials_and_what_leaves_a_batch_are_counted() -> None:
    made = instance("S", "activity_bound", 2)
    lean = replace(made.programme, policy=replace(made.programme.policy, spare_vials=1))
    problem, values = solved(lean, made.orders, made.from_on, made.until_on)
    assert problem.spare
    assert compared(problem, values, every=7) > 0


@given(worlds())
def test_in_tiny_worlds_too(world: World) -> None:
    problem, values = solved(world.programme, world.orders)
    if values.size:
        compared(problem, values)


def test_a_choice_that_moves_a_dose_takes_its_vial_from_the_batch_before() -> None:
    """The isotope of the batch that loses a vial is fitted anew, and none is left for no vial."""
    made = instance("S", "base", 3)
    problem, values = solved(made.programme, made.orders, made.from_on, made.until_on)
    beside, sets = Beside(problem, values), problem.sets
    found = 0
    for i in range(len(sets.orders)):
        served = [r for r in sets.of_order[i] if values[problem.serve[r]] > 0.5]
        others = [r for r in sets.of_order[i] if r not in served]
        for r in others[:3]:
            s = sets.choices[served[0]].place
            lots = {c for (p, _), c in problem.lots.items() if p == s}
            changes = beside.taken(i, r)
            if sets.choices[r].place != s:
                assert any(changes.get(c, values[c]) <= values[c] for c in lots)
                found += any(changes.get(c, values[c]) < values[c] for c in lots)
    assert found > 0


def lines_alike(programme: Programme) -> Programme:
    """Three lines, all alike, at each plant."""
    plants = tuple(
        replace(m, lines=tuple(replace(m.lines[0], id=f"{m.id}-{n}") for n in range(3)))
        for m in programme.manufacturers
    )
    return replace(programme, manufacturers=plants)


@pytest.mark.parametrize("variant", ["base", "activity_bound"])
def test_of_slots_alike_the_one_is_told_that_breaks_the_least(variant: str) -> None:
    made = instance("S", variant)
    alike = lines_alike(made.programme)
    problem, values = solved(alike, made.orders, made.from_on, made.until_on, merge=True)
    assert any(place.twins for place in problem.sets.places)
    assert values.size
    beside = Beside(problem, values)
    opened = 0
    for r, choice in list(enumerate(problem.sets.choices))[::3]:
        for opens in beside.ways_in(choice.order, r):
            changes = beside.taken(choice.order, r, opens)
            trial = values.copy()
            for column, value in changes.items():
                trial[column] = value
            # Batches, slots and deliveries of the place still go together.
            s = choice.place
            if problem.sets.places[s].twins:
                stands = sum(trial[problem.stands[s, k]] for k in range(3))
                assert stands == trial[problem.made[s]] >= 1.0
                fed = {problem.fed[s, o.source] for o in problem.sets.places[s].isotope}
                assert sum(trial[c] for c in fed) == trial[problem.made[s]]
                opened += opens is not None
    assert opened > 0
    assert compared(problem, values, every=5) >= 0
