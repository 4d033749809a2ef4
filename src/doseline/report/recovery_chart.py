"""Doses on time week by week under each shock, as small charts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from doseline.report.chart_style import (
    Drawing,
    Rows,
    Spec,
    at,
    data,
    field,
    layered,
    mark,
    until,
)
from doseline.report.palette import DASHES, GRID, INK, LINES, QUIET
from doseline.report.time_axis import days

MOST_POINTS = 26
"""A longer stretch is drawn in means of several weeks, so that its lines can be told apart."""

_GAP = 36


@dataclass(frozen=True, slots=True)
class Panel:
    """One shock on one design: doses on time a week with it and without, and its recovery.

    `recovered` is the mean day of the last dose touched with its 95 % interval, None where the
    shock touched none or never ends.
    """

    title: str
    says: str
    weeks: tuple[tuple[date, float, float], ...]
    begins_on: date
    recovered: tuple[date, date, date] | None


def recovery(panels: Sequence[Panel], width: int) -> Drawing:
    """Small charts, two beside each other on a wide page, all on one scale of doses a week."""
    columns = 2 if width > 500 else 1
    each = (width - (columns - 1) * _GAP) // columns
    top = max((max(w[1:]) for p in panels for w in bunched(p.weeks)), default=1.0)
    drawn = [_panel(p, each, max(top, 1.0)) for p in panels]
    return {"concat": drawn, "columns": columns, "spacing": {"row": 28, "column": _GAP}}


def bunched(
    weeks: Sequence[tuple[date, float, float]],
) -> list[tuple[date, float, float]]:
    """Weeks as they are, or the means of so many at a time that few enough are left.

    >>> one = [(date(2022, 1, 3) + timedelta(weeks=i), float(i), 0.0) for i in range(52)]
    >>> [round(w[1], 1) for w in bunched(one)][:3], len(bunched(one))
    ([0.5, 2.5, 4.5], 26)
    """
    size = math.ceil(len(weeks) / MOST_POINTS) or 1
    parts = [weeks[i : i + size] for i in range(0, len(weeks), size)]
    return [(p[0][0], sum(w[1] for w in p) / len(p), sum(w[2] for w in p) / len(p)) for p in parts]


def _panel(panel: Panel, width: int, top: float) -> Drawing:
    shown = bunched(panel.weeks)
    first, last = panel.weeks[0][0], panel.weeks[-1][0] + timedelta(weeks=1)
    values: Rows = [
        {"on": on.isoformat(), "without": calm, "hit": hit, "most": max(calm, hit)}
        for on, hit, calm in [*shown, (last, *shown[-1][1:])]
    ]
    rows, x = data(values), days(first, last, width)
    axis = {
        "title": None, "tickCount": 4, "format": "~r", "grid": True, "gridColor": GRID,
        "domain": False, "ticks": False,
    }  # fmt: skip
    y = field("hit:Q", scale={"domain": [0, top], "nice": True}, axis=axis)
    layers = [
        mark(
            "area", rows, {"x": x, "y": y, "y2": until("most")},
            interpolate="step-after", color=LINES[1], opacity=0.22,
        ),
        mark(
            "line", rows, {"x": x, "y": field("without:Q")}, interpolate="step-after",
            color=LINES[0], strokeWidth=2, strokeDash=list(DASHES[1]),
        ),
        mark(
            "line", rows, {"x": x, "y": y},
            interpolate="step-after", color=LINES[1], strokeWidth=2.5,
        ),
        *_marks(panel, first, last),
    ]  # fmt: skip
    title = {
        "text": panel.title, "subtitle": panel.says, "anchor": "start", "fontSize": 12,
        "color": INK, "subtitleFontSize": 11, "subtitleColor": QUIET, "offset": 8,
    }  # fmt: skip
    return layered(layers, width, 96) | {"title": title}


def _marks(panel: Panel, first: date, last: date) -> list[Spec]:
    """The first day of the shock, and the day of recovery with its interval along the top."""
    begins = data([{"on": panel.begins_on.isoformat()}])
    on = field("on:T")
    layers = [mark("rule", begins, {"x": on}, color=QUIET, strokeWidth=1)]
    if panel.recovered is None:
        return layers
    mean, low, high = (min(max(on, first), last).isoformat() for on in panel.recovered)
    recovered = data([{"on": mean, "low": low, "high": high}])
    return [
        *layers,
        mark(
            "rule", recovered, {"x": field("low:T"), "x2": until("high"), "y": at(0)},
            color=LINES[3], strokeWidth=5, opacity=0.45,
        ),
        mark(
            "rule", recovered, {"x": on},
            color=LINES[3], strokeWidth=2, strokeDash=list(DASHES[4]),
        ),
        mark(
            "point", recovered, {"x": on, "y": at(0)},
            shape="triangle-down", size=70, fill=LINES[3], stroke=None, opacity=1,
        ),
    ]  # fmt: skip
