"""Which places a contingency leaves open: free slots, and planned batches that can still grow."""

from __future__ import annotations

from dataclasses import replace

from doseline.operations.schedule import Batch
from doseline.operations.slots import IsotopeOption
from doseline.operations.standing import Standing
from doseline.plan.failures.contingencies import Loss
from doseline.plan.failures.ground import Ground
from doseline.plan.model.places import usable
from doseline.plan.model.sets import Place


def left_of(place: Place, loss: Loss) -> tuple[IsotopeOption, ...]:
    """The deliveries to a place that a contingency leaves."""
    plant = place.slot.manufacturer
    return tuple(o for o in place.isotope if (o.source, plant, o.delivered_at) != loss.delivery)


def open_place(ground: Ground, loss: Loss, place: Place) -> Place | None:
    """A place as a contingency leaves it; None where nothing can be decided on in it any more."""
    slot = place.slot
    if slot.id in loss.closed or place.locked is not None:
        return None
    isotope = left_of(place, loss)
    if place.isotope and not isotope:
        return None
    standing = ground.standing or Standing()
    now_at = ground.decides_at(slot.manufacturer, loss.known_at)
    batch = planned_in(ground, loss, slot.id)
    if batch is not None:
        begins_at = max(now_at, standing.freeze_until_at or now_at)
        if slot.charge_at < begins_at or not _known(ground, batch):
            return None
        left = _isotope_of_planned(batch, isotope, now_at)
        return None if left is None else replace(place, isotope=left)
    now = Standing(now_at=now_at, freeze_until_at=standing.freeze_until_at)
    found = usable(ground.sets.programme, (replace(slot, isotope=isotope),), now, {})
    return found[0] if found else None


def planned_in(ground: Ground, loss: Loss, slot_id: str) -> Batch | None:
    """The batch that the schedule has in a slot, where a contingency leaves it."""
    batch = ground.batch_in.get(slot_id)
    return None if batch is None or batch in loss.batches else batch


def _known(ground: Ground, batch: Batch) -> bool:
    """Whether the model has a choice for every dose of a batch."""
    return all(dose.order in ground.chosen for dose in ground.of_batch.get(batch.id, ()))


def _isotope_of_planned(
    batch: Batch, isotope: tuple[IsotopeOption, ...], now_at: int
) -> tuple[IsotopeOption, ...] | None:
    """What can feed a planned batch: what is ordered, or else all that can still be ordered."""
    if not isotope:
        return ()
    own = [o for o in isotope if (o.source, o.delivered_at) == (batch.source, batch.isotope_at)]
    if not own:
        return None
    if own[0].lock_at < now_at:
        return (own[0],)
    return tuple(o for o in isotope if o.lock_at >= now_at)
