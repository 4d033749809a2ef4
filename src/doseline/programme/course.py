"""What a patient's course does next: one plain transition, used wherever courses run.

What is drawn beforehand is luck (a table of uniform numbers a dose and an attempt); what happens
is decided here, from that luck and from what the supply achieved. Days are ordinals
(`datetime.date.toordinal`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from doseline.programme.policy import Policy
from doseline.programme.trial import Arm, GateRow, Visit

Outcome = Literal["given", "missed", "cancelled"]

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
    early_days = visit.early_days
    if state.attempt:
        early_days = min(early_days, RETRY_DAYS - 1)
    elif state.visit:
        early_days = min(early_days, visit.day - arm.visits[state.visit - 1].day - 1)
    return Due(
        visit=state.visit,
        attempt=state.attempt,
        day=state.due_day,
        early_day=state.due_day - early_days,
        late_day=state.due_day + visit.late_days,
        factor=state.factor * visit.dose_factor,
    )


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
    if outcome != "given" and policy.reorder_missed and state.attempt < policy.reorder_at_most:
        return replace(state, attempt=state.attempt + 1, due_day=day + RETRY_DAYS)
    given = state.given + (outcome == "given")
    following = state.visit + 1
    if following >= len(arm.visits) or luck is None or (state.visit == 0 and given == 0):
        return replace(state, given=given, over=True)
    gap = arm.visits[following].day - arm.visits[state.visit].day
    return _enter(following, day + gap, given, state.kept_factor, arm, luck)


def _enter(visit: int, day: int, given: int, kept: float, arm: Arm, luck: Luck) -> CourseState:
    row = arm.visits[visit]
    outcome, factor, lasts = gate(row, luck.gate)
    over = luck.goes_on >= row.continues_fraction or outcome == "stop"
    delay = luck.gate_delay_days if outcome == "delay" and not over else 0
    lasting = kept * factor if lasts else kept
    return CourseState(visit, day + delay, kept * factor, 0, given, over, lasting)


def gate(visit: Visit, u: float) -> tuple[str, float, bool]:
    """What the gate before a dose does for a uniform number.

    The outcome, the factor on the dose, and whether the factor lasts.
    """
    upto = 0.0
    for row in visit.gate:
        upto += row.chance_fraction
        if u < upto:
            return row.outcome, reduction(row), row.lasts and row.outcome == "reduce"
    return "pass", 1.0, False


def reduction(row: GateRow) -> float:
    """The factor that a row of a gate puts on the dose; 1 unless it reduces."""
    return row.factor if row.outcome == "reduce" else 1.0


def snapped(day: int, early_day: int, late_day: int, treats: Callable[[int], bool]) -> int:
    """The treatment day for a due day: the first on or after it inside the window, else the last
    before it inside the window, else the first after it within a year.

    Raises LookupError where there is none: the site has closed.
    """
    for candidate in range(day, late_day + 1):
        if treats(candidate):
            return candidate
    for candidate in range(day - 1, early_day - 1, -1):
        if treats(candidate):
            return candidate
    for candidate in range(late_day + 1, late_day + 1 + SEARCH_DAYS):
        if treats(candidate):
            return candidate
    raise LookupError("the site treats on no day of the year after the window")


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
