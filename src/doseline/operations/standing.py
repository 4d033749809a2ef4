"""What is known at an instant: a plan starts from it, a replan too."""

from __future__ import annotations

from dataclasses import dataclass

from doseline.operations.schedule import Allocation, Batch, Shipment


@dataclass(frozen=True, slots=True)
class Standing:
    """What is made, locked, in transit, promised and failed at an instant.

    `locked` batches can no longer be changed or dropped. `promised` orders keep their batch and
    time unless a plan is allowed to move them. `failed_slots` can no longer be used.
    """

    now_at: int = 0
    freeze_until_at: int | None = None
    locked: tuple[Batch, ...] = ()
    promised: tuple[Allocation, ...] = ()
    in_transit: tuple[Shipment, ...] = ()
    failed_slots: tuple[str, ...] = ()
    served: tuple[str, ...] = ()
