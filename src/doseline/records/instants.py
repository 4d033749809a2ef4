"""Instants of the record: fixed-width UTC text with microseconds, kept and hashed as text.

`2016-11-28T14:00:00.000000Z` has 27 characters, so that the order of the text is the order of
time. Where a person named a time on a wall, the zone of that wall may follow in brackets, as in
RFC 9557: `2016-11-28T14:00:00.000000Z[America/Toronto]`; the instant before it stays UTC.
"""

import re
from datetime import UTC, datetime, timedelta

from doseline.clock import zone_named
from doseline.errors import CalendarError, LedgerError

__all__ = ["WIDTH", "instant_from_text", "instant_text", "microseconds_between", "zone_of"]

WIDTH = 27
_FORM = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6})Z(?:\[([A-Za-z][A-Za-z0-9_+\-/]*)\])?",
    re.ASCII,
)


def instant_text(at: datetime, zone: str | None = None) -> str:
    """The fixed-width text of an instant. Raises LedgerError where it has no time zone.

    >>> from datetime import UTC, datetime
    >>> instant_text(datetime(2016, 11, 28, 14, tzinfo=UTC), "America/Toronto")
    '2016-11-28T14:00:00.000000Z[America/Toronto]'
    """
    if at.utcoffset() is None:
        raise LedgerError(f"an instant needs a time zone, got {at.isoformat()} without one")
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    if zone is not None:
        text += f"[{_known_zone(zone)}]"
    return text


def instant_from_text(text: str) -> datetime:
    """The instant, in UTC, of a text of the record. Raises LedgerError where it is none.

    >>> instant_from_text("2016-11-28T14:00:00.000000Z").isoformat()
    '2016-11-28T14:00:00+00:00'
    """
    found = _FORM.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        at = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    except ValueError:
        raise LedgerError(
            f'found "{text}", expected an instant such as 2016-11-28T14:00:00.000000Z'
        ) from None
    if found[2] is not None:
        _known_zone(found[2])
    return at


def zone_of(text: str) -> str | None:
    """The zone named beside an instant, or None.

    >>> zone_of("2016-11-28T14:00:00.000000Z[America/Toronto]")
    'America/Toronto'
    """
    found = _FORM.fullmatch(text)
    return found[2] if found else None


def microseconds_between(earlier: str, later: str) -> int:
    """How long from one instant to another; negative where they are the other way round. [µs]

    >>> microseconds_between("2016-11-28T14:00:00.000000Z", "2016-11-28T14:00:01.000000Z")
    1000000
    """
    span = instant_from_text(later) - instant_from_text(earlier)
    return span // timedelta(microseconds=1)


def _known_zone(zone: str) -> str:
    try:
        return zone_named(zone).key
    except CalendarError as refused:
        raise LedgerError(str(refused)) from None
