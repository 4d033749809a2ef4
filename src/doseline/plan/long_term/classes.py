"""Kinds of orders as the headroom sees them, and the choices between them and the slots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from doseline.calendars import WEEKDAYS
from doseline.operations.orders import DoseOrder, OrderMix
from doseline.operations.routes import Ways, ways_of
from doseline.operations.slots import expand
from doseline.operations.timetables import treated
from doseline.plan.long_term.roads import Flags, Map
from doseline.plan.model.candidates import reach
from doseline.plan.model.places import usable
from doseline.plan.model.sets import Place, Roads, Sets, Table, table_of
from doseline.programme import Programme

_Alike = tuple[str, str, str]
"""Product, protocol and site: what kinds share that differ only by activity or weekday."""


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
    places, ways = usable(programme, slots, None, {}), ways_of(programme)
    columns = _columns(ways, kinds, places, from_on, until_on)
    return Sets(programme, ways, orders, places, (), from_on, until_on, columns=columns)


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


def _columns(
    ways: Ways, kinds: Sequence[Kind], places: Sequence[Place], from_on: date, until_on: date
) -> Table:
    """The choices between kinds and places: site by site, place by place, day by day.

    Kinds that differ only by activity or weekday share their roads, and so do sites of a kind.
    """
    first = min((k.from_on for k in kinds), default=from_on).toordinal()
    last = max((k.until_on for k in kinds), default=until_on).toordinal()
    found = Map(ways, places, first, max(0, last - first + 1))
    alike: dict[_Alike, list[int]] = defaultdict(list)
    for i, kind in enumerate(kinds):
        alike[kind.product, kind.protocol, kind.site].append(i)
    asked = {key: _days(found, ways, kinds, key, mine) for key, mine in alike.items()}
    shared: dict[tuple[str, str, int], list[_Alike]] = defaultdict(list)
    for key in alike:
        product, protocol, site = key
        shared[product, protocol, ways.kind(ways.programme.site[site])].append(key)
    parts: dict[_Alike, Table] = {}
    for (product, protocol, _), group in shared.items():
        wanted = np.logical_or.reduce([asked[key].any(axis=0) for key in group])
        roads = found.roads(product, protocol, ways.programme.site[group[0][2]], wanted)
        for key in group:
            parts[key] = _part(roads, kinds, alike[key], asked[key][:, roads.use_on - first])
    return _joined([parts[key] for key in alike])


def _days(found: Map, ways: Ways, kinds: Sequence[Kind], key: _Alike, mine: Sequence[int]) -> Flags:
    """On which days each of some kinds of a site is asked for. [kinds by days]"""
    day = found.first + np.arange(found.days)
    weekday = (day - 1) % 7  # ordinal 1 was a Monday
    open_days = treated(ways.programme.site[key[2]], found.first, found.days)
    treats = np.frombuffer(open_days, dtype=np.bool_)
    rows = [
        treats
        & np.array([n in kinds[i].weekdays for n in range(7)])[weekday]
        & (kinds[i].from_on.toordinal() <= day)
        & (day <= kinds[i].until_on.toordinal())
        for i in mine
    ]
    return np.array(rows, dtype=np.bool_)


def _part(roads: Roads, kinds: Sequence[Kind], mine: Sequence[int], asked: Flags) -> Table:
    """The choices of kinds of a site: by road, and for each the kinds that ask for it."""
    road, which = np.nonzero(asked.T)
    activity = np.array([kinds[i].activity_mbq for i in mine])
    return Table(
        order=np.array(mine, dtype=np.int64)[which],
        place=roads.place[road],
        use_on=roads.use_on[road],
        use_at=roads.use_at[road],
        load_mbq=roads.load_mbq[road] * activity[which],
        first_receipts=lambda: roads.received_first_at[road],
    )


def _joined(parts: Sequence[Table]) -> Table:
    if not parts:
        return table_of(())
    return Table(
        order=np.concatenate([p.order for p in parts]),
        place=np.concatenate([p.place for p in parts]),
        use_on=np.concatenate([p.use_on for p in parts]),
        use_at=np.concatenate([p.use_at for p in parts]),
        load_mbq=np.concatenate([p.load_mbq for p in parts]),
        first_receipts=lambda: np.concatenate([p.received_first_at for p in parts]),
    )
