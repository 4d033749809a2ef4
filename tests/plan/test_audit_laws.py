"""What holds for the audit of every small world, and that brute force finds the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from doseline.calendars import WeekTime
from doseline.operations.check import breaches
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Batch, Schedule
from doseline.operations.slots import expand
from doseline.operations.standing import Standing
from doseline.plan import Plan, plan
from doseline.plan.failures.audit import Audit, Contingency, audit
from doseline.plan.failures.contingencies import Kind
from doseline.plan.model.candidates import gather
from doseline.plan.model.extract import extract
from doseline.plan.model.sets import Sets
from doseline.plan.model.variables import declare
from doseline.programme import Programme
from doseline.programme.manufacturer import SlotRule
from tests.plan.small import FROM, UNTIL, cases
from tests.plan.test_brute_force import without_caution
from tests.plan.test_laws import at_once

Case = tuple[Programme, tuple[DoseOrder, ...]]
LONG_AGO = -1_000_000
LOCKS = st.sampled_from((0, 720, 2 * 1440))


def planned(case: Case) -> Plan:
    return plan(case[0], case[1], from_on=FROM, until_on=UNTIL)


def audited(programme: Programme, orders: tuple[DoseOrder, ...], found: Plan) -> Audit:
    return audit(programme, orders, found, from_on=FROM, until_on=UNTIL)


def plain(programme: Programme, lock_min: int) -> Programme:
    """Lines that fill at once, no spare vials, no dose before another, this lock."""
    policy = replace(programme.policy, spare_vials=0, started_courses_first=False)
    source = replace(programme.sources[0], lock_min=lock_min)
    return replace(at_once(programme), policy=policy, sources=(source,))


def close(orders: tuple[DoseOrder, ...]) -> tuple[DoseOrder, ...]:
    """Orders of four days that may wait six days more: batches of several, and stand-ins."""
    found = []
    for order in orders:
        on = FROM + timedelta(days=(order.wanted_on - FROM).days % 4)
        days = replace(order, wanted_on=on, earliest_on=on, latest_on=on + timedelta(days=6))
        found.append(days)
    return tuple(found)


def emptied(batch: Batch) -> Batch:
    """A batch that has failed: it took its line, its crew and its isotope, and gives nothing."""
    return replace(batch, vials=0, bulk_mbq=0.0)


# -- against a whole new plan --------------------------------------------------------------


def replanned(
    programme: Programme, asked: tuple[DoseOrder, ...], before: Schedule, c: Contingency
) -> int:
    """How many go unmet in a whole new plan with the slot failed and all else pinned."""
    failed = before.batch[c.what]
    locked = [b for b in before.batches if b.charge_at < c.known_at and b != failed]
    made = {b.slot for b in before.batches}
    closed = tuple(
        s.id
        for s in expand(programme, FROM - timedelta(days=9), UNTIL + timedelta(days=9))
        if s.id not in made
        and (s.charge_at < c.known_at or all(o.lock_at < c.known_at for o in s.isotope))
    )
    standing = Standing(
        now_at=LONG_AGO,
        locked=(*locked, emptied(failed)),
        promised=tuple(a for a in before.allocations if a.order not in c.struck),
        failed_slots=closed,
    )
    again = plan(programme, asked, from_on=FROM, until_on=UNTIL, standing=standing)
    assert again.breaches == ()
    kept = {a.order: a.batch for a in before.allocations if a.order not in c.struck}
    assert kept.items() <= {a.order: a.batch for a in again.schedule.allocations}.items()
    return len(again.unmet)


@settings(max_examples=40)
@given(cases(), LOCKS, st.sampled_from((500_000.0, 1e6, 1e7)))
def test_a_whole_new_plan_leaves_as_many_doses_without(
    case: Case, lock_min: int, offer_mbq: float
) -> None:
    """A lot suffices for any batch, so that what is ordered never keeps a batch from growing."""
    programme = plain(case[0], lock_min)
    source = replace(programme.sources[0], lot_mbq=500_000.0, offer_per_week_mbq=offer_mbq)
    plants = tuple(replace(m, possession_limit_mbq=None) for m in programme.manufacturers)
    programme = replace(programme, sources=(source,), manufacturers=plants)
    orders = close(case[1])
    before = planned((programme, orders)).schedule
    asked = tuple(o for o in orders if o.id in before.allocation)
    found = audit(programme, asked, before, from_on=FROM, until_on=UNTIL, kinds=())
    for contingency in found.contingencies:
        assert contingency.proven
        expected = replanned(programme, asked, before, contingency)
        assert len(contingency.unsecured) == expected


# -- against every schedule, judged by the checker -----------------------------------------


def trials(
    programme: Programme, sets: Sets, before: Schedule, c: Contingency
) -> Iterator[tuple[int, Schedule]]:
    """Every way to serve the struck doses or not, all else as it is: how many go without."""
    problem = declare(sets)
    clock = programme.clock
    ways: list[list[int | None]] = []
    for i, order in enumerate(sets.orders):
        rows = sets.of_order[i]
        if order.id in c.struck:
            ways.append([None, *(r for r in rows if _slot(sets, r) != c.what)])
            continue
        dose = before.allocation[order.id]
        on = clock.day(dose.use_at, programme.site[order.site].zone)
        ways.append(
            [r for r in rows if _slot(sets, r) == dose.batch and sets.choices[r].route.use_on == on]
        )
    for taken in product(*ways):
        values = np.zeros(problem.matrix.columns)
        for r in taken:
            if r is not None:
                values[problem.serve[r]] = 1.0
        yield taken.count(None), extract(problem, values)


def _slot(sets: Sets, r: int) -> str:
    return sets.places[sets.choices[r].place].slot.id


def decided_in_time(
    programme: Programme, before: Schedule, after: Schedule, c: Contingency
) -> Schedule | None:
    """A schedule with what was ordered kept as ordered; None where a decision comes too late."""
    batches = [emptied(before.batch[c.what])]
    for batch in after.batches:
        old = before.batch.get(batch.id)
        lock_at = (batch.isotope_at or 0) - programme.sources[0].lock_min
        if old is None:
            if batch.charge_at < c.known_at or lock_at < c.known_at:
                return None
        elif batch.charge_at < c.known_at:
            if batch.vials > old.vials:
                return None
            batch = old
        elif lock_at < c.known_at:
            if batch.isotope_lots > old.isotope_lots:
                return None
            batch = replace(batch, isotope_lots=old.isotope_lots, isotope_mbq=old.isotope_mbq)
        batches.append(batch)
    return replace(after, batches=tuple(batches))


@settings(max_examples=60)
@given(cases(most=4), LOCKS)
def test_no_schedule_that_the_checker_passes_leaves_fewer_without(
    case: Case, lock_min: int
) -> None:
    programme = plain(without_caution(case[0]), lock_min)
    orders = close(case[1])
    before = planned((programme, orders)).schedule
    asked = tuple(o for o in orders if o.id in before.allocation)
    found = audit(programme, asked, before, from_on=FROM, until_on=UNTIL, kinds=())
    sets = gather(programme, asked, FROM, UNTIL, None)
    for contingency in found.contingencies:
        sizes = [len(sets.of_order[sets.order_of_id[o]]) for o in contingency.struck]
        if np.prod([1 + n for n in sizes]) > 100:
            continue
        kept = Standing(now_at=LONG_AGO, locked=(emptied(before.batch[contingency.what]),))
        fewest = len(contingency.struck)
        for without, trial in trials(programme, sets, before, contingency):
            if without >= fewest:
                continue
            schedule = decided_in_time(programme, before, trial, contingency)
            served = [o for o in asked if o.id in trial.allocation]
            if schedule and not breaches(programme, schedule, served, standing=kept):
                fewest = without
        assert len(contingency.unsecured) == fewest


# -- laws ----------------------------------------------------------------------------------


@settings(max_examples=15)
@given(cases(), st.integers(0, 6))
def test_another_slot_never_adds_a_dose_without_a_second_chance(case: Case, day: int) -> None:
    programme, orders = case[0], close(case[1])
    before = planned((programme, orders))
    plant = programme.manufacturers[0]
    twin = replace(
        plant.lines[0], id="twin", slots=(SlotRule(WeekTime(day, plant.lines[0].slots[0].at.time)),)
    )
    more = replace(
        programme,
        manufacturers=(replace(plant, lines=(*plant.lines, twin)), *programme.manufacturers[1:]),
    )
    found, roomier = audited(programme, orders, before), audited(more, orders, before)
    for kind in (Kind.BATCH, Kind.LINE, Kind.DELIVERY, Kind.PLANT):
        for one, other in zip(found.of(kind), roomier.of(kind), strict=True):
            assert one.struck == other.struck
            assert len(other.unsecured) <= len(one.unsecured)


@settings(max_examples=15)
@given(cases())
def test_doses_that_can_never_be_secured_are_among_those_that_are_not(case: Case) -> None:
    programme, orders = case[0], close(case[1])
    before = planned((programme, orders))
    found = audited(programme, orders, before)
    assert set(found.never) <= set(found.unsecured) <= set(before.schedule.allocation)
    assert found.doses == len(before.schedule.allocations)
    for contingency in found.contingencies:
        assert set(contingency.unsecured) <= set(contingency.struck)
        assert contingency.unsecured == tuple(u.order for u in contingency.reasons)
        assert all(u.reason for u in contingency.reasons)


@settings(max_examples=10)
@given(cases())
def test_two_audits_find_the_same(case: Case) -> None:
    before = planned(case)
    first, second = audited(*case, before), audited(*case, before)
    assert replace(first, seconds=0.0) == replace(second, seconds=0.0)
