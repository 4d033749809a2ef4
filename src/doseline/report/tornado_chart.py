"""Inputs over their ranges, the widest above: a tornado; needs the charts extra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from doseline.report.chart_style import Drawing, Rows, axis, data, rows, said
from doseline.report.palette import BARS, IN_BAR, INK, PAPER, TARGET_COLOUR


@dataclass(frozen=True, slots=True)
class Swing:
    """A group of inputs: OTIF with it at its low end and at its high end. Shares."""

    name: str
    says: str
    low: float
    high: float


def _bars(swing: Swing, base: float) -> Rows:
    """The bars of an input, the longer first, so that it hides no other; where each is seen."""
    ends = [(end, to) for end, to in (("L", swing.low), ("H", swing.high)) if to != base]
    ends.sort(key=lambda one: -abs(one[1] - base))
    seen_from = [base] * len(ends)
    if len(ends) == 2 and (ends[0][1] - base) * (ends[1][1] - base) > 0:
        seen_from[0] = ends[1][1]
    return [
        {"end": end, "to": to, "seen_from": begin, "middle": (begin + to) / 2}
        for (end, to), begin in zip(ends, seen_from, strict=True)
    ]


def tornado(swings: Sequence[Swing], base: float, target: float, width: int) -> Drawing:
    """Bars from the base to either end, marked L and H; base and target as ticks."""
    letters = 14 / max(1, width)
    values = [v for s in swings for v in (s.low, s.high)]
    least, most = min([base, target, *values]), max([base, target, *values])
    room = 0.05 * (most - least) or 0.01
    domain = [max(0.0, least - room), min(1.0, most + room)]
    least_shown = letters * (domain[1] - domain[0])
    bars: Rows = [
        {"row": i, "from": base, **bar} for i, s in enumerate(swings) for bar in _bars(s, base)
    ]
    for bar in bars:
        shown = abs(bar["to"] - bar["seen_from"]) > least_shown
        bar["letter"] = bar["end"] if shown else ""
    x = alt.X(
        "from:Q",
        scale=alt.Scale(domain=domain, nice=False),
        axis=axis("OTIF", "round(1000 * datum.value) / 10 + ' %'", width),
    )
    scale = alt.Scale(domain=["L", "H"], range=[BARS[0], BARS[1]])
    every = alt.Chart(data(bars)).encode(y=rows(len(swings)))
    marks: Rows = [
        {"row": i, "base": base, "target": target} for i in range(len(swings))
    ]  # a tick a row, so that no line runs through the words
    each = alt.Chart(data(marks)).encode(y=rows(len(swings)))
    layers = [
        every.mark_bar(height=18, yOffset=13, stroke=PAPER, strokeWidth=1).encode(
            x=x, x2=alt.X2("to:Q"), color=alt.Color("end:N", scale=scale, legend=None)
        ),
        every.mark_text(yOffset=13, fontSize=11, color=IN_BAR).encode(
            x=alt.X("middle:Q"), text=alt.Text("letter:N")
        ),
        each.mark_tick(size=26, yOffset=13, thickness=2, color=INK).encode(x=alt.X("base:Q")),
        each.mark_tick(size=26, yOffset=13, thickness=3, color=TARGET_COLOUR).encode(
            x=alt.X("target:Q")
        ),
        *said([(s.name, s.says) for s in swings], width),
    ]
    step = 62 if width < 500 else 46
    return alt.layer(*layers).properties(width=width, height=alt.Step(step))
