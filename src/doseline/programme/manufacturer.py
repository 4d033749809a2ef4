"""Who makes it: plants, lines, slots, limits, failures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Literal

from doseline.calendars import HolidayRule
from doseline.clock import WeekTime
from doseline.programme.product import Triangular

SlotKind = Literal["reserved", "option", "contested"]
Stage = Literal["before_fill", "qc", "qa"]


@dataclass(frozen=True, slots=True)
class SlotRule:
    """A weekly place on a line, named by the local time at which labelling starts."""

    at: Annotated[WeekTime, "weekday and local time of the start of labelling"]
    products: Annotated[
        tuple[str, ...], "products that may use it; none named: all of the line"
    ] = ()
    kind: Annotated[
        SlotKind, "reserved; on option (called off in time, for a fee); or contested by others"
    ] = "reserved"
    every_weeks: Annotated[int, "1 weekly, 2 every second ISO week, ..."] = 1
    from_on: Annotated[date | None, "first day"] = None
    until_on: Annotated[date | None, "last day"] = None
    call_off_min: Annotated[int, "an option is called off this long before its start"] = 0
    fee_cents: Annotated[int, "paid when an option is called off"] = 0
    free_fraction: Annotated[float, "chance that a contested slot is free for this programme"] = 1.0


@dataclass(frozen=True, slots=True)
class Block:
    """A time in which a line makes nothing: media fill, maintenance, requalification."""

    from_on: Annotated[date, "first day"]
    until_on: Annotated[date, "last day"]
    reason: Annotated[str, "media fill, maintenance, ..."] = "maintenance"


@dataclass(frozen=True, slots=True)
class Line:
    """A hot cell with its crew; it holds one batch from labelling to the end of turnaround."""

    id: Annotated[str, "short name"]
    products: Annotated[tuple[str, ...], "products it can make"]
    slots: Annotated[tuple[SlotRule, ...], "its weekly slots"]
    vials_max: Annotated[int, "most vials (or units) in a batch"]
    bulk_max_mbq: Annotated[float | None, "most activity in the bulk at EOS"] = None
    vial_min: Annotated[float, "minutes to fill a vial"] = 0.0
    turnaround_min: Annotated[int, "from EOS until the line is free: clean-down and decay wait"] = 0
    changeover_min: Annotated[int, "added when the next batch is of another product"] = 0
    blocks: Annotated[tuple[Block, ...], "when it is blocked"] = ()


@dataclass(frozen=True, slots=True)
class FailureCause:
    """Why a batch fails, how often, and when it is noticed."""

    cause: Annotated[str, "name of the cause"]
    chance_fraction: Annotated[float, "of the batches started, at a mature plant"]
    stage: Annotated[Stage, "noticed before filling, at QC, or at the QA release"]


@dataclass(frozen=True, slots=True)
class Learning:
    """A new plant fails more often: p(n) = floor + (first - floor) * 0.5 ** (n / halved_after)."""

    first_fraction: Annotated[float, "chance that the first batch fails"]
    floor_fraction: Annotated[float, "chance when mature"]
    halved_after_batches: Annotated[int, "the excess halves after so many batches"] = 30


@dataclass(frozen=True, slots=True)
class Ramp:
    """After a plant becomes available it starts with smaller batches."""

    until_on: Annotated[date, "last day of the ramp"]
    vials_fraction: Annotated[float, "share of the vials of a full batch"]


@dataclass(frozen=True, slots=True)
class Availability:
    """Which product a plant can make, and when; before that its slots serve validation."""

    product: Annotated[str, "product"]
    from_on: Annotated[date, "first day of usable batches, after transfer and validation"]
    until_on: Annotated[date | None, "last day"] = None
    transfer_starts_on: Annotated[date | None, "technology transfer begins"] = None
    conformance_batches: Annotated[
        int, "validation batches, in the last slots before the first day"
    ] = 0
    ramp: Annotated[tuple[Ramp, ...], "smaller batches at first"] = ()


@dataclass(frozen=True, slots=True)
class Manufacturer:
    """A plant: its firm, its clock, its lines and its limits."""

    id: Annotated[str, "short name"]
    name: Annotated[str, "name in print"]
    firm: Annotated[str, "owner; plants of one firm can fail together"]
    country: Annotated[str, "country, with region where it matters, e.g. CA-ON"]
    zone: Annotated[str, "IANA time zone"]
    weekdays: Annotated[tuple[str, ...], "working days"]
    crew_from: Annotated[time, "crews from"]
    crew_until: Annotated[time, "crews until"]
    lines: Annotated[tuple[Line, ...], "hot cells"]
    makes: Annotated[tuple[Availability, ...], "products and dates"]
    sources: Annotated[tuple[str, ...], "isotope sources, first choice first"] = ()
    holidays: Annotated[tuple[HolidayRule, ...], "days on which the plant is closed"] = ()
    closed_weeks: Annotated[tuple[int, ...], "ISO weeks of shutdown or media fill"] = ()
    closes_on: Annotated[date | None, "the plant closes for good"] = None
    batches_per_day: Annotated[int, "batches the crews can start in a day"] = 1
    qc_releases_per_day: Annotated[int, "batches QC can release in a day"] = 1
    possession_limit_mbq: Annotated[float | None, "licence of the plant"] = None
    waste_kept_min: Annotated[int, "deliveries count against the licence so long"] = 40320
    usable_slots_fraction: Annotated[float, "chance that a planned slot can be used"] = 1.0
    failures: Annotated[tuple[FailureCause, ...], "why batches fail"] = ()
    learning: Annotated[Learning | None, "how failures fall with experience"] = None
    failures_cluster_factor: Annotated[float, "chance of failure after a failure, as a factor"] = (
        1.0
    )
    corrective_action: Annotated[Triangular | None, "until corrective action ends the cluster"] = (
        None
    )
    standing_isotope_mbq: Annotated[
        float, "isotope bought every week for batches that stand in for a failed one"
    ] = 0.0
