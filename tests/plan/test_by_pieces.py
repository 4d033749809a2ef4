"""Plans solved by pieces: slots alike as one place, a relaxation, a dive, pieces planned anew."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings

from benchmarks.instances.generate import Instance, instance
from doseline.operations.check import breaches
from doseline.operations.orders import DoseOrder
from doseline.plan import Limits, Plan, Status, plan
from doseline.plan.model.candidates import gather
from doseline.plan.model.costs import count as cost_of
from doseline.plan.model.extract import extract
from doseline.plan.model.matrix import Limit, Matrix
from doseline.plan.model.model import constrained
from doseline.plan.model.objective import COSTS
from doseline.plan.model.packing import packed
from doseline.plan.model.sets import Choice
from doseline.plan.model.variables import Problem, shipment_key
from doseline.plan.plan import MANY
from doseline.plan.solving.arrays import Arrays, arrays_of, piece
from doseline.plan.solving.dive import whole_batches
from doseline.plan.solving.neighbours import Neighbourhoods, priced
from doseline.plan.solving.relaxation import Relaxation
from doseline.plan.solving.rounded import broken, nothing_made, whole_orders
from doseline.plan.solving.solve import solve
from doseline.plan.solving.structure import structure_of
from doseline.programme import Programme
from doseline.programme.contract import Tier
from tests.plan.small import FROM, UNTIL, cases
from tests.plan.test_brute_force import without_caution

Case = tuple[Programme, tuple[DoseOrder, ...]]
_SECONDS = Limits(seconds=20.0)


def by_pieces(case: Case, limits: Limits = _SECONDS) -> Plan:
    """The plan of a small case as if it were one of many orders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("doseline.plan.plan"), "MANY", 0)
        patch.setattr(import_module("doseline.plan.large.large"), "ROUNDS", 6)
        patch.setattr(import_module("doseline.plan.large.begun"), "_ROUNDS", 2)
        return plan(case[0], case[1], from_on=FROM, until_on=UNTIL, limits=limits)


@settings(max_examples=20)
@given(cases(most=8))
def test_its_bound_is_none_that_the_whole_undercuts(case: Case) -> None:
    programme, orders = without_caution(case[0]), case[1]
    whole = plan(programme, orders, from_on=FROM, until_on=UNTIL)
    found = by_pieces((programme, orders))
    assert not found.breaches
    assert found.bound_cents <= whole.objective_cents + 1
    assert found.met <= whole.met_bound
    assert whole.met <= found.met_bound
    if found.met == whole.met:
        assert found.objective_cents >= whole.bound_cents


@pytest.fixture(scope="module")
def two_lines() -> Instance:
    """An instance of the smallest size: one plant with three lines alike, the other closes."""
    made = instance("S")
    plant = made.programme.manufacturers[0]
    line = plant.lines[0]
    lines = tuple(replace(line, id=f"{line.id}-{n}") for n in range(3))
    others = [replace(m, closes_on=made.from_on) for m in made.programme.manufacturers[1:]]
    plants = (replace(plant, lines=lines, batches_per_day=3, qc_releases_per_day=3), *others)
    return replace(made, programme=replace(made.programme, manufacturers=plants))


@pytest.fixture(scope="module")
def merged(two_lines: Instance) -> Problem:
    return _problem(two_lines, merge=True)


def _problem(made: Instance, merge: bool) -> Problem:
    sets = gather(made.programme, made.orders, made.from_on, made.until_on, None, merge=merge)
    problem = constrained(sets)
    for term in COSTS:
        term(problem)
    for i, column in enumerate(problem.unmet):
        if not sets.of_order[i]:
            problem.matrix.fix(column, 1.0)
    return problem


def test_slots_alike_are_one_place(two_lines: Instance, merged: Problem) -> None:
    apart = _problem(two_lines, merge=False).sets
    counts = Counter(p.count for p in merged.sets.places)
    assert counts[3] > 0
    assert sum(p.count for p in merged.sets.places) == len(apart.places)
    assert len({slot.line for slot in max(merged.sets.places, key=lambda p: p.count).slots}) == 3
    assert len(merged.sets.choices) < len(apart.choices)


def test_one_place_costs_no_more_than_its_slots_apart(two_lines: Instance, merged: Problem) -> None:
    apart = _problem(two_lines, merge=False).matrix
    until = perf_counter() + 60.0
    one = Relaxation(arrays_of(merged.matrix), until).solve()
    other = Relaxation(arrays_of(apart), until).solve()
    assert one is not None
    assert other is not None
    assert one.objective == pytest.approx(other.objective, rel=1e-7)


def test_the_batches_of_a_place_stand_on_lines_of_their_own(
    two_lines: Instance, merged: Problem
) -> None:
    doses = priced(arrays_of(merged.matrix), structure_of(merged))
    found = solve(doses, Limits(seconds=20.0, gap=0.01))
    schedule = extract(merged, found.values)
    places = Counter((b.manufacturer, b.charge_at) for b in schedule.batches)
    assert max(places.values()) > 1
    assert len({(b.line, b.charge_at) for b in schedule.batches}) == len(schedule.batches)
    met = [o for o in two_lines.orders if o.id in schedule.allocation]
    assert not breaches(two_lines.programme, schedule, met)


def test_packages_of_a_shipment_come_out_of_one_batch_where_they_fit(merged: Problem) -> None:
    sets = merged.sets
    s = max(range(len(sets.places)), key=lambda s: (sets.places[s].count, len(sets.of_place[s])))
    seen: dict[int, int] = {sets.choices[r].order: r for r in sets.of_place[s]}
    room = sets.places[s].slot.vials_max
    taken = [sets.choices[r] for r in list(seen.values())[: 2 * room]]
    batches = packed(sets, s, taken, 2)
    assert sorted(len(b) for b in batches) == [len(taken) - room, room]
    parted = Counter(
        key for key in {(n, shipment_key(sets, c)) for n, b in enumerate(batches) for c in b}
    )
    keys = Counter(key for _, key in parted)
    assert sum(1 for count in keys.values() if count > 1) <= 1


def test_batches_swap_packages_until_little_of_a_lot_is_left(merged: Problem) -> None:
    sets = merged.sets
    s = max(range(len(sets.places)), key=lambda s: (sets.places[s].count, len(sets.of_place[s])))
    seen = {sets.orders[sets.choices[r].order].site: r for r in sets.of_place[s]}
    taken = [sets.choices[r] for r in list(seen.values())[: 2 * sets.places[s].slot.vials_max]]
    taken = [replace(c, load_mbq=(0.8 + 0.041 * n) * c.load_mbq) for n, c in enumerate(taken)]
    mean = sum(c.load_mbq for c in taken) / len(taken)

    def wasted(batch: list[Choice], lot: float) -> float:
        return -sum(c.load_mbq for c in batch) % lot / lot

    begun = ended = 0.0
    for lot in (0.3 * mean, 0.47 * mean, 0.77 * mean, 1.3 * mean, 2.1 * mean):
        before, after = packed(sets, s, taken, 2), packed(sets, s, taken, 2, lot)
        orders = sorted(c.order for b in after for c in b)
        assert orders == sorted(c.order for b in before for c in b)
        assert wasted(after[0], lot) <= wasted(before[0], lot)
        begun, ended = begun + wasted(before[0], lot), ended + wasted(after[0], lot)
    assert ended < 0.4 * begun


# -- the parts of the search ---------------------------------------------------------------


def test_a_piece_says_what_the_whole_says(merged: Problem) -> None:
    arrays, structure = arrays_of(merged.matrix), structure_of(merged)
    values = nothing_made(arrays, structure)
    sums = arrays.sums(values)
    assert not broken(arrays, values, sums).any()
    s = max(range(len(structure.own)), key=lambda s: structure.choices_of_place[s].size)
    serve = structure.serve[structure.choices_of_place[s]]
    free = np.unique(np.concatenate([structure.own[s], structure.unmet, serve]))
    part, _ = piece(arrays, values, sums, free)
    found = solve(part, Limits(seconds=20.0))
    whole = values.copy()
    whole[free] = found.values
    assert not broken(arrays, whole, arrays.sums(whole)).any()
    change = float(arrays.cost[free] @ values[free]) - found.objective
    assert arrays.objective(values) - arrays.objective(whole) == pytest.approx(change)
    assert change > 0.0


def _dived(problem: Problem) -> tuple[Arrays, float, np.ndarray]:
    arrays, structure = arrays_of(problem.matrix), structure_of(problem)
    relaxation = Relaxation(arrays, perf_counter() + 60.0)
    root = relaxation.solve()
    assert root is not None
    dived = whole_batches(relaxation, root, arrays, structure.made, structure.kind)
    assert dived is not None
    return arrays, root.objective, dived.values


def test_a_dive_makes_batches_whole_and_never_undercuts_its_relaxation(merged: Problem) -> None:
    arrays, bound, values = _dived(merged)
    made = values[structure_of(merged).made]
    assert np.abs(made - np.round(made)).max() < 1e-6
    assert arrays.objective(values) >= bound - 1e-6 * bound
    found = whole_orders(arrays, structure_of(merged), values, 20.0)
    assert found is not None
    assert not broken(arrays, found, arrays.sums(found)).any()
    assert np.abs(found - np.round(found))[arrays.whole].max() < 1e-6


def test_a_search_by_pieces_only_gets_better_and_is_the_same_each_time(merged: Problem) -> None:
    structure = structure_of(merged)
    arrays = priced(arrays_of(merged.matrix), structure)
    found = []
    for _ in range(2):
        search = Neighbourhoods(arrays, structure, nothing_made(arrays, structure))
        with ThreadPoolExecutor(2) as pool:
            costs = [search.best.objective]
            for _ in range(4):
                search.search(perf_counter() + 60.0, 3, pool)
                costs.append(search.best.objective)
        assert costs == sorted(costs, reverse=True)
        assert costs[-1] < costs[0]
        best = search.best
        assert not broken(arrays, best.values, best.sums).any()
        assert best.objective == pytest.approx(arrays.objective(best.values))
        found.append(best.values)
    assert (found[0] == found[1]).all()


def test_a_dearer_dose_of_a_started_course_is_met_first(merged: Problem) -> None:
    structure = structure_of(merged)
    arrays = priced(arrays_of(merged.matrix), structure)
    cost, weight = arrays.cost[structure.unmet], structure.weight
    assert cost[weight > 1.0].min() > cost[weight == 1.0].max()
    assert cost.min() > arrays_of(merged.matrix).cost.max()


def test_a_relaxation_says_when_nothing_satisfies_it_and_when_time_is_over() -> None:
    matrix = Matrix()
    column = matrix.binary(1.0)
    matrix.row(Limit("pin", ""), [(column, 1.0)], lower=2.0)
    assert Relaxation(arrays_of(matrix), perf_counter() + 5.0).solve() is None
    assert Relaxation(arrays_of(Matrix()), perf_counter() - 1.0).solve() is None


def test_from_how_many_orders_on(two_lines: Instance) -> None:
    few = plan(
        two_lines.programme,
        two_lines.orders,
        from_on=two_lines.from_on,
        until_on=two_lines.from_on + timedelta(days=6),
    )
    assert len(two_lines.orders) < MANY
    assert "by pieces" not in few.method


# -- contracts by the year, options, fractional lots ------------------------------------------


def with_contract(made: Instance, **changes: object) -> Instance:
    """The instance with other terms at its first plant."""
    first, *others = made.programme.contracts
    contracts = (replace(first, **changes), *others)  # type: ignore[arg-type]
    return replace(made, programme=replace(made.programme, contracts=contracts))


def of_first_weeks(made: Instance, weeks: int) -> Instance:
    """The instance with the orders of its first weeks only."""
    until_on = made.from_on + timedelta(days=7 * weeks - 1)
    orders = tuple(o for o in made.orders if o.wanted_on <= until_on)
    return replace(made, orders=orders)


@pytest.mark.parametrize("terms", ["tiers", "take or pay"])
@pytest.mark.parametrize("rolling", [False, True])
def test_batches_counted_over_a_year_do_not_hold_a_search_up(terms: str, rolling: bool) -> None:
    made = of_first_weeks(instance("S"), 4)
    fee = made.programme.contracts[0].batch_fee_cents
    tiers = (Tier(from_batch=3, fee_cents=fee // 2), Tier(from_batch=5, fee_cents=fee // 4))
    changes = {"tiers": tiers} if terms == "tiers" else {"take_or_pay_batches": 30}
    made = with_contract(made, **changes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("doseline.plan.plan"), "MANY", 0)
        patch.setattr(import_module("doseline.plan.large.large"), "ROUNDS", 12)
        patch.setattr(import_module("doseline.plan.large.large"), "AT_ONCE", 0 if rolling else 6000)
        found = plan(
            made.programme,
            made.orders,
            from_on=made.from_on,
            until_on=made.until_on,
            limits=Limits(seconds=20.0),
        )
    whole = plan(made.programme, made.orders, from_on=made.from_on, until_on=made.until_on)
    assert found.met == found.met_bound == whole.met == len(made.orders)
    assert not found.breaches
    assert found.bound_cents <= whole.objective_cents
    assert found.objective_cents < 1.03 * whole.objective_cents


def test_every_slot_of_a_place_has_its_fee(two_lines: Instance) -> None:
    plant, *others = two_lines.programme.manufacturers
    rule = plant.lines[0].slots[0]
    lines = tuple(
        replace(ln, slots=tuple(replace(r, kind="option", fee_cents=500_000) for r in ln.slots))
        for ln in plant.lines
    )
    assert rule.kind != "option"
    programme = replace(two_lines.programme, manufacturers=(replace(plant, lines=lines), *others))
    problem = _problem(replace(two_lines, programme=programme), merge=True)
    doses = priced(arrays_of(problem.matrix), structure_of(problem))
    schedule = extract(problem, solve(doses, Limits(seconds=20.0, gap=0.01)).values)
    places = Counter((b.manufacturer, b.charge_at) for b in schedule.batches)
    assert max(places.values()) > 1
    assert cost_of(problem.sets, schedule).options_cents == 500_000 * len(schedule.batches)


def test_a_plan_is_not_called_proven_from_parts_of_lots(two_lines: Instance) -> None:
    sources = tuple(replace(s, lot_mbq=20_000.0) for s in two_lines.programme.sources)
    programme = replace(two_lines.programme, sources=sources)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("doseline.plan.plan"), "MANY", 0)
        patch.setattr(import_module("doseline.plan.large.large"), "ROUNDS", 10)
        found = plan(
            programme,
            two_lines.orders[:4],
            from_on=two_lines.from_on,
            until_on=two_lines.until_on,
            limits=Limits(seconds=20.0),
        )
    assert "by pieces" in found.method
    assert found.gap > 1e-3
    assert found.status is not Status.OPTIMAL
