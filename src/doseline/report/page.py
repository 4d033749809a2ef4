"""The report: one HTML page that opens offline, for a screen, a phone and paper."""

from __future__ import annotations

from pathlib import Path

from doseline.formats.results import write_text_atomically
from doseline.programme import Programme
from doseline.report import numerals as n
from doseline.report.basis import assumed_section, method_section
from doseline.report.board_questions import weeks_section
from doseline.report.board_section import board_section
from doseline.report.designs import designs_section
from doseline.report.doses import doses_section
from doseline.report.frontier_section import frontier_section
from doseline.report.hazards import hazards_section
from doseline.report.markup import Markup, el, link
from doseline.report.ranges_section import ranges_section
from doseline.report.recovery import recovery_section
from doseline.report.scenarios import scenarios_section
from doseline.report.shell import document, heading
from doseline.report.story import story_section
from doseline.report.suppliers_section import suppliers_section
from doseline.report.supply import activity_section, demand_section
from doseline.report.verdict import design_name, verdict_section
from doseline.studies.assessment import Assessment, futures_said

_CONTENTS = (
    ("verdict", "The verdict"),
    ("designs", "Designs"),
    ("frontier", "Cost against service"),
    ("demand", "Demand and capacity"),
    ("doses", "Doses asked for"),
    ("board", "The board"),
    ("weeks", "A week of each question"),
    ("activity", "Activity"),
    ("scenarios", "Scenarios"),
    ("recovery", "After a shock"),
    ("hazards", "Hazards"),
    ("story", "One future"),
    ("suppliers", "A second supplier"),
    ("ranges", "What moves the verdict"),
    ("assumed", "Assumptions"),
    ("method", "Method"),
)


def report_html(assessment: Assessment, programme: Programme) -> str:
    """The whole report of an assessment as one HTML document.

    Charts need the charts extra; without it the report says so and keeps all its tables.
    """
    absent = {
        name
        for name, there in (
            ("doses", assessment.demand is not None),
            ("recovery", bool(assessment.scenarios)),
            ("hazards", bool(assessment.hazards)),
            ("story", assessment.story is not None),
            ("frontier", len(assessment.designs) > 1),
            ("suppliers", assessment.suppliers is not None),
            ("ranges", bool(assessment.ranges)),
            ("weeks", len(assessment.boards) > 1),
        )
        if not there
    }
    return document(
        f"{assessment.programme}: is the manufacturing capacity sufficient?",
        assessment.version,
        _header(assessment),
        [c for c in _CONTENTS if c[0] not in absent],
        _sections(assessment, programme),
        f"{assessment.programme}, as of {n.day(assessment.as_of_on)}. Doseline "
        f"{assessment.version}, seed {assessment.seed}.",
    )


def write_report(assessment: Assessment, programme: Programme, path: Path) -> Path:
    """Write the report of an assessment, whole or not at all, and say where it lies.

    Folders are made as needed.
    """
    write_text_atomically(path, report_html(assessment, programme))
    return path


def _header(assessment: Assessment) -> Markup:
    return heading(
        "Supply assessment",
        assessment.programme,
        f"Is the manufacturing capacity sufficient? Asked as of {n.day(assessment.as_of_on)}, "
        "answered for the design ",
        el("b", design_name(assessment, assessment.design)),
        ".",
        meta=(
            link(
                "method",
                f"{futures_said(assessment.questions)} futures a question, seed {assessment.seed}",
            ),
            link("assumed", f"{len(assessment.assumptions):,} inputs only assumed"),
            f"Doseline {assessment.version}",
        ),
    )


def _sections(assessment: Assessment, programme: Programme) -> list[Markup]:
    return [
        verdict_section(assessment),
        designs_section(assessment),
        *([frontier_section(assessment)] if len(assessment.designs) > 1 else []),
        demand_section(assessment, programme),
        doses_section(assessment, programme),
        board_section(
            assessment.boards[0] if assessment.boards else None,
            programme,
            design_name(assessment, assessment.boards[0].design) if assessment.boards else "",
        ),
        *([weeks_section(assessment, programme)] if len(assessment.boards) > 1 else []),
        activity_section(assessment),
        scenarios_section(assessment),
        *([recovery_section(assessment)] if assessment.scenarios else []),
        *([hazards_section(assessment)] if assessment.hazards else []),
        *([story_section(assessment.story, assessment)] if assessment.story else []),
        *(
            [suppliers_section(assessment.suppliers, assessment.currency)]
            if assessment.suppliers is not None
            else []
        ),
        *([ranges_section(assessment)] if assessment.ranges else []),
        assumed_section(assessment),
        method_section(assessment, programme),
    ]
