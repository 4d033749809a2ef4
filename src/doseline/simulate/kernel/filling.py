"""End of synthesis: the vials are filled, and some orders may go without. As `filling.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from doseline.programme.rules import (
    activity_at_eos,
    vials_from_bulk,
)
from doseline.simulate.fate import error_factor
from doseline.simulate.kernel.books import (
    DOSE,
    cost,
    count,
    decay_bulk,
    lose_in_bulk,
    pour,
    waste_bulk,
    waste_spare,
)
from doseline.simulate.kernel.choosing import lose, orders_of
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.draws import (
    sort_by_rank,
    vial_luck,
    yields,
)
from doseline.simulate.kernel.instants import scratch
from doseline.simulate.kernel.losses import fail
from doseline.simulate.kernel.memory import fetch, fetch_begin
from doseline.simulate.kernel.words import (
    BEFORE_FILL,
    EXTRA_VIALS,
    FILLED,
    MADE,
    OUT_OF_ROOM,
    SHORT_YIELD,
    VIALS,
    YIELD,
)

_EPS = 1e-9
_AHEAD = 4  # so many orders ahead the rows that a vial asks for are fetched


@compiled
def _need(c: Any, batch: int, order: int) -> float:
    """What an order's vial holds at this EOS, without what stays behind in it. [MBq]"""
    o = c.orders[order]
    half_life = c.places[c.batches[batch].place].half_life
    return o.units * activity_at_eos(o.activity, o.use_at - c.now, half_life)


@compiled
def fill(c: Any, batch: int, vials: int) -> bool:
    """End of synthesis: fill the vials; whether there is one."""
    b = c.batches[batch]
    p = c.places[b.place]
    product = c.products[p.product]
    b.eos_at = c.now
    handed = math.inf
    if b.has_pot:
        decay_bulk(c, batch)
        lose_in_bulk(c, batch, b.pot_mbq * (1.0 - yields(c, b.place)))
        handed = vials_from_bulk(b.pot_mbq, product.overfill, product.samples)
    served = orders_of(c, batch)
    sort_by_rank(c, served)
    without = scratch(c, len(served))
    needs, upto = np.empty(len(served)), np.empty(len(served) + 1)
    cut, kept = 0, len(served)
    upto[0] = 0.0
    for k in range(kept):
        needs[k] = _need(c, batch, served[k])
        upto[k + 1] = upto[k] + needs[k]
    while kept and upto[kept] > handed * (1 + _EPS):
        kept -= 1
        without[cut] = served[kept]
        cut += 1
    served, total = served[:kept], upto[kept]
    if kept == 0:
        fail(c, batch, YIELD, BEFORE_FILL)
        return False
    count(c, MADE, b.pot_kbq)
    cut = _fill_vials(c, batch, served, needs, handed - total, vials, without, cut)
    lose(c, without[:cut], SHORT_YIELD, True)
    return True


@compiled
def _fill_vials(
    c: Any,
    batch: int,
    served: Any,
    needs: Any,
    left_mbq: float,
    vials: int,
    without: Any,
    cut: int,
) -> int:
    """Fill the vials one by one; how many orders go without one."""
    b = c.batches[batch]
    p = c.places[b.place]
    product = c.products[p.product]
    spare = vials
    for order in served:
        spare -= c.orders[order].units
    first = c.spares_n
    filled, largest = 0, 0.0
    for k in range(len(served)):
        order, need = served[k], needs[k]
        if k + _AHEAD < len(served):
            fetch(c.orders, served[k + _AHEAD])
            fetch_begin(c.patients, c.orders[served[k + _AHEAD]].owner)
        o = c.orders[order]
        largest = max(largest, need / o.units)
        while True:
            o.vials_tried += 1
            luck = (1.0, 0.5, 0.5, 0.5)
            fault = 1.0
            if c.chance:
                luck = vial_luck(c, order, o.vials_tried)
                fault = error_factor(product.fill_sd, luck[1])
            mbq, booked = _vial(c, batch, need, product.overfill, fault)
            filled += o.units
            if not c.chance or luck[0] >= product.rejected:
                o.vial = _new_vial(c)
                o.vial_mbq, o.vial_kbq, o.vial_at = mbq, booked, c.now
                break
            _set_aside(c, mbq, booked)
            if spare < o.units or left_mbq < need:
                without[cut] = order
                cut += 1
                break
            spare, left_mbq = spare - o.units, left_mbq - need
    rejects = c.spares_n
    b.spare_off = rejects
    while spare > 0 and left_mbq >= largest:
        mbq, booked = _vial(c, batch, largest, product.overfill, 1.0)
        _set_aside(c, mbq, booked)
        filled += 1
        spare, left_mbq = spare - 1, left_mbq - largest
    b.spare_n = c.spares_n - rejects
    b.status = FILLED
    count(c, VIALS, filled)
    contract = c.plants[p.plant].contract
    if contract >= 0:
        terms = c.contracts[contract]
        cost(c, EXTRA_VIALS, max(0, filled - terms.vials_included) * terms.extra_vial)
    if b.has_pot:
        waste_bulk(c, batch, DOSE)
    for k in range(first, rejects):
        waste_spare(c, k, p.half_life)
    return cut


@compiled
def _vial(c: Any, batch: int, need: float, overfill: float, fault: float) -> tuple[float, int]:
    """Fill a vial: its activity, and the kBq booked with it."""
    b = c.batches[batch]
    if not b.has_pot:
        return 0.0, 0
    mbq = min(need * (1.0 + overfill) * fault, b.pot_mbq)
    return mbq, pour(c, batch, mbq)


@compiled
def _new_vial(c: Any) -> int:
    c.vials_n += 1
    return c.vials_n


@compiled
def _set_aside(c: Any, mbq: float, booked: int) -> None:
    n = c.spares_n
    if n >= len(c.spares):
        c.fault = OUT_OF_ROOM
        return
    c.spares_n = n + 1
    s = c.spares[n]
    s.mbq, s.kbq, s.at = mbq, booked, c.now
