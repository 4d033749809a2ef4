"""Orders by month or week as a figure: bands of the futures, in stretches that can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import ModuleType
from typing import Any

from doseline.demand import Band, PeriodDemand
from doseline.report import numerals as n
from doseline.report.figures import WIDE, figure
from doseline.report.marks import legend, swatch
from doseline.report.markup import Markup, el, join
from doseline.report.palette import INK, INNER_BAND, MEAN_COLOUR, MEAN_DASH, OUTER_BAND
from doseline.report.tables import Row, folded, table

WEEKS_WIDE, WEEKS_NARROW = 210, 106  # in one chart at most: three pixels a week, or a little less
SCALES = (
    "Charts of one part share their scale; trials and market have scales of their own, since their "
    "demand differs so much."
)

BAND_HEADS = (
    "Mean", "Low of 95 %", "Low of 90 %", "Low of 50 %", "Median", "High of 50 %", "High of 90 %",
    "High of 95 %",
)  # fmt: skip

Column = tuple[str, Band, Callable[[float], str]]
"""A band in a table: its heading, the band, and how its numbers are printed."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Months or weeks that are drawn in one chart, and the top of its scale."""

    title: str
    rows: tuple[PeriodDemand, ...]
    top: float


def demand_figure(
    key: str, title: str, rows: Sequence[PeriodDemand], unit: str, launch: date | None = None
) -> Markup:
    """The orders of each month or week (`unit`), with their numbers; parted at the launch.

    What a chart would not show better is said in words.
    """
    plain = without_chart(rows, unit)
    if plain is not None:
        numbers = folded("The numbers", periods_table(key, title, rows, unit), printed=False)
        return join(el("h3", title), el("p", plain, class_="says"), numbers)
    parts = phases(rows, unit, launch)

    def draw(charts: ModuleType, width: int) -> list[Any]:
        most = len(rows) if unit == "month" else WEEKS_WIDE if width >= WIDE else WEEKS_NARROW
        return [
            charts.demand_bands(s.rows, width, s.title, unit, s.top)
            for part in parts
            for s in stretches(part, most)
        ]

    return figure(
        f"{key}-figure", title, says(rows, unit), periods_table(key, title, rows, unit), draw,
        legend=futures_legend(mean=True), note=SCALES if len(parts) > 1 else "",
    )  # fmt: skip


def futures_legend(mean: bool = False) -> Markup:
    """The keys of a chart of futures."""
    keys = [
        (swatch(OUTER_BAND), "90 % of the futures"),
        (swatch(INNER_BAND), "50 % of them"),
        (swatch(INK, (1, 0)), "median"),
    ]
    return legend(*keys, *([(swatch(MEAN_COLOUR, MEAN_DASH), "mean")] if mean else []))


def phases(rows: Sequence[PeriodDemand], unit: str, launch: date | None) -> list[Stretch]:
    """The demand before the launch and from it, each with a scale that holds it.

    The week of the launch belongs to the market. Where nothing is asked for between the last trial
    and the launch, the first part ends early.
    """
    if launch is not None and unit == "week":
        launch -= timedelta(days=launch.weekday())
    before = [r for r in rows if launch is not None and r.from_on < launch]
    after = rows[len(before) :]
    while before and before[-1].orders.high_95 == before[-1].orders.mean == 0:
        before.pop()
    if not before or not after:
        whole = before or after
        return [Stretch("", tuple(whole), _top(whole))]
    return [
        Stretch("Before the launch", tuple(before), _top(before)),
        Stretch("From the launch", tuple(after), _top(after)),
    ]


def stretches(whole: Stretch, most: int) -> list[Stretch]:
    """A part in stretches of about the same length, with at most so many months or weeks each."""
    number = -(-len(whole.rows) // most)
    size = -(-len(whole.rows) // number)
    parts = [whole.rows[i : i + size] for i in range(0, len(whole.rows), size)]
    return [
        Stretch(f"{whole.title}: {_span(p)}" if whole.title else _span(p), p, whole.top)
        for p in parts
    ]


def _span(rows: Sequence[PeriodDemand]) -> str:
    return f"{rows[0].from_on:%b %Y} to {rows[-1].from_on:%b %Y}"


def _top(rows: Sequence[PeriodDemand]) -> float:
    return max(1.0, *(max(r.orders.high_90, r.orders.mean) for r in rows)) * 1.05


def says(rows: Sequence[PeriodDemand], unit: str) -> str:
    """The month or week with the most orders on average, in words."""
    peak = max(rows, key=lambda r: r.orders.mean)
    b = peak.orders
    return (
        f"Most are asked for in {period(peak.from_on, unit)}: {n.about(b.mean)} on average, "
        f"{n.futures(b)}."
    )


def without_chart(rows: Sequence[PeriodDemand], unit: str) -> str | None:
    """What to say of orders that are the same in every future, or fewer than two in most of them.

    None where a chart shows more.
    """
    if all(n.certain(r.orders) for r in rows):
        asked = sum(r.orders.mean > 0 for r in rows)
        most = max(r.orders.mean for r in rows)
        return (
            f"The same in every future drawn: orders in {asked} of the {len(rows)} {unit}s from "
            f"{period(rows[0].from_on, unit)} on, {n.about(most)} in one {unit} at most."
        )
    if max(r.orders.high_90 for r in rows) >= 2:
        return None
    peak = max(rows, key=lambda r: r.orders.mean)
    when = f"{period(peak.from_on, unit)}, with {n.about(peak.orders.mean)}"
    return (
        f"Too few for a chart: nineteen of twenty futures ask for one order at most in each "
        f"{unit}. The busiest on average is {when}."
    )


def period(on: date, unit: str) -> str:
    """A month or a week by its first day, within a sentence."""
    return f"{on:%B %Y}" if unit == "month" else f"the week of {n.day(on)}"


def periods_table(key: str, caption: str, rows: Iterable[PeriodDemand], unit: str) -> Markup:
    """Every number of every month or week."""
    heads = ("Month" if unit == "month" else "Week from", *BAND_HEADS)
    body = [
        Row(
            (
                f"{r.from_on:%b %Y}" if unit == "month" else n.day(r.from_on),
                *band_cells(r.orders),
            )
        )
        for r in rows
    ]
    return table(
        caption, heads, body, numbers=range(1, len(heads)), id_=f"{key}-table", quiet=True
    )  # fmt: skip


def band_cells(b: Band) -> tuple[str, ...]:
    """The numbers of a band, in the order of `BAND_HEADS`."""
    numbers = (b.mean, b.low_95, b.low_90, b.low_50, b.median, b.high_50, b.high_90, b.high_95)
    return tuple(map(n.about, numbers))


def bands_table(caption: str, columns: Sequence[Column], key: str) -> Markup:
    """Bands of several numbers of one future, side by side: mean, median, and each middle part."""
    heads = ("A whole future", *(head for head, _, _ in columns))
    right = range(1, len(heads))
    rows = bands_rows(columns)
    return el("div", table(caption, heads, rows, numbers=right, id_=key, quiet=True), class_="slim")


def bands_rows(columns: Sequence[Column]) -> tuple[Row, ...]:
    """The rows of such a table."""

    def ends(low: Callable[[Band], float], high: Callable[[Band], float]) -> list[str]:
        return [
            f"{shown(low(b))} to {shown(high(b))}".replace(" ", n.SPACE) for _, b, shown in columns
        ]

    return (
        Row(("Mean", *(shown(b.mean) for _, b, shown in columns))),
        Row(("Median", *(shown(b.median) for _, b, shown in columns))),
        Row((f"Middle{n.SPACE}50{n.SPACE}%", *ends(lambda b: b.low_50, lambda b: b.high_50))),
        Row((f"Middle{n.SPACE}90{n.SPACE}%", *ends(lambda b: b.low_90, lambda b: b.high_90))),
        Row((f"Middle{n.SPACE}95{n.SPACE}%", *ends(lambda b: b.low_95, lambda b: b.high_95))),
    )
