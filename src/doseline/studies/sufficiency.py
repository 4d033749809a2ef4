"""The main job: is the capacity sufficient? Every question, every design, every scenario."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter

from doseline import __version__
from doseline.errors import did_you_mean
from doseline.formats import read_programme
from doseline.formats.results import write_json_atomically, write_rows
from doseline.programme import Programme
from doseline.programme.programme import Question
from doseline.simulate.engine import Engine, takes_kernel
from doseline.studies.answers import answer
from doseline.studies.assessment import (
    AS_WRITTEN,
    Answer,
    Assessment,
    futures_said,
)
from doseline.studies.counts import counts_of
from doseline.studies.crew import Crew
from doseline.studies.designs import design_row
from doseline.studies.documents import Document, assess_document, flat, summary_of
from doseline.studies.flow import activity_flow
from doseline.studies.hazards import hazard_rows
from doseline.studies.months import month_rows
from doseline.studies.played import Played, play_all, scenario_run
from doseline.studies.pool import Doing
from doseline.studies.precision import Precision
from doseline.studies.progress import Progress, silent
from doseline.studies.ranges.found import Sensitivity
from doseline.studies.ranges.sensitivity import one_question
from doseline.studies.runs import FINISHES, Play, asked, cases_of
from doseline.studies.story import Story
from doseline.studies.suppliers.bought import Suppliers
from doseline.studies.suppliers.rows import supplier_rows
from doseline.studies.suppliers.second_supplier import buying
from doseline.studies.typical import Typical, story_of, typical
from doseline.studies.variants import parent_design, under
from doseline.studies.verdict import sentence

WriteReport = Callable[[Assessment, Programme, Path, Doing], Path]


def assess(
    programme: Programme,
    *,
    design: str | None = None,
    seed: int = 1,
    replications: int = 4,
    workers: int = 1,
    quick: bool = False,
    ranges_of: Collection[str] = (),
    precision: Precision | None = None,
    progress: Progress = silent,
) -> Assessment:
    """Answer the programme's own questions, for its main design or another.

    Every design is played over the whole horizon under the same luck; questions of trials again on
    their own days, eight times as often; every scenario on the days around its shock. From 16
    replications on all of it is played by the kernel, where it can. Raises LookupError for an
    unknown design.
    """
    with Crew(programme, workers, progress) as crew:
        run = Play(seed, replications, workers, engine=engine_for(programme, replications))
        return assessed(crew, design, run, precision, quick=quick, ranges_of=ranges_of)


def assessed(
    crew: Crew,
    design: str | None,
    run: Play,
    precision: Precision | None,
    *,
    quick: bool,
    ranges_of: Collection[str],
) -> Assessment:
    """The assessment, by a crew that stays for what comes after it; see `assess`."""
    began = perf_counter()
    programme = crew.programme
    main = programme.under(design).design or AS_WRITTEN
    ranged = _ranged(programme, main, ranges_of)
    played = play_all(crew, main, run, precision)
    story = crew.begin(partial(_story, main, _typical(programme, main, played)))
    moved, bought = ((), None) if quick else beside(crew, main, run, ranged, played)
    answers = tuple(
        replace(
            answer(programme, q, played.rooms[name, q.id], played.served[name, q.id]), design=name
        )
        for name in played.whole
        for q in asked(programme, name)
    )
    return Assessment(
        programme=programme.name,
        as_of_on=programme.as_of_on,
        currency=programme.currency,
        design=main,
        seed=run.seed,
        replications=run.replications,
        scenario_replications=scenario_run(run).replications,
        questions=answers,
        designs=tuple(
            design_row(programme, result, None if name == main else played.whole[main])
            for name, result in played.whole.items()
        ),
        scenarios=played.scenarios,
        months=month_rows(programme, main, played.whole[main], played.capacity),
        activity=activity_flow(played.whole[main]),
        boards=played.boards,
        assumptions=tuple(
            (i.field, i.value, f"{i.low} to {i.high}" if i.low and i.high else "", i.why)
            for i in programme.assumptions
        ),
        hindsight=tuple(f"{i.field}: {i.value}" for i in programme.hindsight),
        verdict=sentence(
            tuple(a for a in answers if a.design == main),
            main,
            tuple(a for a in answers if a.design != main),
            {d.id: d.name for d in programme.designs},
        ),
        method=method_lines(programme, run, played, answers, precision),
        version=__version__,
        seconds=perf_counter() - began,
        demand=played.demand,
        ranges=moved,
        suppliers=bought,
        hazards=hazard_rows(programme, run, programme.from_on, programme.until_on),
        story=story(),
    )


def _ranged(programme: Programme, main: str, named: Collection[str]) -> tuple[Question, ...]:
    """The questions for which inputs are moved: those named, or the first."""
    questions = {q.id: q for q in asked(programme, main)}
    unknown = [name for name in named if name not in questions]
    if unknown:
        raise LookupError(
            f"no question {unknown[0]!r}{did_you_mean(unknown[0], questions)}; known: "
            f"{', '.join(questions)}"
        )
    chosen = tuple(q for q in questions.values() if q.id in named)
    return chosen or tuple(questions.values())[:1]


def beside(
    crew: Crew, main: str, run: Play, ranged: Sequence[Question], played: Played
) -> tuple[tuple[Sensitivity, ...], Suppliers | None]:
    """What stands beside the verdict: inputs over their ranges, and what suppliers buy."""
    design = None if main == AS_WRITTEN else main
    one = replace(run, workers=1)
    known = {
        question: counts_of(played.served[name, question])
        for name, question in played.trials
        if name == main
    }
    moved = tuple(
        one_question(
            crew,
            design,
            q,
            one,
            every_headroom=False,
            known=known.get(q.id),
            known_room=played.rooms[main, q.id].multiple,
        )
        for q in ranged
    )
    several = len(parent_design(crew.programme, design).plants) > 1
    bought = buying(crew, design, ranged[0].id, one) if several and ranged else None
    return moved, bought


def engine_for(programme: Programme, replications: int) -> Engine:
    """What plays an assessment of so many replications: one engine for all of its parts."""
    span = programme.from_on, programme.until_on
    return "kernel" if takes_kernel("auto", programme, *span, replications) else "reference"


def _typical(programme: Programme, main: str, played: Played) -> Typical | None:
    """A typical future of the first question about trials, under the main design."""
    for question in asked(programme, main):
        result = played.trials.get((main, question.id))
        if result is not None:
            return typical(question.id, question.name, result)
    return None


def _story(design: str, future: Typical | None, programme: Programme) -> Story | None:
    return None if future is None else story_of(under(programme, design), future)


BEGUN, POINTS = 32, 1.0
"""Futures of the whole horizon, and points of OTIF from end to end, where neither is asked for."""


def method_lines(
    programme: Programme,
    run: Play,
    played: Played,
    answers: Sequence[Answer],
    precision: Precision | None,
) -> tuple[str, ...]:
    """How it was computed, and what it leaves out, in words."""
    first = run.replications
    lines = [
        f"Service and cost: the standing policy, played over {first:,} futures of "
        f"the whole horizon for each design by {_ENGINES[run.engine]}; the same luck for every "
        "design.",
        f"Questions: {futures_said(answers)} futures each. Those of trials are played on the "
        "trial's own days, those of markets from the first of their days on, no future longer than "
        f"until {FINISHES.days} days after the last question that needs it.",
        f"Scenarios: {scenario_run(run).replications} futures of the days around the shock, with "
        "it and without.",
        "Headroom: the largest multiple of the period's expected orders that can be served with "
        "chance off, from a linear programme (HiGHS) under every limit, calendar and contract.",
        "Intervals are two-sided, 95 %, over replications; that of OTIF is never narrower than "
        "Wilson's on the doses counted. A range of demand holds the middle 95 % of the futures or, "
        "where that is wider, the lowest uptake case to the highest.",
        "Luck is taken back from OTIF and from the doses delayed and missed: futures are weighed "
        "so that chance struck orders on their first way as often as its odds let expect, and "
        "those who start ask for as many doses as they do in the mean. Causes, months and costs "
        "are as they fell.",
        "A first shortfall is the first month in which the share on time lies below the target "
        "beyond doubt (95 %).",
        _cases_line(programme),
        "Nobody knows of a shock before its first day; from then on its length is known, for a "
        "hazard the one drawn, so recovery looks a little better than it would be.",
        "Present value discounts by month at the programme's rate; without one it is a plain sum.",
        "The supply predicts no patient's response.",
    ]
    lines.append(narrowness(answers, precision))
    if played.boards:
        lines.append(f"Example weeks: {played.boards[0].method}")
    return tuple(lines)


_ENGINES: dict[Engine, str] = {
    "auto": "the compiled kernel or the plain simulator",
    "kernel": "the compiled kernel, which gives what the plain causal simulator gives",
    "reference": "the plain causal simulator",
}


def narrowness(answers: Sequence[Answer], precision: Precision | None) -> str:
    """How wide the intervals of OTIF have come out, and where the most futures stopped it."""
    widths = [(100.0 * (a.otif.high - a.otif.low), a.name, a.design) for a in answers]
    if not widths:
        return "No question was asked."
    widest, question, design = max(widths)
    worst = f"the widest is {widest:.2f} points from end to end ({question}, {design})"
    if precision is None:
        return f"The number of futures was given. Of the {len(widths)} intervals of OTIF {worst}."
    over = sum(width > 100.0 * precision.width for width, _, _ in widths)
    told = (
        f"Futures were added until every OTIF was known to {100 * precision.width:.3g} points from "
        f"end to end, {precision.most:,} of a design at most"
    )
    if over == 0:
        return f"{told}. All {len(widths)} intervals are as narrow as that; {worst}."
    return f"{told}. That was not reached for {over} of {len(widths)} intervals: {worst}."


def _cases_line(programme: Programme) -> str:
    named = sorted(set(cases_of(programme).values()))
    if not named:
        return "Market demand is drawn from its uptake cases by their weights."
    return (
        f"Market demand is that of the uptake case {' or '.join(named)}; the span of its range and "
        "the headroom under high uptake come from the other cases."
    )


def assess_study(
    path: Path,
    *,
    design: str | None,
    replications: int | None,
    seed: int,
    workers: int,
    out: Path,
    progress: Progress,
    write_report: WriteReport,
    quick: bool = False,
    ranges_of: Collection[str] = (),
    precision: float | None = None,
    most: int = 4000,
    pool: ProcessPoolExecutor | None = None,
) -> tuple[Document, str]:
    """The command: read, assess, write the report and its rows; the document and a summary.

    Without replications and precision every OTIF is known to a point, where the kernel plays.
    `pool` holds processes that were started beforehand.
    """
    programme = read_programme(path)
    futures = BEGUN if replications is None else replications
    with Crew(programme, workers, progress, pool) as crew:
        engine = crew.begin(partial(engine_for, replications=futures))()  # Numba is loaded there
        if replications is None and precision is None and engine == "kernel":
            precision = POINTS
        width = None if precision is None else Precision(precision / 100.0, most)
        run = Play(seed, futures, workers, engine=engine)
        result = assessed(crew, design, run, width, quick=quick, ranges_of=ranges_of)
        result = replace(result, report=str(out / "report.html"))
        with ThreadPoolExecutor(1) as beside_us:
            draw = partial(crew.run, what="sections of the report")
            page = beside_us.submit(write_report, result, programme, out / "report.html", draw)
            document = _written(result, str(path), out)
            page.result()
    return document, summary_of(result)


def _written(result: Assessment, programme: str, out: Path) -> Document:
    """The document and its tables, written into a folder."""
    document = assess_document(result, programme)
    write_json_atomically(out / "assess.json", document)
    tables = {
        "questions": document["questions"],
        "designs": document["designs"].values(),
        "scenarios": [{k: v for k, v in s.items() if k != "weeks"} for s in document["scenarios"]],
        "scenario_weeks": [
            {"scenario": s["scenario"], "design": s["design"], **week}
            for s in document["scenarios"]
            for week in s["weeks"]
        ],
        "months": document["months"],
        "ranges": [
            {"question": found["question"], **row}
            for found in document["ranges"]
            for row in found["inputs"]
        ],
        "suppliers": supplier_rows(document["suppliers"]),
    }
    for name, rows in tables.items():
        write_rows(out / f"{name}.csv", [flat(row) for row in rows])
    return document
