"""Laws that span rooms, on the world worked by hand in tests/data/one_cell_two_sites.yaml."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hand_world import two_orders, world

from doseline.operations.check import breaches
from doseline.operations.events import (
    BatchFilled,
    BatchReleased,
    DoseAdministered,
    LabellingStarted,
    ShipmentDispatched,
    ShipmentReceived,
    VialFilled,
)
from doseline.operations.schedule import Schedule
from doseline.plan import Plan, Status, plan
from doseline.programme import Programme
from doseline.simulate import schedule_history as run_schedule_history

FIRST, LAST = date(2024, 1, 8), date(2024, 1, 14)


@pytest.fixture(scope="module")
def programme() -> Programme:
    return world()


@pytest.fixture(scope="module")
def planned(programme: Programme) -> Plan:
    return plan(programme, two_orders(), from_on=FIRST, until_on=LAST)


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2024, 1, day, hour, minute, tzinfo=UTC)


def test_the_plan_keeps_the_hours_of_the_hand_calculation(
    programme: Programme, planned: Plan
) -> None:
    schedule: Schedule = planned.schedule
    at = programme.clock.instant
    (batch,) = schedule.batches
    assert batch.isotope_at is not None
    assert [
        at(batch.isotope_at),
        at(batch.charge_at),
        at(batch.eos_at),
        at(batch.packed_at),
        at(batch.released_at),
    ] == [utc(8, 14), utc(9, 6), utc(9, 9), utc(9, 9, 30), utc(9, 13)]
    by_site = {s.site: s for s in schedule.shipments}
    assert at(by_site["reykjavik"].dispatch_at) == utc(9, 13)
    assert at(by_site["reykjavik"].received_at) == utc(9, 16)
    assert at(by_site["tokyo"].dispatch_at) == utc(9, 18)
    assert at(by_site["tokyo"].received_at) == utc(10, 21)
    assert at(schedule.allocation["reykjavik/1"].use_at) == utc(10, 17)
    assert at(schedule.allocation["tokyo/1"].use_at) == utc(12, 1)


def test_the_plan_has_the_activities_of_the_hand_calculation(planned: Plan) -> None:
    (batch,) = planned.schedule.batches
    assert planned.schedule.allocation["reykjavik/1"].eos_mbq == pytest.approx(282.8427, abs=1e-4)
    assert planned.schedule.allocation["tokyo/1"].eos_mbq == pytest.approx(200.0, abs=1e-9)
    assert batch.vials == 2
    assert batch.bulk_mbq == pytest.approx(603.5534, abs=1e-4)
    assert batch.charge_mbq == pytest.approx(779.3571, abs=1e-4)
    assert (batch.isotope_lots, batch.isotope_mbq) == (10, 1000.0)


def test_the_plan_costs_what_the_hand_calculation_says(planned: Plan) -> None:
    assert planned.status is Status.OPTIMAL
    assert planned.objective_cents == 13_800_00
    assert planned.bound_cents == pytest.approx(13_800_00, rel=1e-4)
    assert not planned.unmet


def test_the_checker_finds_no_breach_in_the_plan(programme: Programme, planned: Plan) -> None:
    assert breaches(programme, planned.schedule, two_orders()) == ()
    assert planned.breaches == ()


def test_without_chance_the_simulation_is_the_plan(programme: Programme, planned: Plan) -> None:
    (batch,) = planned.schedule.batches
    events = run_schedule_history(programme, planned.schedule, two_orders(), seed=1, chance=False)
    (labelling,) = (e for e in events if isinstance(e, LabellingStarted))
    (filled,) = (e for e in events if isinstance(e, BatchFilled))
    (released,) = (e for e in events if isinstance(e, BatchReleased))
    assert (labelling.at, filled.at, released.at) == (
        batch.charge_at,
        batch.eos_at,
        batch.released_at,
    )
    planned_out = sorted((s.dispatch_at, s.received_at) for s in planned.schedule.shipments)
    out = sorted(e.at for e in events if isinstance(e, ShipmentDispatched))
    received = sorted(e.at for e in events if isinstance(e, ShipmentReceived))
    assert out == [d for d, _ in planned_out]
    assert received == sorted(r for _, r in planned_out)
    given = {e.order: e for e in events if isinstance(e, DoseAdministered)}
    assert {o: g.at for o, g in given.items()} == {
        a.order: a.use_at for a in planned.schedule.allocations
    }
    assert {o: g.activity_kbq for o, g in given.items()} == {
        "reykjavik/1": 200_000,
        "tokyo/1": 100_000,
    }
    assert all(g.within_tolerance and g.on_day for g in given.values())
    vials = sorted(e.activity_kbq for e in events if isinstance(e, VialFilled))
    assert vials == [200_000, 282_843]
