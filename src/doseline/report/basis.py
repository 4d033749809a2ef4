"""What the answer rests on: assumed inputs, hindsight, how it was computed, references."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from doseline.programme import Programme
from doseline.report import words
from doseline.report.markup import Child, Markup, el, join, outward
from doseline.report.tables import Row, folded, table
from doseline.studies.assessment import Assessment, futures_said

PRINTED_AT_MOST = 60  # longer lists stay in the file and off the paper
SHOWN_AT_MOST = 12  # longer lists are folded away


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
        _by_part(
            (field for field, *_ in assessment.assumptions),
            "Inputs only assumed, by part; the whole list is in the HTML file",
            "Inputs only assumed",
        )
        if number > PRINTED_AT_MOST
        else None,
        assumed,
        el("h3", "Known only by hindsight"),
        _hindsight(assessment),
        id="assumed",
    )


def _by_part(fields: Iterable[str], caption: str, head: str) -> Markup:
    parts = Counter(re.split(r"[.\[:]", field, maxsplit=1)[0] for field in fields)
    rows = [Row((el("code", part), f"{number:,}")) for part, number in parts.most_common()]
    return el("div", table(caption, ("Part of the file", head), rows, numbers=(1,)), class_="slim")


def _hindsight(assessment: Assessment) -> Markup:
    late = dict.fromkeys(r.name for r in assessment.scenarios if r.hindsight)
    inputs: list[Child] = [join(words.hindsight(), " ", text) for text in assessment.hindsight]
    shocks: list[Child] = [join(words.hindsight(), f" scenario: {name}") for name in late]
    if not inputs and not shocks:
        return el("p", f"Nothing used here became known after {assessment.as_of_on:%d %B %Y}.")
    if len(inputs) <= SHOWN_AT_MOST:
        return _listed([*inputs, *shocks])
    return join(
        el(
            "p",
            el("b", f"{len(inputs):,}"),
            " inputs and ",
            el("b", str(len(shocks))),
            f" scenarios became known only after {assessment.as_of_on:%d %B %Y}.",
        ),
        _listed(shocks),
        _by_part(
            assessment.hindsight,
            "Inputs known only by hindsight, by part; the whole list is in the HTML file",
            "Inputs known only by hindsight",
        ),
        folded(f"Show all {len(inputs):,}", _listed(inputs), printed=False),
    )


def _listed(items: Iterable[Child]) -> Markup:
    return el("ul", *(el("li", item) for item in items), class_="plain")


def method_section(assessment: Assessment, programme: Programme) -> Markup:
    """Seed, replications, method, limits and references."""
    facts: list[tuple[str, Child]] = [
        ("Seed", str(assessment.seed)),
        ("Replications of the whole horizon", f"{assessment.replications} a design"),
        ("Futures of each question", futures_said(assessment.questions)),
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
        _references(programme),
        id="method",
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
