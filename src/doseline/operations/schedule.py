"""A schedule: batches, the vials in them, and the shipments that carry them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Batch:
    """A planned batch with its planned times. Activities in MBq at the time named.

    `isotope_mbq` holds at `isotope_at` (delivery, calibration); `charge_mbq` at `charge_at`;
    `bulk_mbq` at `eos_at`. A cold product has none of them.
    """

    id: str
    slot: str
    manufacturer: str
    line: str
    product: str
    vials: int
    charge_at: int
    eos_at: int
    released_at: int
    packed_at: int
    source: str | None = None
    isotope_at: int | None = None
    isotope_lots: int = 0
    isotope_mbq: float = 0.0
    charge_mbq: float = 0.0
    bulk_mbq: float = 0.0


@dataclass(frozen=True, slots=True)
class Shipment:
    """Packages of one batch to one site by one lane."""

    id: str
    batch: str
    lane: str
    site: str
    dispatch_at: int
    received_at: int
    packages: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """An order served: its batch, its shipment, and when it is used.

    `eos_mbq` is what the vial holds at EOS; decayed to `use_at`, the calibration time, it is
    the activity ordered.
    """

    order: str
    batch: str
    shipment: str
    use_at: int
    eos_mbq: float


@dataclass(frozen=True, slots=True)
class Unmet:
    """An order that no batch serves, and the limit that stands in the way."""

    order: str
    reason: str


@dataclass(frozen=True)
class Schedule:
    """What is to be made, for whom, and by which way."""

    design: str | None
    batches: tuple[Batch, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    unmet: tuple[Unmet, ...] = ()

    @cached_property
    def batch(self) -> dict[str, Batch]:
        """Batches by id."""
        return {b.id: b for b in self.batches}

    @cached_property
    def shipment(self) -> dict[str, Shipment]:
        """Shipments by id."""
        return {s.id: s for s in self.shipments}

    @cached_property
    def allocation(self) -> dict[str, Allocation]:
        """Allocations by order."""
        return {a.order: a for a in self.allocations}
