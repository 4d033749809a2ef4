"""What facts of lots, books of activity and waste make of the record."""

from __future__ import annotations

from dataclasses import replace

from doseline.errors import LifeError
from doseline.records.activity import posted
from doseline.records.facts import materials as f
from doseline.records.fold.moving import born, moved
from doseline.records.fold.taking import takes
from doseline.records.machines import next_state
from doseline.records.state import Record, Said
from doseline.records.things import Book, Lot, Waste


@takes(f.LotExpected)
def _expected(record: Record, fact: f.LotExpected, said: Said) -> None:
    record.lots[fact.lot] = Lot(
        id=fact.lot,
        state=born(record.lots, "lot", fact.lot, fact.kind),
        material=fact.material,
        supplier=fact.supplier,
        facility=fact.facility,
        nuclide=fact.nuclide,
        form=fact.form,
        ordered_kbq=fact.ordered_kbq,
        reference_at=fact.reference_at,
        half_life_ms=fact.half_life_ms,
        due_at=fact.due_at,
        expires_at=fact.expires_at,
        parents=fact.parents,
    )


@takes(f.LotReceived, f.LotReleased, f.LotRejected, f.LotDepleted)
def _moved(
    record: Record,
    fact: f.LotReceived | f.LotReleased | f.LotRejected | f.LotDepleted,
    said: Said,
) -> None:
    lot = record.lot(fact.lot)
    state = next_state("lot", fact.lot, lot.state, fact.kind)
    came = said.at if isinstance(fact, f.LotReceived) else lot.received_at
    record.lots[fact.lot] = replace(lot, state=state, received_at=came)


@takes(f.BookOpened)
def _book(record: Record, fact: f.BookOpened, said: Said) -> None:
    if fact.book in record.books:
        raise LifeError(f"Book {fact.book} is open already; its reference time is fixed.")
    record.books[fact.book] = Book(
        fact.book, fact.nuclide, fact.reference_at, fact.half_life_ms, fact.facility
    )


@takes(f.ActivityPosted)
def _posted(record: Record, fact: f.ActivityPosted, said: Said) -> None:
    book = record.book(fact.book)
    record.books[fact.book] = replace(book, balances=posted(dict(book.balances), fact))


@takes(f.WasteOpened)
def _waste(record: Record, fact: f.WasteOpened, said: Said) -> None:
    state = born(record.waste, "waste", fact.waste, fact.kind)
    record.waste[fact.waste] = Waste(fact.waste, state, fact.facility, fact.nuclide)


@takes(f.WasteClosed, f.WasteDisposed)
def _waste_moved(record: Record, fact: f.WasteClosed | f.WasteDisposed, said: Said) -> None:
    moved(record.waste, "waste", record.waste_container(fact.waste), fact.kind)
