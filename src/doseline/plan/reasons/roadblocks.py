"""Why there is no way at all from any slot to an order: the limit that the best of them meets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from doseline.operations.orders import DoseOrder
from doseline.operations.routes import Journey
from doseline.plan.model.candidates import in_reach, window
from doseline.plan.model.sets import Place, Sets
from doseline.plan.reasons.closures import closed_between
from doseline.programme.making import ready_min
from doseline.programme.site import Site

Found = tuple[int, str]
"""How many of the limits a way passes, and which it fails at."""

_NO_SLOT, _PERMISSION, _LANE, _LICENCE, _SHELF, _TREATS = range(6)


def no_choice(sets: Sets, order: DoseOrder, only: date | None = None) -> str:
    """The limit at which the way that comes furthest fails.

    The limits stand in this order: a slot, a permission, a lane in time, the site's licence, the
    shelf life, a day on which the site treats.
    """
    days = [only] if only is not None else list(window(sets.programme, order))
    failures = list(_failures(sets, order, days))
    if not failures:
        told = f"no slot of {order.product} in time for {_span(days)}"
        return told + _closed_before(sets, order, days[0], days[-1])
    best = max(failures, key=lambda f: f[0])
    if best[0] == _TREATS:
        return best[1] + _only_in_reach(failures, days)
    return best[1]


def _closed_before(sets: Sets, order: DoseOrder, first: date, last: date) -> str:
    """The slots that would have come within a shelf life of some days, and fall away."""
    back = timedelta(minutes=sets.programme.product[order.product].shelf_life_min)
    return closed_between(sets.programme, order.product, first - back, last)


def _only_in_reach(failures: list[Found], days: list[date]) -> str:
    """Whether the other days of the window are out of reach anyway."""
    told = {f[1] for f in failures if f[0] == _TREATS}
    alone = len(told) == 1 and len(days) > 1
    return ", the only day of its window in reach of a batch" if alone else ""


def _span(days: list[date]) -> str:
    return f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _failures(sets: Sets, order: DoseOrder, days: list[date]) -> Iterator[Found]:
    mine = [p for p in sets.places if p.slot.product == order.product]
    charges = [p.slot.charge_at for p in mine]
    site = sets.programme.site[order.site]
    for on in days:
        begins = sets.programme.clock.day_start(on, site.zone)
        low, high = in_reach(sets.programme, order.product, charges, begins)
        for place in mine[low:high]:
            yield from _of_place(sets, order, site, place, on)


def _of_place(sets: Sets, order: DoseOrder, site: Site, place: Place, on: date) -> Iterator[Found]:
    ways, plant = sets.ways, place.slot.manufacturer
    lanes = ways.lanes(plant, site)
    if not lanes:
        if ways.permission(plant, site, order.protocol, on) is None:
            yield _PERMISSION, _no_permission(plant, order, site, on)
        else:
            yield _LANE, f"no lane from {plant} to {site.id}"
    ready = place.ready_at
    if place.locked is None:
        takes = ready_min(sets.programme.product[order.product], place.slot.vials_max)
        ready = place.eos_last_at + takes
    for testing in ways.testing_min(plant, site, order.protocol):
        for lane in lanes:
            way = ways.journey(lane, site, ready, testing)
            yield _of_journey(sets, order, site, place, way, on)


def _of_journey(
    sets: Sets, order: DoseOrder, site: Site, place: Place, way: Journey, on: date
) -> Found:
    ways, product = sets.ways, sets.programme.product[order.product]
    plant, clock = place.slot.manufacturer, sets.programme.clock
    received_on = clock.day(way.received_at, site.zone)
    permission = ways.permission(plant, site, order.protocol, received_on)
    if permission is None:
        return _PERMISSION, _no_permission(plant, order, site, received_on)
    if permission.testing_min != way.testing_min:
        asked = f"import testing of {permission.testing_min / 60:g} h"
        told = f"no permission: {plant} may supply {order.protocol} in {site.market}"
        return _PERMISSION, f"{told} on {received_on} after {asked} only, which ends later"
    at = ways.use_at(site, on, way.received_at, product.preparation_min)
    if at is None:
        told = f"{clock.local(way.received_at, site.zone):%a %Y-%m-%d %H:%M}"
        return _LANE, f"no lane in time for {on}: {way.lane} brings {place.slot.id} on {told}"
    hold = product.shipper_hold_min
    if hold is not None and way.received_at - way.dispatch_at > hold:
        takes = f"{(way.received_at - way.dispatch_at) / 60:.0f} h from {place.slot.id}"
        told = f"lane {way.lane} takes longer than the shipper holds"
        return _LANE, f"{told}: {takes}, and it holds {hold / 60:.0f} h"
    if not ways.licensed(site, product.nuclide, received_on):
        return _LICENCE, f"licence of {site.id}: no {product.nuclide} on {received_on}"
    if at + product.infusion_min > place.eos_first_at + product.shelf_life_min:
        told = f"shelf life of {place.slot.id} ends before the visit on {on}"
        return _SHELF, told + _closed_before(sets, order, on, on)
    if not ways.treats(site, on.toordinal()):
        return _TREATS, f"site {site.id} does not treat on {on:%A} {on}"
    return _TREATS, f"no way from {place.slot.id} on {on}"


def _no_permission(plant: str, order: DoseOrder, site: Site, on: date) -> str:
    return f"no permission: {plant} may not supply {order.protocol} in {site.market} on {on}"
