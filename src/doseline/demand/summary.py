"""Many samples of the demand in a few rows: what to expect, and how far it may go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from doseline.demand.courses import STAGES
from doseline.demand.drawing import Drawing
from doseline.demand.luck import Floats, Ints
from doseline.demand.stages import Way, drawn_paths
from doseline.demand.table import OrderTable, counted, order_table
from doseline.operations.routes import ways_of
from doseline.programme import Programme
from doseline.programme.programme import Question

CHUNK = 64
"""So many futures are drawn at once, so that memory does not grow with their number."""

_SHARES = [0.5, 0.25, 0.75, 0.05, 0.95, 0.025, 0.975]


@dataclass(frozen=True, slots=True)
class Band:
    """A number over samples: its mean, and the middle 50, 90 and 95 % of the samples."""

    mean: float
    median: float
    low_50: float
    high_50: float
    low_90: float
    high_90: float
    low_95: float
    high_95: float


def band(values: Iterable[float]) -> Band:
    """The band of the values of a number, one from each sample.

    >>> b = band(range(101))
    >>> b.mean, b.median, b.low_50, b.high_90
    (50.0, 50.0, 25.0, 95.0)
    """
    return bands(np.fromiter(values, dtype=np.float64)[:, None])[0]


def bands(values: Floats) -> tuple[Band, ...]:
    """The band of each column of numbers, a row from each sample."""
    mean, shares = values.mean(axis=0), np.quantile(values, _SHARES, axis=0)
    return tuple(Band(*row) for row in np.vstack((mean, shares)).T.tolist())


@dataclass(frozen=True, slots=True)
class PeriodDemand:
    """The orders of one month or week, named by its first day."""

    from_on: date
    orders: Band


@dataclass(frozen=True, slots=True)
class ProductDemand:
    """The orders of one product, and their activity at the infusion. [MBq]"""

    product: str
    orders: Band
    activity_mbq: Band


class DemandCounts:
    """Orders counted by protocol and month, week or product, in each replication.

    Tables are added one after the other. Cancelled orders count apart.
    """

    def __init__(self, programme: Programme, from_on: date, until_on: date) -> None:
        self.first_day, self.last_day = from_on.toordinal(), until_on.toordinal()
        self.months = tuple(_months(from_on, until_on))
        monday = from_on - timedelta(days=from_on.weekday())
        weeks = (self.last_day - monday.toordinal()) // 7 + 1
        self.weeks = tuple(monday + timedelta(weeks=n) for n in range(weeks))
        protocols = [t.id for t in programme.trials] + [m.id for m in programme.markets]
        self._with_patients = len(protocols)
        protocols += [d.id for d in programme.standing_demand]
        self.protocols = tuple(protocols)
        self.products = tuple(p.id for p in programme.products)
        self.ways: list[Way] = []
        self._parts: dict[str, list[Floats]] = {}
        month_of = [d.replace(day=1) for d in map(date.fromordinal, self._days())]
        place = {month: n for n, month in enumerate(self.months)}
        self._month = np.array([place[m] for m in month_of], dtype=np.int64)

    def _days(self) -> range:
        return range(self.first_day, self.last_day + 1)

    def add(self, table: OrderTable) -> None:
        """Count the orders of some more replications."""
        kept = table.kept
        month = self._month[kept.wanted - self.first_day]
        week = (kept.wanted - self.weeks[0].toordinal()) // 7
        self._count("month", kept, month, len(self.months))
        self._count("week", kept, week, len(self.weeks))
        self._count("product", kept, kept.product, len(self.products))
        self._count("activity", kept, kept.product, len(self.products), kept.activity_mbq)
        self._count("stage", table, table.stage, len(STAGES))
        _, first = np.unique(kept.patient, return_index=True)
        people = kept.picked(first[kept.protocol[first] < self._with_patients])
        self._count("patients", people, np.zeros(len(people), dtype=np.int64), 1)

    def _count(
        self, name: str, table: OrderTable, key: Ints, size: int, amount: Floats | None = None
    ) -> None:
        many = len(self.protocols)
        found = counted(table, table.protocol * size + key, many * size, amount)
        self._parts.setdefault(name, []).append(found.reshape(len(table.replications), many, size))

    def of(self, name: str, protocols: Iterable[str] | None = None) -> Floats:
        """The counts by `month`, `week`, `product`, `activity`, `stage` or `patients`.

        A row a replication, over some protocols or all.
        """
        whole = np.concatenate(self._parts[name])
        if protocols is None:
            return np.asarray(whole.sum(axis=1))
        rows = [n for n, p in enumerate(self.protocols) if p in set(protocols)]
        return np.asarray(whole[:, rows].sum(axis=1))


def _months(from_on: date, until_on: date) -> Iterator[date]:
    month = from_on.replace(day=1)
    while month <= until_on:
        yield month
        month = (month.replace(day=28) + timedelta(days=7)).replace(day=1)


def demand_counts(
    programme: Programme,
    seed: int,
    samples: int,
    from_on: date | None = None,
    until_on: date | None = None,
    protocols: Iterable[str] | None = None,
    drawing: Drawing | None = None,
    stages: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> DemandCounts:
    """The demand of so many replications from 0 on, counted.

    With `stages` a trial or market begins only if the stage before it succeeded, and as late as
    that makes it; the ways that were taken stand in `ways`.
    """
    first, last = from_on or programme.from_on, until_on or programme.until_on
    kept = None if protocols is None else frozenset(protocols)
    drawing, found = drawing or Drawing(), DemandCounts(programme, first, last)
    for start in range(0, samples, CHUNK):
        numbers = range(start, min(start + CHUNK, samples))
        if stages:
            paths = drawn_paths(
                programme, ways_of(programme), seed, numbers, drawing.scenario, drawing.so_far,
                drawing.estimated,
            )  # fmt: skip
            drawing = replace(drawing, paths=paths)
            found.ways += paths.ways()
        found.add(order_table(programme, seed, numbers, first, last, kept, drawing))
        if progress is not None:
            progress(numbers.stop, samples)
    return found


def by_month(
    counts: DemandCounts, protocols: Iterable[str] | None = None
) -> tuple[PeriodDemand, ...]:
    """Orders wanted in each month, from the first with an order to the last."""
    return _periods(counts.months, counts.of("month", protocols))


def by_week(
    counts: DemandCounts, protocols: Iterable[str] | None = None
) -> tuple[PeriodDemand, ...]:
    """Orders wanted in each week from its Monday, from the first with an order to the last."""
    return _periods(counts.weeks, counts.of("week", protocols))


def _periods(starts: Sequence[date], values: Floats) -> tuple[PeriodDemand, ...]:
    some = np.flatnonzero(values.any(axis=0))
    if not some.size:
        return ()
    span = slice(int(some[0]), int(some[-1]) + 1)
    return tuple(map(PeriodDemand, starts[span], bands(values[:, span])))


def by_product(
    counts: DemandCounts, protocols: Iterable[str] | None = None
) -> tuple[ProductDemand, ...]:
    """Orders and activity of each product that is asked for."""
    orders, activity = (counts.of(name, protocols) for name in ("product", "activity"))
    some = np.flatnonzero(orders.any(axis=0)).tolist()
    found = [
        ProductDemand(counts.products[n], a, b)
        for n, a, b in zip(some, bands(orders[:, some]), bands(activity[:, some]), strict=True)
    ]
    return tuple(sorted(found, key=lambda p: p.product))


def demand_range(
    programme: Programme, question: Question, seed: int, samples: int
) -> tuple[float, float, float]:
    """Mean, and the limits of the middle 95 %, of the orders wanted in a question's period.

    From so many samples with perfect supply; cancelled orders are not counted. The limits say how
    far one future may lie from the mean, not how well the mean is known. Raises LookupError for an
    unknown uptake case.
    """
    cases = {p: question.case for p in question.protocols if p in programme.market}
    drawing = Drawing(cases={p: c for p, c in cases.items() if c is not None})
    counts = demand_counts(
        programme, seed, samples, question.from_on, question.until_on, question.protocols, drawing
    )
    found = band(counts.of("product", question.protocols).sum(axis=1).tolist())
    return found.mean, found.low_95, found.high_95
