"""Commands at a site: assay, administration, return and waste of vials."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from doseline.programme.rules import decay_factor
from doseline.records.activity import book_kbq, kbq_at, minutes_between, moved
from doseline.records.automatic import deviation
from doseline.records.commands.framework import Asked, Sign, Word, command
from doseline.records.commands.materials import open_here
from doseline.records.commands.shipping import at_the_site
from doseline.records.facts import Fact
from doseline.records.facts import custody as c
from doseline.records.facts.making import OrderReleased
from doseline.records.guards import custody as keep
from doseline.records.guards import people as who
from doseline.records.guards import release as ready
from doseline.records.guards import things as guard
from doseline.records.guards.refusing import refuse
from doseline.records.state import Record
from doseline.records.things import Book, Vial


@dataclass(frozen=True, slots=True)
class Assay:
    """A measurement of a vial at the site."""

    vial: Annotated[str, Word("the vial")]
    measured: Annotated[int, Word("as measured now", "activity")]
    equipment: Annotated[str, Word("dose calibrator of the site")]


@command("assay", Assay, "pharmacist", signed=True)
def assay(record: Record, asked: Assay, by: Asked) -> Iterator[Fact | Sign]:
    """Measure a vial at the site, beside what the book says it holds."""
    vial = record.vial(asked.vial)
    at_the_site(record, vial.where, by)
    guard.equipment_is_in_date(record, (asked.equipment,), by.at)
    name = f"batch/{vial.batch}"
    expected = 0
    if name in record.books:
        book = record.book(name)
        expected = kbq_at(book.balances.get(f"vial/{vial.id}", 0), by.at, book)
    yield c.VialAssayed(vial.id, asked.equipment, asked.measured, expected)
    if expected:
        apart = expected - asked.measured
        yield from deviation(record, name, f"the assay of vial {vial.id}", apart, expected)
    yield Sign(f"vial/{vial.id}", "assayed")


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose that was given."""

    vial: Annotated[str, Word("the vial")]
    order: Annotated[str, Word("the order")]
    subject: Annotated[str, Word("code of the subject, never a name")]
    given: Annotated[int, Word("given, at that instant", "activity")]
    left: Annotated[int, Word("left in vial and line, as measured", "activity")] = 0
    waste: Annotated[str, Word("waste container for what is left")] = ""
    directed: Annotated[int, Word("outside the limit, as the authorised user directs", "yes")] = 0


@command("administer", Dose, "authorised-user", "pharmacist", signed=True)
def administer(record: Record, asked: Dose, by: Asked) -> Iterator[Fact | Sign]:
    """Give a dose: right subject, released, in date, near what was ordered, measured before."""
    vial, order = record.vial(asked.vial), record.order(asked.order)
    batch = record.batch(vial.batch)
    at_the_site(record, vial.where, by)
    keep.batch_is_released(batch)
    ready.batch_is_not_on_hold(batch)
    keep.vial_is_not_recalled(vial)
    keep.vial_is_not_expired(batch, by.at)
    keep.vial_is_for_this_subject(vial, order, asked.subject)
    if asked.directed:
        who.acts_in_a_role(record.person(by.by), ("authorised-user",))
        if not by.reason:
            refuse("A dosage outside the limit gives its reason.", "10 CFR 35.63(d)")
    book = record.books.get(f"batch/{batch.id}")
    if book is not None and vial.state == "assayed":
        dosage = _assayed_then(vial, book, by.at) - asked.left
        keep.dosage_is_near_what_was_ordered(record, order, dosage, bool(asked.directed))
    yield c.DoseAdministered(
        vial.id, order.id, asked.subject, asked.given, asked.left, asked.directed
    )
    if book is not None:
        yield from _given(record, vial, book, asked, by)
    yield Sign(f"vial/{vial.id}", "administered")


def _assayed_then(vial: Vial, book: Book, at: str) -> int:
    """What was measured, as it is at an instant. [kBq]"""
    elapsed = minutes_between(vial.assayed_at, at)
    return round(vial.assayed_kbq * decay_factor(elapsed, book.half_life_ms / 60_000))


def _given(record: Record, vial: Vial, book: Book, asked: Dose, by: Asked) -> Iterator[Fact]:
    """The vial's account is emptied: given, left, and what measurements disagree by."""
    account = f"vial/{vial.id}"
    held = book.balances.get(account, 0)
    into = [("administered", book_kbq(asked.given, by.at, book))]
    if asked.left:
        open_here(record, asked.waste, vial.where)
        into.append((f"waste/{asked.waste}", book_kbq(asked.left, by.at, book)))
    apart = held - sum(kbq for _, kbq in into)
    yield from moved(book.id, "variance", account, max(0, -apart))
    for target, kbq in into:
        yield from moved(book.id, account, target, kbq)
    yield from moved(book.id, account, "variance", max(0, apart))
    yield from deviation(record, book.id, f"the dose from vial {vial.id}", apart, held)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A vial that is not used."""

    vial: Annotated[str, Word("the vial")]
    cause: Annotated[str, Word("why")]


@command("return", SetAside, "pharmacist")
def set_aside(record: Record, asked: SetAside, by: Asked) -> Iterator[Fact | Sign]:
    """Set a received vial aside as not used; its order waits for another."""
    vial = record.vial(asked.vial)
    at_the_site(record, vial.where, by)
    yield c.VialReturned(vial.id, asked.cause)
    yield from _order_let_go(vial, asked.cause)


@command("reject-vial", SetAside, "operator", "quality")
def reject_vial(record: Record, asked: SetAside, by: Asked) -> Iterator[Fact | Sign]:
    """Reject a vial at inspection; its order waits for another."""
    vial = record.vial(asked.vial)
    yield c.VialRejected(vial.id, asked.cause)
    yield from _order_let_go(vial, asked.cause)


def _order_let_go(vial: Vial, cause: str) -> Iterator[OrderReleased]:
    if vial.order:
        yield OrderReleased(vial.order, cause)


@dataclass(frozen=True, slots=True)
class Thrown:
    """A vial that is thrown away."""

    vial: Annotated[str, Word("the vial")]
    waste: Annotated[str, Word("waste container at the same place")]
    cause: Annotated[str, Word("why")]


@command("waste", Thrown, "pharmacist", "operator", "radiation-safety")
def waste(record: Record, asked: Thrown, by: Asked) -> Iterator[Fact | Sign]:
    """Throw a vial into a waste container of the place where it is."""
    vial = record.vial(asked.vial)
    open_here(record, asked.waste, vial.where)
    yield c.VialWasted(vial.id, asked.waste, asked.cause)
    yield from _order_let_go(vial, asked.cause)
    name = f"batch/{vial.batch}"
    if name in record.books:
        kbq = record.book(name).balances.get(f"vial/{vial.id}", 0)
        yield from moved(name, f"vial/{vial.id}", f"waste/{asked.waste}", kbq)
