"""The headroom of worlds whose capacity is counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import numpy as np
import pytest

from doseline.calendars import WeekTime
from doseline.errors import SolverError
from doseline.operations.orders import OrderMix
from doseline.plan import Headroom, headroom, plan
from doseline.plan.long_term import headroom as module
from doseline.plan.long_term.headroom import AT_MOST
from doseline.plan.solving.solve import Ended, Limits, Solution, solve
from doseline.programme import Programme
from doseline.programme.manufacturer import Block, SlotRule
from doseline.programme.site import Licence
from tests.hand_world import order, world
from tests.plan.variants import (
    with_line,
    with_plant,
    with_policy,
    with_site,
    with_source,
)

FROM, UNTIL = date(2024, 1, 8), date(2024, 3, 31)  # twelve Tuesdays, Wednesdays and Fridays


def kind(site: str, weekday: int, orders: float, mbq: float = 100.0, **more: Any) -> OrderMix:
    return OrderMix("dose", "trial", site, weekday, mbq, orders, FROM, UNTIL, **more)


def room(*mix: OrderMix, programme: Programme | None = None, **more: Any) -> Headroom:
    return headroom(programme or world(), mix, from_on=FROM, until_on=UNTIL, **more)


def roomy(**line: Any) -> Programme:
    """Six doses a day at Reykjavik, and bulk and isotope without end."""
    world_ = with_site(world(), "reykjavik", daily_capacity=6)
    return with_line(with_source(world_, offer_per_week_mbq=1e6), bulk_max_mbq=None, **line)


def test_vials_bind_as_counted_by_hand() -> None:
    """Two vials in each of twelve weeks against eight orders."""
    found = room(kind("reykjavik", 2, 8.0), programme=roomy())
    assert found.multiple == pytest.approx(24 / 8)
    assert found.binding == ("vials: cell",)
    assert found.slots == 12
    assert found.vials_used == pytest.approx(24.0)
    assert [(m.month, m.slots, m.vials) for m in found.months] == [
        ("2024-01", 4, 8),
        ("2024-02", 4, 8),
        ("2024-03", 4, 8),
    ]


def test_kinds_share_the_vials() -> None:
    """Twelve doses of Tokyo and six of Reykjavik: 24 of 18."""
    program = with_site(roomy(), "tokyo", daily_capacity=6)
    found = room(kind("reykjavik", 2, 6.0), kind("tokyo", 4, 12.0), programme=program)
    assert found.multiple == pytest.approx(24 / 18)


def test_the_bulk_binds_as_counted_by_hand() -> None:
    """1,000 MBq of bulk less 20 % hold 800 at EOS of one vial, 09:00 less 15 min.

    A dose of 400 MBq 32.25 h later takes 400 x 2^(32.25/64).
    """
    program = with_line(roomy(vials_max=10), bulk_max_mbq=1000.0)
    found = room(kind("reykjavik", 2, 12.0, 400.0), programme=program)
    assert found.multiple == pytest.approx(800 / (400 * 2 ** (32.25 / 64)))
    assert found.binding == ("bulk: cell",)


def test_the_isotope_binds_as_counted_by_hand() -> None:
    """500 MBq a week, calibrated 51 h before the infusion, yield 0.8, 20 % to samples."""
    program = with_source(roomy(), offer_per_week_mbq=500.0)
    found = room(kind("reykjavik", 2, 12.0, 400.0), programme=program)
    assert found.multiple == pytest.approx(500 * 0.8 * 0.8 / (400 * 2 ** (51 / 64)))
    assert found.binding == ("isotope offer: reactor",)


def test_site_capacity_binds() -> None:
    program = roomy(vials_max=20)
    found = room(kind("reykjavik", 2, 12.0, 1.0), programme=program)
    assert found.multiple == pytest.approx(6.0)
    assert found.binding == ("site capacity: Reykjavik",)


def test_the_possession_of_a_site_binds() -> None:
    """300 MBq a dose, received Tuesday 15:45 at the earliest, 25.25 h before the infusion."""
    program = with_site(roomy(), "reykjavik", licence=Licence(("Y-90",), 500.0))
    found = room(kind("reykjavik", 2, 12.0, 300.0), programme=program)
    assert found.multiple == pytest.approx(500 / (300 * 2 ** (25.25 / 64)))


def test_the_possession_of_a_plant_binds() -> None:
    """A week's delivery of at most 500 MBq; the one before it no longer counts."""
    program = with_plant(roomy(), possession_limit_mbq=500.0, waste_kept_min=7 * 1440)
    found = room(kind("reykjavik", 2, 12.0, 400.0), programme=program)
    assert found.multiple == pytest.approx(500 * 0.8 * 0.8 / (400 * 2 ** (51 / 64)))
    assert found.binding == ("plant possession: plant",)


def test_a_blocked_line_has_fewer_slots() -> None:
    block = Block(date(2024, 2, 1), date(2024, 2, 29))
    found = room(kind("reykjavik", 2, 8.0), programme=roomy(blocks=(block,)))
    assert found.slots == 8
    assert found.multiple == pytest.approx(16 / 8)


def test_slots_that_overlap_count_once() -> None:
    slots = (SlotRule(WeekTime(1, time(6))), SlotRule(WeekTime(1, time(12))))
    program = with_plant(roomy(slots=slots), batches_per_day=2, qc_releases_per_day=2)
    assert room(kind("reykjavik", 2, 8.0), programme=program).multiple == pytest.approx(24 / 8)
    apart = with_line(program, turnaround_min=60)
    assert room(kind("reykjavik", 2, 8.0), programme=apart).multiple == pytest.approx(48 / 8)


def test_a_crew_starts_one_batch_a_day_whatever_the_lines() -> None:
    line = roomy().manufacturers[0].lines[0]
    program = with_plant(roomy(), lines=(line, replace(line, id="cell-2")))
    assert room(kind("reykjavik", 2, 8.0), programme=program).multiple == pytest.approx(24 / 8)
    two = with_plant(program, batches_per_day=2, qc_releases_per_day=2)
    assert room(kind("reykjavik", 2, 8.0), programme=two).multiple == pytest.approx(48 / 8)


def test_spare_vials_take_room() -> None:
    program = with_policy(roomy(vials_max=3), spare_vials=1)
    assert room(kind("reykjavik", 2, 8.0), programme=program).multiple == pytest.approx(24 / 8)


def test_a_contested_slot_is_no_capacity() -> None:
    rule = SlotRule(WeekTime(1, time(6)), kind="contested", free_fraction=0.9)
    found = room(kind("reykjavik", 2, 8.0), programme=roomy(slots=(rule,)))
    assert (found.multiple, found.slots) == (0.0, 0)


def test_a_kind_without_a_way_is_named() -> None:
    """Reykjavik does not treat on Thursdays."""
    found = room(kind("reykjavik", 2, 8.0), kind("reykjavik", 3, 1.0), programme=roomy())
    assert found.multiple == 0.0
    assert found.no_way == ("trial at reykjavik on Thursday",)
    assert found.binding[0] == "no way: trial at reykjavik on Thursday"
    assert found.others == pytest.approx(3.0)


def test_weekdays_may_be_left_open() -> None:
    mix = (kind("reykjavik", 2, 8.0), kind("reykjavik", 3, 4.0))
    found = room(*mix, programme=roomy(), keep_weekdays=False)
    assert found.multiple == pytest.approx(24 / 12)
    assert found.no_way == ()


def test_no_demand_is_served_without_end() -> None:
    found = room()
    assert found.multiple == AT_MOST
    assert found.binding == (f"none up to {AT_MOST:.0f} times",)


def test_units_of_an_order_each_take_a_vial() -> None:
    found = room(kind("reykjavik", 2, 8.0, units=2), programme=roomy())
    assert found.multiple == pytest.approx(24 / 16)


def test_twelve_vials_in_forty_six_weeks_are_so_many_a_week() -> None:
    """12 x 46 / 52 = 10.6 vials a week: headroom times demand says the same."""
    closed = (2, 16, 29, 30, 42, 51)
    program = with_plant(roomy(vials_max=12), closed_weeks=closed)
    program = replace(program, until_on=date(2024, 12, 29))
    program = with_site(program, "reykjavik", daily_capacity=20)
    first, last = date(2024, 1, 1), date(2024, 12, 29)
    demand = 5.88 * 52
    mix = OrderMix("dose", "trial", "reykjavik", 2, 10.0, demand, first, last)
    found = headroom(program, [mix], from_on=first, until_on=last)
    assert found.multiple * 5.88 == pytest.approx(12 * 46 / 52)


def test_what_the_headroom_allows_can_be_planned() -> None:
    """A multiple of 2 of one order a week: two orders every week are all met."""
    program = with_line(world(), bulk_max_mbq=None)
    found = room(kind("reykjavik", 2, 12.0), programme=program)
    assert found.multiple == pytest.approx(2.0)
    days = [date(2024, 1, 10) + timedelta(weeks=n) for n in range(12)]
    orders = [order("reykjavik", d, 100.0, f"{d}{n}") for d in days for n in range(2)]
    assert plan(program, orders, from_on=FROM, until_on=UNTIL).met == 24


def test_a_clock_that_ran_on_while_the_machine_slept_is_no_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first solve is stopped by its clock with nothing found."""
    mix, asked = (kind("reykjavik", 0, 1.0),), []
    expected = room(*mix)

    def slept(matrix: Any, limits: Limits, **more: Any) -> Solution:
        asked.append(matrix)
        found = solve(matrix, limits, **more)
        if len(asked) == 1:
            return replace(found, ended=Ended.BY_THE_CLOCK, values=np.zeros(0))
        return found

    monkeypatch.setattr(module, "solve", slept)
    assert room(*mix).multiple == expected.multiple
    monkeypatch.setattr(
        module,
        "solve",
        lambda *_, **__: replace(
            solve(asked[0], Limits()), ended=Ended.BY_THE_CLOCK, values=np.zeros(0)
        ),
    )
    with pytest.raises(SolverError, match="no multiple"):
        room(*mix)
