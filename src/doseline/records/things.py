"""The things of the batch record, as the facts leave them: frozen records of plain values.

Instants are texts of the record (UTC); activities are whole kBq at the reference time of the
book that they stand in, or at the instant of measurement where a name says `measured`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from doseline.records.facts.making import MasterStep, MasterTest, Reading
from doseline.records.machines import (
    BatchState,
    DeviationState,
    LabelState,
    LotState,
    OrderState,
    RecallState,
    ShipmentState,
    SlotState,
    StepState,
    TestState,
    VialState,
    WasteState,
)

__all__ = [
    "Batch",
    "Book",
    "Deviation",
    "Equipment",
    "Facility",
    "Label",
    "Licence",
    "Lot",
    "Master",
    "Order",
    "Package",
    "Person",
    "Recall",
    "Sample",
    "Shipment",
    "Signature",
    "Slot",
    "Step",
    "Test",
    "Vial",
    "Waste",
]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a user id: roles, training by role, and the state of the secret."""

    id: str
    name: str
    facility: str
    roles: tuple[str, ...] = ()
    trained_until: Mapping[str, str] = field(default_factory=dict)
    generation: int = 0
    confirmed: bool = False
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Licence:
    """What a facility may hold, until when; who verified it last, when, and how."""

    id: str
    nuclide: str
    form: str
    limit_kbq: int
    until_at: str
    document: str
    verified_by: str = ""
    verified_at: str = ""
    first_verified_at: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class Facility:
    """A plant or a site."""

    id: str
    name: str
    zone: str
    country: str
    rules: str
    licences: Mapping[str, Licence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Equipment:
    """An instrument, a cell or a container, and until when it is calibrated or certified."""

    id: str
    name: str
    use: str
    facility: str
    calibrated_at: str = ""
    until_at: str = ""
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot of isotope, precursor or consumables."""

    id: str
    state: LotState
    material: str
    supplier: str
    facility: str
    nuclide: str
    form: str
    ordered_kbq: int
    reference_at: str
    half_life_ms: int
    due_at: str
    expires_at: str
    parents: tuple[str, ...] = ()
    received_at: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """The double-entry book of one lot or batch: balances in kBq at its one reference time."""

    id: str
    nuclide: str
    reference_at: str
    half_life_ms: int
    facility: str
    balances: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Master:
    """A version of a master record."""

    id: str
    product: str
    version: int
    nuclide: str
    half_life_ms: int
    shelf_life_min: int
    yield_low_ppm: int
    yield_high_ppm: int
    steps: tuple[MasterStep, ...]
    tests: tuple[MasterTest, ...]

    def step(self, name: str) -> MasterStep | None:
        """The step of that name, or None."""
        return next((step for step in self.steps if step.step == name), None)


@dataclass(frozen=True, slots=True)
class Order:
    """A dose order: activity at its calibration time `use_at`. [kBq]"""

    id: str
    state: OrderState
    product: str
    facility: str
    subject: str
    activity_kbq: int
    use_at: str
    replaces: str = ""
    batch: str = ""
    vial: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot of a line."""

    id: str
    state: SlotState
    facility: str
    line: str
    starts_at: str
    until_at: str
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """An attempt at a step of a batch: by whom, with what, and what was read."""

    step: str
    attempt: int
    state: StepState
    started_at: str
    done_at: str = ""
    performer: str = ""
    checker: str = ""
    equipment: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn for tests or for retention."""

    id: str
    use: str
    measured_kbq: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch and its record."""

    id: str
    state: BatchState
    slot: str
    product: str
    facility: str
    line: str
    planned_vials: int
    planned_charge_at: str
    planned_eos_at: str
    planned_released_at: str
    master: str = ""
    on_hold: str = ""
    started_at: str = ""
    filled_at: str = ""
    released_at: str = ""
    expires_at: str = ""
    charge_kbq: int = 0
    bulk_kbq: int = 0
    yield_ppm: int = 0
    lots: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    steps: Mapping[str, Step] = field(default_factory=dict)
    """The latest attempt at each step."""
    voided_steps: tuple[Step, ...] = ()
    vials: tuple[str, ...] = ()
    samples: Mapping[str, Sample] = field(default_factory=dict)
    tests: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    shipments: tuple[str, ...] = ()
    performers: tuple[str, ...] = ()
    """Everybody who did, filled or tested something of it."""
    labels_reconciled: bool = False
    certified_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vial:
    """A vial: where it is, for whom, and what it holds."""

    id: str
    state: VialState
    batch: str
    order: str
    measured_kbq: int
    volume_ul: int
    where: str
    recalled: str = ""
    shipment: str = ""
    package: str = ""
    subject: str = ""
    assayed_kbq: int = 0
    assayed_at: str = ""
    given_kbq: int = 0
    given_at: str = ""
    directed: bool = False
    waste: str = ""
    custody: tuple[str, ...] = ()
    """Who held it, in order, from the plant on."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label and what its code says."""

    id: str
    state: LabelState
    batch: str
    vial: str
    content: str
    applied_to: str = ""


@dataclass(frozen=True, slots=True)
class Test:
    """A test that a batch owes, with its result."""

    __test__ = False

    id: str
    state: TestState
    batch: str
    name: str
    stage: str
    low: str
    high: str
    due_at: str
    repeats: str = ""
    sample: str = ""
    started_at: str = ""
    value: str = ""
    raw: str = ""
    inside: bool = False
    tester: str = ""
    reviewer: str = ""
    ended_at: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """A package of a shipment, as it was measured and classified."""

    id: str
    shipment: str
    container: str
    activity_kbq: int
    surface_nsv_h: int
    metre_nsv_h: int
    wipe_tenths: int
    un_number: str
    category: str
    index_tenths: int
    reportable: bool


@dataclass(frozen=True, slots=True)
class Shipment:
    """A shipment of one batch to one consignee."""

    id: str
    state: ShipmentState
    batch: str
    facility: str
    lane: str
    arrives_at: str
    passenger: bool
    packages: tuple[str, ...] = ()
    vials: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    tendered_at: str = ""
    delivered_at: str = ""
    checked_at: str = ""
    carrier: str = ""


@dataclass(frozen=True, slots=True)
class Waste:
    """A waste container."""

    id: str
    state: WasteState
    facility: str
    nuclide: str


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something that was not as written."""

    id: str
    state: DeviationState
    about: str
    what: str
    automatic: bool
    opened_at: str
    blocking: bool = True
    """Until it is classified, a deviation blocks."""
    finding: str = ""
    actions: tuple[str, ...] = ()
    batches: tuple[str, ...] = ()
    opened_by: str = ""


@dataclass(frozen=True, slots=True)
class Recall:
    """A recall, with its frozen list."""

    id: str
    state: RecallState
    cause: str
    automatic: bool
    opened_at: str
    batches: tuple[str, ...]
    vials: tuple[str, ...]
    consignees: tuple[str, ...]
    subjects: tuple[str, ...]
    notified: tuple[str, ...] = ()
    acknowledged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature: who, as what, with which meaning, over which content, when."""

    record: str
    number: int
    meaning: str
    person: str
    name: str
    role: str
    digest: str
    signed_at: str
    voided: str = ""
