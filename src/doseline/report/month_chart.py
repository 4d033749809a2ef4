"""Demand against capacity over the months; needs the charts extra."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import altair as alt

from doseline.report.chart_style import Drawing, Rows, data, whole
from doseline.report.palette import BAND_50, BAND_95, DASHES, GRID, INK, LINES
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
    x = alt.X("month:T", scale=alt.Scale(type="utc"), axis=_months_axis(months, width))
    y_axis = alt.Axis(
        title=None, tickCount=5, format="~s", grid=True, gridColor=GRID, domain=False, ticks=False
    )
    base = alt.Chart(data(asked)).encode(x=x)
    bands = [
        base.mark_area(interpolate="step-after", color=colour).encode(
            y=alt.Y(f"low{level}:Q", scale=y_scale, axis=y_axis), y2=f"high{level}:Q"
        )
        for level, colour in (("95", BAND_95), ("50", BAND_50))
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
    layers = [*bands, *lines, median, *_marked(marks, months, width)]
    heading = alt.TitleParams(title, anchor="start", fontSize=13, color=INK, offset=12)
    return whole(alt.layer(*layers).properties(width=width, height=200, title=heading))


def _asked(months: Sequence[MonthRow]) -> Rows:
    rows: Rows = [
        {
            "month": m.month.isoformat(),
            "low95": m.low95,
            "low50": m.low50,
            "median": m.median,
            "high50": m.high50,
            "high95": m.high95,
        }
        for m in months
    ]
    return [*rows, {**rows[-1], "month": _next_month(months[-1].month).isoformat()}]


def _capacity(months: Sequence[MonthRow], designs: Sequence[str], ceiling: float) -> Rows:
    rows: Rows = []
    for design in designs:
        known = [(m.month, m.capacity[design]) for m in months if design in m.capacity]
        if known:
            known.append((_next_month(known[-1][0]), known[-1][1]))
        rows += [
            {"month": on.isoformat(), "design": design, "doses": min(value, ceiling)}
            for on, value in known
            if not math.isnan(value)
        ]
    return rows


def _next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _months_axis(months: Sequence[MonthRow], width: int) -> alt.Axis:
    years = (months[-1].month - months[0].month).days / 365.25
    room = max(2, width // 70)
    if years <= 1.5:
        return alt.Axis(title=None, format="%b %y", tickCount=min(room, 12), grid=False)
    step = max(1, math.ceil(years / room))
    ticks = alt.TimeIntervalStep(interval="year", step=step)
    return alt.Axis(title=None, format="%Y", tickCount=ticks, grid=False)


def _marked(
    marks: Sequence[tuple[date, str]], months: Sequence[MonthRow], width: int
) -> list[alt.Chart]:
    first, last = months[0].month, _next_month(months[-1].month)
    layers: list[alt.Chart] = []
    for on, said in marks:
        late = (on - first).days > 0.55 * (last - first).days
        base = alt.Chart(data([{"month": on.isoformat(), "says": said}])).encode(x="month:T")
        layers.append(base.mark_rule(color=LINES[1], strokeDash=[4, 3], strokeWidth=1.5))
        layers.append(
            base.mark_text(
                align="right" if late else "left",
                dx=-5 if late else 5,
                dy=4,
                baseline="top",
                color=LINES[1],
                fontSize=11,
                fontWeight="bold",
            ).encode(y=alt.value(0), text="says:N")
        )
    return layers
