"""What each scenario does, against the same luck without it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from doseline.report import numerals as n
from doseline.report import words
from doseline.report.figures import NARROW, figure
from doseline.report.marks import legend
from doseline.report.markup import Markup, el, join, link
from doseline.report.palette import LINES, PAPER
from doseline.report.tables import Row, table
from doseline.report.verdict import design_name
from doseline.studies.assessment import Assessment, Figure, ScenarioRow


def scenarios_section(assessment: Assessment) -> Markup:
    """Each shock: OTIF with and without it, doses delayed and missed, days to recover."""
    heading = el("h2", "What each scenario does")
    rows = assessment.scenarios
    if not rows:
        return el("section", heading, el("p", "No scenario was tried."), id="scenarios")
    worst = min(rows, key=lambda r: r.otif.mean - r.otif_without.mean)
    says = (
        f"{worst.name} costs most: under {design_name(assessment, worst.design)} OTIF goes from "
        f"{n.percent(worst.otif_without.mean)} to {n.percent(worst.otif.mean)} in its window."
    )

    def draw(charts: ModuleType, width: int) -> list[Any]:
        return [charts.changes([_change(charts, r, assessment, width) for r in rows], width)]

    return el(
        "section",
        heading,
        el(
            "p",
            "Both ends of a line are the same futures, with the same patients and the same luck; "
            "only the shock differs.",
        ),
        _shown(says, rows, assessment, draw),
        id="scenarios",
    )


def _shown(
    says: str, rows: Sequence[ScenarioRow], assessment: Assessment, draw: Any
) -> Markup:
    numbers = _otif_table(rows, assessment)
    chart = figure(
        "scenario-figure", "OTIF in the window of each scenario", says, numbers, draw, legend=_key()
    )
    return join(chart, _measures(rows, assessment))


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
    charts: ModuleType, row: ScenarioRow, assessment: Assessment, width: int
) -> Any:
    mark = " (hindsight)" if row.hindsight else ""
    name = f"{row.name}, {design_name(assessment, row.design)}{mark}"
    says = f"{n.percent(row.otif_without.mean)} \u2192 {n.percent(row.otif.mean)}"
    most = 26 if width <= NARROW else 82
    return charts.Change(
        textwrap.shorten(name, most, placeholder="\u2026"),
        says,
        _three(row.otif_without),
        _three(row.otif),
    )


def _three(found: Figure) -> tuple[float, float, float]:
    return found.mean, found.low, found.high


def _otif_table(rows: Sequence[ScenarioRow], assessment: Assessment) -> Markup:
    return table(
        "OTIF in the window of each scenario",
        ("Scenario", "Design", "OTIF without", "OTIF with"),
        [
            Row(
                (
                    r.name,
                    design_name(assessment, r.design),
                    n.shares(r.otif_without),
                    n.shares(r.otif),
                )
            )
            for r in rows
        ],
        numbers=(2, 3),
        quiet=True,
    )


def _measures(rows: Sequence[ScenarioRow], assessment: Assessment) -> Markup:
    heads = (
        "Scenario", "Design", "Window measured", "Doses due in it", "OTIF without", "OTIF with",
        "More doses delayed", "More doses missed", "Days to recover", "Replications",
    )  # fmt: skip
    return table(
        "Scenarios, with 95 % intervals",
        heads,
        [
            Row(
                (
                    join(
                        el("b", r.name),
                        join(" ", words.hindsight()) if r.hindsight else None,
                        el("span", r.why, class_="sub") if r.why else None,
                    ),
                    link("design-measures", design_name(assessment, r.design)),
                    n.span(r.from_on, r.measured_until_on),
                    n.counts(r.orders),
                    n.shares(r.otif_without),
                    n.shares(r.otif),
                    n.counts(r.extra_delayed, plus=True),
                    n.counts(r.extra_missed, plus=True),
                    n.counts(r.days_to_recover),
                    str(r.replications),
                )
            )
            for r in rows
        ],
        numbers=range(3, 10),
        stacked=True,
        id_="scenario-measures",
    )
