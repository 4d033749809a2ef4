"""The plain, strictly causal simulation of one future: nothing in it reads what has not happened.

It runs on SimPy: a process for each batch and each shipment, and calls at instants for orders. The
standing policy (`programme.policy`) decides as things become known. Every draw is keyed
(`fate.py`), so designs and scenarios meet the same luck. What the parts leave out is said at the
head of each: `promising`, `locking`, `batches`, `packages`, `courses`, `shocks`, `costs`.

Only orders wanted up to the last day are placed; what they set going is then followed to its end.
"""

from __future__ import annotations

from collections.abc import Sequence

from doseline.operations.events import OrderUnpromised
from doseline.operations.ordering import standing_orders
from doseline.operations.orders import Patient
from doseline.programme.scenario import Scenario
from doseline.simulate.costs import add_fixed_costs
from doseline.simulate.courses import (
    begin_courses,
    cancel,
    live_order,
    place_later,
    promised,
    settle,
)
from doseline.simulate.courses import locked as cancel_before_production
from doseline.simulate.fate import Fate
from doseline.simulate.future import Future
from doseline.simulate.giving import detach
from doseline.simulate.living import LiveBatch, LiveOrder
from doseline.simulate.locking import lock
from doseline.simulate.losses import give_up
from doseline.simulate.promising import promise_all, retry, retry_freed
from doseline.simulate.result import Period, Replication, Run
from doseline.simulate.risk import risk_of
from doseline.simulate.world import DAY, Reach, World


def run(
    world: World,
    patients: Sequence[Patient],
    *,
    seed: int,
    replication: int,
    scenario: Scenario | None = None,
    chance: bool = True,
    periods: Sequence[Period] = (),
    keep_events: bool = False,
) -> Run:
    """One replication under the standing policy, with its events where they are wanted."""
    future = Future(
        world,
        Fate(seed, replication, chance),
        risk_of(world),
        scenario=scenario,
        periods=periods,
        keep_events=keep_events,
    )
    set_hooks(future)
    future.shocks_strike(lambda: strike(future), lambda: retry(future))
    begin_courses(future, patients)
    for demand in world.programme.standing_demand:
        for order in standing_orders(world.programme, demand, world.ways.treats):
            if world.from_on <= order.wanted_on <= world.until_on:
                place_later(future, live_order(future, order))
    future.env.process(_weekly(future))
    future.env.run()
    return finish(future, replication)


def set_hooks(f: Future) -> None:
    """Join the parts: what happens at a lock, at an order's end, at a promise."""

    def at_lock(batch: LiveBatch, token: int) -> None:
        lock(f, batch, token)
        if batch.status == "locked":
            cancel_before_production(f, batch)

    f.hooks.lock = at_lock
    f.hooks.settle = lambda live, outcome, day: settle(f, live, outcome, day)
    f.hooks.promised = lambda live: promised(f, live)
    f.hooks.retry = lambda: retry_freed(f)
    f.hooks.cancel = lambda live: cancel(f, live)


def finish(f: Future, replication: int) -> Run:
    """The rows of a future that has run to its end."""
    add_fixed_costs(f)
    months = {
        name: {month: n for month, n in sorted(f.book.months[name].items()) if n}
        for name in sorted(f.book.months)
        if any(f.book.months[name].values())
    }
    return Run(
        Replication(replication, months),
        f.tally.services(replication),
        tuple(f.book.events or ()),
    )


def _weekly(f: Future):  # type: ignore[no-untyped-def]
    """Try the waiting orders again every week."""
    end = f.clock.day_start(f.world.until_on, "UTC") + 28 * DAY
    while f.now < end:
        yield f.env.timeout(7 * DAY)
        retry(f)


def strike(f: Future) -> None:
    """A shock has begun: what it hits is given up, and every order it hits is promised anew."""
    for batch in list(f.room.batches.values()):
        if batch.status in ("open", "locked") and batch.place.slot.charge_at > f.now:
            shock = f.known.takes(batch.place)
            if shock is not None:
                give_up(f, batch, shock.hits, late=False)
    hit: list[LiveOrder] = []
    for batch in list(f.room.batches.values()):
        if batch.status in ("open", "locked"):
            hit += [live for live in batch.orders.values() if _is_hit(f, batch, live)]
    for live in hit:
        reach = live.reach
        assert reach is not None
        gone = detach(f, live)
        live.cause = _is_hit_by(f, gone, live, reach)
        f.book.tell(OrderUnpromised, live.order.id, gone.id, live.cause)
    promise_all(f, hit)
    retry(f)


def _is_hit(f: Future, batch: LiveBatch, live: LiveOrder) -> bool:
    assert live.reach is not None
    site = f.programme.site[live.order.site]
    received_on = f.clock.day(live.reach.received_at, site.zone)
    closed = f.known.closed(batch.place.plant.id, site, live.order, received_on)
    lane = f.programme.lane[live.reach.lane]
    return closed is not None or not f.known.on_the_road(lane, site, live.reach.dispatch_at)


def _is_hit_by(f: Future, batch: LiveBatch, live: LiveOrder, reach: Reach) -> str:
    on = live.order.wanted_on
    site = f.programme.site[live.order.site]
    closed = f.known.closed(batch.place.plant.id, site, live.order, on)
    if closed is not None:
        return closed
    zone = batch.place.plant.zone
    dispatched_on = f.clock.day(reach.dispatch_at, zone)
    stops = f.known.stands(f.programme.lane[reach.lane], site, dispatched_on)
    return stops.hits if stops is not None else "carrier"
