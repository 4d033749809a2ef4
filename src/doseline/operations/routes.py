"""The ways from a slot to a patient's day: when a package leaves, arrives and can be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from doseline.operations.orders import DoseOrder
from doseline.operations.permits import Permits
from doseline.operations.remembered import Book, book_of
from doseline.operations.slots import Slot
from doseline.operations.timetables import Timetables
from doseline.programme import Programme
from doseline.programme.lane import Lane, Permission
from doseline.programme.making import make_min, ready_min
from doseline.programme.product import Product
from doseline.programme.rules import activity_at_eos, vial_holds
from doseline.programme.site import Site


@dataclass(frozen=True, slots=True)
class Journey:
    """A package on a lane, as planned, with the minutes of import testing on its way.

    `None` instead of a Journey means there is none.
    """

    lane: str
    dispatch_at: int
    arrive_at: int
    received_at: int
    testing_min: int = 0


@dataclass(frozen=True, slots=True)
class Route:
    """One way to serve an order: a slot, a journey, and the time of use.

    It holds for any number of vials the slot may fill: the times are those of a full batch (the
    latest), `eos_mbq` that of a batch of one vial (EOS earliest, so the activity is highest).
    [model A3]
    """

    slot: Slot
    journey: Journey
    use_at: int
    use_on: date
    eos_mbq: float
    cost_cents: int


class Ways(Timetables):
    """Every question of the road, answered for one programme under one design.

    It remembers calendars, so make one and keep it.
    """

    def __init__(self, programme: Programme) -> None:
        super().__init__(programme)
        self.permits = Permits(programme)
        self._times: dict[tuple[str, int, int], tuple[int, int]] = {}
        self._ready_first: dict[str, int] = {}
        self._books: dict[tuple[str, str, str, int], Book] = {}

    def permission(self, plant: str, site: Site, protocol: str, on: date) -> Permission | None:
        """The permission that covers a plant, a site's market and a protocol on a day of receipt.

        [conventions 4.4]
        """
        return self.permits.on((plant, site.market, protocol), on)

    def permission_of(
        self, plant: str, site: Site, protocol: str, received_at: int
    ) -> Permission | None:
        """The permission that covers what is received at an instant."""
        return self.permission(plant, site, protocol, self.clock.day(received_at, site.zone))

    def testing_min(self, plant: str, site: Site, protocol: str) -> tuple[int, ...]:
        """What import testing may add to a transit, by any permission there is. [min]"""
        return self.permits.testing_min((plant, site.market, protocol))

    def journey(self, lane: Lane, site: Site, ready_at: int, testing_min: int = 0) -> Journey:
        """The planned journey of a package that is ready at an instant."""
        dispatch, arrive = self.planned(lane, ready_at, testing_min)
        return Journey(lane.id, dispatch, arrive, self.received_at(site, arrive), testing_min)

    # -- routes ----------------------------------------------------------------------------

    def holds(
        self, order: DoseOrder, slot: Slot, site: Site, way: Journey, use_at: int, eos_at: int
    ) -> bool:
        """Whether a journey and a time of use keep shelf life, vial, shipper, licence and leave.

        The journey takes the import testing that the permission of its day of receipt asks for.
        """
        return self.passes(
            order.product, order.protocol, slot.manufacturer, site, way, use_at, eos_at
        ) and self.vial_holds(order.product, order.activity_mbq, use_at, eos_at)

    def passes(
        self,
        product_id: str,
        protocol: str,
        plant: str,
        site: Site,
        way: Journey,
        use_at: int,
        eos_at: int,
    ) -> bool:
        """Whether a dose of any activity keeps shelf life, shipper, licence and leave."""
        product = self.programme.product[product_id]
        if use_at + product.infusion_min > eos_at + product.shelf_life_min:
            return False
        hold = product.shipper_hold_min
        if hold is not None and way.received_at - way.dispatch_at > hold:
            return False
        received_on = self.clock.day(way.received_at, site.zone)
        return self._tested(product, protocol, plant, site, received_on) == way.testing_min

    def _tested(
        self, product: Product, protocol: str, plant: str, site: Site, received_on: date
    ) -> int | None:
        """The import testing of what is received on a day; None without licence or leave. [min]"""
        if not self.licensed(site, product.nuclide, received_on):
            return None
        permission = self.permission(plant, site, protocol, received_on)
        return permission.testing_min if permission else None

    def vial_holds(self, product_id: str, mbq: float, use_at: int, eos_at: int) -> bool:
        """Whether a vial holds at EOS what its dose needs at the time of use."""
        product = self.programme.product[product_id]
        if product.fill != "volume":
            return True
        eos_mbq = activity_at_eos(mbq, use_at - eos_at, product.half_life)
        return vial_holds(eos_mbq, product.overfill_fraction, product.vial_limit_mbq)

    def routes(self, order: DoseOrder, slot: Slot, on: date) -> list[Route]:
        """Every way in which a slot can serve an order on a day, the cheapest first."""
        product = self.programme.product[order.product]
        site = self.programme.site[order.site]
        if slot.product != order.product or not self.treats(site, on.toordinal()):
            return []
        uses = self.uses(order.protocol, slot, site, on)
        if not uses:
            return []
        eos_first, half_life = self.eos_first_at(slot), product.half_life
        return [
            Route(
                slot,
                way,
                at,
                on,
                activity_at_eos(order.activity_mbq, at - eos_first, half_life),
                self.programme.lane[way.lane].cost_cents,
            )
            for way, at in uses
            if self.vial_holds(order.product, order.activity_mbq, at, eos_first)
        ]

    def eos_first_at(self, slot: Slot) -> int:
        """EOS of a batch of one vial: no batch of the slot is earlier. [min]"""
        return self.times(slot)[0]

    def times(self, slot: Slot) -> tuple[int, int]:
        """EOS of a batch of one vial, and when packages of a full batch can leave. [min]"""
        key = (slot.id, slot.charge_at, slot.vials_max)
        found = self._times.get(key)
        if found is None:
            product, line = self.programme.product[slot.product], self.programme.line[slot.line][1]
            full = make_min(product, line, slot.vials_max) + ready_min(product, slot.vials_max)
            eos_first = slot.charge_at + make_min(product, line, 1)
            found = self._times[key] = (eos_first, slot.charge_at + full)
        return found

    def ready_first_min(self, product_id: str) -> int:
        """Minutes from EOS until the package of a batch of one vial can leave."""
        if product_id not in self._ready_first:
            self._ready_first[product_id] = ready_min(self.programme.product[product_id], 1)
        return self._ready_first[product_id]

    def uses(
        self, protocol: str, slot: Slot, site: Site, on: date
    ) -> tuple[tuple[Journey, int], ...]:
        """The journeys from a slot with the time of use on a day, the cheapest lane first.

        They are the same for every order of a protocol and for every site of a kind that treats on
        that day, so they are looked up once.
        """
        book, (eos_first_at, ready_at) = self._book(protocol, slot, site), self.times(slot)
        found = book.uses.get((eos_first_at, ready_at, on))
        if found is None:
            product = self.programme.product[slot.product]
            latest, uses = eos_first_at + product.shelf_life_min - product.infusion_min, []
            for way in self.roads(protocol, slot, site):
                at = self.use_at(site, on, way.received_at, product.preparation_min)
                if at is not None and at <= latest:
                    uses.append((way, at))
            found = book.uses[eos_first_at, ready_at, on] = tuple(uses)
        return found

    def cheapest(
        self, protocol: str, slot: Slot, site: Site, on: date, mbq: float
    ) -> tuple[Journey, int] | None:
        """The cheapest journey from a slot for a dose on a day that the site treats, and its use.

        None where no vial of the slot serves it.
        """
        found = self.uses(protocol, slot, site, on)
        if self.programme.product[slot.product].fill != "volume":
            return found[0] if found else None
        eos_first_at = self.eos_first_at(slot)
        held = (use for use in found if self.vial_holds(slot.product, mbq, use[1], eos_first_at))
        return next(held, None)

    def roads(self, protocol: str, slot: Slot, site: Site) -> tuple[Journey, ...]:
        """The journeys of a full batch that may be made, for some day, the cheapest lane first."""
        book, ready_at = self._book(protocol, slot, site), self.times(slot)[1]
        found = book.roads.get(ready_at)
        if found is None:
            found = book.roads[ready_at] = self._roads(book, protocol, slot, site)
        return found

    def _roads(self, book: Book, protocol: str, slot: Slot, site: Site) -> tuple[Journey, ...]:
        product, plant = self.programme.product[slot.product], slot.manufacturer
        hold, ready_at, door = product.shipper_hold_min, self.times(slot)[1], self.door(site)
        found = []
        for testing in self.testing_min(plant, site, protocol):
            for lane in self.lanes(plant, site):
                dispatch, arrive = self.planned(lane, ready_at, testing)
                received, on = door.receipt(site.id, arrive)
                if hold is not None and received - dispatch > hold:
                    continue
                if on not in book.tested:
                    book.tested[on] = self._tested(product, protocol, plant, site, on)
                if book.tested[on] == testing:
                    way = Journey(lane.id, dispatch, arrive, received, testing)
                    found.append((lane.cost_cents, received, lane.id, way))
        found.sort(key=lambda w: w[:3])
        return tuple(way for _, _, _, way in found)

    def _book(self, protocol: str, slot: Slot, site: Site) -> Book:
        key = (slot.manufacturer, slot.product, protocol, self.kind(site))
        found = self._books.get(key)
        if found is None:
            found = self._books[key] = self.book(protocol, slot, site)
        return found

    def book(self, protocol: str, slot: Slot, site: Site) -> Book:
        """The roads from a plant to sites of a kind, which designs with the same ones share."""
        programme, plant = self.programme, slot.manufacturer
        lanes = self.lanes(plant, site)
        same = (
            programme.product[slot.product],
            *lanes,
            *(programme.carrier[lane.carrier] for lane in lanes),
            *self.permits.all((plant, site.market, protocol)),
        )
        zone = programme.manufacturer[plant].zone
        return book_of(same, (protocol, zone, self.clock, self._of_kind[self.kind(site)]))


_KEPT = 8
_known: list[Ways] = []


def ways_of(programme: Programme) -> Ways:
    """The ways of a programme, remembered for the few programmes last asked about."""
    for ways in _known:
        if ways.programme is programme:
            return ways
    _known.append(Ways(programme))
    del _known[:-_KEPT]
    return _known[-1]
