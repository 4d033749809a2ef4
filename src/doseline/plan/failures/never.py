"""Which doses no plan could secure, whatever it does: a check of days alone, without a solver."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from doseline.calendars import WorkCalendar
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Unmet
from doseline.operations.slots import plant_calendar
from doseline.plan.failures.ground import decided_at
from doseline.plan.model.candidates import gather
from doseline.plan.model.sets import Place, Sets
from doseline.programme import Programme
from doseline.programme.making import planned_min


def never_secured(
    programme: Programme, orders: tuple[DoseOrder, ...], from_on: date, until_on: date
) -> tuple[Unmet, ...]:
    """The orders that can be served, and by no plan with a second chance; with the reason.

    A dose has a second chance only where two batches could serve it, of which one starts after
    the failure of the other can be known and decided on. Where no two of its slots are like
    that, no plan secures it; where the policy has spare vials, none whose slots are two is named,
    as one of them may help. Orders that no slot can serve at all are not named: they are unmet.
    """
    sets = gather(programme, orders, from_on, until_on, None)
    calendars = {m.id: plant_calendar(m) for m in programme.manufacturers}
    found = []
    for i, order in enumerate(sets.orders):
        if sets.of_order[i] and cannot_be_secured(sets, calendars, i):
            found.append(Unmet(order.id, _why(sets, i)))
    return tuple(found)


def cannot_be_secured(sets: Sets, calendars: Mapping[str, WorkCalendar], i: int) -> bool:
    """Whether no slot of an order can be decided on once the failure of another one is known.

    Spare vials may always help.
    """
    places = _places(sets, i)
    spare = sets.programme.policy.spare_vials > 0
    return not any(
        spare or second.locked is not None or _follows(sets, calendars, first, second)
        for first in places
        for second in places
        if first is not second
    )


def _places(sets: Sets, i: int) -> list[Place]:
    return [sets.places[s] for s in sorted({sets.choices[r].place for r in sets.of_order[i]})]


def _follows(
    sets: Sets, calendars: Mapping[str, WorkCalendar], first: Place, second: Place
) -> bool:
    """Whether the failure of a batch in one place can be known before another place starts."""
    product = sets.programme.product[first.slot.product]
    known_at = first.eos_first_at + planned_min(product, "qc")
    calendar = calendars[second.slot.manufacturer]
    return second.slot.charge_at >= decided_at(sets.programme.clock, calendar, known_at)


def _why(sets: Sets, i: int) -> str:
    places = _places(sets, i)
    if len(places) == 1:
        return f"only {places[0].slot.id} can serve it in its window"
    days = sorted({p.slot.starts_on for p in places})
    if len(days) == 1:
        return f"all {len(places)} slots that can serve it start on {days[0]:%a %Y-%m-%d}"
    return (
        f"all {len(places)} slots that can serve it have started, from {days[0]:%a %Y-%m-%d} to "
        f"{days[-1]:%a %Y-%m-%d}, before the failure of the first of them is known and acted on"
    )
