"""A shipment against its lane, its carrier and the door of its site."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from doseline.calendars import Stops
from doseline.operations.check_case import Case, Served, breach, in_span, on_weekday
from doseline.operations.check_kinds import Breach, BreachKind
from doseline.operations.schedule import Batch, Shipment
from doseline.programme.lane import Lane, Permission


def road_breaches(case: Case) -> Iterator[Breach]:
    """Every breach of a shipment, one of a locked batch included."""
    stops: dict[str, Stops] = {}
    carried: dict[str, list[Served]] = {}
    for row in case.served:
        carried.setdefault(row.allocation.shipment, []).append(row)
    for shipment, batch in case.known_shipments:
        lane = case.programme.lane[shipment.lane]
        if lane.id not in stops:
            stops[lane.id] = _stops(case, lane, batch)
        yield from _lane(case, shipment, batch, lane)
        yield from _departure(case, shipment, batch, lane, stops[lane.id])
        served = carried.get(shipment.id, [])
        yield from _permissions(case, shipment, batch, served)
        yield from _transit(case, shipment, batch, stops[lane.id], served)
        yield from _door(case, shipment)
        yield from _packages(shipment, served)


def _packages(shipment: Shipment, served: list[Served]) -> Iterator[Breach]:
    """Each dose is a package of its own; one sent for a dose since lost may be there as well."""
    own = [s for s in served if (s.batch.id, s.order.site) == (shipment.batch, shipment.site)]
    if shipment.packages < len(own):
        text = f"{shipment.packages} packages, expected at least {len(own)}, one for each dose"
        yield breach(BreachKind.TOO_FEW_PACKAGES, shipment.id, text, shipment.dispatch_at)


def _stops(case: Case, lane: Lane, batch: Batch) -> Stops:
    carrier = case.programme.carrier[lane.carrier]
    zone = case.plant(batch).zone
    return Stops(zone, carrier.holidays, carrier.stops_from, carrier.stops_until)


def _lane(case: Case, shipment: Shipment, batch: Batch, lane: Lane) -> Iterator[Breach]:
    site = case.programme.site[shipment.site]
    if lane.manufacturer != batch.manufacturer:
        text = f"lane {lane.id} leaves from {lane.manufacturer}, expected one from"
        text = f"{text} {batch.manufacturer}"
    elif site.id not in lane.to and site.region not in lane.to:
        text = f"lane {lane.id} goes to {', '.join(lane.to)}, expected one to {site.id}"
    else:
        return
    yield breach(BreachKind.LANE_LEADS_ELSEWHERE, shipment.id, text, shipment.dispatch_at)


def _departure(
    case: Case, shipment: Shipment, batch: Batch, lane: Lane, stops: Stops
) -> Iterator[Breach]:
    at, zone, clock = shipment.dispatch_at, case.plant(batch).zone, case.programme.clock
    ready = max(batch.released_at, batch.packed_at)
    if at < ready:
        text = f"leaves {case.told(at, zone)}, expected {case.told(ready, zone)} or later, when"
        text = f"{text} batch {batch.id} is released and packed"
        yield breach(BreachKind.DISPATCHED_BEFORE_READY, (shipment.id, batch.id), text, at)
    if lane.cut_off is None:
        if not stops.is_moving(clock, at):
            text = f"leaves {case.told(at, zone)}, while carrier {lane.carrier} stands still"
            yield breach(
                BreachKind.NO_COLLECTION, shipment.id, f"{text}; expected an hour it moves", at
            )
        return
    day = clock.day(at, zone)
    carrier = case.programme.carrier[lane.carrier]
    collects = on_weekday(day, lane.weekdays) and not any(
        rule.is_holiday(day) for rule in carrier.holidays
    )
    if not collects or clock.at(day, lane.cut_off, zone) != at:
        text = f"leaves {case.told(at, zone)}, expected a collection of lane {lane.id}:"
        text = f"{text} {'/'.join(lane.weekdays)} {lane.cut_off:%H:%M}, carrier's holidays apart"
        yield breach(BreachKind.NO_COLLECTION, shipment.id, text, at)


def _covering(case: Case, row: Served, shipment: Shipment, on: date) -> list[Permission]:
    market = case.programme.site[shipment.site].market
    return [
        p
        for p in case.programme.permissions
        if p.manufacturer == row.batch.manufacturer
        and market in p.markets
        and row.order.protocol in p.protocols
        and in_span(on, p.from_on, p.until_on)
    ]


def _received_on(case: Case, shipment: Shipment) -> date:
    zone = case.programme.site[shipment.site].zone
    return case.programme.clock.day(shipment.received_at, zone)


def _permissions(
    case: Case, shipment: Shipment, batch: Batch, served: list[Served]
) -> Iterator[Breach]:
    on = _received_on(case, shipment)
    site, product = case.programme.site[shipment.site], case.product(batch)
    for row in served:
        if not _covering(case, row, shipment, on):
            text = f"received on {on}, expected a permission that lets {batch.manufacturer} supply"
            text = f"{text} {row.order.protocol} in {site.market} on that day"
            yield breach(
                BreachKind.NO_PERMISSION, (row.order.id, shipment.id), text, shipment.received_at
            )
    if product.nuclide is None:
        return
    licence = site.licence
    if licence is None or product.nuclide not in licence.nuclides:
        named = ", ".join(licence.nuclides) if licence else "nothing radioactive"
        text = f"brings {product.nuclide} to {site.id}, expected what its licence names: {named}"
        yield breach(BreachKind.NO_LICENCE, shipment.id, text, shipment.received_at)
        return
    for gap in licence.gaps:
        if in_span(on, gap.from_on, gap.until_on):
            text = f"received on {on}, expected a day outside the licence gap of {site.id},"
            text = f"{text} {gap.from_on} to {gap.until_on}"
            yield breach(BreachKind.NO_LICENCE, shipment.id, text, shipment.received_at)


def _transit(
    case: Case, shipment: Shipment, batch: Batch, stops: Stops, served: list[Served]
) -> Iterator[Breach]:
    """The package takes what the lane plans, and the longest import testing of what it carries.

    Where several permissions cover an order, the one with the least testing counts.
    """
    on = _received_on(case, shipment)
    testing = max(
        (
            min((p.testing_min for p in _covering(case, row, shipment, on)), default=0)
            for row in served
        ),
        default=0,
    )
    lane, clock = case.programme.lane[shipment.lane], case.programme.clock
    site, zone = case.programme.site[shipment.site], case.programme.site[shipment.site].zone
    earliest = stops.after_moving(clock, shipment.dispatch_at, lane.planned_min + testing)
    if shipment.received_at < earliest:
        text = f"received {case.told(shipment.received_at, zone)} at {site.id}, expected"
        text = f"{text} {case.told(earliest, zone)} or later by lane {lane.id}"
        yield breach(BreachKind.RECEIVED_TOO_SOON, shipment.id, text, shipment.received_at)
    hold = case.product(batch).shipper_hold_min
    taken = shipment.received_at - shipment.dispatch_at
    if hold is not None and taken > hold:
        text = f"is {taken} min on its way, expected at most the {hold} min the shipper holds"
        yield breach(BreachKind.SHIPPER_HOLD_EXCEEDED, shipment.id, text, shipment.received_at)


def _door(case: Case, shipment: Shipment) -> Iterator[Breach]:
    site, clock, at = case.programme.site[shipment.site], case.programme.clock, shipment.received_at
    day = clock.day(at, site.zone)
    opens = clock.at(day, site.receives_from, site.zone)
    closes = clock.at(day, site.receives_until, site.zone)
    closed = not on_weekday(day, site.receives_weekdays) or any(
        rule.is_holiday(day) for rule in site.holidays
    )
    if closed or not opens <= at <= closes:
        text = f"received {case.told(at, site.zone)}, expected {'/'.join(site.receives_weekdays)}"
        text = f"{text} {site.receives_from:%H:%M} to {site.receives_until:%H:%M}, holidays apart"
        yield breach(BreachKind.RECEIPT_CLOSED, shipment.id, text, at)
