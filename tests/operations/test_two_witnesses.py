"""Slots and routes against the checker, which reads the same calendars on its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from doseline.calendars import WEEKDAYS, HolidayRule
from doseline.clock import WeekTime
from doseline.operations.check import BreachKind, breaches
from doseline.operations.routes import Ways
from doseline.operations.schedule import Batch, Schedule, Shipment
from doseline.operations.slots import expand
from doseline.programme import Programme
from doseline.programme.lane import Carrier, Lane
from doseline.programme.manufacturer import Availability, Block, SlotRule
from doseline.programme.source import Delivery
from tests.hand_world import world
from tests.operations.hand_schedule import BATCH, SCHEDULE

HEART = replace(world(), inputs=(), file="")
FIRST, LAST = date(2024, 2, 12), date(2024, 4, 7)  # both changes of the clock lie inside
ZONES = ("America/Toronto", "Atlantic/Reykjavik", "Europe/Berlin")
BY_CALENDAR = {
    BreachKind.NO_SUCH_SLOT,
    BreachKind.PLANT_CLOSED,
    BreachKind.LINE_BLOCKED,
    BreachKind.PRODUCT_NOT_AVAILABLE,
    BreachKind.SET_UP_DAY_CLOSED,
    BreachKind.NO_DELIVERY,
    BreachKind.ISOTOPE_TOO_LATE,
    BreachKind.ISOTOPE_EXPIRED,
}

days = st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))
weekdays = st.sets(st.sampled_from(WEEKDAYS), min_size=1).map(tuple)
holidays = st.lists(days, max_size=6).map(lambda d: (HolidayRule(add=tuple(d)),))
walls = st.integers(0, 23).map(time)
week_times = st.builds(WeekTime, st.integers(0, 6), walls)


early = st.integers(0, 10).map(lambda n: FIRST + timedelta(days=n))
late = st.integers(0, 10).map(lambda n: LAST - timedelta(days=n))
most_weekdays = st.sets(st.sampled_from(WEEKDAYS), min_size=6).map(tuple)


@st.composite
def plants(draw: st.DrawFn) -> Programme:
    """The world known by heart with another calendar at its plant and its source."""
    plant, source = HEART.manufacturers[0], HEART.sources[0]
    rule = SlotRule(
        draw(week_times),
        every_weeks=draw(st.integers(1, 2)),
        from_on=draw(st.none() | early),
        until_on=draw(st.none() | late),
    )
    blocked = draw(days)
    block = Block(blocked, blocked + timedelta(days=draw(st.integers(0, 10))))
    closed_weeks = st.sets(st.integers(7, 14), max_size=1).map(tuple)
    return replace(
        HEART,
        manufacturers=(
            replace(
                plant,
                lines=(replace(plant.lines[0], slots=(rule,), blocks=(block,)),),
                zone=draw(st.sampled_from(ZONES)),
                weekdays=draw(most_weekdays),
                holidays=draw(holidays),
                closed_weeks=draw(closed_weeks),
                closes_on=draw(st.none() | late),
                makes=(Availability("dose", draw(early), draw(st.none() | late)),),
            ),
        ),
        sources=(
            replace(
                source,
                deliveries=(Delivery(("plant",), draw(weekdays), draw(walls)),),
                from_on=draw(st.none() | early),
                until_on=draw(st.none() | late),
                expiry_min=draw(st.sampled_from((30240, 2880))),
            ),
        ),
    )


def batches_on(programme: Programme, day: date) -> list[Batch]:
    """A batch at the slot's hour of a day, once with each delivery of the eight days before."""
    plant, source = programme.manufacturers[0], programme.sources[0]
    at = programme.clock.at(day, plant.lines[0].slots[0].at.time, plant.zone)
    hour = source.deliveries[0].time
    return [
        replace(
            BATCH,
            charge_at=at,
            isotope_at=programme.clock.at(day - timedelta(days=back), hour, plant.zone),
        )
        for back in range(9)
    ]


@given(plants())
@settings(max_examples=40)
def test_a_slot_is_offered_where_and_only_where_the_checker_finds_the_calendars_kept(
    programme: Programme,
) -> None:
    offered = {slot.starts_on for slot in expand(programme, FIRST, LAST)}
    kept = set()
    for ahead in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=ahead)
        for batch in batches_on(programme, day):
            found = breaches(programme, Schedule(None, (batch,)), ())
            if not BY_CALENDAR & {b.kind for b in found}:
                kept.add(day)
                break
    assert offered == kept


@st.composite
def roads(draw: st.DrawFn) -> Programme:
    """The world known by heart with one lane to Tokyo by a carrier of other hours."""
    stop = draw(st.none() | st.tuples(week_times, week_times).filter(lambda t: t[0] != t[1]))
    carrier = Carrier(
        "road",
        "road",
        stops_from=stop[0] if stop else None,
        stops_until=stop[1] if stop else None,
        holidays=draw(holidays),
    )
    lane = Lane(
        "van",
        "plant",
        ("east",),
        "road",
        draw(st.integers(0, 5000)),
        0,
        cut_off=draw(st.none() | walls),
        weekdays=draw(weekdays),
    )
    tokyo = replace(
        HEART.site["tokyo"],
        zone=draw(st.sampled_from(("Asia/Tokyo", *ZONES))),
        receives_weekdays=draw(weekdays),
        holidays=draw(holidays),
    )
    zone = draw(st.sampled_from(ZONES))
    return replace(
        HEART,
        manufacturers=(replace(HEART.manufacturers[0], zone=zone),),
        carriers=(carrier,),
        lanes=(lane,),
        sites=(HEART.site["reykjavik"], tokyo),
    )


ON_THE_ROAD = {
    BreachKind.LANE_LEADS_ELSEWHERE,
    BreachKind.DISPATCHED_BEFORE_READY,
    BreachKind.NO_COLLECTION,
    BreachKind.RECEIVED_TOO_SOON,
    BreachKind.RECEIPT_CLOSED,
}


@given(roads(), days, st.integers(0, 1439))
@settings(max_examples=150)
def test_a_planned_journey_is_one_that_the_checker_lets_pass(
    programme: Programme, day: date, minute: int
) -> None:
    ready = programme.clock.day_start(day, "UTC") + minute
    lane, tokyo = programme.lanes[0], programme.site["tokyo"]
    way = Ways(programme).journey(lane, tokyo, ready)
    batch = replace(BATCH, released_at=ready, packed_at=ready)
    shipment = Shipment("S1", "B1", "van", "tokyo", way.dispatch_at, way.received_at, 1)
    schedule = replace(SCHEDULE, batches=(batch,), shipments=(shipment,), allocations=())
    found = [str(b) for b in breaches(programme, schedule, ()) if b.kind in ON_THE_ROAD]
    assert found == []
