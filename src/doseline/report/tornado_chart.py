"""Inputs over their ranges, the widest above: a tornado."""

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
    x = field(
        "from:Q",
        scale={"domain": domain, "nice": False},
        axis=axis("OTIF", "round(1000 * datum.value) / 10 + ' %'", width),
    )
    colour = field("end:N", scale={"domain": ["L", "H"], "range": [*BARS[:2]]}, legend=None)
    every, y = data(bars), rows(len(swings))
    each = data(
        [{"row": i, "base": base, "target": target} for i in range(len(swings))]
    )  # a tick a row, so that no line runs through the words
    layers = [
        mark(
            "bar", every, {"x": x, "x2": until("to"), "y": y, "color": colour},
            height=18, yOffset=13, stroke=PAPER, strokeWidth=1,
        ),
        mark(
            "text", every, {"x": field("middle:Q"), "y": y, "text": field("letter:N")},
            yOffset=13, fontSize=11, color=IN_BAR,
        ),
        mark(
            "tick", each, {"x": field("base:Q"), "y": y},
            size=26, yOffset=13, thickness=2, color=INK,
        ),
        mark(
            "tick", each, {"x": field("target:Q"), "y": y},
            size=26, yOffset=13, thickness=3, color=TARGET_COLOUR,
        ),
        *said([(s.name, s.says) for s in swings], width),
    ]  # fmt: skip
    return layered(layers, width, {"step": 62 if width < 500 else 46})
