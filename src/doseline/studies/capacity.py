"""How many doses the slots of a design can make, month by month, as planned."""

from __future__ import annotations

from datetime import date

from doseline.operations.slots import Slot, counted, expand
from doseline.programme import Programme


def month_of(day: date) -> date:
    """The first day of the month of a day."""
    return day.replace(day=1)


def usable_slots(programme: Programme, from_on: date, until_on: date) -> tuple[Slot, ...]:
    """The slots that count as capacity: those that policy and contracts count."""
    return tuple(s for s in expand(programme, from_on, until_on) if counted(programme, s))


def vials_by_month(
    programme: Programme, products: frozenset[str], from_on: date, until_on: date
) -> dict[date, float]:
    """Vials of some products that full batches in every usable slot would give, by month.

    A slot that could make either of two products counts for both: it is an upper bound.
    """
    found: dict[date, float] = {}
    seen: set[tuple[str, int]] = set()
    for slot in usable_slots(programme, from_on, until_on):
        if slot.product not in products or (slot.line, slot.charge_at) in seen:
            continue
        seen.add((slot.line, slot.charge_at))
        month = month_of(slot.starts_on)
        found[month] = found.get(month, 0.0) + slot.vials_max
    return found
