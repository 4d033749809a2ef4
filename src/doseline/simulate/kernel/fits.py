"""Whether an order fits into a slot, and the isotope that it takes. As `fitting.py`."""

from __future__ import annotations

from typing import Any

from doseline.programme.rules import decay_factor, vial_holds
from doseline.simulate.kernel.blows import closed, on_the_road, takes
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.draws import usable
from doseline.simulate.kernel.instants import at_day, treats_on
from doseline.simulate.kernel.planned import find_ways, how_late
from doseline.simulate.kernel.rooms import (
    bulk_fits,
    can_open,
    charge_for,
    option_for,
    standing_left,
)
from doseline.simulate.kernel.stays import site_takes
from doseline.simulate.kernel.words import LOCKED, OPEN

_EPS = 1e-9
NO_FIT = (False, -1, 0.0, False)


@compiled
def ways(c: Any, product: int, protocol: int, site: int, day: int) -> tuple[int, int]:
    """Where the planned ways to serve a site on a day begin, and how many they are."""
    if not treats_on(c, site, day):
        return 0, 0
    combo = (product * c.protocols_n + protocol) * c.kinds_n + c.sites[site].kind
    row = c.combos[combo] - 1
    found = 0
    if row >= 0:
        found = c.reach_index[row * c.days + at_day(c, day)]
    if found == 0:
        found = find_ways(c, product, protocol, site, day)
        if found == 0:
            return 0, 0
    found -= 1
    return found >> 16, found & 0xFFFF


@compiled
def late_share(c: Any, reach: int) -> float:
    """How often a way does not keep its planned day, as schedulers know it."""
    if c.reaches[reach].late < 0.0:
        c.reaches[reach].late = how_late(c, reach)
    return c.reaches[reach].late


@compiled
def open_to(c: Any, order: int, reach: int) -> bool:
    """Whether nothing known stands in the way: shocks, the lane's notice, the site's limits."""
    r, o = c.reaches[reach], c.orders[order]
    notice = c.lanes[r.lane].notice
    if notice and r.dispatch_at - c.now < notice:
        return False
    if c.known_n:
        plant = c.places[r.place].plant
        if (
            takes(c, r.place) >= 0
            or not on_the_road(c, r.lane, o.site, r.dispatch_at)
            or closed(c, plant, order, c.receipts[reach].day) != 0
        ):
            return False
    return site_takes(c, order, reach)


@compiled
def in_a_vial(c: Any, order: int, reach: int) -> bool:
    """Whether a vial takes the dose at EOS."""
    r = c.reaches[reach]
    product = c.products[c.places[r.place].product]
    eos_mbq = c.orders[order].activity * r.eos_factor
    return vial_holds(eos_mbq, product.overfill, product.vial_limit)


@compiled
def on_hand(c: Any, batch: int) -> float:
    """The isotope that a locked batch counts on, decayed to its charge. [MBq]"""
    b = c.batches[batch]
    if b.option < 0:
        return 0.0
    p = c.places[b.place]
    since = p.charge_at - c.options[b.option].delivered_at
    return (b.ordered + b.standing) * decay_factor(since, p.half_life)


@compiled
def may_fit(c: Any, order: int, reach: int) -> bool:
    """Whether a slot is not full, closed, or known to be short of isotope for such an order."""
    r, o = c.reaches[reach], c.orders[order]
    p = c.places[r.place]
    batch = c.batch_of[r.place]
    units = o.units
    load = units * o.activity * r.load_factor
    if batch >= 0:
        b = c.batches[batch]
        if b.status == LOCKED:
            return units + b.units <= b.vials
        if b.status != OPEN:
            return False
        units, load = units + b.units, load + b.load
    if units > p.vials_max or p.call_off_at < c.now:
        return False
    return c.short_since[r.place] != c.changes or load < c.short_load[r.place]


@compiled
def is_full(c: Any, place: int, least: float) -> bool:
    """Whether a slot is known to have no room for any order that adds so much to its load."""
    p, batch = c.places[place], c.batch_of[place]
    if batch < 0:
        units, load = 1, least
        if not can_open(c, place):
            return True
    else:
        b = c.batches[batch]
        units, load = 1 + b.units, b.load + least
        if b.status == LOCKED:
            return units > b.vials or charge_for(c, place, load) > on_hand(c, batch) * (1 + _EPS)
        if b.status != OPEN:
            return True
    if units > p.vials_max or p.call_off_at < c.now:
        return True
    return c.short_since[place] == c.changes and load >= c.short_load[place]


@compiled
def note_short(c: Any, place: int, least: float) -> None:
    """Note it where no delivery offers enough for an order that adds so much to a slot's load."""
    batch = c.batch_of[place]
    if not c.places[place].decays or (batch >= 0 and c.batches[batch].status != OPEN):
        return
    load = c.batches[batch].load + least if batch >= 0 else least
    if option_for(c, place, batch, load)[0] < 0:
        _short(c, place, load)


@compiled
def _short(c: Any, place: int, load: float) -> None:
    """Note that no delivery offers enough for a load: until something changes, nor for more."""
    c.short_since[place], c.short_load[place] = c.changes, load


@compiled
def fits(c: Any, order: int, reach: int) -> tuple[bool, int, float, bool]:
    """Whether an order fits into a slot under every limit, and the isotope that this takes."""
    r, o = c.reaches[reach], c.orders[order]
    place = r.place
    p = c.places[place]
    batch = c.batch_of[place]
    if not may_fit(c, order, reach) or not in_a_vial(c, order, reach):
        return NO_FIT
    load = o.units * o.activity * r.load_factor
    eos = o.units * o.activity * r.eos_factor
    if batch >= 0:
        b = c.batches[batch]
        load, eos = load + b.load, eos + b.eos
    if not bulk_fits(c, place, eos):
        return NO_FIT
    if batch >= 0 and c.batches[batch].status == LOCKED:
        b = c.batches[batch]
        enough = charge_for(c, place, load) <= on_hand(c, batch) * (1 + _EPS)
        if not enough or not open_to(c, order, reach):
            return NO_FIT
        return True, b.option, b.reserved, False
    if (batch < 0 or c.batches[batch].count == 0) and not can_open(c, place):
        return NO_FIT
    if not p.decays:
        return (True, -1, 0.0, False) if open_to(c, order, reach) else NO_FIT
    option, need = option_for(c, place, batch, load)
    if option < 0:
        _short(c, place, load)
        return NO_FIT
    return (True, option, need, False) if open_to(c, order, reach) else NO_FIT


@compiled
def _found_usable(c: Any, place: int) -> bool:
    """Whether a slot is usable; it is noted that this was looked at before its lock."""
    c.looked_at[place] = 1
    return usable(c, place, c.plants[c.places[place].plant].usable)


@compiled
def stands_in(c: Any, order: int, reach: int) -> tuple[bool, int, float, bool]:
    """Whether a lost order can be remade in a slot from isotope kept there for stand-ins."""
    r, o = c.reaches[reach], c.orders[order]
    place = r.place
    p = c.places[place]
    batch = c.batch_of[place]
    if p.charge_at > o.lost_at + c.backup_within or p.opt_n == 0:
        return NO_FIT
    if not in_a_vial(c, order, reach):
        return NO_FIT
    units = o.units
    load = units * o.activity * r.load_factor
    eos = units * o.activity * r.eos_factor
    option = p.opt_off if batch < 0 else c.batches[batch].option
    if option < 0:
        return NO_FIT
    factor = decay_factor(p.charge_at - c.options[option].delivered_at, p.half_life)
    left = standing_left(c, place)
    if batch < 0:
        late = p.set_up_at < c.now or not _found_usable(c, place)
        if late or units > p.vials_max or not can_open(c, place):
            return NO_FIT
        wanted = charge_for(c, place, load) / factor
    elif c.batches[batch].status == LOCKED:
        b = c.batches[batch]
        eos, units = eos + b.eos, units + b.units
        if units > b.places:
            return NO_FIT
        charge = charge_for(c, place, load + b.load)
        wanted = max(0.0, charge - on_hand(c, batch)) / factor
    else:
        return NO_FIT
    if wanted > left * (1 + _EPS) or not bulk_fits(c, place, eos):
        return NO_FIT
    return (True, option, wanted, True) if open_to(c, order, reach) else NO_FIT
