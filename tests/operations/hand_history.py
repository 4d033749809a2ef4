"""The history of the world known by heart when all goes well, with its book of activity."""

from __future__ import annotations

from doseline.operations.events import (
    ActivityMoved,
    BatchCertified,
    BatchFilled,
    BatchLocked,
    BatchPlanned,
    BatchReleased,
    DoseAdministered,
    Event,
    IsotopeOrdered,
    IsotopeReceived,
    LabellingStarted,
    OrderPlaced,
    OrderPromised,
    QcPassed,
    ShipmentDispatched,
    ShipmentHeld,
    ShipmentReceived,
    VialFilled,
    VialPacked,
    VialUsed,
)
from tests.operations.hand_schedule import at

HALF_LIFE = {"dose": 64 * 60.0}
ISOTOPE = 1_000_000
CHARGE = 779_357
BULK = 603_553
NORTH, EAST = 282_843, 200_000
AT_CHARGE = round(ISOTOPE * 2 ** (-16 / 64))
AT_EOS = round(CHARGE * 2 ** (-3 / 64))


def moved(minute: int, source: str, to: str, kbq: int) -> ActivityMoved:
    return ActivityMoved(minute, "B1", source, to, kbq)


def good_history() -> list[Event]:
    """Two orders, one batch, two vials, two shipments, to the end."""
    return [
        OrderPlaced(0, "north", "2024-01-10", 200_000),
        OrderPlaced(0, "east", "2024-01-12", 100_000),
        BatchPlanned(1, "B1", "cell@2024-01-09T06:00", "dose"),
        OrderPromised(1, "north", "B1", at(10, 17)),
        OrderPromised(1, "east", "B1", at(12, 1)),
        BatchLocked(at(1, 14), "B1", 2),
        IsotopeOrdered(at(1, 14), "B1", "reactor", ISOTOPE),
        IsotopeReceived(at(8, 14), "B1", "reactor", ISOTOPE),
        moved(at(8, 14), "source", "plant:B1", ISOTOPE),
        LabellingStarted(at(9, 6), "B1", CHARGE),
        moved(at(9, 6), "plant:B1", "decayed", ISOTOPE - AT_CHARGE),
        moved(at(9, 6), "plant:B1", "bulk:B1", CHARGE),
        moved(at(9, 6), "plant:B1", "waste", AT_CHARGE - CHARGE),
        BatchFilled(at(9, 9), "B1", BULK, 2),
        moved(at(9, 9), "bulk:B1", "decayed", CHARGE - AT_EOS),
        VialFilled(at(9, 9), "V1", "B1", "north", NORTH),
        VialFilled(at(9, 9), "V2", "B1", "east", EAST),
        moved(at(9, 9), "bulk:B1", "vial:V1", NORTH),
        moved(at(9, 9), "bulk:B1", "vial:V2", EAST),
        moved(at(9, 9), "bulk:B1", "waste", AT_EOS - NORTH - EAST),
        QcPassed(at(9, 12), "B1"),
        BatchReleased(at(9, 13), "B1"),
        VialPacked(at(9, 13), "V1", "S1"),
        VialPacked(at(9, 13), "V2", "S2"),
        ShipmentDispatched(at(9, 13), "S1", "B1", "van", "reykjavik"),
        ShipmentReceived(at(9, 16), "S1"),
        ShipmentDispatched(at(9, 18), "S2", "B1", "flight", "tokyo"),
        ShipmentHeld(at(10, 2), "S2", "customs", 60),
        ShipmentReceived(at(10, 21), "S2"),
        *used(at(10, 17), "V1", "north", NORTH, 200_000),
        *used(at(12, 1), "V2", "east", EAST, 100_000),
        BatchCertified(at(23, 12), "B1"),
    ]


def used(minute: int, vial: str, order: str, filled: int, given: int) -> list[Event]:
    """A vial given to its patient, with nothing left behind."""
    return [
        VialUsed(minute, vial, given, 0),
        moved(minute, f"vial:{vial}", "decayed", filled - given),
        moved(minute, f"vial:{vial}", "patient", given),
        DoseAdministered(minute, order, vial, given, True, True),
    ]


def in_order(events: list[Event]) -> list[Event]:
    """The events in order of time; those of one minute as they stand."""
    return sorted(events, key=lambda event: event.at)
