"""What orders cost when they go wrong, and what service is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class Penalty:
    """What a bad outcome costs, for a protocol (or for all others: protocol `*`)."""

    protocol: Annotated[str, "trial or market, or * for the rest"]
    missed_started_cents: Annotated[int, "dose missed in a started course"]
    missed_new_cents: Annotated[int, "first dose missed"]
    moved_day_cents: Annotated[int, "moved inside the window, a day"] = 0
    moved_outside_cents: Annotated[int, "moved outside the window"] = 0
    out_of_tolerance_cents: Annotated[int, "given outside tolerance"] = 0


@dataclass(frozen=True, slots=True)
class Ordering:
    """When orders are placed, and what befalls them."""

    placed_before_min: Annotated[int, "placed so long before the infusion"] = 20160
    confirmed_before_min: Annotated[int, "dose and weight confirmed"] = 11520
    cancelled_before_lock_fraction: Annotated[float, "cancelled before the lock"] = 0.0
    cancelled_before_production_fraction: Annotated[float, "between lock and production"] = 0.0
    cancelled_after_production_fraction: Annotated[float, "after production"] = 0.0
    moved_by_site_fraction: Annotated[float, "moved by the site before the lock"] = 0.0
    moved_by_site_min: Annotated[int, "by how much"] = 10080
    infusion_stopped_fraction: Annotated[float, "infusion stopped"] = 0.0
    cancel_late_cents: Annotated[int, "site's fee between the free date and production"] = 0
    unused_dose_cents: Annotated[int, "site's fee for a dose made and not used"] = 0
    free_cancel_before_min: Annotated[int, "cancellation is free until so long before"] = 14400
    placed_by_weekday: Annotated[
        str | None,
        "orders close on this day of the week that lies `placed_before`, in whole weeks, before "
        "the week of the infusion",
    ] = None
    ineligible_fraction: Annotated[
        float, "of those cancelled after production: the patient could not be treated, no fee"
    ] = 0.0


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs that belong to no single plant or lane."""

    waste_cents_per_mbq: Annotated[float, "activity thrown away"] = 0.0
    discount_fraction: Annotated[float, "a year, for present value"] = 0.0


@dataclass(frozen=True, slots=True)
class Target:
    """The service that is asked for."""

    otif_fraction: Annotated[float, "share on the day ordered and inside tolerance"]
    missed_fraction: Annotated[float, "most missed doses"] = 1.0
    slot_use_fraction: Annotated[float, "planned use of slots at most"] = 1.0
