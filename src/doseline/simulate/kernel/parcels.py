"""The way of a package to its patient: dispatch, border, receipt, use. As `packages.py`."""

from __future__ import annotations

from typing import Any

from doseline.programme.rules import within
from doseline.simulate.fate import error_factor
from doseline.simulate.kernel.blows import closed, stands
from doseline.simulate.kernel.books import cost, decay_vial, spend_vial, waste_vial
from doseline.simulate.kernel.choosing import lose
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.draws import vial_luck
from doseline.simulate.kernel.ending import cancel, settle
from doseline.simulate.kernel.instants import (
    after_moving,
    at,
    at_day,
    day_of,
    day_start,
    received_at,
    scratch,
    use_at,
)
from doseline.simulate.kernel.layout import NEVER
from doseline.simulate.kernel.luck import weight
from doseline.simulate.kernel.memory import fetch_begin
from doseline.simulate.kernel.roads import (
    collect,
    going,
    later_use,
    permit,
    planned_receipt,
    planned_testing,
    shipping_cents,
    trip,
)
from doseline.simulate.kernel.stays import book_site, leave_site
from doseline.simulate.kernel.words import (
    AFTER_PRODUCTION,
    CARRIER_STOPPED,
    CARRY_ON,
    GIVEN,
    LATE_PACKAGE,
    LATE_RELEASE,
    LOST,
    OUT_OF_TOLERANCE,
    PERMISSION,
    PROMISED,
    SHIPMENTS,
    SHIPPER,
    TESTING,
    UNLIKELY,
    USE,
)

DAY = 1440
_BEGINS, _READY, _LEAVES, _MOVES, _ARRIVES, _RECEIVED = range(6)


@compiled
def carry_on(c: Any, parcel: int) -> None:
    """What comes next on the way of a parcel."""
    s = c.parcels[parcel]
    b = c.batches[s.batch]
    if s.stage == _BEGINS:
        _go(c, parcel, _READY, max(b.released_at, b.packed_at))
    elif s.stage == _READY:
        n = _those_going(c, parcel)
        if n:
            collect(c, parcel, n)
            _go(c, parcel, _LEAVES, s.dispatch)
    elif s.stage == _LEAVES:
        _leaves(c, parcel)
    elif s.stage == _MOVES:
        if s.lost:
            _lost(c, parcel, LOST)
        else:
            _go(c, parcel, _ARRIVES, after_moving(c, c.lanes[s.lane].road, s.dispatch, s.total))
    elif s.stage == _ARRIVES:
        _arrives(c, parcel)
    else:
        _receipt(c, parcel)


@compiled
def _go(c: Any, parcel: int, stage: int, when: int) -> None:
    c.parcels[parcel].stage = stage
    at(c, when, CARRY_ON, parcel, 0)


@compiled
def _those_going(c: Any, parcel: int) -> int:
    """Mark the orders that still go with a parcel; how many they are."""
    s, n = c.parcels[parcel], 0
    for k in range(s.off, s.off + s.n):
        line = c.parcel_orders[k]
        line.vial = c.orders[line.order].vial if going(c, parcel, line.order) else 0
        if line.vial:
            n += 1
    return n


@compiled
def _those_with(c: Any, parcel: int) -> Any:
    """The orders whose vials are in a parcel still."""
    s, n = c.parcels[parcel], 0
    found = scratch(c, s.n)
    for k in range(s.off, s.off + s.n):
        line = c.parcel_orders[k]
        o = c.orders[line.order]
        if line.vial and o.vial == line.vial and o.batch == s.batch:
            found[n] = line.order
            n += 1
    return found[:n]


@compiled
def drop(c: Any, found: Any, cause: int) -> None:
    """Orders lose the vials that were made for them, and are promised anew."""
    for order in found:
        if c.orders[order].vial:
            waste_vial(c, order)
    lose(c, found, cause, True)


@compiled
def _lost(c: Any, parcel: int, cause: int) -> None:
    drop(c, _those_with(c, parcel), cause)


@compiled
def _refused(c: Any, parcel: int, order: int, when: int) -> bool:
    """Whether an order of a package may not be received on a day."""
    s, o = c.parcels[parcel], c.orders[order]
    p = c.places[c.batches[s.batch].place]
    day = day_of(c, c.sites[s.site].zone, when)
    if permit(c, p.plant, s.site, o.protocol, day) < 0:
        return True
    nuclide = c.products[p.product].nuclide
    if nuclide >= 0:
        row = c.sites[s.site].licence + nuclide
        if not c.licences[row * c.days + at_day(c, day)]:
            return True
    return closed(c, p.plant, order, day) != 0


@compiled
def _leaves(c: Any, parcel: int) -> None:
    """A package is collected, where it may be received."""
    s = c.parcels[parcel]
    if _those_going(c, parcel) == 0:
        return
    when = planned_receipt(c, s.lane, s.site, parcel, s.dispatch)
    stopped = scratch(c, s.n)
    n, left = 0, 0
    for k in range(s.off, s.off + s.n):
        line = c.parcel_orders[k]
        if not line.vial:
            continue
        if _refused(c, parcel, line.order, when):
            stopped[n] = line.order
            n += 1
            line.vial = 0
        else:
            left += 1
    drop(c, stopped[:n], PERMISSION)
    if left == 0:
        return
    p = c.places[c.batches[s.batch].place]
    _pay(c, parcel, left)
    day = day_of(c, c.plants[p.plant].zone, s.dispatch)
    nominal, extra, lost = trip(c, parcel, p.plant, day)
    s.nominal = nominal + planned_testing(c, s.lane, s.site, parcel, s.dispatch)
    s.total, s.lost = s.nominal + extra, 1 if lost else 0
    _go(c, parcel, _MOVES, after_moving(c, c.lanes[s.lane].road, s.dispatch, s.nominal))


@compiled
def _pay(c: Any, parcel: int, packages: int) -> None:
    s = c.parcels[parcel]
    row = s.batch * c.markets_n + c.sites[s.site].market
    for k in range(s.off, s.off + s.n):
        line = c.parcel_orders[k]
        if not line.vial:
            continue
        cents = c.receipts[c.orders[line.order].reach].testing
        if cents and not c.tested[row]:
            c.tested[row] = 1
            cost(c, TESTING, cents)
    cost(c, SHIPMENTS, shipping_cents(c, s.lane, packages))


@compiled
def _arrives(c: Any, parcel: int) -> None:
    """A package is at the door; where its carrier stands still, it waits for it."""
    s = c.parcels[parcel]
    zone = c.sites[s.site].zone
    shock = stands(c, s.lane, s.site, day_of(c, zone, c.now))
    if shock < 0:
        _go(c, parcel, _RECEIVED, received_at(c, s.site, c.now))
    elif c.shocks[shock].until_day == NEVER:
        _lost(c, parcel, CARRIER_STOPPED)
    else:
        _go(c, parcel, _ARRIVES, day_start(c, zone, c.shocks[shock].until_day) + DAY)


@compiled
def _receipt(c: Any, parcel: int) -> None:
    """A site takes in a package, or may not."""
    s = c.parcels[parcel]
    product = c.products[c.places[c.batches[s.batch].place].product]
    found = _those_with(c, parcel)
    if product.hold >= 0 and c.now - s.dispatch > product.hold:
        drop(c, found, SHIPPER)
        return
    refused = scratch(c, len(found))
    taken = scratch(c, len(found))
    n, m = 0, 0
    for order in found:
        if _refused(c, parcel, order, c.now):
            refused[n] = order
            n += 1
        else:
            taken[m] = order
            m += 1
    drop(c, refused[:n], PERMISSION)
    for order in taken[:m]:
        _appoint(c, order, s.dispatch)


@compiled
def _appoint(c: Any, order: int, dispatch: int) -> None:
    """The hour of use: as planned, later that day if the package came later, or a later day."""
    o = c.orders[order]
    if o.batch < 0:
        c.fault = UNLIKELY
        return
    r = c.reaches[o.reach]
    preparation = c.products[c.places[c.batches[o.batch].place].product].preparation
    usual = use_at(c, o.site, o.day, c.now, preparation)
    if usual >= 0:
        at(c, max(o.use_at, usual), USE, order, o.vial)
        return
    held_back = max(0, dispatch - r.dispatch_at)
    in_time = use_at(c, o.site, o.day, c.now - held_back, preparation) >= 0
    cause = LATE_RELEASE if held_back and in_time else LATE_PACKAGE
    when, day = later_use(c, order, c.now)
    if when < 0:
        alone = scratch(c, 1)
        alone[0] = order
        drop(c, alone, cause)
        return
    leave_site(c, order)
    o.use_at, o.day = when, day
    book_site(c, order)
    if not o.cause:
        o.cause = cause
    at(c, when, USE, order, o.vial)


@compiled
def _weight_factor(c: Any, order: int) -> float:
    o = c.orders[order]
    if not c.chance or not o.course:
        return 1.0
    return weight(c, o.owner, o.visit, o.attempt)


@compiled
def use(c: Any, order: int, vial: int) -> None:
    """The hour of infusion: cancelled on the day, out of tolerance, or given."""
    o = c.orders[order]
    if o.vial != vial or o.status != PROMISED or o.batch < 0:
        return
    fetch_begin(c.patients, o.owner)  # its course goes on in a moment
    if o.stage == AFTER_PRODUCTION:
        cancel(c, order)
        return
    product = c.products[c.places[c.batches[o.batch].place].product]
    decay_vial(c, order)
    given_mbq = o.vial_mbq / (1.0 + product.overfill)
    found = given_mbq / o.units
    if c.chance:
        found *= error_factor(product.assay_sd, vial_luck(c, order, o.vials_tried)[2])
    wanted = o.activity * _weight_factor(c, order)
    if product.decays and not within(found, wanted, product.hard):
        alone = scratch(c, 1)
        alone[0] = order
        drop(c, alone, OUT_OF_TOLERANCE)
        return
    inside = not product.decays or within(found, wanted, product.tolerance)
    spend_vial(c, order, given_mbq)
    o.within = 1 if inside else 0
    settle(c, order, GIVEN, day_of(c, c.sites[o.site].zone, c.now))
