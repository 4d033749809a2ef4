"""Real orders and forecasts of a file in the place of drawn ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from doseline.operations.orders import DoseOrder

Window = tuple[date, date]
"""The first and the last day of a span, both inside it."""

Kind = Literal["real", "forecast", "drawn"]
"""Where an order comes from: a real order or a forecast of a file, or drawn from the programme."""


@dataclass(frozen=True, slots=True)
class Filed:
    """The real orders and the forecasts of a file, to take the place of drawn orders.

    `until_on` states the last day of the window of the real orders; see `replaced`.
    """

    orders: tuple[DoseOrder, ...] = ()
    forecast: tuple[DoseOrder, ...] = ()
    until_on: date | None = None

    def among(self, drawn: Iterable[DoseOrder]) -> tuple[DoseOrder, ...]:
        """The orders of the file and, outside their windows, drawn ones."""
        return replaced(drawn, self.orders, self.forecast, until_on=self.until_on)

    def kinds(self) -> dict[str, Kind]:
        """The kind of each order of the file by its id; every other id is of a drawn order."""
        found: dict[str, Kind] = {o.id: "forecast" for o in self.forecast}
        return found | {o.id: "real" for o in self.orders}

    def spans(self) -> list[tuple[str, Window]]:
        """Every window in which no drawn order of a protocol stands."""
        real = windows(self.orders, self.until_on)
        return [*real.items(), *windows(self.forecast).items()]


def windows(orders: Iterable[DoseOrder], until_on: date | None = None) -> dict[str, Window]:
    """The window of each protocol that has an order: its first to its last day wanted.

    A stated last day holds for all of these protocols instead.
    """
    days: dict[str, list[date]] = {}
    for order in orders:
        days.setdefault(order.protocol, []).append(order.wanted_on)
    return {p: (min(found), until_on or max(found)) for p, found in days.items()}


def replaced(
    drawn: Iterable[DoseOrder],
    file_orders: Iterable[DoseOrder],
    file_forecast: Iterable[DoseOrder] = (),
    *,
    until_on: date | None = None,
) -> tuple[DoseOrder, ...]:
    """The orders of a file and, outside their windows, drawn ones; by the day wanted.

    The rule, for each protocol by itself:

    1. Every real order of the file stands.
    2. A protocol with a real order has a window: from the first to the last day wanted among its
       real orders, or until `until_on`, where stated. On a day inside it no
       forecast and no drawn order of that protocol stands. So where one real order reaches far
       ahead of the others, state `until_on`: the last day for which all orders are known.
    3. Forecasts have a window of their own, from the first to the last day wanted among them. On a
       day inside it no drawn order of that protocol stands.
    4. A dose stands once. A forecast with the id, or with the patient and course number, of a real
       order is that dose, on whatever day, and does not stand; nor does a drawn order with the id
       of a real order or of a forecast that stands.

    A protocol without a row of a kind has no window of that kind, also where a day is stated.
    """
    real, forecast = tuple(file_orders), tuple(file_forecast)
    real_windows = windows(real, until_on)
    forecast_windows = windows(forecast)
    ids = {o.id for o in real}
    doses = {_dose(o) for o in real}
    stands = [
        o
        for o in forecast
        if not _inside(o, real_windows) and o.id not in ids and _dose(o) not in doses
    ]
    ids.update(o.id for o in stands)
    rest = [
        o
        for o in drawn
        if not _inside(o, real_windows) and not _inside(o, forecast_windows) and o.id not in ids
    ]
    return tuple(sorted([*real, *stands, *rest], key=lambda o: (o.wanted_on, o.id)))


def _inside(order: DoseOrder, spans: Mapping[str, Window]) -> bool:
    span = spans.get(order.protocol)
    return span is not None and span[0] <= order.wanted_on <= span[1]


def _dose(order: DoseOrder) -> tuple[str, str, int]:
    return order.protocol, order.patient, order.course_number
