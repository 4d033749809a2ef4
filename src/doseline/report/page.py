"""The report: one HTML page that opens offline, for a screen, a phone and paper."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from doseline.programme import Programme
from doseline.report import numerals as n
from doseline.report.basis import assumed_section, method_section
from doseline.report.board_section import board_section
from doseline.report.designs import designs_section
from doseline.report.figures import drawing_room
from doseline.report.markup import Markup, el, join, link
from doseline.report.palette import repainting
from doseline.report.scenarios import scenarios_section
from doseline.report.supply import activity_section, demand_section
from doseline.report.verdict import design_name, verdict_section
from doseline.report.words import NO_CHARTS
from doseline.studies.assessment import Assessment

# Nothing is fetched: the browser itself is told to refuse it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"

_CONTENTS = (
    ("verdict", "The verdict"),
    ("designs", "Designs"),
    ("demand", "Demand and capacity"),
    ("board", "The board"),
    ("activity", "Activity"),
    ("scenarios", "Scenarios"),
    ("assumed", "Assumptions"),
    ("method", "Method"),
)


def report_html(assessment: Assessment, programme: Programme) -> str:
    """The whole report of an assessment as one HTML document.

    Charts need the charts extra; without it the report says so and keeps all its tables.
    """
    title = f"{assessment.programme}: is the manufacturing capacity sufficient?"
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="generator", content=f"Doseline {assessment.version}"),
        el("title", title),
        el("style", Markup(_style())),
    )
    body = el(
        "body",
        link("verdict", "Skip to the verdict", class_="skip"),
        _header(assessment),
        _contents(),
        el("main", *_sections(assessment, programme)),
        _footer(assessment),
    )
    return "<!DOCTYPE html>\n" + el("html", head, "\n", body, lang="en") + "\n"


def write_report(assessment: Assessment, programme: Programme, path: Path) -> Path:
    """Write the report of an assessment, and say where it lies. Folders are made as needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(report_html(assessment, programme), encoding="utf-8")
    return path


def _style() -> str:
    sheet = files("doseline.report").joinpath("style.css").read_text(encoding="utf-8")
    return sheet + repainting()


def _header(assessment: Assessment) -> Markup:
    name = design_name(assessment, assessment.design)
    return el(
        "header",
        el("p", "Supply assessment", class_="kind"),
        el("h1", assessment.programme),
        el(
            "p",
            f"Is the manufacturing capacity sufficient? Asked as of {n.day(assessment.as_of_on)}, "
            "answered for the design ",
            el("b", name),
            ".",
        ),
        el(
            "p",
            link("method", f"{assessment.replications} replications, seed {assessment.seed}"),
            " \u00b7 ",
            link("assumed", f"{len(assessment.assumptions):,} inputs only assumed"),
            f" \u00b7 Doseline {assessment.version}",
            class_="meta",
        ),
    )


def _contents() -> Markup:
    items = (el("li", link(anchor, said)) for anchor, said in _CONTENTS)
    return el("nav", el("ol", *items), aria_label="Contents")


def _sections(assessment: Assessment, programme: Programme) -> list[Markup]:
    missing = el("p", NO_CHARTS, class_="notice", role="note") if drawing_room() is None else None
    return [
        join(missing),
        verdict_section(assessment),
        designs_section(assessment),
        demand_section(assessment, programme),
        board_section(
            assessment.board,
            programme,
            design_name(assessment, assessment.board.design) if assessment.board else "",
        ),
        activity_section(assessment),
        scenarios_section(assessment),
        assumed_section(assessment),
        method_section(assessment, programme),
    ]


def _footer(assessment: Assessment) -> Markup:
    return el(
        "footer",
        el(
            "p",
            f"{assessment.programme}, as of {n.day(assessment.as_of_on)}. Doseline "
            f"{assessment.version}, seed {assessment.seed}. This file needs no network.",
        ),
    )
