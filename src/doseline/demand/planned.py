"""Doses that fall in some days if every course goes as planned: known of each future beforehand.

Who starts is drawn before any supply, so it is known of a future how many doses its demand would
ask for, and of all futures together what the mean of that is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from doseline.demand.drawing import market_days
from doseline.demand.luck import Floats, Ints
from doseline.demand.starts import market_starts
from doseline.operations.crowd import Crowd
from doseline.operations.routes import ways_of
from doseline.programme import Programme
from doseline.programme.course import entering_fraction
from doseline.programme.market import Market

Spans = tuple[tuple[date, date], ...]
"""First and last day of each."""


class Planned:
    """Planned doses of the markets of a programme in the uptake cases named (by market).

    A market without a named case has the mean of its cases by weight. Counted are courses that
    start on some days (ordinals).
    """

    def __init__(self, programme: Programme, cases: Mapping[str, str], days: range) -> None:
        self.programme, self.cases, self.days = programme, dict(cases), days
        self._upto: dict[str, Floats] = {}

    def of_futures(self, market: Market, crowds: Sequence[Crowd], spans: Spans) -> Floats:
        """The doses that those who start in a market would ask for: futures (rows) by spans."""
        starts = [_starts(crowd, market.id) for crowd in crowds]
        future = np.repeat(np.arange(len(crowds)), [len(s) for s in starts])
        at = np.concatenate([*starts, np.zeros(0, np.int64)]) - self.days.start
        here = (at >= 0) & (at < len(self.days))
        size = len(crowds) * len(self.days)
        counts = np.bincount(future[here] * len(self.days) + at[here], minlength=size)
        return self._doses(market, _upto(counts.reshape(len(crowds), -1)), spans)

    def means(self, market: Market, spans: Spans) -> Floats:
        """The mean of that over all futures, in closed form, for each span."""
        if market.id not in self._upto:
            self._upto[market.id] = _upto(self._expected(market)[None, :])
        found: Floats = self._doses(market, self._upto[market.id], spans)[0]
        return found

    def _doses(self, market: Market, upto: Any, spans: Spans) -> Floats:
        """Doses in each span (columns), from how many have started before each day (columns).

        Each counts as much as patients are likely to come so far.
        """
        found, goes = np.zeros((len(upto), len(spans))), 1.0
        for visit in market.arm.visits:
            goes *= entering_fraction(visit)
            before = self.days.start + visit.day - market.arm.visits[0].day
            edges = np.array([(a.toordinal(), b.toordinal() + 1) for a, b in spans]) - before
            low, high = np.clip(edges, 0, len(self.days)).T
            found += goes * (upto[:, high] - upto[:, low])
        return found

    def _expected(self, market: Market) -> Floats:
        """First doses expected on each day, once they are on days on which their sites treat."""
        calendar = market_days(self.programme, ways_of(self.programme), market)
        case = self.cases.get(market.id)
        due = market_starts(self.programme, market, case, calendar.first_day, calendar.days)
        given = calendar.on_treatment_days(due, 0, 0).sum(axis=0)
        found = np.zeros(len(self.days))
        begin = calendar.first_day - self.days.start
        low, high = max(begin, 0), min(begin + len(given), len(found))
        if low < high:
            found[low:high] = given[low - begin : high - begin]
        return found


def _upto(counts: Any) -> Any:
    """How many there are before each day, and before the day behind the last one."""
    found = np.zeros((counts.shape[0], counts.shape[1] + 1), counts.dtype)
    np.cumsum(counts, axis=1, out=found[:, 1:])
    return found


def _starts(crowd: Crowd, market: str) -> Ints:
    """The days (ordinals) of the first doses in a market."""
    throng = crowd.throng
    if throng is None:
        return np.array([p.first_day for p in crowd if p.protocol == market], np.int64)
    columns, here = throng.columns, slice(*throng.begins[crowd.place : crowd.place + 2])
    which = next((n for n, kind in enumerate(columns.kinds) if kind.protocol == market), -1)
    found: Ints = columns.first_day[here][columns.kind[here] == which]
    return found
