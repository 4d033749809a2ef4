"""The main job: is the capacity sufficient? Every question, every design, every scenario."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from doseline import __version__
from doseline.demand import band
from doseline.formats import read_programme
from doseline.formats.results import write_json_atomically, write_rows
from doseline.programme import Programme
from doseline.simulate import SimulationResult
from doseline.studies.answers import answer
from doseline.studies.assessment import Answer, Assessment, BoardPlan, MonthRow, ScenarioRow
from doseline.studies.board import example_weeks
from doseline.studies.capacity import vials_by_month
from doseline.studies.designs import design_row
from doseline.studies.documents import Document, assess_document, flat, summary_of
from doseline.studies.flow import activity_flow
from doseline.studies.headroom import question_headroom
from doseline.studies.progress import Progress, silent
from doseline.studies.runs import Play, asked, periods, play, whole
from doseline.studies.shocks import SETTLES, scenario_row
from doseline.studies.verdict import sentence

FINISHES = timedelta(days=30)
"""Orders wanted at the end of a period are played to their end."""

AS_WRITTEN = "the network as written"

WriteReport = Callable[[Assessment, Programme, Path], Path]


def assess(
    programme: Programme,
    *,
    design: str | None = None,
    seed: int = 1,
    replications: int = 8,
    workers: int = 1,
    progress: Progress = silent,
) -> Assessment:
    """Answer the programme's own questions, for its main design or another.

    Every design is played over the whole horizon under the same luck; questions of trials again on
    their own days, eight times as often; every scenario on the days around its shock. Raises
    LookupError for an unknown design.
    """
    began = perf_counter()
    main = programme.under(design)
    run = Play(seed, replications, workers)
    results = _played(programme, main, run, progress)
    trials = _trials_played(programme, main, run, progress)
    answers = _answers(programme, results, trials, progress)
    main_result = results[_key(main)]
    rows = tuple(
        design_row(
            _under(programme, main, name), result, None if name == _key(main) else main_result
        )
        for name, result in results.items()
    )
    own = tuple(a for a in answers if a.design == _key(main))
    scenarios = _scenarios(programme, main, run, progress)
    board = _board(main, seed, progress)
    return Assessment(
        programme=programme.name,
        as_of_on=programme.as_of_on,
        currency=programme.currency,
        design=_key(main),
        seed=seed,
        replications=replications,
        trial_replications=trial_run(run).replications,
        scenario_replications=scenario_run(run).replications,
        questions=answers,
        designs=rows,
        scenarios=scenarios,
        months=_months(programme, main, results),
        activity=activity_flow(main_result),
        board=board,
        assumptions=tuple(
            (i.field, i.value, f"{i.low} to {i.high}" if i.low and i.high else "", i.why)
            for i in programme.assumptions
        ),
        hindsight=tuple(f"{i.field}: {i.value}" for i in programme.hindsight),
        verdict=sentence(
            own,
            _key(main),
            tuple(a for a in answers if a.design != _key(main)),
            {d.id: d.name for d in programme.designs},
        ),
        method=method_lines(run, board),
        version=__version__,
        seconds=perf_counter() - began,
    )


def _key(programme: Programme) -> str:
    return programme.design or AS_WRITTEN


def _under(programme: Programme, main: Programme, name: str) -> Programme:
    return main if name == _key(main) else programme.under(name)


def trial_run(run: Play) -> Play:
    """How the questions of trials are played: on their own days, so eight times as often."""
    return replace(run, replications=8 * run.replications)


def scenario_run(run: Play) -> Play:
    """How scenarios are played: on the days around the shock, with half of the replications."""
    return replace(run, replications=max(4, run.replications // 2))


def _played(
    programme: Programme, main: Programme, run: Play, progress: Progress
) -> dict[str, SimulationResult]:
    """Every design over the horizon, the main one first."""
    names = [_key(main), *(d.id for d in programme.designs if d.id != _key(main))]
    found = {}
    for name in names:
        under = _under(programme, main, name)
        counted = (*periods(asked(programme, name)), whole(under))
        found[name] = play(under, run, counted=counted, progress=progress, what=f"design {name}")
    return found


def _trials_played(
    programme: Programme, main: Programme, run: Play, progress: Progress
) -> dict[tuple[str, str], SimulationResult]:
    """The questions that ask of trials alone, each on its own days, by design and question."""
    names = [_key(main), *(d.id for d in programme.designs if d.id != _key(main))]
    found = {}
    for name in names:
        for question in asked(programme, name):
            if all(p in programme.trial for p in question.protocols):
                found[name, question.id] = play(
                    _under(programme, main, name),
                    trial_run(run),
                    counted=periods((question,)),
                    from_on=max(programme.from_on, question.from_on - SETTLES),
                    until_on=min(programme.until_on, question.until_on + FINISHES),
                    progress=progress,
                    what=f"{question.name}, design {name}",
                )
    return found


def _answers(
    programme: Programme,
    results: dict[str, SimulationResult],
    trials: dict[tuple[str, str], SimulationResult],
    progress: Progress,
) -> tuple[Answer, ...]:
    found = []
    jobs = [(name, q) for name in results for q in asked(programme, name)]
    for done, (name, question) in enumerate(jobs):
        under = programme.under(name) if programme.designs else programme
        room = question_headroom(under, question)
        one = answer(under, question, room, trials.get((name, question.id), results[name]))
        found.append(replace(one, design=name))
        progress("headroom", done + 1, len(jobs))
    return tuple(found)


def _scenarios(
    programme: Programme, main: Programme, run: Play, progress: Progress
) -> tuple[ScenarioRow, ...]:
    """Each scenario on the designs it names, or on the main one."""
    known = {d.id for d in programme.designs}
    found = []
    for scenario in programme.scenarios:
        names = [d for d in scenario.designs if d in known] or [_key(main)]
        for name in names:
            under = _under(programme, main, name)
            found.append(scenario_row(under, scenario, scenario_run(run), progress))
    return tuple(found)


def _board(main: Programme, seed: int, progress: Progress) -> BoardPlan | None:
    progress("example weeks", 0, 1)
    board = example_weeks(main, seed)
    progress("example weeks", 1, 1)
    return board


def _months(
    programme: Programme, main: Programme, results: dict[str, SimulationResult]
) -> tuple[MonthRow, ...]:
    """Doses asked for by month, as played under the main design, against each design's slots."""
    period = whole(main)
    products = {p.product for p in (*main.trials, *main.markets) if p.id in period.protocols}
    capacity = {
        name: vials_by_month(
            _under(programme, main, name), frozenset(products), period.from_on, period.until_on
        )
        for name in results
    }
    rows = []
    by_month = [_asked_by_month(reps) for reps in results[_key(main)].by_period[period.id]]
    month = period.from_on.replace(day=1)
    while month <= period.until_on:
        number = month.year * 12 + month.month - 1
        drawn = band(counts.get(number, 0) for counts in by_month)
        rows.append(
            MonthRow(
                month=month,
                low95=drawn.low_95,
                low50=drawn.low_50,
                median=drawn.median,
                high50=drawn.high_50,
                high95=drawn.high_95,
                capacity={name: months.get(month, 0.0) for name, months in capacity.items()},
            )
        )
        month = (month + timedelta(days=32)).replace(day=1)
    return tuple(rows)


def _asked_by_month(rows: tuple[object, ...]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for row in rows:
        for month, (due, *_) in row.by_month.items():  # type: ignore[attr-defined]
            counts[month] = counts.get(month, 0) + due
    return counts


def method_lines(run: Play, board: BoardPlan | None) -> tuple[str, ...]:
    """How it was computed, and what it leaves out, in words."""
    lines = [
        f"Service and cost: the standing policy, played over {run.replications} futures of the "
        "whole horizon for each design in the causal reference simulator; the same luck for every "
        "design.",
        f"Questions of trials: {trial_run(run).replications} futures of the trial's own days.",
        f"Scenarios: {scenario_run(run).replications} futures of the days around the shock, with "
        "it and without.",
        "Headroom: the largest multiple of the period's expected orders that can be served with "
        "chance off, from a linear programme (HiGHS) under every limit, calendar and contract.",
        "Intervals are two-sided, 95 %, over replications; that of OTIF is never narrower than "
        "Wilson's on the orders counted. A range of demand holds the middle 95 % of the futures.",
        "A first shortfall is the first month in which the share on time lies below the target "
        "beyond doubt (95 %).",
        "Market demand is drawn from its uptake cases by their weights.",
        "A shock's length is known once it has begun.",
        "Present value discounts by month at the programme's rate; without one it is a plain sum.",
        "The supply predicts no patient's response.",
    ]
    if board is not None:
        lines.append(f"Example weeks: {board.method}")
    return tuple(lines)


def assess_study(
    path: Path,
    *,
    design: str | None,
    replications: int,
    seed: int,
    workers: int,
    out: Path,
    progress: Progress,
    write_report: WriteReport,
) -> tuple[Document, str]:
    """The command: read, assess, write the report and its rows; the document and a summary."""
    programme = read_programme(path)
    result = assess(
        programme,
        design=design,
        seed=seed,
        replications=replications,
        workers=workers,
        progress=progress,
    )
    report = write_report(result, programme, out / "report.html")
    result = replace(result, report=str(report))
    document = assess_document(result, str(path))
    write_json_atomically(out / "assess.json", document)
    tables = {
        "questions": document["questions"],
        "designs": document["designs"].values(),
        "scenarios": document["scenarios"],
        "months": document["months"],
    }
    for name, rows in tables.items():
        write_rows(out / f"{name}.csv", [flat(row) for row in rows])
    return document, summary_of(result)
