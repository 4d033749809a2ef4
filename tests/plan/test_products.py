"""Several products on one line, and a product without decay."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from doseline.calendars import WeekTime
from doseline.operations.orders import DoseOrder, OrderMix
from doseline.plan import headroom
from doseline.programme import Programme
from doseline.programme.manufacturer import Availability, SlotRule
from doseline.programme.product import Step
from tests.hand_world import order, world
from tests.plan.variants import FROM, UNTIL, at_reykjavik, planned, reason, with_line, with_plant


def two_products(changeover_min: int = 0, **line: object) -> Programme:
    """The cell also makes a cold product, in an hour."""
    base = world()
    cold = replace(
        base.products[0],
        id="cold",
        payload="paclitaxel",
        nuclide=None,
        half_life_min=None,
        recipe=(Step("mix", "make", 60), Step("qc", "qc", 60)),
    )
    makes = (*base.manufacturers[0].makes, Availability("cold", date(2024, 1, 1)))
    changed = with_line(
        with_plant(base, makes=makes, batches_per_day=2, qc_releases_per_day=2),
        products=("dose", "cold"),
        changeover_min=changeover_min,
        **line,
    )
    return replace(changed, products=(*base.products, cold))


def a_cold(name: str = "cold", units: int = 2) -> DoseOrder:
    asked = order("reykjavik", date(2024, 1, 10), 0.0, name)
    return replace(asked, product="cold", units=units)


def test_a_cold_product_needs_no_isotope() -> None:
    found = planned([a_cold()], two_products())
    batch = found.schedule.batches[0]
    assert (batch.vials, batch.source, batch.isotope_lots, batch.bulk_mbq) == (2, None, 0, 0.0)
    assert found.objective_cents == found.bound_cents == 1_000_000 + 30_000
    assert found.breaches == ()


def test_more_units_than_a_batch_holds_cannot_be_served() -> None:
    found = planned([a_cold(units=3)], two_products())
    assert reason(found, "cold") == "batch cell@2024-01-09T06:00/cold is full: no vial is left"


def test_a_slot_makes_one_product() -> None:
    found = planned([*at_reykjavik("a"), a_cold()], two_products())
    assert (found.met, found.breaches) == (1, ())
    assert "line cell is held by another batch" in found.unmet[0].reason


@pytest.mark.parametrize(("changeover_min", "met"), [(0, 2), (120, 2), (121, 1)])
def test_a_changeover_follows_another_product(changeover_min: int, met: int) -> None:
    """Full batch of doses: EOS 09:00 and an hour of turnaround; the next slot is at 12:00."""
    slots = (
        SlotRule(WeekTime(1, time(6)), products=("dose",)),
        SlotRule(WeekTime(1, time(12)), products=("cold",)),
    )
    program = two_products(changeover_min, slots=slots, turnaround_min=60)
    found = planned([*at_reykjavik("a"), a_cold()], program)
    assert (found.met, found.breaches) == (met, ())


def test_products_share_the_slots_of_the_headroom() -> None:
    """Three slots: two of one product and one of the other, or a share of each."""
    mix = [
        OrderMix("dose", "trial", "reykjavik", 2, 10.0, 2.0, FROM, UNTIL),
        OrderMix("cold", "trial", "reykjavik", 2, 0.0, 1.0, FROM, UNTIL),
    ]
    found = headroom(two_products(), mix, from_on=FROM, until_on=UNTIL)
    assert found.multiple == pytest.approx(2.0)
    assert found.slots == 3
