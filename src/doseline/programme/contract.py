"""What a plant costs, and what is owed whether it is used or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated


@dataclass(frozen=True, slots=True)
class Tier:
    """A batch fee that holds from a number of batches in a calendar year."""

    from_batch: Annotated[int, "the fee holds from this batch of the year on"]
    fee_cents: Annotated[int, "fee of a batch"]


@dataclass(frozen=True, slots=True)
class LeadTime:
    """How long it takes from the decision until capacity can be used, one stage after another.

    A new plant goes through all but the last; a plant in use gives a further weekly slot after the
    notice of the last alone.
    """

    build_min: Annotated[int, "building or fitting out the line"] = 0
    transfer_min: Annotated[int, "technology transfer"] = 0
    validation_min: Annotated[int, "validation (conformance) batches and their report"] = 0
    approval_min: Annotated[int, "approval of the site by the authority"] = 0
    slot_min: Annotated[int, "notice for a further weekly slot at a plant in use"] = 0

    @property
    def plant_min(self) -> int:
        """From the decision to the first use of a new plant. [min]"""
        return self.build_min + self.transfer_min + self.validation_min + self.approval_min


@dataclass(frozen=True, slots=True)
class Contract:
    """The terms with one manufacturer. An own plant has a contract too: its fixed cost."""

    manufacturer: Annotated[str, "plant"]
    batch_fee_cents: Annotated[int, "fee of a batch, QC and QA included"]
    from_on: Annotated[date | None, "start of the term"] = None
    until_on: Annotated[date | None, "end of the term"] = None
    fixed_per_year_cents: Annotated[int, "cost of an own plant"] = 0
    reservation_per_month_cents: Annotated[int, "for each weekly slot, used or not"] = 0
    vials_included: Annotated[int, "vials covered by the fee"] = 1_000_000
    extra_vial_cents: Annotated[int, "each vial beyond"] = 0
    tiers: Annotated[tuple[Tier, ...], "other fees at higher volume"] = ()
    take_or_pay_batches: Annotated[int, "batches paid for in a year, made or not"] = 0
    late_cancel_fraction: Annotated[float, "share of the fee for a slot given up late"] = 0.0
    transfer_cents: Annotated[int, "technology transfer and validation, once"] = 0
    exit_cents: Annotated[int, "paid once at the end"] = 0
    lead: Annotated[
        LeadTime | None, "how long its capacity takes; none: from the transfer's start to its end"
    ] = None
