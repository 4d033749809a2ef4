"""Everything that an assessment plays and solves, as jobs for several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from doseline.programme import Programme
from doseline.programme.programme import Question
from doseline.programme.scenario import DEMAND
from doseline.simulate import SimulationResult
from doseline.studies.assessment import BoardPlan, ScenarioRow
from doseline.studies.board import example_weeks
from doseline.studies.crew import Crew
from doseline.studies.demand_picture import DemandPicture, demand_picture
from doseline.studies.headroom import Room, period_headroom
from doseline.studies.months import capacity_by_month
from doseline.studies.precision import Precision
from doseline.studies.rounds import Span, play_spans
from doseline.studies.runs import ALL, FINISHES, Play, asked, cases_of, periods, whole
from doseline.studies.served import Served
from doseline.studies.shocks import scenario_row
from doseline.studies.variants import under


@dataclass(frozen=True)
class Played:
    """What came out: results over the horizon and of trials, headrooms, scenarios, a plan, slots.

    `whole` and `trials` hold the first futures, `served` all of them, by design and question.
    """

    whole: dict[str, SimulationResult]
    trials: dict[tuple[str, str], SimulationResult]
    served: dict[tuple[str, str], Served]
    rooms: dict[tuple[str, str], Room]
    scenarios: tuple[ScenarioRow, ...]
    boards: tuple[BoardPlan, ...]
    capacity: dict[str, dict[date, float]]
    demand: DemandPicture


def trial_run(run: Play) -> Play:
    """How the questions of trials are played: on their own days, so eight times as often."""
    return replace(run, replications=8 * run.replications)


def scenario_run(run: Play) -> Play:
    """How scenarios are played: on the days around the shock, with half of the replications."""
    return replace(run, replications=max(4, run.replications // 2))


def design_names(programme: Programme, main: str) -> tuple[str, ...]:
    """The designs, the main one first."""
    return (main, *(d.id for d in programme.designs if d.id != main))


def play_all(crew: Crew, main: str, run: Play, precision: Precision | None = None) -> Played:
    """Do every job of an assessment: what is solved once, then futures round after round."""
    programme = crew.programme
    spans = tuple(_spans(programme, main, run))
    once = dict(_jobs(programme, main, replace(run, workers=1)))
    found, answers = play_spans(crew, spans, run, precision, tuple(once.values()))
    solved = dict(zip(once, answers, strict=True))
    return Played(
        whole=found[spans[0].name].whole,
        trials={
            (design, s.name): result
            for s in spans[1:]
            if s.name != MARKETS
            for design, result in found[s.name].whole.items()
        },
        served={
            (design, question): served
            for span in found.values()
            for design, mine in span.served.items()
            for question, served in mine.items()
        },
        rooms={
            (key[1], question): room
            for key, answer in solved.items()
            if key[0] == "rooms"
            for question, room in answer.items()
        },
        scenarios=tuple(solved[key] for key in solved if key[0] == "scenario"),
        boards=solved["board", main],
        capacity={key[1]: solved[key] for key in solved if key[0] == "capacity"},
        demand=solved["demand",],
    )


def _spans(programme: Programme, main: str, run: Play) -> Iterator[Span]:
    """The whole horizon; the questions of markets from the first of their days on, until each ends;
    each question of trials on its own days, eight times as often.
    """
    names = design_names(programme, main)
    cases = cases_of(programme)
    yield Span(
        ALL, {name: (whole(under(programme, name)),) for name in names}, {},
        programme.from_on, programme.until_on, cases, run.replications, 8,
    )  # fmt: skip
    of_markets = [q for q in programme.questions if not _of_trials(programme, q)]
    if of_markets:
        span = _span_of(programme, names, MARKETS, of_markets, run.replications, 32)
        yield replace(span, whole=False)
    for question in programme.questions:
        own = [n for n in names if question in asked(programme, n)]
        if own and _of_trials(programme, question):
            futures = trial_run(run).replications
            yield _span_of(programme, own, question.id, [question], futures, 64)


MARKETS = "questions of markets"
"""The name of their span, which no question can have."""


def _span_of(
    programme: Programme,
    names: Sequence[str],
    name: str,
    questions: Sequence[Question],
    first: int,
    piece: int,
) -> Span:
    """The days of some questions, under every design that is asked one of them."""
    mine = {n: [q for q in questions if q in asked(programme, n)] for n in names}
    mine = {n: own for n, own in mine.items() if own}
    return Span(
        name,
        {n: periods(own) for n, own in mine.items()},
        {n: tuple(q.id for q in own) for n, own in mine.items()},
        min(q.from_on for q in questions),
        min(programme.until_on, max(q.until_on for q in questions) + FINISHES),
        cases_of(programme),
        first,
        piece,
    )


_Key = tuple[str, ...]
_Job = Callable[[Programme], Any]


def _jobs(programme: Programme, main: str, run: Play) -> Iterator[tuple[_Key, _Job]]:
    yield ("demand",), partial(_demand, run.seed)
    yield ("board", main), partial(_board, main, run.seed)
    names = design_names(programme, main)
    for name in names:
        same_days: dict[tuple[object, object], list[Question]] = {}
        for question in asked(programme, name):
            same_days.setdefault((question.from_on, question.until_on), []).append(question)
        for together in same_days.values():
            yield ("rooms", name, together[0].id), partial(_rooms, name, tuple(together))
    known = set(names)
    for scenario in programme.scenarios:
        if scenario.shocks and all(s.hits in DEMAND for s in scenario.shocks):
            continue  # it is no blow to the supply; `demand` says what it does
        for name in [d for d in scenario.designs if d in known] or [main]:
            shock = partial(_scenario, name, scenario.id, scenario_run(run))
            yield ("scenario", scenario.id, name), shock
    for name in names:
        yield ("capacity", name), partial(_capacity, main, name)


def _of_trials(programme: Programme, question: Question) -> bool:
    return all(p in programme.trial for p in question.protocols)


def _rooms(design: str, questions: tuple[Question, ...], programme: Programme) -> dict[str, Room]:
    return period_headroom(under(programme, design), questions)


def _scenario(design: str, scenario_id: str, run: Play, programme: Programme) -> ScenarioRow:
    scenario = next(s for s in programme.scenarios if s.id == scenario_id)
    return scenario_row(under(programme, design), scenario, run)


def _capacity(main: str, design: str, programme: Programme) -> dict[date, float]:
    return capacity_by_month(programme, main, design)


def _board(design: str, seed: int, programme: Programme) -> tuple[BoardPlan, ...]:
    return example_weeks(under(programme, design), seed)


DEMAND_SAMPLES = 200
"""Futures of the demand alone: they are quick, so there are more of them than are played."""


def _demand(seed: int, programme: Programme) -> DemandPicture:
    return demand_picture(programme, seed=seed, samples=DEMAND_SAMPLES)
