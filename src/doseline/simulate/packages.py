"""The way of a package to its patient: collection, border, receipt, use.

A shipment of a batch to a site by a lane shares one fate. It waits for the collection that was planned; where release
comes too late for that, the next one that still keeps the day, or a dearer lane if that costs
less than what the lateness would. Hours of delay and border run on the carrier's moving clock.

Simplified: a package that arrives without a permission or a licence is held and lost at once,
since what it holds expires.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from doseline.operations.events import (
    DoseAdministered,
    OrderPromised,
    ShipmentDispatched,
    ShipmentHeld,
    ShipmentLost,
    ShipmentReceived,
    VialPacked,
    VialUsed,
    VialWasted,
)
from doseline.programme.lane import Lane
from doseline.programme.rules import decay_factor, within
from doseline.programme.site import Site
from doseline.simulate.fate import error_factor
from doseline.simulate.future import Future, Process
from doseline.simulate.living import LiveBatch, LiveOrder, Vial
from doseline.simulate.promising import lose
from doseline.simulate.transit import moving_min
from doseline.simulate.world import DAY


def carry(
    f: Future, batch: LiveBatch, lane_id: str, site_id: str, lives: Sequence[LiveOrder], number: int
) -> Process:
    """A shipment from its packing to its receipt."""
    site = f.programme.site[site_id]
    ready = max(batch.released_at, batch.packed_at)
    yield f.until(ready)
    going = [o for o in lives if o.batch is batch and o.vial is not None]
    if not going:
        return
    lane, dispatch = _collection(f, batch, f.programme.lane[lane_id], site, going)
    yield f.until(dispatch)
    going = [o for o in lives if o.batch is batch and o.vial is not None]
    stopped = _refused(f, batch, site, going, _planned_receipt(f, lane, site, going, dispatch))
    going = [o for o in going if o not in stopped]
    drop(f, stopped, "permission")
    if not going:
        return
    name = f"{batch.id}>{site_id}.{number}"
    _leave(f, batch, lane, site, going, name)
    on = f.clock.day(dispatch, batch.place.plant.zone)
    trip = moving_min(f.programme, f.fate, lane, site, batch.place.plant, on, f.known)
    nominal = trip.nominal + max((_testing(f, o, lane, site) for o in going), default=0)
    vials = {o.order.id: o.vial for o in going if o.vial is not None}
    yield f.until(f.ways.arrive_at(lane, dispatch, nominal))
    for cause, minutes in trip.extra:
        f.book.tell(ShipmentHeld, name, cause, minutes)
    if trip.lost:
        _lost(f, name, batch, going, vials, "lost")
        return
    total = nominal + sum(m for _, m in trip.extra)
    arrived = f.ways.arrive_at(lane, dispatch, total)
    yield f.until(arrived)
    while (shock := f.known.stands(lane.carrier, f.clock.day(f.now, site.zone))) is not None:
        if shock.until_on is None:
            _lost(f, name, batch, going, vials, "carrier stopped")
            return
        moves = f.clock.day_start(shock.until_on, site.zone) + DAY
        f.book.tell(ShipmentHeld, name, "carrier stopped", moves - f.now)
        yield f.until(moves)
    yield f.until(f.ways.received_at(site, f.now))
    _receipt(f, name, batch, site, going, vials, dispatch)


# -- collection ----------------------------------------------------------------------------


def _next_collection(f: Future, lane: Lane, ready_at: int) -> int:
    """The next collection of a lane that takes place, as far as is known."""
    dispatch = f.ways.dispatch_at(lane, ready_at)
    zone = f.programme.manufacturer[lane.manufacturer].zone
    for _ in range(400):
        if f.known.on_the_road(lane, dispatch):
            return dispatch
        following = f.clock.day(dispatch, zone)
        dispatch = f.ways.dispatch_at(lane, f.clock.day_start(following, zone) + DAY)
    return dispatch


def _collection(
    f: Future, batch: LiveBatch, lane: Lane, site: Site, going: Sequence[LiveOrder]
) -> tuple[Lane, int]:
    """The lane and collection that a package takes: as planned, else one that keeps the day."""
    planned = max(o.reach.dispatch_at for o in going if o.reach)
    dispatch = planned
    if f.now > planned or not f.known.on_the_road(lane, planned):
        dispatch = _next_collection(f, lane, f.now)
    if dispatch == planned or _keeps_day(f, lane, site, going, dispatch):
        return lane, dispatch
    stake = _stake(f, batch, lane, site, going, dispatch)
    better: list[tuple[int, int, str]] = []
    for other in f.ways.lanes(batch.place.plant.id, site):
        at = _next_collection(f, other, f.now + other.notice_min)
        cost = _shipping_cents(f, other, len(going))
        if other.id != lane.id and cost <= stake and _keeps_day(f, other, site, going, at):
            better.append((cost, at, other.id))
    if not better:
        return lane, dispatch
    _, at, found = min(better)
    return f.programme.lane[found], at


def _planned_receipt(
    f: Future, lane: Lane, site: Site, going: Sequence[LiveOrder], dispatch: int
) -> int:
    testing = max((_testing(f, o, lane, site) for o in going), default=0)
    arrive = f.ways.arrive_at(lane, dispatch, lane.planned_min + testing)
    return f.ways.received_at(site, arrive)


def _testing(f: Future, live: LiveOrder, lane: Lane, site: Site) -> int:
    on = date.fromordinal(live.reach.day) if live.reach else live.order.wanted_on
    found = f.ways.permission(lane.manufacturer, site, live.order.protocol, on)
    return found.testing_min if found else 0


def _keeps_day(
    f: Future, lane: Lane, site: Site, going: Sequence[LiveOrder], dispatch: int
) -> bool:
    """Whether every dose of a package would still be given on its planned day."""
    received = _planned_receipt(f, lane, site, going, dispatch)
    for live in going:
        assert live.reach is not None
        preparation = f.programme.product[live.order.product].preparation_min
        day = date.fromordinal(live.reach.day)
        if f.ways.use_at(site, day, received, preparation) is None:
            return False
    return True


def _stake(
    f: Future, batch: LiveBatch, lane: Lane, site: Site, going: Sequence[LiveOrder], dispatch: int
) -> int:
    """What it would cost to let the planned lane be late. [cents]"""
    received = _planned_receipt(f, lane, site, going, dispatch)
    cents = 0
    for live in going:
        later = _later_use(f, batch, site, live, received)
        law = f.tally.penalty(live.order.protocol)
        missed = law.missed_started_cents if live.order.started else law.missed_new_cents
        cents += f.tally.moving_cents(live.order, later[1]) if later else missed
    return cents


def _shipping_cents(f: Future, lane: Lane, packages: int) -> int:
    further = f.programme.carrier[lane.carrier].second_package_fraction
    return round(lane.cost_cents * (1.0 + (packages - 1) * further))


def _leave(
    f: Future, batch: LiveBatch, lane: Lane, site: Site, going: Sequence[LiveOrder], name: str
) -> None:
    for live in going:
        assert live.vial is not None
        f.book.tell(VialPacked, live.vial.id, name)
        if live.reach is not None and live.reach.testing_cents:
            key = (batch.id, site.market)
            if key not in f.tested:
                f.tested.add(key)
                f.book.cost("import_testing", live.reach.testing_cents)
    f.book.tell(ShipmentDispatched, name, batch.id, lane.id, site.id)
    f.book.cost("shipments", _shipping_cents(f, lane, len(going)))


# -- on the way ----------------------------------------------------------------------------


def _lost(
    f: Future,
    name: str,
    batch: LiveBatch,
    going: Sequence[LiveOrder],
    vials: dict[str, Vial],
    cause: str,
) -> None:
    f.book.tell(ShipmentLost, name, cause)
    drop(f, [o for o in going if o.vial is vials[o.order.id] and o.batch is batch], cause)


def drop(f: Future, lives: Sequence[LiveOrder], cause: str) -> None:
    """Orders lose the vials that were made for them, and are promised anew."""
    for live in lives:
        if live.vial is not None:
            waste(f, live.vial, cause)
            live.vial = None
    lose(f, lives, cause, in_making=True)


def waste(f: Future, vial: Vial, cause: str) -> None:
    """Throw a vial away, with all that is left in it."""
    f.book.decay(vial.pot, "dose")
    f.book.tell(VialWasted, vial.id, cause, vial.pot.booked_kbq)
    f.book.spend(vial.pot, "waste", None, "dose")


# -- receipt and use -----------------------------------------------------------------------


def _refused(
    f: Future, batch: LiveBatch, site: Site, going: Sequence[LiveOrder], received_at: int
) -> list[LiveOrder]:
    """The orders of a package that may not be received on a day: no permission, or no licence."""
    on = f.clock.day(received_at, site.zone)
    plant, product = batch.place.plant.id, batch.place.product
    return [
        o
        for o in going
        if f.ways.permission(plant, site, o.order.protocol, on) is None
        or not f.ways.licensed(site, product.nuclide, on)
        or f.known.closed(plant, site, o.order.protocol, on) is not None
    ]


def _receipt(
    f: Future,
    name: str,
    batch: LiveBatch,
    site: Site,
    lives: Sequence[LiveOrder],
    vials: dict[str, Vial],
    dispatch: int,
) -> None:
    going = [o for o in lives if o.batch is batch and o.vial is vials[o.order.id]]
    hold = batch.place.product.shipper_hold_min
    if hold is not None and f.now - dispatch > hold:
        _lost(f, name, batch, going, vials, "shipper")
        return
    refused = _refused(f, batch, site, going, f.now)
    if going and len(refused) == len(going):
        expires = batch.eos_at + batch.place.product.shelf_life_min
        f.book.tell(ShipmentHeld, name, "permission", max(0, expires - f.now))
        _lost(f, name, batch, going, vials, "permission")
        return
    f.book.tell(ShipmentReceived, name)
    drop(f, refused, "permission")
    for live in going:
        if live not in refused:
            _appoint(f, batch, site, live)


def _appoint(f: Future, batch: LiveBatch, site: Site, live: LiveOrder) -> None:
    """The hour of use: as planned, later that day if the package came later, or a later day."""
    assert live.reach is not None and live.vial is not None
    product = batch.place.product
    day = date.fromordinal(live.reach.day)
    usual = f.ways.use_at(site, day, f.now, product.preparation_min)
    if usual is not None:
        f.at(max(live.reach.use_at, usual), use, f, live, live.vial)
        return
    later = _later_use(f, batch, site, live, f.now)
    if later is None:
        drop(f, [live], "late package")
        return
    at, on = later
    f.room.move_use(site, live, at, on)
    if not live.cause:
        live.cause = "late package"
    f.book.tell(OrderPromised, live.order.id, batch.id, at)
    f.at(at, use, f, live, live.vial)


def _later_use(
    f: Future, batch: LiveBatch, site: Site, live: LiveOrder, received_at: int
) -> tuple[int, int] | None:
    """The next day on which a late dose may still be given: its instant and day."""
    assert live.reach is not None and live.vial is not None
    product = batch.place.product
    first = max(live.reach.day, f.local_day(received_at, site.zone))
    for day in range(first, live.order.latest_on.toordinal() + 1):
        if not f.ways.treats(site, day) or not f.room.infusion_free(site, live, day):
            continue
        at = f.ways.use_at(site, date.fromordinal(day), received_at, product.preparation_min)
        if at is None or at + product.infusion_min > batch.eos_at + product.shelf_life_min:
            continue
        left = decay_factor(at - live.reach.use_at, batch.place.half_life)
        if within(left, 1.0, product.hard_tolerance_fraction):
            return at, day
        return None
    return None


def use(f: Future, live: LiveOrder, vial: Vial) -> None:
    """The hour of infusion: cancelled on the day, out of tolerance, or given."""
    if live.vial is not vial or live.status != "promised" or live.batch is None:
        return
    if live.stage == "after_production":
        f.hooks.cancel(live)
        return
    batch, order = live.batch, live.order
    product, site = batch.place.product, f.programme.site[order.site]
    f.book.decay(vial.pot, "dose")
    given_mbq = vial.pot.mbq / (1.0 + product.overfill_fraction)
    found = given_mbq / order.units
    if f.fate.on:
        luck = f.fate.vial(order.id, live.vials_tried)
        found *= error_factor(product.assay_sd_fraction, luck[2])
    if product.decays and not within(found, order.activity_mbq, product.hard_tolerance_fraction):
        drop(f, [live], "out of tolerance")
        return
    inside = not product.decays or within(found, order.activity_mbq, product.tolerance_fraction)
    total = vial.pot.booked_kbq
    kbq = f.book.spend(vial.pot, "patient", given_mbq, "dose")
    f.book.spend(vial.pot, "waste", None, "dose")
    day = f.local_day(f.now, site.zone)
    f.book.tell(VialUsed, vial.id, kbq, total - kbq)
    f.book.tell(
        DoseAdministered, order.id, vial.id, kbq, inside, day == order.wanted_on.toordinal()
    )
    live.within_tolerance = inside
    f.hooks.settle(live, "given", day)
