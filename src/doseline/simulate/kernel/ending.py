"""The end of an order, and what the course does after it. As `courses.py`."""

from __future__ import annotations

from typing import Any

from doseline.simulate.kernel.books import (
    count,
    count_at,
    dose_given,
    dose_missed,
    dose_of_order,
    waste_vial,
)
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.courses import (
    State,
    after,
    dosed,
    drop_name,
    expect,
    placed_at,
    state_of,
)
from doseline.simulate.kernel.giving import detach
from doseline.simulate.kernel.tallying import count_cancelled
from doseline.simulate.kernel.waiting import waits_no_more
from doseline.simulate.kernel.words import (
    CANCELLED,
    CAPACITY,
    DOSES_GIVEN,
    GIVEN,
    MISSED,
    NONE,
    PENALTIES,
    PROMISED,
    WAITING,
    WAS_CANCELLED,
    WAS_GIVEN,
    WAS_MISSED,
)

DAY = 1440


@compiled
def withdraw(c: Any, order: int) -> None:
    """Take back an order for a dose that will not be due that day, and all ordered behind it."""
    while True:
        before, last = -1, order
        while c.orders[last].ahead >= 0:
            before, last = last, c.orders[last].ahead
        o = c.orders[last]
        if o.status == WAITING or o.status == PROMISED:
            if o.placed:
                take_back(c, last)
            o.status = CANCELLED
        if not o.placed:
            drop_name(c, last)
        if before < 0:
            return
        c.orders[before].ahead = -1


@compiled
def take_back(c: Any, order: int) -> None:
    """An order is cancelled, whatever has been made for it is waste."""
    o = c.orders[order]
    if o.vial:
        waste_vial(c, order)
    if o.batch >= 0:
        detach(c, order, True)
    waits_no_more(c, order)
    o.status = CANCELLED
    count_cancelled(c, order)


@compiled
def cancel(c: Any, order: int) -> None:
    """The patient or the site cancels; the course goes on."""
    take_back(c, order)
    settle(c, order, CANCELLED, c.orders[order].wanted)


@compiled
def settle(c: Any, order: int, status: int, day: int) -> None:
    """An order has come to its end: count it, and go on with the course."""
    o = c.orders[order]
    outcome = WAS_CANCELLED
    if status == MISSED:
        o.status, outcome = MISSED, WAS_MISSED
        waits_no_more(c, order)
    elif status == GIVEN:
        o.status, outcome = GIVEN, WAS_GIVEN
        cents = dose_given(c, order, day)
        count(c, DOSES_GIVEN, 1)
        if o.course and not o.started:
            dosed(c, o.owner, day)
        _penalty(c, order, cents)
    o.outcome, o.outcome_day = outcome, day
    if not o.follows:
        _go_on(c, order)


@compiled
def _penalty(c: Any, order: int, cents: int) -> None:
    """Booked at noon of the day on which the dose was due."""
    o = c.orders[order]
    wanted = c.doses[o.dose].wanted if o.dose >= 0 else o.wanted
    count_at(c, PENALTIES, cents, (wanted - c.start_day) * DAY + DAY // 2)


@compiled
def _missed(c: Any, order: int, again: int) -> None:
    """The supply missed an order: its dose is delayed if it is ordered again, and else missed."""
    o = c.orders[order]
    cause = o.cause if o.cause else CAPACITY
    if again < 0:
        _penalty(c, order, dose_missed(c, order, cause))
        return
    dose = dose_of_order(c, order, cause)
    c.doses[dose].again = 1
    c.orders[again].dose = dose


@compiled
def _go_on(c: Any, order: int) -> None:
    """The course after an order; a later one that was placed ahead stands if it is right."""
    while c.orders[order].outcome != NONE:
        o = c.orders[order]
        following = state_of(c, order)
        if o.course:
            day = o.outcome_day
            if o.outcome != WAS_GIVEN:
                day = _asked_again(c, order, day)
            following = after(c, order, o.outcome, day)
        ahead = o.ahead
        if ahead >= 0 and o.course and _stands(c, ahead) and _same(state_of(c, ahead), following):
            if o.outcome == WAS_MISSED:
                _missed(c, order, -1)
            c.orders[ahead].follows = 0
            order = ahead
            continue
        if ahead >= 0:
            withdraw(c, ahead)
        found = -1
        if o.course:
            found = expect(c, o.owner, following)
        if o.outcome == WAS_MISSED:
            _missed(c, order, found if following[3] else -1)
        return


@compiled
def _same(a: State, b: State) -> bool:
    return (
        a[0] == b[0]
        and a[1] == b[1]
        and a[2] == b[2]
        and a[3] == b[3]
        and a[4] == b[4]
        and a[5] == b[5]
        and a[6] == b[6]
    )


@compiled
def _stands(c: Any, ahead: int) -> bool:
    """Whether an order placed ahead was not taken back; one that its patient cancelled was not."""
    o = c.orders[ahead]
    return o.status != CANCELLED or o.outcome != NONE


@compiled
def _asked_again(c: Any, order: int, day: int) -> int:
    """The day from which a dose is asked again: a week later keeps the ordering rule."""
    o = c.orders[order]
    while placed_at(c, o.protocol, o.site, day + 7) < c.now - DAY // 2:
        day += 7
    return day
