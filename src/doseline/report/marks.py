"""Small drawings that stand in a line of text or in a cell of a table."""

from __future__ import annotations

import math
from collections.abc import Iterable

from doseline.report.markup import Markup, el, join
from doseline.report.palette import GRID, IN_BAR, INK, LINES, QUIET
from doseline.studies.figures import Figure

_WIDE, _HIGH, _EDGE = 156, 36, 6


def otif_floor(figures: Iterable[Figure], targets: Iterable[float]) -> float:
    """Where the common scale of several OTIF marks begins: a round share below all of them."""
    lows = [v for f in figures for v in (f.low, f.mean) if math.isfinite(v)]
    least = min([*lows, *targets, 0.95])
    return max(0.0, math.floor(least * 10 - 1e-9) / 10)


def otif_mark(otif: Figure, target: float, floor: float) -> Markup:
    """A dot with its interval against the target, on a scale from a floor to 100 %."""

    def x(share: float) -> float:
        inside = min(max((share - floor) / (1 - floor), 0.0), 1.0)
        return round(_EDGE + inside * (_WIDE - 2 * _EDGE), 1)

    parts = [_line(_EDGE, 12, _WIDE - _EDGE, 12, GRID, 1.5)]
    parts.append(
        el("path", d=f"M{x(target)} 2v20", stroke=INK, stroke_width=1.5, stroke_dasharray="3 2")
    )
    if math.isfinite(otif.mean):
        low, high = (v if math.isfinite(v) else otif.mean for v in (otif.low, otif.high))
        parts.append(_line(x(low), 12, x(high), 12, LINES[0], 5))
        parts.append(
            el("circle", cx=x(otif.mean), cy=12, r=5, fill=LINES[0], stroke=GRID, stroke_width=1)
        )
    parts.append(_word(_EDGE - 4, f"{100 * floor:.0f}", "start"))
    parts.append(_word(_WIDE - _EDGE + 4, "100 %", "end"))
    if _WIDE * 0.2 < x(target) < _WIDE * 0.7:
        parts.append(_word(x(target), f"{100 * target:g}", "middle"))
    return _drawing(_WIDE, _HIGH, parts)


def headroom_mark(headroom: float) -> Markup:
    """A bar of the headroom, with a line at 1; it is cut at 3."""
    scale = (_WIDE - 2 * _EDGE) / 3.0
    filled = min(max(headroom, 0.0), 3.0) * scale if not math.isnan(headroom) else 0.0
    parts = [
        el("rect", x=_EDGE, y=6, width=round(3 * scale, 1), height=12, fill=GRID),
        el("rect", x=_EDGE, y=6, width=round(filled, 1), height=12, fill=LINES[0]),
        el(
            "path",
            d=f"M{_EDGE + scale:.1f} 2v20",
            stroke=INK,
            stroke_width=1.5,
            stroke_dasharray="3 2",
        ),
        _word(_EDGE - 4, "0", "start"),
        _word(_EDGE + scale, "1", "middle"),
        _word(_WIDE - _EDGE + 4, "3 or more", "end"),
    ]
    return _drawing(_WIDE, _HIGH, parts)


def swatch(colour: str, dash: tuple[int, ...] | None = None, letter: str = "") -> Markup:
    """A key of a legend: a stretch of line, or a box with its letter."""
    if dash is not None:
        dashes = " ".join(map(str, dash))
        parts = [el("path", d="M1 8h28", stroke=colour, stroke_width=3, stroke_dasharray=dashes)]
        return _drawing(30, 16, parts)

    parts = [el("rect", x=1, y=1, width=18, height=14, fill=colour)]
    if letter:
        parts.append(
            el("text", letter, x=10, y=12, fill=IN_BAR, font_size=11, text_anchor="middle")
        )
    return _drawing(20, 16, parts)


def legend(*items: tuple[Markup, str]) -> Markup:
    """The keys of a chart, each a drawing and its words."""
    return el("ul", *(el("li", key, join(" "), said) for key, said in items), class_="legend")


def _drawing(width: int, height: int, parts: list[Markup]) -> Markup:
    """Hidden from listeners: the same numbers stand beside it as text."""
    return el(
        "svg",
        *parts,
        class_="chart mini",
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
        aria_hidden="true",
        focusable="false",
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float) -> Markup:
    return el("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour, stroke_width=width)


def _word(x: float, said: str, anchor: str) -> Markup:
    return el("text", said, x=round(x, 1), y=33, fill=QUIET, font_size=10.5, text_anchor=anchor)
