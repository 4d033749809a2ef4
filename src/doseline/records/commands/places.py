"""Commands of people, places and equipment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from doseline.errors import NotPermitted
from doseline.records.commands.framework import Asked, Sign, Word, command
from doseline.records.facts import Fact
from doseline.records.facts import people as p
from doseline.records.guards import people as who
from doseline.records.profile import profile_named
from doseline.records.state import Record

ROLES = (
    "administrator",
    "author",
    "operator",
    "analyst",
    "quality",
    "qualified-person",
    "dispatcher",
    "radiation-safety",
    "pharmacist",
    "authorised-user",
)
"""Who there is. The administrator keeps user ids and signs nothing."""


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to be registered."""

    person: Annotated[str, Word("user id, never given to anybody else")]
    name: Annotated[str, Word("name as printed beside signatures")]
    facility: Annotated[str, Word("where the person works")]
    role: Annotated[tuple[str, ...], Word("role, such as operator; may be repeated")]
    trained_until: Annotated[str, Word("the training for these roles ends then", "instant")]


@command("person", NewPerson, "administrator")
def person(record: Record, asked: NewPerson, by: Asked) -> Iterator[Fact | Sign]:
    """Register a person with roles, training and a first secret, which somebody else confirms."""
    yield p.PersonRegistered(asked.person, asked.name, asked.facility)
    yield from _roles(asked.person, asked.role, asked.trained_until)
    yield p.SecretSet(asked.person, 1)


def _roles(person: str, roles: tuple[str, ...], until_at: str) -> Iterator[Fact]:
    for role in roles:
        if role not in ROLES:
            raise NotPermitted(f'"{role}" is no role: {", ".join(ROLES)}')
        yield p.RoleGranted(person, role)
        yield p.TrainingCompleted(person, role, until_at)


@dataclass(frozen=True, slots=True)
class OfPerson:
    """A person of the record."""

    person: Annotated[str, Word("user id")]


@command("secret", OfPerson, "administrator")
def secret(record: Record, asked: OfPerson, by: Asked) -> Iterator[Fact | Sign]:
    """Set a person's secret anew; signing is locked until somebody else confirms who it is."""
    yield p.SecretSet(asked.person, record.person(asked.person).generation + 1)


@command("identify", OfPerson, "quality", "qualified-person")
def identify(record: Record, asked: OfPerson, by: Asked) -> Iterator[Fact | Sign]:
    """Confirm who holds a person's secret, after it was set or locked."""
    record.person(asked.person)
    who.somebody_else(by.by, asked.person)
    yield p.IdentityConfirmed(asked.person)


@dataclass(frozen=True, slots=True)
class Training:
    """A training."""

    person: Annotated[str, Word("user id")]
    role: Annotated[str, Word("the role it is for")]
    until: Annotated[str, Word("when it ends", "instant")]


@command("train", Training, "quality", "administrator")
def train(record: Record, asked: Training, by: Asked) -> Iterator[Fact | Sign]:
    """Record that a person was trained for a role, until a day."""
    record.person(asked.person)
    who.somebody_else(by.by, asked.person)
    yield p.TrainingCompleted(asked.person, asked.role, asked.until)


@dataclass(frozen=True, slots=True)
class LostRole:
    """A role that ends."""

    person: Annotated[str, Word("user id")]
    role: Annotated[str, Word("the role")]


@command("withdraw-role", LostRole, "administrator", "quality")
def withdraw_role(record: Record, asked: LostRole, by: Asked) -> Iterator[Fact | Sign]:
    """Take a role from a person."""
    yield p.RoleWithdrawn(asked.person, asked.role)


@dataclass(frozen=True, slots=True)
class NewFacility:
    """A plant or a site."""

    facility: Annotated[str, Word("its id")]
    name: Annotated[str, Word("its name")]
    zone: Annotated[str, Word("time zone, such as America/Toronto")]
    country: Annotated[str, Word("country, such as CA")]
    rules: Annotated[str, Word("profile of rules it is under: us-211 or eu-annex3")]


@command("facility", NewFacility, "administrator", "quality")
def facility(record: Record, asked: NewFacility, by: Asked) -> Iterator[Fact | Sign]:
    """Register a plant or a site."""
    profile_named(asked.rules)
    yield p.FacilityRegistered(asked.facility, asked.name, asked.zone, asked.country, asked.rules)


@dataclass(frozen=True, slots=True)
class NewLicence:
    """A licence of a facility."""

    facility: Annotated[str, Word("the facility")]
    licence: Annotated[str, Word("number of the licence")]
    nuclide: Annotated[str, Word("nuclide, such as I-131")]
    form: Annotated[str, Word("chemical and physical form")]
    limit: Annotated[int, Word("the most it may hold, such as 740 GBq", "activity")]
    until: Annotated[str, Word("when it ends", "instant")]
    document: Annotated[str, Word("where its copy is filed")]


@command("licence", NewLicence, "radiation-safety")
def licence(record: Record, asked: NewLicence, by: Asked) -> Iterator[Fact | Sign]:
    """Record a licence of a facility: nuclide, form, limit and end."""
    yield p.LicenceRecorded(
        asked.facility,
        asked.licence,
        asked.nuclide,
        asked.form,
        asked.limit,
        asked.until,
        asked.document,
    )


@dataclass(frozen=True, slots=True)
class SeenLicence:
    """A licence that was looked at."""

    facility: Annotated[str, Word("the consignee")]
    licence: Annotated[str, Word("number of the licence")]
    method: Annotated[str, Word("how: copy read, written certificate, licensing agency asked")]


@command("verify-licence", SeenLicence, "radiation-safety")
def verify_licence(record: Record, asked: SeenLicence, by: Asked) -> Iterator[Fact | Sign]:
    """Record that a consignee's licence was verified, and by which method."""
    yield p.LicenceVerified(asked.facility, asked.licence, asked.method)


@dataclass(frozen=True, slots=True)
class NewEquipment:
    """An instrument, a cell or a container."""

    equipment: Annotated[str, Word("its id or serial number")]
    name: Annotated[str, Word("what it is")]
    use: Annotated[str, Word("what for: cell, dose-calibrator, hplc, container, monitor")]
    facility: Annotated[str, Word("where it stands")]


@command("equipment", NewEquipment, "quality", "author")
def equipment(record: Record, asked: NewEquipment, by: Asked) -> Iterator[Fact | Sign]:
    """Register an instrument, a hot cell or a container."""
    record.facility(asked.facility)
    yield p.EquipmentRegistered(asked.equipment, asked.name, asked.use, asked.facility)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A calibration, a qualification or a certificate."""

    equipment: Annotated[str, Word("the equipment")]
    until: Annotated[str, Word("when it ends", "instant")]
    certificate: Annotated[str, Word("number of the certificate or report")]


@command("calibrate", Calibration, "quality", "author", "radiation-safety")
def calibrate(record: Record, asked: Calibration, by: Asked) -> Iterator[Fact | Sign]:
    """Record that equipment was calibrated, qualified or certified, until a day."""
    yield p.EquipmentCalibrated(asked.equipment, asked.until, asked.certificate)
