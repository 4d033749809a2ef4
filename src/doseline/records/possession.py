"""What a place holds of a nuclide, at an instant, with what is on its way there."""

from __future__ import annotations

from collections.abc import Iterator

from doseline.errors import NuclideError
from doseline.records.activity import kbq_at
from doseline.records.state import Record
from doseline.records.things import Book, Vial
from doseline.records.transport import emergency_plan_share

__all__ = ["arrivals_at", "emergency_plan_ppm", "held_kbq", "share_ppm"]


def held_kbq(record: Record, facility: str, nuclide: str, at: str) -> int:
    """Everything of a nuclide at a place: lots, bulks, vials, samples, residue and waste. [kBq]

    With it counts what is expected there by that instant: lots ordered, and shipments under way.
    """
    total = 0
    for book in record.books.values():
        if book.nuclide == nuclide:
            total += kbq_at(_here(record, book, facility, at), at, book)
    for lot in record.lots.values():
        here = lot.facility == facility and lot.nuclide == nuclide
        if here and lot.state == "expected" and lot.due_at <= at:
            book = Book("", nuclide, lot.reference_at, lot.half_life_ms, facility)
            total += kbq_at(lot.ordered_kbq, at, book)
    return total


def _here(record: Record, book: Book, facility: str, at: str) -> int:
    """What stands in the accounts of a book that are at a place. [kBq at its reference time]"""
    total = 0
    for account, kbq in book.balances.items():
        kind, _, name = account.partition("/")
        if kind in ("stock", "sample", "residue"):
            total += kbq if book.facility == facility else 0
        elif kind == "vial":
            total += kbq if _is_there(record, record.vials[name], facility, at) else 0
        elif kind == "waste":
            total += kbq if record.waste[name].facility == facility else 0
    return total


def _is_there(record: Record, vial: Vial, facility: str, at: str) -> bool:
    if vial.where == facility:
        return True
    shipment = record.shipments.get(vial.shipment)
    return (
        shipment is not None
        and vial.state == "shipped"
        and vial.where == f"shipment/{shipment.id}"
        and shipment.facility == facility
        and shipment.arrives_at <= at
    )


def arrivals_at(record: Record, facility: str, nuclide: str) -> Iterator[str]:
    """When something of a nuclide is expected at a place."""
    for lot in record.lots.values():
        if lot.state == "expected" and lot.facility == facility and lot.nuclide == nuclide:
            yield lot.due_at
    for shipment in record.shipments.values():
        if shipment.state == "in transit" and shipment.facility == facility:
            yield shipment.arrives_at


def share_ppm(record: Record, facility: str, nuclide: str, at: str) -> int:
    """What a place holds, as millionths of the most that its licences allow; 0 without one."""
    licences = record.facility(facility).licences.values()
    limit = max((x.limit_kbq for x in licences if x.nuclide == nuclide), default=0)
    return held_kbq(record, facility, nuclide, at) * 1_000_000 // limit if limit else 0


def emergency_plan_ppm(record: Record, facility: str, nuclide: str, at: str) -> int:
    """What a place holds, as millionths of the quantity that asks for an emergency plan.

    0 where no such quantity is known for the nuclide. [10 CFR 30.32(i), 30.72]
    """
    try:
        share = emergency_plan_share(nuclide, held_kbq(record, facility, nuclide, at))
    except NuclideError:
        return 0
    return 0 if share is None else int(share * 1_000_000)
