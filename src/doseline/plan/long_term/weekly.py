"""Expected orders by week, and from which slots each week of a site can be served. [model T3]"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from doseline.operations.orders import DoseOrder, OrderMix
from doseline.operations.routes import ways_of
from doseline.operations.slots import expand
from doseline.plan.model.candidates import best_choice, reach
from doseline.plan.model.lanes import Receipts
from doseline.plan.model.places import usable
from doseline.plan.model.sets import Choice, Place, Sets
from doseline.programme import Programme

LEAST = 1e-6
"""Fewer orders than this are none."""

_Kind = tuple[str, str, str, int, date]
"""Product, protocol, site, units, and the Monday of the week."""


def by_week(
    mix: Sequence[OrderMix], from_on: date, until_on: date
) -> tuple[tuple[DoseOrder, ...], tuple[float, ...]]:
    """A mix by product, protocol, site and week: an order for each, and how many there are of it.

    A row of the mix is spread evenly over its days. Where rows fall together they have their mean
    activity.
    """
    count: dict[_Kind, float] = defaultdict(float)
    mbq: dict[_Kind, float] = defaultdict(float)
    for row in mix:
        days = (row.until_on - row.from_on).days + 1
        for monday, shared in _weeks(row, from_on, until_on):
            key = (row.product, row.protocol, row.site, row.units, monday)
            many = row.orders * shared / days
            count[key] += many
            mbq[key] += many * row.activity_mbq
    kinds = sorted((k for k, n in count.items() if n > LEAST), key=lambda k: (k[4], k[:4]))
    orders = tuple(
        DoseOrder(
            id=f"{protocol} at {site}, week of {monday}",
            product=product,
            protocol=protocol,
            site=site,
            patient="",
            course_number=1,
            placed_at=0,
            wanted_on=max(monday, from_on),
            earliest_on=max(monday, from_on),
            latest_on=min(monday + timedelta(days=6), until_on),
            activity_mbq=mbq[product, protocol, site, units, monday]
            / count[product, protocol, site, units, monday],
            units=units,
        )
        for product, protocol, site, units, monday in kinds
    )
    return orders, tuple(count[k] for k in kinds)


def _weeks(row: OrderMix, from_on: date, until_on: date) -> Iterator[tuple[date, int]]:
    """The weeks of a row inside a horizon, each with its days in it."""
    first, last = max(row.from_on, from_on), min(row.until_on, until_on)
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        begins, ends = max(first, monday), min(last, monday + timedelta(days=6))
        yield monday, (ends - begins).days + 1
        monday += timedelta(days=7)


def gather_weeks(
    programme: Programme, orders: Sequence[DoseOrder], from_on: date, until_on: date
) -> Sets:
    """The sets of the tactical plan: places as in a plan, each kind served on any day of its week.

    Of the lanes that bring a kind to a day only the cheapest counts.
    """
    first, last = reach(programme, orders, from_on, until_on)
    wanted = {o.product for o in orders}
    slots = [s for s in expand(programme, first, last) if s.product in wanted]
    places, ways = usable(programme, slots, None, {}), ways_of(programme)
    of_site: dict[tuple[str, str], dict[date, list[int]]] = defaultdict(lambda: defaultdict(list))
    for i, order in enumerate(orders):
        monday = order.earliest_on - timedelta(days=order.earliest_on.weekday())
        of_site[order.site, order.product][monday].append(i)
    found: list[Choice] = []
    seen: Receipts = {}
    for (site_id, product), weeks in of_site.items():
        for s, place in enumerate(places):
            if place.slot.product != product:
                continue
            for day in _days(programme, site_id, place):
                mine = weeks.get(day - timedelta(days=day.weekday()), ())
                if not ways.treats(programme.site[site_id], day.toordinal()):
                    continue
                for i in mine:
                    order = orders[i]
                    if order.earliest_on <= day <= order.latest_on:
                        dated = replace(order, wanted_on=day)
                        choice = best_choice(ways, dated, i, place, s, day, seen)
                        if choice is not None:
                            found.append(replace(choice, moved_days=0))
    return Sets(programme, ways, tuple(orders), places, tuple(found), from_on, until_on)


def _days(programme: Programme, site_id: str, place: Place) -> Iterator[date]:
    zone = programme.site[site_id].zone
    lasts = programme.product[place.slot.product].shelf_life_min
    day = programme.clock.day(place.eos_last_at, zone)
    last = programme.clock.day(place.eos_first_at + lasts, zone)
    while day <= last:
        yield day
        day += timedelta(days=1)
