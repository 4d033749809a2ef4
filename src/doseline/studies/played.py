"""Everything that an assessment plays and solves, as jobs for several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from doseline.programme import Programme
from doseline.programme.programme import Question
from doseline.programme.scenario import DEMAND
from doseline.simulate import SimulationResult
from doseline.studies.assessment import AS_WRITTEN, BoardPlan, ScenarioRow
from doseline.studies.board import example_weeks
from doseline.studies.headroom import Room, period_headroom
from doseline.studies.pool import run_all
from doseline.studies.precision import Precision, play_until
from doseline.studies.progress import Progress
from doseline.studies.runs import FINISHES, Play, asked, cases_of, periods, whole
from doseline.studies.shocks import scenario_row


@dataclass(frozen=True)
class Played:
    """What came out: results over the horizon and of trials, headrooms, scenarios, a plan."""

    whole: dict[str, SimulationResult]
    trials: dict[tuple[str, str], SimulationResult]
    rooms: dict[tuple[str, str], Room]
    scenarios: tuple[ScenarioRow, ...]
    boards: tuple[BoardPlan, ...]


def trial_run(run: Play) -> Play:
    """How the questions of trials are played: on their own days, so eight times as often."""
    return replace(run, replications=8 * run.replications)


def scenario_run(run: Play) -> Play:
    """How scenarios are played: on the days around the shock, with half of the replications."""
    return replace(run, replications=max(4, run.replications // 2))


def design_names(programme: Programme, main: str) -> tuple[str, ...]:
    """The designs, the main one first."""
    return (main, *(d.id for d in programme.designs if d.id != main))


_KEPT = 8
_narrowed: list[tuple[Programme, str, Programme]] = []


def under(programme: Programme, design: str) -> Programme:
    """The programme under a design, or as written where it names none.

    The same object is given each time, so that what was worked out about its roads is kept.
    """
    if design == AS_WRITTEN:
        return programme
    for whole_programme, name, narrowed in _narrowed:
        if whole_programme is programme and name == design:
            return narrowed
    _narrowed.append((programme, design, programme.under(design)))
    del _narrowed[:-_KEPT]
    return _narrowed[-1][2]


def play_all(
    programme: Programme,
    main: str,
    run: Play,
    progress: Progress,
    precision: Precision | None = None,
) -> Played:
    """Do every job of an assessment, the longest first."""
    jobs = dict(_jobs(programme, main, replace(run, workers=1), precision))
    answers = dict(
        zip(
            jobs,
            run_all(
                programme,
                list(jobs.values()),
                workers=run.workers,
                progress=progress,
                what="futures played and plans solved",
            ),
            strict=True,
        )
    )
    rooms = {
        (key[1], question): room
        for key, answer in answers.items()
        if key[0] == "rooms"
        for question, room in answer.items()
    }
    return Played(
        whole={key[1]: answers[key] for key in answers if key[0] == "whole"},
        trials={(key[1], key[2]): answers[key] for key in answers if key[0] == "trial"},
        rooms=rooms,
        scenarios=tuple(answers[key] for key in answers if key[0] == "scenario"),
        boards=answers["board", main],
    )


_Key = tuple[str, ...]
_Job = Callable[[Programme], Any]


def _jobs(
    programme: Programme, main: str, run: Play, precision: Precision | None
) -> Iterator[tuple[_Key, _Job]]:
    names = design_names(programme, main)
    for name in names:
        yield ("whole", name), partial(_whole, name, run, precision)
    for name in names:
        for question in asked(programme, name):
            if _of_trials(programme, question):
                job = partial(_trial, name, question, trial_run(run), precision)
                yield ("trial", name, question.id), job
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
    yield ("board", main), partial(_board, main, run.seed)


def _whole(
    design: str, run: Play, precision: Precision | None, programme: Programme
) -> SimulationResult:
    """The whole horizon; what trials are asked is played on their own days besides."""
    narrowed = under(programme, design)
    questions = asked(programme, design)
    counted = (*periods(questions), whole(narrowed))
    narrow = periods([q for q in questions if not _of_trials(programme, q)])
    return play_until(
        narrowed, run, precision, counted=counted, narrow=narrow, cases=cases_of(programme)
    )


def _of_trials(programme: Programme, question: Question) -> bool:
    return all(p in programme.trial for p in question.protocols)


def _trial(
    design: str,
    question: Question,
    run: Play,
    precision: Precision | None,
    programme: Programme,
) -> SimulationResult:
    return play_until(
        under(programme, design),
        run,
        precision,
        counted=periods((question,)),
        from_on=question.from_on,
        until_on=min(programme.until_on, question.until_on + FINISHES),
    )


def _rooms(design: str, questions: tuple[Question, ...], programme: Programme) -> dict[str, Room]:
    return period_headroom(under(programme, design), questions)


def _scenario(design: str, scenario_id: str, run: Play, programme: Programme) -> ScenarioRow:
    scenario = next(s for s in programme.scenarios if s.id == scenario_id)
    return scenario_row(under(programme, design), scenario, run)


def _board(design: str, seed: int, programme: Programme) -> tuple[BoardPlan, ...]:
    return example_weeks(under(programme, design), seed)
