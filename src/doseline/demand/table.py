"""The dose orders of many futures as one table: what `sample` draws, a column at a time.

Nothing here draws otherwise than `patients` and `orders` do, which the simulator plays: the numbers
are the same and so are the orders; only the way of working them out differs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doseline.demand.courses import Columns, Course, course_orders
from doseline.demand.drawing import Drawing, DrawnCourse, drawn_courses
from doseline.demand.luck import Floats, Ints
from doseline.demand.replacing import Filed
from doseline.operations.ordering import standing_orders
from doseline.operations.orders import DoseOrder
from doseline.operations.routes import ways_of
from doseline.programme import Programme


@dataclass(frozen=True, slots=True)
class OrderTable:
    """Dose orders of some replications, a row each, in no particular order.

    `replication` is the replication itself; `protocol`, `product` and `site` are places in the
    names; days are ordinals. `patient` numbers the patients of the table; a standing demand is one
    patient of each replication. `stage` counts `courses.STAGES`: 0 is an order that was let stand.
    [MBq at the infusion]
    """

    replications: tuple[int, ...]
    protocols: tuple[str, ...]
    products: tuple[str, ...]
    sites: tuple[str, ...]
    replication: Ints
    protocol: Ints
    product: Ints
    site: Ints
    patient: Ints
    course_number: Ints
    attempt: Ints
    wanted: Ints
    earliest: Ints
    latest: Ints
    activity_mbq: Floats
    started: Ints
    stage: Ints

    def __len__(self) -> int:
        return len(self.wanted)

    def picked(self, which: NDArray[Any]) -> OrderTable:
        """Some of the rows, by a mask or by positions."""
        names = [f.name for f in fields(self)]
        values = [getattr(self, name) for name in names[:4]]
        return OrderTable(*values, *(getattr(self, name)[which] for name in names[4:]))

    @property
    def kept(self) -> OrderTable:
        """The orders that were not cancelled."""
        return self.picked(self.stage == 0)


def order_table(
    programme: Programme,
    seed: int,
    replications: Sequence[int],
    from_on: date | None = None,
    until_on: date | None = None,
    protocols: Collection[str] | None = None,
    drawing: Drawing | None = None,
) -> OrderTable:
    """The orders of some replications, the cancelled ones too, wanted between two days.

    Between the programme's own days where none are given. Raises LookupError for an unknown uptake
    case.
    """
    replications = sorted(replications)
    ways, drawing = ways_of(programme), drawing or Drawing()
    first = (from_on or programme.from_on).toordinal()
    last = (until_on or programme.until_on).toordinal()
    names = _Names(programme)
    parts: list[tuple[Any, ...]] = []
    patients = 0
    taken = {o.id for o in drawing.filed.among(())} if drawing.filed else frozenset[str]()
    for drawn in drawn_courses(programme, ways, seed, replications, protocols, drawing):
        course, ordering = drawn.course, programme.ordering_of(drawn.protocol)
        gone = _keys_named(drawn, taken)
        for c in course_orders(course, ordering, programme.policy, drawn.calendar):
            if gone.size:
                c = c.picked(~np.isin(_keys(drawn, c), gone))
            parts.append(_rows(names, drawn, c, patients))
        patients += len(course.site)
    for demand in programme.standing_demand:
        if protocols is None or demand.id in protocols:
            standing = (
                o for o in standing_orders(programme, demand, ways.treats) if o.id not in taken
            )
            parts.append(_certain(names, standing, replications, patients))
            patients += len(replications)
    table = _joined(names, replications, parts)
    if drawing.filed is not None:
        table = _with_filed(names, table, drawing.filed, replications, patients)
    inside = (table.wanted >= first) & (table.wanted <= last)
    if protocols is not None:
        inside &= np.array([p in protocols for p in table.protocols], dtype=np.bool_)[
            table.protocol
        ]
    return table.picked(inside)


def _joined(
    names: _Names, replications: Sequence[int], parts: Sequence[tuple[Any, ...]]
) -> OrderTable:
    columns = [np.concatenate(c) for c in zip(names.nothing, *parts, strict=True)]
    return OrderTable(tuple(replications), *names.all, *columns)


def _with_filed(
    names: _Names, table: OrderTable, filed: Filed, replications: Sequence[int], patients: int
) -> OrderTable:
    """The table with the orders of a file in every replication, and without those they replace."""
    stays = np.ones(len(table), dtype=np.bool_)
    for protocol, (begin, end) in filed.spans():
        here = table.protocol == names.protocol[protocol]
        here &= (table.wanted >= begin.toordinal()) & (table.wanted <= end.toordinal())
        stays &= ~here
    kept = table.picked(stays)
    columns = tuple(getattr(kept, f.name) for f in fields(kept)[4:])
    certain = _certain(names, filed.among(()), replications, patients)
    return _joined(names, replications, [columns, certain])


_DRAWN_ID = re.compile(r"(?P<where>.+)-(?P<rank>\d+)/(?P<visit>\d+)(\.(?P<attempt>\d+))?")


def _keys(drawn: DrawnCourse, c: Columns) -> Ints:
    """A number for each order that is the same for the same id, in any replication."""
    course = drawn.course
    where = course.site if drawn.of_trial else course.drawn.entity.astype(np.int64)
    rank = course.drawn.rank.astype(np.int64)
    return np.asarray(_key(where[c.patient], rank[c.patient], c.visit, c.attempt))


def _key(where: Any, rank: Any, visit: Any, attempt: Any) -> Any:
    return ((where << 32 | rank) << 8 | visit) << 8 | attempt


def _keys_named(drawn: DrawnCourse, ids: Collection[str]) -> Ints:
    """The keys of those ids that orders of a course may have; see `sample` for how they are made.

    Where the trial has a site, `where` is its row; in a market it is the year.
    """
    begins = f"{drawn.protocol}-"
    rows = {site: n for n, site in enumerate(drawn.calendar.sites)}
    found = []
    for one in ids:
        match = _DRAWN_ID.fullmatch(one.removeprefix(begins)) if one.startswith(begins) else None
        if match is None:
            continue
        name, rank = match["where"], int(match["rank"]) - 1
        visit, attempt = int(match["visit"]) - 1, int(match["attempt"] or 0)
        where = rows.get(name) if drawn.of_trial else _year(name)
        if where is not None and rank < 1 << 31 and visit < 256 and attempt < 256:
            found.append(_key(where, rank, visit, attempt))
    return np.array(found, dtype=np.int64)


def _year(name: str) -> int | None:
    return int(name[1:]) if re.fullmatch(r"Y[1-9]\d?", name) else None


class _Names:
    """Protocols, products and sites by place."""

    def __init__(self, programme: Programme) -> None:
        protocols = [t.id for t in programme.trials] + [m.id for m in programme.markets]
        protocols += [d.id for d in programme.standing_demand]
        products, sites = [p.id for p in programme.products], [s.id for s in programme.sites]
        self.all = tuple(protocols), tuple(products), tuple(sites)
        self.protocol, self.product, self.site = (
            {name: n for n, name in enumerate(names)} for names in self.all
        )
        both: list[Any] = [*programme.trials, *programme.markets]
        self._product_of = {p.id: p.product for p in both}
        none = np.zeros(0, dtype=np.int64)
        self.nothing = [none] * 10 + [np.zeros(0), none, none]

    def products_of(self, protocol: str, course: Course) -> Ints:
        """The product of each visit of a course."""
        plain = self._product_of[protocol]
        return np.array([self.product[v.product or plain] for v in course.arm.visits])


def _rows(names: _Names, drawn: DrawnCourse, c: Columns, first_patient: int) -> tuple[Any, ...]:
    course, protocol = drawn.course, drawn.protocol
    site = np.array([names.site[s] for s in drawn.calendar.sites], dtype=np.int64)
    return (
        course.drawn.replication[c.patient],
        np.full(len(c.patient), names.protocol[protocol], dtype=np.int64),
        names.products_of(protocol, course)[c.visit],
        site[course.site[c.patient]],
        c.patient + first_patient,
        c.visit + 1,
        c.attempt,
        c.wanted,
        c.earliest,
        c.latest,
        c.activity_mbq,
        c.started,
        c.stage,
    )


def _certain(
    names: _Names, orders: Iterable[DoseOrder], replications: Sequence[int], first_patient: int
) -> tuple[Any, ...]:
    """Orders that stand in every replication, each time of patients of their own."""
    listed = list(orders)
    people = {p: n for n, p in enumerate(dict.fromkeys((o.protocol, o.patient) for o in listed))}
    rows = [
        (
            *(names.protocol[o.protocol], names.product[o.product], names.site[o.site]),
            *(people[o.protocol, o.patient], o.course_number, 0),
            *(d.toordinal() for d in (o.wanted_on, o.earliest_on, o.latest_on)),
            *(int(o.started), 0),
        )
        for o in listed
    ]
    many = len(replications)
    plain = np.tile(np.array(rows, dtype=np.int64).reshape(-1, 11), (many, 1))
    activity = np.tile(np.array([o.activity_mbq for o in listed], dtype=np.float64), many)
    place = np.repeat(np.arange(many), len(listed))
    plain[:, 3] += first_patient + place * len(people)
    return (
        np.asarray(replications, dtype=np.int64)[place],
        *plain[:, :9].T,
        activity,
        *plain[:, 9:].T,
    )


def counted(table: OrderTable, key: Ints, size: int, amount: Floats | None = None) -> Floats:
    """Orders, or an amount of them, in each replication (rows) by a key (columns 0 to `size`).

    Rows stand in the order of the table's replications, which rises.
    """
    place = np.searchsorted(np.asarray(table.replications), table.replication)
    found = np.bincount(place * size + key, amount, len(table.replications) * size)
    return np.asarray(found, dtype=np.float64).reshape(len(table.replications), size)
