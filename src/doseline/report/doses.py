"""The doses asked for, in short, inside the report of an assessment."""

from __future__ import annotations

from doseline.demand import PeriodDemand
from doseline.programme import Programme
from doseline.report import words
from doseline.report.demand_figures import demand_figure
from doseline.report.demand_section import launch_of, orders_in_words
from doseline.report.markup import Markup, el
from doseline.report.protocol_section import protocols_table
from doseline.studies.assessment import Answer, Assessment
from doseline.studies.demand_picture import DemandPicture


def doses_section(assessment: Assessment, programme: Programme) -> Markup:
    """All demand by month, the weeks of the main question, and each trial and market.

    Nothing where an assessment has no picture of the demand.
    """
    picture = assessment.demand
    if picture is None:
        return Markup("")
    heading = el("h2", "Doses asked for")
    if not picture.months:
        return el("section", heading, el("p", "No dose is asked for."), id="doses")
    return el(
        "section",
        heading,
        el(
            "p",
            f"{orders_in_words(picture)}. These are {picture.samples:,} futures with perfect "
            "supply; the section before this one counts the doses due in the futures that were "
            "played, where supply may delay a course.",
        ),
        el("p", words.BANDS, class_="note"),
        demand_figure(
            "doses-months", "All dose orders a month", picture.months, "month", launch_of(picture)
        ),
        _weeks(assessment, picture),
        protocols_table(picture.protocols, linked=False),
        el(
            "p",
            "Each trial and market by month and week, all weeks, the products, the paths through "
            "the stages and the end of enrolment: ",
            el("code", f"doseline demand {programme.file or 'programme.yaml'} --out demand"),
            " writes them as a page of their own.",
            class_="note",
        ),
        id="doses",
    )


def _weeks(assessment: Assessment, picture: DemandPicture) -> Markup | None:
    """The weeks of the first question; None where nothing is asked for in them."""
    asked = next((a for a in assessment.questions if a.design == assessment.design), None)
    if asked is None:
        return None
    rows = [w for w in picture.weeks if _touches(w, asked)]
    title = f"All dose orders a week: {asked.name}"
    return demand_figure("doses-weeks", title, rows, "week") if rows else None


def _touches(week: PeriodDemand, asked: Answer) -> bool:
    on = week.from_on.toordinal()
    return asked.from_on.toordinal() - 6 <= on <= asked.until_on.toordinal()
