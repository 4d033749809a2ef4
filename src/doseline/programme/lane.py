"""How a package gets there: services, cut-offs, borders, permissions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Literal

from doseline.calendars import HolidayRule
from doseline.clock import WeekTime
from doseline.programme.product import Triangular

Mode = Literal["air", "road", "charter"]


@dataclass(frozen=True, slots=True)
class Carrier:
    """When a kind of transport moves, and how often it is late."""

    id: Annotated[str, "short name"]
    mode: Annotated[Mode, "air, road or charter"]
    stops_from: Annotated[WeekTime | None, "each week nothing moves from (origin local)"] = None
    stops_until: Annotated[WeekTime | None, "until"] = None
    holidays: Annotated[tuple[HolidayRule, ...], "days on which nothing moves"] = ()
    delay_fraction: Annotated[float, "chance of a delay of hours"] = 0.0
    delay: Annotated[Triangular | None, "what it adds"] = None
    day_delay_fraction: Annotated[float, "chance of a delay of a day or two"] = 0.0
    second_day_fraction: Annotated[float, "share of those that last two days"] = 0.0
    lost_fraction: Annotated[float, "chance of loss or damage, a package"] = 0.0
    winter_factor: Annotated[float, "odds of delay, December to February"] = 1.0
    second_package_fraction: Annotated[float, "cost of a further package, of the first"] = 1.0


@dataclass(frozen=True, slots=True)
class BorderOutcome:
    """One way a crossing can go."""

    chance_fraction: Annotated[float, "how often"]
    adds: Annotated[Triangular, "time it adds"]


@dataclass(frozen=True, slots=True)
class Border:
    """A crossing between markets; the planned transit of a lane includes its allowance."""

    id: Annotated[str, "short name"]
    from_markets: Annotated[tuple[str, ...], "markets a package comes from; none named: any other"]
    to_markets: Annotated[tuple[str, ...], "markets it enters"]
    outcomes: Annotated[tuple[BorderOutcome, ...], "how a crossing goes; chances add up to 1"]


@dataclass(frozen=True, slots=True)
class Lane:
    """One service from a plant to a region (or to single sites)."""

    id: Annotated[str, "short name"]
    manufacturer: Annotated[str, "plant of departure"]
    to: Annotated[tuple[str, ...], "regions or sites"]
    carrier: Annotated[str, "carrier"]
    planned_min: Annotated[int, "door to door, as planned, border allowance included"]
    cost_cents: Annotated[int, "first package of a shipment"]
    transit: Annotated[Triangular | None, "door to door when chance is on, border apart"] = None
    cut_off: Annotated[time | None, "local time of the collection; none: collected when ready"] = (
        None
    )
    weekdays: Annotated[tuple[str, ...], "collection days"] = (
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
    )
    notice_min: Annotated[int, "the service must be ordered this long before collection"] = 0


@dataclass(frozen=True, slots=True)
class Permission:
    """A manufacturer may supply a protocol in a market, from a day to a day.

    It covers the day on which the package is received, not the day on which it was made.
    """

    manufacturer: Annotated[str, "plant"]
    markets: Annotated[tuple[str, ...], "markets"]
    protocols: Annotated[tuple[str, ...], "trials or markets by id"]
    from_on: Annotated[date, "first day"]
    until_on: Annotated[date | None, "last day"] = None
    designs: Annotated[tuple[str, ...], "holds in these designs only; none named: in all"] = ()
    testing_min: Annotated[int, "import testing or certification adds to the transit"] = 0
    testing_cents: Annotated[int, "its cost, a batch"] = 0
