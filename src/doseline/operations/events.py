"""What happens: one frozen record an event, at a whole minute, activities in whole kBq.

These are bare events: a simulation makes them. A ledger takes signed ones, of other types.
An activity holds at the event's own instant unless its name says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CancelStage = Literal["before_lock", "before_production", "after_production"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at an instant. [min]"""

    at: int


# -- orders --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderPlaced(Event):
    """A site asked for a dose."""

    order: str
    wanted_on: str
    activity_kbq: int


@dataclass(frozen=True, slots=True)
class OrderPromised(Event):
    """An order was given a batch and a time of use; a later promise replaces an earlier one."""

    order: str
    batch: str
    use_at: int


@dataclass(frozen=True, slots=True)
class OrderUnpromised(Event):
    """An order lost its batch (failed, cancelled, stopped) and waits for another."""

    order: str
    batch: str
    cause: str


@dataclass(frozen=True, slots=True)
class OrderCancelled(Event):
    """The patient or the site cancelled."""

    order: str
    stage: CancelStage


@dataclass(frozen=True, slots=True)
class OrderMoved(Event):
    """The site moved the day before the lock; service is measured against the new day."""

    order: str
    wanted_on: str


@dataclass(frozen=True, slots=True)
class OrderMissed(Event):
    """The dose was not given at all."""

    order: str
    cause: str


@dataclass(frozen=True, slots=True)
class DoseAdministered(Event):
    """The patient received the dose."""

    order: str
    vial: str
    activity_kbq: int
    within_tolerance: bool
    on_day: bool


# -- isotope -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IsotopeOrdered(Event):
    """Radionuclide was ordered for a batch; activity at the planned delivery."""

    batch: str
    source: str
    activity_kbq: int


@dataclass(frozen=True, slots=True)
class IsotopeReceived(Event):
    """Radionuclide arrived."""

    batch: str
    source: str
    activity_kbq: int


@dataclass(frozen=True, slots=True)
class IsotopeNotDelivered(Event):
    """Radionuclide did not come, or too late to be used."""

    batch: str
    source: str
    cause: str


# -- batches -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BatchPlanned(Event):
    """A slot was opened for a batch."""

    batch: str
    slot: str
    product: str


@dataclass(frozen=True, slots=True)
class BatchLocked(Event):
    """Its vials are fixed and its isotope ordered."""

    batch: str
    vials: int


@dataclass(frozen=True, slots=True)
class BatchCancelled(Event):
    """Given up before labelling started."""

    batch: str
    cause: str


@dataclass(frozen=True, slots=True)
class LabellingStarted(Event):
    """The isotope was charged."""

    batch: str
    charge_kbq: int


@dataclass(frozen=True, slots=True)
class BatchFilled(Event):
    """End of synthesis: the last vial is crimped. The bulk is what the vials were filled from."""

    batch: str
    bulk_kbq: int
    vials: int


@dataclass(frozen=True, slots=True)
class QcPassed(Event):
    """Every test needed for conditional release is inside its limits."""

    batch: str


@dataclass(frozen=True, slots=True)
class BatchReleased(Event):
    """Conditional release: the vials may leave."""

    batch: str


@dataclass(frozen=True, slots=True)
class BatchCertified(Event):
    """Final certification, after the sterility test."""

    batch: str


@dataclass(frozen=True, slots=True)
class BatchFailed(Event):
    """The batch is lost; noticed before filling, at QC or at the QA release."""

    batch: str
    cause: str
    stage: str


# -- vials and shipments -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VialFilled(Event):
    """A vial of a batch, for an order (or none: spare); activity at EOS, what stays included."""

    vial: str
    batch: str
    order: str | None
    activity_kbq: int


@dataclass(frozen=True, slots=True)
class VialPacked(Event):
    """A vial went into a shipment."""

    vial: str
    shipment: str


@dataclass(frozen=True, slots=True)
class VialUsed(Event):
    """Given to the patient; what stays behind in the vial is waste."""

    vial: str
    activity_kbq: int
    left_kbq: int


@dataclass(frozen=True, slots=True)
class VialWasted(Event):
    """Not used: rejected, failed batch, lost, expired, out of tolerance, cancelled."""

    vial: str
    cause: str
    activity_kbq: int


@dataclass(frozen=True, slots=True)
class ShipmentDispatched(Event):
    """Handed to the carrier."""

    shipment: str
    batch: str
    lane: str
    site: str


@dataclass(frozen=True, slots=True)
class ShipmentHeld(Event):
    """Delayed on the way or held at a border; `minutes` is what it adds."""

    shipment: str
    cause: str
    minutes: int


@dataclass(frozen=True, slots=True)
class ShipmentReceived(Event):
    """Taken in by the site."""

    shipment: str


@dataclass(frozen=True, slots=True)
class ShipmentLost(Event):
    """Lost, damaged or refused."""

    shipment: str
    cause: str


# -- shocks --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShockBegan(Event):
    """A shock of the scenario or of a hazard began."""

    scenario: str
    hits: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShockEnded(Event):
    """A shock of the scenario or of a hazard ended."""

    scenario: str
    hits: str
    targets: tuple[str, ...]


# -- activity ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActivityMoved(Event):
    """Activity changed its account: the double-entry book of kBq.

    Accounts: `source`, `plant:<batch>`, `bulk:<batch>`, `vial:<vial>`, `patient`, `waste`,
    `decayed`. Every amount holds at the instant of the event.
    """

    batch: str
    from_account: str
    to_account: str
    activity_kbq: int
