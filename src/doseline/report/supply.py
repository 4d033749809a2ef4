"""Demand against capacity over the months, and where the activity goes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from types import ModuleType
from typing import Any

from doseline.programme import Programme
from doseline.report import numerals as n
from doseline.report import words
from doseline.report.figures import figure
from doseline.report.marks import legend, swatch
from doseline.report.markup import Markup, el
from doseline.report.palette import DASHES, INK, INNER_BAND, LINES, OUTER_BAND
from doseline.report.tables import Row, table
from doseline.report.verdict import design_name
from doseline.studies.assessment import Assessment, MonthRow

MBQ_A_GBQ = 1000.0


def demand_section(assessment: Assessment, programme: Programme) -> Markup:
    """The doses asked for each month against those that each design can make."""
    heading = el("h2", "Demand against capacity")
    months = sorted(assessment.months, key=lambda m: m.month)
    if not months:
        return el("section", heading, el("p", "No month was looked at."), id="demand")
    designs = _designs(assessment, months)
    keys = legend(
        (swatch(OUTER_BAND), "95 % of the drawn demand"),
        (swatch(INNER_BAND), "50 % of it"),
        (swatch(INK, (1, 0)), "its median"),
        *(
            (
                swatch(LINES[i % len(LINES)], DASHES[i % len(DASHES)]),
                f"capacity: {design_name(assessment, d)}",
            )
            for i, d in enumerate(designs)
        ),
    )
    stretches = _stretches(months, programme)
    short = _shortfall(assessment)

    def draw(charts: ModuleType, width: int) -> list[Any]:
        return [
            charts.demand(part, designs, width, title, ceiling(part), _within(short, part))
            for title, part in stretches
        ]

    return el(
        "section",
        heading,
        figure(
            "demand-figure", "Doses a month: asked for, and what the slots can make",
            _says(months, assessment), _months_table(months, designs, assessment), draw,
            legend=keys,
            note=_note(stretches),
        ),
        id="demand",
    )  # fmt: skip


def ceiling(months: Sequence[MonthRow]) -> float:
    """The top of a chart's scale: all of the demand, and capacity up to three times as much."""
    asked = max(m.high95 for m in months)
    able = max((v for m in months for v in m.capacity.values() if math.isfinite(v)), default=0.0)
    return max(min(max(asked, able), 3 * asked) if asked > 0 else able, 1.0) * 1.05


def _note(stretches: Sequence[tuple[str, list[MonthRow]]]) -> str:
    said = "Capacity is the vials of full batches in every usable slot, as planned."
    cut = any(v > ceiling(part) for _, part in stretches for m in part for v in m.capacity.values())
    more = " Where it is more than three times the demand its line runs along the top of the scale."
    return said + (more if cut else "")


def _designs(assessment: Assessment, months: Sequence[MonthRow]) -> list[str]:
    found = dict.fromkeys(d for m in months for d in m.capacity)
    return sorted(found, key=lambda d: d != assessment.design)


def _stretches(
    months: Sequence[MonthRow], programme: Programme
) -> list[tuple[str, list[MonthRow]]]:
    """The months before the launch and from it: their demand differs by orders of magnitude."""
    launches = [m.from_on for m in programme.markets]
    parts: list[tuple[str, list[MonthRow]]] = []
    if launches:
        launch = min(launches).replace(day=1)
        parts = [
            ("Trials, before the launch", [m for m in months if m.month < launch]),
            ("From the launch", [m for m in months if m.month >= launch]),
        ]
        parts = [(title, part) for title, part in parts if any(m.high95 > 0 for m in part)]
    return parts or [("The whole horizon", list(months))]


def _shortfall(assessment: Assessment) -> list[tuple[date, str]]:
    found = [
        a.first_shortfall_on
        for a in assessment.questions
        if a.design == assessment.design and a.first_shortfall_on
    ]
    return [(min(found), f"first shortfall, {n.day(min(found))}")] if found else []


def _within(
    marks: Sequence[tuple[date, str]], months: Sequence[MonthRow]
) -> list[tuple[date, str]]:
    last = months[-1].month
    return [(on, said) for on, said in marks if months[0].month <= on.replace(day=1) <= last]


def _says(months: Sequence[MonthRow], assessment: Assessment) -> str:
    peak = max(months, key=lambda m: m.median)
    able = peak.capacity.get(assessment.design)
    said = (
        f"The median demand is highest in {peak.month:%B %Y}: {n.count(peak.median)} doses "
        f"(95 % of draws {n.count(peak.low95)} to {n.count(peak.high95)})"
    )
    if able is None:
        return f"{said}."
    name = design_name(assessment, assessment.design)
    return f"{said}, against {n.count(able)} that {name} can make."


def _months_table(
    months: Sequence[MonthRow], designs: Sequence[str], assessment: Assessment
) -> Markup:
    heads = (
        "Month", "Low of 95 %", "Low of 50 %", "Median", "High of 50 %", "High of 95 %",
        *(f"Capacity: {design_name(assessment, d)}" for d in designs),
    )  # fmt: skip
    rows = [
        Row(
            (
                f"{m.month:%b %Y}",
                *map(n.count, (m.low95, m.low50, m.median, m.high50, m.high95)),
                *(n.count(m.capacity[d]) if d in m.capacity else "none" for d in designs),
            )
        )
        for m in months
    ]
    return table(
        "Doses a month", heads, rows, numbers=range(1, len(heads)), id_="months", quiet=True
    )


def activity_section(assessment: Assessment) -> Markup:
    """Where the activity goes, from what was made to what reached a patient."""
    heading = el("h2", "Where the activity goes")
    accounts = [(words.named(k), v) for k, v in assessment.activity if math.isfinite(v)]
    if not accounts:
        return el("section", heading, el("p", "No activity was counted."), id="activity")
    whole = accounts[0][1] or 1.0
    last, given = accounts[-1]
    says = (
        f"Of {_both(accounts[0][1])} {accounts[0][0]}, {_both(given)} or "
        f"{n.percent(given / whole)} ends as {last}. "
        "Each amount holds at the moment at which it changed its account."
    )

    def draw(charts: ModuleType, width: int) -> list[Any]:
        rows = [
            charts.BarRow(
                name,
                f"{_both(value)}, {n.percent(value / whole)}",
                (charts.Segment(start, start + value, 2 if i == len(accounts) - 1 else min(i, 1)),),
            )
            for i, ((name, value), start) in enumerate(
                zip(accounts, staircase([v for _, v in accounts]), strict=True)
            )
        ]
        return [charts.bars(rows, "GBq over the horizon, mean of the replications", width)]

    numbers = table(
        "Activity by account, mean over the replications",
        ("Account", "GBq", "mCi", "Share of the first"),
        [
            Row((name, n.gbq(v * MBQ_A_GBQ), n.mci(v * MBQ_A_GBQ), n.percent(v / whole)))
            for name, v in accounts
        ],
        numbers=(1, 2, 3),
        id_="accounts",
        quiet=True,
    )
    return el(
        "section",
        heading,
        figure(
            "activity-figure", "From what was made to what reached a patient", says, numbers, draw
        ),
        id="activity",
    )


def _both(in_gbq: float) -> str:
    return n.activity(in_gbq * MBQ_A_GBQ)


def staircase(values: Sequence[float]) -> list[float]:
    """Where each bar begins: a staircase down if the rest add up to the first, else all at zero."""
    first, rest = values[0], values[1:]
    if len(rest) < 2 or abs(sum(rest) - first) > 0.01 * abs(first):
        return [0.0] * len(values)
    starts, left = [0.0], first
    for value in rest:
        left -= value
        starts.append(left)
    return starts
