"""How sure a way is, as a scheduler knows it from experience: no draw of the future is read.

The making of a batch and each lane are tried a few hundred times with luck of their own (seed 0,
which no replication uses for it). A way's risk is the share of tries in which a package would not
be there in time for its planned day: released too late for its collection, unless a dearer lane
still keeps the day, or too long on the road.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from weakref import WeakKeyDictionary

from doseline.programme import Programme
from doseline.programme.lane import Lane
from doseline.programme.manufacturer import Manufacturer
from doseline.programme.site import Site
from doseline.simulate.crossings import border_between
from doseline.simulate.fate import Fate
from doseline.simulate.transit import moving_min
from doseline.simulate.world import Place, Reach, World

TRIES = 240


@cache
def _fates() -> tuple[Fate, ...]:
    return tuple(Fate(0, n, True) for n in range(1_000_000, 1_000_000 + TRIES))


_KEPT = 256
_roads: dict[tuple[object, ...], list[int]] = {}
_made: dict[tuple[object, ...], list[int]] = {}


def moving_of(programme: Programme, lane: Lane, site: Site, plant: Manufacturer) -> list[int]:
    """Minutes on the road from a plant to a site by a lane, in order, on a day without winter.

    Worlds whose lane, carrier and border are the same share them.
    """
    border = border_between(programme, plant.country, site.market)

    def tried() -> Iterator[int]:
        on = date(2001, 6, 5)
        for fate in _fates():
            trip = moving_min(programme, fate, lane, site, plant, on)
            yield 10**7 if trip.lost else trip.nominal + sum(m for _, m in trip.extra)

    return _remembered(_roads, (lane, programme.carrier[lane.carrier], border, site.id), tried)


def ready_of(place: Place) -> list[int]:
    """Minutes from charge to packed and released, of a half-filled batch in a slot, in order.

    Worlds whose recipe, line and slot are the same share them.
    """
    vials = max(1, place.slot.vials_max // 2)

    def tried() -> Iterator[int]:
        for fate in _fates():
            t = fate.durations(place, vials)
            yield t.make + max(t.qc + t.release, t.pack)

    line = place.line
    return _remembered(
        _made, (place.product.recipe, line.id, line.vial_min, place.slot.id, vials), tried
    )


def _remembered(
    known: dict[tuple[object, ...], list[int]],
    key: tuple[object, ...],
    tried: Callable[[], Iterator[int]],
) -> list[int]:
    """What came out of the tries, in order; of what nobody has asked for lately it is forgotten."""
    found = known.pop(key, None)
    known[key] = sorted(tried()) if found is None else found
    while len(known) > _KEPT:
        del known[next(iter(known))]
    return known[key]


_risks: WeakKeyDictionary[World, Risk] = WeakKeyDictionary()


def risk_of(world: World) -> Risk:
    """What the schedulers of a world know of lateness, remembered as long as the world is."""
    if world not in _risks:
        _risks[world] = Risk(world)
    return _risks[world]


class Risk:
    """Remembers how long batches and packages take, for one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._ready: dict[tuple[str, str], list[int]] = {}
        self._moving: dict[tuple[str, str], list[int]] = {}

    def late(self, reach: Reach) -> float:
        """The share of tries in which a way does not keep its planned day."""
        if reach.late_share is None:
            reach.late_share = self._late(reach)
        return reach.late_share

    def _late(self, reach: Reach) -> float:
        world = self.world
        place, lane = world.places[reach.place], world.programme.lane[reach.lane]
        site = world.programme.site[reach.site]
        stops = world.ways.stops(lane.carrier, place.plant.zone)
        room = stops.moving_between(world.clock, reach.dispatch_at, self._deadline(reach, site))
        ready = self.ready_after(place)
        start = place.slot.charge_at
        in_time = bisect_right(ready, reach.dispatch_at - start)
        if lane.cut_off is None:  # collected when ready: lateness shortens the road
            in_time = len(ready)
            room -= max(0, ready[len(ready) // 2] - (reach.dispatch_at - start))
        missed = 1.0 - in_time / len(ready)
        if missed > 0 and self._rescued(reach, site, start + ready[(in_time + len(ready)) // 2]):
            missed = 0.0
        moving = self.moving(lane, site.market, place.plant)
        kept = bisect_right(moving, room) / len(moving)
        return 1.0 - (1.0 - missed) * kept

    def ready_after(self, place: Place) -> list[int]:
        """Minutes from charge to packed and released, of a half-filled batch, in order.

        Of the last slot of its line, so that it is no matter which is asked about first.
        """
        key = (place.product.id, place.line.id)
        if key not in self._ready:
            mine = (p for p in self.world.places if (p.product.id, p.line.id) == key)
            self._ready[key] = ready_of(max(mine, key=lambda p: p.index))
        return self._ready[key]

    def moving(self, lane: Lane, market: str, plant: Manufacturer) -> list[int]:
        """Minutes on the road, in order: those to the first site of a market on the lane."""
        key = (lane.id, market)
        if key not in self._moving:
            ways = self.world.ways
            sites = (s for s in self.world.programme.sites if s.market == market)
            site = next(s for s in sites if lane in ways.lanes(lane.manufacturer, s))
            self._moving[key] = moving_of(self.world.programme, lane, site, plant)
        return self._moving[key]

    def _deadline(self, reach: Reach, site: Site) -> int:
        """The last moment at the door that still keeps the planned day."""
        on = date.fromordinal(reach.day)
        clock = self.world.clock
        preparation = self.world.places[reach.place].product.preparation_min
        latest = clock.at(on, site.infusion_latest, site.zone) - preparation
        return min(latest, clock.at(on, site.receives_until, site.zone))

    def _rescued(self, reach: Reach, site: Site, ready_at: int) -> bool:
        """Whether another lane would keep the day from a typical late release."""
        world, place = self.world, self.world.places[reach.place]
        on = date.fromordinal(reach.day)
        for lane in world.ways.lanes(place.plant.id, site):
            way = world.ways.journey(lane, site, ready_at + lane.notice_min)
            if world.ways.use_at(site, on, way.received_at, place.product.preparation_min):
                return True
        return False
