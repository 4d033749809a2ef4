"""Cells of a paper: what a reader sees, with the plain value beside it for machines.

A cell is a text, or a mapping with `shown` and the values it was made from, so that the PDF and the
JSON of a paper cannot say two things. [conventions 2.6, 3.2]
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import TypeAlias

from doseline.clock import zone_named
from doseline.errors import PaperError

__all__ = [
    "NONE",
    "Cell",
    "activity",
    "calibrated",
    "day",
    "gbq",
    "instant",
    "mark",
    "mci",
    "percent_ppm",
    "short_instant",
    "shown",
    "wall",
    "whole",
]

Cell: TypeAlias = str | Mapping[str, str | int]

NONE = "–"
"""What stands where there is nothing, so that no field of a record looks forgotten."""

SPACE = "\u00a0"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_KBQ_PER_MCI = 37_000


def _rounded(numerator: int, denominator: int, decimals: int) -> str:
    with localcontext() as exact:
        exact.prec = 60
        value = Decimal(numerator) / Decimal(denominator)
        shown = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
        return f"{shown:,}".replace("-", "−")


def _decimals(kbq: int, unit_kbq: int, usual: int) -> int:
    """The usual decimals, or six for an activity that these would show with one digit or none."""
    return 6 if 0 < abs(kbq) * 10**usual < 10 * unit_kbq else usual


def gbq(kbq: int) -> str:
    """An activity in GBq without its unit, to a ten-thousandth. [kBq]

    >>> gbq(1_054_500), gbq(37)
    ('1.0545', '0.000037')
    """
    return _rounded(kbq, 10**6, _decimals(kbq, 10**6, 4))


def mci(kbq: int) -> str:
    """An activity in mCi without its unit, to a hundredth. [kBq]

    >>> mci(1_054_500), mci(-37)
    ('28.50', '−0.001000')
    """
    return _rounded(kbq, _KBQ_PER_MCI, _decimals(kbq, _KBQ_PER_MCI, 2))


def activity(kbq: int) -> Cell:
    """An activity in GBq and mCi. [kBq]

    >>> activity(1_054_500)["shown"].replace(SPACE, " ")
    '1.0545 GBq (28.50 mCi)'
    """
    return _held(kbq)


def _held(kbq: int) -> Mapping[str, str | int]:
    shown = f"{gbq(kbq)}{SPACE}GBq ({mci(kbq)}{SPACE}mCi)"
    return {"shown": shown, "kbq": kbq, "gbq": gbq(kbq), "mci": mci(kbq)}


def calibrated(kbq: int, at: datetime, zone: str) -> Cell:
    """An activity and the instant at which it holds. [kBq]

    >>> at = datetime(2022, 5, 13, 15, tzinfo=UTC)
    >>> calibrated(1_054_500, at, "America/New_York")["shown"].replace(SPACE, " ")
    '1.0545 GBq (28.50 mCi) at 13 May 2022 11:00 EDT'
    """
    held, when = _held(kbq), _both(wall(at, zone), at, zone)
    at_when = f"at {when['shown']}".replace(" ", SPACE)
    return {**held, **when, "shown": f"{held['shown']} {at_when}"}


def day(on: date) -> str:
    """A date that no two countries read differently.

    >>> day(date(2022, 5, 3)).replace(SPACE, " ")
    '3 May 2022'
    """
    return f"{on.day}{SPACE}{_MONTHS[on.month - 1]}{SPACE}{on.year}"


def wall(at: datetime, zone: str) -> str:
    """Date, time and zone on the wall, with the hours from UTC where the zone has no short name.

    >>> wall(datetime(2022, 5, 13, 15, tzinfo=UTC), "America/New_York").replace(SPACE, " ")
    '13 May 2022 11:00 EDT'
    """
    if at.utcoffset() is None:
        raise PaperError(f"an instant on a paper needs a time zone, got {at.isoformat()}")
    local = at.astimezone(zone_named(zone))
    return f"{day(local)} {local:%H:%M}{SPACE}{_zone_name(local)}"


def short_instant(at: datetime, zone: str) -> Cell:
    """An instant without its year, for a narrow column beside a full date."""
    local = at.astimezone(zone_named(zone))
    short = f"{local.day} {_MONTHS[local.month - 1]} {local:%H:%M} {_zone_name(local)}"
    return _both(short.replace(" ", SPACE), at, zone)


def _zone_name(local: datetime) -> str:
    name = local.tzname() or ""
    return name if name.isalpha() else _offset(local)


def _offset(local: datetime) -> str:
    offset = local.utcoffset() or timedelta(0)
    sign = "−" if offset < timedelta(0) else "+"
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")


def instant(at: datetime | None, zone: str) -> Cell:
    """An instant: on the wall with its zone, in words; and in UTC beside it."""
    return NONE if at is None else _both(wall(at, zone), at, zone)


def _both(words: str, at: datetime, zone: str) -> Mapping[str, str | int]:
    return {"shown": words, "utc": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "zone": zone}


def mark(outcome: str) -> Cell:
    """An outcome as a word with a sign, never as a colour alone."""
    signs = {"passes": "✓ ", "fails": "✗ ", "": "… "}
    shown = signs.get(outcome, "") + (outcome or "awaited")
    return {"shown": shown.replace(" ", SPACE), "mark": outcome or "awaited"}


def percent_ppm(ppm: int) -> Cell:
    """A share in parts per million as a percentage.

    >>> percent_ppm(580_500)["shown"].replace(SPACE, " ")
    '58.05 %'
    """
    return {"shown": f"{_rounded(ppm, 10_000, 2)}{SPACE}%", "ppm": ppm}


def shown(value: Cell) -> str:
    """What a reader sees of a cell."""
    return value if isinstance(value, str) else str(value["shown"])


def whole(number: int) -> Cell:
    """A count."""
    return {"shown": f"{number:,}", "count": number}
