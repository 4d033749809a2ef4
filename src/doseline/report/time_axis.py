"""The axis of days that charts over time share, and the marks upon it; needs the charts extra."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import altair as alt

from doseline.report.chart_style import at_y, data
from doseline.report.palette import LINES, PAPER


def end_of(on: date, unit: str) -> date:
    """The day behind the month or week that begins on a day.

    >>> end_of(date(2021, 12, 1), "month"), end_of(date(2021, 12, 27), "week")
    (datetime.date(2022, 1, 1), datetime.date(2022, 1, 3))
    """
    if unit == "week":
        return on + timedelta(days=7)
    return date(on.year + on.month // 12, on.month % 12 + 1, 1)


def days(first: date, last: date, width: int) -> alt.X:
    """The horizontal scale of days, beneath it as many days, months or years as have room."""
    months = (last - first).days / 30.4375
    room = max(2, width // 70)
    if months <= 2:
        said: dict[str, Any] = {"format": "%d %b %y", "tickCount": max(2, room // 2)}
    elif months <= 48:
        step = next(s for s in (1, 2, 3, 6, 12, 24) if months / s <= min(room, 12))
        said = {"format": "%b %y", "tickCount": alt.TimeIntervalStep(interval="month", step=step)}
    else:
        step = max(1, math.ceil(months / 12 / room))
        said = {"format": "%Y", "tickCount": alt.TimeIntervalStep(interval="year", step=step)}
    ticks = alt.Axis(title=None, grid=False, labelSeparation=10, labelFlush=20, **said)
    return alt.X("on:T", scale=alt.Scale(type="utc"), axis=ticks)


_ON_GROUND: tuple[dict[str, Any], ...] = (
    {"color": PAPER, "stroke": PAPER, "strokeWidth": 5, "strokeJoin": "round"},
    {"color": LINES[1]},
)


def marked(marks: Sequence[tuple[date, str]], first: date, last: date) -> list[alt.Chart]:
    """A line for each marked day, with its words on the side that has room."""
    layers: list[alt.Chart] = []
    for on, said in marks:
        late = (on - first).days > 0.55 * (last - first).days
        base = alt.Chart(data([{"on": on.isoformat(), "says": said}])).encode(x=alt.X("on:T"))
        layers.append(base.mark_rule(color=LINES[1], strokeDash=[4, 3], strokeWidth=1.5))
        words: dict[str, Any] = {
            "align": "right" if late else "left", "dx": -5 if late else 5, "dy": 4,
            "baseline": "top", "fontSize": 11, "fontWeight": "bold",
        }  # fmt: skip
        layers += [  # on a ground of their own: lines of the chart may run behind them
            base.mark_text(**words, **colours).encode(y=at_y(0), text=alt.Text("says:N"))
            for colours in _ON_GROUND
        ]
    return layers
