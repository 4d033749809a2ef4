"""The courses of many patients at once, with perfect supply: their dose orders as columns.

Every step of a course is asked of `programme/course.py` once for each visit and attempt, and then
read off a table; `operations/ordering.py` is the plain form of the same, one patient at a time, and
the tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doseline.demand.luck import Drawn, Floats, Ints, attempts_of, gate_delays, gate_rows
from doseline.demand.treatment_days import SiteDays
from doseline.operations.crowd import of_dose
from doseline.programme.cost import Ordering
from doseline.programme.course import CourseState, Luck, Outcome, after, due, reduction
from doseline.programme.policy import Policy
from doseline.programme.trial import Arm, DoseRule, Visit

STAGES = ("kept", "before_lock", "before_production", "after_production")
"""How an order stands: kept, or when it was cancelled."""

_PLAIN = Luck(0.0, 0.0, 0, 1.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Course:
    """The patients of one arm, a row each: numbers for drawing, site row, day due, size, cohort.

    `waits_days` is how long after the last first dose of the cohort before a patient may begin.
    """

    arm: Arm
    drawn: Drawn
    site: Ints
    first_day: Ints
    size: Floats
    cohort: Ints
    waits_days: Ints


@dataclass(frozen=True, slots=True)
class Columns:
    """Dose orders, a row each; `patient` is the row of the patient, `stage` counts `STAGES`.

    Days are ordinals. An order that its site moved stands on its new day. [MBq at the infusion]
    """

    patient: Ints
    visit: Ints
    attempt: Ints
    wanted: Ints
    earliest: Ints
    latest: Ints
    activity_mbq: Floats
    started: Ints
    stage: Ints

    def picked(self, which: NDArray[Any]) -> Columns:
        """Some of the rows, by a mask or by positions."""
        return Columns(*(getattr(self, f.name)[which] for f in fields(self)))


class Steps:
    """The transition of a course as tables by visit and attempt, asked of `programme/course.py`."""

    def __init__(self, arm: Arm, policy: Policy) -> None:
        visits = len(arm.visits)
        attempts = policy.reorder_at_most + 1 if policy.reorder_missed else 1
        shape = (visits, attempts)
        self.early, self.late = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        bare = replace(
            arm, visits=tuple(replace(v, gate=(), continues_fraction=1.0) for v in arm.visits)
        )
        both = (*shape, 2, 2)  # by whether the order was given, and whether any dose was before
        self.visit, self.attempt = np.zeros(both, np.int64), np.zeros(both, np.int64)
        self.gap, self.over = np.zeros(both, np.int64), np.zeros(both, np.bool_)
        for v in range(visits):
            luck = _PLAIN if v + 1 < visits else None
            for a in range(attempts):
                window = due(CourseState(v, 0, attempt=a), arm)
                self.early[v, a], self.late[v, a] = -window.early_day, window.late_day
                for given in (0, 1):
                    for had in (0, 1):
                        state = CourseState(v, 0, attempt=a, given=had)
                        outcome: Outcome = "given" if given else "cancelled"
                        following = after(state, bare, outcome, 0, policy, luck)
                        at = (v, a, given, had)
                        self.visit[at], self.attempt[at] = following.visit, following.attempt
                        self.gap[at], self.over[at] = following.due_day, following.over


@dataclass(slots=True)
class _States:
    """Where every course stands."""

    visit: Ints
    attempt: Ints
    due: Ints
    given: Ints
    factor: Floats
    kept_factor: Floats
    over: NDArray[np.bool_]


def course_orders(
    course: Course, ordering: Ordering, policy: Policy, calendar: SiteDays
) -> Iterator[Columns]:
    """The orders of patients with perfect supply, attempt by attempt."""
    count = len(course.site)
    steps = Steps(course.arm, policy)
    s = _States(
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        course.first_day.copy(),
        np.zeros(count, np.int64),
        np.ones(count),
        np.ones(count),
        np.zeros(count, np.bool_),
    )
    _enter(course, s, np.arange(count))
    while (here := np.flatnonzero(~s.over)).size:
        placed = _placed(course, s, here, steps, ordering, policy, calendar)
        s.over[np.setdiff1d(here, placed.patient, assume_unique=True)] = True
        if not placed.patient.size:
            return
        yield placed
        _go_on(course, s, placed, steps)


def _enter(course: Course, s: _States, here: Ints) -> None:
    """What stands before a visit: who goes on to it, and what its gate does."""
    for v, visit in enumerate(course.arm.visits):
        rows = here[s.visit[here] == v]
        if not rows.size:
            continue
        drawn = course.drawn.picked(rows)
        over = np.zeros(len(rows), np.bool_)
        if visit.continues_fraction < 1.0:
            over = drawn.uniforms("goes-on", of_dose(v, 0))[:, 0] >= visit.continues_fraction
        s.factor[rows] = s.kept_factor[rows]
        if visit.gate:
            over |= _gated(visit, v, drawn, s, rows, over)
        s.over[rows] = over


def _gated(
    visit: Visit, v: int, drawn: Drawn, s: _States, rows: Ints, over: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    which = gate_rows(visit, drawn.uniforms("gate", of_dose(v, 0))[:, 0])
    kinds = [*visit.gate, None]
    stops = np.array([k is not None and k.outcome == "stop" for k in kinds])
    delays = np.array([k is not None and k.outcome == "delay" for k in kinds])
    factor = np.array([1.0 if k is None else reduction(k) for k in kinds])
    lasts = np.array([k is not None and k.lasts for k in kinds])
    s.factor[rows] *= factor[which]
    s.kept_factor[rows] = np.where(lasts[which], s.factor[rows], s.kept_factor[rows])
    late = np.flatnonzero(delays[which] & ~over)
    if late.size:
        share = drawn.picked(late).uniforms("gate-delay", of_dose(v, 0))[:, 0]
        s.due[rows[late]] += gate_delays(visit, which[late], share)
    return np.asarray(stops[which])


def _placed(
    course: Course,
    s: _States,
    here: Ints,
    steps: Steps,
    ordering: Ordering,
    policy: Policy,
    calendar: SiteDays,
) -> Columns:
    """The orders that courses wait for, with what befalls them before supply does."""
    v, a = s.visit[here], s.attempt[here]
    early, late = steps.early[v, a], steps.late[v, a]
    day = s.due[here]
    wanted = calendar.snapped(course.site[here], day, early, late)
    found = np.flatnonzero(wanted >= 0)
    here, v, a, wanted = here[found], v[found], a[found], wanted[found]
    earliest = np.minimum(day[found] - early[found], wanted)
    latest = np.maximum(day[found] + late[found], wanted)
    drawn = course.drawn.picked(here)
    inner = of_dose(v, np.minimum(a, attempts_of(policy) - 1))[:, None]
    stage = _stages(ordering, drawn, inner)
    moved = _moved(ordering, drawn, inner, stage, wanted, earliest, latest, course, here, calendar)
    wanted, earliest, latest = moved
    return Columns(
        here, v, a, wanted, earliest, latest,
        _activity(course, s, here, v), (s.given[here] > 0).astype(np.int64), stage,
    )  # fmt: skip


def _stages(ordering: Ordering, drawn: Drawn, inner: Ints) -> Ints:
    """What `ordering.cancel_stage` says of each order, as a place in `STAGES`."""
    shares = (
        ordering.cancelled_before_lock_fraction,
        ordering.cancelled_before_production_fraction,
        ordering.cancelled_after_production_fraction,
    )
    stage = np.zeros(len(drawn.rank), np.int64)
    before_production = shares[0] + shares[1]
    total = before_production + shares[2]
    if total > 0.0:
        lost = np.flatnonzero(drawn.uniforms("cancel", inner)[:, 0] < total)
        at = drawn.picked(lost).uniforms("cancel-stage", inner[lost])[:, 0] * total
        stage[lost] = 1 + (at >= shares[0]).astype(np.int64) + (at >= before_production)
    return stage


def _moved(
    ordering: Ordering,
    drawn: Drawn,
    inner: Ints,
    stage: Ints,
    wanted: Ints,
    earliest: Ints,
    latest: Ints,
    course: Course,
    here: Ints,
    calendar: SiteDays,
) -> tuple[Ints, Ints, Ints]:
    """The days of the orders after their sites have moved some, window and all."""
    share = ordering.moved_by_site_fraction
    if share <= 0.0:
        return wanted, earliest, latest
    by = -(-ordering.moved_by_site_min // 1440)
    rows = np.flatnonzero((stage == 0) & (drawn.uniforms("moved", inner)[:, 0] < share))
    day = calendar.snapped(
        course.site[here[rows]],
        wanted[rows] + by,
        wanted[rows] - earliest[rows],
        latest[rows] - wanted[rows],
    )
    rows, day = rows[day >= 0], day[day >= 0]
    wanted, earliest, latest = wanted.copy(), earliest.copy(), latest.copy()
    wanted[rows] = day
    earliest[rows] += by
    latest[rows] = np.maximum(latest[rows] + by, day)
    return wanted, earliest, latest


def _activity(course: Course, s: _States, here: Ints, v: Ints) -> Floats:
    """What `ordering.dose_mbq` prescribes, for whole arrays. [MBq]"""
    found = np.zeros(len(here))
    for number, visit in enumerate(course.arm.visits):
        rows = np.flatnonzero(v == number)
        factor = s.factor[here[rows]] * visit.dose_factor
        found[rows] = _doses(visit.dose or course.arm.dose, course.size[here[rows]], factor)
    return found


def _doses(rule: DoseRule, size: Floats, factor: Floats) -> Floats:
    if rule.rate.per == "flat":
        size = np.ones(len(size))
    elif rule.size_cap is not None:
        size = np.minimum(size, rule.size_cap)
    dose = rule.rate.mbq * factor * size
    if rule.cap_mbq is not None:
        dose = np.minimum(dose, rule.cap_mbq * factor)
    step = rule.rounded_to_mbq
    if step:
        dose = np.round(np.floor(dose / step + 0.5 + 1e-9) * step, 9)
    return np.asarray(dose, dtype=np.float64)


def _go_on(course: Course, s: _States, placed: Columns, steps: Steps) -> None:
    """Every course after its order: given on its day, or cancelled."""
    here, given = placed.patient, (placed.stage == 0).astype(np.int64)
    at = (s.visit[here], s.attempt[here], given, (s.given[here] > 0).astype(np.int64))
    again = steps.attempt[at] > 0
    s.due[here] = placed.wanted + steps.gap[at]
    s.visit[here], s.attempt[here] = steps.visit[at], steps.attempt[at]
    s.over[here] = steps.over[at]
    s.given[here] += given
    _enter(course, s, here[~again & ~s.over[here]])
