"""What every chart shares: its data, its look, and how it becomes SVG; needs the charts extra."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from doseline.report.palette import EDGE, GRID, INK, QUIET

FONT = "system-ui, sans-serif"
Rows = list[dict[str, Any]]
Drawing = (
    Any  # a layered chart of Altair, which names its kinds differently from version to version
)


def at_x(pixel: float) -> Any:
    """A place so many pixels from the left. A channel as an object, not as a text or a `value`:
    for each of those Altair looks through the whole of its schema."""
    return alt.XValue(pixel)  # type: ignore[no-untyped-call]


def at_y(pixel: float) -> Any:
    """A place so many pixels from above; see `at_x`."""
    return alt.YValue(pixel)  # type: ignore[no-untyped-call]


def rows(number: int) -> alt.Y:
    """The vertical scale of so many rows, without an axis: each is named above itself."""
    return alt.Y("row:O", axis=None, scale=alt.Scale(domain=list(range(number)), padding=0))


def said(texts: Sequence[tuple[str, str]], width: int) -> list[alt.Chart]:
    """The two texts above each row: its name, and what it says: beside it, or below on a phone."""
    values: Rows = [{"row": i, "name": name, "says": says} for i, (name, says) in enumerate(texts)]
    base = alt.Chart(data(values)).encode(y=rows(len(texts)))
    narrow = width < 500
    name = base.mark_text(
        align="left", yOffset=-24 if narrow else -12, fontWeight="bold", color=INK, fontSize=12
    )
    says = base.mark_text(
        align="left" if narrow else "right", yOffset=-8 if narrow else -12, color=INK, fontSize=12
    )
    return [
        name.encode(x=at_x(0), text=alt.Text("name:N")),
        says.encode(x=at_x(0 if narrow else width), text=alt.Text("says:N")),
    ]


def axis(title: str, label: str, width: int, ticks: int | None = None) -> alt.Axis:
    """A horizontal axis whose title stands at its end."""
    return alt.Axis(
        title=title,
        labelExpr=label,
        grid=True,
        gridColor=GRID,
        tickCount=ticks or max(3, width // 130),
        titleAnchor="end",
    )


def data(values: Rows) -> dict[str, Any]:
    """Values as they are; what is not a finite number is left blank."""
    finite = [
        {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
        for row in values
    ]
    return {"values": finite}


LOOK: dict[str, Any] = {
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


def side_by_side(charts: Sequence[Drawing], columns: int, spacing: dict[str, int]) -> Drawing:
    """Charts beside and below each other, each put into words once.

    (Altair's own `concat` copies every chart at each step.)
    """
    specs = [chart.to_dict(validate=False) for chart in charts]
    datasets: dict[str, Any] = {}
    for spec in specs:
        datasets |= spec.pop("datasets", {})
        del spec["$schema"], spec["config"]
    made: dict[str, Any] = alt.concat().to_dict(validate=False)
    return made | {
        "concat": specs, "columns": columns, "spacing": spacing, "datasets": datasets
    }  # fmt: skip


def svg(chart: Drawing) -> str:
    """The chart as static SVG, in the look of the report. Nothing is fetched, no script remains."""
    import vl_convert

    spec = chart if isinstance(chart, dict) else chart.to_dict(validate=False)
    usual = spec["config"]
    spec["config"] = {**usual, **LOOK, "view": {**usual["view"], **LOOK["view"]}}
    major_minor = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    return str(vl_convert.vegalite_to_svg(spec, vl_version=major_minor))
