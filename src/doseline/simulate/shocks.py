"""What is known of shocks and outages at an instant, and what they leave.

A shock is unknown before its first day; from then on its length is known, and every promise that
it hits is made anew. Days are those of the place it hits, its beginning is noted at 00:00 UTC.

A carrier's shock that names no other effect (no factor on delays, nothing added) stops it: nothing
moves on its days. With capacity partly left, each slot is kept or lost by its own keyed chance.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from doseline.operations.slots import Slot
from doseline.programme.lane import Lane
from doseline.programme.scenario import Scenario, Shock
from doseline.programme.site import Site
from doseline.simulate.fate import Fate, Stop
from doseline.simulate.world import DAY, Place, World


class Known:
    """Shocks that have begun, outages that have begun, and what is left of the network."""

    def __init__(self, world: World, fate: Fate, scenario: Scenario | None) -> None:
        self.world = world
        self.fate = fate
        self.scenario = scenario
        self.shocks: list[Shock] = []
        end = world.clock.day_start(world.until_on, "UTC") + 60 * DAY
        self.stops: dict[str, tuple[Stop, ...]] = {
            s.id: fate.outages(s.id, s.outages, end) for s in world.programme.sources
        }

    # -- slots -----------------------------------------------------------------------------

    def takes(self, place: Place) -> Shock | None:
        """The shock that takes a slot away, as far as is known."""
        for shock in self.shocks:
            if (
                shock.hits in ("manufacturer", "firm", "line")
                and self._names(shock, place)
                and covers(shock, place.slot.starts_on)
                and self._lost(shock, place.slot)
            ):
                return shock
        return None

    def _names(self, shock: Shock, place: Place) -> bool:
        name = {
            "manufacturer": place.plant.id,
            "firm": place.plant.firm,
            "line": place.line.id,
        }[shock.hits]
        return name in shock.targets

    def _lost(self, shock: Shock, slot: Slot) -> bool:
        if shock.left_fraction <= 0:
            return True
        return self.fate.stream("shock").uniform(slot.id) >= shock.left_fraction

    # -- isotope ---------------------------------------------------------------------------

    def left_of_source(self, source: str, at: int, now: int) -> float:
        """The share of a source's offer that is left at an instant, as known now."""
        left = 1.0
        for stop in self.stops[source]:
            if stop.begins_at <= now and stop.begins_at <= at < stop.ends_at:
                left = min(left, stop.left_fraction)
        if self.shocks:
            on = self.world.clock.day(at, "UTC")
            for shock in self.shocks:
                if shock.hits == "source" and source in shock.targets and covers(shock, on):
                    left = min(left, shock.left_fraction)
        return left

    # -- permissions, licences, the road ---------------------------------------------------

    def closed(self, plant: str, site: Site, protocol: str, on: date) -> str | None:
        """Why a package from a plant may not be received on a day: a shock's kind, or None."""
        for shock in self.shocks:
            if not covers(shock, on):
                continue
            if shock.hits == "site" and site.id in shock.targets:
                return "licence"
            if (
                shock.hits == "permission"
                and plant in shock.targets
                and (not shock.markets or site.market in shock.markets)
                and (not shock.protocols or protocol in shock.protocols)
            ):
                return "permission"
        return None

    def stands(self, carrier: str, on: date) -> Shock | None:
        """The shock under which a carrier moves nothing on a day."""
        for shock in self.shocks:
            stops = shock.left_fraction <= 0 and shock.delay_factor == 1.0 and shock.adds is None
            hit = shock.hits == "carrier" and carrier in shock.targets
            if stops and hit and covers(shock, on):
                return shock
        return None

    def delays(self, carrier: str, on: date) -> Iterable[Shock]:
        """The shocks under which a carrier moves, and is late."""
        for shock in self.shocks:
            if shock.hits == "carrier" and carrier in shock.targets and covers(shock, on):
                yield shock

    def at_border(self, border: str, on: date) -> Iterable[Shock]:
        """The shocks that hit a crossing on a day."""
        for shock in self.shocks:
            if shock.hits == "border" and border in shock.targets and covers(shock, on):
                yield shock

    def on_the_road(self, lane: Lane, dispatch_at: int) -> bool:
        """Whether a planned collection still takes place, as far as is known."""
        if not self.shocks:
            return True
        zone = self.world.programme.manufacturer[lane.manufacturer].zone
        return self.stands(lane.carrier, self.world.clock.day(dispatch_at, zone)) is None


def covers(shock: Shock, on: date) -> bool:
    """Whether a shock holds on a day."""
    return shock.from_on <= on and (shock.until_on is None or on <= shock.until_on)
