"""Whole kilobecquerels at another instant: the one place where the record decays an activity.

The factor is that of `doseline.nuclides`; here it meets integers, instants with a zone, and the one
rounding. [conventions 2.4]
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from doseline.errors import QuantityError
from doseline.nuclides import decay_factor

__all__ = ["decayed_kbq", "elapsed_min", "kbq_at"]

_MINUTE = timedelta(minutes=1)


def decayed_kbq(kbq: int, elapsed_min: float, half_life_min: float) -> int:
    """A whole number of kBq after a time, or before it where the time is negative. [kBq]

    Rounded half to even, once. Raises QuantityError for an activity below zero or a half-life not
    above zero.

    >>> decayed_kbq(1_054_500, 24 * 60, 8.0249 * 1440)
    967241
    """
    if kbq < 0:
        raise QuantityError(f"an activity must be at least 0 kBq, got {kbq}")
    if not half_life_min > 0:
        raise QuantityError(f"a half-life must be above 0 min, got {half_life_min}")
    return round(kbq * decay_factor(elapsed_min, half_life_min))


def elapsed_min(start: datetime, end: datetime) -> float:
    """The time that passes between two instants, whatever the walls' clocks do meanwhile. [min]

    Raises QuantityError where one of them has no time zone.

    >>> from zoneinfo import ZoneInfo
    >>> toronto = ZoneInfo("America/Toronto")
    >>> friday = datetime(2022, 3, 11, 12, tzinfo=toronto)
    >>> elapsed_min(friday, datetime(2022, 3, 14, 12, tzinfo=toronto)) / 60
    71.0
    """
    for instant in (start, end):
        if instant.utcoffset() is None:
            raise QuantityError(
                f"an instant needs a time zone, got {instant.isoformat()} without one"
            )
    return (end.astimezone(UTC) - start.astimezone(UTC)) / _MINUTE


def kbq_at(kbq: int, calibrated_at: datetime, at: datetime, half_life_min: float) -> int:
    """What an activity, known at its calibration time, is at another instant. [kBq]

    Errors are those of `decayed_kbq` and `elapsed_min`.

    >>> noon = datetime(2022, 5, 13, 12, tzinfo=UTC)
    >>> kbq_at(1_054_500, noon, noon - timedelta(days=3), 8.0249 * 1440)
    1366415
    """
    return decayed_kbq(kbq, elapsed_min(calibrated_at, at), half_life_min)
