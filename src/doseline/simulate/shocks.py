"""What is known of shocks and outages at an instant, and what they leave.

A shock is unknown before its first day; from then on its length is known, and every promise that
it hits is made anew. Days are those of the place it hits, its beginning is noted at 00:00 UTC.

A shock of a carrier, a lane or a border that names no other effect (no factor on delays, nothing
added) stops it: nothing moves on its days. With capacity partly left, each slot is kept or lost by
its own keyed chance.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from doseline.operations.orders import DoseOrder
from doseline.operations.slots import Slot
from doseline.programme.lane import Lane
from doseline.programme.scenario import Shock
from doseline.programme.site import Site
from doseline.simulate.crossings import border_between
from doseline.simulate.fate import Fate, Stop
from doseline.simulate.world import DAY, Place, World


class Known:
    """Shocks that have begun, outages that have begun, and what is left of the network."""

    def __init__(self, world: World, fate: Fate) -> None:
        self.world = world
        self.fate = fate
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

    def closed(self, plant: str, site: Site, order: DoseOrder, on: date) -> str | None:
        """Why a dose from a plant may not be received on a day: a shock's kind, or None."""
        for shock in self.shocks:
            if not covers(shock, on):
                continue
            if shock.hits == "site" and site.id in shock.targets:
                return "licence"
            if (
                shock.hits == "permission"
                and plant in shock.targets
                and (not shock.markets or site.market in shock.markets)
                and (not shock.protocols or order.protocol in shock.protocols)
                and not (shock.spares_started and order.started)
            ):
                return "permission"
        return None

    def stands(self, lane: Lane, site: Site, on: date) -> Shock | None:
        """The shock under which nothing moves on a way on a day: its carrier, lane or border."""
        for shock in self.shocks:
            stops = shock.left_fraction <= 0 and shock.delay_factor == 1.0 and shock.adds is None
            if stops and covers(shock, on) and self._on_way(shock, lane, site):
                return shock
        return None

    def _on_way(self, shock: Shock, lane: Lane, site: Site) -> bool:
        match shock.hits:
            case "carrier":
                return lane.carrier in shock.targets
            case "lane":
                return lane.id in shock.targets
            case "border":
                country = self.world.programme.manufacturer[lane.manufacturer].country
                border = border_between(self.world.programme, country, site.market)
                return border is not None and border.id in shock.targets
        return False

    def delays(self, lane: Lane, on: date) -> Iterable[Shock]:
        """The shocks under which a lane moves, and is late."""
        for shock in self.shocks:
            hit = (shock.hits == "carrier" and lane.carrier in shock.targets) or (
                shock.hits == "lane" and lane.id in shock.targets
            )
            if hit and covers(shock, on):
                yield shock

    def at_border(self, border: str, on: date) -> Iterable[Shock]:
        """The shocks that hold packages at a crossing on a day."""
        for shock in self.shocks:
            hit = shock.hits == "border" and border in shock.targets
            if hit and shock.adds is not None and covers(shock, on):
                yield shock

    def on_the_road(self, lane: Lane, site: Site, dispatch_at: int) -> bool:
        """Whether a planned collection still takes place, as far as is known."""
        if not self.shocks:
            return True
        zone = self.world.programme.manufacturer[lane.manufacturer].zone
        return self.stands(lane, site, self.world.clock.day(dispatch_at, zone)) is None


def covers(shock: Shock, on: date) -> bool:
    """Whether a shock holds on a day."""
    return shock.from_on <= on and (shock.until_on is None or on <= shock.until_on)
