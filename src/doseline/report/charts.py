"""The ordinary charts, as Vega-Lite specifications (Altair); needs the charts extra."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import altair as alt

from doseline.report.palette import (
    BAND_50,
    BAND_95,
    BARS,
    DASHES,
    EDGE,
    GRID,
    IN_BAR,
    INK,
    LINES,
    PAPER,
    QUIET,
)
from doseline.studies.assessment import MonthRow

FONT = "system-ui, sans-serif"
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a bar: from, to, its place among the colours, the letter printed in it."""

    from_value: float
    to_value: float
    colour: int
    letter: str = ""


@dataclass(frozen=True, slots=True)
class BarRow:
    """A bar of stretches with its name above it on the left and what it says on the right."""

    name: str
    says: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """OTIF without and with a shock, each with its interval. Shares."""

    name: str
    says: str
    without: tuple[float, float, float]
    shocked: tuple[float, float, float]


def bars(rows: Sequence[BarRow], axis_title: str, width: int, tick: str = "~s") -> alt.LayerChart:
    """Bars of several stretches, one above the other, named above each bar."""
    stretches: Rows = [
        {
            "row": i,
            "from": s.from_value,
            "to": s.to_value,
            "middle": (s.from_value + s.to_value) / 2,
            "colour": s.colour % len(BARS),
            "letter": s.letter,
        }
        for i, r in enumerate(rows)
        for s in r.segments
    ]
    scale = alt.Scale(domain=list(range(len(BARS))), range=list(BARS))
    base = alt.Chart(_data(stretches)).encode(y=_rows(len(rows)))
    x = alt.X("from:Q", axis=_axis(axis_title, tick, width), scale=alt.Scale(nice=True))
    bar = base.mark_bar(height=22, yOffset=10, stroke=PAPER, strokeWidth=1).encode(
        x=x, x2="to:Q", color=alt.Color("colour:N", scale=scale, legend=None)
    )
    letter = base.mark_text(yOffset=10, fontSize=11, color=IN_BAR).encode(
        x=alt.X("middle:Q"), text="letter:N"
    )
    layers = [bar, letter, *_said([(r.name, r.says) for r in rows], width)]
    return _whole(alt.layer(*layers).properties(width=width, height=alt.Step(54)))


def changes(rows: Sequence[Change], width: int) -> alt.LayerChart:
    """OTIF with and without each shock: an open ring without, a full diamond with it."""
    data: Rows = [
        {
            "row": i,
            "without": r.without[0],
            "without_low": r.without[1],
            "without_high": r.without[2],
            "with": r.shocked[0],
            "with_low": r.shocked[1],
            "with_high": r.shocked[2],
        }
        for i, r in enumerate(rows)
    ]
    base = alt.Chart(_data(data)).encode(y=_rows(len(rows)))
    x = alt.X(
        "with:Q", scale=alt.Scale(domain=[0, 1]), axis=_axis("OTIF", "%", width, ticks=5)
    )
    layers = [
        base.mark_rule(yOffset=12, color=EDGE, strokeWidth=2, strokeDash=[2, 3]).encode(
            x=x, x2="without:Q"
        ),
        *(
            base.mark_rule(yOffset=12, color=colour, strokeWidth=4, opacity=0.55).encode(
                x=alt.X(f"{key}_low:Q"), x2=f"{key}_high:Q"
            )
            for key, colour in (("without", LINES[0]), ("with", LINES[1]))
        ),
        base.mark_point(
            yOffset=12, shape="circle", size=110, fill=PAPER, stroke=LINES[0], strokeWidth=2.5,
            opacity=1,
        ).encode(x=alt.X("without:Q")),
        base.mark_point(
            yOffset=12, shape="diamond", size=130, fill=LINES[1], stroke=PAPER, strokeWidth=1,
            opacity=1,
        ).encode(x=alt.X("with:Q")),
        *_said([(r.name, r.says) for r in rows], width),
    ]
    return _whole(alt.layer(*layers).properties(width=width, height=alt.Step(58)))


def demand(
    months: Sequence[MonthRow],
    designs: Sequence[str],
    width: int,
    title: str,
    marks: Sequence[tuple[date, str]] = (),
) -> alt.LayerChart:
    """Doses asked for a month, median and bands, against what each design can make."""
    asked, ceiling = _asked(months), _ceiling(months)
    capacity = _capacity(months, designs, ceiling)
    y_scale = alt.Scale(domain=[0, ceiling], nice=True)
    x = alt.X("month:T", scale=alt.Scale(type="utc"), axis=_months_axis(months, width))
    y_axis = alt.Axis(
        title=None, tickCount=5, format="~s", grid=True, gridColor=GRID, domain=False, ticks=False
    )
    base = alt.Chart(_data(asked)).encode(x=x)
    bands = [
        base.mark_area(interpolate="step-after", color=colour).encode(
            y=alt.Y(f"low{level}:Q", scale=y_scale, axis=y_axis), y2=f"high{level}:Q"
        )
        for level, colour in (("95", BAND_95), ("50", BAND_50))
    ]
    median = base.mark_line(interpolate="step-after", color=INK, strokeWidth=1.5).encode(
        y=alt.Y("median:Q")
    )
    lines = [
        alt.Chart(_data([r for r in capacity if r["design"] == d]))
        .mark_line(
            interpolate="step-after",
            color=LINES[i % len(LINES)],
            strokeDash=list(DASHES[i % len(DASHES)]),
            strokeWidth=4 if i == 0 else 2.25,
            strokeCap="butt",
        )
        .encode(x=x, y=alt.Y("doses:Q"))
        for i, d in enumerate(designs)
    ]
    layers = [*bands, *lines, median, *_marked(marks, months, width)]
    heading = alt.TitleParams(title, anchor="start", fontSize=13, color=INK, offset=12)
    return _whole(alt.layer(*layers).properties(width=width, height=200, title=heading))


def _asked(months: Sequence[MonthRow]) -> Rows:
    rows: Rows = [
        {
            "month": m.month.isoformat(),
            "low95": m.low95,
            "low50": m.low50,
            "median": m.median,
            "high50": m.high50,
            "high95": m.high95,
        }
        for m in months
    ]
    return [*rows, {**rows[-1], "month": _next_month(months[-1].month).isoformat()}]


def _ceiling(months: Sequence[MonthRow]) -> float:
    """The top of the scale: all of the demand, and capacity up to three times as much."""
    asked = max(m.high95 for m in months)
    able = max((v for m in months for v in m.capacity.values() if math.isfinite(v)), default=0.0)
    return max(min(max(asked, able), 3 * asked) if asked > 0 else able, 1.0) * 1.05


def is_cut(months: Sequence[MonthRow]) -> bool:
    """Whether some capacity lies above the top of the scale."""
    return any(v > _ceiling(months) for m in months for v in m.capacity.values())


def _capacity(months: Sequence[MonthRow], designs: Sequence[str], ceiling: float) -> Rows:
    rows: Rows = []
    for design in designs:
        known = [(m.month, m.capacity[design]) for m in months if design in m.capacity]
        if known:
            known.append((_next_month(known[-1][0]), known[-1][1]))
        rows += [
            {"month": on.isoformat(), "design": design, "doses": min(value, ceiling)}
            for on, value in known
            if not math.isnan(value)
        ]
    return rows


def _next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _months_axis(months: Sequence[MonthRow], width: int) -> alt.Axis:
    years = (months[-1].month - months[0].month).days / 365.25
    room = max(2, width // 70)
    if years <= 1.5:
        return alt.Axis(title=None, format="%b %y", tickCount=min(room, 12), grid=False)
    step = max(1, math.ceil(years / room))
    ticks = alt.TimeIntervalStep(interval="year", step=step)
    return alt.Axis(title=None, format="%Y", tickCount=ticks, grid=False)


def _marked(
    marks: Sequence[tuple[date, str]], months: Sequence[MonthRow], width: int
) -> list[alt.Chart]:
    first, last = months[0].month, _next_month(months[-1].month)
    layers: list[alt.Chart] = []
    for on, said in marks:
        late = (on - first).days > 0.55 * (last - first).days
        base = alt.Chart(_data([{"month": on.isoformat(), "says": said}])).encode(x="month:T")
        layers.append(base.mark_rule(color=LINES[1], strokeDash=[4, 3], strokeWidth=1.5))
        layers.append(
            base.mark_text(
                align="right" if late else "left",
                dx=-5 if late else 5,
                dy=4,
                baseline="top",
                color=LINES[1],
                fontSize=11,
                fontWeight="bold",
            ).encode(y=alt.value(0), text="says:N")
        )
    return layers


def _said(rows: Sequence[tuple[str, str]], width: int) -> list[alt.Chart]:
    """The two texts above each row: at the left edge its name, at the right what it says."""
    data: Rows = [{"row": i, "name": name, "says": says} for i, (name, says) in enumerate(rows)]
    base = alt.Chart(_data(data)).encode(y=_rows(len(rows)))
    name = base.mark_text(align="left", yOffset=-12, fontWeight="bold", color=INK, fontSize=12)
    says = base.mark_text(align="right", yOffset=-12, color=INK, fontSize=12)
    return [
        name.encode(x=alt.value(0), text="name:N"),
        says.encode(x=alt.value(width), text="says:N"),
    ]


def _rows(number: int) -> alt.Y:
    return alt.Y("row:O", axis=None, scale=alt.Scale(domain=list(range(number)), padding=0))


def _axis(title: str, tick: str, width: int, ticks: int | None = None) -> alt.Axis:
    return alt.Axis(
        title=title,
        format=tick,
        grid=True,
        gridColor=GRID,
        tickCount=ticks or max(3, width // 110),
        titleAnchor="end",
    )


def _data(rows: Rows) -> alt.Data:
    """Values as they are; what is not a finite number is left blank."""
    finite = [
        {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
        for row in rows
    ]
    return alt.Data(values=finite)


def _whole(chart: alt.LayerChart) -> alt.LayerChart:
    return (
        chart.configure(font=FONT, aria=False, background="transparent", padding=4)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=QUIET,
            titleColor=QUIET,
            labelFontSize=11.5,
            titleFontSize=11.5,
            titleFontWeight="normal",
            domainColor=EDGE,
            tickColor=EDGE,
        )
    )


def svg(chart: alt.LayerChart) -> str:
    """The chart as static SVG. Nothing is fetched and no script remains."""
    import vl_convert

    major_minor = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    return str(vl_convert.vegalite_to_svg(chart.to_dict(), vl_version=major_minor))
