"""The standing policy: data that planner and simulator both read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

Preference = Literal["fewest_batches", "recoverable", "freshest", "cheapest"]
OrderDays = Literal["on_offer", "any"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How orders are given to slots, and what is done when a batch fails."""

    preference: Annotated[
        Preference,
        "which way serves an order among those on its day: fill batches already open, "
        "the earliest batch, so that a later one can stand in for it, "
        "the shortest time from EOS, or the least cost",
    ] = "fewest_batches"
    order_days: Annotated[
        OrderDays,
        "a site orders a day on which some slot of the calendar can serve it (for a later dose "
        "one of its window), or any day, which may then never be met",
    ] = "on_offer"
    overage_fraction: Annotated[float, "isotope ordered beyond the planned need"] = 0.0
    spare_vials: Annotated[int, "vials filled beyond those ordered"] = 0
    shift_days: Annotated[bool, "an order may be moved inside its window"] = True
    backup: Annotated[bool, "orders of a failed batch are remade at any permitted plant"] = True
    backup_within_min: Annotated[int, "a stand-in batch starts so long after at most"] = 4320
    started_courses_first: Annotated[bool, "when short, started courses come first"] = True
    count_contested: Annotated[bool, "contested slots count as capacity"] = False
    use_options: Annotated[bool, "slots on option are called off when needed"] = True
    reorder_missed: Annotated[bool, "a missed dose is ordered again, a week later"] = True
    reorder_at_most: Annotated[int, "so many times"] = 2
