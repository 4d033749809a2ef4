"""A new plan after something has happened: who still gets a dose, who is moved, who is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doseline.clock import WeekTime
from doseline.errors import ScheduleError
from doseline.operations.happened import (
    BatchFailed,
    Happening,
    LaneClosed,
    LineDown,
    OrderCancelled,
    OrderMoved,
    OrderPlaced,
    PlantDown,
    SourceStopped,
    Span,
    orders_after,
)
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule
from doseline.plan import Plan, plan
from doseline.plan.replanning.calls import Party
from doseline.plan.replanning.replan import Replan, Way, replan
from doseline.programme import Programme
from doseline.programme.cost import Penalty
from doseline.programme.manufacturer import SlotRule
from tests.hand_world import order, two_orders, world
from tests.plan.small import FROM as SMALL_FROM
from tests.plan.small import UNTIL as SMALL_UNTIL
from tests.plan.small import cases
from tests.plan.variants import (
    FRIDAY,
    FROM,
    UNTIL,
    WEDNESDAY,
    at_reykjavik,
    planned,
    with_line,
    with_plant,
    with_site,
    with_source,
)

FIRST, SECOND = "cell@2024-01-09T06:00", "cell@2024-01-16T06:00"
FIRST_LOCK, SECOND_LOCK = 840, 840 + 7 * 1440
NOON_MONDAY = 7 * 1440 + 720  # 8 January 12:00, after the isotope of the first batch was locked
WEEK_LATER = date(2024, 1, 17)
THURSDAY = date(2024, 1, 11)


def again(
    orders: Sequence[DoseOrder],
    before: Plan | Schedule,
    happened: Happening | Sequence[Happening],
    now_at: int,
    programme: Programme | None = None,
    **more: Any,
) -> Replan:
    """The new plan of the three weeks in January; every alternative passes the second witness."""
    found = replan(
        programme or world(),
        orders,
        before,
        happened,
        now_at=now_at,
        from_on=FROM,
        until_on=UNTIL,
        **more,
    )
    assert all(a.plan.breaches == () for a in found.alternatives)
    return found


def late(orders: Sequence[DoseOrder]) -> list[DoseOrder]:
    """The same orders, which may be given a week later."""
    return [replace(o, latest_on=o.latest_on + timedelta(days=7)) for o in orders]


def ways(found: Plan | Schedule) -> dict[str, tuple[str, str, int]]:
    """Batch, lane and hour of each dose."""
    schedule = found.schedule if isinstance(found, Plan) else found
    return {
        a.order: (a.batch, schedule.shipment[a.shipment].lane, a.use_at)
        for a in schedule.allocations
    }


def at(found: Replan, way: Way) -> Any:
    """The alternative that goes one way."""
    return next(a for a in found.alternatives if a.way is way)


# -- a batch fails -------------------------------------------------------------------------


def test_when_nothing_has_happened_nothing_changes() -> None:
    orders = late(two_orders())
    before = planned(orders)
    for now_at in (0, 6000, NOON_MONDAY, 12_500, 14_000):
        found = again(orders, before, (), now_at)
        assert ways(found.plan) == ways(before)
        assert found.plan.schedule.batches == before.schedule.batches
        assert (found.moved, found.changed, found.lost, found.calls) == ((), (), (), ())
        assert found.plan.objective_cents == before.objective_cents


def test_a_dose_on_its_way_on_another_day_than_wanted_still_costs_that() -> None:
    """Reykjavik treats on Wednesdays alone, so the dose comes a day early; then it has left."""
    dear = replace(world(), penalties=(Penalty("*", 4_000_000, 2_000_000, 5_000),))
    program = with_site(dear, "reykjavik", treatment_weekdays=("Wednesday",))
    (wanted,) = at_reykjavik("a", THURSDAY, earliest_on=WEDNESDAY, latest_on=FRIDAY)
    before = planned([wanted], program)
    assert before.costs.moved_cents == 5_000
    for now_at in (0, 14_000):
        found = again([wanted], before, (), now_at, program)
        assert found.plan.costs == before.costs
        assert found.plan.bound_cents <= found.plan.objective_cents == before.objective_cents
        assert found.plan.gap <= 1e-4


def test_a_failure_before_the_lock_of_the_next_isotope_moves_its_doses_there() -> None:
    """The second batch is locked on Monday 8 January 14:00; the failure is known at noon."""
    orders = late(two_orders())
    before = planned(orders)
    found = again(orders, before, BatchFailed(FIRST), NOON_MONDAY)
    assert (found.plan.met, found.lost) == (2, ())
    assert [(m.order, m.from_on, m.to_on) for m in found.moved] == [
        ("reykjavik/1", date(2024, 1, 10), WEEK_LATER),
        ("tokyo/1", date(2024, 1, 12), date(2024, 1, 19)),
    ]
    assert {(m.from_batch, m.to_batch) for m in found.moved} == {(FIRST, SECOND)}
    assert (
        found.plan.schedule.batches
        == planned([replace(o, wanted_on=o.latest_on) for o in orders]).schedule.batches
    )


def test_a_failure_after_every_lock_in_reach_loses_the_doses_and_says_why() -> None:
    orders = late(two_orders())
    before = planned(orders)
    found = again(orders, before, BatchFailed(FIRST), SECOND_LOCK + 1)
    assert (found.plan.met, found.moved) == (0, ())
    assert [u.order for u in found.lost] == ["reykjavik/1", "tokyo/1"]
    assert all("no slot of dose in time" in u.reason for u in found.lost)
    assert found.plan.schedule.batches == ()


def test_a_failed_batch_is_no_longer_locked_and_its_slot_is_gone() -> None:
    orders = late(two_orders())
    before = planned(orders)
    found = again(orders, before, BatchFailed(FIRST), SECOND_LOCK)
    assert found.standing.locked == ()
    assert found.standing.failed_slots == (FIRST,)
    assert found.plan.met == 2


def test_a_dose_given_before_its_batch_failed_is_not_asked_for_again() -> None:
    orders = [two_orders()[0], replace(two_orders()[1], latest_on=date(2024, 1, 26))]
    before = planned(orders)
    given = before.schedule.allocation["reykjavik/1"].use_at
    found = again(orders, before, BatchFailed(FIRST), given + 60)
    assert found.standing.served == ("reykjavik/1",)
    assert [m.order for m in found.moved] == ["tokyo/1"]
    assert found.moved[0].to_on == date(2024, 1, 26)


def test_only_the_doses_of_the_failed_batch_move() -> None:
    """A first batch fails; the second has a vial left for one of its two, the third for another."""
    orders = late(at_reykjavik("ab")) + at_reykjavik("c", on=WEEK_LATER)
    orders[1] = replace(orders[1], latest_on=date(2024, 1, 24))
    before = planned(orders)
    assert set(before.schedule.batch) == {FIRST, SECOND}
    found = again(orders, before, BatchFailed(FIRST), NOON_MONDAY)
    assert {(m.order, m.to_batch[:15]) for m in found.moved} == {
        ("a", "cell@2024-01-16"),
        ("b", "cell@2024-01-23"),
    }
    assert ways(found.plan)["c"] == ways(before)["c"]


def test_a_dose_that_gets_its_vial_elsewhere_on_its_day_is_changed_and_not_moved() -> None:
    """A slot at noon of the same day serves Tokyo by the same flight."""
    rule = world().manufacturers[0].lines[0].slots[0]
    noon = SlotRule(WeekTime(1, time(12)))
    program = with_line(world(), slots=(rule, noon), turnaround_min=60)
    orders = [two_orders()[1]]
    before = planned(orders, program)
    other = ({FIRST, "cell@2024-01-09T12:00"} - set(before.schedule.batch)).pop()
    found = again(orders, before, BatchFailed(next(iter(before.schedule.batch))), 0, program)
    assert (found.moved, found.lost) == ((), ())
    assert [(c.order, c.to_batch) for c in found.changed] == [("tokyo/1", other)]
    assert {c.party for c in found.calls} == {Party.PLANT}


# -- fewest moves, cheapest, all dates kept ------------------------------------------------


def two_weeks() -> list[DoseOrder]:
    """Two doses in each of two weeks, which fill a batch each; those of the second can wait."""
    first = late(at_reykjavik("ab"))
    second = at_reykjavik("cd", on=WEEK_LATER)
    return [*first, *(replace(o, latest_on=date(2024, 1, 24)) for o in second)]


def test_each_alternative_says_what_it_moves_and_loses() -> None:
    """The first batch fails: its doses take the second week and push the other two out of it."""
    orders = two_weeks()
    before = planned(orders)
    found = again(orders, before, BatchFailed(FIRST), NOON_MONDAY)
    assert (found.plan.met, len(found.moved), found.lost) == (4, 4, ())
    dates = at(found, Way.KEEP_DATES)
    assert (dates.plan.met, dates.moved) == (2, ())
    assert [u.order for u in dates.lost] == ["a", "b"]
    assert all(f"the date confirmed is kept: order {u.order}" in u.reason for u in dates.lost)
    assert [a.way for a in found.alternatives] == [Way.CHEAPEST, Way.FEWEST_MOVES, Way.KEEP_DATES]


def lonely() -> tuple[Programme, list[DoseOrder]]:
    """Three batches of three vials: a alone, then b, then c and d; a and b may wait a week."""
    program = with_site(with_line(world(), vials_max=3), "reykjavik", daily_capacity=3)
    a, b = late(at_reykjavik("a")), at_reykjavik("b", on=WEEK_LATER)
    b = [replace(o, latest_on=date(2024, 1, 24)) for o in b]
    rest = at_reykjavik("cd", on=date(2024, 1, 24), activity_mbq=60.0)
    return program, [*a, *b, *rest]


def test_fewest_moves_and_cheapest_differ_where_moving_saves_a_batch() -> None:
    """Confirmed in three batches. Nothing but a new order happens; a batch less can be made."""
    program, orders = lonely()
    held = [replace(o, latest_on=o.wanted_on) for o in orders]
    before = planned(held, program)
    assert len(before.schedule.batches) == 3
    new = order("reykjavik", date(2024, 1, 24), 50.0, "e")
    found = again(orders, before, OrderPlaced(new), 0, program)
    cheapest, fewest = at(found, Way.CHEAPEST), at(found, Way.FEWEST_MOVES)
    assert (len(fewest.moved), len(fewest.plan.schedule.batches)) == (0, 3)
    assert (len(cheapest.moved), len(cheapest.plan.schedule.batches)) == (1, 2)
    assert cheapest.cost_cents < fewest.cost_cents
    assert fewest.plan.objective_cents == found.plan.objective_cents


def test_a_price_for_each_dose_moved_decides_between_them() -> None:
    program, orders = lonely()
    before = planned([replace(o, latest_on=o.wanted_on) for o in orders], program)
    saved = 1_000_000  # a batch fee
    for price, moved in ((saved // 100, 1), (2 * saved, 0)):
        found = again(orders, before, (), 0, program, price_moved_cents=price)
        assert len(found.moved) == moved
        assert found.plan.bound_cents <= found.plan.objective_cents
        assert found.plan.gap == pytest.approx(0.0, abs=1e-4)


def test_a_confirmed_dose_is_not_given_up_for_a_new_one() -> None:
    orders = at_reykjavik("ab")
    before = planned(orders)
    new = [OrderPlaced(replace(o, activity_mbq=20.0)) for o in at_reykjavik("c")]
    found = again(orders, before, new, 0)
    assert set(ways(found.plan)) == {"a", "b"}
    assert [u.order for u in found.lost] == ["c"]


# -- lanes, sources, plants ----------------------------------------------------------------


def test_what_is_to_leave_by_a_closed_lane_waits_until_it_opens() -> None:
    """The van stands still until Wednesday 10:00; it brings the vial at 13:00, for 17:00."""
    orders = list(two_orders())
    before = planned(orders)
    closed = Span(8 * 1440, 9 * 1440 + 600)
    for now_at in (0, 11_000):
        found = again(orders, before, LaneClosed("van", closed), now_at)
        sent = found.plan.schedule.shipment[found.plan.schedule.allocation["reykjavik/1"].shipment]
        assert sent.dispatch_at == closed.until_at
        assert (found.moved, found.lost) == ((), ())


def test_a_lane_closed_too_long_loses_what_cannot_wait_and_moves_what_can() -> None:
    orders = [two_orders()[0], *late([two_orders()[1]])]
    before = planned(orders)
    week = Span(8 * 1440, 14 * 1440)
    found = again(orders, before, [LaneClosed("van", week), LaneClosed("flight", week)], 0)
    assert [m.order for m in found.moved] == ["tokyo/1"]
    assert [u.order for u in found.lost] == ["reykjavik/1"]
    assert "no lane in time" in found.lost[0].reason


def test_a_package_on_its_way_arrives_though_its_lane_is_closed() -> None:
    orders = list(two_orders())
    before = planned(orders)
    left = before.schedule.shipments[0].dispatch_at
    found = again(orders, before, LaneClosed("van", Span(left, left + 9000)), left + 1)
    assert ways(found.plan) == ways(before)


def test_a_stopped_source_makes_nothing_of_what_it_does_not_deliver() -> None:
    """Locked for Monday 8 January, which does not come; the doses move to the week after."""
    orders = late(two_orders())
    before = planned(orders)
    found = again(orders, before, SourceStopped("reactor", Span(7 * 1440, 8 * 1440)), 5000)
    assert FIRST not in found.plan.schedule.batch
    assert (len(found.moved), found.plan.met) == (2, 2)


def test_a_delivery_before_the_stop_feeds_the_slot_if_it_is_not_too_old() -> None:
    """The delivery of 1 January feeds the batch of the 9th, with 2^(168/64) times the isotope."""
    roomy = with_line(world(), bulk_max_mbq=None)
    program = with_source(roomy, expiry_min=20 * 1440, lock_min=1440, offer_per_week_mbq=10_000.0)
    orders = list(two_orders())
    before = planned(orders, program)
    stop = SourceStopped("reactor", Span(7 * 1440, 8 * 1440))
    found = again(orders, before, stop, -1440, program)
    batch = found.plan.schedule.batch[FIRST]
    assert batch.isotope_at == FIRST_LOCK
    assert batch.isotope_lots == 58  # 926.817 MBq x 2^(168/64) = 5,717.6 MBq
    assert (found.moved, found.changed, found.plan.met) == ((), (), 2)


@pytest.mark.parametrize("down", [LineDown, PlantDown])
def test_a_line_or_plant_that_is_down_makes_nothing(down: type[LineDown | PlantDown]) -> None:
    orders = late(two_orders())
    before = planned(orders)
    name = "cell" if down is LineDown else "plant"
    found = again(orders, before, down(name, Span(8 * 1440, 9 * 1440)), NOON_MONDAY)
    assert (len(found.moved), found.plan.met) == (2, 2)
    lasting = again(orders, before, down(name, Span(8 * 1440, 40 * 1440)), NOON_MONDAY)
    assert (len(lasting.lost), lasting.plan.met) == (2, 0)


def with_noon(**changes: Any) -> Programme:
    """A second slot at noon on Tuesdays, fed by a delivery of the same morning."""
    rule = world().manufacturers[0].lines[0].slots[0]
    program = with_line(world(), slots=(rule, SlotRule(WeekTime(1, time(12)))), **changes)
    monday = program.sources[0].deliveries[0]
    tuesday = replace(monday, weekdays=("Tuesday",), time=time(8, 30))
    return with_source(program, lock_min=0, deliveries=(monday, tuesday))


def test_a_batch_lost_in_the_middle_has_used_its_line_its_crew_and_its_isotope() -> None:
    """Started at 06:00 and lost by 07:00; the line would be free at 10:00, or on Thursday."""
    orders = list(two_orders())
    before = planned(orders)
    failed, now_at = BatchFailed(FIRST), 8 * 1440 + 420
    quick = with_noon(turnaround_min=60)
    two_crews = with_plant(quick, batches_per_day=2)
    little = with_source(two_crews, offer_per_week_mbq=1_500.0)

    def met(program: Programme) -> int:
        return again(orders, before, failed, now_at, program).plan.met

    assert [met(p) for p in (with_noon(), quick, two_crews, little)] == [0, 0, 2, 1]
    assert met(with_plant(with_noon(), batches_per_day=2)) == 0


# -- patients ------------------------------------------------------------------------------


def test_a_patient_who_moves_takes_no_one_along() -> None:
    orders = list(two_orders())
    before = planned(orders)
    moved = OrderMoved("tokyo/1", *[date(2024, 1, 19)] * 3)
    found = again(orders, before, moved, 0)
    assert (found.moved, found.lost, found.plan.met) == ((), (), 2)
    assert ways(found.plan)["reykjavik/1"] == ways(before)["reykjavik/1"]
    call = next(c for c in found.calls if c.who == "tokyo")
    assert [(t.old_at and t.old_at.day, t.new_at and t.new_at.day) for t in call.told] == [(12, 19)]


def test_a_cancelled_order_leaves_its_vial_to_a_new_one() -> None:
    """The batch is locked with two vials; one is cancelled before it leaves, one comes anew."""
    orders = at_reykjavik("ab")
    before = planned(orders)
    new = OrderPlaced(at_reykjavik("c")[0])
    found = again(orders, before, [OrderCancelled("a"), new], 11_000)
    assert set(ways(found.plan)) == {"b", "c"}
    assert found.plan.schedule.batches == before.schedule.batches
    assert (found.moved, found.changed, found.lost) == ((), (), ())


def test_a_vial_that_has_left_for_a_cancelled_dose_serves_nobody_else() -> None:
    orders = at_reykjavik("ab")
    before = planned(orders)
    left = before.schedule.shipments[0].dispatch_at
    new = OrderPlaced(at_reykjavik("c", activity_mbq=10.0)[0])
    found = again(orders, before, [OrderCancelled("a"), new], left)
    assert set(ways(found.plan)) == {"b"}
    assert [u.order for u in found.lost] == ["c"]


def test_a_vial_left_over_does_not_leave_before_it_is_asked_for() -> None:
    """Ready at 13:00 and asked for at 14:00: the van goes once more, and is there at 17:00."""
    roomy = with_site(world(), "reykjavik", receives_until=time(18), infusion_latest=time(20))
    orders = at_reykjavik("ab")
    before = planned(orders, roomy)
    kept = [a for a in before.schedule.allocations if a.order == "a"]
    spared = replace(before.schedule, allocations=tuple(kept))
    asked = OrderPlaced(at_reykjavik("c", activity_mbq=100.0)[0])
    now_at = 8 * 1440 + 14 * 60
    found = again(orders[:1], spared, asked, now_at, roomy)
    later = found.plan.schedule.shipment[found.plan.schedule.allocation["c"].shipment]
    assert (later.dispatch_at, later.received_at) == (now_at, now_at + 180)


# -- calls ---------------------------------------------------------------------------------


def test_everyone_who_must_know_is_called_once_and_in_time() -> None:
    orders = late(two_orders())
    before = planned(orders)
    found = again(orders, before, BatchFailed(FIRST), NOON_MONDAY)
    assert sorted((c.party, c.who) for c in found.calls) == [
        (Party.PLANT, "plant"),
        (Party.SITE, "reykjavik"),
        (Party.SITE, "tokyo"),
        (Party.SOURCE, "reactor"),
    ]
    by_who = {c.who: c for c in found.calls}
    tokyo = by_who["tokyo"].told[0]
    assert str(tokyo.old_at) == "2024-01-12 10:00:00+09:00"
    assert str(tokyo.new_at) == "2024-01-19 10:00:00+09:00"
    plant, reactor = by_who["plant"].told, by_who["reactor"].told
    assert [(t.about, t.what, t.old, t.new) for t in plant] == [(SECOND, "opened", 0, 2)]
    assert [(t.what, t.old, t.new) for t in reactor] == [("ordered", 0, 10)]
    assert {c.by_at for c in found.calls} == {SECOND_LOCK}


def test_isotope_of_a_batch_that_is_dropped_is_cancelled_while_that_helps() -> None:
    orders = list(two_orders())
    before = planned(orders)
    gone = [OrderCancelled(o.id) for o in orders]
    early, too_late = again(orders, before, gone, FIRST_LOCK), again(orders, before, gone, 841)
    assert [(c.party, c.told[0].what, c.by_at) for c in early.calls] == [
        (Party.PLANT, "dropped", FIRST_LOCK),
        (Party.SOURCE, "cancelled", FIRST_LOCK),
    ]
    assert (early.plan.schedule.batches, too_late.calls) == ((), ())
    assert too_late.plan.schedule.batches == before.schedule.batches


# -- what is refused -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "happened",
    [
        BatchFailed("nowhere"),
        LaneClosed("nowhere", Span(0, 1)),
        SourceStopped("nowhere", Span(0, 1)),
        LineDown("nowhere", Span(0, 1)),
        PlantDown("nowhere", Span(0, 1)),
        OrderCancelled("nobody"),
        OrderMoved("nobody", *[WEEK_LATER] * 3),
        OrderPlaced(two_orders()[0]),
    ],
)
def test_what_happened_must_name_what_is_there(happened: Happening) -> None:
    with pytest.raises(ScheduleError):
        again(two_orders(), planned(two_orders()), happened, 0)


def test_a_dose_that_was_given_is_not_cancelled() -> None:
    before = planned(two_orders())
    given = before.schedule.allocation["reykjavik/1"].use_at
    with pytest.raises(ScheduleError, match="has been given"):
        again(two_orders(), before, OrderCancelled("reykjavik/1"), given)


def test_a_span_ends_after_it_begins() -> None:
    with pytest.raises(ScheduleError):
        Span(5, 5)


def test_the_period_holds_every_confirmed_dose() -> None:
    before = planned(two_orders())
    with pytest.raises(ScheduleError, match="expected a day from"):
        replan(world(), two_orders(), before, (), now_at=0, from_on=UNTIL, until_on=UNTIL)


def test_a_patient_who_moves_keeps_the_place_in_the_list() -> None:
    first, second = two_orders()
    moved = orders_after([first, second], [OrderMoved(first.id, *[WEEK_LATER] * 3)])
    assert [o.id for o in moved] == [first.id, second.id]
    assert moved[0].wanted_on == WEEK_LATER


# -- laws ----------------------------------------------------------------------------------

Case = tuple[Programme, tuple[DoseOrder, ...]]


def of_small(case: Case, before: Plan, happened: Any, now_at: int, **more: Any) -> Replan:
    programme, orders = case
    return replan(
        programme,
        orders,
        before,
        happened,
        now_at=now_at,
        from_on=SMALL_FROM,
        until_on=SMALL_UNTIL,
        **more,
    )


def first_plan(case: Case) -> Plan:
    return plan(case[0], case[1], from_on=SMALL_FROM, until_on=SMALL_UNTIL)


def weight(programme: Programme, orders: Sequence[DoseOrder], found: Plan) -> tuple[int, int]:
    """Doses met of started courses where those come first, then all."""
    met = [o for o in orders if o.id in found.schedule.allocation]
    first = programme.policy.started_courses_first
    return sum(1 for o in met if o.started) if first else 0, len(met)


@settings(max_examples=30)
@given(cases(), st.integers(0, 20), st.integers(-5, 6))
def test_after_a_failure_no_other_way_meets_more_doses_or_moves_fewer(
    case: Case, which: int, days: int
) -> None:
    before = first_plan(case)
    batches = before.schedule.batches
    if not batches:
        return
    batch = batches[which % len(batches)]
    now_at = batch.charge_at + days * 720
    found = of_small(case, before, BatchFailed(batch.id), now_at)
    confirmed = before.schedule.allocation

    def broken(a: Any) -> tuple[int, int]:
        return sum(1 for u in a.lost if u.order in confirmed), len(a.moved)

    mine = weight(*case, found.plan)
    for other in found.alternatives:
        assert other.plan.breaches == ()
        assert mine >= weight(*case, other.plan)
        if mine == weight(*case, other.plan):
            assert broken(at(found, Way.FEWEST_MOVES)) <= broken(other)
    assert at(found, Way.KEEP_DATES).moved == ()
    gone = {s.id for s in before.schedule.shipments if s.dispatch_at <= now_at}
    for sent in found.plan.schedule.shipments:
        assert sent.id in gone or sent.dispatch_at >= now_at


@settings(max_examples=25)
@given(cases(), st.integers(-2, 30))
def test_when_nothing_has_happened_nothing_changes_at_any_hour(case: Case, half_days: int) -> None:
    before = first_plan(case)
    now_at = case[0].clock.at(SMALL_FROM, time(9), "UTC") + half_days * 720
    found = of_small(case, before, (), now_at, alternatives=False)
    assert ways(found.plan) == ways(before)
    assert found.plan.breaches == ()
    assert (found.moved, found.changed, found.lost, found.calls) == ((), (), (), ())


@settings(max_examples=8)
@given(cases(), st.integers(0, 20))
def test_two_runs_give_the_same_new_plan(case: Case, which: int) -> None:
    before = first_plan(case)
    batches = before.schedule.batches
    happened = [BatchFailed(batches[which % len(batches)].id)] if batches else []
    first, second = (of_small(case, before, happened, 0) for _ in range(2))
    assert (first.moved, first.lost, first.calls) == (second.moved, second.lost, second.calls)
    assert first.plan.schedule == second.plan.schedule
