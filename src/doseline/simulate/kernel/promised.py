"""What follows from a promise and from a lock: the next dose ordered ahead, and the luck."""

from __future__ import annotations

from typing import Any

from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.courses import live_order, now_or, order_for, place_later
from doseline.simulate.kernel.ending import withdraw
from doseline.simulate.kernel.giving import lock_at
from doseline.simulate.kernel.instants import at
from doseline.simulate.kernel.rivals import in_order
from doseline.simulate.kernel.words import (
    BEFORE_LOCK,
    BEFORE_PRODUCTION,
    CANCEL_BEFORE,
    CANCEL_IN_TIME,
    LOCKED,
    MOVE,
    OPEN,
)

DAY = 1440


@compiled
def promised(c: Any, order: int) -> None:
    """The next dose if it must be ordered now, and the luck of the order."""
    look_ahead(c, order, c.orders[order].day)
    o = c.orders[order]
    b = c.batches[o.batch]
    if not o.armed and b.status == OPEN:
        o.armed = 1
        half = now_or(c, lock_at(c, o.batch))
        if o.stage == BEFORE_LOCK:
            at(c, half, CANCEL_IN_TIME, order, 0)
        elif o.moves:
            at(c, half, MOVE, order, 0)
    elif not o.armed:
        o.armed = 1
        if o.stage == BEFORE_LOCK:
            o.stage = BEFORE_PRODUCTION
    if o.stage == BEFORE_PRODUCTION and b.status == LOCKED:
        locked_orders(c, o.batch, order)


@compiled
def locked_orders(c: Any, batch: int, only: int) -> None:
    """A batch is locked: some of its orders (or one alone) will be cancelled before production."""
    b = c.batches[batch]
    half = now_or(c, c.places[b.place].charge_at)
    if only < 0:
        in_order(c, batch)
    order = b.first if only < 0 else only
    while order >= 0:
        o = c.orders[order]
        if o.stage == BEFORE_PRODUCTION:
            at(c, half, CANCEL_BEFORE, order, batch)
        order = o.next if only < 0 else -1


@compiled
def look_ahead(c: Any, order: int, day: int) -> None:
    """Order the dose after this one, where it must be ordered before this one is given."""
    o = c.orders[order]
    if not o.course or o.ahead_day == day:
        return
    arm = c.arms[c.patients[o.owner].arm]
    following = o.visit + 1
    if following >= arm.visit_n:
        return
    gap = c.visits[arm.visit_off + following].day - c.visits[arm.visit_off + o.visit].day
    if gap * DAY >= c.protocols[o.protocol].lead:
        return
    if o.ahead >= 0:
        withdraw(c, o.ahead)
        o.ahead = -1
    o.ahead_day = day
    state = (following, day + gap, o.kept, 0, o.given + 1, False, o.kept)
    asked = order_for(c, o.owner, state)
    if not asked[0]:
        return
    ahead = live_order(c, o.owner, state, asked)
    o.ahead = ahead
    c.orders[ahead].follows = 1
    place_later(c, ahead)
