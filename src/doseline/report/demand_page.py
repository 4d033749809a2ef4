"""The report of a demand: one HTML page that opens offline, for a screen, a phone and paper."""

from __future__ import annotations

from pathlib import Path

from doseline import __version__
from doseline.formats.results import write_text_atomically
from doseline.programme import Programme
from doseline.report import numerals as n
from doseline.report.demand_section import demand_contents, demand_sections, scenario_name
from doseline.report.markup import link
from doseline.report.shell import document, heading
from doseline.studies.demand_picture import DemandPicture


def demand_html(picture: DemandPicture, programme: Programme) -> str:
    """The whole report of a demand as one HTML document.

    Charts need the charts extra; without it the report says so and keeps all its tables.
    """
    scenario = scenario_name(picture, programme)
    header = heading(
        "Demand",
        picture.programme,
        "Which doses are asked for, when, and how far may that go? From "
        f"{n.span(picture.from_on, picture.until_on)}, as of {n.day(picture.as_of_on)}.",
        meta=(
            link("method", f"{picture.samples:,} futures, seed {picture.seed}"),
            *([f"scenario: {scenario}"] if scenario else []),
            f"Doseline {__version__}",
        ),
    )
    return document(
        f"{picture.programme}: which doses are asked for?",
        __version__,
        header,
        demand_contents(picture),
        demand_sections(picture, programme),
        f"{picture.programme}, as of {n.day(picture.as_of_on)}. Doseline {__version__}, seed "
        f"{picture.seed}.",
    )


def write_demand_report(picture: DemandPicture, programme: Programme, path: Path) -> Path:
    """Write the report of a demand, whole or not at all, and say where it lies.

    Folders are made as needed.
    """
    write_text_atomically(path, demand_html(picture, programme))
    return path
