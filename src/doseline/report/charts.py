"""The ordinary charts, as Vega-Lite specifications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from doseline.report.chart_style import (
    Drawing,
    Rows,
    Spec,
    axis,
    data,
    field,
    layered,
    mark,
    said,
    svg,
    until,
)
from doseline.report.chart_style import rows as row_scale
from doseline.report.demand_charts import demand_bands, enrolment_bands
from doseline.report.frontier_chart import Spot, frontier
from doseline.report.month_chart import demand
from doseline.report.palette import BARS, EDGE, IN_BAR, LINES, PAPER
from doseline.report.recovery_chart import Panel, recovery
from doseline.report.tornado_chart import Swing, tornado
from doseline.report.waterfall_chart import Stair, waterfall

__all__ = [
    "BarRow",
    "Change",
    "Panel",
    "Segment",
    "Spot",
    "Stair",
    "Swing",
    "bars",
    "changes",
    "demand",
    "demand_bands",
    "enrolment_bands",
    "fitted",
    "frontier",
    "recovery",
    "svg",
    "tornado",
    "waterfall",
]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a bar: from, to, its place among the colours, the letter printed in it."""

    from_value: float
    to_value: float
    colour: int
    letter: str = ""


@dataclass(frozen=True, slots=True)
class BarRow:
    """A bar of stretches with its name above it on the left and what it says on the right."""

    name: str
    says: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """OTIF without and with a shock, each with its interval. Shares."""

    name: str
    says: str
    without: tuple[float, float, float]
    shocked: tuple[float, float, float]


def bars(rows: Sequence[BarRow], axis_title: str, width: int) -> Drawing:
    """Bars of several stretches, one above the other, named above each bar."""
    stretches: Rows = [
        {
            "row": i,
            "from": s.from_value,
            "to": s.to_value,
            "middle": (s.from_value + s.to_value) / 2,
            "colour": s.colour % len(BARS),
            "letter": s.letter,
        }
        for i, r in enumerate(rows)
        for s in r.segments
    ]
    values, y = data(stretches), row_scale(len(rows))
    x = field(
        "from:Q",
        axis=axis(axis_title, "format(datum.value, ',')", width),
        scale={"nice": True},
    )
    scale = {"domain": list(range(len(BARS))), "range": list(BARS)}
    colour = field("colour:N", scale=scale, legend=None)
    layers = [
        mark(
            "bar", values, {"x": x, "x2": until("to"), "y": y, "color": colour},
            height=22, yOffset=14, stroke=PAPER, strokeWidth=1,
        ),
        mark(
            "text", values, {"x": field("middle:Q"), "y": y, "text": field("letter:N")},
            yOffset=14, fontSize=11, color=IN_BAR,
        ),
        *said([(r.name, r.says) for r in rows], width),
    ]  # fmt: skip
    return layered(layers, width, {"step": 68 if _narrow(width) else 54})


def changes(rows: Sequence[Change], width: int) -> Drawing:
    """OTIF with and without each shock: an open ring without, a full diamond with it."""
    told: Rows = [
        {
            "row": i,
            "without": r.without[0],
            "without_low": r.without[1],
            "without_high": r.without[2],
            "with": r.shocked[0],
            "with_low": r.shocked[1],
            "with_high": r.shocked[2],
        }
        for i, r in enumerate(rows)
    ]
    values, y = data(told), row_scale(len(rows))
    x = field(
        "with:Q",
        scale={"domain": [0, 1]},
        axis=axis("OTIF", "round(100 * datum.value) + ' %'", width, ticks=5),
    )
    layers = [
        mark(
            "rule", values, {"x": x, "x2": until("without"), "y": y},
            yOffset=14, color=EDGE, strokeWidth=2, strokeDash=[2, 3],
        ),
        *(_interval(values, y, key, LINES[i]) for i, key in enumerate(("without", "with"))),
        mark(
            "point", values, {"x": field("without:Q"), "y": y},
            yOffset=14, shape="circle", size=110, fill=PAPER, stroke=LINES[0], strokeWidth=2.5,
            opacity=1,
        ),
        mark(
            "point", values, {"x": field("with:Q"), "y": y},
            yOffset=14, shape="diamond", size=130, fill=LINES[1], stroke=PAPER, strokeWidth=1,
            opacity=1,
        ),
        *said([(r.name, r.says) for r in rows], width),
    ]  # fmt: skip
    return layered(layers, width, {"step": 68 if _narrow(width) else 50})


def _interval(values: Spec, y: Spec, key: str, colour: str) -> Spec:
    ends = {"x": field(f"{key}_low:Q"), "x2": until(f"{key}_high"), "y": y}
    return mark("rule", values, ends, yOffset=14, color=colour, strokeWidth=4, opacity=0.55)


def fitted(name: str, width: int, says: str) -> str:
    """A name cut to the room that it has above its row."""
    most = width // 7 if _narrow(width) else width // 7 - len(says) - 2
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}\u2026"


def _narrow(width: int) -> bool:
    return width < 500
