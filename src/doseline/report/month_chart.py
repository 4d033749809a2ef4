"""Demand against capacity over the months; needs the charts extra."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import altair as alt

from doseline.report.chart_style import Drawing, Rows, data
from doseline.report.palette import DASHES, GRID, INK, INNER_BAND, LINES, OUTER_BAND
from doseline.report.time_axis import days, end_of, marked
from doseline.studies.assessment import MonthRow


def demand(
    months: Sequence[MonthRow],
    designs: Sequence[str],
    width: int,
    title: str,
    ceiling: float,
    marks: Sequence[tuple[date, str]] = (),
) -> Drawing:
    """Doses asked for a month, median and bands, against what each design can make."""
    asked = _asked(months)
    capacity = _capacity(months, designs, ceiling)
    y_scale = alt.Scale(domain=[0, ceiling], nice=True)
    first, last = months[0].month, months[-1].month
    x = days(first, last, width)
    y_axis = alt.Axis(
        title=None, tickCount=5, format="~s", grid=True, gridColor=GRID, domain=False, ticks=False
    )
    base = alt.Chart(data(asked)).encode(x=x)
    bands = [
        base.mark_area(interpolate="step-after", color=colour).encode(
            y=alt.Y(f"low{level}:Q", scale=y_scale, axis=y_axis), y2=alt.Y2(f"high{level}:Q")
        )
        for level, colour in (("95", OUTER_BAND), ("50", INNER_BAND))
    ]
    median = base.mark_line(interpolate="step-after", color=INK, strokeWidth=1.5).encode(
        y=alt.Y("median:Q")
    )
    lines = [
        alt.Chart(data([r for r in capacity if r["design"] == d]))
        .mark_line(
            interpolate="step-after",
            color=LINES[i % len(LINES)],
            strokeDash=list(DASHES[i % len(DASHES)]),
            strokeWidth=4 if i == 0 else 2.25,
            strokeCap="butt",
        )
        .encode(x=x, y=alt.Y("doses:Q"))
        for i, d in enumerate(designs)
    ]
    layers = [*bands, *lines, median, *marked(marks, first, end_of(last, "month"))]
    heading = alt.TitleParams(title, anchor="start", fontSize=13, color=INK, offset=12)
    return alt.layer(*layers).properties(width=width, height=200, title=heading)


def _asked(months: Sequence[MonthRow]) -> Rows:
    rows: Rows = [
        {
            "on": m.month.isoformat(),
            "low95": m.low95,
            "low50": m.low50,
            "median": m.median,
            "high50": m.high50,
            "high95": m.high95,
        }
        for m in months
    ]
    return [*rows, {**rows[-1], "on": end_of(months[-1].month, "month").isoformat()}]


def _capacity(months: Sequence[MonthRow], designs: Sequence[str], ceiling: float) -> Rows:
    rows: Rows = []
    for design in designs:
        known = [(m.month, m.capacity[design]) for m in months if design in m.capacity]
        if known:
            known.append((end_of(known[-1][0], "month"), known[-1][1]))
        rows += [
            {"on": on.isoformat(), "design": design, "doses": min(value, ceiling)}
            for on, value in known
            if not math.isnan(value)
        ]
    return rows
