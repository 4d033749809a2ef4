"""A typical future of a question: the one with the median service, in its worst weeks."""

from __future__ import annotations

from doseline.programme import Programme
from doseline.programme.programme import Question
from doseline.simulate import SimulationResult, history
from doseline.studies.runs import crowds_of
from doseline.studies.story import Story, busiest, tell


def typical_story(
    programme: Programme, question: Question, result: SimulationResult
) -> Story | None:
    """The weeks in which most went wrong, in the future whose OTIF is the median of those played.

    Of an even number of futures the lower of the two in the middle, of equals the first. None where
    no dose was due in any.
    """
    shares = []
    for number, rows in zip(result.replications, result.by_period[question.id], strict=True):
        due = sum(r.due for r in rows)
        if due:
            shares.append((sum(r.on_time for r in rows) / due, number.number))
    if not shares:
        return None
    otif, replication = sorted(shares)[(len(shares) - 1) // 2]
    first, last = result.from_on, result.until_on
    events = history(
        programme,
        crowds_of(programme, result.seed, first, last, None, None),
        seed=result.seed,
        replication=replication,
        from_on=first,
        until_on=last,
    )
    inside = [e for e in events if first <= programme.clock.instant(e.at).date() <= last]
    return Story(
        design=programme.design or "",
        question=question.name,
        replication=replication,
        otif=otif,
        weeks=tell(programme, events, *busiest(programme, inside)),
    )
