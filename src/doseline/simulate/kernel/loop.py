"""From the first day to the end of everything set going: one future.

As `reference.py` and `costs.py`: what happens, in the order of time, and what is owed for slots.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from doseline.simulate.kernel.batches import make_on
from doseline.simulate.kernel.blows import closed, draw_outages, on_the_road, stands, takes
from doseline.simulate.kernel.choosing import (
    promise,
    promise_all,
    retry,
    retry_freed,
    window_closes,
)
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.courses import (
    begin_course,
    begin_if_open,
    moved_by_site,
    new_order,
    place_later,
    placing_of,
    set_placed,
    take_name,
)
from doseline.simulate.kernel.ending import cancel
from doseline.simulate.kernel.giving import detach
from doseline.simulate.kernel.instants import at, day_of, pop, push
from doseline.simulate.kernel.layout import NEVER
from doseline.simulate.kernel.locks import lock
from doseline.simulate.kernel.losses import give_up
from doseline.simulate.kernel.memory import fetch
from doseline.simulate.kernel.parcels import carry_on, use
from doseline.simulate.kernel.promised import look_ahead
from doseline.simulate.kernel.rivals import in_order
from doseline.simulate.kernel.tallying import tally
from doseline.simulate.kernel.waiting import waits_no_more
from doseline.simulate.kernel.words import (
    AFTER_PRODUCTION,
    BY_CARRIER,
    BY_FIRM,
    BY_LANE,
    BY_PLANT,
    CANCEL_BEFORE,
    CANCEL_IN_TIME,
    CARRY_ON,
    FILLED,
    FREIGHT,
    HIT_BORDER,
    HIT_CARRIER,
    HIT_FIRM,
    HIT_LANE,
    HIT_LINE,
    HIT_PLANT,
    LABELLING,
    LOCK,
    LOCKED,
    LOOK_AGAIN,
    MAKE_ON,
    MOVE,
    NO_CAUSE,
    OPEN,
    PLACE_ORDER,
    PROMISED,
    RELEASED,
    SHOCK_BEGINS,
    SHOCK_ENDS,
    SLOTS_USABLE,
    STANDING_ISOTOPE,
    TRY_FREED,
    USE,
    WAITING,
    WEEK,
    WEEKS_BEGIN,
    WINDOW_CLOSES,
)

DAY = 1440
_PART = (1 << 29) - 1
_SEQUENCE = (1 << 32) - 1


@compiled
def run_future(c: Any) -> int:
    """Run the future that is laid out to its end; 0, or why the reference must play it."""
    draw_outages(c)
    c.beginning = 1
    for shock in range(c.shocks_n):
        at(c, c.shocks[shock].begins_at, SHOCK_BEGINS, shock, 0)
        if c.shocks[shock].until_day != NEVER:
            at(c, c.shocks[shock].ends_at, SHOCK_ENDS, shock, 0)
    for patient in range(c.patients_n):
        begin_course(c, patient)
    for number in range(c.standing_n):
        _begin_standing(c, number)
    push(c, 0, True, WEEKS_BEGIN, 0, 0)
    c.beginning = 0
    if not c.fault:
        _play(c)
    if not c.fault:
        _owe(c)
        tally(c)
    return c.fault


@compiled
def _begin_standing(c: Any, number: int) -> None:
    """Place an order of a standing demand when its time comes."""
    s = c.standing_orders[number]
    if not c.from_day <= s.wanted <= c.until_day:
        return
    order = new_order(c)
    o = c.orders[order]
    o.owner, o.number, o.visit, o.attempt, o.course = c.patients_n + s.owner, s.number, 0, 0, 0
    o.product, o.protocol, o.site = s.product, s.protocol, s.site
    o.wanted, o.earliest, o.latest, o.units = s.wanted, s.earliest, s.latest, s.units
    o.activity, o.started = 0.0, 0
    set_placed(c, order, s.placed_at)
    o.due_day, o.factor, o.given, o.over, o.kept = 0, 1.0, 0, 0, 1.0
    take_name(c, order)
    place_later(c, order)


@compiled
def _play(c: Any) -> None:
    """Everything in the order of time."""
    n, here = c.first_n, 0
    keys = c.first_keys[:n]
    keys.sort()
    while not c.fault:
        if here < n and (c.heap_n == 0 or keys[here] < c.heap[1].key):
            key, call = keys[here], c.first_calls[keys[here] & _SEQUENCE]
            here += 1
            if here + 2 < n:
                _fetch(c, c.first_calls[keys[here + 2] & _SEQUENCE])
        elif c.heap_n:
            key = c.heap[1].key
            call = pop(c)
            if c.heap_n:
                _fetch(c, c.heap[1].call)
        else:
            return
        c.now, c.scratch_n = key >> 33, 0
        c.changes, c.turn = c.changes + 1, c.turn + 1
        _happens(c, call >> 58, (call >> 29) & _PART, call & _PART)


@compiled
def _fetch(c: Any, call: int) -> None:
    """Bring near what the next that happens is about."""
    what, a = call >> 58, (call >> 29) & _PART
    if what == CARRY_ON:
        fetch(c.parcels, a)
    elif what in (PLACE_ORDER, WINDOW_CLOSES, CANCEL_IN_TIME, CANCEL_BEFORE, MOVE, USE):
        fetch(c.orders, a)


@compiled
def _happens(c: Any, what: int, a: int, b: int) -> None:
    if what == PLACE_ORDER:
        _place(c, a)
    elif what == LOCK:
        lock(c, a, b)
    elif what == MAKE_ON:
        make_on(c, a)
    elif what == CARRY_ON:
        carry_on(c, a)
    elif what == USE:
        use(c, a, b)
    elif what == WINDOW_CLOSES:
        window_closes(c, a, b)
    elif what == TRY_FREED:
        retry_freed(c)
    elif what == LOOK_AGAIN:
        begin_if_open(c, a)
    elif what == CANCEL_IN_TIME:
        _cancel_in_time(c, a)
    elif what == CANCEL_BEFORE:
        _cancel_before(c, a, b)
    elif what == MOVE:
        _move(c, a)
    elif what == WEEKS_BEGIN:
        _next_week(c)
    elif what == WEEK:
        retry(c)
        _next_week(c)
    elif what == SHOCK_BEGINS:
        c.known[c.known_n] = a
        c.known_n += 1
        _strike(c)
    elif what == SHOCK_ENDS:
        retry(c)


@compiled
def _next_week(c: Any) -> None:
    """Try the waiting orders again every week."""
    if c.now < c.weekly_until:
        at(c, c.now + 7 * DAY, WEEK, 0, 0)


@compiled
def _place(c: Any, order: int) -> None:
    """An order is placed."""
    o = c.orders[order]
    if o.status != WAITING:
        return
    if placing_of(c, order) < c.now:
        set_placed(c, order, c.now)
    o.placed = 1
    promise(c, order)
    if o.status == WAITING:
        look_ahead(c, order, o.wanted)


@compiled
def _cancel_in_time(c: Any, order: int) -> None:
    o = c.orders[order]
    if (o.status != WAITING and o.status != PROMISED) or o.vial:
        return
    if o.batch >= 0:
        status = c.batches[o.batch].status
        if status in (LABELLING, FILLED, RELEASED):
            o.stage = AFTER_PRODUCTION
            return
    cancel(c, order)


@compiled
def _cancel_before(c: Any, order: int, batch: int) -> None:
    o = c.orders[order]
    if o.status == PROMISED and o.batch == batch and c.batches[batch].status == LOCKED:
        cancel(c, order)


@compiled
def _move(c: Any, order: int) -> None:
    """The site moves the day before the lock; service is measured against the new day."""
    o = c.orders[order]
    if (o.status != WAITING and o.status != PROMISED) or not o.moves:
        return
    if o.batch >= 0 and c.batches[o.batch].status != OPEN:
        return
    day, early, late = moved_by_site(c, order)
    if day > c.until_day:
        return
    if o.batch >= 0:
        detach(c, order, True)
    o.wanted, o.earliest, o.latest, o.cause = day, early, late, NO_CAUSE
    waits_no_more(c, order)
    o.wait_token += 1
    promise(c, order)


# -- shocks --------------------------------------------------------------------------------


@compiled
def _strike(c: Any) -> None:
    """A shock has begun: what it hits is given up, and every order it hits is promised anew."""
    for batch in range(c.batches_n):
        b = c.batches[batch]
        if _stands(c, batch) and c.places[b.place].charge_at > c.now:
            shock = takes(c, b.place)
            if shock >= 0:
                hits = c.shocks[shock].hits
                cause = HIT_LINE
                if hits == BY_PLANT:
                    cause = HIT_PLANT
                elif hits == BY_FIRM:
                    cause = HIT_FIRM
                give_up(c, batch, cause, False)
    total = 0
    for batch in range(c.batches_n):
        if _stands(c, batch):
            total += c.batches[batch].count
    hit = np.empty(total, np.int64)
    n = 0
    for batch in range(c.batches_n):
        if _stands(c, batch):
            in_order(c, batch)
            order = c.batches[batch].first
            while order >= 0:
                if _is_hit(c, batch, order):
                    hit[n] = order
                    n += 1
                order = c.orders[order].next
    for order in hit[:n]:
        reach = c.orders[order].reach
        gone = detach(c, order, True)
        c.orders[order].cause = _hit_by(c, gone, order, reach)
    promise_all(c, hit[:n])
    retry(c)


@compiled
def _stands(c: Any, batch: int) -> bool:
    b = c.batches[batch]
    return b.in_room != 0 and (b.status == OPEN or b.status == LOCKED)


@compiled
def _is_hit(c: Any, batch: int, order: int) -> bool:
    o = c.orders[order]
    r = c.reaches[o.reach]
    plant = c.places[c.batches[batch].place].plant
    if closed(c, plant, order, c.receipts[o.reach].day) != 0:
        return True
    return not on_the_road(c, r.lane, o.site, r.dispatch_at)


@compiled
def _hit_by(c: Any, batch: int, order: int, reach: int) -> int:
    """The cause that took an order off its batch."""
    o, r = c.orders[order], c.reaches[reach]
    plant = c.places[c.batches[batch].place].plant
    cause = closed(c, plant, order, o.wanted)
    if cause:
        return cause
    shock = stands(c, r.lane, o.site, day_of(c, c.plants[plant].zone, r.dispatch_at))
    if shock < 0 or c.shocks[shock].hits == BY_CARRIER:
        return HIT_CARRIER
    return HIT_LANE if c.shocks[shock].hits == BY_LANE else HIT_BORDER


# -- what is owed --------------------------------------------------------------------------


@compiled
def _owe(c: Any) -> None:
    """Slots that could be used, and isotope for stand-ins, of the time simulated. As `costs.py`."""
    bought = np.zeros(len(c.places), np.int8)
    for place in range(len(c.places)):
        p = c.places[place]
        if not c.from_day <= p.day <= c.until_day or takes(c, place) >= 0:
            continue
        other = p.twin
        while other >= 0 and takes(c, other) >= 0:
            other = c.places[other].twin
        if other < 0:
            c.months[SLOTS_USABLE * c.months_n + p.month] += 1
        if c.backup and p.week_row >= 0 and not bought[p.week_row]:
            bought[p.week_row] = 1
            source = c.sources[c.options[p.opt_off].source]
            cents = c.plants[p.plant].standing_mbq * source.price
            c.months[STANDING_ISOTOPE * c.months_n + p.month] += round(cents)
            c.months[FREIGHT * c.months_n + p.month] += round(source.freight)
