"""Where the radionuclide comes from: deliveries, offer, price, outages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import Annotated


@dataclass(frozen=True, slots=True)
class Delivery:
    """On which weekdays a source delivers to which plants."""

    manufacturers: Annotated[tuple[str, ...], "plants served"]
    weekdays: Annotated[tuple[str, ...], "delivery weekdays, e.g. Monday"]
    time: Annotated[time, "local time of delivery, which is also the calibration time"] = time(12)


@dataclass(frozen=True, slots=True)
class Outages:
    """Unplanned stops of a source: how often, how long, how deep."""

    per_year: Annotated[float, "mean number of outages a year"]
    median_min: Annotated[int, "median length (lognormal)"]
    p90_min: Annotated[int, "90th percentile of the length"]
    lost_low_fraction: Annotated[float, "least share of the volume lost (uniform)"] = 1.0
    lost_high_fraction: Annotated[float, "greatest share of the volume lost"] = 1.0


@dataclass(frozen=True, slots=True)
class IsotopeSource:
    """A supplier of one radionuclide for labelling."""

    id: Annotated[str, "short name"]
    name: Annotated[str, "name in print"]
    nuclide: Annotated[str, "radionuclide supplied"]
    deliveries: Annotated[tuple[Delivery, ...], "when it delivers where"]
    offer_per_week_mbq: Annotated[float, "activity on offer to the programme in an ISO week"]
    lot_mbq: Annotated[float, "orders are rounded up to whole lots"]
    lock_min: Annotated[int, "the order is fixed this long before delivery"]
    price_cents_per_mbq: Annotated[float, "price of the activity"]
    freight_cents: Annotated[int, "freight and container of a consignment"] = 0
    place: Annotated[str, "where it is"] = ""
    from_on: Annotated[date | None, "first day of supply"] = None
    until_on: Annotated[date | None, "last day of supply"] = None
    expiry_min: Annotated[int, "activity may be used so long after delivery"] = 30240
    received_low_fraction: Annotated[float, "received against ordered, least (uniform)"] = 1.0
    received_high_fraction: Annotated[float, "received against ordered, greatest"] = 1.0
    late_fraction: Annotated[float, "chance of arriving more than 24 h late"] = 0.0
    failed_fraction: Annotated[float, "chance of not being delivered"] = 0.0
    outages: Annotated[Outages | None, "unplanned stops"] = None
