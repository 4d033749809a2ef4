"""The verdict: each question under the main design, then under the others, then the causes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from doseline.report import numerals as n
from doseline.report import words
from doseline.report.marks import headroom_mark, otif_floor, otif_mark
from doseline.report.markup import Child, Markup, el, join, link
from doseline.report.tables import Row, folded, table
from doseline.studies.assessment import Answer, Assessment

_PRINTED_AT_MOST = 20  # rows of causes; longer tables stay in the file


def verdict_section(assessment: Assessment) -> Markup:
    """The verdict in a paragraph, in a table, and by design."""
    main = [a for a in assessment.questions if a.design == assessment.design]
    return el(
        "section",
        el("h2", "The verdict"),
        el("p", assessment.verdict, class_="lead"),
        _tally(main),
        _answers(main, assessment) if main else el("p", "The programme asks no question."),
        el("p", words.SUFFICIENT, class_="note"),
        _matrix(assessment),
        _causes(assessment),
        id="verdict",
    )


def design_name(assessment: Assessment, design: str) -> str:
    """The name in print of a design; its short name where the report has no row for it."""
    return next((d.name for d in assessment.designs if d.design == design), design)


def question_key(assessment: Assessment, answer: Answer) -> str:
    """The anchor of the rows behind an answer."""
    return f"causes-{assessment.questions.index(answer) + 1}"


def _tally(answers: Sequence[Answer]) -> Markup | None:
    if not answers:
        return None
    said = []
    for value, word in ((True, "sufficient"), (None, "undecided"), (False, "not sufficient")):
        number = sum(1 for a in answers if a.sufficient is value)
        sign, _, kind = words.VERDICTS[value]
        said.append(
            el(
                "li",
                el("span", sign, aria_hidden="true", class_=f"sign {kind}"),
                el("b", str(number)),
                f" of {len(answers)} {word}",
            )
        )
    return el("ul", *said, class_="tally")


def _answers(main: Sequence[Answer], assessment: Assessment) -> Markup:
    floor = otif_floor((a.otif for a in main), (a.target for a in main))
    heads = (
        "Question", "Sufficient", "Doses asked for", "Headroom", "OTIF against its target",
        "Doses delayed", "Doses missed", "First shortfall",
    )  # fmt: skip
    rows = [_answer_row(a, floor, assessment) for a in main]
    caption = f"The verdict under {design_name(assessment, assessment.design)}, the main design"
    return table(caption, heads, rows, numbers=(2, 5, 6), stacked=True, id_="answers")


def _answer_row(answer: Answer, floor: float, assessment: Assessment) -> Row:
    key = question_key(assessment, answer)
    return Row(
        (
            join(
                el("b", answer.name),
                el("span", n.span(answer.from_on, answer.until_on), class_="sub"),
            ),
            words.verdict(answer.sufficient),
            link("months", n.counts(answer.demand)),
            _headroom(answer, key),
            join(
                link(key, n.shares(answer.otif)),
                otif_mark(answer.otif, answer.target, floor),
                el("span", f"target {n.percent(answer.target)}", class_="sub"),
            ),
            link(key, n.counts(answer.delayed)),
            link(key, n.counts(answer.missed)),
            n.day(answer.first_shortfall_on) if answer.first_shortfall_on else "none",
        )
    )


def headroom(value: float) -> str:
    """A headroom as a multiple of the expected orders."""
    if math.isnan(value):
        return n.UNKNOWN
    return "without limit" if math.isinf(value) else f"{value:.2f}{n.SPACE}\u00d7"


def _headroom(answer: Answer, key: str) -> Markup:
    binds = ", ".join(words.named(b) for b in answer.headroom_binds[:2])
    return join(
        link(key, el("b", headroom(answer.headroom))),
        headroom_mark(answer.headroom),
        el("span", f"bound by {binds}", class_="sub") if binds else None,
        _if_high(answer),
    )


def _if_high(answer: Answer) -> Markup | None:
    high = answer.headroom_high
    if high is None or math.isclose(high, answer.headroom, rel_tol=1e-6):
        return None
    return el("span", f"{headroom(high)} under the highest uptake", class_="sub")


def _matrix(assessment: Assessment) -> Markup:
    designs = list(dict.fromkeys(a.design for a in assessment.questions))
    designs.sort(key=lambda d: d != assessment.design)
    if len(designs) < 2:
        return Markup("")
    found = {(a.question, a.design): a for a in assessment.questions}
    questions = {a.question: a for a in reversed(assessment.questions)}
    rows = []
    for question in dict.fromkeys(a.question for a in assessment.questions):
        cells: list[Child] = [questions[question].name]
        for design in designs:
            answer = found.get((question, design))
            cells.append(_cell(answer, assessment) if answer else "not asked")
        rows.append(Row(tuple(cells)))
    heads = (
        "Question",
        *(
            join(design_name(assessment, d), el("span", "main design", class_="sub"))
            if d == assessment.design
            else design_name(assessment, d)
            for d in designs
        ),
    )
    return join(
        el("h3", "The same questions under every design"),
        table("Sufficient or not, by question and design", heads, rows, id_="matrix", quiet=True),
    )


def _cell(answer: Answer, assessment: Assessment) -> Markup:
    return join(
        words.verdict(answer.sufficient),
        el(
            "span",
            "OTIF ",
            link(question_key(assessment, answer), n.shares(answer.otif)),
            class_="sub",
        ),
        el("span", f"headroom {headroom(answer.headroom)}", class_="sub"),
    )


def _causes(assessment: Assessment) -> Markup:
    if not assessment.questions:
        return Markup("")
    heads = (
        "Question and design", "Doses delayed or missed by cause, a replication",
        "Doses delayed", "Doses missed", "Slots used", "Headroom, and what bounds it",
    )  # fmt: skip
    rows = [
        Row(
            (
                join(el("b", a.name), el("span", design_name(assessment, a.design), class_="sub")),
                _by_cause(a),
                n.counts(a.delayed),
                n.counts(a.missed),
                n.percent(a.slot_use),
                join(
                    headroom(a.headroom),
                    el("span", ", ".join(map(words.named, a.headroom_binds)), class_="sub"),
                ),
            ),
            id=question_key(assessment, a),
        )
        for a in assessment.questions
    ]
    return folded(
        "Why: causes, slot use and limits behind each answer",
        table(
            "Causes, slot use and limits behind each answer",
            heads, rows, numbers=(2, 3, 4), stacked=True, id_="causes", quiet=True,
        ),
        printed=len(rows) <= _PRINTED_AT_MOST,
    )  # fmt: skip


def _by_cause(answer: Answer) -> Child:
    total = sum(v for _, v in answer.causes)
    if total <= 0:
        return "none"
    ranked = sorted(answer.causes, key=lambda c: -c[1])
    said = (
        el("li", f"{words.named(cause)} ", el("b", n.count(v)), f" ({n.percent(v / total)})")
        for cause, v in ranked
        if v > 0
    )
    return el("ul", *said, class_="plain")
