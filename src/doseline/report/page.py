"""The report: one HTML page that opens offline, for a screen, a phone and paper."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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
from doseline.simulate.workers import Shared
from doseline.studies.assessment import Assessment, futures_said
from doseline.studies.pool import Doing


def report_html(assessment: Assessment, programme: Programme, doing: Doing | None = None) -> str:
    """The whole report of an assessment as one HTML document.

    Charts need the charts extra; without it the report says so and keeps all its tables. Sections
    are drawn by `doing`, if given.
    """
    given = Shared(assessment)
    slowest_first = sorted(_SECTIONS, key=lambda anchor: anchor != "recovery")
    jobs = [partial(_drawn, anchor, given) for anchor in slowest_first]
    answers = [job(programme) for job in jobs] if doing is None else doing(jobs)
    drawn = dict(zip(slowest_first, answers, strict=True))
    shown = [anchor for anchor in _SECTIONS if drawn[anchor] is not None]
    return document(
        f"{assessment.programme}: is the manufacturing capacity sufficient?",
        assessment.version,
        _header(assessment),
        [(anchor, _SECTIONS[anchor][0]) for anchor in shown],
        [drawn[anchor] for anchor in shown],
        f"{assessment.programme}, as of {n.day(assessment.as_of_on)}. Doseline "
        f"{assessment.version}, seed {assessment.seed}.",
    )


def write_report(
    assessment: Assessment, programme: Programme, path: Path, doing: Doing | None = None
) -> Path:
    """Write the report of an assessment, whole or not at all, and say where it lies.

    Folders are made as needed. Sections are drawn by `doing`, if given.
    """
    write_text_atomically(path, report_html(assessment, programme, doing))
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


def _board(assessment: Assessment, programme: Programme) -> Markup:
    board = assessment.boards[0] if assessment.boards else None
    name = design_name(assessment, board.design) if board else ""
    return board_section(board, programme, name)


_Section = Callable[[Assessment, Programme], Markup | None]

_SECTIONS: dict[str, tuple[str, _Section]] = {
    "verdict": ("The verdict", lambda a, p: verdict_section(a)),
    "designs": ("Designs", lambda a, p: designs_section(a)),
    "frontier": (
        "Cost against service",
        lambda a, p: frontier_section(a) if len(a.designs) > 1 else None,
    ),
    "demand": ("Demand and capacity", demand_section),
    "doses": ("Doses asked for", lambda a, p: doses_section(a, p) if a.demand else None),
    "board": ("The board", _board),
    "weeks": (
        "A week of each question",
        lambda a, p: weeks_section(a, p) if len(a.boards) > 1 else None,
    ),
    "activity": ("Activity", lambda a, p: activity_section(a)),
    "scenarios": ("Scenarios", lambda a, p: scenarios_section(a)),
    "recovery": ("After a shock", lambda a, p: recovery_section(a) if a.scenarios else None),
    "hazards": ("Hazards", lambda a, p: hazards_section(a) if a.hazards else None),
    "story": ("One future", lambda a, p: story_section(a.story, a) if a.story else None),
    "suppliers": (
        "A second supplier",
        lambda a, p: suppliers_section(a.suppliers, a.currency) if a.suppliers else None,
    ),
    "ranges": ("What moves the verdict", lambda a, p: ranges_section(a) if a.ranges else None),
    "assumed": ("Assumptions", lambda a, p: assumed_section(a)),
    "method": ("Method", method_section),
}
"""Every section by its anchor: what the contents call it, and how it is drawn where it is there."""


def _drawn(anchor: str, given: Shared[Assessment], programme: Programme) -> Markup | None:
    return _SECTIONS[anchor][1](given.value, programme)
