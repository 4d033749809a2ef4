"""From what was played to the answer of each question."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import date

from doseline.demand import band
from doseline.programme import Programme
from doseline.programme.programme import Question
from doseline.simulate import SimulationResult
from doseline.studies.assessment import Answer
from doseline.studies.figures import Figure, count_figure, ratio_figure
from doseline.studies.headroom import Room
from doseline.studies.verdict import sufficient


def answer(
    programme: Programme, question: Question, room: Room, result: SimulationResult
) -> Answer:
    """The verdict for one question under the design that was played."""
    rows = result.by_period[question.id]
    due = [float(sum(r.due for r in reps)) for reps in rows]
    on_time = [float(sum(r.on_time for r in reps)) for reps in rows]
    otif = service(on_time, due)
    target = programme.target_otif(question.protocols)
    causes: Counter[str] = Counter()
    for reps in rows:
        for row in reps:
            causes.update(row.causes)
    return Answer(
        question=question.id,
        name=question.name,
        from_on=question.from_on,
        until_on=question.until_on,
        design=programme.design or "",
        demand=_demand(due, room),
        headroom=room.multiple,
        headroom_binds=room.binding,
        headroom_high=room.under_high,
        otif=otif,
        target=target,
        delayed=count_figure([float(sum(r.delayed for r in reps)) for reps in rows]),
        missed=count_figure([float(sum(r.missed for r in reps)) for reps in rows]),
        sufficient=sufficient(room.multiple, otif, target),
        first_shortfall_on=first_shortfall(result, question.id, target),
        slot_use=slot_use(result, question),
        causes=tuple((c, n / len(rows)) for c, n in causes.most_common()),
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


def service(on_time: Sequence[float], due: Sequence[float]) -> Figure:
    """OTIF with its interval: never outside 0 to 1, never narrower than the counts allow.

    The interval over replications misses what never happened in any of them, so Wilson's interval
    on the pooled counts widens it where that is wider.
    """
    over = ratio_figure(on_time, due)
    low, high = wilson(math.fsum(on_time), math.fsum(due))
    return Figure(over.mean, max(0.0, min(over.low, low)), min(1.0, max(over.high, high)))


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share. (Wilson, JASA 22 (1927) 209.)

    >>> [round(v, 4) for v in wilson(19, 20)]
    [0.7639, 0.9911]
    """
    if trials == 0:
        return 0.0, 1.0
    z = 1.959963984540054
    share = successes / trials
    centre = share + z * z / (2.0 * trials)
    half = z * math.sqrt(share * (1.0 - share) / trials + z * z / (4.0 * trials * trials))
    scale = 1.0 + z * z / trials
    return (centre - half) / scale, (centre + half) / scale


def first_shortfall(result: SimulationResult, period: str, target: float) -> date | None:
    """The first month in which the share on time is below the target beyond doubt (95 %)."""
    months: dict[int, list[int]] = {}
    for reps in result.by_period[period]:
        for row in reps:
            for month, (due, on_time, _, _) in row.by_month.items():
                total = months.setdefault(month, [0, 0])
                total[0] += due
                total[1] += on_time
    for month in sorted(months):
        due, on_time = months[month]
        if due and wilson(on_time, due)[1] < target:
            return date(month // 12, month % 12 + 1, 1)
    return None


def slot_use(result: SimulationResult, question: Question) -> float:
    """Share of the usable slots in which a batch was started, over the period's months."""
    period = result.period[question.id]
    used = sum(r.total("slots_used", period) for r in result.replications)
    usable = sum(r.total("slots_usable", period) for r in result.replications)
    return used / usable if usable else 0.0
