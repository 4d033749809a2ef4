"""How a batch is lost: given up before its labelling, or failed. As `losses.py`."""

from __future__ import annotations

from typing import Any

from doseline.programme.rules import (
    failure_chance,
)
from doseline.simulate.kernel.books import (
    MAKING,
    cost,
    count,
    decay_bulk,
    waste_bulk,
    waste_spare,
    waste_vial,
)
from doseline.simulate.kernel.choosing import lose, orders_of
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.draws import (
    drawn,
    four,
    slot_luck,
)
from doseline.simulate.kernel.odds import note_batch
from doseline.simulate.kernel.rooms import (
    occupy,
    reserve,
)
from doseline.simulate.kernel.words import (
    BATCHES_CANCELLED,
    BATCHES_FAILED,
    BEFORE_FILL,
    DROPPED,
    FAILED,
    LATE_CANCELLATION,
    OPEN,
)
from doseline.simulate.odds import BATCH


@compiled
def give_up(c: Any, batch: int, cause: int, late: bool) -> None:
    """Cancel a batch before its labelling; its orders are promised anew."""
    b = c.batches[batch]
    if b.status == OPEN:
        reserve(c, batch, b.option, 0.0)
        if b.count:
            occupy(c, b.place, -1)
    b.status = DROPPED
    count(c, BATCHES_CANCELLED, 1)
    contract = c.plants[c.places[b.place].plant].contract
    if late and contract >= 0:
        terms = c.contracts[contract]
        cost(c, LATE_CANCELLATION, terms.batch_fee * terms.late_cancel)
    if b.has_pot:
        decay_bulk(c, batch)
        waste_bulk(c, batch, MAKING)
    lose(c, orders_of(c, batch), cause, False)


@compiled
def draw_failure(c: Any, batch: int) -> None:
    """The cause and stage of a batch's failure, where it fails."""
    b = c.batches[batch]
    p = c.places[b.place]
    plant = c.plants[p.plant]
    b.failure = -1
    if not c.chance or plant.cause_n == 0:
        return
    chance = plant.mature
    if plant.learns:
        chance = failure_chance(plant.first, plant.floor, plant.halved, b.number)
    if c.now < c.cluster_until[p.line]:
        chance *= plant.cluster
    luck = slot_luck(c, b.place)
    fails = luck[2] < min(chance, 1.0)
    note_batch(c, batch, BATCH, fails, chance)
    if not fails:
        return
    upto = 0.0
    which = plant.cause_off + plant.cause_n - 1
    for k in range(plant.cause_off, plant.cause_off + plant.cause_n):
        upto += c.causes[k].chance
        if luck[3] * plant.total < upto:
            which = k
            break
    b.failure, b.failure_stage = c.causes[which].code, c.causes[which].stage


@compiled
def fail(c: Any, batch: int, cause: int, stage: int) -> None:
    """A batch is lost: its activity is waste, its orders are promised anew at once."""
    b = c.batches[batch]
    b.status = FAILED
    p = c.places[b.place]
    plant = c.plants[p.plant]
    count(c, BATCHES_FAILED, 1)
    lasts = 0
    if plant.corrects:
        u = four(c, c.lines[p.line].stream, p.slot_hash, 1)[0]
        lasts = drawn(plant.low, plant.mode, plant.high, u)
    if c.now >= c.cluster_until[p.line]:
        c.cluster_until[p.line] = c.now + lasts
    found = orders_of(c, batch)
    if stage == BEFORE_FILL:
        if b.has_pot:
            decay_bulk(c, batch)
            waste_bulk(c, batch, MAKING)
    else:
        for k in range(b.spare_off, b.spare_off + b.spare_n):
            waste_spare(c, k, p.half_life)
        for order in found:
            if c.orders[order].vial:
                waste_vial(c, order)
    lose(c, found, cause, True)
