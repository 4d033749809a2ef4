"""Entries make a record: `fold` reads a ledger from its beginning, `folded` goes on."""

from __future__ import annotations

from collections.abc import Iterable

from doseline.records.entry import LEDGER_STREAM, Entry
from doseline.records.facts import KINDS, Fact, fact_of
from doseline.records.fold import custody, making, materials, places, quality, testing
from doseline.records.fold.taking import LATE_MIN, TAKES, batch_of, folded, take_into
from doseline.records.state import Record, Said

__all__ = ["AREAS", "LATE_MIN", "TAKES", "batch_of", "fact_said", "fold", "folded", "take_into"]

_NO_FACTS = (LEDGER_STREAM, "export")
"""Streams in which the ledger writes about itself."""

AREAS = (custody, making, materials, places, quality, testing)


def fact_said(entry: Entry) -> tuple[Fact, Said]:
    """What an entry says, and who said it when. Raises LifeError for an unknown kind."""
    said = Said(entry.actor, entry.happened_at[:27], entry.recorded_at, entry.role, entry.reason)
    return fact_of(KINDS, entry.kind, entry.body), said


def fold(entries: Iterable[Entry], record: Record | None = None) -> Record:
    """The record that entries make, from nothing or from a record that stood before them.

    Entries of the ledger itself (its keys, its clock, its exports) are passed over. Raises
    LifeError where an entry does not follow from those before it.
    """
    facts = (fact_said(e) for e in entries if e.stream.partition("/")[0] not in _NO_FACTS)
    return folded(record or Record(), facts)
