"""Quarters, and the weekly slots that can be taken in each. [model T1-T2]"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from doseline.plan.model.sets import Place, Sets
from doseline.programme import Programme
from doseline.programme.contract import Contract


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of a calendar year, as far as it lies inside a horizon."""

    name: str
    from_on: date
    until_on: date

    @property
    def days(self) -> int:
        """How many days of it there are."""
        return (self.until_on - self.from_on).days + 1


def quarters(from_on: date, until_on: date) -> tuple[Quarter, ...]:
    """The quarters of a horizon.

    >>> [q.name for q in quarters(date(2026, 2, 1), date(2026, 7, 1))]
    ['2026-Q1', '2026-Q2', '2026-Q3']
    """
    return tuple(_quarters(from_on, until_on))


def _quarters(from_on: date, until_on: date) -> Iterator[Quarter]:
    day = from_on
    while day <= until_on:
        number = (day.month - 1) // 3
        following = date(day.year + 1, 1, 1) if number == 3 else date(day.year, 3 * number + 4, 1)
        last = min(following - timedelta(days=1), until_on)
        yield Quarter(f"{day.year}-Q{number + 1}", day, last)
        day = following


def quarter_of(found: tuple[Quarter, ...], on: date) -> int:
    """The position of the quarter of a day; the first one for what comes before the horizon."""
    return max((n for n, q in enumerate(found) if q.from_on <= on), default=0)


WeeklySlot = tuple[str, str, str]
"""Line, weekday and local time of the start of labelling, and its kind."""


def weekly_slot(programme: Programme, place: Place) -> WeeklySlot:
    """The weekly slot that a place is one date of."""
    slot = place.slot
    zone = programme.manufacturer[slot.manufacturer].zone
    return slot.line, f"{programme.clock.local(slot.charge_at, zone):%A %H:%M}", str(slot.kind)


def taken_together(
    sets: Sets, found: tuple[Quarter, ...]
) -> dict[tuple[WeeklySlot, int], list[int]]:
    """The places of each weekly slot in each quarter."""
    together: dict[tuple[WeeklySlot, int], list[int]] = defaultdict(list)
    for s, place in enumerate(sets.places):
        if sets.of_place[s]:
            quarter = quarter_of(found, place.slot.starts_on)
            together[weekly_slot(sets.programme, place), quarter].append(s)
    return together


def days_of_term(contract: Contract, from_on: date, until_on: date) -> int:
    """Days between two that lie in the term of a contract."""
    first = max(d for d in (from_on, contract.from_on) if d is not None)
    last = min(d for d in (until_on, contract.until_on) if d is not None)
    return max((last - first).days + 1, 0)


def lead_days(programme: Programme, plant: str) -> int:
    """From the start of technology transfer to the first usable batch of a plant; 0 if not told."""
    leads = [
        (a.from_on - a.transfer_starts_on).days
        for a in programme.manufacturer[plant].makes
        if a.transfer_starts_on is not None
    ]
    return max(leads, default=0)
