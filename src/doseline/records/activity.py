"""The double-entry book of activity: whole kBq at one reference time, so that decay posts nothing.

A book is kept for each lot of isotope and for each batch. Every posting moves whole kBq, brought to
the reference time of the book with its pinned half-life, from one account to another. So at every
instant, and exactly:

    received = stock + batches + vials + samples + residue + waste + administered + lost + disposed
               + variance

where variance is what measurements disagree by. Decay is only a view of it. [conventions 5.2]

Accounts: `received` (below zero by all that came in), `stock`, `batch/B`, `vial/V`, `sample/S`,
`residue`, `waste/W`, `administered`, `lost`, `disposed`, `variance`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from doseline.errors import LifeError
from doseline.programme.rules import decay_factor
from doseline.records.facts.materials import ActivityPosted
from doseline.records.instants import instant_from_text
from doseline.records.things import Book

__all__ = ["SIGNED_ACCOUNTS", "book_kbq", "kbq_at", "minutes_between", "moved", "posted"]

SIGNED_ACCOUNTS = frozenset({"received", "variance"})
"""The accounts that may stand below zero."""

_instant = lru_cache(maxsize=1 << 16)(instant_from_text)


def minutes_between(earlier_at: str, later_at: str) -> float:
    """From one instant to another. [min]

    >>> minutes_between("2018-07-10T09:00:00.000000Z", "2018-07-10T10:30:00.000000Z")
    90.0
    """
    return (_instant(later_at) - _instant(earlier_at)).total_seconds() / 60


def book_kbq(measured_kbq: int, at: str, book: Book) -> int:
    """What was measured at an instant, at the reference time of the book. [kBq]

    >>> book = Book("lot/L1", "I-131", "2018-07-10T09:00:00.000000Z", 693_351_360, "hamilton")
    >>> book_kbq(917_250, "2018-07-11T09:00:00.000000Z", book)
    1000004
    """
    elapsed = minutes_between(book.reference_at, at)
    return round(measured_kbq / decay_factor(elapsed, book.half_life_ms / 60_000))


def kbq_at(kbq: int, at: str, book: Book) -> int:
    """What stands in a book, as it is at an instant. [kBq]"""
    elapsed = minutes_between(book.reference_at, at)
    return round(kbq * decay_factor(elapsed, book.half_life_ms / 60_000))


def moved(book: str, source: str, target: str, kbq: int) -> Iterator[ActivityPosted]:
    """The posting that moves activity; none for nothing, the other way round for less than none."""
    if kbq > 0:
        yield ActivityPosted(book, source, target, kbq)
    elif kbq < 0:
        yield ActivityPosted(book, target, source, -kbq)


def posted(balances: dict[str, int], posting: ActivityPosted) -> dict[str, int]:
    """The balances after a posting. Raises LifeError where an account would fall below zero.

    >>> posted({}, ActivityPosted("lot/L1", "received", "stock", 500))
    {'received': -500, 'stock': 500}
    """
    if posting.kbq <= 0 or posting.source == posting.target:
        raise LifeError(f"Book {posting.book}: {posting.kbq} kBq is no posting.")
    after = dict(balances)
    after[posting.source] = after.get(posting.source, 0) - posting.kbq
    after[posting.target] = after.get(posting.target, 0) + posting.kbq
    if after[posting.source] < 0 and posting.source not in SIGNED_ACCOUNTS:
        raise LifeError(
            f"Book {posting.book}: account {posting.source} holds "
            f"{balances.get(posting.source, 0):,} kBq; {posting.kbq:,} kBq cannot leave it."
        )
    return after
