"""One vocabulary: a plan becomes requests of the record, and a record gives a standing.

`requests_from` says what is to be asked for so that a schedule is on record; the rules of the
record then judge it like any other request. `standing_from` says what a planner must keep: what is
locked with its actual times and activities, on its way, promised, served or failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from doseline.clock import Clock
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Allocation, Batch, Schedule, Shipment
from doseline.operations.standing import Standing
from doseline.programme.rules import activity_at_eos
from doseline.records.activity import kbq_at
from doseline.records.commands.planning import NewBatch, NewOrder, Promise
from doseline.records.commands.shipping import NewShipment
from doseline.records.instants import instant_from_text, instant_text
from doseline.records.machines import BatchState, OrderState
from doseline.records.state import Record
from doseline.records.things import Batch as Recorded

__all__ = ["Wanted", "requests_from", "standing_from"]

FAILED = (BatchState.REJECTED, BatchState.CANCELLED, BatchState.FAILED_LATE)
LIVE = (OrderState.CONFIRMED, OrderState.ALLOCATED, OrderState.SHIPPED, OrderState.RECEIVED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A command and its request."""

    command: str
    request: object


def requests_from(
    schedule: Schedule, orders: Iterable[DoseOrder], clock: Clock
) -> Iterator[Wanted]:
    """What puts a schedule on record: its orders, its batches, their promises and shipments.

    An order is calibrated to the use that the schedule gives it. What the schedule leaves unmet is
    not asked for.
    """

    def text(minute: int) -> str:
        return instant_text(clock.instant(minute))

    known = {order.id: order for order in orders}
    for given in schedule.allocations:
        order = known[given.order]
        kbq = round(order.activity_mbq * 1000)
        yield Wanted(
            "order",
            NewOrder(order.id, order.product, order.site, order.patient, kbq, text(given.use_at)),
        )
    for batch in schedule.batches:
        yield Wanted(
            "batch",
            NewBatch(
                batch.id,
                batch.product,
                batch.manufacturer,
                batch.line,
                batch.slot,
                batch.vials,
                text(batch.charge_at),
                text(batch.eos_at),
                text(batch.released_at),
            ),
        )
        served = tuple(x.order for x in schedule.allocations if x.batch == batch.id)
        if served:
            yield Wanted("promise", Promise(served, batch.id))
    for sent in schedule.shipments:
        arrives = text(sent.received_at)
        yield Wanted("shipment", NewShipment(sent.id, sent.batch, sent.site, sent.lane, arrives))


def standing_from(
    record: Record, schedule: Schedule, clock: Clock, now_at: int, half_life_min: float
) -> Standing:
    """What stands at an instant, by the record; `schedule` is the plan that it carries out. [min]

    A batch is locked once its record is issued, with the times and activities that are measured
    where they are, and planned where they are not yet. A batch that failed gives its slot up and
    its orders back. What was tendered is on its way, to the letter.
    """
    locked = {
        batch.id: _as_made(record, batch, schedule, clock)
        for batch in schedule.batches
        if batch.id in record.batches
        and record.batches[batch.id].state not in (*FAILED, BatchState.PLANNED)
    }
    failed = [
        batch.slot
        for batch in schedule.batches
        if batch.id in record.batches and record.batches[batch.id].state in FAILED
    ]
    moved = {s.id: _as_sent(record, s, clock) for s in schedule.shipments}
    return Standing(
        now_at=now_at,
        locked=tuple(locked.values()),
        promised=tuple(_promised(record, schedule, locked, half_life_min)),
        in_transit=tuple(s for name, s in moved.items() if _is_out(record, name)),
        failed_slots=tuple(failed),
        served=tuple(o.id for o in record.orders.values() if o.state is OrderState.ADMINISTERED),
    )


def _minute(clock: Clock, text: str, planned: int) -> int:
    """The minute of an instant that is on record, or the one planned."""
    return clock.minute(instant_from_text(text)) if text else planned


def _as_made(record: Record, planned: Batch, schedule: Schedule, clock: Clock) -> Batch:
    """A batch with what was measured of it. [MBq at the times named]"""
    held: Recorded = record.batches[planned.id]
    eos_at = _minute(clock, held.filled_at, planned.eos_at)
    book = record.books.get(f"batch/{held.id}")
    charged = planned.charge_mbq
    if book is not None and held.started_at:
        charged = kbq_at(held.charge_kbq, held.started_at, book) / 1000
    return replace(
        planned,
        vials=len(held.vials) if held.filled_at else planned.vials,
        charge_at=_minute(clock, held.started_at, planned.charge_at),
        eos_at=eos_at,
        released_at=_minute(clock, held.released_at, planned.released_at),
        packed_at=max(planned.packed_at, eos_at),
        charge_mbq=charged,
        bulk_mbq=_bulk(record, held, planned, schedule) if held.filled_at else planned.bulk_mbq,
    )


def _bulk(record: Record, held: Recorded, planned: Batch, schedule: Schedule) -> float:
    """The bulk as measured; not less than the plan set aside for the vials that are filled. [MBq]

    A planner asks whether a bulk suffices. Where a vial is filled for its order that is settled,
    and a bulk measured a little below the plan does not undo it.
    """
    meant = [x for x in schedule.allocations if x.batch == planned.id]
    filled = [x for x in meant if x.order in record.orders and record.orders[x.order].vial]
    share = sum(x.eos_mbq for x in filled) / max(sum(x.eos_mbq for x in meant), 1e-9)
    return max(held.bulk_kbq / 1000, planned.bulk_mbq * share)


def _is_out(record: Record, shipment: str) -> bool:
    held = record.shipments.get(shipment)
    return held is not None and bool(held.tendered_at) and held.state != "lost"


def _as_sent(record: Record, planned: Shipment, clock: Clock) -> Shipment:
    held = record.shipments.get(planned.id)
    if held is None:
        return planned
    return replace(
        planned,
        dispatch_at=_minute(clock, held.tendered_at, planned.dispatch_at),
        received_at=_minute(clock, held.delivered_at or held.arrives_at, planned.received_at),
    )


def _promised(
    record: Record, schedule: Schedule, locked: dict[str, Batch], half_life_min: float
) -> Iterator[Allocation]:
    """The promises that live, with what each vial must hold at the EOS that was."""
    for given in schedule.allocations:
        order = record.orders.get(given.order)
        if order is None or order.state not in LIVE or order.batch != given.batch:
            continue
        made = locked.get(given.batch)
        if made is None:
            yield given
            continue
        elapsed = given.use_at - made.eos_at
        yield replace(
            given, eos_mbq=activity_at_eos(order.activity_kbq / 1000, elapsed, half_life_min)
        )
