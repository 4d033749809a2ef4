"""What holds of a record at every moment, whatever commands were asked for.

The guards keep these from being broken; this module does not know the guards, and says what is
broken where one fails. `broken` looks at a record, `broken_in_entries` at the ledger under it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from doseline.records.activity import minutes_between
from doseline.records.entry import Entry
from doseline.records.fold import LATE_MIN
from doseline.records.invariants import activity, custody, quality
from doseline.records.state import Record

__all__ = ["INVARIANTS", "broken", "broken_in_entries"]

INVARIANTS = (
    activity.activity_adds_up,
    activity.no_account_is_overdrawn,
    custody.each_vial_is_one_thing,
    custody.doses_were_fit_to_give,
    quality.nobody_checks_himself,
    quality.signatures_stand_for_what_is,
    custody.packages_are_lawful,
    custody.consignees_are_licensed,
    custody.custody_is_a_path,
    quality.labels_are_accounted_for,
    quality.late_tests_have_an_end,
    quality.recalls_reach_everybody,
)
"""Those that hold at every instant alike; possession (7) is asked for an instant."""


def broken(record: Record, now: str) -> tuple[str, ...]:
    """Every invariant that a record breaks, a sentence each, with its number first."""
    found = [said for invariant in INVARIANTS for said in invariant(record)]
    return (*found, *activity.possession_is_licensed(record, now))


def broken_in_entries(entries: Iterable[Entry]) -> Iterator[str]:
    """14 and 16. Positions have no gap, times of writing never fall, late entries say why."""
    last, due = "", -1
    for entry in entries:
        if due >= 0 and entry.position != due:
            yield f"14: entry {entry.position} follows entry {due - 1}"
        due = entry.position + 1
        if entry.recorded_at < last:
            yield f"16: entry {entry.position} was written before the one before it"
        last = entry.recorded_at
        if minutes_between(entry.happened_at, entry.recorded_at) > LATE_MIN and not entry.reason:
            yield f"16: entry {entry.position} is late without a reason"
