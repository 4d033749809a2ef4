"""One future told week by week."""

from __future__ import annotations

from doseline.report import numerals as n
from doseline.report.markup import Markup, el
from doseline.report.tables import folded
from doseline.report.verdict import design_name
from doseline.studies.assessment import Assessment
from doseline.studies.story import Story, StoryWeek

_SHOWN = 2  # weeks that stand open


def story_section(story: Story, assessment: Assessment) -> Markup:
    """The weeks of a typical future in which most went wrong, in plain sentences."""
    return el(
        "section",
        el("h2", "One future, week by week"),
        el(
            "p",
            f"{story.question} under {design_name(assessment, story.design)}: of the futures "
            f"played, number {story.replication} has the median service "
            f"(OTIF {n.percent(story.otif)}). These are the weeks of it in which most went wrong; "
            "the days are those of UTC. A future is an example, no forecast.",
        ),
        *(_week(week) for week in story.weeks[:_SHOWN]),
        folded("The weeks that follow", el("div", *(_week(w) for w in story.weeks[_SHOWN:])))
        if len(story.weeks) > _SHOWN
        else None,
        id="story",
    )


def _week(week: StoryWeek) -> Markup:
    return el(
        "div",
        el("h3", f"Week of {n.day(week.week)}"),
        el("ul", *(el("li", sentence) for sentence in week.says)),
    )
