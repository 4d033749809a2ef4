"""The axis of days that charts over time share, and the marks upon it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from doseline.report.chart_style import Spec, at, data, field, mark
from doseline.report.palette import LINES, PAPER


def end_of(on: date, unit: str) -> date:
    """The day behind the month or week that begins on a day.

    >>> end_of(date(2021, 12, 1), "month"), end_of(date(2021, 12, 27), "week")
    (datetime.date(2022, 1, 1), datetime.date(2022, 1, 3))
    """
    if unit == "week":
        return on + timedelta(days=7)
    return date(on.year + on.month // 12, on.month % 12 + 1, 1)


def days(first: date, last: date, width: int) -> Spec:
    """The horizontal scale of days, beneath it as many days, months or years as have room."""
    months = (last - first).days / 30.4375
    room = max(2, width // 70)
    if months <= 2:
        said: dict[str, Any] = {"format": "%d %b %y", "tickCount": max(2, room // 2)}
    elif months <= 48:
        step = next(s for s in (1, 2, 3, 6, 12, 24) if months / s <= min(room, 12))
        said = {"format": "%b %y", "tickCount": {"interval": "month", "step": step}}
    else:
        step = max(1, math.ceil(months / 12 / room))
        said = {"format": "%Y", "tickCount": {"interval": "year", "step": step}}
    ticks = {"title": None, "grid": False, "labelSeparation": 10, "labelFlush": 20, **said}
    return field("on:T", scale={"type": "utc"}, axis=ticks)


_ON_GROUND: tuple[dict[str, Any], ...] = (
    {"color": PAPER, "stroke": PAPER, "strokeWidth": 5, "strokeJoin": "round"},
    {"color": LINES[1]},
)


def marked(marks: Sequence[tuple[date, str]], first: date, last: date) -> list[Spec]:
    """A line for each marked day, with its words on the side that has room."""
    layers: list[Spec] = []
    for on, said in marks:
        late = (on - first).days > 0.55 * (last - first).days
        day, x = data([{"on": on.isoformat(), "says": said}]), field("on:T")
        layers.append(
            mark("rule", day, {"x": x}, color=LINES[1], strokeDash=[4, 3], strokeWidth=1.5)
        )
        words: dict[str, Any] = {
            "align": "right" if late else "left", "dx": -5 if late else 5, "dy": 4,
            "baseline": "top", "fontSize": 11, "fontWeight": "bold",
        }  # fmt: skip
        layers += [  # on a ground of their own: lines of the chart may run behind them
            mark("text", day, {"x": x, "y": at(0), "text": field("says:N")}, **words, **colours)
            for colours in _ON_GROUND
        ]
    return layers
