"""A chart on the page: drawn wide and narrow, told in words, its numbers beneath it."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from doseline.report.markup import Markup, el, join
from doseline.report.tables import folded

WIDE, NARROW = 700, 310


def drawing_room() -> ModuleType | None:
    """The charts, or None where the charts extra is not installed."""
    try:
        charts = import_module("doseline.report.charts")
        import_module("vl_convert")
    except ImportError:
        return None
    return charts


def figure(
    id_: str,
    title: str,
    says: str,
    numbers: Markup,
    draw: Callable[[ModuleType, int], list[Any]] | None,
    *,
    legend: Markup | None = None,
    note: str = "",
    shown: bool = False,
) -> Markup:
    """A figure with its title, its legend, its chart and the table of its numbers.

    `draw` makes the charts for a width; each is drawn for a wide page and for a phone, and the
    style sheet shows one. The numbers are folded away under it unless they are `shown`; without
    the charts extra they stand open.
    """
    charts = drawing_room() if draw is not None else None
    drawn = Markup("")
    if charts is not None and draw is not None:
        drawn = join(
            legend,
            *(
                el(
                    "div",
                    *_inlined(draw(charts, width), charts, f"{id_}-{kind}", says),
                    class_=kind,
                )
                for kind, width in (("wide", WIDE), ("narrow", NARROW))
            ),
        )
    return el(
        "figure",
        el("figcaption", el("h3", title), el("p", says, class_="says")),
        drawn,
        el("p", note, class_="note") if note and drawn else None,
        numbers
        if shown
        else folded("The numbers of this chart", numbers, open_=not drawn, printed=not drawn),
        id=id_,
        class_="whole" if drawn and not shown else None,
    )


def _inlined(drawings: list[Any], charts: ModuleType, key: str, says: str) -> list[Markup]:
    return [
        inline(charts.svg(chart), f"{key}{i}", says if i == 0 else f"{says} (part {i + 1})")
        for i, chart in enumerate(drawings)
    ]


def inline(svg: str, key: str, says: str) -> Markup:
    """A drawing made fit for the page: ids of its own, a size that bends, a text alternative."""
    opening = re.match(r"<svg\b[^>]*>", svg)
    if opening is None:
        raise ValueError("a drawing begins with <svg>")
    box = re.search(r'viewBox="([^"]+)"', opening[0])
    inside = svg[opening.end() : svg.rindex("</svg>")]
    inside = re.sub(r'\bid="([^"]+)"', rf'id="{key}-\1"', inside)
    inside = re.sub(r"url\(['\"]?#([^)'\"]+)['\"]?\)", rf"url(#{key}-\1)", inside)
    inside = re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", inside)
    return el(
        "svg",
        Markup(inside),
        class_="chart",
        viewBox=box[1] if box else None,
        role="img",
        aria_label=says,
    )
