"""What holds of activity at every moment: invariants 1, 2 and 7."""

from __future__ import annotations

from collections.abc import Iterator

from doseline.records.activity import SIGNED_ACCOUNTS, kbq_at
from doseline.records.possession import arrivals_at, held_kbq
from doseline.records.profile import profile_named
from doseline.records.state import Record

__all__ = ["activity_adds_up", "no_account_is_overdrawn", "possession_is_licensed"]


def activity_adds_up(record: Record) -> Iterator[str]:
    """1. What was received stands in the other accounts, exactly; variance has its deviation."""
    for name, book in record.books.items():
        apart = sum(book.balances.values())
        if apart:
            yield f"1: book {name} does not add up by {apart} kBq"
    for batch in record.batches.values():
        held = record.books.get(f"batch/{batch.id}")
        if held is None or not batch.charge_kbq:
            continue
        if -held.balances.get("received", 0) != batch.charge_kbq:
            yield f"1: batch {batch.id} was charged otherwise than its book says"
        came = sum(
            kbq_at(record.books[f"lot/{lot}"].balances.get(f"batch/{batch.id}", 0),
                   held.reference_at, record.books[f"lot/{lot}"])
            for lot in batch.lots
            if f"lot/{lot}" in record.books
        )  # fmt: skip
        if abs(came - batch.charge_kbq) > 2 * len(batch.lots):
            yield f"1: batch {batch.id} was charged {batch.charge_kbq} kBq and lots gave {came}"
    yield from _variance_is_known(record)


def _variance_is_known(record: Record) -> Iterator[str]:
    limit = profile_named(record.profile).variance_ppm
    about = {d.about for d in record.deviations.values()}
    for name, book in record.books.items():
        received = -book.balances.get("received", 0)
        far = abs(book.balances.get("variance", 0)) * 1_000_000 > 3 * limit * received
        if far and name not in about:  # three transfers may each be at the limit
            yield f"1: the variance of book {name} has no deviation"


def no_account_is_overdrawn(record: Record) -> Iterator[str]:
    """2. No account stands below zero but those that may."""
    for name, book in record.books.items():
        for account, kbq in book.balances.items():
            if kbq < 0 and account not in SIGNED_ACCOUNTS:
                yield f"2: account {account} of book {name} holds {kbq} kBq"
            if account == "received" and kbq > 0:
                yield f"2: book {name} has given back more than it received"


def possession_is_licensed(record: Record, now: str) -> Iterator[str]:
    """7. No place holds more than its licence, now or at an arrival that is planned."""
    nuclides = {book.nuclide for book in record.books.values()}
    nuclides |= {lot.nuclide for lot in record.lots.values() if lot.nuclide}
    for facility in record.facilities.values():
        for nuclide in nuclides:
            limits = [x.limit_kbq for x in facility.licences.values() if x.nuclide == nuclide]
            moments = {now, *(a for a in arrivals_at(record, facility.id, nuclide) if a > now)}
            for at in moments:
                held = held_kbq(record, facility.id, nuclide, at)
                if held > max(limits, default=0):
                    yield f"7: {facility.id} holds {held} kBq of {nuclide} at {at}"
