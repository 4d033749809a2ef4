"""One simulated future: its clock, its books, its orders and courses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from doseline.operations.events import OrderPlaced, ShockBegan, ShockEnded
from doseline.operations.orders import DoseOrder
from doseline.programme.course import Outcome
from doseline.programme.scenario import Scenario, Shock
from doseline.simulate.book import Book
from doseline.simulate.cohorts import Cohorts
from doseline.simulate.fate import Fate
from doseline.simulate.hazards import dated_shocks
from doseline.simulate.living import LiveBatch, LiveOrder
from doseline.simulate.odds import noted
from doseline.simulate.result import Period
from doseline.simulate.risk import Risk
from doseline.simulate.room import Room
from doseline.simulate.shocks import Known
from doseline.simulate.tally import Tally
from doseline.simulate.world import DAY, World

Process = Generator[simpy.Event, Any, None]


@dataclass(slots=True)
class Hooks:
    """What the rooms below call of the rooms above: a batch's lock, an order's end."""

    lock: Callable[[LiveBatch, int], None]
    settle: Callable[[LiveOrder, Outcome, int], None]
    promised: Callable[[LiveOrder], None]
    cancel: Callable[[LiveOrder], None]
    retry: Callable[[], None]


class Future:
    """Everything that one replication remembers while it runs.

    `replans` is off where a fixed schedule is played: an order that loses its batch then has no
    other. Nothing here reads what has not happened yet.
    """

    def __init__(
        self,
        world: World,
        fate: Fate,
        risk: Risk,
        *,
        scenario: Scenario | None = None,
        periods: Sequence[Period] = (),
        keep_events: bool = False,
        replans: bool = True,
    ) -> None:
        self.world = world
        self.programme = world.programme
        self.policy = world.programme.policy
        self.clock = world.clock
        self.ways = world.ways
        self.fate = fate
        self.risk = risk
        self.replans = replans
        self.scenario = scenario
        self.env = simpy.Environment(initial_time=0)
        first = self.clock.day_start(world.from_on, "UTC")
        self.book = Book(self.env, world.month_of, first, keep_events)
        self.shocks = dated_shocks(
            world.programme,
            scenario,
            seed=fate.seed,
            replication=fate.replication,
            chance=fate.on,
            from_on=world.from_on,
            until_on=world.until_on,
        )
        self.known = Known(world, fate)
        self.room = Room(world, self.known)
        self.tally = Tally(self.programme, periods)
        self.waiting: dict[str, LiveOrder] = {}
        self.names: set[str] = set()
        self.cohorts = Cohorts()
        self.batches_of_slot: dict[int, int] = defaultdict(int)
        self.experience: dict[str, int] = defaultdict(int, world.experience)
        self.cluster_until: dict[str, int] = defaultdict(lambda: -(10**9))
        self.consignments: set[tuple[str, str, int]] = set()
        self.batches_of_year: dict[tuple[str, int], int] = defaultdict(int)
        self.looked_at: set[int] = set()
        self.tested: set[tuple[str, str]] = set()
        self.hooks = Hooks(_nothing, _nothing, _nothing, _nothing, _nothing)
        self.freed: set[int | str] = set()

    @property
    def now(self) -> int:
        """This instant. [min]"""
        return int(self.env.now)

    def at(self, when: int, call: Callable[..., None], *what: Any) -> None:
        """Let something happen at an instant, or at once if that has passed."""
        self.until(when).callbacks.append(lambda _: call(*what))

    def until(self, when: int) -> simpy.Event:
        """Wait until an instant, or not at all if that has passed."""
        return self.env.timeout(max(0, when - self.now))

    # -- waiting ---------------------------------------------------------------------------

    def capacity_appeared(self, place: int, consignee: str) -> None:
        """Room in a slot or at a site: those that wait for it are tried again, after this."""
        if self.waiting:
            if not self.freed:
                self.at(self.now, self.hooks.retry)
            self.freed |= {place, consignee}

    def note_odds(self, lives: Iterable[LiveOrder], kind: int, struck: bool, chance: float) -> None:
        """Something was drawn that may take orders off their first way; see `odds`."""
        first = (live.order for live in lives if live.on_first_way)
        self.tally.note_odds(first, kind, noted(struck, chance))

    # -- shocks ----------------------------------------------------------------------------

    def shocks_strike(self, hit: Callable[[], None], over: Callable[[], None]) -> None:
        """Let the shocks of scenario and hazards begin and end, each at 00:00 UTC of its day.

        Those on the demand have been drawn with the patients.
        """
        for shock in self.shocks:
            name = shock.of or (self.scenario.id if self.scenario else "")

            def begin(shock: Shock = shock, name: str = name) -> None:
                self.known.shocks.append(shock)
                self.book.tell(ShockBegan, name, shock.hits, shock.targets)
                hit()

            def end(shock: Shock = shock, name: str = name) -> None:
                self.book.tell(ShockEnded, name, shock.hits, shock.targets)
                over()

            self.at(self.clock.day_start(shock.from_on, "UTC"), begin)
            if shock.until_on is not None:
                self.at(self.clock.day_start(shock.until_on, "UTC") + DAY, end)

    # -- days ------------------------------------------------------------------------------

    def local_day(self, at: int, zone: str) -> int:
        """The local day of an instant, as an ordinal."""
        return self.clock.day(at, zone).toordinal()

    def closes_at(self, order: DoseOrder) -> int:
        """The last hour of infusion of an order's window."""
        site = self.programme.site[order.site]
        return self.clock.at(order.latest_on, site.infusion_latest, site.zone)

    def named(self, order_id: str) -> str:
        """A name for an order that no other order of this future bears."""
        name, number = order_id, 1
        while name in self.names:
            number += 1
            name = f"{order_id}~{number}"
        self.names.add(name)
        return name

    def placed(self, live: LiveOrder) -> None:
        """Note that an order was placed."""
        order = live.order
        self.book.tell(
            OrderPlaced, order.id, order.wanted_on.isoformat(), round(order.activity_mbq * 1000)
        )

    def batch_name(self, index: int) -> str:
        """The name of the next batch opened in a slot: the slot's, numbered from the second on."""
        self.batches_of_slot[index] += 1
        number = self.batches_of_slot[index]
        slot = self.world.places[index].slot.id
        return slot if number == 1 else f"{slot}#{number}"

    def year_of(self, at: int) -> int:
        """The calendar year of an instant, in UTC."""
        return self.world.month_of(at) // 12


def _nothing(*_: Any) -> None:
    """Stands in for a hook until it is set."""
