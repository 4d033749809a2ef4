"""Guards of time, materials, equipment and possession. Each is named by what it ensures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from doseline.records.activity import minutes_between
from doseline.records.guards.refusing import refuse
from doseline.records.possession import arrivals_at, held_kbq
from doseline.records.state import Record
from doseline.records.things import Lot

__all__ = [
    "equipment_is_in_date",
    "late_entry_says_why",
    "licence_has_room",
    "lot_may_be_used",
    "nothing_happens_before_what_it_follows",
]


def late_entry_says_why(at: str, now: str, reason: str, limit_min: int) -> None:
    """What is written long after it happened says why. [ICH E6(R3) 4.2.2; EU Annex 11 §9]"""
    if minutes_between(at, now) > limit_min and not reason:
        refuse(
            f"This happened at {at} and is written at {now}: a late entry gives its reason.",
            "EU Annex 11 §9",
        )


def nothing_happens_before_what_it_follows(record: Record, streams: Iterable[str], at: str) -> None:
    """Nothing happens to a thing before what happened to it last. [21 CFR 11.10(f)]"""
    for stream in streams:
        last = record.last_at.get(stream, "")
        if at < last:
            refuse(
                f"{stream} was last touched at {last}; nothing can have happened to it at {at}.",
                "21 CFR 11.10(f)",
            )


def equipment_is_in_date(record: Record, names: Iterable[str], at: str) -> None:
    """Equipment that is used is calibrated, qualified or certified that day. [21 CFR 211.68(a)]"""
    for name in names:
        tool = record.tool(name)
        if tool.until_at < at:
            ended = f"ended on {tool.until_at[:10]}" if tool.until_at else "is not on record"
            refuse(f"The calibration of {name} {ended}.", "21 CFR 211.68(a)")


def lot_may_be_used(lot: Lot, at: str) -> None:
    """A lot is used after its release and before it expires. [21 CFR 211.84(a)]"""
    if lot.state != "released":
        refuse(f"Lot {lot.id} is {lot.state}, not released.", "21 CFR 211.84(a)")
    if lot.expires_at and lot.expires_at <= at:
        refuse(f"Lot {lot.id} expired at {lot.expires_at}.", "21 CFR 211.137")


def licence_has_room(
    record: Record, facility: str, nuclide: str, added_kbq: int, at: str, half_life_ms: int
) -> None:
    """A place never holds more than its licence, at this arrival or at a later one. [10 CFR 30.34]

    What is planned to arrive counts at its hour; nothing is taken to leave. Decay makes the
    possession fall between arrivals, so only arrivals are looked at.
    """
    if not nuclide:
        return
    for when in _moments(record, facility, nuclide, at):
        decayed = added_kbq * 0.5 ** (minutes_between(at, when) / (half_life_ms / 60_000))
        total = held_kbq(record, facility, nuclide, when) + round(decayed)
        limit = _limit_kbq(record, facility, nuclide, when)
        if total > limit:
            refuse(
                f"{facility} would hold {total:,} kBq of {nuclide} at {when}, "
                f"and may hold {limit:,} kBq.",
                "10 CFR 30.34(c)",
            )


def _moments(record: Record, facility: str, nuclide: str, at: str) -> Iterator[str]:
    yield at
    yield from (when for when in arrivals_at(record, facility, nuclide) if when > at)


def _limit_kbq(record: Record, facility: str, nuclide: str, at: str) -> int:
    licences = record.facility(facility).licences.values()
    return max(
        (x.limit_kbq for x in licences if x.nuclide == nuclide and at < x.until_at), default=0
    )
