"""The making of a batch: isotope, labelling, filling, QC, release.

Everything that is on hand is charged (the isotope comes in whole lots), as far as the planned
yield keeps the bulk inside the line's limit; with chance off, what was planned. Vials are filled
to the activity that their planned use asks; when the bulk is short they are left out from the
lowest priority up, and none is made thinner [conventions 5.7]. A rejected vial is filled again
into a spare place while the bulk lasts; spare vials left over are waste at release.

Simplified: set-up is assumed done in time; a late consignment comes one day late; a vial record
stands for all units of an order.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

import simpy

from doseline.operations.events import (
    BatchCancelled,
    BatchFailed,
    BatchFilled,
    BatchReleased,
    IsotopeNotDelivered,
    IsotopeOrdered,
    IsotopeReceived,
    LabellingStarted,
    QcPassed,
    VialFilled,
)
from doseline.operations.slots import IsotopeOption
from doseline.programme.making import make_min, planned_min
from doseline.programme.rules import (
    activity_at_charge,
    activity_at_eos,
    decay_factor,
    vials_from_bulk,
)
from doseline.simulate.fate import Times, error_factor
from doseline.simulate.future import Future, Process
from doseline.simulate.living import LiveBatch, LiveOrder, Vial
from doseline.simulate.packages import carry, waste
from doseline.simulate.promising import lose
from doseline.simulate.world import DAY

_EPS = 1e-9


def give_up(f: Future, batch: LiveBatch, cause: str, *, late: bool) -> None:
    """Cancel a batch before its labelling; its orders are promised anew."""
    plant = batch.place.plant.id
    if batch.status == "open":
        f.room.reserve(batch, batch.option, 0.0)
        if batch.orders:
            f.room.occupy(batch.place, -1)
    batch.status = "cancelled"
    f.book.tell(BatchCancelled, batch.id, cause)
    f.book.count("batches_cancelled", 1)
    contract = f.programme.contract.get(plant)
    if late and contract is not None:
        f.book.cost("late_cancellation", contract.batch_fee_cents * contract.late_cancel_fraction)
    if batch.pot is not None:
        f.book.decay(batch.pot, "making")
        f.book.spend(batch.pot, "waste", None, "making")
    lose(f, list(batch.orders.values()), cause, in_making=False)


def make(f: Future, batch: LiveBatch) -> Process:
    """A batch from its lock to its release, or to its end before that."""
    if batch.place.product.decays:
        received = yield from _isotope(f, batch)
        if not received:
            return
    yield f.until(batch.place.slot.charge_at)
    if batch.status != "locked":
        return
    if not batch.orders:
        give_up(f, batch, "no orders", late=True)
        return
    vials = batch.units + min(max(0, batch.vials - batch.units), f.policy.spare_vials)
    if batch.fixed:
        vials = batch.vials
    times = f.fate.durations(batch.place, vials)
    _charge(f, batch, vials)
    failure = failure_of(f, batch)
    if failure is not None and failure[1] == "before_fill":
        share = f.fate.fails_after(batch.place.line.id, batch.place.slot.id)
        yield f.until(batch.charge_at + round(share * times.make))
        fail(f, batch, *failure)
        return
    yield f.until(batch.charge_at + times.make)
    if not _fill(f, batch, vials):
        return
    yield from _tested(f, batch, times, failure)


def _tested(f: Future, batch: LiveBatch, times: Times, failure: tuple[str, str] | None) -> Process:
    yield f.until(batch.eos_at + times.qc)
    if failure is not None and failure[1] == "qc":
        fail(f, batch, *failure)
        return
    f.book.tell(QcPassed, batch.id)
    yield f.until(batch.eos_at + times.qc + times.release)
    if failure is not None:
        fail(f, batch, *failure)
        return
    batch.status = "released"
    batch.released_at = f.now
    batch.packed_at = batch.eos_at + times.pack
    f.book.tell(BatchReleased, batch.id)
    for vial in batch.spares:
        waste(f, vial, "spare")
    groups: dict[tuple[str, str], list[LiveOrder]] = {}
    for live in batch.orders.values():
        assert live.reach is not None
        groups.setdefault((live.reach.lane, live.order.site), []).append(live)
    for number, (lane, site) in enumerate(sorted(groups)):
        f.env.process(carry(f, batch, lane, site, groups[lane, site], number + 1))


# -- isotope -------------------------------------------------------------------------------


def _isotope(f: Future, batch: LiveBatch) -> Generator[simpy.Event, Any, bool]:
    """Wait for the isotope of a batch; whether it came in time."""
    option = batch.option
    if batch.standing_mbq and not batch.ordered_mbq:
        return (yield from _standing(f, batch))
    while option is not None:
        yield f.until(option.delivered_at)
        cause = _delivery(f, batch, option)
        if cause is None:
            return batch.status == "locked"
        f.book.tell(IsotopeNotDelivered, batch.id, option.source, cause)
        if batch.status != "locked":
            return False
        option = _again(f, batch, option)
    if _stock_serves(f, batch):
        return (yield from _standing(f, batch))
    give_up(f, batch, "isotope", late=True)
    return False


def _delivery(f: Future, batch: LiveBatch, option: IsotopeOption) -> str | None:
    """Take in a consignment; why it did not come in time, or None where it did."""
    place, source = batch.place, f.programme.source[option.source]
    factor = 1.0
    if f.fate.on:
        day = f.local_day(option.delivered_at, place.plant.zone)
        luck = f.fate.delivery(source.id, place.plant.id, day)
        if luck[0] < source.failed_fraction:
            return "not delivered"
        latest = place.slot.charge_at - planned_min(place.product, "receipt")
        if luck[1] < source.late_fraction and option.delivered_at + DAY > latest:
            return "late"
        low, high = source.received_low_fraction, source.received_high_fraction
        factor = low + (high - low) * luck[2]
    left = f.known.left_of_source(source.id, option.delivered_at, f.now)
    if left < batch.left_fraction:
        factor *= left / batch.left_fraction
    if factor <= 0:
        return "outage"
    _receive(f, batch, source.id, batch.ordered_mbq * factor)
    return None


def _receive(f: Future, batch: LiveBatch, source: str, mbq: float) -> None:
    f.book.tell(IsotopeReceived, batch.id, source, round(mbq * 1000))
    pot = f.book.enter(batch.id, f"plant:{batch.id}", mbq, batch.place.half_life)
    if batch.status == "locked":
        batch.pot = pot
    else:
        f.book.spend(pot, "waste", None, "making")


def _again(f: Future, batch: LiveBatch, missed: IsotopeOption) -> IsotopeOption | None:
    """A later delivery of another source that can still be ordered in time, and is."""
    place = batch.place
    latest = place.slot.charge_at - planned_min(place.product, "receipt")
    for option in place.slot.isotope:
        in_time = option.lock_at >= f.now and f.now < option.delivered_at <= latest
        need = f.room.isotope_for(place, option, batch.load_mbq)
        if option is not missed and in_time and need <= f.room.left_of_offer(option, f.now):
            f.room.reserve(batch, option, need)
            batch.ordered_mbq, batch.left_fraction = need, 1.0
            f.book.tell(IsotopeOrdered, batch.id, option.source, round(need * 1000))
            price = f.programme.source[option.source].price_cents_per_mbq
            f.book.cost("isotope", need * price)
            return option
    return None


def _stock_serves(f: Future, batch: LiveBatch) -> bool:
    """Whether isotope kept for stand-ins can serve some of a batch whose own did not come."""
    left = f.room.standing_left(batch.place)
    if not f.policy.backup or left <= 0 or batch.option is None:
        return False
    need = f.room.isotope_for(batch.place, batch.option, batch.load_mbq)
    batch.standing_mbq, batch.ordered_mbq = min(left, need), 0.0
    f.room.standing_used[(batch.place.plant.id, *batch.place.week)] += batch.standing_mbq
    return True


def _standing(f: Future, batch: LiveBatch) -> Generator[simpy.Event, Any, bool]:
    """Take isotope kept for stand-ins from the stock, or wait for its weekly delivery."""
    option = batch.option
    assert option is not None
    yield f.until(option.delivered_at)
    factor = decay_factor(f.now - option.delivered_at, batch.place.half_life)
    _receive(f, batch, option.source, batch.standing_mbq * factor)
    return batch.status == "locked"


# -- from the charge to the vials ----------------------------------------------------------


def _charge(f: Future, batch: LiveBatch, vials: int) -> None:
    place, now = batch.place, f.now
    batch.status, batch.charge_at = "labelling", now
    charged = batch.charge_mbq
    if batch.pot is not None:
        f.book.decay(batch.pot, "making")
        on_hand = batch.pot.mbq
        if f.fate.on:
            charged = on_hand
            if place.slot.bulk_max_mbq is not None:
                planned = make_min(place.product, place.line, vials)
                most = activity_at_charge(
                    place.slot.bulk_max_mbq, place.yield_fraction, planned, place.half_life
                )
                charged = max(batch.charge_mbq, most)
        charged = min(charged, on_hand)
        bulk = f.book.pour(batch.pot, f"bulk:{batch.id}", charged, "making")
        f.book.tell(LabellingStarted, batch.id, bulk.booked_kbq)
        f.book.spend(batch.pot, "waste", None, "making")
        batch.pot = bulk
    else:
        f.book.tell(LabellingStarted, batch.id, 0)
    batch.number = f.experience[place.line.id]
    f.experience[place.line.id] += 1
    f.book.count("batches_made", 1)
    f.book.count("slots_used", 1)
    contract = f.programme.contract.get(place.plant.id)
    if contract is not None:
        year = (place.plant.id, f.year_of(now))
        f.batches_of_year[year] += 1
        fee = contract.batch_fee_cents
        for tier in sorted(contract.tiers, key=lambda t: t.from_batch):
            if f.batches_of_year[year] >= tier.from_batch:
                fee = tier.fee_cents
        f.book.cost("batch_fees", fee)


def _fill(f: Future, batch: LiveBatch, vials: int) -> bool:
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
    total = math.fsum(_need(f, batch, o) for o in served)
    cut: list[LiveOrder] = []
    while served and total > handed_mbq * (1 + _EPS):
        cut.append(served.pop())
        total = math.fsum(_need(f, batch, o) for o in served)
    return served, cut


def _vials(
    f: Future, batch: LiveBatch, served: list[LiveOrder], handed_mbq: float, places: int
) -> tuple[list[Vial], list[tuple[Vial, str | None, int]], list[LiveOrder]]:
    """Fill the vials one by one: the rejected ones, all that were filled, orders left without."""
    product = batch.place.product
    spare = places - sum(o.order.units for o in served)
    left_mbq = handed_mbq - math.fsum(_need(f, batch, o) for o in served)
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
        return Vial(name, f.book.empty(batch.id, f"vial:{name}"), need_mbq)
    pot = f.book.pour(batch.pot, f"vial:{name}", min(whole, batch.pot.mbq), "dose")
    return Vial(name, pot, need_mbq)


# -- failure -------------------------------------------------------------------------------


def failure_of(f: Future, batch: LiveBatch) -> tuple[str, str] | None:
    """The cause and stage of a batch's failure, or None.

    A line's experience and its last failure scale all causes in proportion.
    """
    plant, line = batch.place.plant, batch.place.line
    if not f.fate.on or not plant.failures:
        return None
    mature = 1.0 - math.prod(1.0 - c.chance_fraction for c in plant.failures)
    chance = mature
    if plant.learning is not None:
        law = plant.learning
        excess = law.first_fraction - law.floor_fraction
        chance = law.floor_fraction + excess * 0.5 ** (batch.number / law.halved_after_batches)
    if f.now < f.cluster_until[line.id]:
        chance *= plant.failures_cluster_factor
    luck = f.fate.slot(line.id, batch.place.slot.id)
    if luck.fails >= min(chance, 1.0):
        return None
    total = sum(c.chance_fraction for c in plant.failures)
    upto = 0.0
    for cause in plant.failures:
        upto += cause.chance_fraction
        if luck.cause * total < upto:
            return cause.cause, cause.stage
    return plant.failures[-1].cause, plant.failures[-1].stage


def fail(f: Future, batch: LiveBatch, cause: str, stage: str) -> None:
    """A batch is lost: its activity is waste, its orders are promised anew at once."""
    batch.status = "failed"
    line = batch.place.line.id
    f.book.tell(BatchFailed, batch.id, cause, stage)
    f.book.count("batches_failed", 1)
    lasts = f.fate.corrective_min(batch.place.plant.corrective_action, line, batch.place.slot.id)
    f.cluster_until[line] = f.now + lasts
    if stage == "before_fill":
        if batch.pot is not None:
            f.book.decay(batch.pot, "making")
            f.book.spend(batch.pot, "waste", None, "making")
    else:
        for vial in batch.spares:
            waste(f, vial, "batch failed")
        for live in batch.orders.values():
            if live.vial is not None:
                waste(f, live.vial, "batch failed")
                live.vial = None
    lose(f, list(batch.orders.values()), cause, in_making=True)
