"""The fine lives of the record, told as the coarse events that plans and simulations speak.

`coarse_events` reads facts and says the bare events that they amount to. Every history of the
record so told obeys `operations.life`; `COARSE_STATE` and `COARSE_OF` show it transition by
transition (tests/records/test_refinement.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from doseline.clock import Clock
from doseline.operations import events as e
from doseline.operations.states import BatchState, OrderState, ShipmentState, VialState
from doseline.records.facts import Fact
from doseline.records.facts import custody as c
from doseline.records.facts import making as m
from doseline.records.facts import testing as t
from doseline.records.fold import folded
from doseline.records.instants import instant_from_text
from doseline.records.machines import BatchState as FineBatch
from doseline.records.machines import OrderState as FineOrder
from doseline.records.machines import ShipmentState as FineShipment
from doseline.records.machines import VialState as FineVial
from doseline.records.state import Record, Said

__all__ = ["COARSE_OF", "COARSE_STATE", "coarse_events"]

COARSE_STATE: Mapping[str, Mapping[str, Any]] = {
    "order": {
        FineOrder.SUBMITTED: OrderState.PLACED,
        FineOrder.CONFIRMED: OrderState.PROMISED,
        FineOrder.ALLOCATED: OrderState.PROMISED,
        FineOrder.SHIPPED: OrderState.PROMISED,
        FineOrder.RECEIVED: OrderState.PROMISED,
        FineOrder.ADMINISTERED: OrderState.ADMINISTERED,
        FineOrder.UNUSED: OrderState.MISSED,
        FineOrder.CANCELLED: OrderState.CANCELLED,
    },
    "batch": {
        FineBatch.PLANNED: BatchState.PLANNED,
        FineBatch.ISSUED: BatchState.LOCKED,
        FineBatch.IN_PROCESS: BatchState.LABELLING,
        FineBatch.FILLED: BatchState.FILLED,
        FineBatch.TESTING: BatchState.FILLED,
        FineBatch.TESTED: BatchState.TESTED,
        FineBatch.CONDITIONALLY_RELEASED: BatchState.RELEASED,
        FineBatch.RELEASED: BatchState.CERTIFIED,
        FineBatch.CONFIRMED: BatchState.CERTIFIED,
        FineBatch.FAILED_LATE: BatchState.RELEASED,
        FineBatch.REJECTED: BatchState.FAILED,
        FineBatch.CANCELLED: BatchState.CANCELLED,
    },
    "vial": {
        FineVial.DISPENSED: VialState.FILLED,
        FineVial.REJECTED: VialState.FILLED,
        FineVial.PACKED: VialState.PACKED,
        FineVial.SHIPPED: VialState.SENT,
        FineVial.RECEIVED: VialState.RECEIVED,
        FineVial.ASSAYED: VialState.RECEIVED,
        FineVial.ADMINISTERED: VialState.USED,
        FineVial.RETURNED: VialState.RECEIVED,
        FineVial.WASTED: VialState.WASTED,
    },
    "shipment": {
        FineShipment.PLANNED: None,
        FineShipment.PACKED: ShipmentState.PACKED,
        FineShipment.SURVEYED: ShipmentState.PACKED,
        FineShipment.DOCUMENTED: ShipmentState.PACKED,
        FineShipment.IN_TRANSIT: ShipmentState.SENT,
        FineShipment.DELIVERED: ShipmentState.RECEIVED,
        FineShipment.CHECKED: ShipmentState.RECEIVED,
        FineShipment.LOST: ShipmentState.LOST,
    },
}
"""Where a fine state stands in the coarse machine; a planned shipment is not there yet."""

COARSE_OF: Mapping[tuple[str, str], tuple[type[e.Event], ...]] = {
    ("order", "OrderSubmitted"): (e.OrderPlaced,),
    ("order", "OrderConfirmed"): (e.OrderPromised,),
    ("order", "OrderReleased"): (e.OrderUnpromised,),
    ("order", "OrderCancelled"): (e.OrderCancelled,),
    ("order", "OrderMissed"): (e.OrderMissed,),
    ("order", "DoseAdministered"): (e.DoseAdministered,),
    ("batch", "BatchPlanned"): (e.BatchPlanned,),
    ("batch", "BatchIssued"): (e.BatchLocked,),
    ("batch", "BatchCancelled"): (e.BatchCancelled,),
    ("batch", "BatchStarted"): (e.LabellingStarted,),
    ("batch", "BatchFilled"): (e.BatchFilled,),
    ("batch", "TestingPassed"): (e.QcPassed,),
    ("batch", "BatchReleasedConditionally"): (e.BatchReleased,),
    ("batch", "BatchReleased"): (e.BatchReleased, e.BatchCertified),
    ("batch", "BatchConfirmed"): (e.BatchCertified,),
    ("batch", "BatchRejected"): (e.BatchFailed,),
    ("vial", "VialDispensed"): (e.VialFilled,),
    ("vial", "VialPacked"): (e.VialPacked,),
    ("vial", "ShipmentTendered"): (e.ShipmentDispatched,),
    ("vial", "ShipmentDelivered"): (e.ShipmentReceived,),
    ("vial", "DoseAdministered"): (e.VialUsed,),
    ("vial", "VialWasted"): (e.VialWasted,),
    ("shipment", "PackageMade"): (e.VialPacked,),
    ("shipment", "ShipmentTendered"): (e.ShipmentDispatched,),
    ("shipment", "ShipmentDelayed"): (e.ShipmentHeld,),
    ("shipment", "ShipmentDelivered"): (e.ShipmentReceived,),
    ("shipment", "ShipmentLost"): (e.ShipmentLost,),
}
"""The coarse events that a fine transition amounts to; one that is not named amounts to none."""


def coarse_events(said: Iterable[tuple[Fact, Said]], clock: Clock) -> Iterator[e.Event]:
    """The bare events that facts amount to, in the order of the record. [min of the clock]"""
    record = Record()
    for fact, by in said:
        after = folded(record, ((fact, by),))
        at = clock.minute(instant_from_text(by.at))
        yield from _told(record, after, fact, at, clock)
        record = after


def _told(before: Record, after: Record, fact: Fact, at: int, clock: Clock) -> Iterator[e.Event]:
    """What one fact amounts to."""
    match fact:
        case m.OrderSubmitted(order=order, use_at=use_at, activity_kbq=kbq):
            yield e.OrderPlaced(at, order, use_at[:10], kbq)
        case m.OrderConfirmed(order=order, batch=batch):
            use_at = after.orders[order].use_at
            yield e.OrderPromised(at, order, batch, clock.minute(instant_from_text(use_at)))
        case m.OrderReleased(order=order, cause=cause):
            yield e.OrderUnpromised(at, order, before.orders[order].batch, cause)
        case m.OrderCancelled(order=order):
            yield e.OrderCancelled(at, order, "before_production")
        case m.OrderMissed(order=order, cause=cause):
            yield e.OrderMissed(at, order, cause)
        case _:
            yield from _batch_told(after, fact, at)
            yield from _vial_told(before, after, fact, at)


def _batch_told(after: Record, fact: Fact, at: int) -> Iterator[e.Event]:
    match fact:
        case m.BatchPlanned(batch=batch, slot=slot, product=product):
            yield e.BatchPlanned(at, batch, slot, product)
        case m.BatchIssued(batch=batch):
            yield e.BatchLocked(at, batch, after.batches[batch].planned_vials)
        case m.BatchCancelled(batch=batch, cause=cause):
            yield e.BatchCancelled(at, batch, cause)
        case m.BatchStarted(batch=batch, charge_kbq=kbq):
            yield e.LabellingStarted(at, batch, kbq)
        case m.BatchFilled(batch=batch, bulk_kbq=kbq, vials=vials):
            yield e.BatchFilled(at, batch, kbq, vials)
        case t.TestingPassed(batch=batch):
            yield e.QcPassed(at, batch)
        case t.BatchReleased(batch=batch, conditional=conditional):
            yield e.BatchReleased(at, batch)
            if not conditional:
                yield e.BatchCertified(at, batch)
        case t.BatchConfirmed(batch=batch):
            yield e.BatchCertified(at, batch)
        case t.BatchRejected(batch=batch, cause=cause):
            filled = after.batches[batch].filled_at
            yield e.BatchFailed(at, batch, cause, "qc" if filled else "before_fill")


def _vial_told(before: Record, after: Record, fact: Fact, at: int) -> Iterator[e.Event]:
    match fact:
        case m.VialDispensed(vial=vial, batch=batch, order=order, measured_kbq=kbq):
            yield e.VialFilled(at, vial, batch, order or None, kbq)
        case c.VialPacked(vial=vial, shipment=shipment):
            yield e.VialPacked(at, vial, shipment)
        case c.ShipmentTendered(shipment=shipment):
            held = after.shipments[shipment]
            yield e.ShipmentDispatched(at, shipment, held.batch, held.lane, held.facility)
        case c.ShipmentDelayed(shipment=shipment, cause=cause):
            yield e.ShipmentHeld(at, shipment, cause, 0)
        case c.ShipmentDelivered(shipment=shipment):
            yield e.ShipmentReceived(at, shipment)
        case c.ShipmentLost(shipment=shipment, cause=cause):
            yield e.ShipmentLost(at, shipment, cause)
        case c.DoseAdministered(vial=vial, order=order, given_kbq=given, left_kbq=left):
            ordered = before.orders[order]
            near = abs(given - ordered.activity_kbq) * 10 <= ordered.activity_kbq
            day = after.vials[vial].given_at[:10] == ordered.use_at[:10]
            yield e.VialUsed(at, vial, given, left)
            yield e.DoseAdministered(at, order, vial, given, near, day)
        case c.VialWasted(vial=vial, cause=cause):
            yield e.VialWasted(at, vial, cause, 0)
