"""What holds for every plan of every small world."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings

from doseline.operations.orders import DoseOrder
from doseline.operations.standing import Standing
from doseline.plan import Pin, Plan, Status, plan
from doseline.programme import Programme
from tests.plan.small import FROM, UNTIL, cases

Case = tuple[Programme, tuple[DoseOrder, ...]]


def planned(case: Case, standing: Standing | None = None, pins: tuple[Pin, ...] = ()) -> Plan:
    programme, orders = case
    return plan(programme, orders, from_on=FROM, until_on=UNTIL, standing=standing, pins=pins)


def weight(found: Plan, orders: tuple[DoseOrder, ...]) -> tuple[int, int]:
    """Started courses met, then all doses met."""
    served = found.schedule.allocation
    return sum(1 for o in orders if o.started and o.id in served), found.met


@settings(max_examples=40)
@given(cases())
def test_the_second_witness_finds_no_breach(case: Case) -> None:
    found = planned(case)
    assert found.breaches == ()
    assert found.status is Status.OPTIMAL
    assert 0 <= found.bound_cents <= found.objective_cents
    assert found.met + len(found.unmet) == found.orders == len(case[1])
    assert all(u.reason for u in found.unmet)


@settings(max_examples=10)
@given(cases())
def test_two_runs_give_the_same_plan(case: Case) -> None:
    first, second = planned(case), planned(case)
    assert replace(first, seconds=0.0) == replace(second, seconds=0.0)


@settings(max_examples=15)
@given(cases())
def test_more_vials_never_worsen_the_optimum(case: Case) -> None:
    """Filling takes no time here: a fuller batch is also ready later, and may miss its lane."""
    programme, orders = at_once(case[0]), case[1]
    roomier = replace(
        programme,
        manufacturers=tuple(
            replace(m, lines=tuple(replace(ln, vials_max=ln.vials_max + 1) for ln in m.lines))
            for m in programme.manufacturers
        ),
    )
    _never_worse(planned((programme, orders)), planned((roomier, orders)), orders)


def at_once(programme: Programme) -> Programme:
    """Lines that fill without delay."""
    plants = tuple(
        replace(m, lines=tuple(replace(ln, vial_min=0.0) for ln in m.lines))
        for m in programme.manufacturers
    )
    return replace(programme, manufacturers=plants)


@settings(max_examples=15)
@given(cases())
def test_a_larger_offer_never_worsens_the_optimum(case: Case) -> None:
    programme, orders = case
    source = replace(programme.sources[0], offer_per_week_mbq=1e7)
    plants = tuple(replace(m, possession_limit_mbq=None) for m in programme.manufacturers)
    loose = replace(programme, sources=(source,), manufacturers=plants)
    _never_worse(planned(case), planned((loose, orders)), orders)


@settings(max_examples=15)
@given(cases())
def test_a_day_more_in_the_window_never_worsens_the_optimum(case: Case) -> None:
    programme, orders = case
    wider = tuple(replace(o, latest_on=o.latest_on + timedelta(days=1)) for o in orders)
    _never_worse(planned(case), planned((programme, wider)), orders)


def _never_worse(tight: Plan, loose: Plan, orders: tuple[DoseOrder, ...]) -> None:
    assert loose.breaches == ()
    assert weight(loose, orders)[0] >= weight(tight, orders)[0]
    if weight(loose, orders)[0] == weight(tight, orders)[0]:
        assert loose.met >= tight.met
    if weight(loose, orders) == weight(tight, orders):
        assert loose.bound_cents <= tight.objective_cents


@settings(max_examples=15)
@given(cases())
def test_a_plan_that_stands_is_kept_when_planned_again(case: Case) -> None:
    """Locked and promised as it is, nothing changes."""
    first = planned(case)
    standing = Standing(
        now_at=-100_000,
        locked=first.schedule.batches,
        promised=first.schedule.allocations,
    )
    again = planned(case, standing)
    assert again.schedule.batch.items() >= first.schedule.batch.items()
    assert {a.order: a.batch for a in first.schedule.allocations}.items() <= {
        a.order: a.batch for a in again.schedule.allocations
    }.items()
    assert again.breaches == ()


@settings(max_examples=15)
@given(cases())
def test_pinning_a_plan_to_itself_changes_nothing(case: Case) -> None:
    first = planned(case)
    pins = tuple(
        Pin(first.schedule.batch[a.batch].slot, a.order) for a in first.schedule.allocations
    )
    again = planned(case, pins=pins)
    assert again.status is Status.OPTIMAL
    assert {a.order: a.batch for a in again.schedule.allocations} == {
        a.order: a.batch for a in first.schedule.allocations
    }
