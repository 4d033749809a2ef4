"""Facts of labels, tests and disposition: what stands between a filled batch and its release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doseline.records.facts.fact import Fact


@dataclass(frozen=True, slots=True)
class LabelIssued(Fact):
    """A label was printed for a vial; `content` is what its code says."""

    ENTITY: ClassVar[str] = "label"
    label: str
    batch: str
    vial: str
    content: str


@dataclass(frozen=True, slots=True)
class LabelApplied(Fact):
    """A label was put on its vial."""

    ENTITY: ClassVar[str] = "label"
    label: str
    vial: str


@dataclass(frozen=True, slots=True)
class LabelDestroyed(Fact):
    """A label was destroyed."""

    ENTITY: ClassVar[str] = "label"
    label: str
    cause: str


@dataclass(frozen=True, slots=True)
class LabelKept(Fact):
    """A label was put into the batch record as the specimen."""

    ENTITY: ClassVar[str] = "label"
    label: str


@dataclass(frozen=True, slots=True)
class LabelsReconciled(Fact):
    """Every label of a batch was accounted for."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    issued: int
    applied: int
    destroyed: int
    kept: int


@dataclass(frozen=True, slots=True)
class TestOrdered(Fact):
    """A test of the master record is owed by an instant."""

    __test__: ClassVar[bool] = False
    ENTITY: ClassVar[str] = "test"
    test: str
    batch: str
    name: str
    stage: str
    low: str
    high: str
    due_at: str
    repeats: str


@dataclass(frozen=True, slots=True)
class TestStarted(Fact):
    """A test was begun on a sample."""

    __test__: ClassVar[bool] = False
    ENTITY: ClassVar[str] = "test"
    test: str
    sample: str
    equipment: str


@dataclass(frozen=True, slots=True)
class ResultEntered(Fact):
    """A result was entered, with where the raw data lie; `inside` is 1 within the limit."""

    ENTITY: ClassVar[str] = "test"
    test: str
    value: str
    raw: str
    inside: int


@dataclass(frozen=True, slots=True)
class ResultReviewed(Fact):
    """A second person reviewed a result: it passes, or it is out of specification."""

    ENTITY: ClassVar[str] = "test"
    test: str


@dataclass(frozen=True, slots=True)
class OosInvalidated(Fact):
    """A laboratory cause was found; the result is invalid and a copy of the test is owed."""

    ENTITY: ClassVar[str] = "test"
    test: str
    cause: str


@dataclass(frozen=True, slots=True)
class OosConfirmed(Fact):
    """No laboratory cause was found; the result stands and the test has failed."""

    ENTITY: ClassVar[str] = "test"
    test: str


@dataclass(frozen=True, slots=True)
class TestingStarted(Fact):
    """The tests of a filled batch have begun."""

    __test__: ClassVar[bool] = False
    ENTITY: ClassVar[str] = "batch"
    batch: str


@dataclass(frozen=True, slots=True)
class TestingPassed(Fact):
    """Every test before release has passed."""

    __test__: ClassVar[bool] = False
    ENTITY: ClassVar[str] = "batch"
    batch: str


@dataclass(frozen=True, slots=True)
class RecordReviewed(Fact):
    """The quality unit reviewed the batch record and its audit trail."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    entries: int
    late: int
    voided: int


@dataclass(frozen=True, slots=True)
class BatchReleased(Fact):
    """A batch was released: `conditional` is 1 before its late tests have ended."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    conditional: int


@dataclass(frozen=True, slots=True)
class BatchCertified(Fact):
    """A Qualified Person certified a batch for a market; the signature is its register entry."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    rules: str


@dataclass(frozen=True, slots=True)
class BatchConfirmed(Fact):
    """The late tests passed; the release is final."""

    ENTITY: ClassVar[str] = "batch"
    batch: str


@dataclass(frozen=True, slots=True)
class BatchRejected(Fact):
    """The quality unit rejected a batch."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    cause: str


@dataclass(frozen=True, slots=True)
class BatchFailedLate(Fact):
    """A late test failed after the conditional release."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    test: str


@dataclass(frozen=True, slots=True)
class BatchHeld(Fact):
    """A batch was put on hold, in whatever state it stood."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    cause: str


@dataclass(frozen=True, slots=True)
class BatchResumed(Fact):
    """The quality unit lifted a hold."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
