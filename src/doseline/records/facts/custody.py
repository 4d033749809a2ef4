"""Facts of custody: packages, shipments, receipt, assay, administration, return and waste."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doseline.records.facts.fact import Fact


@dataclass(frozen=True, slots=True)
class ShipmentPlanned(Fact):
    """A shipment of one batch to one consignee was planned."""

    ENTITY: ClassVar[str] = "shipment"
    shipment: str
    batch: str
    facility: str
    lane: str
    arrives_at: str
    passenger: int


@dataclass(frozen=True, slots=True)
class VialPacked(Fact):
    """A vial went into a package of a shipment."""

    ENTITY: ClassVar[str] = "vial"
    vial: str
    shipment: str
    package: str


@dataclass(frozen=True, slots=True)
class PackageMade(Fact):
    """A package: its container, the activity in it at packing, and what was measured on it.

    Dose rates in whole nSv an hour at the surface and at 1 m; wipe in tenths of Bq a cm2.
    """

    ENTITY: ClassVar[str] = "shipment"
    shipment: str
    package: str
    container: str
    activity_kbq: int
    surface_nsv_h: int
    metre_nsv_h: int
    wipe_tenths: int
    un_number: str
    category: str
    index_tenths: int
    reportable: int


@dataclass(frozen=True, slots=True)
class ShipmentSurveyed(Fact):
    """Every package of a shipment was surveyed."""

    ENTITY: ClassVar[str] = "shipment"
    shipment: str
    equipment: str


@dataclass(frozen=True, slots=True)
class ShipmentDocumented(Fact):
    """The shipping papers were made."""

    ENTITY: ClassVar[str] = "shipment"
    shipment: str
    papers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShipmentTendered(Fact):
    """A shipment was handed to the carrier."""

    ENTITY: ClassVar[str] = "shipment"
    shipment: str
    giver: str
    taker: str


@dataclass(frozen=True, slots=True)
class ShipmentDelayed(Fact):
    """A shipment was held or delayed on its way."""

    ENTITY: ClassVar[str] = "shipment"
    shipment: str
    cause: str


@dataclass(frozen=True, slots=True)
class ShipmentDelivered(Fact):
    """A shipment was handed over at the consignee."""

    ENTITY: ClassVar[str] = "shipment"
    shipment: str
    giver: str
    taker: str


@dataclass(frozen=True, slots=True)
class ShipmentChecked(Fact):
    """The packages were wiped and looked at on receipt."""

    ENTITY: ClassVar[str] = "shipment"
    shipment: str
    equipment: str
    wipe_tenths: int
    intact: int


@dataclass(frozen=True, slots=True)
class ShipmentLost(Fact):
    """A shipment was lost, destroyed or refused."""

    ENTITY: ClassVar[str] = "shipment"
    shipment: str
    cause: str


@dataclass(frozen=True, slots=True)
class VialAssayed(Fact):
    """A vial was measured at the site, beside what the book says. [kBq at that instant]"""

    ENTITY: ClassVar[str] = "vial"
    vial: str
    equipment: str
    measured_kbq: int
    book_kbq: int


@dataclass(frozen=True, slots=True)
class DoseAdministered(Fact):
    """A subject was given a dose; what stayed behind in the vial and line. [kBq at that instant]"""

    ENTITY: ClassVar[str] = "vial"
    vial: str
    order: str
    subject: str
    given_kbq: int
    left_kbq: int
    directed: int


@dataclass(frozen=True, slots=True)
class VialReturned(Fact):
    """A vial was sent back, or kept to be thrown away."""

    ENTITY: ClassVar[str] = "vial"
    vial: str
    cause: str


@dataclass(frozen=True, slots=True)
class VialRejected(Fact):
    """A vial was rejected at inspection."""

    ENTITY: ClassVar[str] = "vial"
    vial: str
    cause: str


@dataclass(frozen=True, slots=True)
class VialWasted(Fact):
    """A vial was thrown into a waste container, or written off."""

    ENTITY: ClassVar[str] = "vial"
    vial: str
    waste: str
    cause: str
