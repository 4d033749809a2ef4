"""A plan goes on record, is carried out, and gives the standing to plan again from."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from doseline.clock import Clock
from doseline.operations.schedule import Schedule
from doseline.operations.standing import Standing
from doseline.plan import Plan
from doseline.records.instants import instant_from_text, instant_text
from doseline.records.planning import requests_from, standing_from
from tests.hand_world import order, two_orders, world
from tests.plan.variants import planned
from tests.records.life.plant import Plant, founded

HALF_LIFE_MIN = 64 * 60.0
CLOCK = Clock(date(2024, 1, 1))
BATCH = "cell@2024-01-09T06:00"
TO_REYKJAVIK, TO_TOKYO = f"{BATCH}>reykjavik#1", f"{BATCH}>tokyo#2"
MASTER = {
    "master": "M-1", "product": "dose", "version": 1, "nuclide": "Y-90",
    "half_life_ms": 64 * 3_600_000, "shelf_life_min": 72 * 60,
    "yield_low_ppm": 500_000, "yield_high_ppm": 950_000,
    "steps": [{"step": "label", "text": "label", "checked": 1, "limits": []}],
    "tests": [
        {"test": "purity", "stage": "release", "low": "95", "high": "", "due_min": 180},
        {"test": "sterility", "stage": "late", "low": "", "high": "0", "due_min": 20_160},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(two_orders())


@pytest.fixture
def plant(plan: Plan) -> Plant:
    """The hand-worked world with the plan of its two orders on record."""
    made = founded(datetime(2024, 1, 1, 8, tzinfo=UTC))
    far = "2024-12-31T00:00:00.000000Z"
    for place, zone in (("plant", "UTC"), ("reykjavik", "UTC"), ("tokyo", "Asia/Tokyo")):
        made.do("adam", "facility", place, place, zone, "IS", "us-211")
    for person, place, role in (
        ("ann", "plant", "author"), ("olga", "plant", "operator"), ("oscar", "plant", "operator"),
        ("lena", "plant", "analyst"), ("lars", "plant", "analyst"),
        ("dora", "plant", "dispatcher"), ("rhea", "plant", "radiation-safety"),
        ("phil", "reykjavik", "pharmacist"), ("ursula", "reykjavik", "authorised-user"),
    ):  # fmt: skip
        made.do("adam", "person", person, person, place, (role,), far)
        made.do("quinn", "identify", person)
    for tool in ("DC", "HC", "SM", "TA", "R-DC"):
        place = "reykjavik" if tool == "R-DC" else "plant"
        made.do("quinn", "equipment", tool, tool, tool, place)
        made.do("quinn", "calibrate", tool, far, tool)
    for place in ("plant", "reykjavik", "tokyo"):
        made.do("rhea", "licence", place, f"L-{place}", "Y-90", "liquid", 9_000_000, far, "file")
        made.do("rhea", "verify-licence", place, f"L-{place}", "copy read")
    made.do("rhea", "waste-container", "W", "plant", "Y-90")
    made.do("phil", "waste-container", "W-R", "reykjavik", "Y-90")
    made.do("ann", "master", json.dumps(MASTER))
    made.do("quinn", "sign", "master/M-1", "approved")
    for wanted in requests_from(plan.schedule, two_orders(), CLOCK):
        by = "dora" if wanted.command == "shipment" else "ann"
        made.do(by, wanted.command, wanted.request)
    return made


def at(minute: int) -> datetime:
    return CLOCK.instant(minute)


def made_and_released(plant: Plant, *, late_min: int = 0) -> None:
    """The batch as planned, only so much later at EOS and release."""
    plant.clock.at = at(10_920)
    ref = instant_text(plant.clock.at)
    plant.do(
        "ann", "lot", "Y-1", "yttrium", "reactor", "plant", ref, instant_text(at(20_000)), "Y-90",
        "liquid", 1_000_000, ref, 64 * 3_600_000,
    )  # fmt: skip
    plant.do("olga", "arrive", "Y-1", 1_000_000, 1_000_000, "DC")
    plant.do("quinn", "accept", "Y-1")
    plant.do("quinn", "issue", BATCH, "M-1")
    plant.clock.at = at(11_880)
    plant.do("olga", "charge", BATCH, ("Y-1=779.357 MBq",))
    plant.clock.at = at(12_000 + late_min)
    plant.do("olga", "step", BATCH, "label", equipment=("HC",))
    plant.do("oscar", "check", BATCH, "label")
    plant.clock.at = at(12_060 + late_min)
    plant.do(
        "olga", "fill", BATCH, 603_000,
        ("v1=283 MBq, 1000, reykjavik/1", "v2=200.2 MBq, 1000, tokyo/1"),
        ("s=119 MBq, all",), 0, 150_000, "W",
    )  # fmt: skip
    plant.do("dora", "label", BATCH)
    for n in (1, 2):
        plant.do("dora", "apply", f"{BATCH}-L{n}", f"v{n}")
    plant.do("oscar", "reconcile", BATCH)
    plant.do("lena", "test-start", f"{BATCH}/purity", "s", "DC")
    plant.do("lena", "test-start", f"{BATCH}/sterility", "s", "DC")
    plant.clock.at = at(12_240 + late_min)
    plant.do("lena", "test", f"{BATCH}/purity", "99", "raw")
    plant.do("lars", "review", f"{BATCH}/purity")
    plant.clock.at = at(12_300 + late_min)
    for deviation in plant.record.deviations.values():
        plant.do("quinn", "classify", deviation.id, 0)
    plant.do("quinn", "review-record", BATCH)
    plant.do("quinn", "release", BATCH)


def sent(plant: Plant, shipment: str, vial: str, minute: int) -> None:
    plant.clock.at = at(minute)
    plant.do("dora", "pack", shipment, f"{shipment}/1", "TA", (vial,), 5_000, 400)
    plant.do("rhea", "survey", shipment, "SM")
    plant.do("dora", "documents", shipment, ("paper",))
    plant.do("dora", "ship", shipment, "van")


def standing(plant: Plant, schedule: Schedule) -> Standing:
    now = CLOCK.minute(plant.clock.at)
    return standing_from(plant.record, schedule, CLOCK, now, HALF_LIFE_MIN)


def test_a_plan_goes_on_record_as_it_is(plant: Plant, plan: Plan) -> None:
    record, (batch,) = plant.record, plan.schedule.batches
    held = record.batch(BATCH)
    assert held.planned_vials == batch.vials
    assert CLOCK.minute(instant_from_text(held.planned_eos_at)) == batch.eos_at
    assert {o.id: o.batch for o in record.orders.values()} == {
        x.order: x.batch for x in plan.schedule.allocations
    }
    assert set(record.shipments) == {s.id for s in plan.schedule.shipments}


def test_what_was_made_as_planned_stands_as_planned(plant: Plant, plan: Plan) -> None:
    made_and_released(plant)
    found = standing(plant, plan.schedule)
    (locked,), (meant,) = found.locked, plan.schedule.batches
    assert (locked.charge_at, locked.eos_at, locked.released_at) == (
        meant.charge_at, meant.eos_at, meant.released_at,
    )  # fmt: skip
    assert locked.charge_mbq == pytest.approx(meant.charge_mbq, abs=0.01)
    assert locked.bulk_mbq == meant.bulk_mbq  # 603.0 were measured, and both vials are there
    assert found.promised == plan.schedule.allocations


def test_the_planner_plans_again_from_the_record(plant: Plant, plan: Plan) -> None:
    """Reykjavik's dose is on its way, Tokyo's is promised; a new one gets a batch of its own."""
    made_and_released(plant)
    sent(plant, TO_REYKJAVIK, "v1", 12_300)
    found = standing(plant, plan.schedule)
    assert [s.id for s in found.in_transit] == [TO_REYKJAVIK]
    another = order("reykjavik", date(2024, 1, 24), 150.0, "another")
    again = planned([*two_orders(), another], standing=found)
    assert (again.met, again.breaches) == (3, ())
    assert again.schedule.batch[BATCH] == found.locked[0]
    assert again.schedule.shipment[TO_REYKJAVIK] == found.in_transit[0]
    assert {b.slot for b in again.schedule.batches} == {BATCH, "cell@2024-01-23T06:00"}


def test_a_late_batch_stands_with_its_actual_times(plant: Plant, plan: Plan) -> None:
    made_and_released(plant, late_min=40)
    found = standing(plant, plan.schedule)
    assert found.locked[0].eos_at == plan.schedule.batches[0].eos_at + 40
    assert found.locked[0].released_at == plan.schedule.batches[0].released_at + 40
    by_order = {x.order: x.eos_mbq for x in found.promised}
    assert by_order["tokyo/1"] == pytest.approx(100 * 2 ** ((15_900 - 12_100) / 3840))


def test_a_rejected_batch_gives_its_orders_back(plant: Plant, plan: Plan) -> None:
    made_and_released(plant)
    plant.do("quinn", "recall", "suspect isotope", ("Y-1",))
    plant.clock.at += timedelta(minutes=5)
    failed = plant.copied()
    failed.do("lena", "test", f"{BATCH}/sterility", "1", "raw")
    failed.do("lars", "review", f"{BATCH}/sterility")
    failed.do("quinn", "oos", f"{BATCH}/sterility")
    found = standing(failed, plan.schedule)
    assert (found.locked, found.promised, found.failed_slots) == ((), (), (BATCH,))
    late = [order(o.site, o.wanted_on + timedelta(days=14), o.activity_mbq) for o in two_orders()]
    again = planned(late, standing=found)
    assert [b.slot for b in again.schedule.batches] == ["cell@2024-01-23T06:00"]
    assert (again.met, again.breaches) == (2, ())


def test_what_was_given_is_served(plant: Plant, plan: Plan) -> None:
    made_and_released(plant)
    sent(plant, TO_REYKJAVIK, "v1", 12_300)
    plant.clock.at = at(12_480)
    plant.do("phil", "receive", TO_REYKJAVIK)
    plant.clock.at = at(13_970)
    plant.do("phil", "assay", "v1", 200_400, "R-DC")
    plant.clock.at = at(13_980)
    plant.do("ursula", "administer", "v1", "reykjavik/1", "reykjavik", 198_000, 2_000, "W-R")
    found = standing(plant, plan.schedule)
    assert found.served == ("reykjavik/1",)
    assert [x.order for x in found.promised] == ["tokyo/1"]
    assert world().site["reykjavik"].id == "reykjavik"
