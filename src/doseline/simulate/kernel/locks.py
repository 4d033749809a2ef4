"""The lock of a batch: is its slot usable, is its isotope still on offer? As `locking.py`."""

from __future__ import annotations

from typing import Any

from doseline.simulate.kernel.books import (
    cost,
)
from doseline.simulate.kernel.choosing import leave, orders_of, promise_all
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.draws import (
    sort_by_rank,
    usable,
)
from doseline.simulate.kernel.giving import lock_at
from doseline.simulate.kernel.instants import at, scratch
from doseline.simulate.kernel.locking import begin, fix_vials, lots
from doseline.simulate.kernel.losses import give_up
from doseline.simulate.kernel.odds import note_batch
from doseline.simulate.kernel.promised import locked_orders
from doseline.simulate.kernel.rooms import (
    isotope_for,
    left_of_offer,
    option_for,
    reserve,
)
from doseline.simulate.kernel.words import (
    DROPPED,
    ISOTOPE,
    LOCK,
    LOCKED,
    NOT_USABLE,
    OPEN,
    OPTION_FEES,
)
from doseline.simulate.odds import SLOT


@compiled
def lock(c: Any, batch: int, token: int) -> None:
    """Lock a batch, unless its lock was put off or it has ended since."""
    b = c.batches[batch]
    if b.status == OPEN and token == b.lock_token:
        _lock(c, batch)
    if b.status == LOCKED:
        locked_orders(c, batch, -1)


@compiled
def _lock(c: Any, batch: int) -> None:
    b = c.batches[batch]
    p = c.places[b.place]
    if b.count == 0:
        b.status, b.in_room = DROPPED, 0
        c.batch_of[b.place] = -1
        return
    serves = usable(c, b.place, c.plants[p.plant].usable)
    if c.chance and not c.looked_at[b.place]:
        chance = c.plants[p.plant].usable * p.free_fraction
        note_batch(c, batch, SLOT, not serves, 1.0 - chance)
    if not serves:
        give_up(c, batch, NOT_USABLE, False)
        return
    if p.decays and b.standing == 0.0 and not _isotope(c, batch):
        return
    fix_vials(c, batch)
    cost(c, OPTION_FEES, p.fee)
    begin(c, batch)


@compiled
def _isotope(c: Any, batch: int) -> bool:
    """Make sure that the isotope counted on is still on offer; whether the batch goes on."""
    b = c.batches[batch]
    option, need = option_for(c, b.place, batch, b.load)
    if option >= 0:
        if option != b.option and c.options[option].lock_at > c.now:
            reserve(c, batch, option, need)
            b.lock_token += 1
            at(c, lock_at(c, batch), LOCK, batch, b.lock_token)
            return False
        reserve(c, batch, option, need)
        return True
    most = lots(c, batch, left_of_offer(c, b.option) + b.reserved)
    found = orders_of(c, batch)
    sort_by_rank(c, found)
    dropped = scratch(c, len(found))
    n = 0
    for k in range(len(found) - 1, -1, -1):
        if isotope_for(c, b.place, b.option, b.load) <= most + 1e-9:
            break
        dropped[n] = found[k]
        n += 1
        leave(c, found[k], ISOTOPE)
    if b.count == 0:
        give_up(c, batch, ISOTOPE, False)
        promise_all(c, dropped[:n])
        return False
    reserve(c, batch, b.option, isotope_for(c, b.place, b.option, b.load))
    promise_all(c, dropped[:n])
    return True
