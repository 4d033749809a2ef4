"""Which of the lanes that reach a patient's day are worth a choice. [model A2]"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from doseline.operations.orders import DoseOrder
from doseline.operations.routes import Journey, Route, Ways
from doseline.plan.model.sets import Place
from doseline.programme.rules import activity_at_eos
from doseline.programme.site import Site

DAY = 1440
ONE_DAY = timedelta(days=1)
Receipts = dict[tuple[str, str, str, int], int]
"""First receipts by slot, site, lane and minutes of import testing."""
Use = tuple[Journey, int]
"""A journey, and the time of use on some day."""


@dataclass
class Lanes:
    """The lanes of a plan, and what each could be better at than a cheaper one.

    A dearer lane is a choice where it comes earlier, so that less activity must be made; where it
    comes later and the possession of the site may bind; where its import testing is cheaper; and
    where a further package on it may cost less than one on the cheaper lane, if somebody else of
    the batch and the site travels on it. In every other case whoever goes by it could go by the
    cheaper one, and would pay no more.
    """

    ways: Ways
    days: dict[tuple[str, str], list[tuple[date, str]]] = field(default_factory=dict)
    tight: frozenset[str] = frozenset()
    _replaced: dict[tuple[str, str, tuple[str, int], tuple[str, int]], bool] = field(
        default_factory=dict
    )
    _kept: dict[tuple[str, str, str, date, int], tuple[int, ...]] = field(default_factory=dict)
    seen: Receipts = field(default_factory=dict)

    def offered(self, order: DoseOrder, place: Place, found: Sequence[Route]) -> list[Route]:
        """Those of the routes of an order from a place on a day that are choices.

        `found` has the cheapest first, which is always one. Where a vial is filled to volume it
        lacks those of the latest use, so that its length says which it holds.
        """
        key = (place.slot.id, order.site, order.protocol, found[0].use_on, len(found))
        kept = self._kept.get(key)
        if kept is None:
            site, positions = self.ways.programme.site[order.site], list[int]()
            for n, route in enumerate(found):
                if not any(self._beats(order, place, site, found[m], route) for m in positions):
                    positions.append(n)
            kept = self._kept[key] = tuple(positions)
        return [found[n] for n in kept]

    # -- one lane against another ------------------------------------------------------------

    def _beats(
        self, order: DoseOrder, place: Place, site: Site, better: Route, route: Route
    ) -> bool:
        """Whether nobody loses who takes a cheaper route instead of another."""
        one, other = (better.journey, better.use_at), (route.journey, route.use_at)
        if not self._as_good(order.protocol, place, site, one, other):
            return False
        saved = route.cost_cents * self._share(route.journey)
        if saved >= better.cost_cents:
            return True
        further = better.cost_cents * self._share(better.journey)
        return saved >= further and self._replaces(place, site, better.journey, route.journey)

    def _share(self, way: Journey) -> float:
        """What a further package costs, as a share of the first."""
        programme = self.ways.programme
        return programme.carrier[programme.lane[way.lane].carrier].second_package_fraction

    def _as_good(self, protocol: str, place: Place, site: Site, one: Use, other: Use) -> bool:
        """Whether the first, freight apart, is as good: activity, possession, import testing."""
        decays = self.ways.programme.product[place.slot.product].decays
        if decays and one[1] > other[1]:
            return False
        if site.consignee in self.tight:
            first, second = (
                received_first_at(self.ways, place, site, w, self.seen) for w, _ in (one, other)
            )
            if first < second or one[0].received_at < other[0].received_at:
                return False
        plant = place.slot.manufacturer
        leave, second_leave = (
            self.ways.permission_of(plant, site, protocol, w.received_at) for w, _ in (one, other)
        )
        return leave is second_leave or leave is None or not leave.testing_cents

    def _replaces(self, place: Place, site: Site, better: Journey, way: Journey) -> bool:
        """Whether all that may travel on a lane to a site could take the cheaper one together."""
        keys = ((better.lane, better.testing_min), (way.lane, way.testing_min))
        key = (place.slot.id, site.id, *keys)
        if key not in self._replaced:
            lasts = self.ways.programme.product[place.slot.product].shelf_life_min
            first = self.ways.clock.day(place.slot.charge_at, site.zone)
            last = self.ways.clock.day(place.eos_first_at + lasts, site.zone)
            days = self.days.get((site.id, place.slot.product), [])
            low, high = bisect_left(days, (first, "")), bisect_left(days, (last + ONE_DAY, ""))
            self._replaced[key] = all(
                self._could(protocol, place, site, on, *keys) for on, protocol in days[low:high]
            )
        return self._replaced[key]

    def _could(
        self,
        protocol: str,
        place: Place,
        site: Site,
        on: date,
        better: tuple[str, int],
        lane: tuple[str, int],
    ) -> bool:
        if not self.ways.treats(site, on.toordinal()):
            return True
        uses = uses_of(self.ways, protocol, place, site, on)
        by_lane = {(w.lane, w.testing_min): (w, at) for w, at in uses}
        if lane not in by_lane:
            return True
        one = by_lane.get(better)
        return one is not None and self._as_good(protocol, place, site, one, by_lane[lane])


def lanes_of(ways: Ways, orders: Sequence[DoseOrder], days_of: Sequence[Sequence[date]]) -> Lanes:
    """The lanes of a plan of some orders, each of which may be used on some days."""
    programme = ways.programme
    days: dict[tuple[str, str], set[tuple[date, str]]] = defaultdict(set)
    most: dict[str, float] = defaultdict(float)
    for order, on in zip(orders, days_of, strict=True):
        days[order.site, order.product].update((day, order.protocol) for day in on)
        product, name = programme.product[order.product], programme.site[order.site].consignee
        if product.decays:
            lasts, half_life = product.shelf_life_min, product.half_life
            strongest = order.units * activity_at_eos(order.activity_mbq, lasts, half_life)
            most[name] = max(most[name], strongest * (lasts // DAY + 2))
    tight = set()
    for name, mbq in most.items():
        sites = programme.consignee[name]
        room = max((s.licence.limit_mbq for s in sites if s.licence), default=0.0)
        if max(s.daily_capacity for s in sites) * mbq > room:
            tight.add(name)
    return Lanes(ways, {k: sorted(v) for k, v in days.items()}, frozenset(tight))


def uses_of(ways: Ways, protocol: str, place: Place, site: Site, on: date) -> Sequence[Use]:
    """The journeys from a place (a locked batch has its own times) and the time of use on a day."""
    batch = place.locked
    if batch is None:
        return ways.uses(protocol, place.slot, site, on)
    product, plant = ways.programme.product[place.slot.product], batch.manufacturer
    found = []
    for testing in ways.testing_min(plant, site, protocol):
        for lane in ways.lanes(plant, site):
            way = ways.journey(lane, site, place.ready_at, testing)
            at = ways.use_at(site, on, way.received_at, product.preparation_min)
            if at is not None and ways.passes(
                product.id, protocol, plant, site, way, at, batch.eos_at
            ):
                found.append((way, at))
    return found


def received_first_at(ways: Ways, place: Place, site: Site, way: Journey, seen: Receipts) -> int:
    """When the package of a batch of one vial is received: no later than that of a full one.

    `seen` remembers receipts. [min]
    """
    if place.locked is not None:
        return way.received_at
    key = (place.slot.id, site.id, way.lane, way.testing_min)
    if key not in seen:
        lane = ways.programme.lane[way.lane]
        ready = place.eos_first_at + ways.ready_first_min(place.slot.product)
        _, arrive = ways.planned(lane, ready, way.testing_min)
        seen[key] = ways.received_at(site, arrive)
    return seen[key]
