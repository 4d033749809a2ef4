"""Doses change places so that lots are used up: it costs no more, and breaks nothing."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest

from doseline.plan.large import lots_filled as module
from doseline.plan.large.folded import charges_of
from doseline.plan.large.large import whole_lots, without_lots
from doseline.plan.large.lots_filled import lots_filled
from doseline.plan.model.matrix import Floats
from doseline.plan.model.variables import Problem
from doseline.plan.solving.arrays import Arrays, arrays_of
from doseline.plan.solving.rounded import broken
from doseline.plan.solving.solve import Limits, solve
from doseline.plan.solving.structure import Structure, structure_of
from tests.plan.several_products import stated


class Planned:
    """A planning instance with a schedule found while lots need not be whole."""

    def __init__(self, variant: str, size: str, gap: float) -> None:
        self.problem = stated(variant, size)
        self.arrays = arrays_of(self.problem.matrix)
        self.structure = structure_of(self.problem)
        loose = without_lots(self.problem, self.arrays)
        found = solve(loose, Limits(gap=gap, seconds=120.0))
        values = found.values
        values[loose.whole] = np.round(values[loose.whole])
        self.start = whole_lots(self.problem, self.arrays, values)

    def filled(self, until: float) -> Floats:
        charges = charges_of(self.problem, self.arrays)
        return lots_filled(self.problem, self.arrays, self.structure, charges, self.start, until)


@pytest.fixture(scope="module")
def small() -> Planned:
    return Planned("base", "S", 0.02)


@pytest.fixture(scope="module")
def large() -> Planned:
    return Planned("base", "M", 0.2)


@pytest.fixture(scope="module")
def across() -> Planned:
    return Planned("cross_border", "S", 0.02)


def counted(problem: Problem, arrays: Arrays, structure: Structure, values: Floats) -> float:
    """What choices of doses cost with all that follows from them, worked out one by one."""
    rules = [limit.rule for limit in problem.matrix.limits]
    free = {*problem.lots.values(), *problem.parcel.values(), *problem.extra.values()}
    needed: dict[int, float] = defaultdict(float)
    for row, rule in enumerate(rules):
        if rule not in ("isotope lots", "shipment", "extra vials"):
            continue
        here = slice(arrays.by_row.indptr[row], arrays.by_row.indptr[row + 1])
        entries = list(
            zip(
                arrays.by_row.indices[here].tolist(), arrays.by_row.data[here].tolist(), strict=True
            )
        )
        paid = [(c, v) for c, v in entries if c in free]
        if not paid:
            continue
        [(column, each)] = paid
        side = arrays.row_upper[row] if each < 0.0 else arrays.row_lower[row]
        rest = sum(v * values[c] for c, v in entries if c not in free)
        needed[column] = max(needed[column], (side - rest) / each)
    whole = {*problem.lots.values(), *problem.parcel.values()}
    told = values.copy()
    for column in free:
        least = max(0.0, needed[column])
        told[column] = math.ceil(least - 1e-6) if column in whole else least
    if broken(arrays, told, arrays.sums(told)).any() or (told > arrays.upper + 1e-6).any():
        return math.inf
    return arrays.objective(told)


@pytest.mark.parametrize("which", ["small", "across", "large"])
def test_nothing_is_broken_and_it_costs_no_more(which: str, request: pytest.FixtureRequest) -> None:
    planned: Planned = request.getfixturevalue(which)
    arrays, structure, start = planned.arrays, planned.structure, planned.start
    values = planned.filled(perf_counter() + 60.0)
    assert not broken(arrays, values, arrays.sums(values)).any()
    assert (values <= arrays.upper + 1e-6).all()
    assert values[arrays.whole] == pytest.approx(np.round(values[arrays.whole]))
    assert (values[structure.unmet] == start[structure.unmet]).all()
    assert (values[structure.made] == start[structure.made]).all()
    slack = arrays.objective(start) - counted(planned.problem, arrays, structure, start)
    told = counted(planned.problem, arrays, structure, values)
    assert told - 1e-3 <= arrays.objective(values) <= told + slack + 1e-3
    assert arrays.objective(values) <= arrays.objective(start)


def test_something_is_saved(large: Planned) -> None:
    values = large.filled(perf_counter() + 60.0)
    assert large.arrays.objective(values) < large.arrays.objective(large.start)


def test_what_is_left_is_gathered_at_some_places(large: Planned) -> None:
    arrays, structure = large.arrays, large.structure
    charges = charges_of(large.problem, arrays)
    filling = module._Filling(large.problem, arrays, structure, charges, large.start)

    def told() -> float:
        """The cost, less what is left of lots at what it counts for."""
        load = filling._load
        left = np.ceil(load - 1e-6) - load
        return arrays.objective(filling.values) - 0.6 * float(arrays.cost @ left**2)

    costs = [told()]
    while filling.exchanged(0.6, perf_counter() + 60.0):
        costs.append(told())
    assert len(costs) > 1
    assert (np.diff(costs) < 0.0).all()
    values = filling.values
    assert not broken(arrays, values, arrays.sums(values)).any()
    assert not filling.exchanged(0.6, perf_counter() - 1.0)


def test_in_the_end_no_dose_alone_goes_better_another_way(small: Planned) -> None:
    problem, arrays, structure = small.problem, small.arrays, small.structure
    values = small.filled(perf_counter() + 60.0)
    best = arrays.objective(values)
    assert counted(problem, arrays, structure, values) == pytest.approx(best, rel=1e-9)
    made = values[structure.made] > 0.5
    tried = 0
    for choices in structure.choices_of_order:
        taken = [c for c in choices.tolist() if values[structure.serve[c]] > 0.5]
        for other in choices.tolist() if taken else []:
            if other in taken or not made[structure.place[other]]:
                continue
            moved = values.copy()
            moved[structure.serve[taken[0]]], moved[structure.serve[other]] = 0.0, 1.0
            assert counted(problem, arrays, structure, moved) >= best - 1e-3
            tried += 1
    assert tried > 50


def test_no_schedule_is_cheaper_than_the_best(small: Planned) -> None:
    best = solve(small.arrays, Limits(gap=0.0, seconds=120.0))
    values = small.filled(perf_counter() + 60.0)
    assert small.arrays.objective(values) >= best.objective * (1.0 - 1e-9)


def test_without_time_or_isotope_nothing_changes(small: Planned) -> None:
    assert (small.filled(perf_counter() - 1.0) == small.start).all()
    cold = replace(small.problem, lots={})
    charges = charges_of(cold, small.arrays)
    until = perf_counter() + 60.0
    same = lots_filled(cold, small.arrays, small.structure, charges, small.start, until)
    assert (same == small.start).all()
