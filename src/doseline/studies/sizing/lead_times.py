"""When capacity must be decided on so that it is there in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from doseline.programme import Programme
from doseline.programme.programme import Question
from doseline.studies.sizing.candidates import Candidate


@dataclass(frozen=True, slots=True)
class Addition:
    """A plant's further weekly slots, and how long they take from the decision. [days]

    `lead_days` is None where the file states no lead time.
    """

    manufacturer: str
    slots: int
    new_plant: bool
    lead_days: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """What a period asks for beyond what stands before it.

    `standing` is the design before, `design` the one that the period needs: the same where it is
    enough, None where no design of the grid is. `decide_by` is the period's first day less the
    longest lead time of what is added; None where nothing is added, or a lead time is unknown.
    """

    period: str
    from_on: date
    standing: str
    design: str | None
    adds: tuple[Addition, ...] = ()
    decide_by: date | None = None
    too_late: bool = False


def lead_days(programme: Programme, manufacturer: str, *, new_plant: bool) -> int | None:
    """From the decision to the first use: the contract's lead time, or the transfer's days. [d]

    A new plant whose contract states none takes from the start of its technology transfer to its
    first usable batch, where the file says both.
    """
    contract = programme.contract.get(manufacturer)
    if contract is not None and contract.lead is not None:
        minutes = contract.lead.plant_min if new_plant else contract.lead.slot_min
        return ceil(minutes / 1440)
    if not new_plant:
        return None
    makes = programme.manufacturer[manufacturer].makes
    spans = [(a.from_on - a.transfer_starts_on).days for a in makes if a.transfer_starts_on]
    return max(spans, default=None)


def additions(programme: Programme, standing: Candidate, wanted: Candidate) -> tuple[Addition, ...]:
    """What a design has beyond another, by plant."""
    found = []
    for plant, slots in wanted.slots.items():
        before = standing.slots.get(plant, 0)
        if slots > before:
            new = before == 0
            lead = lead_days(programme, plant, new_plant=new)
            found.append(Addition(plant, slots - before, new, lead))
    return tuple(found)


def steps(
    programme: Programme,
    questions: Sequence[Question],
    standing: Candidate,
    found: Sequence[Candidate],
    enough: Callable[[Candidate, int], bool],
    least: Callable[[int, Sequence[Candidate]], Candidate | None],
) -> tuple[Step, ...]:
    """The way through the periods in order of time: what stands, and what each one adds.

    `enough` says whether a design is sufficient for a question, by its place; `least` gives the
    least among some. What stands is kept where a design that contains it will do.
    """
    way = []
    for place in sorted(range(len(questions)), key=lambda i: (questions[i].from_on, i)):
        question = questions[place]
        if enough(standing, place):
            way.append(Step(question.id, question.from_on, standing.id, standing.id))
            continue
        wider = [c for c in found if c.id != standing.id and c.contains(standing)]
        chosen = least(place, wider) or least(place, found)
        if chosen is None:
            way.append(Step(question.id, question.from_on, standing.id, None))
            continue
        adds = additions(programme, standing, chosen)
        days = [a.lead_days for a in adds]
        decide_by = None
        if days and None not in days:
            longest = max(d for d in days if d is not None)
            decide_by = question.from_on - timedelta(days=longest)
        way.append(
            Step(
                question.id,
                question.from_on,
                standing.id,
                chosen.id,
                adds,
                decide_by,
                decide_by is not None and decide_by < programme.as_of_on,
            )
        )
        standing = chosen
    return tuple(way)
