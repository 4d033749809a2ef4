"""A batch's vials are fixed, its isotope is ordered, its making begins. As `locking.py`."""

from __future__ import annotations

import math
from typing import Any

from doseline.simulate.kernel.blows import left_of_source
from doseline.simulate.kernel.books import cost
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.instants import push
from doseline.simulate.kernel.rooms import (
    bulk_fits,
    charge_for,
    isotope_for,
    left_of_offer,
    reserve,
)
from doseline.simulate.kernel.words import FREIGHT, ISOTOPE_COST, LOCKED, MAKE_ON


@compiled
def lots(c: Any, batch: int, most_mbq: float) -> float:
    """The most whole lots inside an activity. [MBq]"""
    lot = c.sources[c.options[c.batches[batch].option].source].lot
    return math.floor(most_mbq / lot + 1e-9) * lot


@compiled
def begin(c: Any, batch: int) -> None:
    """Order the isotope of a batch whose vials are fixed, and start its making."""
    b = c.batches[batch]
    b.status = LOCKED
    if b.option >= 0:
        option = c.options[b.option]
        source = c.sources[option.source]
        if b.ordered != 0.0:
            cost(c, ISOTOPE_COST, b.ordered * source.price)
            if not c.consignments[option.consignment]:
                c.consignments[option.consignment] = 1
                cost(c, FREIGHT, source.freight)
    b.stage = 0
    push(c, c.now, True, MAKE_ON, batch, 0)


@compiled
def fix_vials(c: Any, batch: int) -> None:
    """Its orders' vials, and spare ones as far as places, bulk and isotope go."""
    b = c.batches[batch]
    place = b.place
    p = c.places[place]
    spare = min(c.spare_vials, p.vials_max - b.units)
    largest, each = 0.0, 0.0
    order, other = b.first, b.last  # from both ends: two rows are on their way at a time
    for _ in range((b.count + 1) // 2 if spare > 0 else 0):
        o, q = c.orders[order], c.orders[other]
        r, s = c.reaches[o.reach], c.reaches[q.reach]
        largest = max(largest, o.activity * r.eos_factor, q.activity * s.eos_factor)
        each = max(each, o.activity * r.load_factor, q.activity * s.load_factor)
        order, other = o.next, q.prev
    while spare > 0 and not bulk_fits(c, place, b.eos + spare * largest):
        spare -= 1
    spare = max(0, spare)
    b.vials = b.units + spare
    standing = c.backup and c.plants[p.plant].standing_mbq > 0
    b.places = p.vials_max if standing else b.vials
    c.full[place] = 1 if b.units >= b.vials else 0
    b.charge = charge_for(c, place, b.load + spare * each)
    if b.option < 0 or b.standing != 0.0:
        return
    wanted = isotope_for(c, place, b.option, b.load + spare * each)
    most = left_of_offer(c, b.option) + b.reserved
    reserve(c, batch, b.option, max(b.reserved, min(wanted, lots(c, batch, most))))
    b.ordered = b.reserved
    option = c.options[b.option]
    b.left = left_of_source(c, option.source, option.delivered_at, c.now)
