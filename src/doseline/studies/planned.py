"""What is known of the demand of futures that are played: doses as planned, and their mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from doseline.demand.planned import Planned, Spans
from doseline.operations.crowd import Crowd
from doseline.programme import Programme
from doseline.simulate import Period
from doseline.studies.controls import Controls
from doseline.studies.demands import demand_of
from doseline.studies.runs import LOOK_BACK, Play, crowds_of

_KEPT = 8
_known: list[tuple[Programme, Planned]] = []


def planned_demand(
    programme: Programme,
    run: Play,
    periods: Sequence[Period],
    from_on: date,
    until_on: date,
    cases: Mapping[str, str] | None,
    within: date | None = None,
) -> dict[str, Controls]:
    """Of each period, the doses of every market that each of some futures would ask for.

    The futures are those that `runs.play` plays between the same days. Where there is no market,
    nothing is known of them.
    """
    days = range((from_on - LOOK_BACK).toordinal(), until_on.toordinal() + 1)
    planned = _planned(demand_of(programme), cases or {}, days)
    of_periods = [_spans(period.from_on, period.until_on) for period in periods]
    spans = tuple(span for own in of_periods for span in own)
    drawn = crowds_of(programme, run.seed, from_on, until_on, dict(cases or {}), None, within)
    crowds = list(drawn.several(range(run.first, run.first + run.replications)))
    found = _side_by_side(planned, crowds, spans)
    return _by_period(periods, of_periods, found, len(planned.programme.markets))


def _side_by_side(planned: Planned, crowds: Sequence[Crowd], spans: Spans) -> Controls:
    """Span after span, in each the markets side by side."""
    markets = planned.programme.markets
    if not markets or not spans:
        return Controls(((),) * len(crowds), ())
    rows = np.stack([planned.of_futures(m, crowds, spans) for m in markets], axis=2)
    means = np.stack([planned.means(m, spans) for m in markets], axis=1)
    each = rows.reshape(len(crowds), -1).tolist()
    return Controls(tuple(map(tuple, each)), tuple(means.reshape(-1).tolist()))


def _by_period(
    periods: Sequence[Period], spans: Sequence[Spans], found: Controls, markets: int
) -> dict[str, Controls]:
    parts, begin = {}, 0
    for period, own in zip(periods, spans, strict=True):
        end = begin + len(own) * markets
        rows = tuple(row[begin:end] for row in found.rows)
        parts[period.id] = Controls(rows, found.means[begin:end])
        begin = end
    return parts


def _spans(from_on: date, until_on: date) -> Spans:
    """A period as a whole, and its first three quarters: what is left of the whole is the last."""
    quarter = (until_on - from_on + timedelta(days=1)) / 4
    edges = [from_on + n * quarter for n in range(4)]
    parts = [(a, b - timedelta(days=1)) for a, b in pairwise(edges) if a < b]
    return ((from_on, until_on), *parts)


def _planned(demand: Programme, cases: Mapping[str, str], days: range) -> Planned:
    """The planned doses of a demand, remembered."""
    for known, found in _known:
        if known is demand and found.cases == cases and found.days == days:
            return found
    made = Planned(demand, cases, days)
    _known.append((demand, made))
    del _known[:-_KEPT]
    return made
