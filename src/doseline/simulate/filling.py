"""End of synthesis: the vials are filled, and some orders may go without.

Vials are filled to the activity that their planned use asks; when the bulk is short they are left
out from the lowest priority up, and none is made thinner [conventions 5.7]. A rejected vial is
filled again into a spare place while the bulk lasts. Simplified: a vial record stands for all
units of an order.
"""

from __future__ import annotations

import math

from doseline.operations.events import (
    BatchFilled,
    VialFilled,
)
from doseline.programme.rules import (
    activity_at_eos,
    summed,
    vials_from_bulk,
)
from doseline.simulate.fate import error_factor
from doseline.simulate.future import Future
from doseline.simulate.living import LiveBatch, LiveOrder, Vial
from doseline.simulate.losses import fail
from doseline.simulate.packages import waste
from doseline.simulate.promising import lose

_EPS = 1e-9


def fill(f: Future, batch: LiveBatch, vials: int) -> bool:
    """End of synthesis: fill the vials; whether there is one."""
    place, product, line = batch.place, batch.place.product, batch.place.line
    batch.eos_at = f.now
    handed = math.inf
    if batch.pot is not None:
        f.book.decay(batch.pot, "making")
        lost = batch.pot.mbq * (1.0 - f.fate.yields(product, line.id, place.slot.id))
        f.book.spend(batch.pot, "waste", lost, "making")
        handed = vials_from_bulk(batch.pot.mbq, product.overfill_fraction, product.samples_fraction)
    served, cut = _who_fits(f, batch, handed)
    if not served:
        fail(f, batch, "yield", "before_fill")
        return False
    bulk_kbq = batch.pot.booked_kbq if batch.pot else 0
    f.book.count("made", bulk_kbq)
    rejects, filled, left = _vials(f, batch, served, handed, vials)
    batch.status = "filled"
    f.book.tell(BatchFilled, batch.id, bulk_kbq, sum(v[2] for v in filled))
    for vial, order, units in filled:
        f.book.tell(VialFilled, vial.id, batch.id, order, vial.pot.booked_kbq)
        f.book.count("vials", units)
    contract = f.programme.contract.get(place.plant.id)
    if contract is not None:
        extra = max(0, sum(v[2] for v in filled) - contract.vials_included)
        f.book.cost("extra_vials", extra * contract.extra_vial_cents)
    if batch.pot is not None:
        f.book.spend(batch.pot, "waste", None, "dose")
    for vial in rejects:
        waste(f, vial, "rejected")
    lose(f, [*cut, *left], "short yield", in_making=True)
    return True


def _need(f: Future, batch: LiveBatch, live: LiveOrder) -> float:
    """What an order's vial holds at this EOS, without what stays behind in it. [MBq]"""
    assert live.reach is not None
    ahead = live.reach.use_at - f.now
    each = activity_at_eos(live.order.activity_mbq, ahead, batch.place.half_life)
    return live.order.units * each


def _who_fits(
    f: Future, batch: LiveBatch, handed_mbq: float
) -> tuple[list[LiveOrder], list[LiveOrder]]:
    """The orders whose vials the bulk fills, and those cut, lowest priority first."""
    served = sorted(batch.orders.values(), key=lambda o: o.rank)
    total = summed(_need(f, batch, o) for o in served)
    cut: list[LiveOrder] = []
    while served and total > handed_mbq * (1 + _EPS):
        cut.append(served.pop())
        total = summed(_need(f, batch, o) for o in served)
    return served, cut


def _vials(
    f: Future, batch: LiveBatch, served: list[LiveOrder], handed_mbq: float, places: int
) -> tuple[list[Vial], list[tuple[Vial, str | None, int]], list[LiveOrder]]:
    """Fill the vials one by one: the rejected ones, all that were filled, orders left without."""
    product = batch.place.product
    spare = places - sum(o.order.units for o in served)
    left_mbq = handed_mbq - summed(_need(f, batch, o) for o in served)
    rejects: list[Vial] = []
    filled: list[tuple[Vial, str | None, int]] = []
    without: list[LiveOrder] = []
    for live in served:
        need = _need(f, batch, live)
        while True:
            live.vials_tried += 1
            luck = f.fate.vial(live.order.id, live.vials_tried) if f.fate.on else None
            fault = error_factor(product.fill_sd_fraction, luck[1]) if luck else 1.0
            vial = _vial(f, batch, f"{live.order.id}v{live.vials_tried}", need, fault)
            filled.append((vial, live.order.id, live.order.units))
            if luck is None or luck[0] >= product.vial_rejected_fraction:
                live.vial = vial
                break
            rejects.append(vial)
            if spare < live.order.units or left_mbq < need:
                without.append(live)
                break
            spare, left_mbq = spare - live.order.units, left_mbq - need
    need = max(_need(f, batch, o) / o.order.units for o in served)
    while spare > 0 and left_mbq >= need:
        vial = _vial(f, batch, f"{batch.id}s{len(batch.spares) + 1}", need, 1.0)
        batch.spares.append(vial)
        filled.append((vial, None, 1))
        spare, left_mbq = spare - 1, left_mbq - need
    return rejects, filled, without


def _vial(f: Future, batch: LiveBatch, name: str, need_mbq: float, fault: float) -> Vial:
    whole = need_mbq * (1.0 + batch.place.product.overfill_fraction) * fault
    if batch.pot is None:
        return Vial(name, f.book.empty(batch.id, f"vial:{name}"))
    pot = f.book.pour(batch.pot, f"vial:{name}", min(whole, batch.pot.mbq), "dose")
    return Vial(name, pot)
