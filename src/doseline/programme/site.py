"""Where a dose is given: treatment days, receipt, licence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import Annotated

from doseline.calendars import HolidayRule

WORKING_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


@dataclass(frozen=True, slots=True)
class LicenceGap:
    """Days on which a consignee's licence does not hold."""

    from_on: Annotated[date, "first day without"]
    until_on: Annotated[date, "last day without"]


@dataclass(frozen=True, slots=True)
class Licence:
    """What a consignee may hold."""

    nuclides: Annotated[tuple[str, ...], "radionuclides named"]
    limit_mbq: Annotated[float, "most activity in possession at any moment"]
    gaps: Annotated[tuple[LicenceGap, ...], "days without a valid licence"] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """A hospital: one consignee may be several sites that share licence and capacity."""

    id: Annotated[str, "short name"]
    name: Annotated[str, "city or institution"]
    consignee: Annotated[str, "licence holder; sites of one consignee share limit and capacity"]
    country: Annotated[str, "country, with region where it matters"]
    market: Annotated[str, "market it belongs to: US, EU, GB, ..."]
    region: Annotated[str, "region of the lanes"]
    zone: Annotated[str, "IANA time zone"]
    treatment_weekdays: Annotated[tuple[str, ...], "days on which it treats"]
    daily_capacity: Annotated[int, "infusions a day"]
    licence: Annotated[Licence | None, "none: nothing radioactive may be received"] = None
    holidays: Annotated[tuple[HolidayRule, ...], "days on which nobody is treated"] = ()
    active_from_on: Annotated[date | None, "opens"] = None
    active_until_on: Annotated[date | None, "closes"] = None
    receives_weekdays: Annotated[tuple[str, ...], "days on which packages are received"] = (
        WORKING_DAYS
    )
    receives_from: Annotated[time, "receipt opens"] = time(6)
    receives_until: Annotated[time, "receipt closes"] = time(17)
    infusion_earliest: Annotated[time, "first hour of infusion"] = time(9)
    infusion_usual: Annotated[time, "hour of infusion unless the package comes later"] = time(11)
    infusion_latest: Annotated[time, "last hour of infusion"] = time(16)
