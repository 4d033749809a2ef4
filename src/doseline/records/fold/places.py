"""What facts of people, places and equipment make of the record."""

from __future__ import annotations

from dataclasses import replace

from doseline.errors import LifeError
from doseline.records.facts import people as f
from doseline.records.fold.taking import takes
from doseline.records.state import Record, Said
from doseline.records.things import Equipment, Facility, Licence, Person


@takes(f.RecordOpened)
def _opened(record: Record, fact: f.RecordOpened, said: Said) -> None:
    if record.name:
        raise LifeError(f"The record was opened already, as {record.name}.")
    for name, value in (
        ("name", fact.record),
        ("profile", fact.profile),
        ("demo", bool(fact.demo)),
    ):
        object.__setattr__(record, name, value)


@takes(f.PersonRegistered)
def _registered(record: Record, fact: f.PersonRegistered, said: Said) -> None:
    if fact.person in record.people:
        raise LifeError(f"User id {fact.person} was given already and is never given again.")
    record.people[fact.person] = Person(fact.person, fact.name, fact.facility)


@takes(f.RoleGranted)
def _granted(record: Record, fact: f.RoleGranted, said: Said) -> None:
    person = record.person(fact.person)
    roles = tuple(sorted({*person.roles, fact.role}))
    record.people[fact.person] = replace(person, roles=roles)


@takes(f.RoleWithdrawn)
def _withdrawn(record: Record, fact: f.RoleWithdrawn, said: Said) -> None:
    person = record.person(fact.person)
    roles = tuple(role for role in person.roles if role != fact.role)
    record.people[fact.person] = replace(person, roles=roles)


@takes(f.TrainingCompleted)
def _trained(record: Record, fact: f.TrainingCompleted, said: Said) -> None:
    person = record.person(fact.person)
    last = max(fact.until_at, person.trained_until.get(fact.role, ""))
    until = {**person.trained_until, fact.role: last}
    record.people[fact.person] = replace(person, trained_until=until)


@takes(f.SecretSet)
def _secret(record: Record, fact: f.SecretSet, said: Said) -> None:
    person = record.person(fact.person)
    if fact.generation != person.generation + 1:
        raise LifeError(f"The secret of {fact.person} is of generation {person.generation}.")
    changed = replace(person, generation=fact.generation, confirmed=False, refused=0)
    record.people[fact.person] = changed


@takes(f.IdentityConfirmed)
def _confirmed(record: Record, fact: f.IdentityConfirmed, said: Said) -> None:
    person = record.person(fact.person)
    record.people[fact.person] = replace(person, confirmed=True, refused=0)


@takes(f.SecretRefused)
def _refused(record: Record, fact: f.SecretRefused, said: Said) -> None:
    person = record.person(fact.person)
    record.people[fact.person] = replace(person, refused=person.refused + 1)


@takes(f.FacilityRegistered)
def _facility(record: Record, fact: f.FacilityRegistered, said: Said) -> None:
    if fact.facility in record.facilities:
        raise LifeError(f"Facility {fact.facility} is in the record already.")
    record.facilities[fact.facility] = Facility(
        fact.facility, fact.name, fact.zone, fact.country, fact.rules
    )


@takes(f.LicenceRecorded)
def _licence(record: Record, fact: f.LicenceRecorded, said: Said) -> None:
    facility = record.facility(fact.facility)
    licence = Licence(
        fact.licence, fact.nuclide, fact.form, fact.limit_kbq, fact.until_at, fact.document
    )
    licences = {**facility.licences, fact.licence: licence}
    record.facilities[fact.facility] = replace(facility, licences=licences)


@takes(f.LicenceVerified)
def _verified(record: Record, fact: f.LicenceVerified, said: Said) -> None:
    facility = record.facility(fact.facility)
    held = facility.licences.get(fact.licence)
    if held is None:
        raise LifeError(f"Facility {fact.facility} has no licence {fact.licence}.")
    seen = replace(
        held,
        verified_by=said.by,
        verified_at=said.at,
        first_verified_at=held.first_verified_at or said.at,
        method=fact.method,
    )
    licences = {**facility.licences, fact.licence: seen}
    record.facilities[fact.facility] = replace(facility, licences=licences)


@takes(f.EquipmentRegistered)
def _equipment(record: Record, fact: f.EquipmentRegistered, said: Said) -> None:
    if fact.equipment in record.equipment:
        raise LifeError(f"Equipment {fact.equipment} is in the record already.")
    record.equipment[fact.equipment] = Equipment(fact.equipment, fact.name, fact.use, fact.facility)


@takes(f.EquipmentCalibrated)
def _calibrated(record: Record, fact: f.EquipmentCalibrated, said: Said) -> None:
    tool = record.tool(fact.equipment)
    record.equipment[fact.equipment] = replace(
        tool, calibrated_at=said.at, until_at=fact.until_at, certificate=fact.certificate
    )
