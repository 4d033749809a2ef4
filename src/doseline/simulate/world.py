"""What all replications share: the slots of a design, and the ways from them to a patient's day."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from doseline.operations.orders import DoseOrder
from doseline.operations.routes import ways_of
from doseline.operations.slots import Slot, counted, expand
from doseline.programme import Programme
from doseline.programme.making import make_min, planned_yield, release_min
from doseline.programme.manufacturer import Line, Manufacturer
from doseline.programme.product import Product
from doseline.programme.rules import decay_factor
from doseline.programme.site import Site
from doseline.simulate.travelled import travelled

DAY = 1440
WARM_UP = timedelta(days=182)


@dataclass(slots=True, eq=False)
class Place:
    """A slot with everything that does not change between replications.

    `excludes` are the positions of the slots of its line that its batch would stand in the way
    of; `qc_day` is the local day on which a full batch is released.
    """

    index: int
    slot: Slot
    plant: Manufacturer
    line: Line
    product: Product
    half_life: float
    yield_fraction: float
    eos_first_at: int
    eos_last_at: int
    day: int
    qc_day: int
    call_off_at: int
    last_lock_at: int
    week: tuple[int, int]
    excludes: tuple[int, ...] = ()


@dataclass(slots=True, eq=False)
class Reach:
    """A way from a slot to a day at a site: one lane, planned times, and what decay asks.

    `site` stands for all sites of its kind. A dose of 1 MBq at its use needs `load_factor` MBq at
    the start of labelling by decay alone, and `eos_factor` MBq at the EOS of a batch of one vial.
    `late_share` is filled in by `risk`.
    """

    place: int
    charge_at: int
    last_lock_at: int
    site: str
    lane: str
    dispatch_at: int
    received_at: int
    use_at: int
    day: int
    load_factor: float
    eos_factor: float
    cost_cents: int
    testing_cents: int
    late_share: float | None = None


class World:
    """The slots, ways and calendars of a programme under a design, worked out once.

    Slots begin half a year before the first day, so that courses begun then can be under way.
    """

    def __init__(self, programme: Programme, from_on: date, until_on: date) -> None:
        self.programme = programme
        self.clock = programme.clock
        self.ways = ways_of(programme)
        self.from_on = from_on
        self.until_on = until_on
        first = max(from_on - WARM_UP, programme.from_on)
        every = expand(programme, first, until_on + timedelta(days=28))
        slots = [s for s in every if counted(programme, s)]
        self.places = [self._place(i, slot) for i, slot in enumerate(slots)]
        self._exclude()
        self.index = {p.slot.id: p.index for p in self.places}
        self._of_product: dict[str, tuple[list[int], list[Place]]] = {}
        for p in self.places:
            starts, found = self._of_product.setdefault(p.product.id, ([], []))
            starts.append(p.slot.charge_at)
            found.append(p)
        self._reach_of_kind: dict[tuple[str, str, int, int], tuple[Reach, ...]] = {}
        self._months: dict[int, int] = {}
        self.experience = self._before(first)
        self.kept: dict[object, Any] = {}
        """What the engines have worked out of this world, to be had again."""
        self.longer: World | None = None
        """The world of a longer span that this one is the beginning of."""
        self._endings: dict[date, World] = {}

    def ending(self, until_on: date) -> World:
        """The world of futures that end on an earlier day: slots, ways and tables are shared."""
        if until_on >= self.until_on:
            return self
        if until_on not in self._endings:
            found = copy(self)
            found.until_on, found.kept, found.longer = until_on, {}, self
            self._endings[until_on] = found
        return self._endings[until_on]

    def _before(self, first: date) -> dict[str, int]:
        """Batches that each line is taken to have made before: one in every other slot."""
        found: dict[str, set[int]] = defaultdict(set)
        if first > self.programme.from_on:
            for slot in expand(self.programme, self.programme.from_on, first - timedelta(days=1)):
                found[slot.line].add(slot.charge_at)
        return {line: len(starts) // 2 for line, starts in found.items()}

    def _place(self, index: int, slot: Slot) -> Place:
        plant, line = self.programme.line[slot.line]
        product = self.programme.product[slot.product]
        last = slot.charge_at + make_min(product, line, slot.vials_max)
        call_off = slot.charge_at
        if slot.kind == "option":
            call_off = min(call_off, slot.lock_at)
        year, week, _ = slot.starts_on.isocalendar()
        return Place(
            index=index,
            slot=slot,
            plant=plant,
            line=line,
            product=product,
            half_life=product.half_life,
            yield_fraction=planned_yield(product),
            eos_first_at=slot.charge_at + make_min(product, line, 1),
            eos_last_at=last,
            day=slot.starts_on.toordinal(),
            qc_day=self.clock.day(last + release_min(product), plant.zone).toordinal(),
            call_off_at=call_off,
            last_lock_at=min(call_off, max((o.lock_at for o in slot.isotope), default=call_off)),
            week=(year, week),
        )

    def _exclude(self) -> None:
        """A line holds one batch until its clean-down is over. [conventions 4.2]"""
        lines: dict[str, list[Place]] = defaultdict(list)
        for p in self.places:
            lines[p.slot.line].append(p)
        found: dict[int, set[int]] = defaultdict(set)
        for places in lines.values():
            for i, p in enumerate(places):
                for q in places[i + 1 :]:
                    other = 0 if q.product is p.product else p.line.changeover_min
                    if q.slot.charge_at >= p.eos_last_at + p.line.turnaround_min + other:
                        if q.slot.charge_at > p.eos_last_at + 30 * DAY:
                            break
                        continue
                    found[p.index].add(q.index)
                    found[q.index].add(p.index)
        for p in self.places:
            p.excludes = tuple(sorted(found[p.index]))

    # -- ways ------------------------------------------------------------------------------

    @cached_property
    def _reach(self) -> dict[tuple[str, str, str, int], tuple[Reach, ...]]:
        return travelled(self.programme, [p.slot for p in self.places]).ways

    @property
    def offered(self) -> Callable[[str, str, Site, int], bool] | None:
        """The days on offer to sites, where the policy says that they order no other."""
        return self._offers if self.programme.policy.order_days == "on_offer" else None

    def _offers(self, product: str, protocol: str, site: Site, day: int) -> bool:
        """Whether some slot can serve a site on a day at all: `offer.Offer`, from the same ways."""
        return bool(self._reach_of((product, protocol, site.id, day)))

    def reach(self, order: DoseOrder, day: int) -> tuple[Reach, ...]:
        """Every planned way to serve an order's site on a day (ordinal), the cheapest first.

        Two orders that differ by their activity only have the same ways, as have sites of a kind.
        """
        return self._reach_of((order.product, order.protocol, order.site, day))

    def _reach_of(self, key: tuple[str, str, str, int]) -> tuple[Reach, ...]:
        found = self._reach.get(key)
        if found is None:
            product, protocol, site_id, day = key
            site = self.programme.site[site_id]
            found = self._reach[key] = (
                self._ways_of_kind((product, protocol, self.ways.kind(site), day), key)
                if self.ways.treats(site, day)
                else ()
            )
        return found

    def _ways_of_kind(
        self, kind: tuple[str, str, int, int], key: tuple[str, str, str, int]
    ) -> tuple[Reach, ...]:
        if kind not in self._reach_of_kind:
            self._reach_of_kind[kind] = self._look(_unit_order(*key))
        return self._reach_of_kind[kind]

    def _look(self, order: DoseOrder) -> tuple[Reach, ...]:
        on = order.wanted_on
        starts, places = self._of_product.get(order.product, ([], []))
        site = self.programme.site[order.site]
        end = self.clock.day_start(on + timedelta(days=1), site.zone)
        product = self.programme.product[order.product]
        first = bisect_left(starts, end - 3 * DAY - product.shelf_life_min)
        found = []
        for place in places[first : bisect_right(starts, end)]:
            for route in self.ways.routes(order, place.slot, on):
                permission = self.ways.permission_of(
                    place.plant.id, site, order.protocol, route.journey.received_at
                )
                found.append(
                    Reach(
                        place=place.index,
                        charge_at=place.slot.charge_at,
                        last_lock_at=place.last_lock_at,
                        site=site.id,
                        lane=route.journey.lane,
                        dispatch_at=route.journey.dispatch_at,
                        received_at=route.journey.received_at,
                        use_at=route.use_at,
                        day=on.toordinal(),
                        load_factor=1.0
                        / decay_factor(route.use_at - place.slot.charge_at, place.half_life),
                        eos_factor=1.0
                        / decay_factor(route.use_at - place.eos_first_at, place.half_life),
                        cost_cents=route.cost_cents,
                        testing_cents=permission.testing_cents if permission else 0,
                    )
                )
        return tuple(sorted(found, key=lambda r: (r.cost_cents, r.place, r.received_at, r.lane)))

    # -- calendar --------------------------------------------------------------------------

    def month_of(self, at: int) -> int:
        """The month of an instant, counted from year 0, in UTC."""
        day = at // DAY
        month = self._months.get(day)
        if month is None:
            month = self._months[day] = month_number(self.clock.instant(at).date())
        return month

    @cached_property
    def capacity(self) -> dict[str, int]:
        """The infusions a day of each consignee: the most that one of its sites gives."""
        return {
            name: max(s.daily_capacity for s in sites)
            for name, sites in self.programme.consignee.items()
        }

    @cached_property
    def limit_mbq(self) -> dict[str, float]:
        """What each consignee may hold: the most that one of its sites' licences names. [MBq]"""
        return {
            name: max((s.licence.limit_mbq for s in sites if s.licence), default=float("inf"))
            for name, sites in self.programme.consignee.items()
        }


def _unit_order(product: str, protocol: str, site: str, day: int) -> DoseOrder:
    """An order of 1 MBq on a day: the ways of all orders that differ by their activity only."""
    on = date.fromordinal(day)
    return DoseOrder("", product, protocol, site, "", 1, 0, on, on, on, 1.0)


_KEPT = 10
_worlds: list[World] = []


def world_of(
    programme: Programme, from_on: date, until_on: date, within: date | None = None
) -> World:
    """The world of a programme and a span, remembered for the few last asked about.

    `within` names the last day of a longer span that it is the beginning of.
    """
    last = max(until_on, within or until_on)
    for found in _worlds:
        if found.programme is programme and (found.from_on, found.until_on) == (from_on, last):
            _worlds.remove(found)
            break
    else:
        found = World(programme, from_on, last)
    _worlds.append(found)
    del _worlds[:-_KEPT]
    return found.ending(until_on)


def month_number(on: date) -> int:
    """A month as a number: years and months since year 0, January first.

    >>> month_number(date(2024, 3, 9)) - month_number(date(2023, 12, 31))
    3
    """
    return on.year * 12 + on.month - 1
