"""The board: every batch drawn once, whole, in the week and at the hour of its plant."""

import re
from dataclasses import replace
from datetime import date, time

import pytest

from doseline.operations.schedule import Schedule
from doseline.programme import Programme
from doseline.report.board import in_order, wall_days, weeks
from doseline.report.board_svg import MAKE, week_svg
from doseline.studies.assessment import BoardPlan
from tests.report import made_up


@pytest.fixture(scope="module")
def world() -> Programme:
    return made_up.programme()


@pytest.fixture(scope="module")
def plan(world: Programme) -> BoardPlan:
    return made_up.board(world)


def test_every_batch_is_on_the_board_once(plan: BoardPlan, world: Programme) -> None:
    placed = [b.batch.id for w in weeks(plan, world) for r in w.rows for b in r.bars]
    assert sorted(placed) == sorted(b.id for b in plan.schedule.batches)


def test_every_batch_is_drawn_once_with_its_link(plan: BoardPlan, world: Programme) -> None:
    drawn = "".join(week_svg(w, world) for w in weeks(plan, world))
    links = re.findall(r'href="#batch-(\d+)"', drawn)
    assert sorted(links) == [str(n + 1) for n in range(len(plan.schedule.batches))]
    assert len(re.findall(rf'<rect[^>]*fill="{MAKE}"', drawn)) == len(plan.schedule.batches)


def test_nothing_is_drawn_outside_the_axis(plan: BoardPlan, world: Programme) -> None:
    for week in weeks(plan, world):
        svg = str(week_svg(week, world))
        box = re.search(r'viewBox="0 0 (\S+) (\S+)"', svg)
        assert box
        wide, high = float(box[1]), float(box[2])
        for x, y, w, h in re.findall(
            r'<rect x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"', svg
        ):
            assert 0 <= float(x) <= float(x) + float(w) <= wide + 0.1
            assert 0 <= float(y) <= float(y) + float(h) <= high
        for row in week.rows:
            for bar in row.bars:
                assert week.first_day <= bar.first <= bar.last <= week.last_day


def test_a_batch_lasts_on_the_board_as_long_as_it_is_planned(
    plan: BoardPlan, world: Programme
) -> None:
    for week in weeks(plan, world):
        for bar in (b for r in week.rows for b in r.bars):
            batch = bar.batch
            assert bar.eos - bar.charge == pytest.approx((batch.eos_at - batch.charge_at) / 1440)
            assert bar.released - bar.qc_end == pytest.approx(120 / 1440)
            assert bar.charge % 1 == pytest.approx(5 / 24)  # 05:00 on the wall of the plant


def test_the_wall_shows_the_same_hour_before_and_after_the_clocks_change(
    world: Programme,
) -> None:
    monday = date(2022, 3, 7)
    zone = "America/Toronto"
    for day in range(14):
        at = world.clock.at(date.fromordinal(monday.toordinal() + day), time(5), zone)
        assert wall_days(world, at, zone, monday) == pytest.approx(day + 5 / 24)


def test_a_week_without_a_batch_is_shown_as_such(plan: BoardPlan, world: Programme) -> None:
    empty = [w.monday for w in weeks(plan, world) if not any(r.bars for r in w.rows)]
    assert empty == [date(2022, 3, 14)]


def test_every_dose_and_shipment_of_a_batch_hangs_below_its_bar(
    plan: BoardPlan, world: Programme
) -> None:
    bars = [b for w in weeks(plan, world) for r in w.rows for b in r.bars]
    assert sum(leg.doses for b in bars for leg in b.legs) == len(plan.schedule.allocations)
    assert sum(len(leg.received) for b in bars for leg in b.legs) == len(plan.schedule.shipments)


def test_batches_are_numbered_in_the_order_of_time(plan: BoardPlan) -> None:
    starts = [b.charge_at for b in in_order(plan.schedule.batches)]
    assert starts == sorted(starts)


def test_a_plan_without_batches_still_has_its_weeks(plan: BoardPlan, world: Programme) -> None:
    idle = replace(plan, schedule=Schedule("both"))
    assert [w.monday.day for w in weeks(idle, world)] == [7, 14, 21]


def test_a_bar_tells_a_listener_its_vials_activity_and_hour(
    plan: BoardPlan, world: Programme
) -> None:
    svg = str(week_svg(weeks(plan, world)[0], world)).replace("\u00a0", " ")
    bar = re.search(r'<a href="#batch-1".*?</a>', svg)
    assert bar
    said = re.sub(r"<[^>]*>", "", bar[0])
    assert said == "B1 6 vials, 9.00 GBq (243.2 mCi) at EOS Tue 10:00 EST"
