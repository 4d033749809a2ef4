"""What can happen to a schedule that stands: a failure, a stop, a patient who moves.

Each is known at the instant at which a new plan is made. Spans run from one instant up to another,
the second not included; who does not know the end names the end of the period that is planned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from doseline.errors import ScheduleError
from doseline.operations.orders import DoseOrder


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant up to another. [min]

    >>> Span(60, 120).holds(60), Span(60, 120).holds(120)
    (True, False)
    >>> Span(60, 120).meets(0, 60), Span(60, 120).meets(0, 61)
    (False, True)
    """

    from_at: int
    until_at: int

    def __post_init__(self) -> None:
        if not self.from_at < self.until_at:
            text = f"a span from minute {self.from_at} ends at {self.until_at}, expected a later"
            raise ScheduleError(f"{text} end")

    def holds(self, at: int) -> bool:
        """Whether an instant lies in it."""
        return self.from_at <= at < self.until_at

    def meets(self, begins_at: int, ends_at: int) -> bool:
        """Whether it has a minute in common with a time that is not empty."""
        return self.from_at < ends_at and begins_at < self.until_at


@dataclass(frozen=True, slots=True)
class BatchFailed:
    """A batch gives no dose, those that have left it and are not yet given included."""

    batch: str


@dataclass(frozen=True, slots=True)
class LaneClosed:
    """No package leaves by a lane in a span; what is on its way arrives."""

    lane: str
    span: Span


@dataclass(frozen=True, slots=True)
class SourceStopped:
    """An isotope source delivers nothing in a span."""

    source: str
    span: Span


@dataclass(frozen=True, slots=True)
class LineDown:
    """A line labels and fills nothing in a span; a batch on it is lost."""

    line: str
    span: Span


@dataclass(frozen=True, slots=True)
class PlantDown:
    """A plant makes, tests and packs nothing in a span; a batch not yet ready to leave is lost."""

    manufacturer: str
    span: Span


@dataclass(frozen=True, slots=True)
class OrderMoved:
    """A patient can come on other days only: the order's new day and window."""

    order: str
    wanted_on: date
    earliest_on: date
    latest_on: date


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """A dose is no longer wanted."""

    order: str


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """A dose is asked for that was not known before."""

    order: DoseOrder


Happening = (
    BatchFailed
    | LaneClosed
    | SourceStopped
    | LineDown
    | PlantDown
    | OrderMoved
    | OrderCancelled
    | OrderPlaced
)
"""One thing that has happened."""


def orders_after(
    orders: Sequence[DoseOrder], happened: Iterable[Happening]
) -> tuple[DoseOrder, ...]:
    """The orders that stand once patients have moved, cancelled or come anew.

    What happens later in the list counts upon what happened before. Raises ScheduleError where an
    order is moved or cancelled that is not there, or one is placed that is.

    >>> orders_after([], [OrderCancelled("a")])
    Traceback (most recent call last):
    doseline.errors.ScheduleError: order 'a' is not among the orders
    """
    found = {o.id: o for o in orders}
    for what in happened:
        if isinstance(what, OrderPlaced):
            if what.order.id in found:
                raise ScheduleError(f"order {what.order.id!r} is among the orders already")
            found[what.order.id] = what.order
        elif isinstance(what, OrderMoved | OrderCancelled):
            if what.order not in found:
                raise ScheduleError(f"order {what.order!r} is not among the orders")
            if isinstance(what, OrderCancelled):
                del found[what.order]
                continue
            found[what.order] = replace(
                found[what.order],
                wanted_on=what.wanted_on,
                earliest_on=what.earliest_on,
                latest_on=what.latest_on,
            )
    return tuple(found.values())
