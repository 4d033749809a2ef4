"""What is known of shocks and outages at an instant, and what they leave. As `shocks.py`."""

from __future__ import annotations

from typing import Any

from doseline.distributions import exponential_from_u, lognormal_from_u
from doseline.simulate.fate import YEAR_MIN
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.draws import four
from doseline.simulate.kernel.instants import day_of
from doseline.simulate.kernel.words import (
    BY_BORDER,
    BY_CARRIER,
    BY_FIRM,
    BY_LANE,
    BY_LINE,
    BY_PERMISSION,
    BY_PLANT,
    BY_SITE,
    BY_SOURCE,
    LICENCE,
    OUT_OF_ROOM,
    PERMISSION,
)


@compiled
def draw_outages(c: Any) -> None:
    """The unplanned stops of every source: a Poisson process, lognormal lengths."""
    c.stops_n = 0
    for number in range(len(c.sources)):
        s = c.sources[number]
        if not s.stops or not c.chance or s.per_year <= 0:
            continue
        at, index = 0.0, 0
        while True:
            u = four(c, s.outage, 0, index)[0]
            at += exponential_from_u(u, YEAR_MIN / s.per_year)
            if at >= c.outages_until:
                break
            lasts = lognormal_from_u(four(c, s.outage, 1, index)[0], s.median, s.p90)
            lost = s.lost_low + (s.lost_high - s.lost_low) * four(c, s.outage, 2, index)[0]
            n = c.stops_n
            if n >= len(c.stops):
                c.fault = OUT_OF_ROOM
                return
            c.stops_n = n + 1
            stop = c.stops[n]
            stop.source, stop.left = number, 1.0 - lost
            stop.begins_at, stop.ends_at = round(at), round(at + lasts)
            index += 1


@compiled
def _named(c: Any, shock: int, what: int) -> bool:
    return c.targets[shock * c.targets_n + what] != 0


@compiled
def covers(c: Any, shock: int, day: int) -> bool:
    """Whether a shock holds on a day."""
    s = c.shocks[shock]
    return s.from_day <= day <= s.until_day


@compiled
def takes(c: Any, place: int) -> int:
    """The shock that takes a slot away, as far as is known; -1 for none."""
    p = c.places[place]
    for k in range(c.known_n):
        number = c.known[k]
        s = c.shocks[number]
        if s.hits == BY_PLANT:
            what = p.plant
        elif s.hits == BY_FIRM:
            what = c.firm_at + c.plants[p.plant].firm
        elif s.hits == BY_LINE:
            what = c.line_at + p.line
        else:
            continue
        hit = _named(c, number, what) and covers(c, number, p.day)
        if hit and (s.left <= 0 or four(c, c.shock_stream, p.slot_hash, 0)[0] >= s.left):
            return number
    return -1


@compiled
def left_of_source(c: Any, source: int, at: int, now: int) -> float:
    """The share of a source's offer that is left at an instant, as known now."""
    left = 1.0
    for k in range(c.stops_n):
        stop = c.stops[k]
        if stop.source == source and stop.begins_at <= now and stop.begins_at <= at < stop.ends_at:
            left = min(left, stop.left)
    if c.known_n:
        day = at // 1440 + c.zero
        for k in range(c.known_n):
            number = c.known[k]
            s = c.shocks[number]
            hit = s.hits == BY_SOURCE and _named(c, number, c.source_at + source)
            if hit and covers(c, number, day):
                left = min(left, s.left)
    return left


@compiled
def closed(c: Any, plant: int, order: int, day: int) -> int:
    """Why a dose from a plant may not be received on a day: a cause, or 0."""
    o = c.orders[order]
    for k in range(c.known_n):
        number = c.known[k]
        s = c.shocks[number]
        if not covers(c, number, day):
            continue
        if s.hits == BY_SITE and _named(c, number, c.site_at + o.site):
            return LICENCE
        if (
            s.hits == BY_PERMISSION
            and _named(c, number, plant)
            and (s.all_markets or _named(c, number, c.market_at + c.sites[o.site].market))
            and (s.all_protocols or _named(c, number, c.protocol_at + o.protocol))
            and not (s.spares_started and o.started)
        ):
            return PERMISSION
    return 0


@compiled
def stands(c: Any, lane: int, site: int, day: int) -> int:
    """The shock under which nothing moves on a way on a day; -1 for none."""
    for k in range(c.known_n):
        number = c.known[k]
        if c.shocks[number].stops and covers(c, number, day) and _on_way(c, number, lane, site):
            return number
    return -1


@compiled
def _on_way(c: Any, shock: int, lane: int, site: int) -> bool:
    ln, hits = c.lanes[lane], c.shocks[shock].hits
    if hits == BY_CARRIER:
        return _named(c, shock, c.carrier_at + ln.carrier)
    if hits == BY_LANE:
        return _named(c, shock, c.lane_at + lane)
    if hits == BY_BORDER:
        border = c.border_of[ln.plant * c.markets_n + c.sites[site].market]
        return border >= 0 and _named(c, shock, c.border_at + border)
    return False


@compiled
def delays(c: Any, shock: int, lane: int, day: int) -> bool:
    """Whether a shock makes what a lane moves on a day late."""
    hits = c.shocks[shock].hits
    hit = (hits == BY_CARRIER and _named(c, shock, c.carrier_at + c.lanes[lane].carrier)) or (
        hits == BY_LANE and _named(c, shock, c.lane_at + lane)
    )
    return hit and covers(c, shock, day)


@compiled
def at_border(c: Any, shock: int, border: int, day: int) -> bool:
    """Whether a shock holds packages at a crossing on a day."""
    s = c.shocks[shock]
    hit = s.hits == BY_BORDER and _named(c, shock, c.border_at + border)
    return hit and s.adds != 0 and covers(c, shock, day)


@compiled
def on_the_road(c: Any, lane: int, site: int, dispatch_at: int) -> bool:
    """Whether a planned collection still takes place, as far as is known."""
    if not c.known_n:
        return True
    return stands(c, lane, site, day_of(c, c.lanes[lane].zone, dispatch_at)) < 0
