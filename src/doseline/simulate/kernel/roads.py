"""How long a package is on the road, and which collection takes it.

As `transit.py` and `collection.py`. Of what befalls a package on its way only the minutes count.
"""

from __future__ import annotations

from typing import Any

from doseline.programme.rules import decay_factor, within
from doseline.simulate.kernel.blows import at_border, delays, on_the_road
from doseline.simulate.kernel.books import missed_cents, moving_cents
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.draws import drawn, four
from doseline.simulate.kernel.instants import (
    after_moving,
    at_day,
    day_of,
    day_start,
    dispatch_at,
    received_at,
    treats_on,
    use_at,
)
from doseline.simulate.kernel.odds import note_order
from doseline.simulate.kernel.stays import infusion_free
from doseline.simulate.odds import DAYS_LATE, HOURS_LATE, SLOW, SLOWEST, noted
from doseline.simulate.transit import raised

DAY = 1440
_WORST = 1 << 62


@compiled
def going(c: Any, parcel: int, order: int) -> bool:
    """Whether an order still goes with a parcel."""
    o = c.orders[order]
    return o.batch == c.parcels[parcel].batch and o.vial != 0


# -- transit -------------------------------------------------------------------------------


@compiled
def trip(c: Any, parcel: int, plant: int, day: int) -> tuple[int, int, bool]:
    """The moving minutes of a package, what is added on the way, whether it is lost."""
    lane, site = c.parcels[parcel].lane, c.parcels[parcel].site
    ln = c.lanes[lane]
    luck = (0.5, 1.0, 0.5, 0.5)
    if c.chance:
        luck = four(c, ln.stream, c.sites[site].hash, 4 * day)
    extra, factor = 0, 1.0
    for k in range(c.known_n):
        number = c.known[k]
        if delays(c, number, lane, day):
            s = c.shocks[number]
            factor *= s.delay_factor
            if s.adds:
                extra += drawn(s.low, s.mode, s.high, luck[3])
    if not c.chance:
        return ln.planned, extra, False
    nominal = int(ln.planned)
    if ln.drawn:
        nominal = drawn(ln.low, ln.mode, ln.high, luck[0])
        _note(c, parcel, SLOW, luck[0] >= 1.0 - SLOWEST, SLOWEST)
    days, hours = _chances(c, ln.carrier, day, factor)
    _note(c, parcel, DAYS_LATE, luck[1] < days, days)
    _note(c, parcel, HOURS_LATE, days <= luck[1] < hours, hours - days)
    late, lost = _lateness(c, ln.carrier, luck[1], luck[2], days, hours)
    extra += late
    border = c.border_of[plant * c.markets_n + c.sites[site].market]
    if border >= 0:
        crossing = four(c, c.borders[border].stream, c.sites[site].hash, day)
        if ln.drawn:
            nominal += _crossing(c, border, crossing[0], crossing[1])
        for k in range(c.known_n):
            number = c.known[k]
            if at_border(c, number, border, day):
                s = c.shocks[number]
                extra += drawn(s.low, s.mode, s.high, crossing[2])
    return nominal, extra, lost


@compiled
def _note(c: Any, parcel: int, kind: int, struck: bool, chance: float) -> None:
    """Note a draw that may make the vials of a package late."""
    s, amount = c.parcels[parcel], noted(struck, chance)
    for k in range(s.off, s.off + s.n):
        if c.parcel_orders[k].vial:
            note_order(c, c.parcel_orders[k].order, kind, amount)


@compiled
def _chances(c: Any, carrier: int, day: int, factor: float) -> tuple[float, float]:
    """How likely a package is lost or days late, or any of that or hours late."""
    r = c.carriers[carrier]
    days, hours = r.day_delay, r.delay
    if c.winters[at_day(c, day)]:
        days, hours = raised(days, r.winter), raised(hours, r.winter)
    days, hours = r.lost + min(1.0, days * factor), min(1.0, hours * factor)
    return min(1.0, days), min(1.0, days + hours)


@compiled
def _lateness(
    c: Any, carrier: int, u: float, v: float, days: float, hours: float
) -> tuple[int, bool]:
    """One of: lost; a day or two late; hours late; none."""
    r = c.carriers[carrier]
    if u < r.lost:
        return 0, True
    if u < days:
        return 2 * DAY if v < r.second_day else DAY, False
    if u < hours:
        return drawn(r.low, r.mode, r.high, v) if r.delays else 0, False
    return 0, False


@compiled
def _crossing(c: Any, border: int, u: float, v: float) -> int:
    upto = 0.0
    b = c.borders[border]
    for k in range(b.out_off, b.out_off + b.out_n):
        way = c.crossings[k]
        upto += way.chance
        if u < upto:
            return drawn(way.low, way.mode, way.high, v)
    return 0


# -- the collection ------------------------------------------------------------------------


@compiled
def next_collection(c: Any, lane: int, site: int, ready_at: int) -> int:
    """The next collection of a lane that takes place, as far as is known."""
    found = dispatch_at(c, lane, ready_at)
    zone = c.lanes[lane].zone
    for _ in range(400):
        if on_the_road(c, lane, site, found):
            return found
        following = day_of(c, zone, found)
        found = dispatch_at(c, lane, day_start(c, zone, following) + DAY)
    return found


@compiled
def shipping_cents(c: Any, lane: int, packages: int) -> int:
    """What a shipment of so many packages costs on a lane. [cents]"""
    ln = c.lanes[lane]
    return round(ln.cost * (1.0 + (packages - 1) * c.carriers[ln.carrier].second_package))


@compiled
def permit(c: Any, plant: int, site: int, protocol: int, day: int) -> int:
    """The permission that covers a day of receipt (a place in the testings); -1 for none."""
    way = (plant * c.markets_n + c.sites[site].market) * c.protocols_n + protocol
    return c.permits[way * c.days + at_day(c, day)]


@compiled
def _tries(c: Any, lane: int, site: int, parcel: int, above: int) -> int:
    """The least import testing above some minutes that a package's protocols may ask; -1: none."""
    plant, market = c.lanes[lane].plant, c.sites[site].market
    least = -1
    s = c.parcels[parcel]
    for k in range(s.off, s.off + s.n):
        order = c.parcel_orders[k].order
        if c.parcel_orders[k].vial == 0:
            continue
        way = (plant * c.markets_n + market) * c.protocols_n + c.orders[order].protocol
        for t in range(c.testing_at[2 * way], c.testing_at[2 * way] + c.testing_at[2 * way + 1]):
            minutes = c.testings[t]
            if minutes > above and (least < 0 or minutes < least):
                least = minutes
    return least


@compiled
def planned_testing(c: Any, lane: int, site: int, parcel: int, dispatch: int) -> int:
    """What import testing adds to the transit of a package, as planned. [min]"""
    ln = c.lanes[lane]
    testing = _tries(c, lane, site, parcel, -1)
    while testing >= 0:
        following = _tries(c, lane, site, parcel, testing)
        if following < 0:
            return testing
        arrive = after_moving(c, ln.road, dispatch, ln.planned + testing)
        day = day_of(c, c.sites[site].zone, received_at(c, site, arrive))
        if _asks(c, ln.plant, site, parcel, day) == testing:
            return testing
        testing = following
    return 0


@compiled
def _asks(c: Any, plant: int, site: int, parcel: int, day: int) -> int:
    """The longest testing that the permissions of a day ask of a package; -1 where one lacks."""
    most = 0
    s = c.parcels[parcel]
    for k in range(s.off, s.off + s.n):
        if c.parcel_orders[k].vial == 0:
            continue
        found = permit(c, plant, site, c.orders[c.parcel_orders[k].order].protocol, day)
        if found < 0:
            return -1
        most = max(most, found)
    return most


@compiled
def planned_receipt(c: Any, lane: int, site: int, parcel: int, dispatch: int) -> int:
    """When a package that leaves by a lane would be received, as planned."""
    ln = c.lanes[lane]
    testing = planned_testing(c, lane, site, parcel, dispatch)
    return received_at(c, site, after_moving(c, ln.road, dispatch, ln.planned + testing))


@compiled
def _keeps_day(c: Any, lane: int, site: int, parcel: int, dispatch: int) -> bool:
    """Whether every dose of a package would still be given on its planned day."""
    received = planned_receipt(c, lane, site, parcel, dispatch)
    s = c.parcels[parcel]
    for k in range(s.off, s.off + s.n):
        if c.parcel_orders[k].vial == 0:
            continue
        o = c.orders[c.parcel_orders[k].order]
        if use_at(c, site, o.day, received, c.products[o.product].preparation) < 0:
            return False
    return True


@compiled
def _stake(c: Any, lane: int, site: int, parcel: int, dispatch: int) -> int:
    """What it would cost to let the planned lane be late. [cents]"""
    received = planned_receipt(c, lane, site, parcel, dispatch)
    cents = 0
    s = c.parcels[parcel]
    for k in range(s.off, s.off + s.n):
        if c.parcel_orders[k].vial == 0:
            continue
        order = c.parcel_orders[k].order
        when, day = later_use(c, order, received)
        if when < 0:
            cents += int(missed_cents(c, order))
        else:
            cents += moving_cents(c, order, day)
    return cents


@compiled
def later_use(c: Any, order: int, received: int) -> tuple[int, int]:
    """The next day on which a late dose may still be given: its instant and day; -1 for none."""
    o = c.orders[order]
    b = c.batches[o.batch]
    p = c.places[b.place]
    product = c.products[p.product]
    first = max(o.day, day_of(c, c.sites[o.site].zone, received))
    for day in range(first, o.latest + 1):
        if not treats_on(c, o.site, day) or not infusion_free(c, order, day):
            continue
        when = use_at(c, o.site, day, received, product.preparation)
        if when < 0 or when + product.infusion > b.eos_at + product.shelf:
            continue
        if within(decay_factor(when - o.use_at, p.half_life), 1.0, product.hard):
            return when, day
        return -1, 0
    return -1, 0


@compiled
def collect(c: Any, parcel: int, packages: int) -> None:
    """The lane and collection that a package takes: as planned, else one that keeps the day."""
    s = c.parcels[parcel]
    planned = -_WORST
    for k in range(s.off, s.off + s.n):
        if c.parcel_orders[k].vial:
            o = c.orders[c.parcel_orders[k].order]
            planned = max(planned, c.reaches[o.reach].dispatch_at)
    s.dispatch = planned
    if c.now > planned or not on_the_road(c, s.lane, s.site, planned):
        s.dispatch = next_collection(c, s.lane, s.site, c.now)
    if s.dispatch == planned or _keeps_day(c, s.lane, s.site, parcel, s.dispatch):
        return
    stake = _stake(c, s.lane, s.site, parcel, s.dispatch)
    plant = c.places[c.batches[s.batch].place].plant
    row = plant * len(c.sites) + s.site
    best, best_at, best_cost = -1, 0, _WORST
    for k in range(c.lane_off[row], c.lane_off[row + 1]):
        other = c.lane_list[k]
        when = next_collection(c, other, s.site, c.now + c.lanes[other].notice)
        cents = shipping_cents(c, other, packages)
        if other == s.lane or cents > stake or not _keeps_day(c, other, s.site, parcel, when):
            continue
        rank = c.lanes[other].rank
        if best < 0 or (cents, when, rank) < (best_cost, best_at, c.lanes[best].rank):
            best, best_at, best_cost = other, when, cents
    if best >= 0:
        s.lane, s.dispatch = best, best_at
