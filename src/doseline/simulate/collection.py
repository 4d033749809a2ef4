"""Which lane and collection takes a package, and on which later day a late dose may still be given.

It is the collection that was planned; where release comes too late for that, the next one that
still keeps the day, or a dearer lane if that costs less than what the lateness would.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from doseline.programme.lane import Lane
from doseline.programme.rules import decay_factor, within
from doseline.programme.site import Site
from doseline.simulate.future import Future
from doseline.simulate.living import LiveBatch, LiveOrder
from doseline.simulate.world import DAY


def _next_collection(f: Future, lane: Lane, site: Site, ready_at: int) -> int:
    """The next collection of a lane that takes place, as far as is known."""
    dispatch = f.ways.dispatch_at(lane, ready_at)
    zone = f.programme.manufacturer[lane.manufacturer].zone
    for _ in range(400):
        if f.known.on_the_road(lane, site, dispatch):
            return dispatch
        following = f.clock.day(dispatch, zone)
        dispatch = f.ways.dispatch_at(lane, f.clock.day_start(following, zone) + DAY)
    return dispatch


def collection(
    f: Future, batch: LiveBatch, lane: Lane, site: Site, going: Sequence[LiveOrder]
) -> tuple[Lane, int]:
    """The lane and collection that a package takes: as planned, else one that keeps the day."""
    planned = max(o.reach.dispatch_at for o in going if o.reach)
    dispatch = planned
    if f.now > planned or not f.known.on_the_road(lane, site, planned):
        dispatch = _next_collection(f, lane, site, f.now)
    if dispatch == planned or _keeps_day(f, lane, site, going, dispatch):
        return lane, dispatch
    stake = _stake(f, batch, lane, site, going, dispatch)
    better: list[tuple[int, int, str]] = []
    for other in f.ways.lanes(batch.place.plant.id, site):
        at = _next_collection(f, other, site, f.now + other.notice_min)
        cost = shipping_cents(f, other, len(going))
        if other.id != lane.id and cost <= stake and _keeps_day(f, other, site, going, at):
            better.append((cost, at, other.id))
    if not better:
        return lane, dispatch
    _, at, found = min(better)
    return f.programme.lane[found], at


def planned_receipt(
    f: Future, lane: Lane, site: Site, going: Sequence[LiveOrder], dispatch: int
) -> int:
    """When a package that leaves by a lane would be received, as planned."""
    testing = planned_testing(f, lane, site, going, dispatch)
    arrive = f.ways.arrive_at(lane, dispatch, lane.planned_min + testing)
    return f.ways.received_at(site, arrive)


def planned_testing(
    f: Future, lane: Lane, site: Site, going: Sequence[LiveOrder], dispatch: int
) -> int:
    """What import testing adds to the transit of a package, as planned. [min, conventions 4.4]

    The permissions of the day of receipt say it: the longest testing among all that it carries.
    """
    plant = lane.manufacturer
    protocols = sorted({o.order.protocol for o in going})
    tried = sorted({t for p in protocols for t in f.ways.testing_min(plant, site, p)})
    for testing in tried[:-1]:
        arrive = f.ways.arrive_at(lane, dispatch, lane.planned_min + testing)
        received = f.ways.received_at(site, arrive)
        found = [f.ways.permission_of(plant, site, p, received) for p in protocols]
        asked = [p.testing_min for p in found if p is not None]
        if len(asked) == len(protocols) and max(asked) == testing:
            return testing
    return tried[-1] if tried else 0


def _keeps_day(
    f: Future, lane: Lane, site: Site, going: Sequence[LiveOrder], dispatch: int
) -> bool:
    """Whether every dose of a package would still be given on its planned day."""
    received = planned_receipt(f, lane, site, going, dispatch)
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
    received = planned_receipt(f, lane, site, going, dispatch)
    cents = 0
    for live in going:
        later = later_use(f, batch, site, live, received)
        law = f.tally.penalty(live.order.protocol)
        missed = law.missed_started_cents if live.order.started else law.missed_new_cents
        cents += f.tally.moving_cents(live.order, later[1]) if later else missed
    return cents


def shipping_cents(f: Future, lane: Lane, packages: int) -> int:
    """What a shipment of so many packages costs on a lane. [cents]"""
    further = f.programme.carrier[lane.carrier].second_package_fraction
    return round(lane.cost_cents * (1.0 + (packages - 1) * further))


def later_use(
    f: Future, batch: LiveBatch, site: Site, live: LiveOrder, received_at: int
) -> tuple[int, int] | None:
    """The next day on which a late dose may still be given: its instant and day."""
    assert live.reach is not None
    assert live.vial is not None
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
