"""The report of `size`: one HTML page with the least capacity, the frontier and what to add."""

from __future__ import annotations

from pathlib import Path

from doseline import __version__
from doseline.formats.results import write_text_atomically
from doseline.programme import Programme
from doseline.report import numerals as n
from doseline.report.frontier_section import Choice, frontier_figure
from doseline.report.markup import Markup, el, join
from doseline.report.shell import document, heading
from doseline.report.tables import Row, table
from doseline.studies.sizing.lead_times import Step
from doseline.studies.sizing.size import Period, Sizes


def size_html(sizes: Sizes, programme: Programme, seed: int) -> str:
    """The whole report of a sizing as one HTML document."""
    several = len(sizes.periods) > 1
    sections = [_answer(sizes), _additions(sizes, programme)]
    contents = [("answer", "The least capacity"), ("add", "When to add")]
    for period in (sizes.together, *(sizes.periods if several else ())):
        anchor = f"period-{period.question.id}" if period.question else "together"
        name = period.question.name if period.question else "All periods together"
        sections.append(_frontier(anchor, name, period, programme))
        contents.append((anchor, name))
    sections.append(_method(sizes, seed))
    contents.append(("method", "Method"))
    return document(
        f"{programme.name}: the least capacity that is enough",
        __version__,
        heading(
            "Sizing",
            programme.name,
            "Which is the least capacity that meets the service target, and when must the next be "
            "decided on? The design that is sized: ",
            el("b", sizes.design),
            ".",
            meta=(
                f"{len(sizes.candidates)} designs, seed {seed}",
                f"Doseline {__version__}",
            ),
        ),
        contents,
        sections,
        f"{programme.name}, as of {n.day(programme.as_of_on)}. Doseline {__version__}, seed "
        f"{seed}.",
    )


def write_size_report(sizes: Sizes, programme: Programme, seed: int, path: Path) -> Path:
    """Write the report of a sizing, whole or not at all, and say where it lies."""
    write_text_atomically(path, size_html(sizes, programme, seed))
    return path


def _answer(sizes: Sizes) -> Markup:
    rows = []
    every = (sizes.together, *(sizes.periods if len(sizes.periods) > 1 else ()))
    for period in every:
        chosen = next((d for d in period.designs if d.candidate.id == period.chosen), None)
        rows.append(
            Row(
                (
                    period.question.name if period.question else "all periods together",
                    chosen.candidate.name if chosen else "no design of the grid",
                    f"{chosen.candidate.vials_a_week:g}" if chosen else "",
                    n.shares(chosen.otif) if chosen else "",
                    n.percent(period.target),
                )
            )
        )
    return el(
        "section",
        el("h2", "The cheapest" if sizes.by_cost else "The least capacity"),
        table(
            "The design found for each period, with 95 % intervals",
            ("Period", "Design", "Vials a week", "OTIF", "Target"),
            rows,
            numbers=(2, 3, 4),
            stacked=True,
            id_="sizes",
        ),
        el("p", el("b", "Guarantee. "), sizes.guarantee),
        id="answer",
    )


def _additions(sizes: Sizes, programme: Programme) -> Markup:
    names = {c.id: c.name for c in sizes.candidates}
    called = {p.question.id: p.question.name for p in sizes.periods if p.question is not None}
    return el(
        "section",
        el("h2", "When to add the next"),
        el(
            "p",
            "What stands is kept where it is enough. Where it is not, the least design that "
            "contains it is taken, and the lead time of what is added is counted back from the "
            "first day of the period.",
        ),
        table(
            "Capacity by period",
            ("Period", "From", "What is added", "Design then", "Decide by"),
            [
                Row(
                    (
                        called[step.period],
                        n.day(step.from_on),
                        _added(step, programme),
                        names.get(step.design or "", "none of the grid is enough"),
                        _decide_by(step),
                    )
                )
                for step in sizes.steps
            ],
            stacked=True,
            id_="additions",
        ),
        id="add",
    )


def _added(step: Step, programme: Programme) -> Markup:
    if not step.adds:
        return join("nothing" if step.design else "")
    said = []
    for a in step.adds:
        name = programme.manufacturer[a.manufacturer].name
        lead = f"{a.lead_days} d" if a.lead_days is not None else "not stated"
        kind = "new plant, " if a.new_plant else ""
        said.append(f"{name}: {a.slots} weekly slots ({kind}lead time {lead})")
    return join("; ".join(said))


def _decide_by(step: Step) -> Markup:
    if step.decide_by is None:
        return join("" if not step.adds else n.UNKNOWN)
    late = el("span", "past already", class_="sub") if step.too_late else None
    return join(n.day(step.decide_by), late)


def _frontier(anchor: str, name: str, period: Period, programme: Programme) -> Markup:
    choices = [
        Choice(
            d.candidate.name,
            d.cost,
            d.otif,
            d.efficient,
            d.candidate.id == period.chosen,
            d.sufficient,
            (f"{d.candidate.vials_a_week:g}", f"{d.headroom:.2f}", str(d.futures)),
        )
        for d in period.designs
    ]
    return el(
        "section",
        el("h2", name),
        frontier_figure(
            f"{anchor}-frontier",
            "Cost against service",
            choices,
            period.target,
            programme.currency,
            heads=("Vials a week", "Headroom", "Futures"),
            note="A design is marked undecided where the search did not need to know.",
        ),
        id=anchor,
    )


def _method(sizes: Sizes, seed: int) -> Markup:
    rules = sizes.rules
    lines = (
        f"Every design of the grid plays the same {rules.first} futures (seed {seed}); then the "
        "search goes from the least capacity up and plays on until each test is decided.",
        f"Test against the target: a fully sequential procedure on doses on time less target "
        f"times doses due, with an indifference zone of {100 * rules.zone:.3g} points (Kim and "
        "Nelson 2001; Andradottir and Kim 2010; Batur and Kim 2010). Its variance is never taken "
        "below that of as many batches that fail independently at the target.",
        "Of designs with the same capacity the cheapest is found by the procedure of Kim and "
        f"Nelson, with an indifference zone of {100 * rules.cost_zone:.3g} % of the cost.",
        "A design whose headroom in a period is below 1 is not sufficient for it, whatever chance "
        "does.",
        "Capacity is counted in vials a week: full batches in the weekly slots that the design "
        "holds. Cost is that of the days played, the whole programme's, penalties apart.",
    )
    return el(
        "section", el("h2", "Method"), el("ul", *(el("li", line) for line in lines)), id="method"
    )
