"""The orders that are asked for over time, and the course of an enrolment.

In both a light band holds nine of ten futures, a dark one half of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from doseline.demand import Band, PeriodDemand
from doseline.demand.forecast import EnrolledBy
from doseline.report.chart_style import Drawing, Spec, at, data, field, layered, mark, until
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
    orders, x = data(values), days(first, last, width)
    mean = mark(
        "line", orders, {"x": x, "y": field("mean:Q")}, interpolate="step-after",
        color=MEAN_COLOUR, strokeDash=list(MEAN_DASH), strokeWidth=1.25,
    )  # fmt: skip
    layers = [*_bands(orders, x, top, "step-after"), mean, _median(orders, x, "step-after")]
    return _titled(layers, width, 180, title)


def enrolment_bands(rows: Sequence[EnrolledBy], target: int, width: int, title: str) -> Drawing:
    """Patients enrolled by the end of each month, from the record's last day to the target."""
    first, last = rows[0].by_on, rows[-1].by_on
    patients, x = data([_row(r.by_on, r.patients) for r in rows]), days(first, last, width)
    wanted = data([{"target": target, "says": f"target: {target} patients"}])
    y = field("target:Q")
    layers = [
        *_bands(patients, x, target * 1.15, "linear"),
        _median(patients, x, "linear"),
        mark(
            "rule", wanted, {"y": y},
            color=TARGET_COLOUR, strokeDash=list(TARGET_DASH), strokeWidth=1.5,
        ),
        mark(
            "text", wanted, {"x": at(width), "y": y, "text": field("says:N")},
            align="right", baseline="bottom", dy=-4, color=TARGET_COLOUR, fontWeight="bold",
        ),
        *marked([(first, f"record until {first.day} {first:%b %Y}")], first, last),
    ]  # fmt: skip
    return _titled(layers, width, 220, title)


def _row(on: date, found: Band) -> dict[str, Any]:
    return {
        "on": on.isoformat(),
        "low90": found.low_90,
        "low50": found.low_50,
        "median": found.median,
        "mean": found.mean,
        "high50": found.high_50,
        "high90": found.high_90,
    }


def _bands(rows: Spec, x: Spec, top: float, shape: Shape) -> list[Spec]:
    scale = {"domain": [0, top]}
    axis = {
        "title": None, "tickCount": max(1, min(5, int(top))), "tickMinStep": 1, "format": "~s",
        "grid": True, "gridColor": GRID, "domain": False, "ticks": False, "minExtent": 26,
        "labelPadding": 6,
    }  # fmt: skip
    return [
        mark(
            "area", rows,
            {
                "x": x,
                "y": field(f"low{level}:Q", scale=scale, axis=axis),
                "y2": until(f"high{level}"),
            },
            interpolate=shape, color=colour,
        )
        for level, colour in (("90", OUTER_BAND), ("50", INNER_BAND))
    ]  # fmt: skip


def _median(rows: Spec, x: Spec, shape: Shape) -> Spec:
    channels = {"x": x, "y": field("median:Q")}
    return mark("line", rows, channels, interpolate=shape, color=INK, strokeWidth=1.5)


def _titled(layers: Sequence[Spec], width: int, height: int, title: str) -> Drawing:
    heading = {"text": title, "anchor": "start", "fontSize": 13, "color": INK, "offset": 12}
    return layered(layers, width, height) | {"title": heading}
