"""From what was played to the answer of each question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from doseline.demand import band
from doseline.programme import Programme
from doseline.programme.programme import Question
from doseline.studies.assessment import Answer
from doseline.studies.controls import weighing
from doseline.studies.figures import Figure, count_figure, service, wilson
from doseline.studies.headroom import Room
from doseline.studies.served import Served
from doseline.studies.verdict import sufficient


def answer(programme: Programme, question: Question, room: Room, served: Served) -> Answer:
    """The verdict for one question under the design that was played."""
    weigh = weighing(served.controls)
    otif = service(served.on_time, served.due, weigh)
    target = programme.target_otif(question.protocols)
    causes = Counter(served.causes).most_common()
    return Answer(
        question=question.id,
        name=question.name,
        from_on=question.from_on,
        until_on=question.until_on,
        design=programme.design or "",
        futures=served.futures,
        demand=_demand(served.due, room),
        headroom=room.multiple,
        headroom_binds=room.binding,
        headroom_high=room.under_high,
        otif=otif,
        target=target,
        delayed=count_figure(served.delayed, weigh),
        missed=count_figure(served.missed, weigh),
        sufficient=sufficient(room.multiple, otif, target),
        first_shortfall_on=first_shortfall(served, target),
        slot_use=served.slots_used / served.slots_usable if served.slots_usable else 0.0,
        causes=tuple((c, n / served.futures) for c, n in causes),
    )


def _demand(due: Sequence[float], room: Room) -> Figure:
    """Doses due: the mean, and the middle 95 % of the futures or, where that is wider, the span
    from the lowest uptake case to the highest.
    """
    drawn = band(due)
    return Figure(
        drawn.mean,
        min(drawn.low_95, room.expected_low),
        max(drawn.high_95, room.expected_high),
    )


def first_shortfall(served: Served, target: float) -> date | None:
    """The first month in which the share on time is below the target beyond doubt (95 %)."""
    for month, (due, on_time) in sorted(served.months.items()):
        if due and wilson(on_time, due)[1] < target:
            return date(month // 12, month % 12 + 1, 1)
    return None
