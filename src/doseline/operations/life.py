"""Life stands once: a whole history is run through the states of everything it names.

The states of one thing stand in `operations/states.py` and are handed on from here; this module
adds the laws that bind one thing to another (a vial is packed only from a released batch) and
those of the end of a history (an order was administered, cancelled or missed).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from doseline.errors import LifeError
from doseline.operations.events import (
    ActivityMoved,
    BatchFilled,
    BatchLocked,
    DoseAdministered,
    Event,
    OrderPromised,
    OrderUnpromised,
    ShipmentDispatched,
    VialFilled,
    VialPacked,
)
from doseline.operations.states import (
    ENDED,
    BatchEvent,
    BatchState,
    OrderEvent,
    OrderState,
    ShipmentEvent,
    ShipmentState,
    State,
    VialEvent,
    VialState,
    next_batch_state,
    next_order_state,
    next_shipment_state,
    next_vial_state,
)

__all__ = [
    "BatchState",
    "Lives",
    "OrderState",
    "ShipmentState",
    "VialState",
    "next_batch_state",
    "next_order_state",
    "next_shipment_state",
    "next_vial_state",
    "obeys",
]


@dataclass
class Lives:
    """Every order, batch, vial and shipment of a history, as its events leave it.

    `spare_vials` may be filled beyond those that were locked. An event that is refused changes
    nothing.

    >>> from doseline.operations.events import BatchPlanned, BatchReleased
    >>> lives = Lives()
    >>> lives.take(BatchPlanned(0, "B1", "cell@Tuesday", "dose"))
    >>> lives.take(BatchReleased(5, "B1"))
    Traceback (most recent call last):
    doseline.errors.LifeError: A planned batch cannot be released. [B1 at minute 5]
    """

    spare_vials: int = 0
    now_at: int | None = None
    orders: dict[str, OrderState] = field(default_factory=dict)
    batches: dict[str, BatchState] = field(default_factory=dict)
    vials: dict[str, VialState] = field(default_factory=dict)
    shipments: dict[str, ShipmentState] = field(default_factory=dict)
    _promised: dict[str, str] = field(default_factory=dict)
    _locked_vials: dict[str, int] = field(default_factory=dict)
    _said_filled: dict[str, int] = field(default_factory=dict)
    _filled_vials: dict[str, int] = field(default_factory=dict)
    _batch_of: dict[str, str] = field(default_factory=dict)
    _packed_in: dict[str, list[str]] = field(default_factory=dict)
    _given: dict[str, str] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Let an event happen. Raises LifeError where a state or a law refuses it."""
        if self.now_at is not None and event.at < self.now_at:
            raise LifeError(
                f"A {type(event).__name__} at minute {event.at} cannot follow minute "
                f"{self.now_at}: events come in order of time."
            )
        try:
            self._dispatch(event)
        except LifeError as error:
            raise LifeError(f"{error} [{_named(event)} at minute {event.at}]") from None
        self.now_at = event.at

    def _dispatch(self, event: Event) -> None:
        if isinstance(event, OrderEvent):
            self._order(event)
        elif isinstance(event, BatchEvent):
            self._batch(event)
        elif isinstance(event, VialEvent):
            self._vial(event)
        elif isinstance(event, ShipmentEvent):
            self._shipment(event)
        elif isinstance(event, ActivityMoved) and event.batch not in self.batches:
            raise LifeError("Activity cannot move in a batch that was never planned.")

    # -- one kind of thing at a time -------------------------------------------------------

    def _order(self, event: OrderEvent) -> None:
        following = next_order_state(self.orders.get(event.order), event)
        match event:
            case OrderPromised(batch=batch):
                self._promise_can_be_kept(batch)
                self._promised[event.order] = batch
            case OrderUnpromised(batch=batch) if batch != self._promised[event.order]:
                raise LifeError(
                    f"An order promised batch {self._promised[event.order]} cannot lose "
                    f"batch {batch}."
                )
            case DoseAdministered(vial=vial):
                self._dose_is_there(event.order, vial)
                self._given[vial] = event.order
        self.orders[event.order] = following

    def _promise_can_be_kept(self, batch: str) -> None:
        state = self.batches.get(batch)
        if state is None:
            raise LifeError(f"An order cannot be promised batch {batch}, which was never planned.")
        if state in (BatchState.FAILED, BatchState.CANCELLED):
            raise LifeError(f"An order cannot be promised batch {batch}, which is {state.value}.")

    def _dose_is_there(self, order: str, vial: str) -> None:
        state = self.vials.get(vial)
        if state not in (VialState.RECEIVED, VialState.USED):
            stood = "was never filled" if state is None else f"is {state.value}"
            raise LifeError(f"A dose cannot be administered from vial {vial}, which {stood}.")
        if vial in self._given:
            raise LifeError(
                f"Vial {vial} was given for order {self._given[vial]}; it cannot be administered "
                f"again."
            )
        if self._batch_of[vial] != self._promised[order]:
            raise LifeError(
                f"An order promised batch {self._promised[order]} cannot be administered from "
                f"batch {self._batch_of[vial]}."
            )

    def _batch(self, event: BatchEvent) -> None:
        following = next_batch_state(self.batches.get(event.batch), event)
        match event:
            case BatchLocked(vials=vials):
                self._locked_vials[event.batch] = vials
            case BatchFilled(vials=vials):
                self._no_more_than_locked(event.batch, vials)
                self._said_filled[event.batch] = vials
        self.batches[event.batch] = following

    def _no_more_than_locked(self, batch: str, vials: int) -> None:
        most = self._locked_vials[batch] + self.spare_vials
        if vials > most:
            raise LifeError(
                f"A batch locked for {most} vials, spares included, cannot fill {vials}."
            )

    def _vial(self, event: VialEvent) -> None:
        following = next_vial_state(self.vials.get(event.vial), event)
        match event:
            case VialFilled(batch=batch):
                next_batch_state(self.batches.get(batch), event)
                self._no_more_than_locked(batch, self._filled_vials.get(batch, 0) + 1)
                self._filled_vials[batch] = self._filled_vials.get(batch, 0) + 1
                self._batch_of[event.vial] = batch
            case VialPacked(shipment=shipment):
                self._pack(event, shipment)
        self.vials[event.vial] = following

    def _pack(self, event: VialPacked, shipment: str) -> None:
        batch = self._batch_of[event.vial]
        state = self.batches[batch]
        if state not in (BatchState.RELEASED, BatchState.CERTIFIED):
            raise LifeError(
                f"A vial of a {state.value} batch cannot be packed: it is not released."
            )
        following = next_shipment_state(self.shipments.get(shipment), event)
        self._packed_in.setdefault(shipment, []).append(event.vial)
        self.shipments[shipment] = following

    def _shipment(self, event: ShipmentEvent) -> None:
        following = next_shipment_state(self.shipments.get(event.shipment), event)
        inside = [
            vial
            for vial in self._packed_in[event.shipment]
            if self.vials[vial] is not VialState.WASTED
        ]
        if isinstance(event, ShipmentDispatched):
            other = next((v for v in inside if self._batch_of[v] != event.batch), None)
            if other is not None:
                raise LifeError(
                    f"A shipment of batch {event.batch} cannot carry vial {other} of batch "
                    f"{self._batch_of[other]}."
                )
        for vial in inside:
            self.vials[vial] = next_vial_state(self.vials[vial], event)
        self.shipments[event.shipment] = following

    # -- the end ---------------------------------------------------------------------------

    def unfinished(self) -> tuple[str, ...]:
        """What cannot stand at the end of a history, a sentence each.

        An order must be administered, cancelled or missed; a batch released, failed or cancelled;
        a vial used or wasted; a shipment received or lost. What was administered was used, and
        what a batch said it filled was filled.
        """
        standing: tuple[tuple[str, Mapping[str, State]], ...] = (
            ("order", self.orders),
            ("batch", self.batches),
            ("vial", self.vials),
            ("shipment", self.shipments),
        )
        found = [
            f"The history ends with {kind} {name} still {state.value}."
            for kind, things in standing
            for name, state in things.items()
            if state not in ENDED
        ]
        found += [
            f"Vial {vial} was given for order {order}, and stands as {self.vials[vial].value}."
            for vial, order in self._given.items()
            if self.vials[vial] is not VialState.USED
        ]
        found += [
            f"Vial {vial} was used, and no dose was administered from it."
            for vial, state in self.vials.items()
            if state is VialState.USED and vial not in self._given
        ]
        found += [
            f"Batch {batch} said that it filled {said} vials, and filled "
            f"{self._filled_vials.get(batch, 0)}."
            for batch, said in self._said_filled.items()
            if said != self._filled_vials.get(batch, 0)
        ]
        return tuple(found)


def obeys(
    events: Iterable[Event], *, spare_vials: int = 0, finished: bool = True
) -> tuple[str, ...]:
    """Every law of life that a history breaks, a sentence each; none where it obeys.

    A refused event is passed over and the rest judged on. `finished` asks for the laws of the end
    too; leave it off for a history that is cut in the middle.

    >>> from doseline.operations.events import OrderMissed, OrderPlaced
    >>> obeys([OrderPlaced(0, "D1", "2024-01-10", 200_000), OrderMissed(9, "D1", "no slot")])
    ()
    >>> obeys([OrderPlaced(0, "D1", "2024-01-10", 200_000)])
    ('The history ends with order D1 still placed.',)
    """
    lives = Lives(spare_vials)
    broken = []
    for event in events:
        try:
            lives.take(event)
        except LifeError as error:
            broken.append(str(error))
    return (*broken, *lives.unfinished()) if finished else tuple(broken)


def _named(event: Event) -> str:
    """The thing that an event happens to."""
    for name in ("order", "vial", "shipment", "batch"):
        found = getattr(event, name, None)
        if isinstance(found, str) and not (name == "order" and isinstance(event, VialFilled)):
            return found
    return type(event).__name__
