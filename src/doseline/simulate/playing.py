"""Plays a fixed schedule: its batches, its allocations, its shipments, against chance.

Batches, packages and doses live as under a standing policy, but nothing is planned anew: an order
that loses its batch is missed. The orders are taken as they are; no patient's luck cancels them.
"""

from __future__ import annotations

from collections.abc import Sequence

from doseline.operations.events import BatchPlanned, OrderPromised
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Allocation, Batch, Schedule
from doseline.operations.slots import IsotopeOption
from doseline.programme.rules import decay_factor
from doseline.programme.scenario import Scenario
from doseline.simulate.courses import live_order
from doseline.simulate.fate import Fate
from doseline.simulate.fitting import Fit, usable
from doseline.simulate.future import Future
from doseline.simulate.giving import attach
from doseline.simulate.living import LiveBatch, LiveOrder
from doseline.simulate.locking import begin
from doseline.simulate.losses import give_up
from doseline.simulate.reference import finish, set_hooks, strike
from doseline.simulate.result import Period, Run
from doseline.simulate.risk import risk_of
from doseline.simulate.world import Place, Reach, World


def play(
    world: World,
    schedule: Schedule,
    orders: Sequence[DoseOrder],
    *,
    seed: int,
    replication: int,
    scenario: Scenario | None = None,
    chance: bool = True,
    periods: Sequence[Period] = (),
    keep_events: bool = False,
) -> Run:
    """One replication of a fixed schedule.

    Raises LookupError where a batch names a slot that the programme's calendars do not have.
    """
    f = Future(
        world,
        Fate(seed, replication, chance),
        risk_of(world),
        scenario=scenario,
        periods=periods,
        keep_events=keep_events,
        replans=False,
    )
    set_hooks(f)
    f.shocks_strike(lambda: strike(f), lambda: None)
    lives = {o.id: live_order(f, o) for o in sorted(orders, key=lambda o: (o.placed_at, o.id))}
    for live in lives.values():
        f.at(live.order.placed_at, _place, f, schedule, live)
    for batch in schedule.batches:
        _enter(f, schedule, batch, lives)
    f.env.run()
    return finish(f, replication)


def _place(f: Future, schedule: Schedule, live: LiveOrder) -> None:
    f.placed(live)
    if live.order.id not in schedule.allocation:
        reasons = {u.order: u.reason for u in schedule.unmet}
        live.cause = reasons.get(live.order.id, "not in the schedule")
        f.hooks.settle(live, "missed", live.order.wanted_on.toordinal())


def _enter(f: Future, schedule: Schedule, planned: Batch, lives: dict[str, LiveOrder]) -> None:
    """Plan a batch, promise its orders, and let it be locked in its time."""
    if planned.slot not in f.world.index:
        raise LookupError(
            f"batch {planned.id} stands in slot {planned.slot}, which is no slot of the programme"
        )
    place = f.world.places[f.world.index[planned.slot]]
    batch = LiveBatch(planned.id, place, fixed=True)
    f.room.batches[place.index] = batch
    mine = [a for a in schedule.allocations if a.batch == planned.id]
    placed = max((lives[a.order].order.placed_at for a in mine), default=0)
    batch.option = _option(place, planned)
    lock_at = batch.option.lock_at if batch.option else place.slot.lock_at
    f.at(
        max(0, min(lock_at, place.slot.charge_at), placed),
        _lock,
        f,
        schedule,
        planned,
        batch,
        mine,
        lives,
    )


def _option(place: Place, planned: Batch) -> IsotopeOption | None:
    for option in place.slot.isotope:
        if option.source == planned.source and option.delivered_at == planned.isotope_at:
            return option
    if planned.source is None or planned.isotope_at is None:
        return None
    return IsotopeOption(planned.source, planned.isotope_at, planned.isotope_at, place.week)


def _lock(
    f: Future,
    schedule: Schedule,
    planned: Batch,
    batch: LiveBatch,
    mine: Sequence[Allocation],
    lives: dict[str, LiveOrder],
) -> None:
    place = batch.place
    f.book.tell(BatchPlanned, batch.id, place.slot.id, place.product.id)
    for allocation in mine:
        live = lives[allocation.order]
        reach = _reach(f, schedule, allocation, place, live)
        attach(f, live, reach, Fit(None, 0.0))
        live.cause = "planned so" if reach.day != live.order.wanted_on.toordinal() else ""
        f.book.tell(OrderPromised, live.order.id, batch.id, reach.use_at)
    batch.option = _option(place, planned)
    if not usable(f, place):
        give_up(f, batch, "slot not usable", late=False)
        return
    shock = f.known.takes(place)
    if shock is not None:
        give_up(f, batch, shock.hits, late=False)
        return
    batch.vials = batch.places = planned.vials
    batch.charge_mbq, batch.ordered_mbq = planned.charge_mbq, planned.isotope_mbq
    if batch.option is not None:
        batch.left_fraction = f.known.left_of_source(
            batch.option.source, batch.option.delivered_at, f.now
        )
    begin(f, batch)


def _reach(
    f: Future, schedule: Schedule, allocation: Allocation, place: Place, live: LiveOrder
) -> Reach:
    shipment = schedule.shipment[allocation.shipment]
    site = f.programme.site[live.order.site]
    day = f.local_day(allocation.use_at, site.zone)
    wait = allocation.use_at - place.slot.charge_at
    leave = f.ways.permission_of(place.plant.id, site, live.order.protocol, shipment.received_at)
    return Reach(
        place=place.index,
        charge_at=place.slot.charge_at,
        last_lock_at=place.last_lock_at,
        site=site.id,
        lane=shipment.lane,
        dispatch_at=shipment.dispatch_at,
        received_at=shipment.received_at,
        use_at=allocation.use_at,
        day=day,
        load_factor=1.0 / decay_factor(wait, place.half_life),
        eos_factor=allocation.eos_mbq / live.order.activity_mbq if live.order.activity_mbq else 0.0,
        cost_cents=f.programme.lane[shipment.lane].cost_cents,
        testing_cents=leave.testing_cents if leave else 0,
    )
