"""What every chart shares, as Vega-Lite has it: its data, its look, and how it becomes SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from doseline.report.palette import EDGE, GRID, INK, QUIET

FONT = "system-ui, sans-serif"
Rows = list[dict[str, Any]]
Spec = dict[str, Any]
"""A part of a Vega-Lite specification."""

Drawing = Spec
"""The specification of a whole chart."""

_KINDS = {"Q": "quantitative", "O": "ordinal", "N": "nominal", "T": "temporal"}


def field(named: str, **how: Any) -> Spec:
    """A channel that follows a field of the rows: its name with the letter of its kind.

    >>> field("doses:Q", axis=None)
    {'field': 'doses', 'type': 'quantitative', 'axis': None}
    """
    name, kind = named.split(":")
    return {"field": name, "type": _KINDS[kind], **how}


def until(name: str) -> Spec:
    """The channel of a mark's other end, on the scale of its first."""
    return {"field": name}


def at(pixel: float) -> Spec:
    """A place so many pixels from the left or from above."""
    return {"value": pixel}


def mark(kind: str, rows: Spec, channels: Spec, **look: Any) -> Spec:
    """A layer: marks of one kind, the data that they show, their channels and their look."""
    return {"data": rows, "mark": {"type": kind, **look}, "encoding": channels}


def layered(layers: Sequence[Spec], width: int, height: int | Spec) -> Drawing:
    """A chart of layers, the last on top; its height in pixels, or `{"step": pixels of a row}`."""
    return {"layer": list(layers), "width": width, "height": height}


def rows(number: int) -> Spec:
    """The vertical scale of so many rows, without an axis: each is named above itself."""
    return field("row:O", axis=None, scale={"domain": list(range(number)), "padding": 0})


def said(texts: Sequence[tuple[str, str]], width: int) -> list[Spec]:
    """The two texts above each row: its name, and what it says: beside it, or below on a phone."""
    values = data([{"row": i, "name": name, "says": says} for i, (name, says) in enumerate(texts)])
    y = rows(len(texts))
    narrow = width < 500
    return [
        mark(
            "text", values, {"x": at(0), "y": y, "text": field("name:N")},
            align="left", yOffset=-24 if narrow else -12, fontWeight="bold", color=INK,
            fontSize=12,
        ),
        mark(
            "text", values, {"x": at(0 if narrow else width), "y": y, "text": field("says:N")},
            align="left" if narrow else "right", yOffset=-8 if narrow else -12, color=INK,
            fontSize=12,
        ),
    ]  # fmt: skip


def axis(title: str, label: str, width: int, ticks: int | None = None) -> Spec:
    """A horizontal axis whose title stands at its end."""
    return {
        "title": title,
        "labelExpr": label,
        "grid": True,
        "gridColor": GRID,
        "tickCount": ticks or max(3, width // 130),
        "titleAnchor": "end",
    }


def data(values: Rows) -> Spec:
    """Values as they are; what is not a finite number is left blank."""
    finite = [
        {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
        for row in values
    ]
    return {"values": finite}


LOOK: Spec = {
    "font": FONT,
    "aria": False,
    "background": "transparent",
    "padding": 4,
    "view": {"stroke": None},
    "axis": {
        "labelColor": QUIET,
        "titleColor": QUIET,
        "labelFontSize": 11.5,
        "titleFontSize": 11.5,
        "titleFontWeight": "normal",
        "domainColor": EDGE,
        "tickColor": EDGE,
    },
}
"""The look of every chart of the report."""


def svg(chart: Drawing) -> str:
    """The chart as static SVG, in the look of the report; needs the charts extra.

    Nothing is fetched, no script remains.
    """
    import vl_convert

    return str(vl_convert.vegalite_to_svg({**chart, "config": LOOK}))
