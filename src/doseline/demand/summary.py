"""Many samples of the demand in a few rows: what to expect, and how far it may go."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import numpy as np

from doseline.demand.sample import sampled_orders
from doseline.operations.orders import DoseOrder
from doseline.programme import Programme
from doseline.programme.programme import Question

K = TypeVar("K", bound=Hashable)
Samples = Sequence[Sequence[DoseOrder]]


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
    drawn = np.fromiter(values, dtype=np.float64)
    shares = [0.5, 0.25, 0.75, 0.05, 0.95, 0.025, 0.975]
    return Band(float(drawn.mean()), *(float(q) for q in np.quantile(drawn, shares)))


@dataclass(frozen=True, slots=True)
class MonthDemand:
    """The orders of one month, of all protocols or of one."""

    month_on: date
    orders: Band


@dataclass(frozen=True, slots=True)
class ProductDemand:
    """The orders of one product, and their activity at the infusion. [MBq]"""

    product: str
    orders: Band
    activity_mbq: Band


def demand_range(
    programme: Programme, question: Question, seed: int, samples: int
) -> tuple[float, float, float]:
    """Mean, and the limits of the middle 95 %, of the orders wanted in a question's period.

    From so many samples with perfect supply; cancelled orders are not counted. The limits say how
    far one future may lie from the mean, not how well the mean is known. Raises LookupError for an
    unknown uptake case.
    """
    return demand_ranges(programme, (question,), seed, samples)[question.id]


def demand_ranges(
    programme: Programme, questions: Sequence[Question], seed: int, samples: int
) -> dict[str, tuple[float, float, float]]:
    """What `demand_range` gives for each question, from one set of samples for all of a case."""
    found: dict[str, tuple[float, float, float]] = {}
    for case in dict.fromkeys(q.case for q in questions):
        asked = [q for q in questions if q.case == case]
        for question, counts in zip(
            asked, _counts(programme, asked, case, seed, samples), strict=True
        ):
            b = band(counts)
            found[question.id] = (b.mean, b.low_95, b.high_95)
    return found


def _counts(
    programme: Programme, asked: Sequence[Question], case: str | None, seed: int, samples: int
) -> list[list[float]]:
    """The orders of each question in each sample, all under one uptake case."""
    protocols = frozenset(p for q in asked for p in q.protocols)
    drawn = sampled_orders(
        programme,
        seed,
        samples,
        from_on=min(q.from_on for q in asked),
        until_on=max(q.until_on for q in asked),
        cases={p: case for p in protocols if p in programme.market} if case else None,
        protocols=protocols,
    )
    counts: list[list[float]] = [[] for _ in asked]
    for orders in drawn:
        for row, q in zip(counts, asked, strict=True):
            wanted = (o for o in orders if o.protocol in q.protocols)
            row.append(float(sum(q.from_on <= o.wanted_on <= q.until_on for o in wanted)))
    return counts


def by_month(samples: Samples, protocol: str | None = None) -> tuple[MonthDemand, ...]:
    """Orders wanted in each month, from the first with an order to the last."""
    counts = _counted(samples, lambda o: o.wanted_on.replace(day=1), lambda _: 1.0, protocol)
    if not counts:
        return ()
    month, last = min(counts), max(counts)
    rows = []
    while month <= last:
        rows.append(MonthDemand(month, band(counts.get(month, [0.0] * len(samples)))))
        month = (month.replace(day=28) + _WEEK).replace(day=1)
    return tuple(rows)


def by_product(samples: Samples, protocol: str | None = None) -> tuple[ProductDemand, ...]:
    """Orders and activity of each product."""
    orders = _counted(samples, lambda o: o.product, lambda _: 1.0, protocol)
    activity = _counted(samples, lambda o: o.product, lambda o: o.activity_mbq, protocol)
    return tuple(
        ProductDemand(product, band(orders[product]), band(activity[product]))
        for product in sorted(orders)
    )


_WEEK = date(2000, 1, 8) - date(2000, 1, 1)


def _counted(
    samples: Samples,
    key: Callable[[DoseOrder], K],
    amount: Callable[[DoseOrder], float],
    protocol: str | None,
) -> dict[K, list[float]]:
    """The total of an amount in each sample, by key; a sample without one has 0."""
    found: dict[K, list[float]] = {}
    for number, orders in enumerate(samples):
        for order in orders:
            if protocol is None or order.protocol == protocol:
                row = found.setdefault(key(order), [0.0] * len(samples))
                row[number] += amount(order)
    return found
