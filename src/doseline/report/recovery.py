"""Service over time under each shock, beside the same luck without it, with the days to recover."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from types import ModuleType
from typing import Any

from doseline.report import numerals as n
from doseline.report.figures import figure
from doseline.report.marks import legend, swatch
from doseline.report.markup import Markup, el, join
from doseline.report.palette import DASHES, LINES
from doseline.report.tables import Row, table
from doseline.report.verdict import design_name
from doseline.studies.assessment import Assessment, ScenarioRow

_A_PAGE = 8  # small charts that fit on one sheet of paper


def recovery_section(assessment: Assessment) -> Markup:
    """Doses on time week by week under each shock, until the last one that it touched."""
    heading = el("h2", "Service over time under each shock")
    rows = [r for r in assessment.scenarios if r.weeks]
    if not rows:
        return el("section", heading, el("p", "No week under a shock was told."), id="recovery")

    def draw(charts: ModuleType, width: int) -> list[Any]:
        drawn = [_panel(charts, r, assessment, width) for r in rows]
        parts = range(0, len(drawn), _A_PAGE)
        return [charts.recovery(drawn[i : i + _A_PAGE], width) for i in parts]

    return el(
        "section",
        heading,
        el(
            "p",
            "Doses given on the day ordered and inside tolerance, a week, by the week ordered: the "
            "mean of the futures. Until its first day nobody knows of a shock; from then on its "
            "length is known. A dose that is ordered later because the one before it came later "
            "moves to a later week, so the line with the shock may lie above the other at times.",
        ),
        figure(
            "recovery-figure", "Doses on time a week", _says(rows, assessment),
            _numbers(rows, assessment), draw, legend=_key(),
            note="Every week with its interval: scenario_weeks.csv.",
        ),
        id="recovery",
    )  # fmt: skip


def recovers(row: ScenarioRow) -> str:
    """How long it takes until the last dose that a shock touched, in words."""
    days = row.days_to_recover
    if row.for_good:
        return "for good: measured over its first year"
    if not math.isfinite(days.mean):
        return "days to recover not known"
    if days.mean == 0:
        return "no dose was touched"
    said = f"{n.count(days.mean)} days to recover"
    if days.low == days.high:
        return said
    return f"{said} ({n.count(max(0.0, days.low))} to {n.count(days.high)})"


def _says(rows: Sequence[ScenarioRow], assessment: Assessment) -> str:
    known = [r for r in rows if not r.for_good and math.isfinite(r.days_to_recover.mean)]
    worst = max(known, key=lambda r: r.days_to_recover.mean, default=None)
    if worst is None or worst.days_to_recover.mean == 0:
        return "No shock that ends touched a dose."
    return (
        f"{worst.name} is felt longest: under {design_name(assessment, worst.design)} "
        f"{recovers(worst)}, of which the shock itself is a part."
    )


def _key() -> Markup:
    return legend(
        (swatch(LINES[0], DASHES[1]), "without the shock"),
        (swatch(LINES[1], DASHES[0]), "with it; shaded: what it takes"),
        (swatch(LINES[3], DASHES[4]), "last dose touched, with its 95 % interval along the top"),
    )


def _panel(charts: ModuleType, row: ScenarioRow, assessment: Assessment, width: int) -> Any:
    room = width // 2 if width > 500 else width
    days = row.days_to_recover
    recovered = None
    if not row.for_good and math.isfinite(days.mean) and days.mean > 0:
        recovered = tuple(
            row.from_on + timedelta(days=max(0, round(d) - 1))
            for d in (days.mean, days.low, days.high)
        )
    return charts.Panel(
        charts.fitted(row.name + (" (hindsight)" if row.hindsight else ""), room, ""),
        f"{design_name(assessment, row.design)}: {recovers(row)}",
        tuple((w.week, w.on_time.mean, w.on_time_without.mean) for w in row.weeks),
        row.from_on,
        recovered,
    )


def _numbers(rows: Sequence[ScenarioRow], assessment: Assessment) -> Markup:
    heads = (
        "Shock", "Design", "First day", "Weeks told", "On time a week without",
        "On time a week with", "Worst week", "Days to recover",
    )  # fmt: skip
    return table(
        "Doses on time a week from the first day of each shock to the end of its window",
        heads,
        [_row(r, assessment) for r in rows],
        numbers=range(3, 8),
        stacked=True,
    )


def _row(row: ScenarioRow, assessment: Assessment) -> Row:
    struck = [w for w in row.weeks if w.week >= row.from_on - timedelta(days=6)]
    worst = min(struck, key=lambda w: w.on_time.mean - w.on_time_without.mean)
    weeks = len(struck)
    return Row(
        (
            join(row.name, " (hindsight)" if row.hindsight else None),
            design_name(assessment, row.design),
            n.day(row.from_on),
            str(weeks),
            f"{sum(w.on_time_without.mean for w in struck) / weeks:.2f}",
            f"{sum(w.on_time.mean for w in struck) / weeks:.2f}",
            join(
                n.day(worst.week),
                el(
                    "span",
                    f"{worst.on_time.mean:.1f} ({worst.on_time.low:.1f} to "
                    f"{worst.on_time.high:.1f}) instead of {worst.on_time_without.mean:.1f}",
                    class_="sub",
                ),
            ),
            recovers(row) if row.for_good else n.counts(row.days_to_recover),
        )
    )
