"""What strikes by chance: each hazard as its law has it, beside what was drawn."""

from __future__ import annotations

from doseline.report import numerals as n
from doseline.report.markup import Markup, el, join
from doseline.report.tables import Row, table
from doseline.studies.assessment import Assessment
from doseline.studies.hazards import HazardRow


def hazards_section(assessment: Assessment) -> Markup:
    """How often each hazard strikes, how long, apart or together."""
    return el(
        "section",
        el("h2", "What strikes by chance"),
        el(
            "p",
            "Every future has stops of its own, the same ones for every design. Nobody knows of "
            "one before its first day; from then on its drawn length is known, so recovery looks "
            "a little better than it would be.",
        ),
        table(
            f"Hazards, with 95 % intervals over {assessment.replications} replications of the "
            "whole horizon",
            (
                "Hazard", "Stops a year of standing", "Mean length", "Strike all at once",
                "A target stands", "All are down", "Stops drawn", "Days struck, as drawn",
            ),
            [_row(h) for h in assessment.hazards],
            numbers=range(1, 8),
            stacked=True,
        ),
        id="hazards",
    )  # fmt: skip


def _row(row: HazardRow) -> Row:
    name = join(
        row.name,
        el("span", f"{row.hits}: {', '.join(row.targets)}", class_="sub"),
        el("span", row.why, class_="sub") if row.why else None,
    )
    return Row(
        (
            name,
            f"{row.per_year:g}",
            f"{row.mean_days:.1f} d",
            n.percent(row.common_share),
            n.percent(row.standing),
            n.small_percent(row.all_down),
            n.counts(row.stops),
            n.shares(row.down_share),
        )
    )
