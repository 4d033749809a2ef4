"""Which doses have no second chance: worlds worked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from doseline.calendars import WeekTime
from doseline.errors import ScheduleError
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Unmet
from doseline.operations.standing import Standing
from doseline.plan import Pin, Plan
from doseline.plan.failures.audit import Audit, Contingency, audit
from doseline.plan.failures.contingencies import Kind
from doseline.programme import Programme
from doseline.programme.manufacturer import SlotRule
from doseline.programme.source import Delivery
from tests.hand_world import order, two_orders, world
from tests.plan.variants import (
    FROM,
    UNTIL,
    WEDNESDAY,
    at_reykjavik,
    planned,
    with_line,
    with_plant,
    with_policy,
    with_product,
    with_site,
    with_source,
)

FIRST, NEXT = "cell@2024-01-09T06:00", "cell@2024-01-16T06:00"
WEEK_LATER = date(2024, 1, 17)
DAY = 1440


def audited(programme: Programme, orders: Sequence[DoseOrder], before: Plan, **more: Any) -> Audit:
    return audit(programme, orders, before, from_on=FROM, until_on=UNTIL, **more)


def failure(found: Audit, batch: str = FIRST) -> Contingency:
    """The failure of a batch."""
    return next(c for c in found.of(Kind.BATCH) if c.what == batch)


def wide(lock_min: int, **line: Any) -> Programme:
    """Six doses a day at Reykjavik, and isotope that is ordered so long before."""
    program = with_source(with_site(world(), "reykjavik", daily_capacity=6), lock_min=lock_min)
    return with_line(program, **line)


def for_a_week(names: str, **changes: Any) -> list[DoseOrder]:
    """Orders for Reykjavik, wanted on Wednesday 10 January or a week later."""
    return at_reykjavik(names, latest_on=WEEK_LATER, **changes)


def tried(program: Programme, orders: Sequence[DoseOrder], **more: Any) -> Audit:
    return audited(program, orders, planned(orders, program), **more)


# -- a batch fails -------------------------------------------------------------------------


def test_the_failure_of_the_only_cell_leaves_both_doses_without() -> None:
    """QC ends on Tuesday 9 January at 12:00."""
    found = tried(world(), two_orders())
    only = failure(found)
    assert f"{world().clock.instant(only.known_at):%d %H:%M}" == "09 12:00"
    assert only.struck == ("reykjavik/1", "tokyo/1")
    assert found.unsecured == only.unsecured == ("reykjavik/1", "tokyo/1")
    assert only.reasons[0] == Unmet("reykjavik/1", "no slot of dose in time for 2024-01-10")
    assert (found.doses, found.never, found.reproducible) == (2, ("reykjavik/1", "tokyo/1"), True)


def test_a_plan_says_what_its_audit_found() -> None:
    assert tried(world(), two_orders(), kinds=()).summary == (
        "1 of 1 single batch failures leave doses without a second chance: 2 of 2 doses, "
        "2 of which no plan could secure."
    )


SEVEN_DAYS_LESS = 6 * DAY + 2 * 60
"""Delivered on Monday 15 January at 14:00, ordered by Tuesday 9 January at 12:00."""


def test_a_slot_in_reach_secures_both_doses() -> None:
    found = tried(wide(SEVEN_DAYS_LESS), for_a_week("ab"))
    assert failure(found).struck == ("a", "b")
    assert (found.unsecured, found.never) == ((), ())


def test_a_slot_whose_isotope_should_have_been_ordered_secures_nobody() -> None:
    found = tried(wide(SEVEN_DAYS_LESS + 1), for_a_week("ab"))
    assert found.unsecured == ("a", "b")
    assert failure(found).reasons[0].reason == (
        f"known too late: isotope for {NEXT} was to be ordered by Tue 2024-01-09 11:59"
    )
    assert found.never == (), "a plan that orders more isotope beforehand could secure them"


def test_nothing_is_decided_before_somebody_works_at_the_plant() -> None:
    """QC ends at 22:00, and the plant works from 6:00 on: the lock of 5:00 has passed."""
    recipe = tuple(
        replace(s, planned_min=13 * 60) if s.phase == "qc" else s
        for s in world().products[0].recipe
    )
    at_night = with_product(wide(5 * DAY + 9 * 60), recipe=recipe, shelf_life_min=10 * DAY)
    tokyo = [replace(order("tokyo", date(2024, 1, 12), 100.0), latest_on=date(2024, 1, 19))]
    assert tried(at_night, tokyo).unsecured == ("tokyo/1",)
    round_the_clock = with_plant(at_night, crew_from=time(0), crew_until=time(23, 59))
    assert tried(round_the_clock, tokyo).unsecured == ()


def test_an_option_that_was_to_be_called_off_secures_nobody() -> None:
    early = SlotRule(WeekTime(1, time(6)), until_on=date(2024, 1, 12))
    late = SlotRule(WeekTime(1, time(6)), kind="option", from_on=date(2024, 1, 13))
    for call_off_min, without in ((6 * DAY + 18 * 60, ()), (6 * DAY + 18 * 60 + 1, ("a", "b"))):
        option = replace(late, call_off_min=call_off_min)
        found = tried(wide(DAY, slots=(early, option)), for_a_week("ab"))
        assert found.unsecured == without
    assert (
        f"{NEXT} was to be called off by Tue 2024-01-09 11:59"
        in found.contingencies[0].reasons[0].reason
    )


def test_two_doses_that_are_struck_compete_for_one_free_vial() -> None:
    orders = [*for_a_week("ab"), *at_reykjavik("c", WEEK_LATER)]
    orders[1] = replace(orders[1], started=True)
    apart = planned(orders, with_policy(wide(SEVEN_DAYS_LESS), shift_days=False))
    found = audited(wide(SEVEN_DAYS_LESS), orders, apart)
    assert failure(found).unsecured == ("a",), "the started course is served first"
    assert failure(found).reasons[0].reason == f"batch {NEXT} is full: no vial is left"
    roomy = wide(SEVEN_DAYS_LESS, vials_max=3, bulk_max_mbq=None)
    assert failure(audited(roomy, orders, apart)).unsecured == ()


@pytest.mark.parametrize(("lot_mbq", "without"), [(100.0, ("a",)), (2000.0, ())])
def test_a_batch_whose_isotope_is_ordered_gives_what_that_suffices_for(
    lot_mbq: float, without: tuple[str, ...]
) -> None:
    """One dose is 6 lots of 100 MBq, two are 11; a lot of 2,000 MBq suffices for both."""
    orders = [*for_a_week("a"), *at_reykjavik("c", WEEK_LATER)]
    program = with_source(with_line(world(), bulk_max_mbq=None), lot_mbq=lot_mbq)
    apart = planned(orders, with_policy(program, shift_days=False))
    assert set(apart.schedule.batch) == {FIRST, NEXT}
    found = audited(program, orders, apart)
    assert failure(found).unsecured == without
    if without:
        told = f"isotope: what is ordered for {NEXT} does not suffice"
        assert failure(found).reasons[0].reason == told


def test_what_a_failed_batch_had_ordered_stays_taken() -> None:
    """The plant may hold 1,100 MBq, and waste is kept for four weeks."""
    orders = for_a_week("ab")
    before = planned(orders, wide(SEVEN_DAYS_LESS))
    held = with_plant(wide(SEVEN_DAYS_LESS), possession_limit_mbq=1100.0)
    found = audited(held, orders, before)
    assert len(found.unsecured) == 1, "a fifth of the isotope is left after a week: room for one"
    assert failure(found).reasons[0].reason == "possession: the licence of plant plant is used up"


# -- stand-ins -----------------------------------------------------------------------------


TUESDAY_AT_SIX = WeekTime(1, time(6))


def two_cells(programme: Programme, at: WeekTime = TUESDAY_AT_SIX) -> Programme:
    """A second cell beside the first, with a crew and a QC of its own."""
    line = programme.manufacturers[0].lines[0]
    twin = replace(line, id="twin", slots=(SlotRule(at),))
    return with_plant(programme, lines=(line, twin), batches_per_day=2, qc_releases_per_day=2)


def test_a_spare_vial_of_a_batch_that_has_begun_secures_a_dose() -> None:
    program = with_policy(two_cells(wide(7 * DAY)), spare_vials=1)
    orders = at_reykjavik("ab")
    before = planned(orders, program)
    assert len(before.schedule.batches) == 2
    assert audited(program, orders, before).unsecured == ()
    none = with_policy(program, spare_vials=0)
    assert audited(none, orders, planned(orders, none)).unsecured == ("a", "b")


def second_plant(programme: Programme, weekday: int) -> Programme:
    """Another plant like the first, with its own slot, its own delivery and its own van."""
    plant, source = programme.manufacturers[0], programme.sources[0]
    line = replace(plant.lines[0], id="other-cell", slots=(SlotRule(WeekTime(weekday, time(6))),))
    other = replace(plant, id="other", lines=(line,), sources=("cyclotron",))
    daily = Delivery(("other",), ("Monday", "Tuesday", "Wednesday"), time(14))
    return replace(
        programme,
        manufacturers=(plant, other),
        sources=(source, replace(source, id="cyclotron", deliveries=(daily,), lock_min=120)),
        lanes=(
            *programme.lanes,
            *(replace(ln, id=f"other-{ln.id}", manufacturer="other") for ln in programme.lanes),
        ),
        permissions=(
            *programme.permissions,
            replace(programme.permissions[0], manufacturer="other"),
        ),
        contracts=(
            *programme.contracts,
            replace(programme.contracts[0], manufacturer="other", batch_fee_cents=9_000_000),
        ),
    )


def test_a_second_plant_secures_what_it_reaches_in_time() -> None:
    """A batch of Wednesday reaches Tokyo on Friday, but Reykjavik's infusion is over."""
    both = second_plant(world(), weekday=2)
    both = with_site(both, "reykjavik", infusion_latest=time(17))
    before = planned(two_orders(), world())
    assert audited(both, two_orders(), before).unsecured == ("reykjavik/1",)


def test_a_second_plant_without_permission_secures_nobody() -> None:
    both = second_plant(world(), weekday=2)
    alone = replace(both, permissions=world().permissions)
    before = planned(two_orders(), world())
    found = audited(alone, two_orders(), before)
    assert found.unsecured == ("reykjavik/1", "tokyo/1")


# -- a line, a delivery, a plant -----------------------------------------------------------


def test_a_line_lost_for_a_week_takes_all_its_slots_of_that_week() -> None:
    twice = (SlotRule(WeekTime(1, time(6))), SlotRule(WeekTime(3, time(6))))
    program = wide(0, slots=twice, turnaround_min=0)
    daily = Delivery(("plant",), ("Monday", "Wednesday"), time(14))
    program = with_site(
        with_source(program, deliveries=(daily,)),
        "reykjavik",
        treatment_weekdays=("Wednesday", "Friday"),
    )
    orders = at_reykjavik("a", latest_on=date(2024, 1, 12))
    found = tried(program, orders)
    assert found.unsecured == (), "Thursday's slot is still open when the batch fails"
    (line,) = found.of(Kind.LINE)
    assert (line.what, line.unsecured) == ("cell 2024-W02", ("a",))
    assert f"{program.clock.instant(line.known_at):%a %H:%M}" == "Tue 06:00"
    (plant,) = found.of(Kind.PLANT)
    assert (plant.what, plant.unsecured) == ("plant 2024-W02", ("a",))


def test_another_line_secures_what_a_lost_line_takes_but_not_a_lost_plant() -> None:
    """The other cell's batch of Wednesday, its isotope of Tuesday, arrives at 16:00."""
    program = two_cells(wide(0), WeekTime(2, time(6)))
    program = with_source(
        program, deliveries=(Delivery(("plant",), ("Monday", "Tuesday"), time(14)),)
    )
    before = planned(at_reykjavik("ab"), wide(0))
    found = audited(program, at_reykjavik("ab"), before)
    assert [c.unsecured for c in found.of(Kind.LINE)] == [()]
    assert [c.unsecured for c in found.of(Kind.PLANT)] == [("a", "b")]
    assert "A plant lost for a week: 1 of 1 leave doses without, 2 at worst" in found.summary


def test_a_delivery_that_does_not_come_strikes_every_batch_that_it_feeds() -> None:
    program = two_cells(wide(0))
    orders = at_reykjavik("abc")
    found = tried(program, orders)
    (missed,) = found.of(Kind.DELIVERY)
    assert missed.what == "reactor to plant 2024-01-08 14:00"
    assert set(missed.struck) == {"a", "b", "c"}
    assert set(missed.unsecured) == {"a", "b", "c"}
    assert "no other isotope comes for" in missed.reasons[0].reason


def test_another_source_feeds_the_slot_of_a_delivery_that_does_not_come() -> None:
    program = wide(0)
    later = Delivery(("plant",), ("Monday",), time(16))
    second = replace(program.sources[0], id="second", deliveries=(later,), freight_cents=10**6)
    both = replace(
        with_plant(program, sources=("reactor", "second")), sources=(*program.sources, second)
    )
    orders = at_reykjavik("ab")
    before = planned(orders, both)
    assert before.schedule.batches[0].source == "reactor"
    (missed,) = audited(both, orders, before).of(Kind.DELIVERY)
    assert (len(missed.struck), missed.unsecured) == (2, ())


# -- what stands ---------------------------------------------------------------------------


def test_what_can_no_longer_fail_is_not_audited() -> None:
    before = planned(two_orders())
    known_at = failure(audited(world(), two_orders(), before)).known_at
    for now_at, audited_still in ((known_at - 1, 1), (known_at, 0)):
        standing = Standing(now_at=now_at, locked=before.schedule.batches)
        found = audited(world(), two_orders(), before, standing=standing)
        assert len(found.contingencies) == audited_still
    assert found.summary == "No batch can fail any more."


def test_what_is_on_its_way_takes_its_place_at_the_site() -> None:
    """Reykjavik's dose of 10 January has left; the batch of Thursday fails, Friday's doses wait."""
    twice = (SlotRule(TUESDAY_AT_SIX), SlotRule(WeekTime(3, time(6))))
    daily = Delivery(("plant",), ("Monday", "Wednesday"), time(14))
    program = with_source(wide(0, slots=twice, turnaround_min=0), deliveries=(daily,))
    program = with_site(program, "reykjavik", treatment_weekdays=("Wednesday", "Friday"))
    friday = replace(at_reykjavik("b", date(2024, 1, 12))[0], latest_on=WEEK_LATER)
    orders = [*at_reykjavik("a"), friday]
    before = planned(orders, program)
    sent, later = before.schedule.batches
    standing = Standing(
        now_at=sent.released_at + 1,
        locked=(sent,),
        promised=before.schedule.allocations,
        in_transit=before.schedule.shipments[:1],
    )
    again = planned(orders, program, standing=standing)
    found = audited(program, orders, again, standing=standing, kinds=())
    assert [(c.what, c.struck, c.unsecured) for c in found.contingencies] == [
        (later.id, ("b",), ())
    ]


@pytest.mark.parametrize(("capacity", "without"), [(1, ("a",)), (2, ())])
def test_a_dose_finds_its_site_taken_by_one_of_a_batch_out_of_reach(
    capacity: int, without: tuple[str, ...]
) -> None:
    """Thursday's slot could serve the dose on Friday, where a dose of the other cell is given."""
    twice = (SlotRule(TUESDAY_AT_SIX), SlotRule(WeekTime(3, time(6))))
    daily = Delivery(("plant",), ("Monday", "Wednesday"), time(14))
    program = with_source(wide(0, slots=twice, turnaround_min=0, vials_max=1), deliveries=(daily,))
    program = with_product(two_cells(program), shelf_life_min=10 * DAY)
    days = ("Wednesday", "Friday")
    program = with_site(program, "reykjavik", treatment_weekdays=days, daily_capacity=capacity)
    friday = date(2024, 1, 12)
    orders = [*at_reykjavik("a", latest_on=friday), *at_reykjavik("d", friday)]
    pins = (Pin(FIRST, "a", WEDNESDAY), Pin("twin@2024-01-09T06:00", "d"))
    before = planned(orders, program, pins=pins)
    assert failure(audited(program, orders, before)).unsecured == without


def test_a_schedule_is_not_judged_for_what_it_does_already() -> None:
    """Two doses on a day of which the site may now give one: a third finds no place."""
    orders = [*at_reykjavik("a", latest_on=WEEK_LATER), *at_reykjavik("bc", WEEK_LATER)]
    program = wide(SEVEN_DAYS_LESS, vials_max=3, bulk_max_mbq=None)
    before = planned(orders, with_policy(program, shift_days=False))
    tight = with_site(program, "reykjavik", daily_capacity=1)
    found = audited(tight, orders, before)
    assert failure(found).unsecured == ("a",)
    assert "site capacity" in failure(found).reasons[0].reason


def test_a_schedule_for_other_orders_is_refused() -> None:
    before = planned(two_orders())
    with pytest.raises(ScheduleError, match="tokyo/1, which is none of the orders"):
        audited(world(), two_orders()[:1], before)
