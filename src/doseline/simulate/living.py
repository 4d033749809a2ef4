"""Orders and batches while they live: what one simulated future remembers of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from doseline.operations.events import CancelStage
from doseline.operations.orders import DoseOrder, Patient
from doseline.operations.slots import IsotopeOption
from doseline.programme.course import CourseState, Outcome
from doseline.simulate.book import Pot
from doseline.simulate.tally import Dose
from doseline.simulate.world import Place, Reach

OrderStatus = Literal["waiting", "promised", "given", "missed", "cancelled"]
BatchStatus = Literal["open", "locked", "labelling", "filled", "released", "failed", "cancelled"]


@dataclass(slots=True, eq=False)
class Course:
    """A patient's course: where it stands, and the orders already placed for it."""

    patient: Patient


@dataclass(slots=True, eq=False)
class LiveOrder:
    """An order from its placing to its end.

    `lost` says that the batch that was to serve it was lost, so that it may be remade from isotope
    kept for stand-ins; `cause` is the last thing that took it off its day. `follows` is the order
    of the dose before, where this one was placed ahead of it; `dose` the count of the dose, where
    the supply has missed an earlier order of it.
    """

    order: DoseOrder
    closes_at: int
    course: Course | None = None
    state: CourseState | None = None
    stage: CancelStage | None = None
    moved: DoseOrder | None = None
    status: OrderStatus = "waiting"
    batch: LiveBatch | None = None
    reach: Reach | None = None
    vial: Vial | None = None
    vials_tried: int = 0
    lost: bool = False
    lost_at: int = 0
    cause: str = ""
    wait_token: int = 0
    waits_for: dict[int | str, tuple[Reach, ...]] = field(default_factory=dict)
    last_lock_at: int = 0
    luck_armed: bool = False
    follows: LiveOrder | None = None
    ahead: LiveOrder | None = None
    ahead_day: int = 0
    settled: tuple[Outcome, int] | None = None
    within_tolerance: bool = False
    placed: bool = False
    dose: Dose | None = None

    @property
    def on_first_way(self) -> bool:
        """Whether its first attempt is promised for the day wanted, and nothing has gone wrong."""
        if self.reach is None or self.cause or (self.state is not None and self.state.attempt):
            return False
        return self.reach.day == self.order.wanted_on.toordinal()

    @property
    def rank(self) -> tuple[int, int, str]:
        """Who goes first when short: started courses, then who waits longest."""
        return (self.order.priority, self.order.placed_at, self.order.id)


@dataclass(slots=True, eq=False)
class Vial:
    """A filled vial: its activity pot, with what stays behind in it."""

    id: str
    pot: Pot


@dataclass(slots=True, eq=False)
class LiveBatch:
    """A batch from its opening to its end.

    `load_mbq` is what its orders need at the start of labelling by decay alone, `eos_mbq` at the
    EOS of a batch of one vial; `ordered_mbq` is the isotope ordered, at its delivery.
    """

    id: str
    place: Place
    status: BatchStatus = "open"
    orders: dict[str, LiveOrder] = field(default_factory=dict)
    units: int = 0
    load_mbq: float = 0.0
    eos_mbq: float = 0.0
    option: IsotopeOption | None = None
    reserved_mbq: float = 0.0
    ordered_mbq: float = 0.0
    standing_mbq: float = 0.0
    lock_token: int = 0
    vials: int = 0
    places: int = 0
    charge_mbq: float = 0.0
    charge_at: int = 0
    eos_at: int = 0
    released_at: int = 0
    packed_at: int = 0
    pot: Pot | None = None
    spares: list[Vial] = field(default_factory=list)
    number: int = 0
    groups: dict[tuple[str, str], int] = field(default_factory=dict)
    left_fraction: float = 1.0
    fixed: bool = False

    @property
    def lock_at(self) -> int:
        """When its vials are fixed: the lock of its delivery, or the call-off of an option."""
        at = self.option.lock_at if self.option else self.place.slot.charge_at
        return min(at, self.place.call_off_at)

    @property
    def ended(self) -> bool:
        """Whether no order can be served from it any more."""
        return self.status in ("failed", "cancelled")
