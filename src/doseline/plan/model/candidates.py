"""Which choices there are: for each order, each day of its window, each place in reach."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from doseline.operations.orders import DoseOrder
from doseline.operations.routes import Journey, Route, Ways, ways_of
from doseline.operations.schedule import Shipment
from doseline.operations.slots import Slot, expand
from doseline.operations.standing import Standing
from doseline.plan.model.aftermath import Aftermath
from doseline.plan.model.keeping import Confirmed, hours_kept
from doseline.plan.model.lanes import Receipts, lanes_of, received_first_at
from doseline.plan.model.places import merged, sent_already, usable
from doseline.plan.model.sets import Choice, Place, Sets
from doseline.programme import Programme
from doseline.programme.rules import activity_at_eos

DAY = 1440
_LONGEST_MAKE_MIN = 3 * DAY


def gather(
    programme: Programme,
    orders: Sequence[DoseOrder],
    from_on: date,
    until_on: date,
    standing: Standing | None,
    aftermath: Aftermath | None = None,
    merge: bool = False,
) -> Sets:
    """The sets of a plan: orders wanted in the period and not yet served, and what can serve them.

    Batches before the period count, as far back as a shelf life reaches. What has happened to a
    plan that stood (`aftermath`) bars slots, deliveries and lanes. With `merge` slots alike in all
    but their line are one place: much smaller, but pins and promises name single slots.
    """
    served = set(standing.served) if standing else set()
    asked = [o for o in orders if from_on <= o.wanted_on <= until_on and o.id not in served]
    sent = sent_already(standing)
    wanted = tuple(o for o in asked if o.id not in sent)
    first, last = reach(programme, wanted, from_on, until_on)
    gone = {o.id: o for o in orders if o.id in sent}
    slots = expand(programme, first, last)
    after = aftermath or Aftermath(ways_of(programme))
    places = usable(programme, after.open(slots), standing, gone, after.left)
    places = merged(places) if merge else places
    ways = after.ways
    return Sets(
        programme=programme,
        ways=ways,
        orders=wanted,
        places=places,
        choices=tuple(_choices(ways, wanted, places, after.confirmed)),
        from_on=from_on,
        until_on=until_on,
        sent=tuple(a for a in sent.values() if a.order in gone),
        sent_orders=tuple(gone.values()),
        sent_shipments=_kept(standing),
        begun=after.begun,
        bought=after.bought,
    )


def _kept(standing: Standing | None) -> tuple[Shipment, ...]:
    """Shipments on their way whose batch still stands."""
    if standing is None:
        return ()
    known = {b.id for b in standing.locked}
    return tuple(s for s in standing.in_transit if s.batch in known)


def reach(
    programme: Programme, orders: Sequence[DoseOrder], from_on: date, until_on: date
) -> tuple[date, date]:
    """The days between which labelling may start for the orders of a period."""
    shelf = max((programme.product[o.product].shelf_life_min for o in orders), default=0)
    first = min((o.earliest_on for o in orders), default=from_on)
    last = max((o.latest_on for o in orders), default=until_on)
    back = timedelta(days=(shelf + _LONGEST_MAKE_MIN) // DAY + 1)
    return min(first, from_on) - back, max(last, until_on)


def window(programme: Programme, order: DoseOrder) -> Iterator[date]:
    """The days of an order's window; the wanted day alone where orders may not be moved."""
    if not programme.policy.shift_days:
        yield order.wanted_on
        return
    for ahead in range((order.latest_on - order.earliest_on).days + 1):
        yield order.earliest_on + timedelta(days=ahead)


def _choices(
    ways: Ways,
    orders: Sequence[DoseOrder],
    places: Sequence[Place],
    confirmed: Mapping[str, Confirmed],
) -> Iterator[Choice]:
    programme = ways.programme
    mine: dict[str, list[int]] = defaultdict(list)
    for s, place in enumerate(places):
        mine[place.slot.product].append(s)
    days = [list(window(programme, order)) for order in orders]
    lanes = lanes_of(ways, orders, days)
    charges = {k: [places[s].slot.charge_at for s in v] for k, v in mine.items()}
    for i, order in enumerate(orders):
        if order.product not in mine:
            continue
        site, promise = programme.site[order.site], confirmed.get(order.id)
        for on in days[i]:
            if not ways.treats(site, on.toordinal()):
                continue
            begins = programme.clock.day_start(on, site.zone)
            low, high = in_reach(programme, order.product, charges[order.product], begins)
            for s in mine[order.product][low:high]:
                place = places[s]
                found = routes(ways, order, place, on)
                offered = lanes.offered(order, place, found) if len(found) > 1 else found
                at_hours = [(route, 0) for route in offered]
                if promise is not None and promise.on == on:
                    at_hours = list(hours_kept(ways, order, place, found, offered, promise))
                for route, hour_at in at_hours:
                    yield choice_by(ways, order, i, place, s, route, lanes.seen, hour_at)


def in_reach(
    programme: Programme, product: str, charges: Sequence[int], begins: int
) -> tuple[int, int]:
    """Which of some sorted starts of labelling may reach a day: a shelf life and a make before."""
    oldest = begins - programme.product[product].shelf_life_min - _LONGEST_MAKE_MIN
    return bisect_left(charges, oldest), bisect_right(charges, begins + DAY)


def best_choice(
    ways: Ways, order: DoseOrder, i: int, place: Place, s: int, on: date, seen: Receipts
) -> Choice | None:
    """The cheapest way from a place to an order on a day; `seen` remembers receipts. [model H3]"""
    found = routes(ways, order, place, on)
    return choice_by(ways, order, i, place, s, found[0], seen) if found else None


def choice_by(
    ways: Ways,
    order: DoseOrder,
    i: int,
    place: Place,
    s: int,
    route: Route,
    seen: Receipts,
    hour_at: int = 0,
) -> Choice:
    """The choice that goes by a route, given no earlier than an hour that has been confirmed."""
    product, site = ways.programme.product[order.product], ways.programme.site[order.site]
    lead_min = route.use_at - place.slot.charge_at
    return Choice(
        order=i,
        place=s,
        route=route,
        load_mbq=activity_at_eos(order.activity_mbq, lead_min, product.half_life),
        moved_days=abs((route.use_on - order.wanted_on).days),
        testing_min=route.journey.testing_min,
        received_first_at=received_first_at(ways, place, site, route.journey, seen),
        hour_at=hour_at,
    )


def routes(ways: Ways, order: DoseOrder, place: Place, on: date) -> list[Route]:
    """The routes of a slot, or those of a locked batch with its own times, the cheapest first."""
    batch = place.locked
    if batch is None:
        return ways.routes(order, place.slot, on)
    site = ways.programme.site[order.site]
    if place.slot.product != order.product or not ways.treats(site, on.toordinal()):
        return []
    found = []
    for testing in ways.testing_min(batch.manufacturer, site, order.protocol):
        for lane in ways.lanes(batch.manufacturer, site):
            way = ways.journey(lane, site, place.ready_at, testing)
            route = route_by(ways, order, place.slot, way, on, batch.eos_at)
            if route is not None:
                found.append(route)
    return sorted(found, key=lambda r: (r.cost_cents, r.journey.received_at, r.journey.lane))


def route_by(
    ways: Ways,
    order: DoseOrder,
    slot: Slot,
    way: Journey,
    on: date,
    eos_at: int,
    hour_at: int = 0,
) -> Route | None:
    """The route of a batch whose EOS is known by a given journey; None where it does not hold.

    The dose is given no earlier than `hour_at`.
    """
    product, site = ways.programme.product[order.product], ways.programme.site[order.site]
    at = ways.use_at(site, on, way.received_at, product.preparation_min)
    at = None if at is None else max(at, hour_at)
    if at is None or not ways.holds(order, slot, site, way, at, eos_at):
        return None
    eos_mbq = activity_at_eos(order.activity_mbq, at - eos_at, product.half_life)
    return Route(slot, way, at, on, eos_mbq, ways.programme.lane[way.lane].cost_cents)
