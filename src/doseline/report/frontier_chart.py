"""Cost against service, design by design, as a chart; needs the charts extra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from doseline.report.chart_style import Drawing, Rows, axis, data
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
    best = [v for v in values if v["efficient"]]
    x = alt.X(
        "cost:Q",
        scale=alt.Scale(zero=False, nice=True, padding=16),
        axis=axis(axis_title, "format(datum.value, ',')", width, ticks=max(3, width // 160)),
    )
    low = min([s.otif[1] for s in spots] + ([] if target is None else [target]))
    y = alt.Y(
        "otif:Q",
        scale=alt.Scale(domain=[max(0.0, low - 0.02), 1.0], nice=False, clamp=True),
        axis=axis("OTIF", "round(1000 * datum.value) / 10 + ' %'", width, ticks=6),
    )
    base = alt.Chart(data(values)).encode(x=x, y=y)
    layers = [
        alt.Chart(data([] if target is None else [{"otif": target}]))
        .mark_rule(color=TARGET_COLOUR, strokeWidth=2, strokeDash=list(TARGET_DASH))
        .encode(y=y),
        alt.Chart(data(best))
        .mark_line(interpolate="step-after", color=LINES[0], strokeWidth=1.5, strokeDash=[2, 3])
        .encode(x=x, y=y),
        base.mark_rule(strokeWidth=2.5, opacity=0.55, color=QUIET).encode(
            x=alt.X("cost_low:Q"), x2=alt.X2("cost_high:Q")
        ),
        base.mark_rule(strokeWidth=2.5, opacity=0.55, color=QUIET).encode(
            y=alt.Y("otif_low:Q"), y2=alt.Y2("otif_high:Q")
        ),
    ]
    for kind, (shape, size, fill, stroke) in _SHAPES.items():
        some = alt.Chart(data([v for v in values if v["kind"] == kind]))
        layers.append(
            some.mark_point(
                shape=shape, size=size, fill=fill, stroke=stroke, strokeWidth=2, opacity=1
            ).encode(x=x, y=y)
        )
    layers.append(
        base.mark_text(dx=10, dy=-10, fontSize=12, fontWeight="bold", color=INK).encode(
            text=alt.Text("number:N")
        )
    )
    return alt.layer(*layers).properties(width=width, height=min(360, width))
