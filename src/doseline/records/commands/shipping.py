"""Commands of the road: shipments are planned, packed, surveyed, papered, tendered, received."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from doseline.records.activity import kbq_at, minutes_between, moved
from doseline.records.automatic import opened
from doseline.records.commands.framework import Asked, Sign, Word, command
from doseline.records.commands.testing import content_of
from doseline.records.facts import Fact
from doseline.records.facts import custody as c
from doseline.records.facts.making import OrderReleased
from doseline.records.guards import custody as keep
from doseline.records.guards import release as ready
from doseline.records.guards import things as guard
from doseline.records.guards.refusing import refuse
from doseline.records.machines import VialState
from doseline.records.profile import profile_named
from doseline.records.state import Record
from doseline.records.things import Batch, Package, Shipment, Vial
from doseline.records.transport import Content, classified, removable_limit_tenths
from doseline.records.transport import Package as Measured


@dataclass(frozen=True, slots=True)
class NewShipment:
    """A shipment of one batch to one consignee."""

    shipment: Annotated[str, Word("its number")]
    batch: Annotated[str, Word("the batch")]
    facility: Annotated[str, Word("consignee")]
    lane: Annotated[str, Word("lane and service")]
    arrives: Annotated[str, Word("planned arrival", "instant")]
    passenger: Annotated[int, Word("flies beside passengers", "yes")] = 0


@command("shipment", NewShipment, "dispatcher")
def shipment(record: Record, asked: NewShipment, by: Asked) -> Iterator[Fact | Sign]:
    """Plan a shipment of a batch to a consignee."""
    record.facility(asked.facility)
    yield c.ShipmentPlanned(
        asked.shipment,
        asked.batch,
        asked.facility,
        asked.lane,
        asked.arrives,
        asked.passenger,
    )


@dataclass(frozen=True, slots=True)
class NewPackage:
    """A package and what was measured on it."""

    shipment: Annotated[str, Word("its shipment")]
    package: Annotated[str, Word("its number")]
    container: Annotated[str, Word("Type A container")]
    vial: Annotated[tuple[str, ...], Word("vial; may be repeated")]
    surface_nsv_h: Annotated[int, Word("highest dose rate at the surface, nSv/h", "number")]
    metre_nsv_h: Annotated[int, Word("highest dose rate at 1 m, nSv/h", "number")]
    wipe_tenths: Annotated[int, Word("removable contamination, tenths of Bq/cm2", "number")] = 0


@command("pack", NewPackage, "dispatcher")
def pack(record: Record, asked: NewPackage, by: Asked) -> Iterator[Fact | Sign]:
    """Pack released, labelled vials; the package is classified from what is in it and on it."""
    held = record.shipment(asked.shipment)
    batch = record.batch(held.batch)
    for name in asked.vial:
        may_leave(record, batch, record.vial(name), by.at)
        if record.vial(name).order:
            site = record.order(record.vial(name).order).facility
            if site != held.facility:
                refuse(f"Vial {name} is for {site}, not {held.facility}.", "21 CFR 211.196")
        yield c.VialPacked(name, asked.shipment, asked.package)
    contents = _contents(record, batch, asked.vial, by.at)
    found = _classified(contents, asked)
    yield c.PackageMade(
        asked.shipment,
        asked.package,
        asked.container,
        sum(x.kbq for x in contents),
        asked.surface_nsv_h,
        asked.metre_nsv_h,
        asked.wipe_tenths,
        *found,
    )


def _classified(contents: tuple[Content, ...], asked: NewPackage) -> tuple[str, str, int, int]:
    """UN number, category, index and RQ; a package without activity has none of them."""
    if not contents:
        return "", "", 0, 0
    found = classified(Measured(contents, asked.surface_nsv_h, asked.metre_nsv_h))
    category = "" if found.category is None else str(found.category)
    return found.un_number, category, found.index_tenths, int(found.reportable is True)


def _contents(record: Record, batch: Batch, vials: tuple[str, ...], at: str) -> tuple[Content, ...]:
    """What is in some vials of a batch at an instant, by nuclide."""
    book = record.books.get(f"batch/{batch.id}")
    if book is None:
        return ()
    held = sum(book.balances.get(f"vial/{name}", 0) for name in vials)
    return (Content(book.nuclide, kbq_at(held, at, book)),)


def may_leave(record: Record, batch: Batch, vial: Vial, at: str) -> None:
    """A vial leaves only if batch, label, recall and expiry let it. [21 CFR 211.142, 211.150]"""
    keep.batch_is_released(batch)
    ready.batch_is_not_on_hold(batch)
    keep.vial_is_not_recalled(vial)
    keep.vial_is_not_expired(batch, at)
    keep.vial_is_labelled(record, batch, vial, content_of(record, vial))
    ready.labels_are_reconciled(batch)


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A shipment and the instrument."""

    shipment: Annotated[str, Word("its number")]
    equipment: Annotated[str, Word("survey meter")]


@command("survey", Surveyed, "radiation-safety", "dispatcher", signed=True)
def survey(record: Record, asked: Surveyed, by: Asked) -> Iterator[Fact | Sign]:
    """Sign the survey of every package: dose rates, wipe, index and category."""
    guard.equipment_is_in_date(record, (asked.equipment,), by.at)
    yield c.ShipmentSurveyed(asked.shipment, asked.equipment)
    yield Sign(f"shipment/{asked.shipment}", "surveyed")


@dataclass(frozen=True, slots=True)
class Papers:
    """The papers of a shipment."""

    shipment: Annotated[str, Word("its number")]
    paper: Annotated[tuple[str, ...], Word("paper and number; may be repeated")]


@command("documents", Papers, "dispatcher", signed=True)
def documents(record: Record, asked: Papers, by: Asked) -> Iterator[Fact | Sign]:
    """Sign the shipping papers."""
    if not asked.paper:
        refuse("A shipment has papers.", "49 CFR 172.200")
    yield c.ShipmentDocumented(asked.shipment, asked.paper)
    yield Sign(f"shipment/{asked.shipment}", "papers signed")


@dataclass(frozen=True, slots=True)
class Tender:
    """A shipment and who takes it."""

    shipment: Annotated[str, Word("its number")]
    carrier: Annotated[str, Word("who takes it over")]


@command("ship", Tender, "dispatcher", signed=True)
def ship(record: Record, asked: Tender, by: Asked) -> Iterator[Fact | Sign]:
    """Hand a shipment to the carrier: release, licence, packages, room and custody hold."""
    held = record.shipment(asked.shipment)
    batch, consignee = record.batch(held.batch), record.facility(held.facility)
    vials = vials_in(record, held)
    for vial in vials:
        may_leave(record, batch, vial, by.at)
    keep.batch_is_certified_for(record, batch, consignee)
    keep.custody_has_no_gap(vials, batch.facility)
    _content_is_lawful(record, held, batch, by.at)
    yield c.ShipmentTendered(asked.shipment, batch.facility, asked.carrier)
    yield Sign(f"shipment/{asked.shipment}", "tendered")


def vials_in(record: Record, held: Shipment) -> list[Vial]:
    """The vials that are in a shipment still."""
    vials = [record.vial(name) for name in held.vials]
    return [x for x in vials if x.state is not VialState.WASTED and x.where != "lost"]


def _content_is_lawful(record: Record, held: Shipment, batch: Batch, at: str) -> None:
    """Packages, licence and room for what is in them. [49 CFR 173; 10 CFR 30.41; 10 CFR 30.34]"""
    total = 0
    for name in held.packages:
        package: Package = record.packages[name]
        inside = tuple(x.id for x in vials_in(record, held) if x.package == name)
        contents = _contents(record, batch, inside, at)
        keep.package_is_lawful(record, package, held, contents, at)
        total += sum(x.kbq for x in contents)
    book = record.books.get(f"batch/{batch.id}")
    if book is None:
        return
    arriving = kbq_at(
        sum(book.balances.get(f"vial/{x.id}", 0) for x in vials_in(record, held)),
        held.arrives_at,
        book,
    )
    consignee = record.facility(held.facility)
    keep.consignee_licence_is_verified(record, consignee, book.nuclide, total, at)
    guard.licence_has_room(
        record, consignee.id, book.nuclide, arriving, held.arrives_at, book.half_life_ms
    )


@dataclass(frozen=True, slots=True)
class Trouble:
    """A shipment in trouble."""

    shipment: Annotated[str, Word("its number")]
    cause: Annotated[str, Word("what happened")]


@command("delay", Trouble, "dispatcher", "pharmacist")
def delay(record: Record, asked: Trouble, by: Asked) -> Iterator[Fact | Sign]:
    """Record that a shipment is held or delayed on its way."""
    yield c.ShipmentDelayed(asked.shipment, asked.cause)


@command("lose", Trouble, "dispatcher", "radiation-safety")
def lose(record: Record, asked: Trouble, by: Asked) -> Iterator[Fact | Sign]:
    """Write a shipment off as lost: its activity, its vials, its orders; a deviation opens."""
    held = record.shipment(asked.shipment)
    yield c.ShipmentLost(asked.shipment, asked.cause)
    for vial in vials_in(record, held):
        if vial.order:
            yield OrderReleased(vial.order, asked.cause)
        yield c.VialWasted(vial.id, "", asked.cause)
        yield from _written_off(record, vial)
    yield opened(record, f"batch/{held.batch}", f"Shipment {held.id} was lost: {asked.cause}")


def _written_off(record: Record, vial: Vial) -> Iterator[Fact]:
    name = f"batch/{vial.batch}"
    if name in record.books:
        kbq = record.book(name).balances.get(f"vial/{vial.id}", 0)
        yield from moved(name, f"vial/{vial.id}", "lost", kbq)


@dataclass(frozen=True, slots=True)
class OfShipment:
    """A shipment."""

    shipment: Annotated[str, Word("its number")]


@command("receive", OfShipment, "pharmacist", signed=True)
def receive(record: Record, asked: OfShipment, by: Asked) -> Iterator[Fact | Sign]:
    """Take a shipment over from the carrier, at the consignee."""
    held = record.shipment(asked.shipment)
    at_the_site(record, held.facility, by)
    keep.custody_has_no_gap(vials_in(record, held), held.carrier)
    yield c.ShipmentDelivered(asked.shipment, held.carrier, held.facility)
    yield Sign(f"shipment/{asked.shipment}", "received")


def at_the_site(record: Record, facility: str, by: Asked) -> None:
    """Whoever acts at a site belongs to it. [ICH E6(R3) 3.15.3(c)]"""
    works_at = record.person(by.by).facility
    if works_at != facility:
        refuse(f"{by.by} works at {works_at}, not at {facility}.", "ICH E6(R3) 3.15.3(c)")


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found on receipt."""

    shipment: Annotated[str, Word("its number")]
    equipment: Annotated[str, Word("contamination monitor")]
    wipe_tenths: Annotated[int, Word("removable contamination, tenths of Bq/cm2", "number")]
    intact: Annotated[int, Word("seals and packages are intact", "yes")]


@command("inspect", Inspection, "pharmacist", "radiation-safety")
def inspect(record: Record, asked: Inspection, by: Asked) -> Iterator[Fact | Sign]:
    """Wipe and look at packages on receipt, within three hours."""
    held = record.shipment(asked.shipment)
    at_the_site(record, held.facility, by)
    guard.equipment_is_in_date(record, (asked.equipment,), by.at)
    yield c.ShipmentChecked(asked.shipment, asked.equipment, asked.wipe_tenths, asked.intact)
    limit = profile_named(record.facility(held.facility).rules).receipt_check_min
    waited = minutes_between(held.delivered_at, by.at)
    book = record.books.get(f"batch/{held.batch}")
    wiped = removable_limit_tenths((Content(book.nuclide, 0),) if book else ())
    for wrong, what in (
        (waited > limit, f"was looked at {waited:.0f} min after receipt"),
        (asked.wipe_tenths > wiped, f"is contaminated above {wiped / 10:g} Bq/cm2"),
        (not asked.intact, "came damaged"),
    ):
        if wrong:
            yield opened(record, f"batch/{held.batch}", f"Shipment {held.id} {what}.")
