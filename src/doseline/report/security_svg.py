"""Cost against unsecured doses, one point a price: a picture that stands alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from doseline.report.markup import Markup, el, join
from doseline.report.palette import EDGE, GRID, INK, LINES, PAPER, QUIET

_WIDE, _HIGH = 760, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 110, 30, 56, 64

Point = Mapping[str, Any]


def security_svg(security: Mapping[str, Any], currency: str) -> str:
    """The curve of `doseline plan --secure-curve` as SVG, all that it shows told in words as well.

    `security` is the field of that name in `plan.json`. Prices that bring the same plan are one
    point.
    """
    points = _apart(security["points"])
    doses = security["doses"]
    xs = _ticks(0, max([p["unsecured"] for p in points] or [1]), whole=True)
    ys = _ticks(min(p["cost"] for p in points), max(p["cost"] for p in points))
    plot = _Plot(xs[0], xs[-1], ys[0], ys[-1])
    title = "What protection against the failure of a batch costs"
    parts = [
        el("title", title, id="security-title"),
        el("desc", _told(points, security, currency), id="security-desc"),
        el("rect", width=_WIDE, height=_HIGH, fill=PAPER),
        el("text", title, x=_LEFT, y=26, fill=INK, font_size=16, font_weight="600"),
        *_axes(plot, xs, ys, doses, currency),
        _floor(plot, ys, len(security["never"])),
        _line(plot, points),
        *(_mark(plot, p) for p in points),
    ]
    return el(
        "svg",
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_WIDE} {_HIGH}",
        width=_WIDE,
        height=_HIGH,
        role="img",
        aria_labelledby="security-title security-desc",
        font_family="system-ui, sans-serif",
    )


class _Plot:
    """Where numbers stand on the picture."""

    def __init__(self, x_low: float, x_high: float, y_low: float, y_high: float) -> None:
        self._x, self._y = (x_low, x_high), (y_low, y_high)

    def x(self, value: float) -> float:
        low, high = self._x
        return round(_LEFT + (value - low) / (high - low) * (_WIDE - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        low, high = self._y
        return round(_HIGH - _BOTTOM - (value - low) / (high - low) * (_HIGH - _TOP - _BOTTOM), 1)


def _apart(points: Sequence[Point]) -> list[Point]:
    """The points that differ, each at the lowest price that brings it."""
    found: dict[tuple[float, int], Point] = {}
    for point in points:
        found.setdefault((point["cost"], point["unsecured"]), point)
    return list(found.values())


def _ticks(low: float, high: float, whole: bool = False) -> list[float]:
    """Round numbers that span two others, four to eight of them."""
    span = max(high - low, 1.0 if whole else 1e-9 + 0.01 * abs(high))
    step = 10.0 ** math.floor(math.log10(span / 4))
    step *= next(k for k in (1, 2, 2.5, 5, 10) if span / (step * k) <= 6)
    step = max(step, 1.0) if whole else step
    first, last = math.floor(low / step), math.ceil(high / step)
    return [step * n for n in range(first, max(last, first + 1) + 1)]


def _axes(
    plot: _Plot, xs: Sequence[float], ys: Sequence[float], doses: int, currency: str
) -> list[Markup]:
    floor, right = plot.y(ys[0]), plot.x(xs[-1])
    parts = []
    for y in ys:
        at = plot.y(y)
        parts.append(el("line", x1=_LEFT, y1=at, x2=right, y2=at, stroke=GRID))
        parts.append(_word(f"{y:,.0f}", _LEFT - 8, at + 4, "end"))
    for x in xs:
        at = plot.x(x)
        parts.append(el("line", x1=at, y1=floor, x2=at, y2=floor + 5, stroke=EDGE))
        parts.append(_word(f"{x:,.0f}", at, floor + 20, "middle"))
    parts.append(el("line", x1=_LEFT, y1=floor, x2=right, y2=floor, stroke=EDGE))
    said = f"doses without a second chance, of {doses}"
    parts.append(_word(said, (_LEFT + right) / 2, _HIGH - 16, "middle"))
    parts.append(_word(f"cost of the plan, {currency}", _LEFT, 46, "start"))
    return parts


def _line(plot: _Plot, points: Sequence[Point]) -> Markup:
    at = " ".join(f"{plot.x(p['unsecured'])},{plot.y(p['cost'])}" for p in points)
    return el("polyline", points=at, fill="none", stroke=LINES[0], stroke_width=2)


def _floor(plot: _Plot, ys: Sequence[float], never: int) -> Markup:
    """How many doses no plan could secure: no point lies to the left of it."""
    if not never:
        return join()
    x, low, high = plot.x(never), plot.y(ys[0]), plot.y(ys[-1])
    return join(
        el("line", x1=x, y1=low, x2=x, y2=high, stroke=QUIET, stroke_dasharray="4 3"),
        _word(f"{never} never", x - 6, low - 8, "end"),
    )


def _mark(plot: _Plot, point: Point) -> Markup:
    """A point with its price above it, where the line does not pass: cost falls to the right."""
    x, y = plot.x(point["unsecured"]), plot.y(point["cost"])
    filled = LINES[0] if point["converged"] else PAPER
    said = f"{point['price']:,.0f} a dose" if point["price"] else "no price"
    beyond = x > _WIDE - 140
    return join(
        el("circle", cx=x, cy=y, r=4.5, fill=filled, stroke=LINES[0], stroke_width=2),
        _word(
            said,
            x - 9 if beyond else x + 9,
            y - 8,
            "end" if beyond else "start",
        ),
    )


def _word(said: str, x: float, y: float, anchor: str) -> Markup:
    return el(
        "text", said, x=round(x, 1), y=round(y, 1), fill=QUIET, font_size=12, text_anchor=anchor
    )


def _told(points: Sequence[Point], security: Mapping[str, Any], currency: str) -> str:
    doses, told = security["doses"], []
    for p in points:
        price = f"At {currency} {p['price']:,.0f} a dose" if p["price"] else "Without a price"
        proof = "" if p["converged"] else ", not converged"
        told.append(
            f"{price}: cost {currency} {p['cost']:,.0f}, {p['unsecured']} of {doses} doses without "
            f"a second chance{proof}."
        )
    if security["never"]:
        told.append(f"{len(security['never'])} doses no plan could secure.")
    return " ".join(told)
