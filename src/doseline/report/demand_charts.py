"""The orders that are asked for over time, and the course of an enrolment; needs the charts extra.

In both a light band holds nine of ten futures, a dark one half of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

import altair as alt

from doseline.demand import Band, PeriodDemand
from doseline.demand.forecast import EnrolledBy
from doseline.report.chart_style import Drawing, at_x, data
from doseline.report.palette import (
    GRID,
    INK,
    INNER_BAND,
    MEAN_COLOUR,
    MEAN_DASH,
    OUTER_BAND,
    TARGET_COLOUR,
    TARGET_DASH,
)
from doseline.report.time_axis import days, end_of, marked

Shape = Literal["linear", "step-after"]


def demand_bands(
    rows: Sequence[PeriodDemand], width: int, title: str, unit: str, top: float
) -> Drawing:
    """Orders of each month or week (`unit`): median and mean between the bands of the futures.

    The scale ends at `top`, so that charts of the same demand can be compared.
    """
    first, last = rows[0].from_on, end_of(rows[-1].from_on, unit)
    values = [_row(r.from_on, r.orders) for r in rows]
    values.append({**values[-1], "on": last.isoformat()})
    base = alt.Chart(data(values)).encode(x=days(first, last, width))
    mean = base.mark_line(
        interpolate="step-after", color=MEAN_COLOUR, strokeDash=list(MEAN_DASH), strokeWidth=1.25
    ).encode(y=alt.Y("mean:Q"))
    layers = [*_bands(base, top, "step-after"), mean, _median(base, "step-after")]
    return _titled(layers, width, 180, title)


def enrolment_bands(rows: Sequence[EnrolledBy], target: int, width: int, title: str) -> Drawing:
    """Patients enrolled by the end of each month, from the record's last day to the target."""
    first, last = rows[0].by_on, rows[-1].by_on
    base = alt.Chart(data([_row(r.by_on, r.patients) for r in rows])).encode(
        x=days(first, last, width)
    )
    wanted = alt.Chart(data([{"target": target, "says": f"target: {target} patients"}])).encode(
        y=alt.Y("target:Q")
    )
    layers = [
        *_bands(base, target * 1.15, "linear"),
        _median(base, "linear"),
        wanted.mark_rule(color=TARGET_COLOUR, strokeDash=list(TARGET_DASH), strokeWidth=1.5),
        wanted.mark_text(
            align="right", baseline="bottom", dy=-4, color=TARGET_COLOUR, fontWeight="bold"
        ).encode(x=at_x(width), text=alt.Text("says:N")),
        *marked([(first, f"record until {first.day} {first:%b %Y}")], first, last),
    ]
    return _titled(layers, width, 220, title)


def _row(on: date, found: Band) -> dict[str, float | str]:
    return {
        "on": on.isoformat(),
        "low90": found.low_90,
        "low50": found.low_50,
        "median": found.median,
        "mean": found.mean,
        "high50": found.high_50,
        "high90": found.high_90,
    }


def _bands(base: alt.Chart, top: float, shape: Shape) -> list[alt.Chart]:
    scale = alt.Scale(domain=[0, top])
    axis = alt.Axis(
        title=None, tickCount=max(1, min(5, int(top))), tickMinStep=1, format="~s",
        grid=True, gridColor=GRID, domain=False, ticks=False, minExtent=26,
        labelPadding=6,
    )  # fmt: skip
    return [
        base.mark_area(interpolate=shape, color=colour).encode(
            y=alt.Y(f"low{level}:Q", scale=scale, axis=axis), y2=alt.Y2(f"high{level}:Q")
        )
        for level, colour in (("90", OUTER_BAND), ("50", INNER_BAND))
    ]


def _median(base: alt.Chart, shape: Shape) -> Drawing:
    return base.mark_line(interpolate=shape, color=INK, strokeWidth=1.5).encode(y=alt.Y("median:Q"))


def _titled(layers: Sequence[Drawing], width: int, height: int, title: str) -> Drawing:
    heading = alt.TitleParams(title, anchor="start", fontSize=13, color=INK, offset=12)
    return alt.layer(*layers).properties(width=width, height=height, title=heading)
