"""The reason for an order unmet is the limit that, once loosened, lets it be served."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time

import pytest

from doseline.calendars import WeekTime
from doseline.operations.orders import DoseOrder
from doseline.programme import Programme
from doseline.programme.lane import Permission
from doseline.programme.manufacturer import Block, SlotRule
from doseline.programme.site import Licence
from tests.hand_world import order, world
from tests.plan.variants import (
    WEDNESDAY,
    at_reykjavik,
    planned,
    reason,
    with_line,
    with_plant,
    with_product,
    with_site,
    with_source,
)

Change = Callable[[Programme], Programme]
TWO_DAYS = (SlotRule(WeekTime(1, time(6))), SlotRule(WeekTime(1, time(12))))


def permitted_from(day: date) -> Change:
    return lambda p: replace(p, permissions=(Permission("plant", ("IS", "JP"), ("trial",), day),))


def licensed_for(*nuclides: str, limit_mbq: float = 2000.0) -> Change:
    return lambda p: with_site(p, "reykjavik", licence=Licence(nuclides, limit_mbq))


def same(programme: Programme) -> Programme:
    return programme


def two_lines(programme: Programme) -> Programme:
    """A second cell beside the first, with the same slot."""
    line = programme.manufacturers[0].lines[0]
    return with_plant(programme, lines=(line, replace(line, id="cell-2")))


def two_slots_a_day(programme: Programme) -> Programme:
    return with_line(programme, slots=TWO_DAYS)


CASES: dict[str, tuple[Change, Change, str, str]] = {
    "no slot": (
        lambda p: with_line(p, slots=(SlotRule(WeekTime(1, time(6)), every_weeks=3),)),
        same,
        "a",
        "no slot of dose in time",
    ),
    "permission": (
        permitted_from(date(2024, 1, 20)),
        permitted_from(date(2024, 1, 9)),
        "a",
        "no permission: plant may not supply trial in IS on 2024-01-09",
    ),
    "no lane": (
        lambda p: replace(p, lanes=p.lanes[1:]),
        same,
        "a",
        "no lane from plant to reykjavik",
    ),
    "too slow": (
        lambda p: replace(p, lanes=(replace(p.lanes[0], planned_min=2000), p.lanes[1])),
        same,
        "a",
        "no lane in time for 2024-01-10",
    ),
    "shipper": (
        lambda p: with_product(p, shipper_hold_min=179),
        lambda p: with_product(p, shipper_hold_min=180),
        "a",
        "lane van takes longer than the shipper holds",
    ),
    "licence": (
        licensed_for("I-131"),
        licensed_for("Y-90"),
        "a",
        "licence of reykjavik: no Y-90 on 2024-01-09",
    ),
    "shelf life": (
        lambda p: with_product(p, shelf_life_min=32 * 60),
        lambda p: with_product(p, shelf_life_min=32 * 60 + 45),
        "a",
        "shelf life of cell@2024-01-09T06:00 ends before the visit on 2024-01-10",
    ),
    "treatment day": (
        lambda p: with_site(p, "reykjavik", treatment_weekdays=("Thursday",)),
        same,
        "a",
        "site reykjavik does not treat on Wednesday 2024-01-10",
    ),
    "vials": (
        lambda p: with_line(p, bulk_max_mbq=None),
        lambda p: with_line(p, bulk_max_mbq=None, vials_max=3),
        "abc",
        "batch cell@2024-01-09T06:00 is full: no vial is left",
    ),
    "bulk": (
        lambda p: with_line(p, bulk_max_mbq=700.0),
        same,
        "ab",
        "batch cell@2024-01-09T06:00 is at the limit of its bulk",
    ),
    "line": (
        lambda p: two_slots_a_day(with_plant(p, batches_per_day=2, qc_releases_per_day=2)),
        lambda p: with_line(
            two_slots_a_day(with_plant(p, batches_per_day=2, qc_releases_per_day=2)),
            turnaround_min=60,
        ),
        "abcd",
        "line cell is held by another batch",
    ),
    "crew": (
        lambda p: two_lines(with_plant(p, qc_releases_per_day=2)),
        lambda p: two_lines(with_plant(p, qc_releases_per_day=2, batches_per_day=2)),
        "abcd",
        "crew: no further batch can be started at plant 2024-01-09",
    ),
    "QC": (
        lambda p: two_lines(with_plant(p, batches_per_day=2)),
        lambda p: two_lines(with_plant(p, qc_releases_per_day=2, batches_per_day=2)),
        "abcd",
        "QC: no further batch can be released at plant 2024-01-09",
    ),
    "offer": (
        lambda p: with_source(p, offer_per_week_mbq=600.0),
        same,
        "ab",
        "isotope: the offer of reactor 2024-W02 is used up",
    ),
    "plant possession": (
        lambda p: with_plant(p, possession_limit_mbq=600.0),
        lambda p: with_plant(p, possession_limit_mbq=1100.0),
        "ab",
        "possession: the licence of plant plant is used up",
    ),
    "site possession": (
        licensed_for("Y-90", limit_mbq=400.0),
        licensed_for("Y-90", limit_mbq=800.0),
        "ab",
        "possession: the licence of Reykjavik 2024-01-09 is used up",
    ),
    "site capacity": (
        lambda p: with_site(p, "reykjavik", daily_capacity=1),
        same,
        "ab",
        "site capacity: no place is left at Reykjavik 2024-01-10",
    ),
}


def wide(programme: Programme) -> Programme:
    """Reykjavik gives six doses a day: other limits come first."""
    return with_site(programme, "reykjavik", daily_capacity=6)


@pytest.mark.parametrize("case", CASES)
def test_the_limit_named_is_the_one_that_stands_in_the_way(case: str) -> None:
    tight, loose, names, says = CASES[case]
    orders = at_reykjavik(names)
    base = world() if case == "site capacity" else wide(world())
    found = planned(orders, tight(base))
    last = names[-1] if len(names) == 1 else found.unmet[0].order
    assert says in reason(found, last)
    assert found.breaches == ()
    assert planned(orders, loose(wide(world()))).met == len(names)
    assert found.met < len(names)


def test_an_order_that_moves_says_why() -> None:
    """Two vials a week and three orders: the third goes a week later."""
    orders = [replace(o, latest_on=date(2024, 1, 17)) for o in at_reykjavik("abc")]
    found = planned(orders, wide(world()))
    assert found.met == 3
    assert [s.use_on for s in found.shifted] == [date(2024, 1, 17)]
    assert found.shifted[0].reason == "batch cell@2024-01-09T06:00 is full: no vial is left"


def test_an_order_for_a_day_without_a_way_moves_and_says_why() -> None:
    thursday = date(2024, 1, 11)
    moved: DoseOrder = replace(order("reykjavik", thursday, 200.0), earliest_on=WEDNESDAY)
    found = planned([moved])
    assert found.shifted[0].use_on == WEDNESDAY
    assert found.shifted[0].reason == "site reykjavik does not treat on Thursday 2024-01-11"


# -- what a scheduler would ask next ---------------------------------------------------------


def test_where_no_slot_is_in_time_the_slots_that_fall_away_are_named() -> None:
    """The plant is shut in week 2, in which the batch of Tuesday 9 January would have been."""
    shut = with_plant(world(), closed_weeks=(2,))
    found = planned(at_reykjavik("a"), shut)
    assert reason(found, "a") == (
        "no slot of dose in time for 2024-01-10; cell makes nothing on Tue 2024-01-09 "
        f"({shut.manufacturers[0].id} is shut in week 2)"
    )


def test_a_line_that_is_blocked_says_for_what() -> None:
    block = Block(date(2024, 1, 8), date(2024, 1, 9), "media fill")
    found = planned(at_reykjavik("a"), with_line(world(), blocks=(block,)))
    assert reason(found, "a").endswith("; cell makes nothing on Tue 2024-01-09 (media fill)")


def test_every_batch_in_reach_that_is_full_is_named() -> None:
    """Three doses in two batches of one vial each, a week apart."""
    program = with_line(with_site(world(), "reykjavik", daily_capacity=6), vials_max=1)
    found = planned(at_reykjavik("abc", latest_on=date(2024, 1, 17)), program)
    (left,) = found.unmet
    assert left.reason == (
        "the batches in reach are full, no vial is left: "
        "cell@2024-01-09T06:00, cell@2024-01-16T06:00"
    )


def test_a_lane_too_long_for_the_shipper_says_by_how_much() -> None:
    found = planned(at_reykjavik("a"), with_product(world(), shipper_hold_min=120))
    assert reason(found, "a").startswith("lane van takes longer than the shipper holds: 3 h from")
    assert reason(found, "a").endswith(", and it holds 2 h")
