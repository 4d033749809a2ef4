"""Days that are played together, and what each future shows of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from doseline.programme import Programme
from doseline.programme.design import Design
from doseline.programme.programme import Question
from doseline.simulate import SimulationResult
from doseline.studies.crew import Crew
from doseline.studies.designs import spent
from doseline.studies.runs import FINISHES, Play, cases_of, periods, play
from doseline.studies.sizing.candidates import Candidate, stand
from doseline.studies.sizing.search import Observe, Response


@dataclass(frozen=True, slots=True)
class Span:
    """Questions about days that overlap: they are played once, so that cost counts once."""

    from_on: date
    until_on: date
    questions: tuple[Question, ...]


def spans_of(questions: Sequence[Question]) -> tuple[Span, ...]:
    """The questions in spans of days, in order of time."""
    found: list[Span] = []
    for q in sorted(questions, key=lambda q: (q.from_on, q.until_on, q.id)):
        last = found[-1] if found else None
        if last is not None and q.from_on <= last.until_on:
            until_on = max(last.until_on, q.until_on)
            found[-1] = Span(last.from_on, until_on, (*last.questions, q))
        else:
            found.append(Span(q.from_on, q.until_on, (q,)))
    return tuple(found)


def play_span(programme: Programme, span: Span, run: Play) -> SimulationResult:
    """The futures of a span under the design that the programme stands under."""
    return play(
        programme,
        run,
        counted=periods(span.questions),
        from_on=span.from_on,
        until_on=min(programme.until_on, span.until_on + FINISHES),
        cases=cases_of(programme),
    )


def observer(
    crew: Crew,
    parent: Design,
    found: Mapping[str, Candidate],
    questions: Sequence[Question],
    seed: int,
) -> Observe:
    """What plays futures of candidates for a search.

    The responses hold the questions in the order in which they are given.
    """
    spans = spans_of(questions)
    order = tuple(q.id for q in questions)

    def observe(asked: Mapping[str, range]) -> dict[str, list[Response]]:
        jobs = {
            (name, i): partial(
                _played, parent, found[name], span, Play(seed, len(numbers), 1, numbers.start)
            )
            for name, numbers in asked.items()
            for i, span in enumerate(spans)
        }
        answers = crew.run(list(jobs.values()), "futures of designs")
        results = dict(zip(jobs, answers, strict=True))
        return {
            name: responses([results[name, i] for i in range(len(spans))], spans, order)
            for name in asked
        }

    return observe


def _played(
    parent: Design, candidate: Candidate, span: Span, run: Play, programme: Programme
) -> SimulationResult:
    return play_span(stand(programme, parent, candidate), span, run)


def responses(
    results: Sequence[SimulationResult], spans: Sequence[Span], order: Sequence[str]
) -> list[Response]:
    """Each future as a response, from the results of all spans."""
    found = []
    for number in range(len(results[0].replications)):
        on_time, due, batches, cost = {}, {}, {}, {}
        total = 0.0
        for result, span in zip(results, spans, strict=True):
            replication = result.replications[number]
            total += spent(replication)
            for question in span.questions:
                rows = result.by_period[question.id][number]
                on_time[question.id] = float(sum(r.on_time for r in rows))
                due[question.id] = float(sum(r.due for r in rows))
                period = result.period[question.id]
                batches[question.id] = float(replication.total("batches_made", period))
                cost[question.id] = spent(replication)
        found.append(
            Response(
                tuple(on_time[q] for q in order),
                tuple(due[q] for q in order),
                tuple(batches[q] for q in order),
                tuple(cost[q] for q in order),
                total,
            )
        )
    return found
