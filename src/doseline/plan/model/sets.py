"""The sets of the model: orders, the places where a batch may be, and the choices between them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from doseline.operations.orders import DoseOrder
from doseline.operations.routes import Route, Ways
from doseline.operations.schedule import Allocation, Batch, Shipment
from doseline.operations.slots import IsotopeOption, Slot
from doseline.programme import Programme


@dataclass(frozen=True, slots=True)
class Place:
    """A slot as the planner sees it: usable deliveries, and EOS of a batch of one vial and of a
    full one. A locked batch is a place whose batch is already fixed; what is left of it can leave
    from `ready_at` on. `twins` are slots like it in all but their line: the place then holds as
    many batches as there are slots. [model S2]
    """

    slot: Slot
    isotope: tuple[IsotopeOption, ...]
    eos_first_at: int
    eos_last_at: int
    locked: Batch | None = None
    ready_at: int = 0
    twins: tuple[Slot, ...] = ()

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots of the place, one a line."""
        return (self.slot, *self.twins)

    @property
    def count(self) -> int:
        """How many batches the place can hold."""
        return 1 + len(self.twins)


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to serve one order: `order` and `place` are positions. [model S3]

    `load_mbq` is the dose brought back to the start of labelling by decay alone: when its batch
    reaches EOS does not matter to it. `received_first_at` is when the smallest batch arrives.
    `hour_at` is an hour of infusion that has been confirmed: the dose is given no earlier.
    """

    order: int
    place: int
    route: Route
    load_mbq: float
    moved_days: int
    testing_min: int
    received_first_at: int
    hour_at: int = 0


@dataclass(frozen=True)
class Sets:
    """What the model is about: orders, places and choices. [model S1-S3]

    What is on its way already (`sent`) is kept as it is, beside the model. Of batches that are lost
    `begun` have been started, and count at their crew; of `bought` the isotope has been ordered.
    """

    programme: Programme
    ways: Ways
    orders: tuple[DoseOrder, ...]
    places: tuple[Place, ...]
    choices: tuple[Choice, ...]
    from_on: date
    until_on: date
    sent: tuple[Allocation, ...] = ()
    sent_orders: tuple[DoseOrder, ...] = ()
    sent_shipments: tuple[Shipment, ...] = ()
    begun: tuple[Batch, ...] = ()
    bought: tuple[Batch, ...] = ()

    @cached_property
    def of_order(self) -> dict[int, list[int]]:
        """Positions of the choices of each order."""
        found: dict[int, list[int]] = {i: [] for i in range(len(self.orders))}
        for r, choice in enumerate(self.choices):
            found[choice.order].append(r)
        return found

    @cached_property
    def of_place(self) -> dict[int, list[int]]:
        """Positions of the choices of each place."""
        found: dict[int, list[int]] = {s: [] for s in range(len(self.places))}
        for r, choice in enumerate(self.choices):
            found[choice.place].append(r)
        return found

    @cached_property
    def strongest(self) -> dict[int, float]:
        """The load of the strongest vial that each place could be asked for. [MBq]"""
        loads = ((s, (self.choices[r].load_mbq for r in mine)) for s, mine in self.of_place.items())
        return {s: max(found, default=0.0) for s, found in loads}

    @cached_property
    def consignee_of_order(self) -> list[str]:
        """Who gives the dose of each order."""
        return [self.programme.site[o.site].consignee for o in self.orders]

    @cached_property
    def place_of_slot(self) -> dict[str, int]:
        """Positions of the places by slot."""
        return {slot.id: s for s, p in enumerate(self.places) for slot in p.slots}

    @cached_property
    def order_of_id(self) -> dict[str, int]:
        """Positions of the orders by id."""
        return {o.id: i for i, o in enumerate(self.orders)}
