"""How a course becomes dose orders: which order comes next, and what befalls it before supply does.

Demand and simulation both ask here, so that with perfect supply they see the same orders.

Where the days on offer are known, a site orders one of them. A first dose, and a dose asked for
again, is not anchored to any day: the site takes the first day on offer from the due day on. A
later dose is anchored to the dose before it, by its window. [conventions 4.11]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

from doseline.clock import weekday_from_text
from doseline.operations.events import CancelStage
from doseline.operations.orders import DoseOrder, Patient
from doseline.programme import Programme
from doseline.programme.cost import Ordering
from doseline.programme.course import (
    CourseState,
    Luck,
    after,
    begin,
    due,
    first_from,
    nearest_inside,
    snapped,
)
from doseline.programme.market import StandingDemand
from doseline.programme.rules import prescribed_mbq
from doseline.programme.site import Site
from doseline.programme.trial import Arm, DoseRule

Treats = Callable[[Site, int], bool]
"""Whether a site treats on a day (ordinal), such as `routes.Ways.treats`."""

Offered = Callable[[str, str, Site, int], bool]
"""Whether a day is on offer to a product, a protocol and a site, such as `offer.Offer`."""

OFFER_DAYS = 60
"""So many days ahead a site looks for a day on offer."""


def arm_of(programme: Programme, patient: Patient) -> Arm:
    """The schedule of doses that a patient follows: an arm of a trial, or a market's course."""
    trial = programme.trial.get(patient.protocol)
    return trial.arms[patient.arm] if trial else programme.market[patient.protocol].arm


def luck_of(patient: Patient, visit: int, attempt: int) -> Luck:
    """The luck of one attempt at a dose; the last one drawn serves all later attempts."""
    attempts = patient.luck[visit]
    return attempts[min(attempt, len(attempts) - 1)]


def next_luck(patient: Patient, visit: int) -> Luck | None:
    """The luck that decides whether a course enters the visit after this one, if there is one."""
    return patient.luck[visit + 1][0] if visit + 1 < len(patient.luck) else None


def first_state(programme: Programme, patient: Patient) -> CourseState:
    """The course of a patient at its first dose."""
    return begin(patient.first_day, arm_of(programme, patient), patient.luck[0][0])


def dose_mbq(rule: DoseRule, size: float, factor: float) -> float:
    """The activity prescribed for a size; a reduction applies to the capped dose. [MBq]

    >>> from doseline.programme.trial import DoseRate
    >>> dose_mbq(DoseRule(DoseRate(15.0, "m2"), size_cap=2.5, rounded_to_mbq=0.1), 1.9, 0.5)
    14.3
    """
    return dose_of(
        rule.rate.mbq,
        1.0 if rule.rate.per == "flat" else size,
        math.inf if rule.size_cap is None else rule.size_cap,
        math.inf if rule.cap_mbq is None else rule.cap_mbq,
        rule.rounded_to_mbq or 0.0,
        factor,
    )


def dose_of(
    rate_mbq: float, size: float, size_cap: float, cap_mbq: float, step_mbq: float, factor: float
) -> float:
    """The activity of a dose rule in plain numbers: infinite caps and a step of 0 for none. [MBq]

    >>> dose_of(15.0, 1.9, 2.5, math.inf, 0.1, 0.5)
    14.3
    """
    return prescribed_mbq(rate_mbq * factor, size, size_cap, cap_mbq * factor, step_mbq)


def order_for(
    programme: Programme,
    patient: Patient,
    state: CourseState,
    treats: Treats,
    offered: Offered | None = None,
) -> DoseOrder | None:
    """The order for the dose that a course waits for, on a day on which its site treats.

    Where the days on offer are known, the site orders one of them: for a first dose, and for one
    asked again, the first within sixty days from the due day on, around which the window then
    lies; for a later dose one inside its window. If there is none it orders the day it wants all
    the same. The order is placed the stated time before the usual hour of infusion, at the
    programme's start at the earliest; a simulator that comes to it later places it then. The
    window is the visit's, widened to the day wanted where the site treats on no day inside it.
    None where the site treats no more.
    """
    arm = arm_of(programme, patient)
    site = programme.site[patient.site]
    dose = due(state, arm)
    visit = arm.visits[state.visit]
    product = visit.product or patient.product
    on_offer = _offer_to(offered, product, patient.protocol, site)
    due_day = dose.day if anchored(state) else _first_on_offer(dose.day, on_offer)
    early = dose.early_day + due_day - dose.day
    late = dose.late_day + due_day - dose.day
    try:
        day = _day(due_day, early, late, site, treats, on_offer)
    except LookupError:
        return None
    attempt = f".{state.attempt}" if state.attempt else ""
    wanted_on = date.fromordinal(day)
    return DoseOrder(
        id=f"{patient.id}/{state.visit + 1}{attempt}",
        product=product,
        protocol=patient.protocol,
        site=patient.site,
        patient=patient.id,
        course_number=state.visit + 1,
        placed_at=placed_at(programme, patient.protocol, site, wanted_on),
        wanted_on=wanted_on,
        earliest_on=date.fromordinal(min(early, day)),
        latest_on=date.fromordinal(max(late, day)),
        activity_mbq=dose_mbq(visit.dose or arm.dose, patient.size, dose.factor),
        started=state.given > 0,
    )


def anchored(state: CourseState) -> bool:
    """Whether a dose hangs on the day of another: a later one, asked for the first time."""
    return state.visit > 0 and state.attempt == 0


def _first_on_offer(day: int, on_offer: Callable[[int], bool] | None) -> int:
    """The first day on offer from a due day on; the due day where there is none for long."""
    if on_offer is None:
        return day
    found = first_from(day, OFFER_DAYS + 1, _is_offered, on_offer)
    return day if found < 0 else found


def _is_offered(on_offer: Callable[[int], bool], day: int) -> bool:
    return on_offer(day)


def _offer_to(
    offered: Offered | None, product: str, protocol: str, site: Site
) -> Callable[[int], bool] | None:
    return None if offered is None else lambda day: offered(product, protocol, site, day)


def _day(
    day: int,
    early: int,
    late: int,
    site: Site,
    treats: Treats,
    on_offer: Callable[[int], bool] | None,
) -> int:
    """The day a site orders: one on offer inside the window, else one on which it treats."""
    if on_offer is not None:
        found = nearest_inside(day, early, late, _is_offered, on_offer)
        if found >= 0:
            return found
    return snapped(day, early, late, lambda d: treats(site, d))


def placed_at(programme: Programme, protocol: str, site: Site, wanted_on: date) -> int:
    """When an order for a day is placed: the stated time before the usual hour of infusion.

    Where orders close on a day of the week, on that day of the week so many whole weeks before the
    week of the infusion, at the same hour. At the programme's start at the earliest. [min]
    """
    ordering = programme.ordering_of(protocol)
    infusion_at = programme.clock.at(wanted_on, site.infusion_usual, site.zone)
    if ordering.placed_by_weekday is None:
        return max(0, infusion_at - ordering.placed_before_min)
    weeks = ordering.placed_before_min // (7 * 1440)
    weekday = weekday_from_text(ordering.placed_by_weekday)
    closes_on = date.fromordinal(closing_day(wanted_on.toordinal(), weeks, weekday))
    at = programme.clock.at(closes_on, site.infusion_usual, site.zone)
    return max(0, min(at, infusion_at))


def closing_day(wanted_day: int, weeks: int, weekday: int) -> int:
    """The day (ordinal) on which orders for a day close: so many weeks before its week.

    >>> date.fromordinal(closing_day(date(2024, 1, 18).toordinal(), 1, 2)).isoformat()
    '2024-01-10'
    """
    return wanted_day - (wanted_day - 1) % 7 - 7 * weeks + weekday


def longest_lead_min(ordering: Ordering) -> int:
    """The longest time from the placing of an order to its infusion. [min]"""
    return ordering.placed_before_min + (7 * 1440 if ordering.placed_by_weekday else 0)


def cancellation_fee_cents(
    ordering: Ordering, stage: CancelStage, before_infusion_min: int, *, eligible: bool = True
) -> int:
    """What a site owes for a cancelled order. [cents]

    Nothing while it is free, so long before the infusion; then the late fee until production;
    after it the fee of an unused dose, unless the patient has become ineligible.

    >>> rules = Ordering(cancel_late_cents=50_000, unused_dose_cents=200_000)
    >>> [cancellation_fee_cents(rules, "before_lock", days * 1440) for days in (10, 9)]
    [0, 50000]
    >>> cancellation_fee_cents(rules, "after_production", 0, eligible=False)
    0
    """
    if stage == "after_production":
        return ordering.unused_dose_cents if eligible else 0
    if before_infusion_min >= ordering.free_cancel_before_min:
        return 0
    return ordering.cancel_late_cents


def mean_fee_cents(ordering: Ordering, stage: CancelStage) -> float:
    """What a site owes on average for an order cancelled at a stage. [cents]

    The dose is taken to be locked when it is confirmed, and cancellations to fall evenly between
    placing and lock, or between lock and infusion; the part of them that comes after the free date
    costs the late fee. Of the doses made and not used the share of ineligible patients is free.

    >>> fees = {"cancel_late_cents": 60_000, "unused_dose_cents": 200_000}
    >>> rules = Ordering(**fees, ineligible_fraction=0.6)
    >>> [round(mean_fee_cents(rules, s)) for s in ("before_lock", "before_production")]
    [20000, 60000]
    >>> round(mean_fee_cents(rules, "after_production"))
    80000
    """
    if stage == "after_production":
        made = [cancellation_fee_cents(ordering, stage, 0, eligible=e) for e in (True, False)]
        share = ordering.ineligible_fraction
        return made[0] * (1.0 - share) + made[1] * share
    lock = ordering.confirmed_before_min
    late, early = (0, lock) if stage == "before_production" else (lock, ordering.placed_before_min)
    free_from = ordering.free_cancel_before_min
    if late >= early:
        return float(cancellation_fee_cents(ordering, stage, early))
    share = min(max((free_from - late) / (early - late), 0.0), 1.0)
    return ordering.cancel_late_cents * share


def cancel_stage(ordering: Ordering, luck: Luck) -> CancelStage | None:
    """When the patient or the site cancels an order, or None where they do not."""
    return CANCEL_STAGES[
        cancelled_at(
            ordering.cancelled_before_lock_fraction,
            ordering.cancelled_before_production_fraction,
            ordering.cancelled_after_production_fraction,
            luck.cancel,
            luck.cancel_stage,
        )
    ]


CANCEL_STAGES: tuple[CancelStage | None, ...] = (
    None,
    "before_lock",
    "before_production",
    "after_production",
)


def cancelled_at(
    before_lock: float, before_production: float, after_production: float, u: float, stage_u: float
) -> int:
    """At which of `CANCEL_STAGES` two uniform numbers cancel an order, from the share of each.

    >>> cancelled_at(0.1, 0.1, 0.1, 0.2, 0.5), cancelled_at(0.1, 0.1, 0.1, 0.4, 0.5)
    (2, 0)
    """
    up_to_production = before_lock + before_production
    total = up_to_production + after_production
    if u >= total:
        return 0
    at = stage_u * total
    if at < before_lock:
        return 1
    return 2 if at < up_to_production else 3


def moved_by_site(
    programme: Programme,
    order: DoseOrder,
    luck: Luck,
    treats: Treats,
    offered: Offered | None = None,
    *,
    free: bool = False,
) -> DoseOrder | None:
    """The order as its site moves it before the lock, window and all; None where it does not.

    Only an order that is not cancelled is moved. A `free` one, whose dose is not anchored, goes to
    the first day on offer from then on.
    """
    ordering = programme.ordering_of(order.protocol)
    if luck.moved >= ordering.moved_by_site_fraction:
        return None
    site = programme.site[order.site]
    by = math.ceil(ordering.moved_by_site_min / 1440)
    on_offer = _offer_to(offered, order.product, order.protocol, site)
    later = order.wanted_on.toordinal() + by
    if free:
        later = _first_on_offer(later, on_offer)
        by = later - order.wanted_on.toordinal()
    early, late = order.earliest_on.toordinal() + by, order.latest_on.toordinal() + by
    try:
        day = _day(later, early, late, site, treats, on_offer)
    except LookupError:
        return None
    return replace(
        order,
        wanted_on=date.fromordinal(day),
        earliest_on=date.fromordinal(early),
        latest_on=date.fromordinal(max(late, day)),
    )


def course_with_perfect_supply(
    programme: Programme, patient: Patient, treats: Treats, offered: Offered | None = None
) -> Iterator[tuple[DoseOrder, CancelStage | None]]:
    """Every order of a patient where each dose is given on its day, with how it was cancelled.

    An order that its site moved stands on its new day.
    """
    arm = arm_of(programme, patient)
    state = first_state(programme, patient)
    while not state.over:
        order = order_for(programme, patient, state, treats, offered)
        if order is None:
            return
        luck = luck_of(patient, state.visit, state.attempt)
        stage = cancel_stage(programme.ordering_of(patient.protocol), luck)
        if stage is None:
            free = not anchored(state)
            order = moved_by_site(programme, order, luck, treats, offered, free=free) or order
        yield order, stage
        state = after(
            state,
            arm,
            "cancelled" if stage else "given",
            order.wanted_on.toordinal(),
            programme.policy,
            next_luck(patient, state.visit),
        )


def standing_orders(
    programme: Programme, demand: StandingDemand, treats: Treats
) -> Iterator[DoseOrder]:
    """The orders of a standing demand: so many units at each interval, on a treatment day."""
    site = programme.site[demand.site]
    first, last = demand.from_on.toordinal(), demand.until_on.toordinal()
    number = 0
    while (nominal := first + number * demand.every_min // 1440) <= last:
        number += 1
        early, late = nominal - demand.early_days, nominal + demand.late_days
        try:
            day = snapped(nominal, early, late, lambda d: treats(site, d))
        except LookupError:
            return
        wanted_on = date.fromordinal(day)
        yield DoseOrder(
            id=f"{demand.id}/{number}",
            product=demand.product,
            protocol=demand.id,
            site=demand.site,
            patient=demand.id,
            course_number=number,
            placed_at=placed_at(programme, demand.id, site, wanted_on),
            wanted_on=wanted_on,
            earliest_on=date.fromordinal(min(early, day)),
            latest_on=date.fromordinal(max(late, day)),
            activity_mbq=0.0,
            units=demand.units,
        )
