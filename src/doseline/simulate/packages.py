"""The way of a package to its patient: dispatch, border, receipt, use.

A shipment of a batch to a site by a lane shares one fate (`transit`). Simplified: a package that
arrives without a permission or a licence is held and lost at once, since what it holds expires.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import date
from typing import Any

import simpy

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
from doseline.operations.ordering import luck_of
from doseline.programme.lane import Lane
from doseline.programme.rules import within
from doseline.programme.site import Site
from doseline.simulate.collection import (
    collection,
    later_use,
    planned_receipt,
    planned_testing,
    shipping_cents,
)
from doseline.simulate.fate import error_factor
from doseline.simulate.future import Future, Process
from doseline.simulate.living import LiveBatch, LiveOrder, Vial
from doseline.simulate.odds import DAYS_LATE, HOURS_LATE, SLOW
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
    lane, dispatch = collection(f, batch, f.programme.lane[lane_id], site, going)
    yield f.until(dispatch)
    going = [o for o in lives if o.batch is batch and o.vial is not None]
    stopped = _refused(f, batch, site, going, planned_receipt(f, lane, site, going, dispatch))
    going = [o for o in going if o not in stopped]
    drop(f, stopped, "permission")
    if not going:
        return
    name = f"{batch.id}>{site_id}.{number}"
    _leave(f, batch, lane, site, going, name)
    on = f.clock.day(dispatch, batch.place.plant.zone)
    trip = moving_min(f.programme, f.fate, lane, site, batch.place.plant, on, f.known)
    for kind, (struck, chance) in zip((DAYS_LATE, HOURS_LATE, SLOW), trip.delays, strict=False):
        f.note_odds(going, kind, struck, chance)
    nominal = trip.nominal + planned_testing(f, lane, site, going, dispatch)
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
    if not (yield from _while_nothing_moves(f, lane, site, name)):
        _lost(f, name, batch, going, vials, "carrier stopped")
        return
    yield f.until(f.ways.received_at(site, f.now))
    _receipt(f, name, batch, site, going, vials, dispatch)


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
    f.book.cost("shipments", shipping_cents(f, lane, len(going)))


def _while_nothing_moves(
    f: Future, lane: Lane, site: Site, name: str
) -> Generator[simpy.Event, Any, bool]:
    """Wait out a stop of the carrier; whether it ever moves again."""
    while (shock := f.known.stands(lane, site, f.clock.day(f.now, site.zone))) is not None:
        if shock.until_on is None:
            return False
        moves = f.clock.day_start(shock.until_on, site.zone) + DAY
        f.book.tell(ShipmentHeld, name, "carrier stopped", moves - f.now)
        yield f.until(moves)
    return True


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
        or f.known.closed(plant, site, o.order, on) is not None
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
            _appoint(f, batch, site, live, dispatch)


def _appoint(f: Future, batch: LiveBatch, site: Site, live: LiveOrder, dispatch: int) -> None:
    """The hour of use: as planned, later that day if the package came later, or a later day.

    A package that would have come in time, had it left as planned, is late by its release.
    """
    assert live.reach is not None
    assert live.vial is not None
    product = batch.place.product
    day = date.fromordinal(live.reach.day)
    usual = f.ways.use_at(site, day, f.now, product.preparation_min)
    if usual is not None:
        f.at(max(live.reach.use_at, usual), use, f, live, live.vial)
        return
    held_back = max(0, dispatch - live.reach.dispatch_at)
    in_time = f.ways.use_at(site, day, f.now - held_back, product.preparation_min)
    cause = "late release" if held_back and in_time is not None else "late package"
    later = later_use(f, batch, site, live, f.now)
    if later is None:
        drop(f, [live], cause)
        return
    at, on = later
    f.room.move_use(site, live, at, on)
    if not live.cause:
        live.cause = cause
    f.book.tell(OrderPromised, live.order.id, batch.id, at)
    f.at(at, use, f, live, live.vial)


def _weight_factor(f: Future, live: LiveOrder) -> float:
    """By how much the dose for the patient's weight on the day differs from the one ordered."""
    if not f.fate.on or live.course is None or live.state is None:
        return 1.0
    return luck_of(live.course.patient, live.state.visit, live.state.attempt).weight_factor


def use(f: Future, live: LiveOrder, vial: Vial) -> None:
    """The hour of infusion: cancelled on the day, out of tolerance, or given.

    What is measured is judged against the dose for the patient's weight on the day.
    """
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
    wanted = order.activity_mbq * _weight_factor(f, live)
    if product.decays and not within(found, wanted, product.hard_tolerance_fraction):
        drop(f, [live], "out of tolerance")
        return
    inside = not product.decays or within(found, wanted, product.tolerance_fraction)
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
