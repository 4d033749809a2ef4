"""Facts of making: master records, orders, slots, batches, their steps, vials and samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doseline.records.facts.fact import Fact


@dataclass(frozen=True, slots=True)
class Limit:
    """What is measured and where it must lie; an empty bound is none. Numbers as written."""

    name: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class MasterStep:
    """A step of a master record: `checked` is 1 where a second person checks it."""

    step: str
    text: str
    checked: int
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class MasterTest:
    """A test of a master record: its limit, and when it is due.

    `stage` is `release` or `late`; `due_min` is counted from the end of filling.
    """

    test: str
    stage: str
    low: str
    high: str
    due_min: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that was read, as written."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class MasterWritten(Fact):
    """A version of a master record was written; two people sign it before it is used."""

    ENTITY: ClassVar[str] = "master"
    master: str
    product: str
    version: int
    nuclide: str
    half_life_ms: int
    shelf_life_min: int
    yield_low_ppm: int
    yield_high_ppm: int
    steps: tuple[MasterStep, ...]
    tests: tuple[MasterTest, ...]


@dataclass(frozen=True, slots=True)
class OrderSubmitted(Fact):
    """A site asked for a dose: activity at the calibration time `use_at`."""

    ENTITY: ClassVar[str] = "order"
    order: str
    product: str
    facility: str
    subject: str
    activity_kbq: int
    use_at: str
    replaces: str


@dataclass(frozen=True, slots=True)
class OrderConfirmed(Fact):
    """An order was given a batch."""

    ENTITY: ClassVar[str] = "order"
    order: str
    batch: str


@dataclass(frozen=True, slots=True)
class OrderReleased(Fact):
    """An order lost its batch and waits for another."""

    ENTITY: ClassVar[str] = "order"
    order: str
    cause: str


@dataclass(frozen=True, slots=True)
class OrderCancelled(Fact):
    """The patient or the site cancelled."""

    ENTITY: ClassVar[str] = "order"
    order: str
    cause: str


@dataclass(frozen=True, slots=True)
class OrderMissed(Fact):
    """The dose was not given at all."""

    ENTITY: ClassVar[str] = "order"
    order: str
    cause: str


@dataclass(frozen=True, slots=True)
class SlotHeld(Fact):
    """A slot of a line was held until an instant."""

    ENTITY: ClassVar[str] = "slot"
    slot: str
    facility: str
    line: str
    starts_at: str
    until_at: str


@dataclass(frozen=True, slots=True)
class SlotBooked(Fact):
    """A held slot was booked for a batch."""

    ENTITY: ClassVar[str] = "slot"
    slot: str
    batch: str


@dataclass(frozen=True, slots=True)
class SlotLocked(Fact):
    """The cut-off of a slot has passed."""

    ENTITY: ClassVar[str] = "slot"
    slot: str


@dataclass(frozen=True, slots=True)
class SlotConsumed(Fact):
    """Labelling began in a slot."""

    ENTITY: ClassVar[str] = "slot"
    slot: str


@dataclass(frozen=True, slots=True)
class SlotVoided(Fact):
    """A slot was given up."""

    ENTITY: ClassVar[str] = "slot"
    slot: str
    cause: str


@dataclass(frozen=True, slots=True)
class BatchPlanned(Fact):
    """A batch was planned: its slot, its vials and its planned times."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    slot: str
    product: str
    facility: str
    line: str
    vials: int
    charge_at: str
    eos_at: str
    released_at: str


@dataclass(frozen=True, slots=True)
class BatchIssued(Fact):
    """A batch record was issued: a verified copy of a version of the master record."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    master: str


@dataclass(frozen=True, slots=True)
class BatchStarted(Fact):
    """The isotope was charged, or a cold batch begun."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    charge_kbq: int


@dataclass(frozen=True, slots=True)
class LotCharged(Fact):
    """Activity went from a lot into a batch: out in the lot's book, in in the batch's. [kBq]"""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    lot: str
    out_kbq: int
    in_kbq: int


@dataclass(frozen=True, slots=True)
class StepStarted(Fact):
    """A step was begun, at the instant `begun_at`; it is entered once the step is done."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    step: str
    attempt: int
    begun_at: str


@dataclass(frozen=True, slots=True)
class StepDone(Fact):
    """A step was done: with what, out of which lots, and what was read."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    step: str
    attempt: int
    equipment: tuple[str, ...]
    lots: tuple[str, ...]
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class StepChecked(Fact):
    """A second person checked a step."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    step: str
    attempt: int


@dataclass(frozen=True, slots=True)
class StepVoided(Fact):
    """An attempt at a step was voided; the step is done again."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    step: str
    attempt: int
    cause: str


@dataclass(frozen=True, slots=True)
class BatchFilled(Fact):
    """The last vial is closed (EOS): the bulk that was measured, and the yield found."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    bulk_kbq: int
    vials: int
    yield_ppm: int
    expires_at: str


@dataclass(frozen=True, slots=True)
class VialDispensed(Fact):
    """A vial was filled for an order (or none: spare); activity as measured at the fill."""

    ENTITY: ClassVar[str] = "vial"
    vial: str
    batch: str
    order: str
    measured_kbq: int
    volume_ul: int


@dataclass(frozen=True, slots=True)
class VialAllocated(Fact):
    """A spare vial was given to an order of its batch; it is labelled anew."""

    ENTITY: ClassVar[str] = "vial"
    vial: str
    order: str


@dataclass(frozen=True, slots=True)
class SampleTaken(Fact):
    """A sample was drawn for tests or for retention; activity as measured."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    sample: str
    use: str
    measured_kbq: int


@dataclass(frozen=True, slots=True)
class BatchCancelled(Fact):
    """A batch was given up before labelling started."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    cause: str
