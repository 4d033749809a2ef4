"""What papers are made of: plain frozen records, handed in; a paper reads nothing else.

Instants have a time zone, activities are whole kBq at the instant named beside them, numbers that a
person read off an instrument stay the text that was written. `""` and `()` mean that there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from doseline.records.transport import Container, Package

__all__ = [
    "Account",
    "BatchSheet",
    "Deviation",
    "Equipment",
    "Labels",
    "Material",
    "Place",
    "Product",
    "Reading",
    "Review",
    "Seal",
    "Shipment",
    "Signature",
    "Step",
    "Test",
    "Vial",
]


@dataclass(frozen=True, slots=True)
class Seal:
    """Where the record stands in its ledger, and the checkpoint that holds it there.

    `record_hash` is over the whole record of the batch; `checkpoint` is the signed note, as text.
    `demo` is true for a record that is only an example: every page then says so.
    """

    record_hash: str
    ledger: str
    size: int
    root: str
    checkpoint: str
    demo: bool
    particulars: str = ""
    """Hash of the particulars, which say what the record does not: names, addresses, methods."""


@dataclass(frozen=True, slots=True)
class Place:
    """A plant or a site: name, address, time zone, and the licence it acts under."""

    name: str
    address: str
    zone: str
    licence: str = ""
    licence_until_on: date | None = None
    licence_verified: str = ""
    """Who verified a consignee's licence, when and how."""


@dataclass(frozen=True, slots=True)
class Product:
    """What is made: names, nuclide with its pinned half-life, and what labels must say. [min]"""

    name: str
    substance: str
    nuclide: str
    half_life_min: float
    half_life: str
    gtin: str
    dosage_form: str
    route: str
    storage: str
    sponsor: str
    authorisation: str
    """The trial (protocol, EU number) or the marketing authorisation under which it is used."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """A lot that went in: isotope, precursor or consumable."""

    name: str
    lot: str
    supplier: str
    amount: str
    status: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Equipment:
    """An instrument or a cell, and until when it is calibrated or qualified."""

    id: str
    name: str
    certificate: str
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that was read, with its limit as written; `inside` is None where there is none."""

    name: str
    value: str
    limit: str = ""
    inside: bool | None = None
    corrected: str = ""
    """What was entered first, and who corrected it when and why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One attempt at a step: what, when, who did it, who checked it, with what, what was read."""

    name: str
    text: str
    attempt: int
    started_at: datetime
    done_at: datetime | None
    performer: str
    checker: str
    equipment: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    voided: str = ""
    """Why the attempt was voided."""


@dataclass(frozen=True, slots=True)
class Account:
    """What stands in an account of the batch's book, at the book's reference time. [kBq]"""

    name: str
    kbq: int


@dataclass(frozen=True, slots=True)
class Vial:
    """A vial: what it is labelled with at its calibration time, for whom, until when. [kBq, µL]"""

    id: str
    activity_kbq: int
    calibrated_at: datetime
    zone: str
    """Of the place where it is used."""
    volume_ul: int
    measured_kbq: int
    """As measured at the filling, with what stays behind in the vial."""
    filled_at: datetime
    expires_at: datetime
    state: str
    label_hash: str
    """SHA-256 of what the record says that its label says."""
    order: str = ""
    subject: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Test:
    """A test: it passes, fails, is invalid, or is awaited while `outcome` is empty."""

    __test__ = False

    name: str
    method: str
    limit: str
    result: str
    outcome: str
    stage: str
    tester: str
    reviewer: str
    ended_at: datetime | None
    due_at: datetime | None = None
    raw: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something that was not as written, and what was made of it."""

    id: str
    what: str
    weight: str
    finding: str
    state: str


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of a batch: issued = applied + destroyed + kept, or the batch is not released."""

    issued: int
    applied: int
    destroyed: int
    kept: int


@dataclass(frozen=True, slots=True)
class Review:
    """The review of the audit trail: how many entries, how many late, how many voided."""

    entries: int
    late: int
    voided: int
    reviewer: str


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature: printed name and role as of signing, meaning, instant, and what it covers."""

    name: str
    role: str
    about: str
    """What was signed: `batch`, a step, a test."""
    meaning: str
    signed_at: datetime
    digest: str
    voided: str = ""


@dataclass(frozen=True, slots=True)
class Shipment:
    """A shipment of vials to one consignee, as surveyed and tendered."""

    id: str
    consignee: Place
    vials: tuple[str, ...]
    contents: Package
    container: Container
    gross_mass: str
    dimensions: str
    packed_at: datetime
    """When its activity holds."""
    chemical_form: str
    carrier: str
    air_waybill: str
    passenger_aircraft: bool
    emergency_phone: str
    wipe: str
    survey_meter: str
    shipper: str
    """Printed name and role of who signs the shipper's certification."""
    package: str = "1 of 1"


@dataclass(frozen=True, slots=True)
class BatchSheet:
    """The whole of one batch record, as papers print it.

    `state` is the batch's state in words, `reference_at` the book's reference time, `yield_ppm` the
    yield corrected for decay, with its limits; `certified_for` names the markets that a Qualified
    Person certified it for. [kBq, ppm]
    """

    id: str
    product: Product
    plant: Place
    line: str
    master: str
    state: str
    planned_vials: int
    started_at: datetime
    filled_at: datetime
    expires_at: datetime
    reference_at: datetime
    bulk_kbq: int
    yield_ppm: int
    yield_low_ppm: int
    yield_high_ppm: int
    seal: Seal
    conditional: bool = False
    rejected: bool = False
    certified_for: tuple[str, ...] = ()
    import_plant: Place | None = None
    """Where a batch from outside the market was assessed and certified on import."""
    released_at: datetime | None = None
    materials: tuple[Material, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    steps: tuple[Step, ...] = ()
    accounts: tuple[Account, ...] = ()
    vials: tuple[Vial, ...] = ()
    tests: tuple[Test, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    labels: Labels | None = None
    review: Review | None = None
    signatures: tuple[Signature, ...] = ()
    shipments: tuple[Shipment, ...] = ()
