"""Deviations that a limit opens by itself."""

from __future__ import annotations

from collections.abc import Iterator

from doseline.records.facts.quality import DeviationOpened
from doseline.records.profile import profile_named
from doseline.records.state import Record

__all__ = ["deviation", "opened"]


def opened(record: Record, about: str, what: str) -> DeviationOpened:
    """A deviation that nobody had to open. Its number is given when it is written."""
    return DeviationOpened("", about, what, 1)


def deviation(
    record: Record, about: str, what: str, apart_kbq: int, of_kbq: int
) -> Iterator[DeviationOpened]:
    """A deviation where measurements disagree by more than the limit of the profile. [kBq]"""
    limit = profile_named(record.profile).variance_ppm
    if abs(apart_kbq) * 1_000_000 > limit * of_kbq:
        yield opened(
            record,
            about,
            f"The activity of {what} is {abs(apart_kbq):,} kBq apart of {of_kbq:,} kBq: "
            f"more than {limit / 10_000:g} %.",
        )
