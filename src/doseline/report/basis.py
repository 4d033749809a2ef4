"""What the answer rests on: assumed inputs, hindsight, how it was computed, references."""

from __future__ import annotations

import re

from doseline.programme import Programme
from doseline.report import words
from doseline.report.markup import Child, Markup, el, join, outward
from doseline.report.tables import Row, folded, table
from doseline.studies.assessment import Assessment

PRINTED_AT_MOST = 60  # longer lists stay in the file and off the paper


def assumed_section(assessment: Assessment) -> Markup:
    """Inputs without a source, and inputs that only hindsight gives."""
    number = len(assessment.assumptions)
    rows = [
        Row((el("code", field), value, spread, why))
        for field, value, spread, why in assessment.assumptions
    ]
    heads = ("Field of the programme file", "Value", "Range", "Why")
    assumed = (
        folded(
            f"Show all {number:,}",
            table("Inputs that are only assumed", heads, rows, stacked=True, quiet=True),
            printed=number <= PRINTED_AT_MOST,
        )
        if rows
        else None
    )
    verb = "input is" if number == 1 else "inputs are"
    return el(
        "section",
        el("h2", "What is only assumed"),
        el(
            "p",
            el("b", f"{number:,}"),
            f" {verb} only assumed: judgement without a source. The verdict rests on them as much "
            "as on the rest.",
        ),
        _by_part(assessment) if number > PRINTED_AT_MOST else None,
        assumed,
        el("h3", "Known only by hindsight"),
        _hindsight(assessment),
        id="assumed",
    )


def _by_part(assessment: Assessment) -> Markup:
    parts: dict[str, int] = {}
    for field, *_ in assessment.assumptions:
        part = re.split(r"[.\[]", field, maxsplit=1)[0]
        parts[part] = parts.get(part, 0) + 1
    rows = [
        Row((el("code", part), f"{number:,}"))
        for part, number in sorted(parts.items(), key=lambda p: -p[1])
    ]
    return el(
        "div",
        table(
            "By part of the programme file; the whole list is in the HTML file",
            ("Part", "Inputs only assumed"),
            rows,
            numbers=(1,),
        ),
        class_="slim",
    )


def _hindsight(assessment: Assessment) -> Markup:
    late = [r for r in assessment.scenarios if r.hindsight]
    items: list[Child] = [join(words.hindsight(), " ", text) for text in assessment.hindsight]
    items += [
        join(words.hindsight(), f" scenario: {name}")
        for name in dict.fromkeys(r.name for r in late)
    ]
    if not items:
        return el("p", f"Nothing used here became known after {assessment.as_of_on:%d %B %Y}.")
    return el("ul", *(el("li", item) for item in items), class_="plain")


def method_section(assessment: Assessment, programme: Programme) -> Markup:
    """Seed, replications, method, limits and references."""
    facts: list[tuple[str, Child]] = [
        ("Seed", str(assessment.seed)),
        ("Replications", f"{assessment.replications} a design"),
        ("Replications of scenarios", f"{assessment.scenario_replications}, with and without"),
        ("Doseline", assessment.version),
        ("Programme file", programme.file or "made in Python"),
        ("Computed in", f"{assessment.seconds:.1f}\u00a0s"),
    ]
    return el(
        "section",
        el("h2", "How this was computed"),
        el(
            "dl",
            *(el("div", el("dt", name), el("dd", said)) for name, said in facts),
            class_="facts",
        ),
        el("ul", *(el("li", line) for line in assessment.method)) if assessment.method else None,
        el("h3", "How to read the figures"),
        el("ul", el("li", words.INTERVALS), el("li", words.SUFFICIENT), el("li", words.NO_BIOLOGY)),
        _stages(assessment),
        _references(programme),
        id="method",
    )


def _stages(assessment: Assessment) -> Markup:
    if not assessment.stages_seconds:
        return Markup("")
    rows = [
        Row((words.named(stage), f"{seconds:.1f}"))
        for stage, seconds in assessment.stages_seconds.items()
    ]
    return folded(
        "Where the time went",
        table("Seconds a stage", ("Stage", "Seconds"), rows, numbers=(1,), quiet=True),
        printed=False,
    )


def _references(programme: Programme) -> Markup:
    if not programme.references:
        return Markup("")
    rows = [Row((r.id, r.says, _addresses(r.address))) for r in programme.references]
    return folded(
        f"The {len(rows)} references of the programme file",
        table("References", ("Key", "Says", "Address"), rows, quiet=True),
    )


def _addresses(address: str) -> Markup:
    parts = [p for p in re.split(r"\s*;\s*|\s+", address) if p]
    if all(p.startswith(("http://", "https://")) for p in parts):
        return join(*(join(outward(p), " ") for p in parts))
    return join(address)
