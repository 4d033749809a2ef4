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
