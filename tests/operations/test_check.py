"""The second witness: a sound schedule passes, and each single fault is caught and named."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

import doseline.operations.check
from doseline.calendars import HolidayRule
from doseline.clock import WeekTime
from doseline.operations.check import BreachKind, breaches
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule, Unmet
from doseline.operations.standing import Standing
from doseline.programme import Programme
from doseline.programme.lane import Permission
from doseline.programme.manufacturer import Availability, Block, Ramp
from doseline.programme.site import LicenceGap
from doseline.programme.source import Delivery
from tests.hand_world import order, two_orders, world
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

Change = Callable[[Programme], Programme]
TUESDAY = date(2024, 1, 9)


def rules(**changes: Any) -> Change:
    return lambda p: replace(p, policy=replace(p.policy, **changes))


def product(**changes: Any) -> Change:
    return lambda p: replace(p, products=(replace(p.products[0], **changes),))


def source(**changes: Any) -> Change:
    return lambda p: replace(p, sources=(replace(p.sources[0], **changes),))


def plant(**changes: Any) -> Change:
    return lambda p: replace(p, manufacturers=(replace(p.manufacturers[0], **changes),))


def line(**changes: Any) -> Change:
    return lambda p: plant(lines=(replace(p.manufacturers[0].lines[0], **changes),))(p)


def slot(**changes: Any) -> Change:
    return lambda p: line(slots=(replace(p.manufacturers[0].lines[0].slots[0], **changes),))(p)


def contract(**changes: Any) -> Change:
    return lambda p: replace(p, contracts=(replace(p.contracts[0], **changes),))


def lane(name: str, **changes: Any) -> Change:
    return lambda p: replace(
        p, lanes=tuple(replace(x, **changes) if x.id == name else x for x in p.lanes)
    )


def carrier(name: str, **changes: Any) -> Change:
    return lambda p: replace(
        p, carriers=tuple(replace(x, **changes) if x.id == name else x for x in p.carriers)
    )


def site(name: str, **changes: Any) -> Change:
    return lambda p: replace(
        p, sites=tuple(replace(x, **changes) if x.id == name else x for x in p.sites)
    )


def licence(name: str, **changes: Any) -> Change:
    def change(p: Programme) -> Programme:
        held = p.site[name].licence
        assert held is not None
        return site(name, licence=replace(held, **changes))(p)

    return change


def permission(**changes: Any) -> Change:
    return lambda p: replace(p, permissions=(replace(p.permissions[0], **changes),))


def all_of(*changes: Change) -> Change:
    def change(p: Programme) -> Programme:
        for one in changes:
            p = one(p)
        return p

    return change


def second_product(p: Programme) -> Programme:
    """The same product under another name, made on the same line."""
    other = replace(p.products[0], id="other")
    wider = line(products=("dose", "other"))(replace(p, products=(*p.products, other)))
    makes = (*wider.manufacturers[0].makes, Availability("other", date(2024, 1, 1)))
    return plant(makes=makes)(wider)


def second_line(p: Programme) -> Programme:
    """The same line again beside it, and a batch of spare vials allowed."""
    cell = p.manufacturers[0].lines[0]
    return rules(spare_vials=2)(plant(lines=(cell, replace(cell, id="cell-2")))(p))


BESIDE = replace(SCHEDULE, batches=(BATCH, replace(BATCH, id="B2", line="cell-2")))
"""Two batches of the same hour on two lines."""

THIRD = order("tokyo", date(2024, 1, 19), 100.0, "tokyo/2")


def no_change(p: Programme) -> Programme:
    return p


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


K = BreachKind
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
        all_of(second_line, lambda p: _plant_limits(p, 1, 2)),
    ),
    Fault(
        K.TOO_MANY_RELEASES_A_DAY,
        "B1",
        "2 batches released by QC on 2024-01-09",
        BESIDE,
        all_of(second_line, lambda p: _plant_limits(p, 2, 1)),
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


def _plant_limits(p: Programme, batches: int, releases: int) -> Programme:
    return plant(batches_per_day=batches, qc_releases_per_day=releases)(p)


def test_a_sound_schedule_has_no_breach() -> None:
    assert breaches(world(), SCHEDULE, two_orders()) == ()


def test_what_is_locked_and_sent_may_stand_as_it_is() -> None:
    standing = Standing(
        now_at=at(9, 14), locked=(BATCH,), in_transit=(VAN,), failed_slots=("cell@never",)
    )
    assert breaches(world(), SCHEDULE, two_orders(), standing=standing) == ()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.kind.value)
def test_the_checker_catches_a_single_fault_and_names_it(fault: Fault) -> None:
    found = breaches(
        fault.programme(world()), fault.schedule, fault.orders, standing=fault.standing
    )
    assert {b.kind for b in found} == {fault.kind}
    told = [b for b in found if fault.entity in b.entities]
    assert any(fault.says in b.message for b in told), [str(b) for b in found]


def test_every_kind_of_breach_is_injected_at_least_once() -> None:
    assert {fault.kind for fault in FAULTS} == set(BreachKind)


# -- a kind with more than one way to break it ----------------------------------------------


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (slot(every_weeks=3), {K.NO_SUCH_SLOT}),
        (slot(from_on=date(2024, 1, 10)), {K.NO_SUCH_SLOT}),
        (all_of(second_product, slot(products=("other",))), {K.NO_SUCH_SLOT}),
        (plant(closed_weeks=(2,)), {K.PLANT_CLOSED, K.SET_UP_DAY_CLOSED, K.NO_DELIVERY}),
        (plant(closes_on=date(2024, 1, 8)), {K.PLANT_CLOSED}),
        (line(products=()), {K.PRODUCT_NOT_AVAILABLE}),
        (
            plant(makes=(Availability("dose", date(2024, 1, 1), date(2024, 1, 8)),)),
            {K.PRODUCT_NOT_AVAILABLE},
        ),
        (
            plant(
                makes=(Availability("dose", date(2024, 1, 1), ramp=(Ramp(date(2024, 2, 1), 0.5),)),)
            ),
            {K.TOO_MANY_VIALS},
        ),
        (source(until_on=date(2024, 1, 7)), {K.NO_DELIVERY}),
        (source(nuclide="I-131"), {K.SOURCE_NOT_PERMITTED}),
        (source(deliveries=(Delivery((), ("Monday",), time(14)),)), {K.SOURCE_NOT_PERMITTED}),
        (
            carrier("road", holidays=(HolidayRule(add=(TUESDAY,)),)),
            {K.NO_COLLECTION, K.RECEIVED_TOO_SOON},
        ),
        (carrier("air", holidays=(HolidayRule(add=(TUESDAY,)),)), {K.NO_COLLECTION}),
        (lane("flight", weekdays=("Monday",)), {K.NO_COLLECTION}),
        (permission(testing_min=12 * 60), {K.RECEIVED_TOO_SOON}),
        (site("tokyo", receives_weekdays=("Wednesday",)), {K.RECEIPT_CLOSED}),
        (
            site("tokyo", holidays=(HolidayRule(add=(date(2024, 1, 11),)),)),
            {K.RECEIPT_CLOSED},
        ),
        (site("tokyo", licence=None), {K.NO_LICENCE}),
        (licence("tokyo", nuclides=("I-131",)), {K.NO_LICENCE}),
        (permission(markets=("IS",)), {K.NO_PERMISSION}),
        (permission(protocols=("another",)), {K.NO_PERMISSION}),
        (site("tokyo", active_from_on=date(2024, 1, 13)), {K.NO_TREATMENT_DAY}),
        (
            carrier("air", stops_from=WeekTime(2, time(0)), stops_until=WeekTime(2, time(8))),
            {K.RECEIVED_TOO_SOON},
        ),
    ],
)
def test_a_limit_that_tightens_is_noticed(change: Change, kinds: set[BreachKind]) -> None:
    assert {b.kind for b in breaches(change(world()), SCHEDULE, two_orders())} == kinds


def test_a_line_is_held_longer_before_another_product() -> None:
    """A turnaround that ends when the next batch starts suffices, unless there is a changeover."""
    tight = all_of(
        second_product,
        rules(spare_vials=2),
        line(products=("dose", "other"), turnaround_min=7 * 1440 - 180, changeover_min=1),
    )(world())
    assert breaches(tight, with_second(), two_orders()) == ()
    other = breaches(tight, with_second(product="other"), two_orders())
    assert [b.kind for b in other] == [K.LINE_HELD_TWICE]


def test_a_delivery_counts_against_the_plant_until_its_waste_is_gone() -> None:
    """A week later 1000 MBq of a half-life of 64 h are 162 MBq, unless they no longer count."""
    left = 1000 * 0.5 ** (7 * 24 / 64)
    held = all_of(rules(spare_vials=2), plant(possession_limit_mbq=1000 + left - 1))
    found = breaches(held(world()), with_second(), two_orders())
    assert [b.kind for b in found] == [K.PLANT_POSSESSION_EXCEEDED]
    assert found[0].entities == ("B1", "B2")
    gone = all_of(held, lambda p: plant(waste_kept_min=7 * 1440)(p))
    assert breaches(gone(world()), with_second(), two_orders()) == ()


def test_a_consignee_holds_what_it_received_and_has_not_yet_used() -> None:
    """Both vials at one consignee: the first is used before the second is received, or is not."""
    joined = all_of(
        site("tokyo", consignee="Reykjavik"),
        licence("reykjavik", limit_mbq=300.0),
        licence("tokyo", limit_mbq=300.0),
    )(world())
    assert breaches(joined, SCHEDULE, two_orders()) == ()
    early = with_flight(received_at=at(10, 3))
    open_all_night = site("tokyo", receives_until=time(23))(joined)
    quick = lane("flight", planned_min=60)(open_all_night)
    found = breaches(quick, early, two_orders())
    assert [b.kind for b in found] == [K.CONSIGNEE_POSSESSION_EXCEEDED]
    assert found[0].entities == ("reykjavik/1", "tokyo/1")


def test_a_dose_on_another_day_of_its_window_is_no_breach() -> None:
    wide = tuple(
        replace(o, wanted_on=date(2024, 1, 17), latest_on=date(2024, 1, 20)) for o in two_orders()
    )
    assert breaches(world(), SCHEDULE, wide) == ()


def test_the_shortest_testing_that_a_permission_asks_for_counts() -> None:
    strict = Permission("plant", ("JP",), ("trial",), date(2024, 1, 1), testing_min=12 * 60)
    both = replace(world(), permissions=(strict, *world().permissions))
    assert breaches(both, SCHEDULE, two_orders()) == ()


def test_the_checker_looks_at_neither_slots_nor_routes() -> None:
    """It reads the raw calendars; what the planner reads would repeat the planner's errors."""
    folder = Path(doseline.operations.check.__file__).parent
    files = sorted(folder.glob("check*.py"))
    imported = {
        node.module
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    assert "doseline.programme.making" in imported
    assert not {"doseline.operations.slots", "doseline.operations.routes"} & imported
    assert not any(name.startswith(("doseline.plan", "highspy")) for name in imported)
