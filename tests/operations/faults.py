"""The table of faults: each breaks one rule, in the schedule or by tightening its one limit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time

from doseline.calendars import HolidayRule
from doseline.clock import WeekTime
from doseline.operations.check import BreachKind
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule, Unmet
from doseline.operations.standing import Standing
from doseline.programme.manufacturer import Availability, Block
from doseline.programme.site import LicenceGap
from doseline.programme.source import Delivery
from tests.hand_world import order, two_orders
from tests.operations.changes import (
    Change,
    all_of,
    contract,
    lane,
    licence,
    line,
    no_change,
    permission,
    plant,
    plant_limits,
    product,
    rules,
    second_line,
    second_product,
    site,
    slot,
    source,
)
from tests.operations.hand_schedule import (
    BATCH,
    FLIGHT,
    NORTH,
    SCHEDULE,
    VAN,
    at,
    with_batch,
    with_flight,
    with_north,
    with_second,
    with_van,
)

BESIDE = replace(SCHEDULE, batches=(BATCH, replace(BATCH, id="B2", line="cell-2")))
"""Two batches of the same hour on two lines."""

THIRD = order("tokyo", date(2024, 1, 19), 100.0, "tokyo/2")


K = BreachKind
TUESDAY = date(2024, 1, 9)


@dataclass(frozen=True)
class Fault:
    """One thing changed: in the schedule, or in the one limit that it then breaks."""

    kind: BreachKind
    entity: str
    says: str
    schedule: Schedule = SCHEDULE
    programme: Change = no_change
    orders: tuple[DoseOrder, ...] = two_orders()
    standing: Standing | None = None


FAULTS = [
    Fault(K.UNKNOWN_REFERENCE, "reykjavik/1", "'S9'", with_north(shipment="S9")),
    Fault(K.NAMED_TWICE, "S1", "2 shipments", replace(SCHEDULE, shipments=(VAN, VAN, FLIGHT))),
    Fault(K.NO_SUCH_SLOT, "B1", "Tuesday 07:00", programme=slot(at=WeekTime(1, time(7)))),
    Fault(
        K.PLANT_CLOSED, "B1", "2024-01-09", programme=plant(holidays=(HolidayRule(add=(TUESDAY,)),))
    ),
    Fault(
        K.LINE_BLOCKED,
        "B1",
        "media fill",
        programme=line(blocks=(Block(TUESDAY, TUESDAY, "media fill"),)),
    ),
    Fault(
        K.PRODUCT_NOT_AVAILABLE,
        "B1",
        "2024-01-10",
        programme=plant(makes=(Availability("dose", date(2024, 1, 10)),)),
    ),
    Fault(
        K.SLOT_SERVES_VALIDATION,
        "B1",
        "validates other",
        programme=all_of(
            second_product,
            lambda p: plant(
                makes=(
                    p.manufacturers[0].makes[0],
                    Availability("other", date(2024, 1, 16), conformance_batches=1),
                )
            )(p),
        ),
    ),
    Fault(
        K.SET_UP_DAY_CLOSED,
        "B1",
        "Monday 2024-01-08",
        with_batch(isotope_at=at(5, 14), isotope_lots=21, isotope_mbq=2100.0),
        all_of(
            source(deliveries=(Delivery(("plant",), ("Friday",), time(14)),)),
            plant(holidays=(HolidayRule(add=(date(2024, 1, 8),)),)),
        ),
    ),
    Fault(K.OUTSIDE_CONTRACT, "B1", "2024-01-08", programme=contract(until_on=date(2024, 1, 8))),
    Fault(
        K.LINE_HELD_TWICE,
        "B2",
        "held by batch B1",
        with_second(),
        all_of(rules(spare_vials=2), line(turnaround_min=7 * 1440)),
    ),
    Fault(K.TOO_MANY_VIALS, "B1", "expected 1 to 1", programme=line(vials_max=1)),
    Fault(K.BULK_ABOVE_LINE, "B1", "600.0000", programme=line(bulk_max_mbq=600.0)),
    Fault(
        K.TOO_MANY_BATCHES_A_DAY,
        "B1",
        "2 batches started on 2024-01-09",
        BESIDE,
        all_of(second_line, lambda p: plant_limits(p, 1, 2)),
    ),
    Fault(
        K.TOO_MANY_RELEASES_A_DAY,
        "B1",
        "2 batches released by QC on 2024-01-09",
        BESIDE,
        all_of(second_line, lambda p: plant_limits(p, 2, 1)),
    ),
    Fault(K.WRONG_EOS_TIME, "B1", "08:50", programme=line(vial_min=10.0)),
    Fault(K.WRONG_RELEASE_TIME, "B1", "13:00", with_batch(released_at=at(9, 12))),
    Fault(K.WRONG_PACKED_TIME, "B1", "09:30", with_batch(packed_at=at(9, 9, 35))),
    Fault(
        K.VIALS_NOT_AS_ALLOCATED,
        "B1",
        "the 1 allocated",
        replace(SCHEDULE, allocations=(NORTH,), unmet=(Unmet("tokyo/1", "no way"),)),
    ),
    Fault(K.WRONG_BULK, "B1", "603.5534", with_batch(bulk_mbq=600.0)),
    Fault(K.CHARGE_TOO_SMALL, "B1", "603.5534", with_batch(charge_mbq=779.0)),
    Fault(K.ISOTOPE_TOO_SMALL, "B1", "779.3571", with_batch(isotope_mbq=900.0, isotope_lots=9)),
    Fault(K.LOTS_NOT_WHOLE, "B1", "lots of 100.0000", with_batch(isotope_mbq=950.0)),
    Fault(K.SOURCE_NOT_PERMITTED, "B1", "none", programme=plant(sources=())),
    Fault(K.NO_DELIVERY, "B1", "Monday 14:00", with_batch(isotope_at=at(8, 15))),
    Fault(
        K.ISOTOPE_TOO_LATE,
        "B1",
        "04:00",
        with_batch(isotope_at=at(9, 5)),
        source(deliveries=(Delivery(("plant",), ("Tuesday",), time(5)),)),
    ),
    Fault(K.ISOTOPE_EXPIRED, "B1", "at most 900 min", programme=source(expiry_min=900)),
    Fault(K.OFFER_EXCEEDED, "B1", "week 2 of 2024", programme=source(offer_per_week_mbq=900.0)),
    Fault(
        K.PLANT_POSSESSION_EXCEEDED,
        "B1",
        "at most 900.0000",
        programme=plant(possession_limit_mbq=900.0),
    ),
    Fault(K.LANE_LEADS_ELSEWHERE, "S1", "goes to west", programme=lane("van", to=("west",))),
    Fault(K.DISPATCHED_BEFORE_READY, "S1", "13:00", with_van(dispatch_at=at(9, 12))),
    Fault(K.NO_COLLECTION, "S2", "18:00", with_flight(dispatch_at=at(9, 17))),
    Fault(K.RECEIVED_TOO_SOON, "S1", "16:00", with_van(received_at=at(9, 15))),
    Fault(K.RECEIPT_CLOSED, "S2", "06:00", with_flight(received_at=at(10, 20, 59))),
    Fault(K.SHIPPER_HOLD_EXCEEDED, "S2", "1620 min", programme=product(shipper_hold_min=1440)),
    Fault(K.TOO_FEW_PACKAGES, "S1", "0 packages", with_van(packages=0)),
    Fault(K.SHIPMENT_OF_ANOTHER, "reykjavik/1", "to tokyo", with_north(shipment="S2")),
    Fault(
        K.WRONG_PRODUCT,
        "tokyo/1",
        "ordered other",
        programme=second_product,
        orders=(two_orders()[0], replace(two_orders()[1], product="other")),
    ),
    Fault(
        K.WRONG_DOSE,
        "tokyo/1",
        "202.0000",
        orders=(two_orders()[0], replace(two_orders()[1], activity_mbq=101.0)),
    ),
    Fault(
        K.VIAL_TOO_SMALL,
        "reykjavik/1",
        "at most 250.0000",
        programme=product(fill="volume", concentration_mbq_per_ml=50.0, fill_volume_ml=5.0),
    ),
    Fault(
        K.OUTSIDE_WINDOW,
        "tokyo/1",
        "2024-01-13",
        orders=(two_orders()[0], replace(two_orders()[1], earliest_on=date(2024, 1, 13))),
    ),
    Fault(
        K.NO_TREATMENT_DAY,
        "tokyo/1",
        "Thursday",
        programme=site("tokyo", treatment_weekdays=("Thursday",)),
    ),
    Fault(
        K.OUTSIDE_INFUSION_HOURS,
        "reykjavik/1",
        "to 16:00",
        programme=site("reykjavik", infusion_latest=time(16)),
    ),
    Fault(
        K.USED_BEFORE_PREPARED,
        "reykjavik/1",
        "2024-01-10 18:00",
        programme=product(preparation_min=26 * 60),
    ),
    Fault(K.USED_AFTER_SHELF_LIFE, "tokyo/1", "10:00", programme=product(shelf_life_min=64 * 60)),
    Fault(
        K.NO_PERMISSION, "tokyo/1", "trial in JP", programme=permission(until_on=date(2024, 1, 10))
    ),
    Fault(
        K.NO_LICENCE,
        "S2",
        "licence gap",
        programme=licence("tokyo", gaps=(LicenceGap(date(2024, 1, 11), date(2024, 1, 11)),)),
    ),
    Fault(
        K.CONSIGNEE_POSSESSION_EXCEEDED,
        "reykjavik/1",
        "at most 200.0000",
        programme=licence("reykjavik", limit_mbq=200.0),
    ),
    Fault(
        K.CONSIGNEE_CAPACITY_EXCEEDED,
        "tokyo/1",
        "at most 0",
        programme=site("tokyo", daily_capacity=0),
    ),
    Fault(K.SERVED_TWICE, "tokyo/1", "served before", standing=Standing(served=("tokyo/1",))),
    Fault(
        K.SERVED_AND_UNMET,
        "tokyo/1",
        "unmet",
        replace(SCHEDULE, unmet=(Unmet("tokyo/1", "no way"),)),
    ),
    Fault(K.ORDER_FORGOTTEN, "tokyo/2", "neither", orders=(*two_orders(), THIRD)),
    Fault(K.LOCKED_CHANGED, "B1", "differs", standing=Standing(locked=(replace(BATCH, vials=1),))),
    Fault(
        K.SENT_CHANGED, "S1", "differs", standing=Standing(in_transit=(replace(VAN, packages=2),))
    ),
    Fault(K.SLOT_FAILED, "B1", BATCH.slot, standing=Standing(failed_slots=(BATCH.slot,))),
    Fault(K.FROZEN, "B1", "frozen", standing=Standing(freeze_until_at=at(10, 0))),
    Fault(K.IN_THE_PAST, "B1", "07:00", standing=Standing(now_at=at(9, 7))),
    Fault(
        K.CALLED_OFF_TOO_LATE,
        "B1",
        "on option",
        programme=slot(kind="option", call_off_min=8 * 1440),
        standing=Standing(now_at=at(1, 7)),
    ),
    Fault(
        K.ISOTOPE_ORDERED_TOO_LATE,
        "B1",
        "Mon 2024-01-01 14:00",
        standing=Standing(now_at=at(1, 15)),
    ),
]
