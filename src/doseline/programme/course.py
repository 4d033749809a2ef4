"""What a patient's course does next: one plain transition, used wherever courses run.

What is drawn beforehand is luck (a table of uniform numbers a dose and an attempt); what happens
is decided here, from that luck and from what the supply achieved. Days are ordinals
(`datetime.date.toordinal`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from doseline.programme.policy import Policy
from doseline.programme.trial import Arm, GateRow, Visit

Outcome = Literal["given", "missed", "cancelled"]
Where = TypeVar("Where")

RETRY_DAYS = 7
"""A dose missed or cancelled is ordered again so many days later."""

SEARCH_DAYS = 366
"""A site that treats on no day of the year after a window treats no more."""


@dataclass(frozen=True, slots=True)
class Luck:
    """The uniform numbers that decide one dose, all drawn before the supply is known."""

    goes_on: float
    gate: float
    gate_delay_days: int
    cancel: float
    cancel_stage: float
    moved: float
    weight_factor: float


@dataclass(frozen=True, slots=True)
class CourseState:
    """Where a course stands: which dose comes next, due when, tried how often.

    `factor` is on this dose, `kept_factor` the part of it that lasts to the end of the course.
    """

    visit: int
    due_day: int
    factor: float = 1.0
    attempt: int = 0
    given: int = 0
    over: bool = False
    kept_factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Due:
    """The next dose: the day it is due and the window around it, before the site's calendar."""

    visit: int
    attempt: int
    day: int
    early_day: int
    late_day: int
    factor: float


def due(state: CourseState, arm: Arm) -> Due:
    """The dose that a course waits for, with its window.

    The window opens after the day of the dose before, or of the attempt before.
    """
    visit = arm.visits[state.visit]
    gap = visit.day - arm.visits[state.visit - 1].day if state.visit else 0
    return Due(
        visit=state.visit,
        attempt=state.attempt,
        day=state.due_day,
        early_day=state.due_day - days_early(visit.early_days, state.visit, state.attempt, gap),
        late_day=state.due_day + visit.late_days,
        factor=state.factor * visit.dose_factor,
    )


def days_early(stated_days: int, visit: int, attempt: int, gap_days: int) -> int:
    """How many days before the due day a window opens: not before the dose or attempt before it.

    >>> days_early(9, 1, 0, 7), days_early(9, 1, 1, 30), days_early(9, 0, 0, 0)
    (6, 6, 9)
    """
    if attempt:
        return min(stated_days, RETRY_DAYS - 1)
    return min(stated_days, gap_days - 1) if visit else stated_days


def begin(first_day: int, arm: Arm, luck: Luck) -> CourseState:
    """A course at its first dose; a gate before it holds too."""
    return _enter(0, first_day, 0, 1.0, arm, luck)


def after(
    state: CourseState, arm: Arm, outcome: Outcome, day: int, policy: Policy, luck: Luck | None
) -> CourseState:
    """The state after a dose was given, missed or cancelled on a day.

    `luck` is that of the next visit (None where there is none). A dose missed or cancelled is
    ordered again a week later, as often as the policy says; then the course goes on without it.
    """
    again = is_asked_again(state.attempt, policy.reorder_missed, policy.reorder_at_most)
    if outcome != "given" and again:
        return replace(state, attempt=state.attempt + 1, due_day=day + RETRY_DAYS)
    given = state.given + (outcome == "given")
    following = state.visit + 1
    if luck is None or is_last(state.visit, len(arm.visits), given):
        return replace(state, given=given, over=True)
    gap = arm.visits[following].day - arm.visits[state.visit].day
    return _enter(following, day + gap, given, state.kept_factor, arm, luck)


def _enter(visit: int, day: int, given: int, kept: float, arm: Arm, luck: Luck) -> CourseState:
    row = arm.visits[visit]
    outcome, factor, lasts = gate(row, luck.gate)
    over = luck.goes_on >= row.continues_fraction or outcome == "stop"
    delay = luck.gate_delay_days if outcome == "delay" else 0
    due_day, now, lasting = entered(day, over, delay, kept, factor, lasts)
    return CourseState(visit, due_day, now, 0, given, over, lasting)


def is_asked_again(attempt: int, reorder: bool, at_most: int) -> bool:
    """Whether a dose missed or cancelled at an attempt is ordered again."""
    return reorder and attempt < at_most


def is_last(visit: int, visits: int, given: int) -> bool:
    """Whether a course ends with a visit: there is no other, or its first dose never came."""
    return visit + 1 >= visits or (visit == 0 and given == 0)


def entered(
    day: int, over: bool, delay_days: int, kept: float, factor: float, lasts: bool
) -> tuple[int, float, float]:
    """The day, the factor on the dose and the lasting factor of a visit behind its gate.

    >>> entered(100, False, 7, 1.0, 0.5, True)
    (107, 0.5, 0.5)
    """
    return (
        day + (0 if over else delay_days),
        kept * factor,
        kept * factor if lasts else kept,
    )


def gate_row(chances: Sequence[float], u: float) -> int:
    """The row of a gate that a uniform number falls in; -1 where the gate is passed.

    >>> gate_row([0.25, 0.5], 0.3), gate_row([], 0.3)
    (1, -1)
    """
    upto = 0.0
    for row in range(len(chances)):
        upto += chances[row]
        if u < upto:
            return row
    return -1


def gate(visit: Visit, u: float) -> tuple[str, float, bool]:
    """What the gate before a dose does for a uniform number.

    The outcome, the factor on the dose, and whether the factor lasts.
    """
    found = gate_row([row.chance_fraction for row in visit.gate], u)
    if found < 0:
        return "pass", 1.0, False
    row = visit.gate[found]
    return row.outcome, reduction(row), row.lasts and row.outcome == "reduce"


def reduction(row: GateRow) -> float:
    """The factor that a row of a gate puts on the dose; 1 unless it reduces."""
    return row.factor if row.outcome == "reduce" else 1.0


def snapped(day: int, early_day: int, late_day: int, treats: Callable[[int], bool]) -> int:
    """The treatment day for a due day: the first on or after it inside the window, else the last
    before it inside the window, else the first after it within a year.

    Raises LookupError where there is none: the site has closed.
    """
    found = nearest_inside(day, early_day, late_day, _treating, treats)
    if found < 0:
        found = first_from(late_day + 1, SEARCH_DAYS, _treating, treats)
    if found < 0:
        raise LookupError("the site treats on no day of the year after the window")
    return found


def _treating(treats: Callable[[int], bool], day: int) -> bool:
    return treats(day)


def nearest_inside(
    day: int, early_day: int, late_day: int, suits: Callable[[Where, int], bool], where: Where
) -> int:
    """The first day from `day` on inside a window that suits, else the last before it; -1: none.

    >>> nearest_inside(5, 1, 7, lambda step, d: d % step == 0, 4)
    4
    """
    for candidate in range(day, late_day + 1):
        if suits(where, candidate):
            return candidate
    for candidate in range(day - 1, early_day - 1, -1):
        if suits(where, candidate):
            return candidate
    return -1


def first_from(day: int, days: int, suits: Callable[[Where, int], bool], where: Where) -> int:
    """The first of so many days from a day on that suits; -1 where none does.

    >>> first_from(5, 7, lambda step, d: d % step == 0, 4)
    8
    """
    for candidate in range(day, day + days):
        if suits(where, candidate):
            return candidate
    return -1


def entering_fraction(visit: Visit) -> float:
    """The share of those who might come to a visit whom its gate lets in, now or later."""
    stopped = sum(row.chance_fraction for row in visit.gate if row.outcome == "stop")
    return visit.continues_fraction * (1.0 - stopped)


def doses_per_patient(arm: Arm) -> float:
    """Doses that a patient who has begun is expected to get, with nothing cancelled or missed.

    >>> from doseline.programme.trial import DoseRate, DoseRule
    >>> days, shares = (1, 15, 57, 71), (1.0, 0.95, 0.85, 0.95)
    >>> visits = tuple(Visit(d, continues_fraction=c) for d, c in zip(days, shares))
    >>> round(doses_per_patient(Arm("a", DoseRule(DoseRate(555.0, "m2")), visits)), 4)
    3.5246
    """
    reached, doses = 1.0, 0.0
    for visit in arm.visits:
        reached *= entering_fraction(visit)
        doses += reached
    return doses
