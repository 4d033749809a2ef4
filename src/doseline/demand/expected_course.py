"""What to expect of a course, in closed form: its doses, its delays, its mean activity."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammainc

from doseline.demand.luck import Floats
from doseline.demand.treatment_days import SiteDays
from doseline.distributions import normal_share
from doseline.programme import Programme
from doseline.programme.cost import Ordering
from doseline.programme.course import RETRY_DAYS, CourseState, due, entering_fraction
from doseline.programme.trial import Arm, BodySize, DoseRule, GateRow, Visit

_WEEKS = 104


def _share(visit: Visit, outcome: str) -> float:
    return sum(row.chance_fraction for row in visit.gate if row.outcome == outcome)


def mean_factor(visit: Visit) -> float:
    """The mean factor on the arm's dose at a visit, reductions by its gate included."""
    passing = 1.0 - _share(visit, "stop")
    cut = sum(r.chance_fraction * (1.0 - r.factor) for r in visit.gate if r.outcome == "reduce")
    return visit.dose_factor * (1.0 - cut / passing if passing > 0.0 else 1.0)


def mean_factors(arm: Arm) -> tuple[float, ...]:
    """The mean factor at each visit, with the reductions that last from the visits before."""
    found, lasting = [], 1.0
    for visit in arm.visits:
        found.append(lasting * mean_factor(visit))
        passing = 1.0 - _share(visit, "stop")
        cuts = (
            r.chance_fraction * (1.0 - r.factor)
            for r in visit.gate
            if r.outcome == "reduce" and r.lasts
        )
        lasting *= 1.0 - sum(cuts) / passing if passing > 0.0 else 1.0
    return tuple(found)


def mean_dose_mbq(rule: DoseRule, body: BodySize) -> float:
    """The mean dose over the body sizes, caps included, before rounding. [MBq]"""
    if rule.rate.per == "flat":
        return min(rule.rate.mbq, rule.cap_mbq if rule.cap_mbq is not None else math.inf)
    cap = math.inf if rule.size_cap is None else rule.size_cap
    if rule.cap_mbq is not None and rule.rate.mbq > 0.0:
        cap = min(cap, rule.cap_mbq / rule.rate.mbq)
    whole = sum(g.share_fraction for g in body.groups)
    parts = (
        g.share_fraction * mean_capped(g.mean, g.sd, body.low, body.high, cap) for g in body.groups
    )
    return rule.rate.mbq * sum(parts) / whole


def mean_capped(mean: float, sd: float, low: float, high: float, cap: float) -> float:
    """The mean of the lesser of a cap and a normal number kept between two limits.

    >>> mean_capped(1.9, 0.2, 1.4, 2.4, math.inf)
    1.9
    """
    if sd <= 0.0:
        return min(max(mean, low), high, cap)
    if cap <= low:
        return cap
    a, b, t = ((x - mean) / sd for x in (low, high, min(cap, high)))
    inside = normal_share(b) - normal_share(a)
    below = mean * (normal_share(t) - normal_share(a)) - sd * (_density(t) - _density(a))
    above = (normal_share(b) - normal_share(t)) * min(cap, high)
    return (below + above) / inside


def _density(z: float) -> float:
    return math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


def delay_weeks(row: GateRow) -> Floats:
    """The chances that a delay takes one week, two, ..., as `luck.delay_days` rounds them."""
    scale = row.delay_mean_min / 1440.0 / row.delay_shape
    edges = (np.arange(1, _WEEKS) + 0.5) * 7.0
    below = gammainc(row.delay_shape, edges / scale)
    return np.diff(np.concatenate(([0.0], below, [1.0])))


def shifted(due_on: Floats, days: int) -> Floats:
    """Expected doses so many days later; what runs out of the span is gone."""
    later = np.zeros_like(due_on)
    if days < due_on.shape[1]:
        later[:, days:] = due_on[:, : due_on.shape[1] - days] if days else due_on
    return later


def course_days(
    programme: Programme, ordering: Ordering, arm: Arm, first_due: Floats, calendar: SiteDays
) -> list[Floats]:
    """Doses wanted and not cancelled at each site on each day, a table for every visit.

    From the days on which first doses are due. Cancelled orders come again, moved ones later.
    """
    base = calendar.on_treatment_days(first_due, 0, 0)
    found = []
    for v, visit in enumerate(arm.visits):
        if v:
            base = shifted(base, visit.day - arm.visits[v - 1].day)
        served, lost = _served(programme, ordering, arm, v, _after_gate(visit, base), calendar)
        found.append(served)
        base = served + lost if v else served
    return found


def _after_gate(visit: Visit, base: Floats) -> Floats:
    entering = base * entering_fraction(visit)
    passing = 1.0 - _share(visit, "stop")
    if passing <= 0.0:
        return entering
    due_on = entering * (1.0 - _share(visit, "delay") / passing)
    for row in visit.gate:
        if row.outcome != "delay":
            continue
        weeks = delay_weeks(row) * (row.chance_fraction / passing)
        for week in np.flatnonzero(weeks > 1e-9).tolist():
            due_on = due_on + shifted(entering, 7 * (week + 1)) * weeks[week]
    return due_on


def _served(
    programme: Programme,
    ordering: Ordering,
    arm: Arm,
    visit: int,
    due_on: Floats,
    calendar: SiteDays,
) -> tuple[Floats, Floats]:
    """Doses of one visit on the days wanted; and those cancelled too often, on their last day."""
    policy = programme.policy
    cancelled = (
        ordering.cancelled_before_lock_fraction
        + ordering.cancelled_before_production_fraction
        + ordering.cancelled_after_production_fraction
    )
    moved, by = ordering.moved_by_site_fraction, -(-ordering.moved_by_site_min // 1440)
    attempts = 1 + (policy.reorder_at_most if policy.reorder_missed else 0)
    served, wanted = np.zeros_like(due_on), due_on
    for attempt in range(attempts):
        window = due(CourseState(visit=visit, due_day=0, attempt=attempt), arm)
        early, late = -window.early_day, window.late_day
        wanted = calendar.on_treatment_days(due_on, early, late)
        kept = wanted * (1.0 - cancelled)
        later = calendar.on_treatment_days(shifted(kept * moved, by), early, late)
        served = served + kept * (1.0 - moved) + later
        due_on = shifted(wanted * cancelled, RETRY_DAYS)
    return served, wanted * cancelled
