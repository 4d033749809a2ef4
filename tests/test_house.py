"""Laws that span rooms, on the world worked by hand in tests/data/one_cell_two_sites.yaml."""

from __future__ import annotations

from datetime import date

import pytest

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
from doseline.plan import Plan, plan
from doseline.programme import Programme
from doseline.simulate.run import schedule_history
from tests.hand_world import two_orders, world

FIRST, LAST = date(2024, 1, 8), date(2024, 1, 14)


@pytest.fixture(scope="module")
def programme() -> Programme:
    return world()


@pytest.fixture(scope="module")
def planned(programme: Programme) -> Plan:
    return plan(programme, two_orders(), from_on=FIRST, until_on=LAST)


def test_the_checker_finds_no_breach_in_the_plan(programme: Programme, planned: Plan) -> None:
    assert breaches(programme, planned.schedule, two_orders()) == ()
    assert planned.breaches == ()


def test_without_chance_the_simulation_is_the_plan(programme: Programme, planned: Plan) -> None:
    (batch,) = planned.schedule.batches
    events = schedule_history(
        programme, planned.schedule, two_orders(), seed=1, replication=0, chance=False
    )
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
