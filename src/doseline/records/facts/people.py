"""Facts of people, places and equipment: who may do what, where, and with what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doseline.records.facts.fact import Fact


@dataclass(frozen=True, slots=True)
class RecordOpened(Fact):
    """A record was begun, under a profile of rules; `demo` is 1 where it is only an example."""

    ENTITY: ClassVar[str] = "record"
    record: str
    profile: str
    demo: int


@dataclass(frozen=True, slots=True)
class PersonRegistered(Fact):
    """A person got a user id, which is never given to another."""

    ENTITY: ClassVar[str] = "person"
    person: str
    name: str
    facility: str


@dataclass(frozen=True, slots=True)
class RoleGranted(Fact):
    """A person was given a role."""

    ENTITY: ClassVar[str] = "person"
    person: str
    role: str


@dataclass(frozen=True, slots=True)
class RoleWithdrawn(Fact):
    """A person lost a role."""

    ENTITY: ClassVar[str] = "person"
    person: str
    role: str


@dataclass(frozen=True, slots=True)
class TrainingCompleted(Fact):
    """A person was trained for a role, up to a day."""

    ENTITY: ClassVar[str] = "person"
    person: str
    role: str
    until_at: str


@dataclass(frozen=True, slots=True)
class SecretSet(Fact):
    """A person's secret was set anew; signing is locked until somebody else confirms who it is."""

    ENTITY: ClassVar[str] = "person"
    person: str
    generation: int


@dataclass(frozen=True, slots=True)
class IdentityConfirmed(Fact):
    """Somebody else confirmed who holds the secret; it lifts a lock."""

    ENTITY: ClassVar[str] = "person"
    person: str


@dataclass(frozen=True, slots=True)
class SecretRefused(Fact):
    """A signature was tried with a wrong secret."""

    ENTITY: ClassVar[str] = "person"
    person: str
    wanted: str


@dataclass(frozen=True, slots=True)
class FacilityRegistered(Fact):
    """A plant or a site: where things stand, under which rules, on which clock."""

    ENTITY: ClassVar[str] = "facility"
    facility: str
    name: str
    zone: str
    country: str
    rules: str


@dataclass(frozen=True, slots=True)
class LicenceRecorded(Fact):
    """A licence of a facility: nuclide, form, the most it may hold, until when, its paper."""

    ENTITY: ClassVar[str] = "facility"
    facility: str
    licence: str
    nuclide: str
    form: str
    limit_kbq: int
    until_at: str
    document: str


@dataclass(frozen=True, slots=True)
class LicenceVerified(Fact):
    """Somebody looked at a consignee's licence, and by which method."""

    ENTITY: ClassVar[str] = "facility"
    facility: str
    licence: str
    method: str


@dataclass(frozen=True, slots=True)
class EquipmentRegistered(Fact):
    """An instrument, a cell or a container of a facility."""

    ENTITY: ClassVar[str] = "equipment"
    equipment: str
    name: str
    use: str
    facility: str


@dataclass(frozen=True, slots=True)
class EquipmentCalibrated(Fact):
    """Equipment was calibrated, qualified or certified, until a day."""

    ENTITY: ClassVar[str] = "equipment"
    equipment: str
    until_at: str
    certificate: str
