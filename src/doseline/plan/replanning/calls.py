"""Who must be called when a plan takes the place of another, what they are told, and by when."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Batch, Schedule
from doseline.operations.slots import Slot
from doseline.operations.standing import Standing
from doseline.plan.model.aftermath import locked_at, slots_of
from doseline.programme import Programme


class Party(StrEnum):
    """Who is called."""

    SITE = "site"
    PLANT = "plant"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Told:
    """One thing told in a call: a dose to its site, a batch to its plant, isotope to its source.

    `about` is the order, the batch, or the plant that is delivered to. `old_at` and `new_at` (hour
    of infusion, start of labelling, delivery) are in the zone of the site or the plant; none where
    there was nothing before, or is nothing any more. `old` and `new` count vials, or lots. After
    `by_at` [min] the call no longer helps; none where it never does.
    """

    about: str
    what: str
    old_at: datetime | None
    new_at: datetime | None
    old: int
    new: int
    by_at: int | None
    patient: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: whom, what is told, and the last instant at which all of it still helps. [min]"""

    party: Party
    who: str
    told: tuple[Told, ...]
    by_at: int | None


@dataclass(frozen=True)
class Handover:
    """The schedule before and after, the orders of both, and what stands."""

    programme: Programme
    orders: Mapping[str, DoseOrder]
    before: Schedule
    after: Schedule
    standing: Standing

    def local(self, at: int | None, zone: str) -> datetime | None:
        """An instant as a wall in a zone shows it."""
        return None if at is None else self.programme.clock.local(at, zone)

    def ahead(self, *instants: int | None) -> int | None:
        """The first of some instants that is not yet past."""
        found = (at for at in instants if at is not None and at >= self.standing.now_at)
        return min(found, default=None)


def calls(change: Handover) -> tuple[Call, ...]:
    """Each site, plant and source that must hear of a change, once, the most urgent first."""
    slots = slots_of(change.programme, (change.before, change.after))
    found: dict[tuple[Party, str], list[Told]] = defaultdict(list)
    for site, told in _doses(change, slots):
        found[Party.SITE, site].append(told)
    for plant, told in _batches(change, slots):
        found[Party.PLANT, plant].append(told)
    for source, told in _isotope(change):
        found[Party.SOURCE, source].append(told)
    made = [
        Call(party, who, tuple(told), change.ahead(*(t.by_at for t in told)))
        for (party, who), told in found.items()
    ]
    never = max((c.by_at for c in made if c.by_at is not None), default=0) + 1
    return tuple(sorted(made, key=lambda c: (never if c.by_at is None else c.by_at, c.who)))


def _doses(change: Handover, slots: Mapping[str, Slot]) -> Iterator[tuple[str, Told]]:
    """Doses whose day or hour is new, or that are lost; cancelled ones are known to their site."""
    for name, order in change.orders.items():
        old, new = change.before.allocation.get(name), change.after.allocation.get(name)
        old_at, new_at = old.use_at if old else None, new.use_at if new else None
        if old_at == new_at or name in change.standing.served:
            continue
        what = "lost" if new is None else "confirmed" if old is None else "moved"
        decided = locked_at(change.programme, slots, change.after.batch[new.batch]) if new else None
        zone = change.programme.site[order.site].zone
        yield (
            order.site,
            Told(
                about=name,
                what=what,
                old_at=change.local(old_at, zone),
                new_at=change.local(new_at, zone),
                old=order.units if old else 0,
                new=order.units if new else 0,
                by_at=change.ahead(old_at, new_at, decided),
                patient=order.patient,
            ),
        )


def _batches(change: Handover, slots: Mapping[str, Slot]) -> Iterator[tuple[str, Told]]:
    """Batches opened, dropped or filled otherwise; one that failed is known to its plant."""
    before = {b.slot: b for b in change.before.batches}
    after = {b.slot: b for b in change.after.batches}
    for slot in sorted(before.keys() | after.keys()):
        old, new = before.get(slot), after.get(slot)
        some = new or old
        if some is None or _alike(old, new) or slot in change.standing.failed_slots:
            continue
        what = "dropped" if new is None else "opened" if old is None else "changed"
        zone = change.programme.manufacturer[some.manufacturer].zone
        decided = [locked_at(change.programme, slots, b) for b in (old, new) if b is not None]
        helps = change.ahead(*decided)
        yield (
            some.manufacturer,
            Told(
                about=some.id,
                what=what,
                old_at=change.local(old.charge_at if old else None, zone),
                new_at=change.local(new.charge_at if new else None, zone),
                old=old.vials if old else 0,
                new=new.vials if new else 0,
                by_at=helps if helps is not None else change.ahead(some.charge_at),
            ),
        )


def _alike(old: Batch | None, new: Batch | None) -> bool:
    """Whether a plant makes the same: vials, source, and activity to one part in a million."""
    if old is None or new is None:
        return old is new
    near = abs(old.charge_mbq - new.charge_mbq) <= 1e-6 * old.charge_mbq
    return near and (old.vials, old.source) == (new.vials, new.source)


def _isotope(change: Handover) -> Iterator[tuple[str, Told]]:
    """Deliveries of which another number of lots is wanted, while that can still be had."""
    before, after = _lots(change.before), _lots(change.after)
    for key in sorted(before.keys() | after.keys()):
        source, at, plant = key
        by_at = at - change.programme.source[source].lock_min
        if before[key] == after[key] or by_at < change.standing.now_at:
            continue
        zone = change.programme.manufacturer[plant].zone
        what = "cancelled" if not after[key] else "changed" if before[key] else "ordered"
        yield (
            source,
            Told(
                about=plant,
                what=what,
                old_at=change.local(at if before[key] else None, zone),
                new_at=change.local(at if after[key] else None, zone),
                old=before[key],
                new=after[key],
                by_at=by_at,
            ),
        )


def _lots(schedule: Schedule) -> Counter[tuple[str, int, str]]:
    """Lots by source, delivery and plant."""
    found: Counter[tuple[str, int, str]] = Counter()
    for b in schedule.batches:
        if b.source is not None and b.isotope_at is not None:
            found[b.source, b.isotope_at, b.manufacturer] += b.isotope_lots
    return found
