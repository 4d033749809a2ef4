"""Courses and their orders: placed, cancelled, moved, settled, and what comes next.

An order is placed the stated time ahead, or at once where that is past. Where two doses lie
closer than that, the second is ordered before the first is given, for the day that then follows;
if the first turns out otherwise, it is withdrawn (a cancellation by the site) and ordered anew.

A dose that was missed or cancelled is ordered again a week later, or in as many whole weeks as the
ordering rule needs; one that was missed is still the same dose (`tally`). A cancellation before
the lock, and a move by the site, come half way from the promise to the lock; a cancellation before
production half way from the lock to the charge; one after production on the day of use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from doseline.operations.events import (
    CancelStage,
    OrderCancelled,
    OrderMissed,
    OrderMoved,
    OrderUnpromised,
)
from doseline.operations.ordering import (
    anchored,
    arm_of,
    cancel_stage,
    first_state,
    longest_lead_min,
    luck_of,
    moved_by_site,
    next_luck,
    order_for,
    placed_at,
)
from doseline.operations.orders import DoseOrder, Patient
from doseline.programme.course import RETRY_DAYS, CourseState, Outcome, after
from doseline.simulate.future import Future
from doseline.simulate.giving import detach
from doseline.simulate.living import Course, LiveBatch, LiveOrder
from doseline.simulate.packages import waste
from doseline.simulate.promising import promise
from doseline.simulate.world import DAY


def begin_courses(f: Future, patients: Sequence[Patient]) -> None:
    """Let every course begin; one that waits for a cohort begins when that has been observed."""
    f.cohorts.gather(patients)
    for patient in patients:
        state = first_state(f.programme, patient)
        if patient.waits_days and not state.over:
            _begin_later(f, Course(patient), state)
        else:
            expect(f, Course(patient), state)


def _begin_later(f: Future, course: Course, state: CourseState) -> None:
    """Look again when the first order would be placed, whether the cohort before is through."""
    order = _order(f, course, state)
    if order is None:
        f.cohorts.gone(course.patient)
    else:
        f.at(order.placed_at, _begin_if_open, f, course, state)


def _begin_if_open(f: Future, course: Course, state: CourseState) -> None:
    opens = f.cohorts.opens(course.patient)
    if opens is None:
        _begin_later(f, course, replace(state, due_day=state.due_day + RETRY_DAYS))
    elif state.due_day < opens:
        _begin_later(f, course, replace(state, due_day=opens))
    else:
        expect(f, course, state)


def _order(f: Future, course: Course, state: CourseState) -> DoseOrder | None:
    """The order that a course waits for; None where there is none in the days played."""
    if state.over:
        return None
    order = order_for(f.programme, course.patient, state, f.ways.treats, f.world.offered)
    return None if order is None or order.wanted_on > f.world.until_on else order


def expect(f: Future, course: Course, state: CourseState) -> LiveOrder | None:
    """Place the order that a course waits for, in its time; None where there is none any more."""
    order = _order(f, course, state)
    if order is None:
        f.cohorts.gone(course.patient)
        return None
    live = live_order(f, order, course, state)
    place_later(f, live)
    return live


def live_order(
    f: Future, order: DoseOrder, course: Course | None = None, state: CourseState | None = None
) -> LiveOrder:
    """An order about to be placed, with the luck that its patient has with it."""
    name = f.named(order.id)
    if name != order.id:
        order = replace(order, id=name)
    live = LiveOrder(order, f.closes_at(order), course, state)
    if course is not None and state is not None and f.fate.on:
        luck = luck_of(course.patient, state.visit, state.attempt)
        live.stage = cancel_stage(f.programme.ordering_of(order.protocol), luck)
        if live.stage is None:
            ways, told = f.ways.treats, f.world.offered
            free = not anchored(state)
            live.moved = moved_by_site(f.programme, order, luck, ways, told, free=free)
    return live


def place_later(f: Future, live: LiveOrder) -> None:
    """Place an order when its time comes, or at once."""
    f.at(live.order.placed_at, _place, f, live)


def _place(f: Future, live: LiveOrder) -> None:
    if live.status != "waiting":
        return
    if live.order.placed_at < f.now:
        live.order = replace(live.order, placed_at=f.now)
    f.placed(live)
    live.placed = True
    promise(f, live)
    if live.status == "waiting":
        _look_ahead(f, live, live.order.wanted_on.toordinal())


# -- two orders at a time ------------------------------------------------------------------


def promised(f: Future, live: LiveOrder) -> None:
    """What follows from a promise: the next dose if it must be ordered now, and the luck."""
    assert live.reach is not None
    assert live.batch is not None
    _look_ahead(f, live, live.reach.day)
    if not live.luck_armed and live.batch.status == "open":
        live.luck_armed = True
        half = f.now + max(0, live.batch.lock_at - f.now) // 2
        if live.stage == "before_lock":
            f.at(half, _cancel_in_time, f, live)
        elif live.moved is not None:
            f.at(half, _move, f, live)
    elif not live.luck_armed:
        live.luck_armed = True
        if live.stage == "before_lock":
            live.stage = "before_production"
    if live.stage == "before_production" and live.batch.status == "locked":
        locked(f, live.batch, (live,))


def locked(f: Future, batch: LiveBatch, lives: tuple[LiveOrder, ...] | None = None) -> None:
    """A batch is locked: some of its orders will be cancelled before production."""
    half = f.now + max(0, batch.place.slot.charge_at - f.now) // 2
    for live in batch.orders.values() if lives is None else lives:
        if live.stage == "before_production":
            f.at(half, _cancel_before_production, f, live, batch)


def _look_ahead(f: Future, live: LiveOrder, day: int) -> None:
    """Order the dose after this one, where it must be ordered before this one is given."""
    if live.course is None or live.state is None or live.ahead_day == day:
        return
    arm = arm_of(f.programme, live.course.patient)
    state, following = live.state, live.state.visit + 1
    if following >= len(arm.visits):
        return
    gap = arm.visits[following].day - arm.visits[state.visit].day
    if gap * DAY >= longest_lead_min(f.programme.ordering_of(live.order.protocol)):
        return
    if live.ahead is not None:
        withdraw(f, live.ahead)
        live.ahead = None
    live.ahead_day = day
    expected = CourseState(
        following,
        day + gap,
        state.kept_factor,
        given=state.given + 1,
        kept_factor=state.kept_factor,
    )
    order = order_for(f.programme, live.course.patient, expected, f.ways.treats, f.world.offered)
    if order is None or order.wanted_on > f.world.until_on:
        return
    live.ahead = live_order(f, order, live.course, expected)
    live.ahead.follows = live
    place_later(f, live.ahead)


def withdraw(f: Future, live: LiveOrder) -> None:
    """Take back an order for a dose that will not be due that day."""
    if live.ahead is not None:
        withdraw(f, live.ahead)
        live.ahead = None
    if live.status in ("waiting", "promised"):
        if live.placed:
            _cancel(f, live)
        live.status = "cancelled"
    if not live.placed:
        f.names.discard(live.order.id)


# -- cancelled and moved -------------------------------------------------------------------


def _cancel_in_time(f: Future, live: LiveOrder) -> None:
    if live.status in ("waiting", "promised") and live.vial is None:
        if live.batch is not None and live.batch.status in ("labelling", "filled", "released"):
            live.stage = "after_production"
            return
        cancel(f, live)


def _cancel_before_production(f: Future, live: LiveOrder, batch: LiveBatch) -> None:
    if live.status == "promised" and live.batch is batch and batch.status == "locked":
        cancel(f, live)


def cancel(f: Future, live: LiveOrder) -> None:
    """The patient or the site cancels; the course goes on."""
    _cancel(f, live)
    settle(f, live, "cancelled", live.order.wanted_on.toordinal())


def _cancel(f: Future, live: LiveOrder) -> None:
    stage: CancelStage = "before_lock"
    if live.batch is not None and live.batch.status != "open":
        locked_only = live.batch.status == "locked"
        stage = "before_production" if locked_only else "after_production"
    if live.vial is not None:
        waste(f, live.vial, "cancelled")
        live.vial = None
    if live.batch is not None:
        detach(f, live)
    f.waiting.pop(live.order.id, None)
    live.status = "cancelled"
    f.book.tell(OrderCancelled, live.order.id, stage)
    f.tally.cancelled(live.order, live.dose)


def _move(f: Future, live: LiveOrder) -> None:
    """The site moves the day before the lock; service is measured against the new day."""
    if live.status not in ("waiting", "promised") or live.moved is None:
        return
    if live.batch is not None and live.batch.status != "open":
        return
    if live.moved.wanted_on > f.world.until_on:
        return
    if live.batch is not None:
        batch = detach(f, live)
        f.book.tell(OrderUnpromised, live.order.id, batch.id, "moved by the site")
    moved = live.moved
    live.order = replace(
        live.order,
        wanted_on=moved.wanted_on,
        earliest_on=moved.earliest_on,
        latest_on=moved.latest_on,
    )
    live.closes_at, live.cause = f.closes_at(live.order), ""
    f.waiting.pop(live.order.id, None)
    live.wait_token += 1
    f.book.tell(OrderMoved, live.order.id, live.order.wanted_on.isoformat())
    promise(f, live)


# -- the end of an order -------------------------------------------------------------------


def settle(f: Future, live: LiveOrder, outcome: Outcome, day: int) -> None:
    """An order has come to its end: count it, and go on with the course."""
    order = live.order
    if outcome == "missed":
        live.status = "missed"
        f.waiting.pop(order.id, None)
        f.book.tell(OrderMissed, order.id, live.cause or "capacity")
    elif outcome == "given":
        live.status = "given"
        first = live.course is not None and not order.started
        cents = f.tally.given(order, day, live.within_tolerance, live.cause, first, live.dose)
        f.book.count("doses_given", 1)
        if first and live.course is not None:
            f.cohorts.dosed(live.course.patient, day)
        _penalty(f, live, cents)
    live.settled = (outcome, day)
    if live.follows is None:
        _go_on(f, live)


def _penalty(f: Future, live: LiveOrder, cents: int) -> None:
    """Booked at noon of the day on which the dose was due."""
    first = live.dose.order if live.dose else live.order
    f.book.count("penalties", cents, f.clock.day_start(first.wanted_on, "UTC") + DAY // 2)


def _missed(f: Future, live: LiveOrder, again: LiveOrder | None) -> None:
    """The supply missed an order: its dose is delayed if it is ordered again, and else missed."""
    cause = live.cause or "capacity"
    if again is None:
        _penalty(f, live, f.tally.missed(live.order, cause, live.dose))
    else:
        again.dose = f.tally.ordered_again(live.order, cause, live.dose)


def _go_on(f: Future, live: LiveOrder) -> None:
    """The course after an order; a later one that was placed ahead stands if it is right."""
    if live.settled is None:
        return
    outcome, day = live.settled
    following = _following(f, live, outcome, day)
    ahead = live.ahead
    if ahead is not None and ahead.state == following and _stands(ahead):
        if outcome == "missed":
            _missed(f, live, None)
        ahead.follows = None
        _go_on(f, ahead)
        return
    if ahead is not None:
        withdraw(f, ahead)
    found = expect(f, live.course, following) if live.course and following else None
    if outcome == "missed":
        _missed(f, live, found if following and following.attempt else None)


def _stands(ahead: LiveOrder) -> bool:
    """Whether an order placed ahead was not taken back; one that its patient cancelled was not."""
    return ahead.status != "cancelled" or ahead.settled is not None


def _following(f: Future, live: LiveOrder, outcome: Outcome, day: int) -> CourseState | None:
    """Where a course stands after an order; None for an order outside a course."""
    if live.course is None or live.state is None:
        return None
    if outcome != "given":
        day = _asked_again(f, live, day)
    patient = live.course.patient
    arm, luck = arm_of(f.programme, patient), next_luck(patient, live.state.visit)
    return after(live.state, arm, outcome, day, f.policy, luck)


def _asked_again(f: Future, live: LiveOrder, day: int) -> int:
    """The day from which a dose is asked again: a week later keeps the ordering rule."""
    site = f.programme.site[live.order.site]
    weeks = 0
    while True:
        on = date.fromordinal(day + 7 * (weeks + 1))
        if placed_at(f.programme, live.order.protocol, site, on) >= f.now - DAY // 2:
            return day + 7 * weeks
        weeks += 1
