"""Courses and their orders: what is asked for next, and when. As `courses.py` and `ordering.py`.

The rules themselves (windows, gates, days, doses, cancellations) are those of `programme/course.py`
and `operations/ordering.py`, compiled as they stand.
"""

from __future__ import annotations

from typing import Any

from doseline.operations.ordering import OFFER_DAYS, cancelled_at, closing_day, dose_of
from doseline.programme.course import (
    RETRY_DAYS,
    SEARCH_DAYS,
    days_early,
    entered,
    first_from,
    gate_row,
    is_asked_again,
    is_last,
    nearest_inside,
)
from doseline.simulate.kernel import luck
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.fits import ways
from doseline.simulate.kernel.instants import at, treats_on, wall_at
from doseline.simulate.kernel.memory import fetch
from doseline.simulate.kernel.words import (
    DELAY,
    LOOK_AGAIN,
    NONE,
    OUT_OF_ROOM,
    PLACE_ORDER,
    REDUCE,
    STOP,
    WAITING,
    WAS_GIVEN,
)

DAY = 1440
_MOST_NAMED = 1 << 22  # a number above it counts as this one
_INSTANT = (1 << 28) - 1
State = tuple[int, int, float, int, int, bool, float]
"""Where a course stands: visit, due day, factor, attempt, given, over, kept factor."""


# -- the course ----------------------------------------------------------------------------


@compiled
def enter(c: Any, patient: int, visit: int, day: int, given: int, kept: float) -> State:
    """A course at a visit: what its gate does."""
    arm = c.arms[c.patients[patient].arm]
    v = c.visits[arm.visit_off + visit]
    outcome, factor, lasts = 0, 1.0, False
    if v.gate_n:
        chances = c.gate_chances[v.gate_off : v.gate_off + v.gate_n]
        row = gate_row(chances, luck.gate(c, patient, visit))
        if row >= 0:
            g = c.gates[v.gate_off + row]
            outcome = g.outcome
            if outcome == REDUCE:
                factor, lasts = g.factor, g.lasts != 0
    over = outcome == STOP or not luck.goes_on(c, patient, visit, v.continues)
    delay = luck.gate_delay(c, patient, visit) if outcome == DELAY else 0
    due, now, lasting = entered(day, over, delay, kept, factor, lasts)
    return visit, due, now, 0, given, over, lasting


@compiled
def first_state(c: Any, patient: int) -> State:
    """The course of a patient at its first dose."""
    return enter(c, patient, 0, c.patients[patient].first_day, 0, 1.0)


@compiled
def state_of(c: Any, order: int) -> State:
    """Where the course of an order stands."""
    o = c.orders[order]
    return o.visit, o.due_day, o.factor, o.attempt, o.given, o.over != 0, o.kept


@compiled
def after(c: Any, order: int, outcome: int, day: int) -> State:
    """Where a course stands after an order."""
    o = c.orders[order]
    visit, due, factor, attempt, given, over, kept = state_of(c, order)
    if outcome != WAS_GIVEN and is_asked_again(attempt, c.reorder_missed != 0, c.reorder_at_most):
        return visit, day + RETRY_DAYS, factor, attempt + 1, given, over, kept
    given += 1 if outcome == WAS_GIVEN else 0
    patient = c.patients[o.owner]
    arm = c.arms[patient.arm]
    if visit + 1 >= patient.luck_n or is_last(visit, arm.visit_n, given):
        return visit, due, factor, attempt, given, True, kept
    here, there = c.visits[arm.visit_off + visit], c.visits[arm.visit_off + visit + 1]
    return enter(c, o.owner, visit + 1, day + there.day - here.day, given, kept)


# -- the order -----------------------------------------------------------------------------

Asked = tuple[bool, int, int, int, int, float]
"""Whether there is an order; its product, day wanted, window, and activity."""


@compiled
def _is_offered(where: Any, day: int) -> bool:
    c, product, protocol, site = where
    return ways(c, product, protocol, site, day)[1] > 0


@compiled
def _treats(where: Any, day: int) -> bool:
    return treats_on(where[0], where[3], day)


@compiled
def _first_on_offer(c: Any, product: int, protocol: int, site: int, day: int) -> int:
    if not c.on_offer:
        return day
    found = first_from(day, OFFER_DAYS + 1, _is_offered, (c, product, protocol, site))
    return day if found < 0 else found


@compiled
def _ordered_day(
    c: Any, product: int, protocol: int, site: int, day: int, early: int, late: int
) -> int:
    """The day a site orders: one on offer inside the window, else one on which it treats; -1."""
    where = (c, product, protocol, site)
    if c.on_offer:
        found = nearest_inside(day, early, late, _is_offered, where)
        if found >= 0:
            return found
    found = nearest_inside(day, early, late, _treats, where)
    if found < 0:
        found = first_from(late + 1, SEARCH_DAYS, _treats, where)
    return found


@compiled
def order_for(c: Any, patient: int, state: State) -> Asked:
    """The order for the dose that a course waits for; none behind the last day played."""
    none = (False, 0, 0, 0, 0, 0.0)
    visit, due, factor, attempt, _, over, _ = state
    if over:
        return none
    p = c.patients[patient]
    arm = c.arms[p.arm]
    v = c.visits[arm.visit_off + visit]
    gap = v.day - c.visits[arm.visit_off + visit - 1].day if visit else 0
    product = v.product if v.product >= 0 else p.product
    early, late = due - days_early(v.early, visit, attempt, gap), due + v.late
    day = due
    if visit == 0 or attempt > 0:
        day = _first_on_offer(c, product, p.protocol, p.site, due)
    early, late = early + day - due, late + day - due
    wanted = _ordered_day(c, product, p.protocol, p.site, day, early, late)
    if wanted < 0 or wanted > c.until_day:
        return none
    size = p.size if v.by_size else 1.0
    activity = dose_of(v.rate, size, v.size_cap, v.cap, v.rounded, factor * v.factor)
    return True, product, wanted, min(early, wanted), max(late, wanted), activity


@compiled
def placed_at(c: Any, protocol: int, site: int, wanted: int) -> int:
    """When an order for a day is placed. As `ordering.placed_at`."""
    law = c.protocols[protocol]
    wall = c.sites[site].usual
    infusion_at = wall_at(c, wall, wanted)
    if law.closes_weekday < 0:
        return max(0, infusion_at - law.placed_before)
    closes_on = closing_day(wanted, law.closes_weeks, law.closes_weekday)
    return max(0, min(wall_at(c, wall, closes_on), infusion_at))


# -- orders that live ----------------------------------------------------------------------


@compiled
def new_order(c: Any) -> int:
    """A row for an order about to be placed."""
    n = c.orders_n
    if n >= len(c.orders):
        c.fault = OUT_OF_ROOM
        return 0
    c.orders_n = n + 1
    fetch(c.orders, n + 1)
    o = c.orders[n]
    o.status, o.stage, o.moves, o.batch, o.reach, o.use_at, o.day = WAITING, 0, 0, -1, -1, 0, 0
    o.vial, o.vials_tried, o.lost, o.lost_at, o.cause, o.wait_token = 0, 0, 0, 0, 0, 0
    o.armed, o.follows, o.ahead, o.ahead_day = 0, 0, -1, 0
    o.outcome, o.outcome_day, o.within, o.placed, o.dose, o.next, o.prev = NONE, 0, 0, 0, -1, -1, -1
    o.waits_at, o.stay_from, o.stay_next, o.stay_prev = -1, 0, -1, -1
    o.has_hash, o.vial_mbq, o.vial_kbq, o.vial_at, o.units = 0, 0.0, 0, 0, 1
    return n


@compiled
def set_placed(c: Any, order: int, when: int) -> None:
    """When an order is placed, and so who goes first; see `draws.goes_before`."""
    o = c.orders[order]
    o.rank = ((1 - o.started) << 56) | (when << 28) | c.patients[o.owner].name_order


@compiled
def placing_of(c: Any, order: int) -> int:
    """When an order is placed, as its rank says."""
    return (c.orders[order].rank >> 28) & _INSTANT


@compiled
def take_name(c: Any, order: int) -> None:
    """A name that no other order of this future bears.

    Others are asked only where the dose and the attempt are not beyond all that were named so far.
    """
    o = c.orders[order]
    o.name_n, o.held = 1, 1
    owner = c.patients[o.owner]
    o.same_course = owner.last_order
    owner.last_order = order
    named = (min(o.number, _MOST_NAMED) << 8) | min(o.attempt, 255)
    taken = named <= owner.named
    owner.named = max(owner.named, named)
    while taken:
        taken = False
        other = o.same_course
        while other >= 0:
            p = c.orders[other]
            if p.held and p.number == o.number and p.attempt == o.attempt and p.name_n == o.name_n:
                taken = True
                break
            other = p.same_course
        if taken:
            o.name_n += 1


@compiled
def drop_name(c: Any, order: int) -> None:
    """A name is free again."""
    o = c.orders[order]
    other = c.patients[o.owner].last_order
    while other >= 0:
        p = c.orders[other]
        if p.number == o.number and p.attempt == o.attempt and p.name_n == o.name_n:
            p.held = 0
        other = p.same_course


@compiled
def live_order(c: Any, patient: int, state: State, asked: Asked) -> int:
    """An order about to be placed, with the luck that its patient has with it."""
    order = new_order(c)
    o, p = c.orders[order], c.patients[patient]
    _, o.product, o.wanted, o.earliest, o.latest, o.activity = asked
    o.visit, o.due_day, o.factor, o.attempt, o.given, over, o.kept = state
    o.over = 1 if over else 0
    o.owner, o.number, o.course = patient, o.visit + 1, 1
    o.protocol, o.site = p.protocol, p.site
    o.started = 1 if o.given > 0 else 0
    set_placed(c, order, placed_at(c, o.protocol, o.site, o.wanted))
    take_name(c, order)
    if c.chance:
        law = c.protocols[o.protocol]
        lost, when, moved = luck.cancels(c, patient, o.visit, o.attempt)
        o.stage = cancelled_at(
            law.before_lock, law.before_production, law.after_production, lost, when
        )
        if o.stage == 0 and moved < law.moved:
            o.moves = 1 if moved_by_site(c, order)[0] >= 0 else 0
    return order


@compiled
def moved_by_site(c: Any, order: int) -> tuple[int, int, int]:
    """The day and window to which the site moves an order before the lock; -1 for no day."""
    o = c.orders[order]
    by = c.protocols[o.protocol].moved_days
    later = o.wanted + by
    if o.visit == 0 or o.attempt > 0:
        later = _first_on_offer(c, o.product, o.protocol, o.site, later)
        by = later - o.wanted
    early, late = o.earliest + by, o.latest + by
    day = _ordered_day(c, o.product, o.protocol, o.site, later, early, late)
    return day, early, max(late, day)


@compiled
def place_later(c: Any, order: int) -> None:
    """Place an order when its time comes, or at once."""
    at(c, placing_of(c, order), PLACE_ORDER, order, 0)


@compiled
def expect(c: Any, patient: int, state: State) -> int:
    """Place the order that a course waits for, in its time; -1 where there is none any more."""
    asked = order_for(c, patient, state)
    if not asked[0]:
        gone(c, patient)
        return -1
    order = live_order(c, patient, state, asked)
    place_later(c, order)
    return order


# -- cohorts -------------------------------------------------------------------------------


@compiled
def gone(c: Any, patient: int) -> None:
    """A patient is no longer waited for."""
    p = c.patients[patient]
    if p.awaited:
        p.awaited = 0
        c.cohort_waiting[p.cohort] -= 1


@compiled
def dosed(c: Any, patient: int, day: int) -> None:
    """A patient has had the first dose."""
    gone(c, patient)
    cohort = c.patients[patient].cohort
    c.cohort_last[cohort] = max(c.cohort_last[cohort], day)


@compiled
def begin_later(c: Any, patient: int, state: State) -> None:
    """Look again when the first order would be placed, whether the cohort before is through."""
    asked = order_for(c, patient, state)
    if not asked[0]:
        gone(c, patient)
        return
    p = c.patients[patient]
    p.due_day = state[1]
    at(c, placed_at(c, p.protocol, p.site, asked[2]), LOOK_AGAIN, patient, 0)


@compiled
def begin_if_open(c: Any, patient: int) -> None:
    """Begin a course once the cohort before has been observed."""
    p = c.patients[patient]
    visit, _, factor, attempt, given, over, kept = first_state(c, patient)
    due = p.due_day
    if p.before >= 0 and c.cohort_waiting[p.before] > 0:
        begin_later(c, patient, (visit, due + RETRY_DAYS, factor, attempt, given, over, kept))
        return
    opens = (c.cohort_last[p.before] if p.before >= 0 else 0) + p.waits
    if due < opens:
        begin_later(c, patient, (visit, opens, factor, attempt, given, over, kept))
    else:
        expect(c, patient, (visit, due, factor, attempt, given, over, kept))


@compiled
def begin_course(c: Any, patient: int) -> None:
    """Let a course begin, or wait for its cohort."""
    state = first_state(c, patient)
    if c.patients[patient].waits and not state[5]:
        begin_later(c, patient, state)
    else:
        expect(c, patient, state)


@compiled
def now_or(c: Any, when: int) -> int:
    """Half way from this instant to another that may have passed."""
    return c.now + max(0, when - c.now) // 2
