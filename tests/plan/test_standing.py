"""What stands already is kept: locked batches, promises, what is on its way, pins."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from doseline.operations.standing import Standing
from doseline.plan import Pin, Plan, Status
from tests.hand_world import order, two_orders, world
from tests.plan.variants import at_reykjavik, planned, with_line, with_site

SLOT, NEXT = "cell@2024-01-09T06:00", "cell@2024-01-16T06:00"
MADE_AT = 12_400  # Tuesday 9 January 14:40, after the van has left


@pytest.fixture(scope="module")
def before() -> Plan:
    return planned(two_orders())


def test_a_locked_batch_stays_as_it_is(before: Plan) -> None:
    standing = Standing(now_at=11_000, locked=before.schedule.batches)
    found = planned([two_orders()[1]], standing=standing)
    assert found.schedule.batches == before.schedule.batches
    assert (found.met, found.breaches) == (1, ())


def test_the_vials_of_a_locked_batch_can_go_to_others(before: Plan) -> None:
    """A vial made for Reykjavik suffices for less."""
    standing = Standing(now_at=11_000, locked=before.schedule.batches)
    other = order("reykjavik", date(2024, 1, 10), 150.0, "another")
    found = planned([other, two_orders()[1]], standing=standing)
    assert (found.met, found.breaches) == (2, ())
    assert len(found.schedule.batches) == 1


def test_a_locked_batch_gives_no_more_than_it_holds(before: Plan) -> None:
    standing = Standing(now_at=11_000, locked=before.schedule.batches)
    found = planned(at_reykjavik("abc"), standing=standing)
    assert (found.met, found.breaches) == (1, ())
    assert "limit of its bulk" in found.unmet[0].reason


def test_what_is_on_its_way_is_kept_to_the_letter(before: Plan) -> None:
    standing = Standing(
        now_at=MADE_AT,
        locked=before.schedule.batches,
        promised=before.schedule.allocations,
        in_transit=before.schedule.shipments[:1],
    )
    found = planned([*two_orders(), *at_reykjavik("c")], standing=standing)
    assert found.schedule.shipments[0] == before.schedule.shipments[0]
    assert found.schedule.allocation["reykjavik/1"] == before.schedule.allocation["reykjavik/1"]
    assert (found.orders, found.met, found.breaches) == (3, 2, ())
    assert found.objective_cents == found.bound_cents


@pytest.mark.parametrize("further", [0, 1], ids=["alone", "another vial to come"])
def test_import_testing_of_a_batch_on_its_way_is_paid_once(further: int) -> None:
    leave = replace(world().permissions[0], testing_cents=9_000, testing_min=60)
    programme = replace(world(), permissions=(leave,))
    orders = two_orders()
    first = planned(orders, programme)
    assert (first.met, first.costs.testing_cents) == (2, 9_000)
    to_reykjavik = next(s for s in first.schedule.shipments if s.site == "reykjavik")
    standing = Standing(
        now_at=to_reykjavik.dispatch_at + 1,
        locked=first.schedule.batches,
        promised=first.schedule.allocations[: 1 + further],
        in_transit=(to_reykjavik,),
    )
    found = planned(orders[: 1 + further], programme, standing=standing)
    assert (found.met, found.costs.testing_cents) == (1 + further, 9_000)
    assert found.objective_cents == found.bound_cents


def test_a_promise_is_kept_before_a_started_course(before: Plan) -> None:
    promise = before.schedule.allocations[0]
    started = [replace(o, started=True) for o in at_reykjavik("ab")]
    asked = [two_orders()[0], *started]
    free = planned(asked)
    assert promise.order not in free.schedule.allocation
    kept = planned(asked, standing=Standing(now_at=0, promised=(promise,)))
    assert promise.order in kept.schedule.allocation


def test_a_promise_after_the_freeze_date_may_move(before: Plan) -> None:
    promise = before.schedule.allocations[0]
    started = [replace(o, started=True) for o in at_reykjavik("ab")]
    standing = Standing(now_at=0, freeze_until_at=100, promised=(promise,))
    found = planned([two_orders()[0], *started], standing=standing)
    assert promise.order not in found.schedule.allocation


def test_no_new_batch_starts_before_the_freeze_date() -> None:
    standing = Standing(now_at=0, freeze_until_at=12_000)
    found = planned(two_orders(), standing=standing)
    assert (found.met, found.breaches) == (0, ())


def test_orders_of_a_failed_batch_are_planned_anew(before: Plan) -> None:
    late = [replace(o, latest_on=date(2024, 1, 19)) for o in two_orders()]
    standing = Standing(now_at=0, promised=before.schedule.allocations, failed_slots=(SLOT,))
    found = planned(late, standing=standing)
    assert [b.slot for b in found.schedule.batches] == [NEXT]
    assert (found.met, len(found.shifted), found.breaches) == (2, 2, ())


def test_an_order_served_before_is_left_out() -> None:
    found = planned(two_orders(), standing=Standing(served=("tokyo/1",)))
    assert (found.orders, list(found.schedule.allocation)) == (1, ["reykjavik/1"])


def test_isotope_is_ordered_by_its_lock() -> None:
    """Delivered Monday 8 January 14:00, locked seven days before: minute 840."""
    assert planned(two_orders(), standing=Standing(now_at=840)).met == 2
    assert planned(two_orders(), standing=Standing(now_at=841)).met == 0


def test_an_option_is_called_off_in_time() -> None:
    rule = world().manufacturers[0].lines[0].slots[0]
    program = with_line(world(), slots=(replace(rule, kind="option", call_off_min=11_500),))
    assert planned(two_orders(), program, standing=Standing(now_at=380)).met == 2
    assert planned(two_orders(), program, standing=Standing(now_at=381)).met == 0


# -- pins ----------------------------------------------------------------------------------


def test_a_pinned_order_comes_from_its_slot() -> None:
    late = replace(two_orders()[0], latest_on=date(2024, 1, 17))
    assert [b.slot for b in planned([late]).schedule.batches] == [SLOT]
    found = planned([late], pins=(Pin(NEXT, late.id),))
    assert [b.slot for b in found.schedule.batches] == [NEXT]
    assert found.status is Status.OPTIMAL


def test_a_pinned_batch_is_made() -> None:
    late = [replace(o, latest_on=date(2024, 1, 17)) for o in at_reykjavik("ab")]
    assert len(planned(late).schedule.batches) == 1
    found = planned(late, pins=(Pin(NEXT),))
    assert NEXT in found.schedule.batch


def test_a_pin_without_a_way_is_a_conflict() -> None:
    found = planned(two_orders(), pins=(Pin(NEXT, "tokyo/1"),))
    assert found.status is Status.INFEASIBLE
    assert found.conflicts == (
        f"order tokyo/1 from {NEXT}: there is no way from the one to the other",
    )


def test_a_pin_to_an_unknown_slot_is_a_conflict() -> None:
    found = planned(two_orders(), pins=(Pin("nowhere", "tokyo/1"),))
    assert found.status is Status.INFEASIBLE
    assert "no such slot" in found.conflicts[0]


def test_only_the_pins_that_contradict_each_other_are_named() -> None:
    orders = at_reykjavik("abc")
    pins = [Pin(SLOT, o.id) for o in orders]
    roomy = with_line(world(), vials_max=3, bulk_max_mbq=None)
    free = [Pin(NEXT, "d")]
    fourth = order("reykjavik", date(2024, 1, 17), 10.0, "d")
    found = planned([*orders, fourth], pins=[*free, *pins])
    assert found.status is Status.INFEASIBLE
    assert len(found.conflicts) == 3
    assert not any("order d" in c for c in found.conflicts)
    assert planned([*orders, fourth], with_site(roomy, "reykjavik", daily_capacity=3)).met == 4


def test_promises_that_contradict_are_broken_as_few_as_can_be(before: Plan) -> None:
    """Three promises of a batch of two vials, as after a vial broke."""
    orders = at_reykjavik("abc")
    promise = before.schedule.allocations[0]
    promised = tuple(replace(promise, order=o.id) for o in orders)
    found = planned(orders, standing=Standing(promised=promised))
    assert (found.status, found.met) == (Status.OPTIMAL, 2)
