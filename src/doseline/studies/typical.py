"""A typical future of a question: the one with the median service, in its worst weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from doseline.programme import Programme
from doseline.simulate import SimulationResult, history
from doseline.studies.runs import crowds_of
from doseline.studies.story import Story, busiest, tell


@dataclass(frozen=True, slots=True)
class Typical:
    """Which future of a question is typical, and how it can be played again."""

    question: str
    otif: float
    seed: int
    replication: int
    from_on: date
    until_on: date


def typical(question_id: str, name: str, result: SimulationResult) -> Typical | None:
    """The future whose OTIF is the median of those played.

    Of an even number of futures the lower of the two in the middle, of equals the first. None where
    no dose was due in any.
    """
    shares = []
    for number, rows in zip(result.replications, result.by_period[question_id], strict=True):
        due = sum(r.due for r in rows)
        if due:
            shares.append((sum(r.on_time for r in rows) / due, number.number))
    if not shares:
        return None
    otif, replication = sorted(shares)[(len(shares) - 1) // 2]
    return Typical(name, otif, result.seed, replication, result.from_on, result.until_on)


def story_of(programme: Programme, future: Typical) -> Story:
    """The weeks of a future in which most went wrong."""
    first, last = future.from_on, future.until_on
    events = history(
        programme,
        crowds_of(programme, future.seed, first, last, None, None),
        seed=future.seed,
        replication=future.replication,
        from_on=first,
        until_on=last,
    )
    inside = [e for e in events if first <= programme.clock.instant(e.at).date() <= last]
    return Story(
        design=programme.design or "",
        question=future.question,
        replication=future.replication,
        otif=future.otif,
        weeks=tell(programme, events, *busiest(programme, inside)),
    )
