"""The ways from a slot to a patient's day: when a package leaves, arrives and can be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from doseline.calendars import HolidayRule, Stops
from doseline.clock import weekday_from_text
from doseline.operations.orders import DoseOrder
from doseline.operations.permits import Permits
from doseline.operations.slots import Slot
from doseline.programme import Programme
from doseline.programme.lane import Lane, Permission
from doseline.programme.making import make_min, ready_min
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


@lru_cache(maxsize=256)
def open_days(
    weekdays: tuple[str, ...], holidays: tuple[HolidayRule, ...], first_day: int, days: int
) -> bytes:
    """A byte a day from a day (ordinal) on: 1 on the weekdays named, except on a holiday.

    >>> list(open_days(("Tuesday",), (), 1, 7))
    [0, 1, 0, 0, 0, 0, 0]
    """
    if days <= 0:
        return b""
    named = {weekday_from_text(name) for name in weekdays}
    week = bytes(weekday in named for weekday in range(7))
    begin = (first_day - 1) % 7  # ordinal 1 was a Monday
    found = bytearray((week * (days // 7 + 2))[begin : begin + days])
    years = range(date.fromordinal(first_day).year, date.fromordinal(first_day + days - 1).year + 1)
    for year in years:
        for on in {day for rule in holidays for day in rule.days(year)}:
            at = on.toordinal() - first_day
            if on.year == year and 0 <= at < days:
                found[at] = 0
    return bytes(found)


class Ways:
    """Every question of the road, answered for one programme under one design.

    It remembers calendars, so make one and keep it.
    """

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.clock = programme.clock
        self._stops: dict[tuple[str, str], Stops] = {}
        self._lanes: dict[tuple[str, str], tuple[Lane, ...]] = {}
        self._kinds: dict[str, int] = {}
        self._of_kind: list[tuple[object, ...]] = []
        self._open: dict[tuple[int, int], bool] = {}
        self._received: dict[tuple[int, int], int] = {}
        self._hours: dict[tuple[int, int], tuple[int, int]] = {}
        self._treats: dict[tuple[str, int], bool] = {}
        self._weekdays: dict[tuple[str, ...], frozenset[int]] = {}
        self.permits = Permits(programme)
        self._arrivals: dict[tuple[str, int, int], tuple[int, int]] = {}
        self._journeys: dict[tuple[str, int, int], tuple[Journey, ...]] = {}
        self._eos_first: dict[tuple[str, int], int] = {}
        self._uses: dict[tuple[str, str, str, int, int], tuple[tuple[Journey, int], ...]] = {}

    # -- calendars -------------------------------------------------------------------------

    def kind(self, site: Site) -> int:
        """The number of a site's kind: sites of one kind have the same ways on a day they treat.

        They share lanes, market, clock, hours, holidays and the nuclides and gaps of the licence.
        """
        found = self._kinds.get(site.id)
        if found is None:
            named = tuple(ln.id for ln in self.programme.lanes if site.id in ln.to)
            licence = (site.licence.nuclides, site.licence.gaps) if site.licence else None
            kind = (
                *(named, site.region, site.market, site.zone, site.holidays, licence),
                *(site.receives_weekdays, site.receives_from, site.receives_until),
                *(site.infusion_usual, site.infusion_latest),
            )
            if kind not in self._of_kind:
                self._of_kind.append(kind)
            found = self._kinds[site.id] = self._of_kind.index(kind)
        return found

    def _days(self, names: tuple[str, ...]) -> frozenset[int]:
        if names not in self._weekdays:
            self._weekdays[names] = frozenset(weekday_from_text(n) for n in names)
        return self._weekdays[names]

    def stops(self, carrier_id: str, zone: str) -> Stops:
        """When a carrier stands still, seen from a zone."""
        key = (carrier_id, zone)
        if key not in self._stops:
            carrier = self.programme.carrier[carrier_id]
            self._stops[key] = Stops(
                zone, carrier.holidays, carrier.stops_from, carrier.stops_until
            )
        return self._stops[key]

    def treats(self, site: Site, day: int) -> bool:
        """Whether a site treats on a day (ordinal): weekday, holidays, opening dates."""
        key = (site.id, day)
        if key not in self._treats:
            on = date.fromordinal(day)
            self._treats[key] = (
                on.weekday() in self._days(site.treatment_weekdays)
                and not any(h.is_holiday(on) for h in site.holidays)
                and (site.active_from_on is None or site.active_from_on <= on)
                and (site.active_until_on is None or on <= site.active_until_on)
            )
        return self._treats[key]

    def licensed(self, site: Site, nuclide: str | None, on: date) -> bool:
        """Whether a site's licence covers a nuclide on a day."""
        if nuclide is None:
            return True
        licence = site.licence
        return (
            licence is not None
            and nuclide in licence.nuclides
            and not any(g.from_on <= on <= g.until_on for g in licence.gaps)
        )

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

    # -- the road --------------------------------------------------------------------------

    def lanes(self, plant: str, site: Site) -> tuple[Lane, ...]:
        """The lanes from a plant to a site."""
        key = (plant, site.id)
        if key not in self._lanes:
            self._lanes[key] = tuple(
                ln
                for ln in self.programme.lanes
                if ln.manufacturer == plant and (site.id in ln.to or site.region in ln.to)
            )
        return self._lanes[key]

    def dispatch_at(self, lane: Lane, ready_at: int) -> int:
        """The collection that takes a package ready at an instant. [conventions 4.1]"""
        zone = self.programme.manufacturer[lane.manufacturer].zone
        stops = self.stops(lane.carrier, zone)
        if lane.cut_off is None:
            return stops.after_moving(self.clock, ready_at, 1) - 1  # the first minute that moves
        day = self.clock.day(ready_at, zone)
        weekdays = self._days(lane.weekdays)
        carrier = self.programme.carrier[lane.carrier]
        for ahead in range(60):
            on = day + timedelta(days=ahead)
            if on.weekday() not in weekdays or any(h.is_holiday(on) for h in carrier.holidays):
                continue
            at = self.clock.at(on, lane.cut_off, zone)
            if at >= ready_at:
                return at
        raise LookupError(f"lane {lane.id} collects on no day of the next sixty")

    def arrive_at(self, lane: Lane, dispatch_at: int, transit_min: int) -> int:
        """When a package that left is at the door, its clock paused while nothing moves."""
        zone = self.programme.manufacturer[lane.manufacturer].zone
        return self.stops(lane.carrier, zone).after_moving(self.clock, dispatch_at, transit_min)

    def received_at(self, site: Site, arrive_at: int) -> int:
        """When a site takes in a package that stands at the door. [conventions 4.10]"""
        key = (self.kind(site), arrive_at)
        found = self._received.get(key)
        if found is None:
            found = self._received[key] = self._next_receipt(site, arrive_at)
        return found

    def _next_receipt(self, site: Site, arrive_at: int) -> int:
        day = self.clock.day(arrive_at, site.zone)
        weekdays = self._days(site.receives_weekdays)
        for ahead in range(60):
            on = day + timedelta(days=ahead)
            key = (self.kind(site), on.toordinal())
            if key not in self._open:
                self._open[key] = on.weekday() in weekdays and not any(
                    h.is_holiday(on) for h in site.holidays
                )
            if not self._open[key]:
                continue
            opens = self.clock.at(on, site.receives_from, site.zone)
            closes = self.clock.at(on, site.receives_until, site.zone)
            if arrive_at <= closes:
                return max(arrive_at, opens)
        raise LookupError(f"site {site.id} receives on no day of the next sixty")

    def journey(self, lane: Lane, site: Site, ready_at: int, testing_min: int = 0) -> Journey:
        """The planned journey of a package that is ready at an instant."""
        key = (lane.id, ready_at, testing_min)
        found = self._arrivals.get(key)
        if found is None:
            dispatch = self.dispatch_at(lane, ready_at)
            arrive = self.arrive_at(lane, dispatch, lane.planned_min + testing_min)
            found = self._arrivals[key] = (dispatch, arrive)
        return Journey(lane.id, *found, self.received_at(site, found[1]), testing_min)

    def use_at(self, site: Site, on: date, received_at: int, preparation_min: int) -> int | None:
        """The hour of infusion on a day: the usual one, later if the package comes later.

        None where the day does not suffice. [conventions 5.10]
        """
        key = (self.kind(site), on.toordinal())
        hours = self._hours.get(key)
        if hours is None:
            usual = self.clock.at(on, site.infusion_usual, site.zone)
            latest = self.clock.at(on, site.infusion_latest, site.zone)
            hours = self._hours[key] = (usual, latest)
        at = max(hours[0], received_at + preparation_min)
        return at if at <= hours[1] else None

    # -- routes ----------------------------------------------------------------------------

    def holds(
        self, order: DoseOrder, slot: Slot, site: Site, way: Journey, use_at: int, eos_at: int
    ) -> bool:
        """Whether a journey and a time of use keep shelf life, vial, shipper, licence and leave.

        The journey takes the import testing that the permission of its day of receipt asks for.
        """
        return self.passes(
            order.product, order.protocol, slot.manufacturer, site, way, use_at, eos_at
        ) and self.vial_holds(order, use_at, eos_at)

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
        if not self.licensed(site, product.nuclide, received_on):
            return False
        permission = self.permission(plant, site, protocol, received_on)
        return permission is not None and permission.testing_min == way.testing_min

    def vial_holds(self, order: DoseOrder, use_at: int, eos_at: int) -> bool:
        """Whether a vial holds at EOS what its dose needs at the time of use."""
        product = self.programme.product[order.product]
        if product.fill != "volume":
            return True
        eos_mbq = activity_at_eos(order.activity_mbq, use_at - eos_at, product.half_life)
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
            if self.vial_holds(order, at, eos_first)
        ]

    def eos_first_at(self, slot: Slot) -> int:
        """EOS of a batch of one vial: no batch of the slot is earlier. [min]"""
        key = (slot.id, slot.charge_at)
        if key not in self._eos_first:
            product, line = self.programme.product[slot.product], self.programme.line[slot.line][1]
            self._eos_first[key] = slot.charge_at + make_min(product, line, 1)
        return self._eos_first[key]

    def uses(
        self, protocol: str, slot: Slot, site: Site, on: date
    ) -> tuple[tuple[Journey, int], ...]:
        """The journeys from a slot with the time of use on a day, the cheapest lane first.

        They are the same for every order of a protocol and for every site of a kind that treats on
        that day, so they are looked up once.
        """
        key = (slot.id, slot.product, protocol, self.kind(site), on.toordinal())
        if key not in self._uses:
            product = self.programme.product[slot.product]
            eos_first, found = self.eos_first_at(slot), []
            for way in self.all_journeys(slot, site, protocol):
                at = self.use_at(site, on, way.received_at, product.preparation_min)
                if at is not None and self.passes(
                    slot.product, protocol, slot.manufacturer, site, way, at, eos_first
                ):
                    found.append((way, at))
            lane = self.programme.lane
            found.sort(key=lambda w: (lane[w[0].lane].cost_cents, w[0].received_at, w[0].lane))
            self._uses[key] = tuple(found)
        return self._uses[key]

    def all_journeys(self, slot: Slot, site: Site, protocol: str) -> Iterator[Journey]:
        """The planned journeys of a full batch, one for each lane and time of import testing."""
        for testing in self.testing_min(slot.manufacturer, site, protocol):
            yield from self.journeys(slot, site, testing)

    def journeys(self, slot: Slot, site: Site, testing_min: int) -> tuple[Journey, ...]:
        """The planned journeys of a full batch of a slot to a site, one for each lane."""
        key = (slot.id, self.kind(site), testing_min)
        if key not in self._journeys:
            product = self.programme.product[slot.product]
            line = self.programme.line[slot.line][1]
            eos_last = slot.charge_at + make_min(product, line, slot.vials_max)
            ready = eos_last + ready_min(product, slot.vials_max)
            self._journeys[key] = tuple(
                self.journey(lane, site, ready, testing_min)
                for lane in self.lanes(slot.manufacturer, site)
            )
        return self._journeys[key]


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
