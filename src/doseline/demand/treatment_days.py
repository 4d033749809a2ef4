"""The days on which sites treat, as arrays over all the days of a span."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from doseline.demand.luck import Floats, Ints
from doseline.operations.routes import Ways
from doseline.operations.timetables import treated
from doseline.programme.course import SEARCH_DAYS
from doseline.programme.site import Site


class SiteDays:
    """The treatment days of sites (rows) between two days (columns), for whole arrays of days.

    A column past the end stands for never.
    """

    def __init__(self, sites: Sequence[Site], first_day: int, days: int) -> None:
        treats = np.array(
            [np.frombuffer(treated(s, first_day, days), dtype=bool) for s in sites], dtype=bool
        )
        here = np.arange(days, dtype=np.int64)
        self.sites = tuple(s.id for s in sites)
        self.first_day = first_day
        self.days = days
        later = np.where(treats, here, days)
        never = np.full((len(sites), 1), days, dtype=np.int64)
        self._next = np.minimum.accumulate(later[:, ::-1], axis=1)[:, ::-1]
        self._next = np.concatenate((self._next, never), axis=1)
        before = np.maximum.accumulate(np.where(treats, here, -1), axis=1)
        self._before = np.concatenate((np.full((len(sites), 1), -1), before), axis=1)
        self._by_window: dict[tuple[int, int], Ints] = {}

    def snapped(self, row: Ints, day: Ints, early_days: Ints | int, late_days: Ints | int) -> Ints:
        """What `course.snapped` gives for days (ordinals) with their windows, at sites by row.

        -1 where the site treats no more, or only past the end of the span.
        """
        here = np.clip(day - self.first_day, 0, self.days)
        following = self._next[row, here]
        before = self._before[row, here]
        inside = before >= np.maximum(here - early_days, 0)
        found = np.where((following > here + late_days) & inside, before, following)
        gone = (found >= self.days) | (found - here - late_days > SEARCH_DAYS)
        return np.where(gone, -1, found + self.first_day)

    def next_day(self, row: int, day: int) -> int | None:
        """The first treatment day of a site from a day on; None where there is none for a year."""
        here = min(max(day - self.first_day, 0), self.days)
        found = int(self._next[row, here])
        if found >= self.days or found - here > SEARCH_DAYS:
            return None
        return found + self.first_day

    def on_treatment_days(self, due: Floats, early_days: int, late_days: int) -> Floats:
        """Expected doses by the day due, put on the days on which they are given."""
        sites = len(due)
        rows = np.arange(sites)[:, None] * (self.days + 1)
        at = (rows + self._columns(early_days, late_days)).reshape(-1)
        given = np.bincount(at, weights=due.reshape(-1), minlength=sites * (self.days + 1))
        return np.asarray(given.reshape(sites, self.days + 1)[:, : self.days], dtype=np.float64)

    def _columns(self, early_days: int, late_days: int) -> NDArray[np.int64]:
        """For every column as a due day, the column on which its dose is given."""
        key = (early_days, late_days)
        if key not in self._by_window:
            row = np.arange(len(self._next))[:, None]
            day = self.first_day + np.arange(self.days, dtype=np.int64)[None, :]
            found = self.snapped(row, day, early_days, late_days)
            self._by_window[key] = np.where(found < 0, self.days, found - self.first_day)
        return self._by_window[key]


_KEPT = 24
_known: list[tuple[Ways, tuple[str, ...], int, int, SiteDays]] = []


def site_days(ways: Ways, sites: Sequence[Site], first_day: int, days: int) -> SiteDays:
    """The treatment days of sites over a span, remembered for the few last asked about."""
    names = tuple(s.id for s in sites)
    for known, of, first, count, found in _known:
        if known is ways and (of, first, count) == (names, first_day, days):
            return found
    _known.append((ways, names, first_day, days, SiteDays(sites, first_day, days)))
    del _known[:-_KEPT]
    return _known[-1][-1]
