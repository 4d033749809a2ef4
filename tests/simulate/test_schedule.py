"""A fixed schedule: with chance off the simulation is the schedule, minute for minute."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from doseline.operations.accounts import imbalances
from doseline.operations.events import (
    BatchFilled,
    BatchReleased,
    DoseAdministered,
    Event,
    IsotopeReceived,
    LabellingStarted,
    ShipmentDispatched,
    ShipmentReceived,
    VialFilled,
)
from doseline.operations.life import obeys
from doseline.operations.schedule import Allocation, Batch, Schedule, Shipment, Unmet
from doseline.plan import plan
from doseline.programme import Programme
from doseline.simulate import kpis, run_schedule, schedule_history
from tests.hand_world import two_orders, world
from tests.simulate.worlds import failing

SLOT = "cell@2024-01-09T06:00"


def at(programme: Programme, day: int, hour: int, minute: int = 0) -> int:
    return programme.clock.at(date(2024, 1, day), time(hour, minute), "UTC")


def by_hand(programme: Programme) -> Schedule:
    """The schedule worked out in the comments of one_cell_two_sites.yaml."""
    batch = Batch(
        id="B1",
        slot=SLOT,
        manufacturer="plant",
        line="cell",
        product="dose",
        vials=2,
        charge_at=at(programme, 9, 6),
        eos_at=at(programme, 9, 9),
        released_at=at(programme, 9, 13),
        packed_at=at(programme, 9, 9, 30),
        source="reactor",
        isotope_at=at(programme, 8, 14),
        isotope_lots=10,
        isotope_mbq=1000.0,
        charge_mbq=779.3571,
        bulk_mbq=603.5534,
    )
    van = Shipment("S1", "B1", "van", "reykjavik", at(programme, 9, 13), at(programme, 9, 16), 1)
    flight = Shipment("S2", "B1", "flight", "tokyo", at(programme, 9, 18), at(programme, 10, 21), 1)
    return Schedule(
        design=None,
        batches=(batch,),
        allocations=(
            Allocation("reykjavik/1", "B1", "S1", at(programme, 10, 17), 282.8427),
            Allocation("tokyo/1", "B1", "S2", at(programme, 12, 1), 200.0),
        ),
        shipments=(van, flight),
    )


@pytest.fixture(scope="module")
def events() -> tuple[Event, ...]:
    programme = world()
    return schedule_history(
        programme, by_hand(programme), two_orders(), seed=1, replication=0, chance=False
    )


def of(events: tuple[Event, ...], kind: type[Event]) -> list[Event]:
    return [e for e in events if isinstance(e, kind)]


def test_with_chance_off_the_times_are_those_of_the_schedule(events: tuple[Event, ...]) -> None:
    programme = world()
    batch = by_hand(programme).batches[0]
    assert [e.at for e in of(events, IsotopeReceived)] == [batch.isotope_at]
    assert [e.at for e in of(events, LabellingStarted)] == [batch.charge_at]
    assert [e.at for e in of(events, BatchFilled)] == [batch.eos_at]
    assert [e.at for e in of(events, BatchReleased)] == [batch.released_at]
    shipments = sorted(by_hand(programme).shipments, key=lambda s: s.dispatch_at)
    assert [e.at for e in of(events, ShipmentDispatched)] == [s.dispatch_at for s in shipments]
    assert [e.at for e in of(events, ShipmentReceived)] == [s.received_at for s in shipments]
    uses = [a.use_at for a in by_hand(programme).allocations]
    assert [e.at for e in of(events, DoseAdministered)] == uses


def test_with_chance_off_the_activities_are_those_of_the_schedule(
    events: tuple[Event, ...],
) -> None:
    charged, filled = of(events, LabellingStarted)[0], of(events, BatchFilled)[0]
    assert isinstance(charged, LabellingStarted)
    assert isinstance(filled, BatchFilled)
    assert charged.charge_kbq == 779_357
    assert filled.bulk_kbq == 603_553
    vials = {e.order: e.activity_kbq for e in events if isinstance(e, VialFilled)}
    assert vials == {"reykjavik/1": 282_843, "tokyo/1": 200_000}
    given = {e.order: e.activity_kbq for e in events if isinstance(e, DoseAdministered)}
    assert given == {"reykjavik/1": 200_000, "tokyo/1": 100_000}


def test_every_order_of_a_kept_schedule_is_given_on_its_day(events: tuple[Event, ...]) -> None:
    given = [e for e in events if isinstance(e, DoseAdministered)]
    assert all(e.on_day and e.within_tolerance for e in given)
    assert obeys(events) == ()
    assert imbalances(events, {p.id: p.half_life for p in world().products}) == ()


def test_the_cost_of_the_hand_worked_batch_is_that_of_its_comments() -> None:
    programme = world()
    result = run_schedule(
        programme, by_hand(programme), two_orders(), seed=1, replications=1, chance=False
    )
    assert result.kind == "schedule"
    assert sum(result.replications[0].costs.values()) == 1_380_000
    assert kpis(result)["cost_per_administered_dose"]["mean"] == 6900.0


def test_an_order_left_unmet_is_missed_for_the_reason_given() -> None:
    programme = world()
    empty = Schedule(None, unmet=(Unmet("tokyo/1", "no room"),))
    result = run_schedule(programme, empty, two_orders(), seed=1, replications=1)
    assert {c for row in result.services for c in row.causes} == {"no room", "not in the schedule"}


def test_a_schedule_played_against_failure_loses_its_batch_as_often_as_it_fails() -> None:
    programme = failing(world(), 0.3)
    result = run_schedule(programme, by_hand(programme), two_orders(), seed=5, replications=300)
    otif = kpis(result)["otif"]
    assert float(otif["low"] or 0) <= 0.7 <= float(otif["high"] or 0)


def test_a_batch_in_an_unknown_slot_is_refused() -> None:
    programme = world()
    planned = by_hand(programme)
    lost = Schedule(
        None, batches=(Batch("B9", "cell@never", "plant", "cell", "dose", 1, 0, 0, 0, 0),)
    )
    assert planned.batches[0].slot == SLOT
    with pytest.raises(LookupError, match="cell@never"):
        run_schedule(programme, lost, (), seed=1, replications=1)


def test_import_testing_in_a_simulation_is_that_of_the_day_of_receipt() -> None:
    """No permission holds when the flight comes; one that asks for a day holds a day later."""
    home = replace(world().permissions[0], markets=("IS",))
    until = replace(home, markets=("JP",), until_on=date(2024, 1, 10))
    since = replace(until, from_on=date(2024, 1, 12), until_on=None, testing_min=1440)
    rows = (home, until, replace(since, testing_cents=100_000))
    programme = replace(world(), permissions=rows)
    first, last = date(2024, 1, 8), date(2024, 1, 21)
    found = plan(programme, two_orders(), from_on=first, until_on=last).schedule
    told = schedule_history(programme, found, two_orders(), seed=1, replication=0, chance=False)
    came = [e.at for e in of(told, ShipmentReceived)]
    assert came == sorted(s.received_at for s in found.shipments)
    assert programme.clock.day(came[-1], "Asia/Tokyo") == date(2024, 1, 12)
    assert len(of(told, DoseAdministered)) == 2
    result = run_schedule(programme, found, two_orders(), seed=1, replications=1, chance=False)
    assert result.replications[0].costs["import_testing"] == 100_000
