"""The days on which sites treat, as arrays over all the days of a span."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from doseline.demand.luck import Floats
from doseline.operations.routes import Ways
from doseline.programme.course import SEARCH_DAYS
from doseline.programme.site import Site


class SiteDays:
    """The treatment days of sites (rows) between two days (columns), for whole arrays of days.

    A column past the end stands for never.
    """

    def __init__(self, ways: Ways, sites: Sequence[Site], first_day: int, days: int) -> None:
        span = range(first_day, first_day + days)
        treats = np.array([[ways.treats(s, d) for d in span] for s in sites], dtype=bool)
        here = np.arange(days, dtype=np.int64)
        self.days = days
        later = np.where(treats, here, days)
        self._next = np.minimum.accumulate(later[:, ::-1], axis=1)[:, ::-1]
        before = np.maximum.accumulate(np.where(treats, here, -1), axis=1)
        self._before = np.concatenate((np.full((len(sites), 1), -1), before[:, :-1]), axis=1)
        self._snapped: dict[tuple[int, int], NDArray[np.int64]] = {}

    def snapped(self, early_days: int, late_days: int) -> NDArray[np.int64]:
        """For every day as a due day, what `course.snapped` gives."""
        key = (early_days, late_days)
        if key not in self._snapped:
            here = np.arange(self.days, dtype=np.int64)
            inside = self._before >= np.maximum(here - early_days, 0)
            found = np.where((self._next > here + late_days) & inside, self._before, self._next)
            too_late = found - here - late_days > SEARCH_DAYS
            self._snapped[key] = np.where(too_late, self.days, found)
        return self._snapped[key]

    def on_treatment_days(self, due: Floats, early_days: int, late_days: int) -> Floats:
        """Expected doses by the day due, put on the days on which they are given."""
        sites = len(due)
        rows = np.arange(sites)[:, None] * (self.days + 1)
        at = (rows + self.snapped(early_days, late_days)).reshape(-1)
        given = np.bincount(at, weights=due.reshape(-1), minlength=sites * (self.days + 1))
        return np.asarray(given.reshape(sites, self.days + 1)[:, : self.days], dtype=np.float64)
