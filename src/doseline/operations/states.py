"""The coarse states of an order, a batch, a vial and a shipment, and what each event makes of them.

Each machine is one plain function from a state and an event to the next state; `None` is the
state of a thing that does not exist yet. The diagrams stand in docs/reference/events.md. Finer
machines elsewhere refine these.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from doseline.operations.events import (
    BatchCancelled,
    BatchCertified,
    BatchFailed,
    BatchFilled,
    BatchLocked,
    BatchPlanned,
    BatchReleased,
    DoseAdministered,
    Event,
    IsotopeNotDelivered,
    IsotopeOrdered,
    IsotopeReceived,
    LabellingStarted,
    OrderCancelled,
    OrderMissed,
    OrderMoved,
    OrderPlaced,
    OrderPromised,
    OrderUnpromised,
    QcPassed,
    ShipmentDispatched,
    ShipmentHeld,
    ShipmentLost,
    ShipmentReceived,
    VialFilled,
    VialPacked,
    VialUsed,
    VialWasted,
)
from doseline.operations.refusals import refusal

__all__ = [
    "ENDED",
    "BatchEvent",
    "BatchState",
    "OrderEvent",
    "OrderState",
    "ShipmentEvent",
    "ShipmentState",
    "State",
    "VialEvent",
    "VialState",
    "next_batch_state",
    "next_order_state",
    "next_shipment_state",
    "next_vial_state",
]

OrderEvent: TypeAlias = (
    OrderPlaced
    | OrderPromised
    | OrderUnpromised
    | OrderCancelled
    | OrderMoved
    | OrderMissed
    | DoseAdministered
)
BatchEvent: TypeAlias = (
    BatchPlanned
    | BatchLocked
    | BatchCancelled
    | IsotopeOrdered
    | IsotopeReceived
    | IsotopeNotDelivered
    | LabellingStarted
    | BatchFilled
    | QcPassed
    | BatchReleased
    | BatchCertified
    | BatchFailed
)
VialEvent: TypeAlias = VialFilled | VialPacked | VialUsed | VialWasted
ShipmentEvent: TypeAlias = ShipmentDispatched | ShipmentHeld | ShipmentReceived | ShipmentLost


class OrderState(StrEnum):
    """Where a dose order stands."""

    PLACED = "placed"
    PROMISED = "promised"
    ADMINISTERED = "administered"
    CANCELLED = "cancelled"
    MISSED = "missed"


class BatchState(StrEnum):
    """Where a batch stands."""

    PLANNED = "planned"
    LOCKED = "locked"
    LABELLING = "labelling"
    FILLED = "filled"
    TESTED = "tested"
    RELEASED = "released"
    CERTIFIED = "certified"
    FAILED = "failed"
    CANCELLED = "cancelled"


class VialState(StrEnum):
    """Where a vial stands."""

    FILLED = "filled"
    PACKED = "packed"
    SENT = "sent"
    RECEIVED = "received"
    USED = "used"
    WASTED = "wasted"


class ShipmentState(StrEnum):
    """Where a shipment stands."""

    PACKED = "packed"
    SENT = "sent"
    RECEIVED = "received"
    LOST = "lost"


State = OrderState | BatchState | VialState | ShipmentState

ENDED: frozenset[State] = frozenset(
    {
        OrderState.ADMINISTERED,
        OrderState.CANCELLED,
        OrderState.MISSED,
        BatchState.RELEASED,
        BatchState.CERTIFIED,
        BatchState.FAILED,
        BatchState.CANCELLED,
        VialState.USED,
        VialState.WASTED,
        ShipmentState.RECEIVED,
        ShipmentState.LOST,
    }
)
"""States in which a thing may stand when a history is over."""


def next_order_state(state: OrderState | None, event: Event) -> OrderState:
    """The state of an order after one of its events.

    Raises LifeError where the event does not fit, saying what stood and what was tried.

    >>> print(next_order_state(OrderState.PROMISED, OrderMissed(0, "D1", "batch failed")))
    missed
    """
    waiting = state in (OrderState.PLACED, OrderState.PROMISED)
    match event:
        case OrderPlaced() if state is None:
            return OrderState.PLACED
        case OrderPromised() if waiting:
            return OrderState.PROMISED
        case OrderUnpromised() if state is OrderState.PROMISED:
            return OrderState.PLACED
        case OrderMoved() if waiting and state is not None:
            return state
        case OrderCancelled() if waiting:
            return OrderState.CANCELLED
        case OrderMissed() if waiting:
            return OrderState.MISSED
        case DoseAdministered() if state is OrderState.PROMISED:
            return OrderState.ADMINISTERED
    raise refusal("order", state, event)


def next_batch_state(state: BatchState | None, event: Event) -> BatchState:
    """The state of a batch after one of its events.

    Isotope of a cancelled batch may still arrive. Raises LifeError where the event does not fit,
    saying what stood and what was tried.

    >>> next_batch_state(BatchState.RELEASED, BatchFailed(0, "B1", "endotoxin", "qc"))
    Traceback (most recent call last):
    doseline.errors.LifeError: A released batch cannot be rejected by QC.
    """
    match event:
        case BatchPlanned() if state is None:
            return BatchState.PLANNED
        case BatchLocked() if state is BatchState.PLANNED:
            return BatchState.LOCKED
        case IsotopeOrdered() if state in (BatchState.PLANNED, BatchState.LOCKED):
            return state
        case IsotopeReceived() | IsotopeNotDelivered() if state in (
            BatchState.LOCKED,
            BatchState.CANCELLED,
        ):
            return state
        case BatchCancelled() if state in (BatchState.PLANNED, BatchState.LOCKED):
            return BatchState.CANCELLED
        case LabellingStarted() if state is BatchState.LOCKED:
            return BatchState.LABELLING
        case VialFilled() if state in (BatchState.LABELLING, BatchState.FILLED):
            return state
        case BatchFilled() if state is BatchState.LABELLING:
            return BatchState.FILLED
        case QcPassed() if state is BatchState.FILLED:
            return BatchState.TESTED
        case BatchReleased() if state is BatchState.TESTED:
            return BatchState.RELEASED
        case BatchCertified() if state is BatchState.RELEASED:
            return BatchState.CERTIFIED
        case BatchFailed(stage="before_fill") if state is BatchState.LABELLING:
            return BatchState.FAILED
        case BatchFailed(stage="qc" | "qa") if state in (BatchState.FILLED, BatchState.TESTED):
            return BatchState.FAILED
    raise refusal("batch", state, event)


def next_vial_state(state: VialState | None, event: Event) -> VialState:
    """The state of a vial after one of its events, or of those of the shipment it is in.

    A vial of a lost shipment stays on its way until it is written off. Raises LifeError where the
    event does not fit, saying what stood and what was tried.
    """
    match event:
        case VialFilled() if state is None:
            return VialState.FILLED
        case VialPacked() if state is VialState.FILLED:
            return VialState.PACKED
        case ShipmentDispatched() if state is VialState.PACKED:
            return VialState.SENT
        case ShipmentHeld() | ShipmentLost() if state is VialState.SENT:
            return state
        case ShipmentReceived() if state is VialState.SENT:
            return VialState.RECEIVED
        case VialUsed() if state is VialState.RECEIVED:
            return VialState.USED
        case VialWasted() if state not in (None, VialState.USED, VialState.WASTED):
            return VialState.WASTED
    raise refusal("vial", state, event)


def next_shipment_state(state: ShipmentState | None, event: Event) -> ShipmentState:
    """The state of a shipment after one of its events; its first vial packed begins it.

    Raises LifeError where the event does not fit, saying what stood and what was tried.
    """
    match event:
        case VialPacked() if state in (None, ShipmentState.PACKED):
            return ShipmentState.PACKED
        case ShipmentDispatched() if state is ShipmentState.PACKED:
            return ShipmentState.SENT
        case ShipmentHeld() if state is ShipmentState.SENT:
            return state
        case ShipmentReceived() if state is ShipmentState.SENT:
            return ShipmentState.RECEIVED
        case ShipmentLost() if state is ShipmentState.SENT:
            return ShipmentState.LOST
    raise refusal("shipment", state, event)
