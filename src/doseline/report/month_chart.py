"""Demand against capacity over the months."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from doseline.report.chart_style import Drawing, Rows, Spec, data, field, layered, mark, until
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
    asked = data(_asked(months))
    capacity = _capacity(months, designs, ceiling)
    first, last = months[0].month, months[-1].month
    x = days(first, last, width)
    axis = {
        "title": None, "tickCount": 5, "format": "~s", "grid": True, "gridColor": GRID,
        "domain": False, "ticks": False,
    }  # fmt: skip
    scale = {"domain": [0, ceiling], "nice": True}
    bands = [
        mark(
            "area", asked,
            {
                "x": x,
                "y": field(f"low{level}:Q", scale=scale, axis=axis),
                "y2": until(f"high{level}"),
            },
            interpolate="step-after", color=colour,
        )
        for level, colour in (("95", OUTER_BAND), ("50", INNER_BAND))
    ]  # fmt: skip
    median = mark(
        "line", asked, {"x": x, "y": field("median:Q")},
        interpolate="step-after", color=INK, strokeWidth=1.5,
    )  # fmt: skip
    lines = [_line(x, [r for r in capacity if r["design"] == d], i) for i, d in enumerate(designs)]
    layers = [*bands, *lines, median, *marked(marks, first, end_of(last, "month"))]
    heading = {"text": title, "anchor": "start", "fontSize": 13, "color": INK, "offset": 12}
    return layered(layers, width, 200) | {"title": heading}


def _line(x: Spec, rows: Rows, number: int) -> Spec:
    """What one design can make; the first of them is drawn the strongest."""
    return mark(
        "line", data(rows), {"x": x, "y": field("doses:Q")},
        interpolate="step-after",
        color=LINES[number % len(LINES)],
        strokeDash=list(DASHES[number % len(DASHES)]),
        strokeWidth=4 if number == 0 else 2.25,
        strokeCap="butt",
    )  # fmt: skip


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
