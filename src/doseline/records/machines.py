"""The fine states of everything in the batch record, and what each fact makes of them.

Each machine is a table from (state, kind of fact) to the next state; `None` is the state of a thing
that does not exist yet. They refine the coarse machines of `operations/states.py`, which
`refinement.py` shows state by state.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from doseline.errors import LifeError

__all__ = [
    "MACHINES",
    "BatchState",
    "DeviationState",
    "LabelState",
    "LotState",
    "OrderState",
    "RecallState",
    "ShipmentState",
    "SlotState",
    "StepState",
    "Table",
    "TestState",
    "VialState",
    "WasteState",
    "next_state",
]


class OrderState(StrEnum):
    """Where a dose order stands."""

    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    ALLOCATED = "allocated"
    SHIPPED = "shipped"
    RECEIVED = "received"
    ADMINISTERED = "administered"
    UNUSED = "unused"
    CANCELLED = "cancelled"


class SlotState(StrEnum):
    """Where a slot stands."""

    HELD = "held"
    BOOKED = "booked"
    LOCKED = "locked"
    CONSUMED = "consumed"
    VOID = "void"


class LotState(StrEnum):
    """Where a lot of material stands."""

    EXPECTED = "expected"
    QUARANTINE = "in quarantine"
    RELEASED = "released"
    REJECTED = "rejected"
    DEPLETED = "depleted"


class BatchState(StrEnum):
    """Where a batch stands; a hold is beside it."""

    PLANNED = "planned"
    ISSUED = "issued"
    IN_PROCESS = "in process"
    FILLED = "filled"
    TESTING = "in testing"
    TESTED = "tested"
    CONDITIONALLY_RELEASED = "conditionally released"
    RELEASED = "released"
    CONFIRMED = "confirmed"
    FAILED_LATE = "failed late"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class StepState(StrEnum):
    """Where an attempt at a step stands."""

    STARTED = "started"
    DONE = "done"
    CHECKED = "checked"
    VOIDED = "voided"


class VialState(StrEnum):
    """Where a vial stands; a recall is beside it."""

    DISPENSED = "dispensed"
    REJECTED = "rejected"
    PACKED = "packed"
    SHIPPED = "shipped"
    RECEIVED = "received"
    ASSAYED = "assayed"
    ADMINISTERED = "administered"
    RETURNED = "returned"
    WASTED = "wasted"


class TestState(StrEnum):
    """Where a test stands."""

    __test__ = False
    ORDERED = "ordered"
    RUNNING = "running"
    ENTERED = "entered"
    PASSED = "passed"
    OOS = "out of specification"
    INVALID = "invalid"
    FAILED = "failed"


class LabelState(StrEnum):
    """Where a label stands."""

    ISSUED = "issued"
    APPLIED = "applied"
    DESTROYED = "destroyed"
    KEPT = "kept"


class ShipmentState(StrEnum):
    """Where a shipment stands."""

    PLANNED = "planned"
    PACKED = "packed"
    SURVEYED = "surveyed"
    DOCUMENTED = "documented"
    IN_TRANSIT = "in transit"
    DELIVERED = "delivered"
    CHECKED = "checked"
    LOST = "lost"


class WasteState(StrEnum):
    """Where a waste container stands."""

    OPEN = "open"
    CLOSED = "closed"
    DISPOSED = "disposed"


class DeviationState(StrEnum):
    """Where a deviation stands."""

    OPEN = "open"
    CLASSIFIED = "classified"
    INVESTIGATED = "investigated"
    CLOSED = "closed"


class RecallState(StrEnum):
    """Where a recall stands."""

    OPENED = "opened"
    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    RECONCILED = "reconciled"
    CLOSED = "closed"


Table = Mapping[tuple[str | None, str], str]

_O, _S, _L, _B = OrderState, SlotState, LotState, BatchState
_V, _T, _H, _D, _R = VialState, TestState, ShipmentState, DeviationState, RecallState
_WAITING = (_O.SUBMITTED, _O.CONFIRMED, _O.ALLOCATED)
_PROMISED = (_O.CONFIRMED, _O.ALLOCATED, _O.SHIPPED, _O.RECEIVED)

MACHINES: Mapping[str, Table] = {
    "order": {
        (None, "OrderSubmitted"): _O.SUBMITTED,
        **{(s, "OrderConfirmed"): _O.CONFIRMED for s in _WAITING},
        (_O.CONFIRMED, "VialDispensed"): _O.ALLOCATED,
        (_O.CONFIRMED, "VialAllocated"): _O.ALLOCATED,
        **{(s, "OrderReleased"): _O.SUBMITTED for s in _PROMISED},
        **{(s, "OrderCancelled"): _O.CANCELLED for s in (_O.SUBMITTED, *_PROMISED)},
        **{(s, "OrderMissed"): _O.UNUSED for s in (_O.SUBMITTED, *_PROMISED)},
        (_O.ALLOCATED, "ShipmentTendered"): _O.SHIPPED,
        (_O.SHIPPED, "ShipmentDelivered"): _O.RECEIVED,
        (_O.RECEIVED, "DoseAdministered"): _O.ADMINISTERED,
    },
    "slot": {
        (None, "SlotHeld"): _S.HELD,
        (_S.HELD, "SlotBooked"): _S.BOOKED,
        (_S.BOOKED, "SlotLocked"): _S.LOCKED,
        (_S.LOCKED, "SlotConsumed"): _S.CONSUMED,
        **{(s, "SlotVoided"): _S.VOID for s in (_S.HELD, _S.BOOKED, _S.LOCKED)},
    },
    "lot": {
        (None, "LotExpected"): _L.EXPECTED,
        (_L.EXPECTED, "LotReceived"): _L.QUARANTINE,
        (_L.QUARANTINE, "LotReleased"): _L.RELEASED,
        (_L.QUARANTINE, "LotRejected"): _L.REJECTED,
        (_L.RELEASED, "LotRejected"): _L.REJECTED,
        (_L.RELEASED, "LotDepleted"): _L.DEPLETED,
        (_L.REJECTED, "LotDepleted"): _L.DEPLETED,
    },
    "batch": {
        (None, "BatchPlanned"): _B.PLANNED,
        (_B.PLANNED, "BatchIssued"): _B.ISSUED,
        (_B.PLANNED, "BatchCancelled"): _B.CANCELLED,
        (_B.ISSUED, "BatchCancelled"): _B.CANCELLED,
        (_B.ISSUED, "BatchStarted"): _B.IN_PROCESS,
        (_B.IN_PROCESS, "BatchFilled"): _B.FILLED,
        (_B.FILLED, "TestingStarted"): _B.TESTING,
        (_B.TESTING, "TestingPassed"): _B.TESTED,
        (_B.TESTED, "BatchReleasedConditionally"): _B.CONDITIONALLY_RELEASED,
        (_B.TESTED, "BatchReleased"): _B.RELEASED,
        (_B.CONDITIONALLY_RELEASED, "BatchConfirmed"): _B.CONFIRMED,
        (_B.CONDITIONALLY_RELEASED, "BatchFailedLate"): _B.FAILED_LATE,
        **{
            (s, "BatchRejected"): _B.REJECTED
            for s in (_B.IN_PROCESS, _B.FILLED, _B.TESTING, _B.TESTED)
        },
    },
    "step": {
        (None, "StepStarted"): StepState.STARTED,
        (StepState.STARTED, "StepDone"): StepState.DONE,
        (StepState.DONE, "StepChecked"): StepState.CHECKED,
        **{
            (s, "StepVoided"): StepState.VOIDED
            for s in (StepState.STARTED, StepState.DONE, StepState.CHECKED)
        },
    },
    "vial": {
        (None, "VialDispensed"): _V.DISPENSED,
        (_V.DISPENSED, "VialAllocated"): _V.DISPENSED,
        (_V.DISPENSED, "VialRejected"): _V.REJECTED,
        (_V.DISPENSED, "VialPacked"): _V.PACKED,
        (_V.PACKED, "ShipmentTendered"): _V.SHIPPED,
        (_V.SHIPPED, "ShipmentDelivered"): _V.RECEIVED,
        (_V.RECEIVED, "VialAssayed"): _V.ASSAYED,
        (_V.ASSAYED, "VialAssayed"): _V.ASSAYED,
        (_V.ASSAYED, "DoseAdministered"): _V.ADMINISTERED,
        (_V.RECEIVED, "VialReturned"): _V.RETURNED,
        (_V.ASSAYED, "VialReturned"): _V.RETURNED,
        **{(s, "VialWasted"): _V.WASTED for s in _V if s not in (_V.ADMINISTERED, _V.WASTED)},
    },
    "test": {
        (None, "TestOrdered"): _T.ORDERED,
        (_T.ORDERED, "TestStarted"): _T.RUNNING,
        (_T.RUNNING, "ResultEntered"): _T.ENTERED,
        (_T.ENTERED, "ResultPassed"): _T.PASSED,
        (_T.ENTERED, "ResultOutside"): _T.OOS,
        (_T.OOS, "OosInvalidated"): _T.INVALID,
        (_T.OOS, "OosConfirmed"): _T.FAILED,
    },
    "label": {
        (None, "LabelIssued"): LabelState.ISSUED,
        (LabelState.ISSUED, "LabelApplied"): LabelState.APPLIED,
        (LabelState.ISSUED, "LabelDestroyed"): LabelState.DESTROYED,
        (LabelState.APPLIED, "LabelDestroyed"): LabelState.DESTROYED,
        (LabelState.ISSUED, "LabelKept"): LabelState.KEPT,
    },
    "shipment": {
        (None, "ShipmentPlanned"): _H.PLANNED,
        (_H.PLANNED, "PackageMade"): _H.PACKED,
        (_H.PACKED, "PackageMade"): _H.PACKED,
        (_H.PACKED, "ShipmentSurveyed"): _H.SURVEYED,
        (_H.SURVEYED, "ShipmentDocumented"): _H.DOCUMENTED,
        (_H.DOCUMENTED, "ShipmentTendered"): _H.IN_TRANSIT,
        (_H.IN_TRANSIT, "ShipmentDelayed"): _H.IN_TRANSIT,
        (_H.IN_TRANSIT, "ShipmentDelivered"): _H.DELIVERED,
        (_H.IN_TRANSIT, "ShipmentLost"): _H.LOST,
        (_H.DELIVERED, "ShipmentChecked"): _H.CHECKED,
    },
    "waste": {
        (None, "WasteOpened"): WasteState.OPEN,
        (WasteState.OPEN, "WasteClosed"): WasteState.CLOSED,
        (WasteState.CLOSED, "WasteDisposed"): WasteState.DISPOSED,
    },
    "deviation": {
        (None, "DeviationOpened"): _D.OPEN,
        (_D.OPEN, "DeviationClassified"): _D.CLASSIFIED,
        (_D.CLASSIFIED, "DeviationInvestigated"): _D.INVESTIGATED,
        (_D.INVESTIGATED, "ActionAgreed"): _D.INVESTIGATED,
        (_D.INVESTIGATED, "DeviationClosed"): _D.CLOSED,
    },
    "recall": {
        (None, "RecallOpened"): _R.OPENED,
        (_R.OPENED, "RecallNotified"): _R.OPENED,
        (_R.OPENED, "RecallAllNotified"): _R.NOTIFIED,
        (_R.NOTIFIED, "RecallAcknowledged"): _R.NOTIFIED,
        (_R.NOTIFIED, "RecallAllAcknowledged"): _R.ACKNOWLEDGED,
        (_R.ACKNOWLEDGED, "RecallReconciled"): _R.RECONCILED,
        (_R.RECONCILED, "RecallClosed"): _R.CLOSED,
    },
}
"""Every machine. Where a kind of fact leads to one of two states, the table names the outcomes."""


def next_state(machine: str, name: str, state: str | None, kind: str) -> Any:
    """The state of a thing after a fact. Raises LifeError, saying what stood and what was tried.

    >>> print(next_state("batch", "B1", BatchState.TESTED, "BatchReleased"))
    released
    >>> next_state("batch", "B1", BatchState.REJECTED, "BatchReleased")
    Traceback (most recent call last):
    doseline.errors.LifeError: Batch B1 is rejected: "BatchReleased" does not follow.
    """
    found = MACHINES[machine].get((state, kind))
    if found is None:
        stood = "does not exist" if state is None else f"is {state}"
        raise LifeError(f'{machine.capitalize()} {name} {stood}: "{kind}" does not follow.')
    return found
