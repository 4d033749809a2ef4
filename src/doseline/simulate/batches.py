"""The making of a batch: isotope, labelling, filling, QC, release.

Everything that is on hand is charged (the isotope comes in whole lots), as far as the planned
yield keeps the bulk inside the line's limit; with chance off, what was planned. Spare vials left
over are waste at release.

Simplified: set-up and the receipt of the isotope take the time planned, with no chance of their
own; a set-up that fails is a cause of failure like any other. A certification after release is not
simulated (`BatchCertified` belongs to records). A cold product is made to order as others are: no
stock of it is kept.
"""

from __future__ import annotations

from doseline.operations.events import (
    BatchReleased,
    LabellingStarted,
    QcPassed,
)
from doseline.programme.making import make_min
from doseline.programme.rules import (
    activity_at_charge,
)
from doseline.simulate.deliveries import isotope_comes
from doseline.simulate.fate import Times
from doseline.simulate.filling import fill
from doseline.simulate.future import Future, Process
from doseline.simulate.living import LiveBatch, LiveOrder
from doseline.simulate.losses import fail, failure_of, give_up
from doseline.simulate.packages import carry, waste


def make(f: Future, batch: LiveBatch) -> Process:
    """A batch from its lock to its release, or to its end before that."""
    if batch.place.product.decays:
        received = yield from isotope_comes(f, batch)
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
    if not fill(f, batch, vials):
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
