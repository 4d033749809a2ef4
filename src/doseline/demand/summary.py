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
    named = question.case
    cases = {p: named for p in question.protocols if p in programme.market} if named else None
    drawn = sampled_orders(
        programme,
        seed,
        samples,
        from_on=question.from_on,
        until_on=question.until_on,
        cases=cases,
        protocols=question.protocols,
    )
    found = band(float(len(orders)) for orders in drawn)
    return found.mean, found.low_95, found.high_95


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
