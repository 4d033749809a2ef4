"""Facts of quality: signatures, corrections, deviations and recalls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doseline.records.facts.fact import Fact


@dataclass(frozen=True, slots=True)
class Signed(Fact):
    """A person signed a record: with which meaning, and over which content of it.

    `digest` is the hash of the record as it was signed; name and role are those at signing.
    """

    ENTITY: ClassVar[str] = "signature"
    record: str
    meaning: str
    person: str
    name: str
    role: str
    digest: str


@dataclass(frozen=True, slots=True)
class SignatureVoided(Fact):
    """A signature lost its force, because what it was given for has changed."""

    ENTITY: ClassVar[str] = "signature"
    record: str
    number: int
    cause: str


@dataclass(frozen=True, slots=True)
class RecordCorrected(Fact):
    """What an earlier entry says was wrong: a field, what it said, what is right."""

    ENTITY: ClassVar[str] = "batch"
    batch: str
    part: str
    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class DeviationOpened(Fact):
    """Something was not as written; `automatic` is 1 where a limit opened it."""

    ENTITY: ClassVar[str] = "deviation"
    deviation: str
    about: str
    what: str
    automatic: int


@dataclass(frozen=True, slots=True)
class DeviationClassified(Fact):
    """A deviation was weighed; `blocking` is 1 where nothing is released before it is closed."""

    ENTITY: ClassVar[str] = "deviation"
    deviation: str
    blocking: int


@dataclass(frozen=True, slots=True)
class DeviationInvestigated(Fact):
    """The cause of a deviation, and what else it touches."""

    ENTITY: ClassVar[str] = "deviation"
    deviation: str
    finding: str
    batches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActionAgreed(Fact):
    """A corrective or preventive action was agreed, with its day."""

    ENTITY: ClassVar[str] = "deviation"
    deviation: str
    action: str
    due_at: str


@dataclass(frozen=True, slots=True)
class DeviationClosed(Fact):
    """The quality unit closed a deviation."""

    ENTITY: ClassVar[str] = "deviation"
    deviation: str


@dataclass(frozen=True, slots=True)
class RecallOpened(Fact):
    """A recall began, with the frozen list of what it reaches and who is told."""

    ENTITY: ClassVar[str] = "recall"
    recall: str
    cause: str
    automatic: int
    batches: tuple[str, ...]
    vials: tuple[str, ...]
    consignees: tuple[str, ...]
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecallNotified(Fact):
    """A consignee was told, and how."""

    ENTITY: ClassVar[str] = "recall"
    recall: str
    consignee: str
    method: str


@dataclass(frozen=True, slots=True)
class RecallAcknowledged(Fact):
    """A consignee answered; its subjects' physicians are told."""

    ENTITY: ClassVar[str] = "recall"
    recall: str
    consignee: str
    answer: str


@dataclass(frozen=True, slots=True)
class RecallReconciled(Fact):
    """Every vial of the list was accounted for."""

    ENTITY: ClassVar[str] = "recall"
    recall: str
    administered: int
    wasted: int
    lost: int


@dataclass(frozen=True, slots=True)
class RecallClosed(Fact):
    """The quality unit closed a recall."""

    ENTITY: ClassVar[str] = "recall"
    recall: str
