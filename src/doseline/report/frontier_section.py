"""What service costs: the designs that no other beats, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from doseline.report import numerals as n
from doseline.report import words
from doseline.report.figures import figure
from doseline.report.marks import legend, swatch
from doseline.report.markup import Child, Markup, el, join
from doseline.report.palette import LINES, PAPER, QUIET, TARGET_COLOUR, TARGET_DASH
from doseline.report.tables import Row, table
from doseline.studies.assessment import Assessment
from doseline.studies.figures import Figure


@dataclass(frozen=True, slots=True)
class Choice:
    """A design on the chart. `sufficient` as in the verdict; `more` are further cells."""

    name: str
    cost: Figure
    otif: Figure
    efficient: bool
    chosen: bool = False
    sufficient: bool | None = None
    more: tuple[Child, ...] = ()


def frontier_section(assessment: Assessment) -> Markup:
    """The designs of the programme: what each costs over the horizon, and how it serves."""
    best = -1.0
    choices = []
    for row in sorted(assessment.designs, key=lambda d: (d.cost_total.mean, -d.otif.mean)):
        choices.append(Choice(row.name, row.cost_total, row.otif, row.otif.mean > best))
        best = max(best, row.otif.mean)
    return el(
        "section",
        el("h2", "Cost against service"),
        el(
            "p",
            "A design on the frontier is beaten by no other in both: whoever wants more service "
            "pays more. doseline size looks through a grid of designs in the same way.",
        ),
        frontier_figure(
            "frontier-figure", "Over the whole horizon", choices, None, assessment.currency
        ),
        id="frontier",
    )


def frontier_figure(
    id_: str,
    title: str,
    choices: Sequence[Choice],
    target: float | None,
    currency: str,
    *,
    heads: Sequence[str] = (),
    note: str = "",
) -> Markup:
    """The chart of cost against OTIF and the table of its numbers, the cheapest design first.

    Without a target no verdict is shown.
    """
    ordered = sorted(choices, key=lambda c: (c.cost.mean, -c.otif.mean))
    unit, divisor = _unit(ordered, currency)

    def draw(charts: ModuleType, width: int) -> list[Any]:
        spots = [
            charts.Spot(i, _three(c.cost, divisor), _three(c.otif, 1.0), _kind(c), c.efficient)
            for i, c in enumerate(ordered, 1)
        ]
        return [charts.frontier(spots, target, f"cost, {unit}", width)]

    return figure(
        id_,
        title,
        _says(ordered, target, currency),
        _numbers(id_, ordered, currency, heads, target is not None),
        draw,
        legend=_key(target, any(c.chosen for c in choices)),
        note=note,
        shown=True,
    )


def _kind(choice: Choice) -> str:
    if choice.chosen:
        return "chosen"
    return "efficient" if choice.efficient else "beaten"


def _three(found: Figure, divisor: float) -> tuple[float, float, float]:
    return found.mean / divisor, found.low / divisor, found.high / divisor


def _unit(choices: Sequence[Choice], currency: str) -> tuple[str, float]:
    if max((c.cost.high for c in choices), default=0.0) >= 2e6:
        return f"million {currency}", 1e6
    return currency, 1.0


def _says(choices: Sequence[Choice], target: float | None, currency: str) -> str:
    best = [c for c in choices if c.efficient]
    chosen = next((c for c in choices if c.chosen), None)
    if not best:
        return "No design was played."
    first, last = best[0], best[-1]
    text = (
        f"{len(best)} of {len(choices)} designs are beaten by no other: from {first.name} "
        f"({n.money(first.cost.mean, currency)}, OTIF {n.percent(first.otif.mean)})"
    )
    if last is not first:
        text += (
            f" to {last.name} ({n.money(last.cost.mean, currency)}, "
            f"OTIF {n.percent(last.otif.mean)})"
        )
    if chosen is not None and target is not None:
        text += f". Chosen against the target of {n.percent(target)}: {chosen.name}"
    return f"{text}."


def _numbers(
    id_: str, choices: Sequence[Choice], currency: str, heads: Sequence[str], judged: bool
) -> Markup:
    rows = [
        Row(
            (
                join(f"{i}. ", el("b", c.name) if c.chosen else c.name),
                n.amounts(c.cost, currency),
                n.shares(c.otif),
                *((words.verdict(c.sufficient),) if judged else ()),
                _standing(c),
                *c.more,
            )
        )
        for i, c in enumerate(choices, 1)
    ]
    return table(
        "Designs by cost, with 95 % intervals",
        ("Design", "Cost", "OTIF", *(("Sufficient",) if judged else ()), "On the frontier", *heads),
        rows,
        numbers=(1, 2, *range(5, 5 + len(heads))),
        stacked=True,
        id_=f"{id_}-numbers",
    )


def _standing(choice: Choice) -> str:
    return f"{'yes' if choice.efficient else 'no'}{', chosen' if choice.chosen else ''}"


def _key(target: float | None, chosen: bool) -> Markup:
    def drawn(*parts: Markup) -> Markup:
        return el(
            "svg", *parts, class_="chart mini", width=28, height=16, viewBox="0 0 28 16",
            aria_hidden="true",
        )  # fmt: skip

    keys = [
        (drawn(el("circle", cx=14, cy=8, r=5, fill=LINES[0])), "on the frontier"),
        (
            drawn(el("circle", cx=14, cy=8, r=5, fill=PAPER, stroke=QUIET, stroke_width=2)),
            "beaten by another",
        ),
        (drawn(el("path", d="M14 1v14M4 8h20", stroke=QUIET, stroke_width=2)), "95 % intervals"),
    ]
    if chosen:
        keys.insert(0, (drawn(el("path", d="M14 1l7 7l-7 7l-7 -7z", fill=LINES[1])), "chosen"))
    if target is not None:
        keys.append((swatch(TARGET_COLOUR, TARGET_DASH), f"target {n.percent(target)}"))
    return legend(*keys)
