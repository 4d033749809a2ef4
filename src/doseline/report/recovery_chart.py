"""Doses on time week by week under each shock, as small charts; needs the charts extra."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import altair as alt

from doseline.report.chart_style import Drawing, Rows, at_y, data, side_by_side
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
    return side_by_side(drawn, columns, {"row": 28, "column": _GAP})


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
    rows: Rows = [
        {"on": on.isoformat(), "without": calm, "hit": hit, "most": max(calm, hit)}
        for on, hit, calm in [*shown, (last, *shown[-1][1:])]
    ]
    x = days(first, last, width)
    axis = alt.Axis(
        title=None, tickCount=4, format="~r", grid=True, gridColor=GRID, domain=False, ticks=False
    )
    y = alt.Y("hit:Q", scale=alt.Scale(domain=[0, top], nice=True), axis=axis)
    base = alt.Chart(data(rows)).encode(x=x)
    layers = [
        base.mark_area(interpolate="step-after", color=LINES[1], opacity=0.22).encode(
            y=y, y2=alt.Y2("most:Q")
        ),
        base.mark_line(
            interpolate="step-after", color=LINES[0], strokeWidth=2, strokeDash=list(DASHES[1])
        ).encode(y=alt.Y("without:Q")),
        base.mark_line(interpolate="step-after", color=LINES[1], strokeWidth=2.5).encode(y=y),
        *_marks(panel, first, last),
    ]
    title = alt.TitleParams(
        panel.title, subtitle=panel.says, anchor="start", fontSize=12, color=INK,
        subtitleFontSize=11, subtitleColor=QUIET, offset=8,
    )  # fmt: skip
    return alt.layer(*layers).properties(width=width, height=96, title=title)


def _marks(panel: Panel, first: date, last: date) -> list[alt.Chart]:
    """The first day of the shock, and the day of recovery with its interval along the top."""
    begins: Rows = [{"on": panel.begins_on.isoformat()}]
    layers = [alt.Chart(data(begins)).mark_rule(color=QUIET, strokeWidth=1).encode(x=alt.X("on:T"))]
    if panel.recovered is None:
        return layers
    mean, low, high = (min(max(on, first), last).isoformat() for on in panel.recovered)
    base = alt.Chart(data([{"on": mean, "low": low, "high": high}]))
    return [
        *layers,
        base.mark_rule(color=LINES[3], strokeWidth=5, opacity=0.45).encode(
            x=alt.X("low:T"), x2=alt.X2("high:T"), y=at_y(0)
        ),
        base.mark_rule(color=LINES[3], strokeWidth=2, strokeDash=list(DASHES[4])).encode(
            x=alt.X("on:T")
        ),
        base.mark_point(
            shape="triangle-down", size=70, fill=LINES[3], stroke=None, opacity=1
        ).encode(x=alt.X("on:T"), y=at_y(0)),
    ]
