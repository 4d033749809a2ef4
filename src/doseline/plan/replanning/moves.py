"""What a new plan changes of the doses confirmed before: those moved, changed and lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule, Unmet
from doseline.plan.model.keeping import Confirmed
from doseline.programme import Programme


@dataclass(frozen=True, slots=True)
class Moved:
    """A confirmed dose that is given on another day or at another hour. Days are the site's."""

    order: str
    site: str
    patient: str
    from_on: date
    from_at: int
    to_on: date
    to_at: int
    from_batch: str
    to_batch: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A confirmed dose that keeps its day and hour and comes from another batch or by another lane.

    Nobody but the plants and the carrier need know.
    """

    order: str
    site: str
    from_batch: str
    to_batch: str
    from_lane: str
    to_lane: str


@dataclass(frozen=True)
class Difference:
    """What becomes of confirmed doses, and of those newly asked for that cannot be met (`lost`)."""

    moved: tuple[Moved, ...] = ()
    changed: tuple[Changed, ...] = ()
    lost: tuple[Unmet, ...] = ()


def difference(
    programme: Programme,
    orders: Mapping[str, DoseOrder],
    confirmed: Mapping[str, Confirmed],
    asked_anew: Collection[str],
    schedule: Schedule,
) -> Difference:
    """What a schedule moves, changes and loses of what had been confirmed, or is asked anew."""
    moved, changed = [], []
    for name, promise in confirmed.items():
        now = schedule.allocation.get(name)
        if now is None:
            continue
        order, before = orders[name], promise.allocation
        if now.use_at != before.use_at:
            on = programme.clock.day(now.use_at, programme.site[order.site].zone)
            moved.append(
                Moved(
                    order=name,
                    site=order.site,
                    patient=order.patient,
                    from_on=promise.on,
                    from_at=before.use_at,
                    to_on=on,
                    to_at=now.use_at,
                    from_batch=before.batch,
                    to_batch=now.batch,
                )
            )
            continue
        slot, lane = schedule.batch[now.batch].slot, schedule.shipment[now.shipment].lane
        if (slot, lane) != (promise.batch.slot, promise.shipment.lane):
            lanes = (promise.shipment.lane, lane)
            changed.append(Changed(name, order.site, before.batch, now.batch, *lanes))
    lost = (u for u in schedule.unmet if u.order in confirmed or u.order in asked_anew)
    return Difference(
        moved=tuple(sorted(moved, key=lambda m: (m.from_at, m.order))),
        changed=tuple(sorted(changed, key=lambda c: c.order)),
        lost=tuple(lost),
    )
