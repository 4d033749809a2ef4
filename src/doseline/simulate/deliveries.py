"""The isotope of a batch comes, comes short, or does not come in time.

Where it does not, another source is asked that can still deliver; then isotope kept for stand-ins
serves as far as it goes; else the batch is given up. Simplified: a late consignment comes one day
late, and isotope for stand-ins never fails to come.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from doseline.operations.events import (
    IsotopeNotDelivered,
    IsotopeOrdered,
    IsotopeReceived,
)
from doseline.operations.slots import IsotopeOption
from doseline.programme.making import planned_min
from doseline.programme.rules import (
    decay_factor,
)
from doseline.simulate.future import Future
from doseline.simulate.living import LiveBatch
from doseline.simulate.losses import give_up
from doseline.simulate.odds import ISOTOPE, ISOTOPE_LATE
from doseline.simulate.world import DAY


def isotope_comes(f: Future, batch: LiveBatch) -> Generator[simpy.Event, Any, bool]:
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
        fails, late = luck[0] < source.failed_fraction, luck[1] < source.late_fraction
        latest = place.slot.charge_at - planned_min(place.product, "receipt")
        matters = option.delivered_at + DAY > latest
        orders = batch.orders.values()
        f.note_odds(orders, ISOTOPE, fails, source.failed_fraction)
        if matters:
            f.note_odds(orders, ISOTOPE_LATE, late, source.late_fraction)
        if fails:
            return "not delivered"
        if late and matters:
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
