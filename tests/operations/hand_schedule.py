"""The schedule of the world known by heart, from the hand calculation in its file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from doseline.operations.schedule import Allocation, Batch, Schedule, Shipment

START = datetime(2024, 1, 1, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0) -> int:
    """A minute of January 2024 by UTC, as the programme counts it."""
    return (datetime(2024, 1, day, hour, minute, tzinfo=UTC) - START).days * 1440 + (
        hour * 60 + minute
    )


BATCH = Batch(
    id="B1",
    slot="cell@2024-01-09T06:00",
    manufacturer="plant",
    line="cell",
    product="dose",
    vials=2,
    charge_at=at(9, 6),
    eos_at=at(9, 9),
    released_at=at(9, 13),
    packed_at=at(9, 9, 30),
    source="reactor",
    isotope_at=at(8, 14),
    isotope_lots=10,
    isotope_mbq=1000.0,
    charge_mbq=603.5533906 / 0.8 * 2 ** (3 / 64),
    bulk_mbq=(200 * 2**0.5 + 100 * 2) / 0.8,
)
VAN = Shipment("S1", "B1", "van", "reykjavik", at(9, 13), at(9, 16), 1)
FLIGHT = Shipment("S2", "B1", "flight", "tokyo", at(9, 18), at(10, 21), 1)
NORTH = Allocation("reykjavik/1", "B1", "S1", at(10, 17), 200 * 2**0.5)
EAST = Allocation("tokyo/1", "B1", "S2", at(12, 1), 200.0)

SCHEDULE = Schedule(None, (BATCH,), (NORTH, EAST), (VAN, FLIGHT))


def with_batch(**changes: Any) -> Schedule:
    """The schedule with its batch changed."""
    return replace(SCHEDULE, batches=(replace(BATCH, **changes),))


def with_van(**changes: Any) -> Schedule:
    """The schedule with the shipment to Reykjavik changed."""
    return replace(SCHEDULE, shipments=(replace(VAN, **changes), FLIGHT))


def with_flight(**changes: Any) -> Schedule:
    """The schedule with the shipment to Tokyo changed."""
    return replace(SCHEDULE, shipments=(VAN, replace(FLIGHT, **changes)))


def with_north(**changes: Any) -> Schedule:
    """The schedule with the dose for Reykjavik changed."""
    return replace(SCHEDULE, allocations=(replace(NORTH, **changes), EAST))


def with_second(**changes: Any) -> Schedule:
    """The schedule with a second batch a week later for nobody but spare, changed."""
    week = 7 * 1440
    later = replace(
        BATCH,
        id="B2",
        slot="cell@2024-01-16T06:00",
        charge_at=BATCH.charge_at + week,
        eos_at=BATCH.eos_at + week,
        released_at=BATCH.released_at + week,
        packed_at=BATCH.packed_at + week,
        isotope_at=(BATCH.isotope_at or 0) + week,
    )
    return replace(SCHEDULE, batches=(BATCH, replace(later, **changes)))
