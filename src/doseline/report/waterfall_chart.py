"""A gain as a staircase of its parts: a waterfall; needs the charts extra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from doseline.report.chart_style import Drawing, Rows, axis, data, rows, said
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
    values: Rows = [
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
    x = alt.X(
        "from:Q",
        scale=alt.Scale(domain=[least, most], nice=False),
        axis=axis("OTIF", "round(1000 * datum.value) / 10 + ' %'", width),
    )
    scale = alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values()))
    base = alt.Chart(data(values)).encode(y=rows(len(stairs)))
    layers = [
        base.mark_bar(height=18, yOffset=13, stroke=PAPER, strokeWidth=1).encode(
            x=x, x2=alt.X2("to:Q"), color=alt.Color("kind:N", scale=scale, legend=None)
        ),
        base.mark_tick(size=26, yOffset=13, thickness=2, color=EDGE).encode(x=alt.X("to:Q")),
        base.mark_rule(yOffset=13, color=INK, strokeWidth=2.5).encode(
            x=alt.X("low:Q"), x2=alt.X2("high:Q")
        ),
        *said([(s.name, s.says) for s in stairs], width),
    ]
    step = 62 if width < 500 else 46
    return alt.layer(*layers).properties(width=width, height=alt.Step(step))
