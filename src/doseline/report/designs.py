"""The designs side by side: service, cost, batches, and the difference to the main design."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from doseline.report import numerals as n
from doseline.report import words
from doseline.report.figures import figure
from doseline.report.marks import legend, swatch
from doseline.report.markup import Child, Markup, el, join, link
from doseline.report.palette import BARS
from doseline.report.tables import Row, table
from doseline.studies.assessment import Assessment, DesignRow

_MOST_ITEMS = 7
REST = "all other items"


def designs_section(assessment: Assessment) -> Markup:
    """Every design's service and cost over the whole horizon."""
    heading = el("h2", "The designs side by side")
    rows = sorted(assessment.designs, key=lambda d: d.design != assessment.design)
    if not rows:
        return el("section", heading, el("p", "No design was compared."), id="designs")
    return el(
        "section",
        heading,
        el(
            "p",
            "Over the whole horizon, under the same chance: every design meets the same patients "
            "and the same luck, so differences are paired, replication by replication.",
        ),
        _side_by_side(rows, assessment),
        _cost_figure(rows, assessment.currency),
        id="designs",
    )


def _side_by_side(rows: Sequence[DesignRow], assessment: Assessment) -> Markup:
    currency = assessment.currency
    measures: list[tuple[str, Callable[[DesignRow], Child]]] = [
        ("OTIF", lambda d: n.shares(d.otif)),
        ("OTIF against the main design", lambda d: _against(d, assessment.design)),
        ("Doses delayed", lambda d: n.shares(d.delayed_share)),
        ("Doses missed", lambda d: n.shares(d.missed_share)),
        ("Cost, total", lambda d: link("cost-items", n.amounts(d.cost_total, currency))),
        ("Cost, present value", lambda d: n.amounts(d.present_value, currency)),
        ("Cost per administered dose", lambda d: n.amounts(d.cost_per_dose, currency)),
        ("Batches made", lambda d: n.counts(d.batches_made)),
        ("Batches failed", lambda d: n.counts(d.batches_failed)),
        ("Use of slots", lambda d: n.shares(d.line_utilisation)),
        ("Replications", lambda d: str(d.replications)),
    ]
    heads = ("Measure", *(_head(d, assessment.design) for d in rows))
    return table(
        "Service and cost of each design, with 95 % intervals",
        heads,
        [Row((name, *(said(d) for d in rows))) for name, said in measures],
        numbers=range(1, len(rows) + 1),
        id_="design-measures",
        dense=len(rows) > 4,
    )


def _head(row: DesignRow, main: str) -> Markup:
    return join(
        row.name,
        el("span", "main design", class_="sub") if row.design == main else None,
        el("span", row.why, class_="sub") if row.why else None,
    )


def _against(row: DesignRow, main: str) -> Child:
    if row.design == main:
        return "the main design"
    return n.points(row.otif_against_main) if row.otif_against_main else n.UNKNOWN


def _cost_figure(rows: Sequence[DesignRow], currency: str) -> Markup:
    items = _items(rows)
    if not items:
        return Markup("")
    keys = legend(
        *(
            (swatch(BARS[i % len(BARS)], letter=chr(ord("A") + i)), words.named(item))
            for i, item in enumerate(items)
        )
    )
    totals = {d.design: sum(v for _, v in d.cost_items) for d in rows}
    dear = max(rows, key=lambda d: totals[d.design])
    cheap = min(rows, key=lambda d: totals[d.design])
    says = f"What {dear.name} costs: {n.money(totals[dear.design], currency)}."
    if len(rows) > 1:
        says = (
            f"From {cheap.name}, {n.money(totals[cheap.design], currency)}, to {dear.name}, "
            f"{n.money(totals[dear.design], currency)}, mean over the replications."
        )

    def draw(charts: ModuleType, width: int) -> list[Any]:
        bars = [_bar(charts, d, items, currency, width) for d in rows]
        return [charts.bars(bars, f"{currency} over the horizon", width)]

    return figure(
        "costs", "What each design costs, item by item", says,
        _cost_table(rows, currency), draw, legend=keys,
    )  # fmt: skip


def _items(rows: Sequence[DesignRow]) -> list[str]:
    """The dearest items over all designs, and one for the rest."""
    total: dict[str, float] = {}
    for row in rows:
        for item, value in row.cost_items:
            total[item] = total.get(item, 0.0) + abs(value)
    ranked = sorted((i for i in total if total[i] > 0), key=lambda i: -total[i])
    return [*ranked[:_MOST_ITEMS], REST] if len(ranked) > _MOST_ITEMS else ranked


def _bar(
    charts: ModuleType, row: DesignRow, items: Sequence[str], currency: str, width: int
) -> Any:
    amounts = dict.fromkeys(items, 0.0)
    for item, value in row.cost_items:
        amounts[item if item in amounts else REST] = (
            amounts.get(item if item in amounts else REST, 0.0) + value
        )
    whole = sum(abs(v) for v in amounts.values()) or 1.0
    up = down = 0.0
    segments = []
    for i, value in enumerate(amounts.values()):
        start = up if value >= 0 else down
        letter = chr(ord("A") + i) if abs(value) / whole > 14 / width else ""
        segments.append(charts.Segment(start, start + value, i, letter))
        up, down = (start + value, down) if value >= 0 else (up, start + value)
    total = sum(v for _, v in row.cost_items)
    says = n.money(total, currency)
    return charts.BarRow(charts.fitted(row.name, width, says), says, tuple(segments))


def _cost_table(rows: Sequence[DesignRow], currency: str) -> Markup:
    items = dict.fromkeys(item for d in rows for item, _ in d.cost_items)
    lines = []
    for item in items:
        values = [dict(d.cost_items).get(item, math.nan) for d in rows]
        lines.append(
            Row(
                (
                    words.named(item),
                    *("none" if math.isnan(v) else n.money(v, currency) for v in values),
                )
            )
        )
    sums = [sum(v for _, v in d.cost_items) for d in rows]
    lines.append(Row(("sum", *(n.money(s, currency) for s in sums))))
    return table(
        "Cost by item, mean over the replications",
        ("Item", *(d.name for d in rows)),
        lines,
        numbers=range(1, len(rows) + 1),
        id_="cost-items",
        dense=len(rows) > 4,
    )
