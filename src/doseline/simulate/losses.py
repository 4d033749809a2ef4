"""How a batch is lost: given up before its labelling, or failed in the making or the tests."""

from __future__ import annotations

import math

from doseline.operations.events import (
    BatchCancelled,
    BatchFailed,
)
from doseline.programme.rules import failure_chance
from doseline.simulate.future import Future
from doseline.simulate.living import LiveBatch
from doseline.simulate.odds import BATCH
from doseline.simulate.packages import waste
from doseline.simulate.promising import lose


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
        chance = failure_chance(
            law.first_fraction, law.floor_fraction, law.halved_after_batches, batch.number
        )
    if f.now < f.cluster_until[line.id]:
        chance *= plant.failures_cluster_factor
    luck = f.fate.slot(line.id, batch.place.slot.id)
    fails = luck.fails < min(chance, 1.0)
    f.note_odds(batch.orders.values(), BATCH, fails, chance)
    if not fails:
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
    if f.now >= f.cluster_until[line]:  # else corrective action is under way already
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
