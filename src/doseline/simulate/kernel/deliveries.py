"""The isotope of a batch comes, comes short, or not in time. As `deliveries.py`."""

from __future__ import annotations

from typing import Any

from doseline.simulate.kernel.blows import left_of_source
from doseline.simulate.kernel.books import (
    MAKING,
    cost,
    enter,
    waste_bulk,
)
from doseline.simulate.kernel.compiling import compiled
from doseline.simulate.kernel.draws import (
    four,
)
from doseline.simulate.kernel.losses import give_up
from doseline.simulate.kernel.odds import note_batch
from doseline.simulate.kernel.rooms import (
    isotope_for,
    left_of_offer,
    reserve,
    standing_left,
)
from doseline.simulate.kernel.stages import (
    DELIVERED,
    STANDING,
    go_at,
    until_charge,
)
from doseline.simulate.kernel.words import (
    ISOTOPE,
    ISOTOPE_COST,
    LOCKED,
)
from doseline.simulate.odds import ISOTOPE as ODDS_OF_ISOTOPE
from doseline.simulate.odds import ISOTOPE_LATE

DAY = 1440


@compiled
def begins(c: Any, batch: int) -> None:
    """A batch waits for its isotope, or for its labelling where it takes none."""
    b = c.batches[batch]
    if not c.places[b.place].decays:
        until_charge(c, batch)
    elif b.standing != 0.0 and b.ordered == 0.0:
        go_at(c, batch, STANDING, c.options[b.option].delivered_at)
    elif b.option >= 0:
        b.delivery = b.option
        go_at(c, batch, DELIVERED, c.options[b.option].delivered_at)
    else:
        _without(c, batch)


@compiled
def _without(c: Any, batch: int) -> None:
    """No delivery came: isotope kept for stand-ins serves, or the batch is given up."""
    b = c.batches[batch]
    if _stock_serves(c, batch):
        go_at(c, batch, STANDING, c.options[b.option].delivered_at)
    else:
        give_up(c, batch, ISOTOPE, True)


@compiled
def delivered(c: Any, batch: int) -> None:
    """A consignment comes, comes short, or does not come in time."""
    b = c.batches[batch]
    if _comes(c, batch):
        if b.status == LOCKED:
            until_charge(c, batch)
        return
    if b.status != LOCKED:
        return
    option = _again(c, batch, b.delivery)
    if option >= 0:
        b.delivery = option
        go_at(c, batch, DELIVERED, c.options[option].delivered_at)
    else:
        _without(c, batch)


@compiled
def _comes(c: Any, batch: int) -> bool:
    b = c.batches[batch]
    p, option = c.places[b.place], c.options[b.delivery]
    source = c.sources[option.source]
    factor = 1.0
    if c.chance:
        luck = four(c, source.stream, c.plants[p.plant].hash, option.day)
        fails, late = luck[0] < source.failed, luck[1] < source.late
        matters = option.delivered_at + DAY > p.receipt_by
        note_batch(c, batch, ODDS_OF_ISOTOPE, fails, source.failed)
        if matters:
            note_batch(c, batch, ISOTOPE_LATE, late, source.late)
        if fails or (late and matters):
            return False
        factor = source.low + (source.high - source.low) * luck[2]
    left = left_of_source(c, option.source, option.delivered_at, c.now)
    if left < b.left:
        factor *= left / b.left
    if factor <= 0:
        return False
    receive(c, batch, b.ordered * factor)
    return True


@compiled
def receive(c: Any, batch: int, mbq: float) -> None:
    """Take in isotope; where the batch has ended it is waste."""
    b = c.batches[batch]
    if b.status == LOCKED:
        enter(c, batch, mbq)
        return
    had, kept_mbq, kept_kbq, kept_at = b.has_pot, b.pot_mbq, b.pot_kbq, b.pot_at
    enter(c, batch, mbq)
    waste_bulk(c, batch, MAKING)
    b.has_pot, b.pot_mbq, b.pot_kbq, b.pot_at = had, kept_mbq, kept_kbq, kept_at


@compiled
def _again(c: Any, batch: int, missed: int) -> int:
    """A later delivery of another source that can still be ordered in time, and is; -1: none."""
    b = c.batches[batch]
    p = c.places[b.place]
    for option in range(p.opt_off, p.opt_off + p.opt_n):
        o = c.options[option]
        in_time = o.lock_at >= c.now and c.now < o.delivered_at <= p.receipt_by
        if option == missed or not in_time:
            continue
        need = isotope_for(c, b.place, option, b.load)
        if need <= left_of_offer(c, option):
            reserve(c, batch, option, need)
            b.ordered, b.left = need, 1.0
            cost(c, ISOTOPE_COST, need * c.sources[o.source].price)
            return option
    return -1


@compiled
def _stock_serves(c: Any, batch: int) -> bool:
    """Whether isotope kept for stand-ins can serve some of a batch whose own did not come."""
    b = c.batches[batch]
    left = standing_left(c, b.place)
    if not c.backup or left <= 0 or b.option < 0:
        return False
    need = isotope_for(c, b.place, b.option, b.load)
    b.standing, b.ordered = min(left, need), 0.0
    c.standing_used[c.places[b.place].standing] += b.standing
    return True
