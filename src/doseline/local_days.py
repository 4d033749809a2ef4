"""When local days begin and walls show a time, for many days at once, as columns of minutes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from doseline.clock import local_minute, midnight

__all__ = ["midnights", "walls"]

_DAY = 1440
_BLOCK = 1024  # so many days are looked up at once
_STRIDE = 2  # no clock is put forward and back within so many days: Freetown 1939 took four


@lru_cache(maxsize=64)
def midnights(zone: str, first: int, days: int) -> NDArray[np.int64]:
    """When each day begins in a zone, from one day (`date.toordinal()`) on.

    Minutes of UTC since 1 January of the year 1, as many as `days`. Raises CalendarError for an
    unknown zone.

    >>> midnights("UTC", 1, 3).tolist()
    [0, 1440, 2880]
    """
    low, high = first // _BLOCK, (first + days - 1) // _BLOCK
    found = np.concatenate([_block(zone, number) for number in range(low, high + 1)])
    begin = first - low * _BLOCK
    return found[begin : begin + days]


@lru_cache(maxsize=256)
def walls(zone: str, minute: int, first: int, days: int) -> NDArray[np.int64]:
    """When a wall in a zone shows a time, a minute of the day, each day; as `midnights`.

    >>> walls("UTC", 90, 1, 2).tolist()
    [90, 1530]
    """
    starts = midnights(zone, first, days + 1)
    found = starts[:-1] + minute
    for n in np.flatnonzero(np.diff(starts) != _DAY).tolist():
        found[n] = local_minute(first + n, minute, zone)
    return found


@lru_cache(maxsize=512)
def _block(zone: str, number: int) -> NDArray[np.int64]:
    """When days begin: every other one by the zone's rules, those between where it is plain."""
    first = number * _BLOCK
    known = [midnight(max(1, first + d), zone) for d in range(0, _BLOCK + 1, _STRIDE)]
    edges = np.array(known, np.int64)
    found: NDArray[np.int64] = (edges[:-1, None] + _DAY * np.arange(_STRIDE)).reshape(-1)
    for n in np.flatnonzero(np.diff(edges) != _STRIDE * _DAY).tolist():
        for d in range(_STRIDE * n + 1, _STRIDE * n + _STRIDE):
            found[d] = midnight(max(1, first + d), zone)
    return found
