"""The checker on what is rarer: cold batches, validation, locked batches, shared receipts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from doseline.calendars import HolidayRule
from doseline.clock import WeekTime
from doseline.operations.check import BreachKind, breaches
from doseline.operations.schedule import Schedule, Unmet
from doseline.operations.standing import Standing
from doseline.programme import Programme
from doseline.programme.manufacturer import Availability, SlotRule
from tests.hand_world import order, two_orders, world
from tests.operations.changes import (
    Change,
    all_of,
    lane,
    licence,
    line,
    no_change,
    plant,
    product,
    second_product,
    site,
    slot,
)
from tests.operations.hand_schedule import BATCH, EAST, FLIGHT, NORTH, SCHEDULE, VAN, at

K = BreachKind

# -- cold products -------------------------------------------------------------------------

COLD = replace(
    SCHEDULE,
    batches=(
        replace(
            BATCH,
            source=None,
            isotope_at=None,
            isotope_lots=0,
            isotope_mbq=0.0,
            charge_mbq=0.0,
            bulk_mbq=0.0,
        ),
    ),
    allocations=(replace(NORTH, eos_mbq=0.0), replace(EAST, eos_mbq=0.0)),
)
COLD_ORDERS = tuple(replace(o, activity_mbq=0.0) for o in two_orders())


def cold(p: Programme) -> Programme:
    """Nothing radioactive in it, and no licence for anything radioactive."""
    plain = product(nuclide=None, half_life_min=None, fill="units")(p)
    return all_of(site("tokyo", licence=None), plant(possession_limit_mbq=1.0))(plain)


def test_a_cold_batch_needs_no_isotope_and_no_licence() -> None:
    assert breaches(cold(world()), COLD, COLD_ORDERS, standing=Standing(now_at=at(9, 5))) == ()


def test_a_hot_batch_without_a_delivery_is_a_breach() -> None:
    bare = replace(SCHEDULE, batches=(replace(BATCH, source=None, isotope_at=None),))
    assert {b.kind for b in breaches(world(), bare, two_orders())} == {K.NO_DELIVERY}


# -- validation ----------------------------------------------------------------------------


def validates(from_on: date, batches: int, starts_on: date | None = None) -> Change:
    """Another product of the line becomes available on a day, after so many batches."""

    def change(p: Programme) -> Programme:
        both = second_product(p)
        other = Availability(
            "other", from_on, transfer_starts_on=starts_on, conformance_batches=batches
        )
        return plant(makes=(both.manufacturers[0].makes[0], other))(both)

    return change


def closed(day: date) -> Change:
    return plant(holidays=(HolidayRule(add=(day,)),))


def only_for_dose(p: Programme) -> Programme:
    """The other product may use no slot on Tuesdays; it has Thursdays."""
    rules = (
        SlotRule(WeekTime(1, time(6)), products=("dose",)),
        SlotRule(WeekTime(3, time(6)), products=("other",)),
    )
    return line(slots=rules)(p)


WEEK_LATER, TWO_LATER = date(2024, 1, 16), date(2024, 1, 23)


@pytest.mark.parametrize(
    ("change", "taken"),
    [
        (validates(WEEK_LATER, 1), True),
        (validates(date(2024, 1, 9), 1), False),
        (validates(TWO_LATER, 1), False),
        (validates(TWO_LATER, 2), True),
        (validates(TWO_LATER, 0), False),
        (validates(TWO_LATER, 2, date(2024, 1, 9)), True),
        (validates(TWO_LATER, 2, date(2024, 1, 10)), False),
        (all_of(validates(TWO_LATER, 1), closed(WEEK_LATER)), True),
        (all_of(validates(WEEK_LATER, 1), line(products=("dose",))), False),
        (all_of(validates(WEEK_LATER, 1), only_for_dose), False),
    ],
)
def test_the_last_slots_before_a_product_is_available_validate_it(
    change: Change, taken: bool
) -> None:
    found = {b.kind for b in breaches(change(world()), SCHEDULE, two_orders())}
    assert found == ({K.SLOT_SERVES_VALIDATION} if taken else set())


# -- what stands ---------------------------------------------------------------------------


def test_a_locked_batch_may_have_lost_an_order_and_keeps_its_bulk() -> None:
    lost = replace(
        SCHEDULE, allocations=(NORTH,), shipments=(VAN,), unmet=(Unmet("tokyo/1", "cancelled"),)
    )
    locked = Standing(now_at=at(8, 0), locked=(BATCH,))
    assert breaches(world(), lost, two_orders(), standing=locked) == ()
    assert {b.kind for b in breaches(world(), lost, two_orders())} == {K.VIALS_NOT_AS_ALLOCATED}


def test_a_locked_batch_cannot_gain_an_order_beyond_its_vials() -> None:
    more = replace(
        SCHEDULE,
        allocations=(NORTH, EAST, replace(NORTH, order="third", eos_mbq=0.0)),
        shipments=(replace(VAN, packages=2), FLIGHT),
    )
    third = order("reykjavik", date(2024, 1, 10), 0.0, "third")
    found = breaches(
        world(), more, (*two_orders(), third), standing=Standing(now_at=0, locked=(BATCH,))
    )
    assert {b.kind for b in found} == {K.VIALS_NOT_AS_ALLOCATED}


def test_the_days_of_a_locked_batch_are_not_judged_again() -> None:
    since = all_of(closed(date(2024, 1, 9)), line(bulk_max_mbq=1.0, turnaround_min=0))(world())
    locked = Standing(now_at=at(9, 8), locked=(BATCH,), freeze_until_at=at(12, 0))
    assert breaches(since, SCHEDULE, two_orders(), standing=locked) == ()


def test_a_locked_batch_that_is_dropped_is_a_breach() -> None:
    nothing = Schedule(None, unmet=tuple(Unmet(o.id, "dropped") for o in two_orders()))
    found = breaches(world(), nothing, two_orders(), standing=Standing(locked=(BATCH,)))
    assert [(b.kind, b.entities) for b in found] == [(K.LOCKED_CHANGED, ("B1",))]


@pytest.mark.parametrize(
    ("standing", "change"),
    [
        (Standing(freeze_until_at=at(9, 6)), no_change),
        (Standing(now_at=at(1, 14)), no_change),
        (Standing(now_at=at(1, 6)), slot(kind="option", call_off_min=8 * 1440)),
    ],
)
def test_what_is_decided_in_the_last_minute_is_decided_in_time(
    standing: Standing, change: Change
) -> None:
    assert breaches(change(world()), SCHEDULE, two_orders(), standing=standing) == ()


# -- shared receipts -----------------------------------------------------------------------


def test_vials_received_in_the_same_minute_are_held_together() -> None:
    """Two vials of 262.2 and 185.4 MBq at 16:00 keep a limit of 448 MBq, not one of 447."""
    both = replace(SCHEDULE, shipments=(VAN, replace(FLIGHT, received_at=VAN.received_at)))
    joined = all_of(
        lane("flight", cut_off=time(15), planned_min=60),
        site("tokyo", consignee="Reykjavik", receives_from=time(0), receives_until=time(23)),
        site("tokyo", zone="Atlantic/Reykjavik"),
        site("tokyo", infusion_earliest=time(0)),
    )(world())
    sent = replace(both, shipments=(VAN, replace(both.shipments[1], dispatch_at=at(9, 15))))
    total = (200 * 2**0.5 + 200) * 2 ** (-7 / 64)
    for limit, expected in ((total + 0.1, set()), (total - 0.1, {K.CONSIGNEE_POSSESSION_EXCEEDED})):
        held = all_of(licence("tokyo", limit_mbq=limit), licence("reykjavik", limit_mbq=limit))(
            joined
        )
        assert {b.kind for b in breaches(held, sent, two_orders())} == expected
