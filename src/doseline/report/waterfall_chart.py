"""A gain as a staircase of its parts: a waterfall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from doseline.report.chart_style import (
    Drawing,
    Rows,
    axis,
    data,
    field,
    layered,
    mark,
    rows,
    said,
    until,
)
from doseline.report.palette import BARS, EDGE, INK, PAPER


@dataclass(frozen=True, slots=True)
class Stair:
    """A step from one OTIF to another, with the interval of where it ends; or a whole bar.

    `kind` is `whole` (from the axis), `up` or `down`.
    """

    name: str
    says: str
    from_value: float
    to_value: float
    low: float
    high: float
    kind: str


_COLOURS = {"whole": BARS[6], "up": BARS[2], "down": BARS[1]}


def waterfall(stairs: Sequence[Stair], width: int) -> Drawing:
    """The steps under each other, each beginning where the one above it ends."""
    ends = [v for s in stairs for v in (s.to_value, s.low, s.high)]
    ends += [s.from_value for s in stairs if s.kind != "whole"]
    room = 0.06 * (max(ends) - min(ends)) or 0.01
    least, most = max(0.0, min(ends) - room), min(1.0, max(ends) + room)
    steps: Rows = [
        {
            "row": i,
            "from": least if s.kind == "whole" else s.from_value,
            "to": s.to_value,
            "low": max(least, s.low),
            "high": min(most, s.high),
            "kind": s.kind,
        }
        for i, s in enumerate(stairs)
    ]
    x = field(
        "from:Q",
        scale={"domain": [least, most], "nice": False},
        axis=axis("OTIF", "round(1000 * datum.value) / 10 + ' %'", width),
    )
    scale = {"domain": list(_COLOURS), "range": list(_COLOURS.values())}
    colour = field("kind:N", scale=scale, legend=None)
    values, y = data(steps), rows(len(stairs))
    layers = [
        mark(
            "bar", values, {"x": x, "x2": until("to"), "y": y, "color": colour},
            height=18, yOffset=13, stroke=PAPER, strokeWidth=1,
        ),
        mark(
            "tick", values, {"x": field("to:Q"), "y": y},
            size=26, yOffset=13, thickness=2, color=EDGE,
        ),
        mark(
            "rule", values, {"x": field("low:Q"), "x2": until("high"), "y": y},
            yOffset=13, color=INK, strokeWidth=2.5,
        ),
        *said([(s.name, s.says) for s in stairs], width),
    ]  # fmt: skip
    return layered(layers, width, {"step": 62 if width < 500 else 46})
