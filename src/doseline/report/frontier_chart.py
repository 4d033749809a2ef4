"""Cost against service, design by design, as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from doseline.report.chart_style import (
    Drawing,
    Rows,
    axis,
    data,
    field,
    layered,
    mark,
    until,
)
from doseline.report.palette import INK, LINES, PAPER, QUIET, TARGET_COLOUR, TARGET_DASH


@dataclass(frozen=True, slots=True)
class Spot:
    """A design: its number in the table, cost and OTIF with their intervals, and its kind.

    `kind` is `chosen`, `efficient` or `beaten`; a chosen one may be on the frontier or not.
    """

    number: int
    cost: tuple[float, float, float]
    otif: tuple[float, float, float]
    kind: str
    efficient: bool


_SHAPES = {
    "chosen": ("diamond", 170, LINES[1], LINES[1]),
    "efficient": ("circle", 110, LINES[0], LINES[0]),
    "beaten": ("circle", 80, PAPER, QUIET),
}


def frontier(spots: Sequence[Spot], target: float | None, axis_title: str, width: int) -> Drawing:
    """Every design as a mark with a cross of intervals; the frontier as a line of steps."""
    values: Rows = [
        {
            "number": str(s.number),
            "cost": s.cost[0],
            "cost_low": s.cost[1],
            "cost_high": s.cost[2],
            "otif": s.otif[0],
            "otif_low": s.otif[1],
            "otif_high": s.otif[2],
            "kind": s.kind,
            "efficient": s.efficient,
        }
        for s in spots
    ]
    every, best = data(values), data([v for v in values if v["efficient"]])
    x = field(
        "cost:Q",
        scale={"zero": False, "nice": True, "padding": 16},
        axis=axis(axis_title, "format(datum.value, ',')", width, ticks=max(3, width // 160)),
    )
    low = min([s.otif[1] for s in spots] + ([] if target is None else [target]))
    y = field(
        "otif:Q",
        scale={"domain": [max(0.0, low - 0.02), 1.0], "nice": False, "clamp": True},
        axis=axis("OTIF", "round(1000 * datum.value) / 10 + ' %'", width, ticks=6),
    )
    interval: dict[str, Any] = {"strokeWidth": 2.5, "opacity": 0.55, "color": QUIET}
    of_cost = {"x": field("cost_low:Q"), "x2": until("cost_high"), "y": y}
    of_otif = {"x": x, "y": field("otif_low:Q"), "y2": until("otif_high")}
    layers = [
        mark(
            "rule", data([] if target is None else [{"otif": target}]), {"y": y},
            color=TARGET_COLOUR, strokeWidth=2, strokeDash=list(TARGET_DASH),
        ),
        mark(
            "line", best, {"x": x, "y": y},
            interpolate="step-after", color=LINES[0], strokeWidth=1.5, strokeDash=[2, 3],
        ),
        mark("rule", every, of_cost, **interval),
        mark("rule", every, of_otif, **interval),
        *(
            mark(
                "point", data([v for v in values if v["kind"] == kind]), {"x": x, "y": y},
                shape=shape, size=size, fill=fill, stroke=stroke, strokeWidth=2, opacity=1,
            )
            for kind, (shape, size, fill, stroke) in _SHAPES.items()
        ),
        mark(
            "text", every, {"x": x, "y": y, "text": field("number:N")},
            dx=10, dy=-10, fontSize=12, fontWeight="bold", color=INK,
        ),
    ]  # fmt: skip
    return layered(layers, width, min(360, width))
