"""The second witness: a sound schedule passes, and each single fault is caught and named."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest

import doseline.operations.check
from doseline.calendars import HolidayRule
from doseline.clock import WeekTime
from doseline.operations.check import BreachKind, breaches
from doseline.operations.standing import Standing
from doseline.programme.lane import Permission
from doseline.programme.manufacturer import Availability, Ramp
from doseline.programme.source import Delivery
from tests.hand_world import two_orders, world
from tests.operations.changes import (
    Change,
    all_of,
    carrier,
    lane,
    licence,
    line,
    permission,
    plant,
    rules,
    second_product,
    site,
    slot,
    source,
)
from tests.operations.faults import FAULTS, TUESDAY, Fault
from tests.operations.hand_schedule import (
    BATCH,
    SCHEDULE,
    VAN,
    at,
    with_flight,
    with_second,
)

K = BreachKind


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


def test_every_kind_of_breach_has_its_entry(repository: Path) -> None:
    page = (repository / "docs" / "reference" / "breaches.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `([a-z_]+)` \|", page, flags=re.MULTILINE)
    assert sorted(told) == sorted(kind.value for kind in BreachKind)
