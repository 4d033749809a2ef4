"""The sets of the model: orders, the places where a batch may be, and the choices between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from doseline.operations.orders import DoseOrder
from doseline.operations.routes import Route, Ways
from doseline.operations.schedule import Allocation, Batch, Shipment
from doseline.operations.slots import IsotopeOption, Slot
from doseline.plan.model.matrix import Floats
from doseline.programme import Programme

Ints = NDArray[np.int64]


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
class Roads:
    """Ways from places to days as columns of numbers, in their order; `use_on` is an ordinal.

    A dose used at `use_at` asks for `load_mbq` at the start of labelling. First receipts are found
    when they are asked for: few sites come near their licence.
    """

    place: Ints
    use_on: Ints
    use_at: Ints
    load_mbq: Floats
    first_receipts: Callable[[], Ints]

    @cached_property
    def received_first_at(self) -> Ints:
        """When the smallest batch arrives."""
        return self.first_receipts()


@dataclass(frozen=True)
class Table(Roads):
    """Choices as columns of numbers: roads, each for an order."""

    order: Ints


def table_of(choices: Sequence[Choice]) -> Table:
    """The columns of some choices."""

    def whole(numbers: Iterable[int]) -> Ints:
        return np.fromiter(numbers, dtype=np.int64, count=len(choices))

    return Table(
        order=whole(c.order for c in choices),
        place=whole(c.place for c in choices),
        use_on=whole(c.route.use_on.toordinal() for c in choices),
        use_at=whole(c.route.use_at for c in choices),
        load_mbq=np.array([c.load_mbq for c in choices], dtype=np.float64),
        first_receipts=lambda: whole(c.received_first_at for c in choices),
    )


def _positions(numbers: Ints, count: int) -> dict[int, list[int]]:
    """Where each of the numbers up to a count stands, in order."""
    by = np.argsort(numbers, kind="stable").tolist()
    ends = np.cumsum(np.bincount(numbers, minlength=count)).tolist()
    return {n: by[begin:end] for n, (begin, end) in enumerate(pairwise([0, *ends]))}


@dataclass(frozen=True)
class Sets:
    """What the model is about: orders, places and choices. [model S1-S3]

    A kind of order that may be served many times has no choices to be told apart, only `columns`.
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
    columns: Table | None = None

    @cached_property
    def table(self) -> Table:
        """The choices as columns."""
        return self.columns or table_of(self.choices)

    @cached_property
    def units(self) -> Ints:
        """The vials of each order."""
        return np.array([o.units for o in self.orders], dtype=np.int64)

    @cached_property
    def loads(self) -> Floats:
        """The load of all vials of each choice. [MBq]"""
        table = self.table
        return np.asarray(table.load_mbq * self.units[table.order], dtype=np.float64)

    @cached_property
    def of_order(self) -> dict[int, list[int]]:
        """Positions of the choices of each order."""
        return _positions(self.table.order, len(self.orders))

    @cached_property
    def of_place(self) -> dict[int, list[int]]:
        """Positions of the choices of each place."""
        return _positions(self.table.place, len(self.places))

    @cached_property
    def strongest(self) -> dict[int, float]:
        """The load of the strongest vial that each place could be asked for. [MBq]"""
        most = np.zeros(len(self.places))
        np.maximum.at(most, self.table.place, self.table.load_mbq)
        return dict(enumerate(most.tolist()))

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
