"""What each scenario does, against the same luck without it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from doseline.report import numerals as n
from doseline.report import words
from doseline.report.figures import figure
from doseline.report.marks import legend
from doseline.report.markup import Markup, el, join
from doseline.report.palette import LINES, PAPER
from doseline.report.tables import Group, Row, table
from doseline.report.verdict import design_name
from doseline.studies.assessment import Assessment, ScenarioRow
from doseline.studies.figures import Figure

_A_PAGE = 12  # rows of a chart that fit on one sheet of paper


def scenarios_section(assessment: Assessment) -> Markup:
    """Each shock: OTIF with and without it, doses delayed and missed, days to recover."""
    heading = el("h2", "What each scenario does")
    rows = assessment.scenarios
    if not rows:
        return el("section", heading, el("p", "No scenario was tried."), id="scenarios")
    says = _says(rows, assessment)
    ordered = [r for same in _grouped(rows) for r in same]

    def draw(charts: ModuleType, width: int) -> list[Any]:
        one = len({r.design for r in ordered}) == 1
        drawn = [_change(charts, r, assessment, width, one) for r in ordered]
        parts = range(0, len(drawn), _A_PAGE)
        return [charts.changes(drawn[i : i + _A_PAGE], width) for i in parts]

    return el(
        "section",
        heading,
        el(
            "p",
            "Both ends of a line are the same futures, with the same patients and the same luck; "
            "only the shock differs.",
        ),
        figure(
            "scenario-figure", "OTIF in the window of each scenario", says,
            _measures(rows, assessment), draw, legend=_key(), shown=True,
        ),
        id="scenarios",
    )  # fmt: skip


def _says(rows: Sequence[ScenarioRow], assessment: Assessment) -> str:
    known = [r for r in rows if math.isfinite(r.otif.mean) and math.isfinite(r.otif_without.mean)]
    if not known:
        return "No dose was due in the window of any scenario."
    worst = min(known, key=lambda r: r.otif.mean - r.otif_without.mean)
    return (
        f"{worst.name} costs most: under {design_name(assessment, worst.design)} OTIF goes from "
        f"{n.percent(worst.otif_without.mean)} to {n.percent(worst.otif.mean)} in its window."
    )


def _key() -> Markup:
    def drawn(*parts: Markup) -> Markup:
        return el(
            "svg", *parts, class_="chart mini", width=28, height=16, viewBox="0 0 28 16",
            aria_hidden="true",
        )  # fmt: skip

    ring = el("circle", cx=14, cy=8, r=5, fill=PAPER, stroke=LINES[0], stroke_width=2.5)
    diamond = el("path", d="M14 1l7 7l-7 7l-7 -7z", fill=LINES[1])
    band = el("path", d="M1 8h26", stroke=LINES[0], stroke_width=4, opacity=0.55)
    return legend(
        (drawn(ring), "without the shock"),
        (drawn(diamond), "with it"),
        (drawn(band), "95 % interval"),
    )


def _change(
    charts: ModuleType, row: ScenarioRow, assessment: Assessment, width: int, one_design: bool
) -> Any:
    mark = " (hindsight)" if row.hindsight else ""
    where = "" if one_design else f", {design_name(assessment, row.design)}"
    says = f"{n.percent(row.otif_without.mean)} \u2192 {n.percent(row.otif.mean)}"
    name = charts.fitted(f"{row.name}{where}{mark}", width, says)
    return charts.Change(name, says, _three(row.otif_without), _three(row.otif))


def _three(found: Figure) -> tuple[float, float, float]:
    return found.mean, found.low, found.high


def _measures(rows: Sequence[ScenarioRow], assessment: Assessment) -> Markup:
    heads = (
        "Design and window", "Doses due in it", "OTIF without", "OTIF with",
        "More doses delayed", "More doses missed", "Days to recover",
    )  # fmt: skip
    played = sorted({r.replications for r in rows})
    return table(
        f"Scenarios, with 95 % intervals over {' or '.join(map(str, played))} replications",
        heads,
        [_group(same, assessment) for same in _grouped(rows)],
        numbers=range(1, 7),
        stacked=True,
        id_="scenario-measures",
    )


def _grouped(rows: Sequence[ScenarioRow]) -> list[list[ScenarioRow]]:
    """The rows of each scenario, in the order in which the scenarios come."""
    groups: dict[str, list[ScenarioRow]] = {}
    for row in rows:
        groups.setdefault(row.scenario, []).append(row)
    return list(groups.values())


def _group(rows: Sequence[ScenarioRow], assessment: Assessment) -> Group:
    first = rows[0]
    name = join(
        first.name,
        join(" ", words.hindsight()) if first.hindsight else None,
        el("span", first.why, class_="sub") if first.why else None,
    )
    return Group(name, tuple(_measure_row(r, assessment) for r in rows))


def _measure_row(row: ScenarioRow, assessment: Assessment) -> Row:
    window = n.span(row.from_on, row.measured_until_on)
    return Row(
        (
            join(design_name(assessment, row.design), el("span", window, class_="sub")),
            n.counts(row.orders),
            n.shares(row.otif_without),
            n.shares(row.otif),
            n.counts(row.extra_delayed, plus=True),
            n.counts(row.extra_missed, plus=True),
            n.counts(row.days_to_recover),
        )
    )
