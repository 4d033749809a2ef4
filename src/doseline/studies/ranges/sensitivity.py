"""One group of inputs at a time to either end of its range, under the same luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter

from doseline.errors import did_you_mean
from doseline.programme import Programme
from doseline.programme.programme import Question
from doseline.studies.counts import Counts, counts_of, paired_otif
from doseline.studies.crew import Crew
from doseline.studies.figures import mean_figure
from doseline.studies.headroom import period_headroom
from doseline.studies.pool import Job
from doseline.studies.progress import Progress, silent
from doseline.studies.ranges.found import Effect, End, Sensitivity
from doseline.studies.ranges.groups import Range, at_end, ranges, unstated
from doseline.studies.ranges.standing import as_planned, as_served
from doseline.studies.runs import FINISHES, Play, asked, cases_of, periods, play
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


def one_question(crew: Crew, design: str | None, question: Question, run: Play) -> Sensitivity:
    """The sensitivity of one question; the crew does the playing."""
    programme = crew.programme
    base = programme.under(design)
    found = ranges(programme)
    varied = {
        (one.id, side): _moved(programme, one, side, design) for one in found for side in ENDS
    }
    counts, rooms = _played(crew, design, question, run, base, varied)

    def end(key: _Key) -> End:
        stood, stuck = varied.get(key, (base, ()))
        target = stood.target_otif(question.protocols)
        own, room = counts.get(key, counts[_BASE]), rooms.get(key, rooms[_BASE])
        return _end(own, counts[_BASE], room, target, key in counts, stuck)

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


def _played(
    crew: Crew,
    design: str | None,
    question: Question,
    run: Play,
    base: Programme,
    varied: Mapping[_Key, _Moved],
) -> tuple[dict[_Key, Counts], dict[_Key, float]]:
    """Counts and headrooms of the base and of each end that they can depend on."""
    served, planned = as_served(base), as_planned(base)
    play = [_BASE, *(k for k, (stood, _) in varied.items() if as_served(stood) != served)]
    room = [_BASE, *(k for k in play[1:] if as_planned(varied[k][0]) != planned)]
    jobs: list[Job[Counts | float]] = [
        *(partial(_room, design, key, question.id) for key in room),
        *(partial(_counts, design, key, question.id, run) for key in play),
    ]
    answers = crew.run(jobs, f"ranges of inputs, {question.name}")
    rooms = {k: a for k, a in zip(room, answers, strict=False) if isinstance(a, float)}
    counts = {
        k: a for k, a in zip(play, answers[len(room) :], strict=True) if isinstance(a, Counts)
    }
    return counts, rooms


def _end(
    counts: Counts,
    base: Counts,
    headroom: float,
    target: float,
    changes: bool,
    stuck: tuple[str, ...],
) -> End:
    otif = counts.otif
    return End(
        otif=otif,
        otif_change=paired_otif(base, counts),
        headroom=headroom,
        cost=mean_figure(counts.cost),
        cost_change=mean_figure([b - a for a, b in zip(base.cost, counts.cost, strict=True)]),
        sufficient=sufficient(headroom, otif, target),
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
    return counts_of(
        play(
            stood,
            run,
            counted=periods((asked_of,)),
            from_on=asked_of.from_on,
            until_on=min(stood.until_on, asked_of.until_on + FINISHES),
            cases=cases_of(moved),
        ),
        question,
    )


def _room(design: str | None, key: tuple[str, str], question: str, programme: Programme) -> float:
    moved, stood = _stood(programme, design, key)
    asked_of = next(q for q in moved.questions if q.id == question)
    return float(period_headroom(stood, (asked_of,))[question].multiple)
