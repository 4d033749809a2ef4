"""Commands of lots and waste: activity comes in, is booked, and ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from doseline.records.activity import book_kbq, kbq_at, moved
from doseline.records.automatic import deviation
from doseline.records.commands.framework import Asked, Sign, Word, command
from doseline.records.facts import Fact
from doseline.records.facts import materials as m
from doseline.records.guards import things as guard
from doseline.records.guards.refusing import refuse
from doseline.records.state import Record
from doseline.records.things import Book


@dataclass(frozen=True, slots=True)
class NewLot:
    """A lot that was ordered."""

    lot: Annotated[str, Word("its number")]
    material: Annotated[str, Word("what it is")]
    supplier: Annotated[str, Word("who supplies it")]
    facility: Annotated[str, Word("where it goes")]
    due: Annotated[str, Word("when it is expected", "instant")]
    expires: Annotated[str, Word("when it expires", "instant")]
    nuclide: Annotated[str, Word("nuclide of an isotope lot, such as I-131")] = ""
    form: Annotated[str, Word("chemical and physical form")] = ""
    activity: Annotated[int, Word("ordered, at the reference time", "activity")] = 0
    reference: Annotated[str, Word("calibration time; fixed for the lot", "instant")] = ""
    half_life_ms: Annotated[int, Word("pinned half-life in milliseconds", "number")] = 0
    parent: Annotated[tuple[str, ...], Word("lot that it was made from; may be repeated")] = ()


@command("lot", NewLot, "author", "operator", "quality", "radiation-safety")
def lot(record: Record, asked: NewLot, by: Asked) -> Iterator[Fact | Sign]:
    """Record that a lot was ordered; of a nuclide, that the licence has room when it comes."""
    record.facility(asked.facility)
    for parent in asked.parent:
        record.lot(parent)
    if asked.nuclide:
        if not (asked.reference and asked.half_life_ms > 0 and asked.activity > 0):
            refuse("An isotope lot has activity, reference time and half-life.", "conventions 5.1")
        book = Book("", asked.nuclide, asked.reference, asked.half_life_ms, asked.facility)
        kbq = kbq_at(asked.activity, asked.due, book)
        guard.licence_has_room(
            record, asked.facility, asked.nuclide, kbq, asked.due, asked.half_life_ms
        )
    yield m.LotExpected(
        asked.lot,
        asked.material,
        asked.supplier,
        asked.facility,
        asked.nuclide,
        asked.form,
        asked.activity,
        asked.reference,
        asked.half_life_ms,
        asked.due,
        asked.expires,
        asked.parent,
    )


@dataclass(frozen=True, slots=True)
class ArrivedLot:
    """A lot at the door."""

    lot: Annotated[str, Word("its number")]
    stated: Annotated[int, Word("activity on the certificate, reference time", "activity")] = 0
    measured: Annotated[int, Word("activity as measured now", "activity")] = 0
    equipment: Annotated[str, Word("dose calibrator")] = ""
    wipe_bq: Annotated[int, Word("wipe of the package, in Bq", "number")] = 0


@command("arrive", ArrivedLot, "operator", "radiation-safety", signed=True)
def arrive(record: Record, asked: ArrivedLot, by: Asked) -> Iterator[Fact | Sign]:
    """Take a lot in: measured, surveyed, booked at its reference time, into quarantine."""
    held = record.lot(asked.lot)
    yield m.LotReceived(asked.lot, asked.stated, asked.measured, asked.equipment, asked.wipe_bq)
    if held.nuclide:
        guard.equipment_is_in_date(record, (asked.equipment,), by.at)
        without = _without_order(record, asked.lot)
        guard.licence_has_room(
            without, held.facility, held.nuclide, asked.measured, by.at, held.half_life_ms
        )
        name = f"lot/{asked.lot}"
        book = Book(name, held.nuclide, held.reference_at, held.half_life_ms, held.facility)
        yield m.BookOpened(name, held.nuclide, held.reference_at, held.half_life_ms, held.facility)
        found = book_kbq(asked.measured, by.at, book)
        yield from moved(name, "received", "stock", max(found, asked.stated))
        apart = asked.stated - found
        yield from moved(name, "stock", "variance", max(apart, 0))
        if apart < 0:
            yield from moved(name, "variance", "received", -apart)
        yield from deviation(record, name, "the receipt", apart, asked.stated)
    yield Sign(f"lot/{asked.lot}", "received")


def _without_order(record: Record, lot: str) -> Record:
    """The record as it is without what is expected of a lot, which is here now."""
    without = record.copied()
    del without.lots[lot]
    return without


@dataclass(frozen=True, slots=True)
class OfLot:
    """A lot."""

    lot: Annotated[str, Word("its number")]


@command("accept", OfLot, "quality", signed=True)
def accept(record: Record, asked: OfLot, by: Asked) -> Iterator[Fact | Sign]:
    """Release a lot from quarantine."""
    received = record.valid_signatures(f"lot/{asked.lot}", "received")
    if any(s.person == by.by for s in received):
        refuse(f"{by.by} took lot {asked.lot} in and cannot release it.", "21 CFR 211.22(a)")
    yield m.LotReleased(asked.lot)
    yield Sign(f"lot/{asked.lot}", "released")


@dataclass(frozen=True, slots=True)
class RefusedLot:
    """A lot that is not used."""

    lot: Annotated[str, Word("its number")]
    cause: Annotated[str, Word("why")]


@command("reject-lot", RefusedLot, "quality", signed=True)
def reject_lot(record: Record, asked: RefusedLot, by: Asked) -> Iterator[Fact | Sign]:
    """Reject a lot."""
    yield m.LotRejected(asked.lot, asked.cause)
    yield Sign(f"lot/{asked.lot}", "rejected")


@dataclass(frozen=True, slots=True)
class EmptiedLot:
    """What is left of a lot, thrown away."""

    lot: Annotated[str, Word("its number")]
    left: Annotated[int, Word("activity left, as measured now", "activity")] = 0
    waste: Annotated[str, Word("waste container")] = ""


@command("deplete", EmptiedLot, "operator", "radiation-safety")
def deplete(record: Record, asked: EmptiedLot, by: Asked) -> Iterator[Fact | Sign]:
    """End a lot: what is left is measured and goes to waste."""
    name = f"lot/{asked.lot}"
    yield m.LotDepleted(asked.lot)
    if name in record.books:
        yield from emptied(record, name, "stock", asked.left, asked.waste, by)


def emptied(
    record: Record, name: str, account: str, left_kbq: int, waste: str, by: Asked
) -> Iterator[Fact]:
    """What is left in an account goes to waste as measured; the rest is variance."""
    book = record.book(name)
    held = book.balances.get(account, 0)
    left = book_kbq(left_kbq, by.at, book)
    if left:
        open_here(record, waste, book.facility)
        yield from moved(name, account, f"waste/{waste}", min(left, held))
    yield from moved(name, account, "variance", held - min(left, held))
    if left > held:
        yield from moved(name, "variance", f"waste/{waste}", left - held)
    yield from deviation(record, name, f"what was left of {account}", held - left, max(held, left))


def open_here(record: Record, waste: str, facility: str) -> None:
    """Waste goes into an open container of the same place."""
    held = record.waste_container(waste)
    if held.state != "open" or held.facility != facility:
        refuse(
            f"Waste container {waste} is {held.state} at {held.facility}, "
            f"and waste arises at {facility}.",
            "10 CFR 35.92",
        )


@dataclass(frozen=True, slots=True)
class NewWaste:
    """A waste container."""

    waste: Annotated[str, Word("its id")]
    facility: Annotated[str, Word("where it stands")]
    nuclide: Annotated[str, Word("nuclide")]


@command("waste-container", NewWaste, "radiation-safety", "pharmacist")
def waste_container(record: Record, asked: NewWaste, by: Asked) -> Iterator[Fact | Sign]:
    """Put a waste container in place."""
    record.facility(asked.facility)
    yield m.WasteOpened(asked.waste, asked.facility, asked.nuclide)


@dataclass(frozen=True, slots=True)
class OfWaste:
    """A waste container."""

    waste: Annotated[str, Word("its id")]


@command("waste-close", OfWaste, "radiation-safety", "pharmacist")
def waste_close(record: Record, asked: OfWaste, by: Asked) -> Iterator[Fact | Sign]:
    """Close a waste container and store it to decay."""
    yield m.WasteClosed(asked.waste)


@dataclass(frozen=True, slots=True)
class DecayedWaste:
    """A waste container at background."""

    waste: Annotated[str, Word("its id")]
    equipment: Annotated[str, Word("survey meter")]
    reading: Annotated[str, Word("what was read at its surface")]
    background: Annotated[str, Word("background, in the same unit")]


@command("dispose", DecayedWaste, "radiation-safety", signed=True)
def dispose(record: Record, asked: DecayedWaste, by: Asked) -> Iterator[Fact | Sign]:
    """Dispose of decayed waste that is found at background."""
    guard.equipment_is_in_date(record, (asked.equipment,), by.at)
    if float(asked.reading) > float(asked.background):
        refuse(f"Waste {asked.waste} reads above background.", "10 CFR 35.92(a)")
    yield m.WasteDisposed(asked.waste, asked.equipment, asked.reading, asked.background)
    for name, book in record.books.items():
        yield from moved(
            name, f"waste/{asked.waste}", "disposed", book.balances.get(f"waste/{asked.waste}", 0)
        )
    yield Sign(f"waste/{asked.waste}", "disposed")
