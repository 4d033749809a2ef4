"""Kinds of orders as the headroom sees them, and the choices between them and the slots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from doseline.calendars import WEEKDAYS
from doseline.operations.orders import DoseOrder, OrderMix
from doseline.operations.routes import Ways, ways_of
from doseline.operations.slots import expand
from doseline.plan.model.candidates import best_choice, reach
from doseline.plan.model.lanes import Receipts
from doseline.plan.model.places import usable
from doseline.plan.model.sets import Choice, Place, Sets
from doseline.programme import Programme


@dataclass(frozen=True, slots=True)
class Kind:
    """Orders of one kind: a row of the mix, or several taken together."""

    product: str
    protocol: str
    site: str
    weekdays: frozenset[int]
    activity_mbq: float
    orders: float
    from_on: date
    until_on: date
    units: int

    def __str__(self) -> str:
        if len(self.weekdays) == 7:
            return f"{self.protocol} at {self.site}"
        days = "/".join(WEEKDAYS[n] for n in sorted(self.weekdays))
        return f"{self.protocol} at {self.site} on {days}"


def kinds_of(
    mix: Sequence[OrderMix], from_on: date, until_on: date, keep_weekdays: bool
) -> tuple[Kind, ...]:
    """The kinds of a mix, each with the days of a period on which it arises.

    Where weekdays need not be kept, the rows of a site are one kind, of their mean activity, that
    any weekday serves.
    """
    kinds = [
        Kind(
            product=m.product,
            protocol=m.protocol,
            site=m.site,
            weekdays=frozenset([m.weekday]) if keep_weekdays else frozenset(range(7)),
            activity_mbq=m.activity_mbq,
            orders=m.orders,
            from_on=max(m.from_on, from_on),
            until_on=min(m.until_on, until_on),
            units=m.units,
        )
        for m in mix
        if m.orders > 0
    ]
    if keep_weekdays:
        return tuple(kinds)
    together: dict[tuple[str, str, str, int], list[Kind]] = defaultdict(list)
    for kind in kinds:
        together[kind.product, kind.protocol, kind.site, kind.units].append(kind)
    return tuple(_as_one(members) for members in together.values())


def _as_one(members: Sequence[Kind]) -> Kind:
    orders = sum(k.orders for k in members)
    return replace(
        members[0],
        activity_mbq=sum(k.orders * k.activity_mbq for k in members) / orders,
        orders=orders,
        from_on=min(k.from_on for k in members),
        until_on=max(k.until_on for k in members),
    )


def gather_classes(
    programme: Programme, kinds: Sequence[Kind], from_on: date, until_on: date
) -> Sets:
    """The sets of the headroom: each kind is an order that may be served many times."""
    orders = tuple(_as_order(m, f"{n}") for n, m in enumerate(kinds))
    first, last = reach(programme, orders, from_on, until_on)
    wanted = {o.product for o in orders}
    slots = [s for s in expand(programme, first, last) if s.product in wanted]
    places = usable(programme, slots, None, {})
    ways = ways_of(programme)
    choices = tuple(_choices(ways, kinds, orders, places))
    return Sets(programme, ways, orders, places, choices, from_on, until_on)


def _as_order(kind: Kind, name: str) -> DoseOrder:
    return DoseOrder(
        id=name,
        product=kind.product,
        protocol=kind.protocol,
        site=kind.site,
        patient="",
        course_number=1,
        placed_at=0,
        wanted_on=kind.from_on,
        earliest_on=kind.from_on,
        latest_on=kind.until_on,
        activity_mbq=kind.activity_mbq,
        units=kind.units,
    )


def _choices(
    ways: Ways, kinds: Sequence[Kind], orders: Sequence[DoseOrder], places: Sequence[Place]
) -> Iterator[Choice]:
    """Kinds that differ only by activity or weekday share their roads, so those come first."""
    alike: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for i, kind in enumerate(kinds):
        alike[kind.product, kind.protocol, kind.site].append(i)
    roads = _Roads(ways, places)
    for (product, _, site_id), mine in alike.items():
        weekdays = {n for i in mine for n in kinds[i].weekdays}
        site = ways.programme.site[site_id]
        for s, days in roads.days(product, site.zone):
            for day in days:
                if day.weekday() in weekdays and ways.treats(site, day.toordinal()):
                    yield from _on_day(roads, kinds, orders, mine, s, day)


class _Roads:
    """The cheapest way of 1 MBq from a place to a day: one for all sites of a kind."""

    def __init__(self, ways: Ways, places: Sequence[Place]) -> None:
        self._ways = ways
        self._places = places
        self._known: dict[tuple[str, str, int, int, date], Choice | None] = {}
        self._receipts: Receipts = {}
        self._days: dict[tuple[str, str], list[tuple[int, list[date]]]] = {}

    def days(self, product: str, zone: str) -> list[tuple[int, list[date]]]:
        """The places of a product, each with the days of a zone that its vials may keep until."""
        if (product, zone) not in self._days:
            clock = self._ways.programme.clock
            lasts = self._ways.programme.product[product].shelf_life_min
            self._days[product, zone] = found = []
            for s, place in enumerate(self._places):
                if place.slot.product == product:
                    first = clock.day(place.eos_last_at, zone)
                    last = clock.day(place.eos_first_at + lasts, zone)
                    ahead = range((last - first).days + 1)
                    found.append((s, [first + timedelta(days=n) for n in ahead]))
        return self._days[product, zone]

    def to(self, order: DoseOrder, s: int, day: date) -> Choice | None:
        """The choice that serves an order like this one on a day; None where there is none."""
        kind = self._ways.kind(self._ways.programme.site[order.site])
        key = (order.product, order.protocol, kind, s, day)
        if key not in self._known:
            probe = replace(order, activity_mbq=1.0, wanted_on=day)
            self._known[key] = best_choice(
                self._ways, probe, 0, self._places[s], s, day, self._receipts
            )
        return self._known[key]


def _on_day(
    roads: _Roads,
    kinds: Sequence[Kind],
    orders: Sequence[DoseOrder],
    mine: Sequence[int],
    s: int,
    day: date,
) -> Iterator[Choice]:
    weekday = day.weekday()
    for i in mine:
        kind = kinds[i]
        if weekday not in kind.weekdays or not kind.from_on <= day <= kind.until_on:
            continue
        found = roads.to(orders[i], s, day)
        if found is None:
            return
        yield Choice(
            order=i,
            place=s,
            route=found.route,
            load_mbq=found.load_mbq * kind.activity_mbq,
            moved_days=0,
            testing_min=found.testing_min,
            received_first_at=found.received_first_at,
        )
