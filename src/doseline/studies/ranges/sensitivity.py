"""One group of inputs at a time to either end of its range, under the same luck."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from time import perf_counter

from doseline.errors import did_you_mean
from doseline.programme import Programme
from doseline.programme.programme import Question
from doseline.studies.counts import Counts, counts_of, moved_otif, paired_otif
from doseline.studies.crew import Crew
from doseline.studies.figures import Figure, mean_figure
from doseline.studies.headroom import period_headroom
from doseline.studies.progress import Progress, silent
from doseline.studies.ranges.found import Effect, End, Sensitivity
from doseline.studies.ranges.groups import Range, at_end, ranges, unstated
from doseline.studies.ranges.standing import Stripped, as_planned, as_served
from doseline.studies.runs import FINISHES, Play, asked, cases_of, periods, play, running
from doseline.studies.served import served_of
from doseline.studies.verdict import sufficient

ENDS = ("low", "high")


def sensitivity(
    programme: Programme,
    *,
    design: str | None = None,
    questions: Sequence[str] = (),
    seed: int = 1,
    replications: int = 40,
    workers: int = 1,
    progress: Progress = silent,
) -> tuple[Sensitivity, ...]:
    """Each group of inputs over its stated range, for each question of a design.

    Base and ends meet the same patients and the same luck, so changes are paired future by
    future. Raises LookupError for an unknown design or question.
    """
    began = perf_counter()
    stood = programme.under(design)
    name = stood.design or ""
    known = {q.id: q for q in asked(programme, name)}
    unknown = [q for q in questions if q not in known]
    if unknown:
        raise LookupError(
            f"no question {unknown[0]!r}{did_you_mean(unknown[0], known)}; known: "
            f"{', '.join(known)}"
        )
    chosen = [q for q in known.values() if not questions or q.id in questions]
    run = Play(seed, replications)
    with Crew(programme, workers, progress) as crew:
        found = tuple(one_question(crew, stood.design, q, run) for q in chosen)
    seconds = perf_counter() - began
    return tuple(replace(f, seconds=seconds) for f in found)


def one_question(
    crew: Crew,
    design: str | None,
    question: Question,
    run: Play,
    *,
    every_headroom: bool = True,
    known: Counts | None = None,
    known_room: float | None = None,
) -> Sensitivity:
    """The sensitivity of one question; the crew does the playing.

    Without `every_headroom` those are left out (None) on which no verdict hangs, as OTIF alone
    falls short. `known` is what was played before, on the same days under the same luck, as the
    programme stands: at least as many futures as the run asks for. Changes are then added to that.
    `known_room` is the headroom as it stands, where that is known.
    """
    programme = crew.programme
    base = programme.under(design)
    found = ranges(programme)
    varied = {
        (one.id, side): _moved(programme, one, side, design) for one in found for side in ENDS
    }
    counts = _counted(crew, design, question, run, base, varied, known)
    otifs = {k: moved_otif(counts[_BASE], own) for k, own in counts.items()}

    def short(key: _Key) -> bool:
        target = varied.get(key, (base, ()))[0].target_otif(question.protocols)
        return sufficient(math.inf, otifs.get(key, otifs[_BASE]), target) is False

    every = (_BASE, *varied)
    needed = [k for k in every if every_headroom or k == _BASE or not short(k)]
    rooms = _rooms(crew, design, question, base, varied, needed, counts, known_room)

    def end(key: _Key) -> End:
        stood, stuck = varied.get(key, (base, ()))
        target = stood.target_otif(question.protocols)
        before = counts[_BASE].first(run.replications)
        own = before if key == _BASE else counts.get(key, before)
        otif = otifs.get(key, otifs[_BASE])
        return _end(own, before, otif, rooms.get(key), target, key in counts, stuck)

    at = end(_BASE)
    effects = []
    for one in found:
        low, high = end((one.id, "low")), end((one.id, "high"))
        moves = low.sufficient != at.sufficient or high.sufficient != at.sufficient
        effects.append(Effect(one, low, high, moves))
    return Sensitivity(
        question=question.id,
        name=question.name,
        design=base.design or "",
        target=programme.target_otif(question.protocols),
        replications=run.replications,
        base_replications=len(counts[_BASE].due),
        base=at,
        effects=tuple(sorted(effects, key=lambda e: (-e.swing, -e.cost_swing))),
        unstated=unstated(programme),
    )


_Key = tuple[str, str]
_Moved = tuple[Programme, tuple[str, ...]]
_BASE: _Key = ("", "")


def _moved(programme: Programme, one: Range, side: str, design: str | None) -> _Moved:
    moved, stuck = at_end(programme, one, side)
    return moved.under(design), stuck


_Varied = Mapping[_Key, _Moved]


def _counted(
    crew: Crew,
    design: str | None,
    question: Question,
    run: Play,
    base: Programme,
    varied: _Varied,
    known: Counts | None,
) -> dict[_Key, Counts]:
    """Counts of the base, and of each end at which something that is played has changed."""
    stripped: Stripped = {}
    served = _asked_about(base, question, stripped)
    keys = [
        *([_BASE] if known is None else []),
        *(
            k
            for k, (stood, _) in varied.items()
            if served != _asked_about(stood, question, stripped)
        ),
    ]
    jobs = [partial(_counts, design, key, question.id, run) for key in keys]
    answers = crew.run(jobs, f"ranges of inputs, {question.name}")
    found = dict(zip(keys, answers, strict=True))
    return found if known is None else {_BASE: known, **found}


def _asked_about(programme: Programme, question: Question, stripped: Stripped) -> Programme:
    """What the service and the cost of a question depend on: no trial or market of other days."""
    there = set(running(programme, question.from_on, _last_day(programme, question)))
    return as_served(
        replace(
            programme,
            trials=tuple(t for t in programme.trials if t.id in there),
            markets=tuple(m for m in programme.markets if m.id in there),
        ),
        stripped,
    )


def _rooms(
    crew: Crew,
    design: str | None,
    question: Question,
    base: Programme,
    varied: _Varied,
    needed: Sequence[_Key],
    counts: Mapping[_Key, Counts],
    known: float | None,
) -> dict[_Key, float]:
    """Headrooms where they are needed; that of the base stands for all that plan alike."""
    stripped: Stripped = {}
    planned = as_planned(base, stripped)
    own = [] if known is not None else [_BASE]
    own += [
        k
        for k in needed
        if k != _BASE and k in counts and as_planned(varied[k][0], stripped) != planned
    ]
    jobs = [partial(_room, design, key, question.id) for key in own]
    answers = crew.run(jobs, f"headrooms over ranges, {question.name}") if jobs else []
    rooms = dict(zip(own, answers, strict=True))
    if known is not None:
        rooms[_BASE] = known
    return {k: rooms.get(k, rooms[_BASE]) for k in needed}


def _end(
    counts: Counts,
    base: Counts,
    otif: Figure,
    headroom: float | None,
    target: float,
    changes: bool,
    stuck: tuple[str, ...],
) -> End:
    return End(
        otif=otif,
        otif_change=paired_otif(base, counts),
        headroom=headroom,
        cost=mean_figure(counts.cost),
        cost_change=mean_figure([b - a for a, b in zip(base.cost, counts.cost, strict=True)]),
        sufficient=sufficient(math.inf if headroom is None else headroom, otif, target),
        changes=changes,
        stuck=stuck,
    )


def _stood(
    programme: Programme, design: str | None, key: tuple[str, str]
) -> tuple[Programme, Programme]:
    """The programme at an end, and as it stands under the design."""
    name, end = key
    if name:
        found = next(r for r in ranges(programme) if r.id == name)
        programme, _ = at_end(programme, found, end)
    return programme, programme.under(design)


def _counts(
    design: str | None, key: tuple[str, str], question: str, run: Play, programme: Programme
) -> Counts:
    moved, stood = _stood(programme, design, key)
    asked_of = next(q for q in moved.questions if q.id == question)
    played = play(
        stood,
        run,
        counted=periods((asked_of,)),
        from_on=asked_of.from_on,
        until_on=_last_day(stood, asked_of),
        cases=cases_of(moved),
    )
    return counts_of(served_of(played, question))


def _last_day(programme: Programme, question: Question) -> date:
    return min(programme.until_on, question.until_on + FINISHES)


def _room(design: str | None, key: tuple[str, str], question: str, programme: Programme) -> float:
    moved, stood = _stood(programme, design, key)
    asked_of = next(q for q in moved.questions if q.id == question)
    return float(period_headroom(stood, (asked_of,))[question].multiple)
