"""What has happened to a plan, as the planner meets it: what stands, and what is barred or lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from doseline.errors import ScheduleError
from doseline.operations.happened import (
    BatchFailed,
    Happening,
    LaneClosed,
    LineDown,
    OrderCancelled,
    OrderMoved,
    PlantDown,
    SourceStopped,
    Span,
)
from doseline.operations.orders import DoseOrder
from doseline.operations.remembered import Book, Timetable
from doseline.operations.routes import Ways, ways_of
from doseline.operations.schedule import Allocation, Batch, Schedule
from doseline.operations.slots import IsotopeOption, Slot, expand
from doseline.operations.standing import Standing
from doseline.plan.model.keeping import Confirmed
from doseline.programme import Programme
from doseline.programme.lane import Lane
from doseline.programme.making import make_min, ready_min
from doseline.programme.site import Site

Spans = Mapping[str, tuple[Span, ...]]
_DAY = timedelta(days=1)


class WaysAround(Ways):
    """The ways of a programme while some lanes are closed: a package waits until one opens."""

    def __init__(self, programme: Programme, closed: Spans) -> None:
        super().__init__(programme)
        self._closed = closed

    def timetable(self, lane: Lane) -> Timetable:
        """The times of a lane that is closed now and then, which are nobody else's."""
        found = self._timetables.get(lane.id)
        if found is None:
            found = self._timetables[lane.id] = Timetable(())
        return found

    def book(self, protocol: str, slot: Slot, site: Site) -> Book:
        """The roads while lanes are closed, which are nobody else's either."""
        return Book(())

    def dispatch_at(self, lane: Lane, ready_at: int) -> int:
        """The first collection outside the spans in which the lane is closed."""
        at = super().dispatch_at(lane, ready_at)
        for span in self._closed.get(lane.id, ()):
            if span.holds(at):
                at = super().dispatch_at(lane, span.until_at)
        return at


@dataclass(frozen=True)
class Aftermath:
    """What bars slots, deliveries and lanes, and what had been confirmed.

    `confirmed` by order; `left` are vials that left for doses that are no longer asked for; of the
    batches that are lost `begun` had been started and of `bought` the isotope had been ordered.
    """

    ways: Ways
    lines: Spans = field(default_factory=dict)
    plants: Spans = field(default_factory=dict)
    sources: Spans = field(default_factory=dict)
    confirmed: Mapping[str, Confirmed] = field(default_factory=dict)
    left: tuple[tuple[DoseOrder, Allocation], ...] = ()
    begun: tuple[Batch, ...] = ()
    bought: tuple[Batch, ...] = ()

    def open(self, slots: Sequence[Slot]) -> tuple[Slot, ...]:
        """The slots that are not barred, each with the deliveries that come."""
        instead = self._instead(slots)
        found = []
        for slot in slots:
            if self._barred(slot) or self._held(slot):
                continue
            came = [
                option if not self._stopped(option) else instead.get((slot.id, option.source))
                for option in slot.isotope
            ]
            isotope = tuple(o for o in came if o is not None and not self._stopped(o))
            if isotope or not slot.isotope:
                found.append(replace(slot, isotope=isotope))
        return tuple(found)

    def _stopped(self, option: IsotopeOption) -> bool:
        return any(s.holds(option.delivered_at) for s in self.sources.get(option.source, ()))

    def _instead(self, slots: Sequence[Slot]) -> dict[tuple[str, str], IsotopeOption]:
        """The last deliveries before a source stops, by slot and source."""
        programme, found = self.ways.programme, {}
        for name, spans in self.sources.items():
            stopped = [s for s in slots if any(map(self._stopped, s.isotope))]
            for span in spans if stopped else ():
                last = programme.clock.day(span.from_at, "UTC") - _DAY
                until = min(programme.source[name].until_on or last, last)
                sources = tuple(
                    replace(s, until_on=until) if s.id == name else s for s in programme.sources
                )
                days = [s.starts_on for s in stopped]
                for slot in expand(replace(programme, sources=sources), min(days), max(days)):
                    for option in slot.isotope:
                        if option.source == name and not self._stopped(option):
                            found[slot.id, name] = option
        return found

    def _barred(self, slot: Slot) -> bool:
        """Whether a full batch would be made, or got ready, while its line or plant is down."""
        programme = self.ways.programme
        product, line = programme.product[slot.product], programme.line[slot.line][1]
        eos_at = slot.charge_at + make_min(product, line, slot.vials_max)
        ready_at = eos_at + ready_min(product, slot.vials_max)
        return any(s.meets(slot.charge_at, eos_at) for s in self.lines.get(slot.line, ())) or any(
            s.meets(slot.charge_at, ready_at) for s in self.plants.get(slot.manufacturer, ())
        )

    def _held(self, slot: Slot) -> bool:
        """Whether the line is still held by a batch that was lost after its start."""
        line = self.ways.programme.line[slot.line][1]
        for batch in self.begun:
            changeover = line.changeover_min if batch.product != slot.product else 0
            free_at = batch.eos_at + line.turnaround_min + changeover
            if batch.line == slot.line and batch.charge_at <= slot.charge_at < free_at:
                return True
        return False


# -- from a plan to what stands ------------------------------------------------------------


def locked_at(programme: Programme, slots: Mapping[str, Slot], batch: Batch) -> int:
    """The last instant at which a batch can be decided on. [min]

    That is the start of labelling, earlier the lock of its isotope, earlier the call-off of a slot
    on option.
    """
    slot, at = slots.get(batch.slot), batch.charge_at
    if batch.source is not None and batch.isotope_at is not None:
        at = min(at, batch.isotope_at - programme.source[batch.source].lock_min)
    return min(at, slot.lock_at) if slot is not None and slot.kind == "option" else at


def slots_of(programme: Programme, schedules: Iterable[Schedule]) -> dict[str, Slot]:
    """The slots, by id, of the days on which batches of some schedules start."""
    at = [b.charge_at for s in schedules for b in s.batches]
    if not at:
        return {}
    first, last = (programme.clock.day(edge(at), "UTC") for edge in (min, max))
    return {s.id: s for s in expand(programme, first - _DAY, last + _DAY)}


def aftermath(
    programme: Programme,
    orders: Sequence[DoseOrder],
    before: Schedule,
    happened: Sequence[Happening],
    now_at: int,
) -> tuple[Standing, Aftermath]:
    """What stands of a schedule at an instant, and what has become of the rest.

    `orders` are those before anything happened. A dose given from a batch that stands, and a vial
    on its way from one, are kept to the letter. A dose given from a batch that failed later has
    been served; its other vials are lost. Raises ScheduleError where what happened names what is
    not there, or moves a dose that has been given.
    """
    _known(programme, before, happened, now_at)
    lines = _spans((h.line, h.span) for h in happened if isinstance(h, LineDown))
    plants = _spans((h.manufacturer, h.span) for h in happened if isinstance(h, PlantDown))
    sources = _spans((h.source, h.span) for h in happened if isinstance(h, SourceStopped))
    lanes = _spans((h.lane, h.span) for h in happened if isinstance(h, LaneClosed))
    failed = {h.batch for h in happened if isinstance(h, BatchFailed)}
    late = _decided(programme, before, now_at)
    lost = [b for b in before.batches if b.id in failed or _goes_down(b, now_at, lines, plants)]
    bought = [b for b in late if not _undelivered(b, now_at, sources)]
    locked = [b for b in bought if b not in lost]
    kept = {b.id for b in locked}
    changed = {h.order for h in happened if isinstance(h, OrderMoved | OrderCancelled)}
    gone = {s.id for s in before.shipments if s.dispatch_at <= now_at}
    known = {o.id: o for o in orders}
    sent = [a for a in before.allocations if a.shipment in gone and a.batch in kept]
    standing = Standing(
        now_at=now_at,
        freeze_until_at=now_at,
        locked=tuple(locked),
        promised=tuple(a for a in before.allocations if a.order not in changed),
        in_transit=tuple(s for s in before.shipments if s.id in gone and s.batch in kept),
        failed_slots=tuple(b.slot for b in lost),
        served=tuple(
            a.order for a in before.allocations if a.use_at <= now_at and a.batch not in kept
        ),
    )
    return standing, Aftermath(
        ways=WaysAround(programme, lanes) if lanes else ways_of(programme),
        lines=lines,
        plants=plants,
        sources=sources,
        confirmed=_confirmed(programme, known, before, changed),
        left=tuple((known[a.order], a) for a in sent if a.order in changed and a.order in known),
        begun=tuple(b for b in lost if b.charge_at < now_at),
        bought=tuple(b for b in bought if b in lost and b.source is not None),
    )


def _decided(programme: Programme, before: Schedule, now_at: int) -> list[Batch]:
    """The batches that can no longer be changed."""
    slots = slots_of(programme, [before])
    return [b for b in before.batches if locked_at(programme, slots, b) < now_at]


def _spans(named: Iterable[tuple[str, Span]]) -> dict[str, tuple[Span, ...]]:
    found: dict[str, tuple[Span, ...]] = {}
    for name, span in named:
        found[name] = tuple(sorted((*found.get(name, ()), span), key=lambda s: s.from_at))
    return found


def _goes_down(batch: Batch, now_at: int, lines: Spans, plants: Spans) -> bool:
    """Whether a batch that is not ready yet is lost with its line or its plant."""
    ready_at = max(batch.released_at, batch.packed_at)
    if ready_at <= now_at:
        return False
    return any(s.meets(batch.charge_at, batch.eos_at) for s in lines.get(batch.line, ())) or any(
        s.meets(batch.charge_at, ready_at) for s in plants.get(batch.manufacturer, ())
    )


def _undelivered(batch: Batch, now_at: int, sources: Spans) -> bool:
    """Whether the isotope of a batch that is not begun does not come."""
    at = batch.isotope_at
    if batch.source is None or at is None or batch.charge_at < now_at:
        return False
    return any(s.holds(at) for s in sources.get(batch.source, ()))


def _confirmed(
    programme: Programme,
    known: Mapping[str, DoseOrder],
    before: Schedule,
    changed: Iterable[str],
) -> dict[str, Confirmed]:
    """Doses that a schedule confirms, but for those that patients have moved or cancelled."""
    found = {}
    for a in before.allocations:
        if a.order in known and a.order not in changed:
            zone = programme.site[known[a.order].site].zone
            on = programme.clock.day(a.use_at, zone)
            found[a.order] = Confirmed(a, before.batch[a.batch], before.shipment[a.shipment], on)
    return found


def _known(
    programme: Programme, before: Schedule, happened: Sequence[Happening], now_at: int
) -> None:
    for what in happened:
        match what:
            case BatchFailed(name) if name not in before.batch:
                raise ScheduleError(f"batch {name!r} failed and is not in the plan before")
            case LaneClosed(name) if name not in programme.lane:
                raise ScheduleError(f"lane {name!r} is closed and not in the programme")
            case SourceStopped(name) if name not in programme.source:
                raise ScheduleError(f"source {name!r} stopped and is not in the programme")
            case LineDown(name) if name not in programme.line:
                raise ScheduleError(f"line {name!r} is down and not in the programme")
            case PlantDown(name) if name not in programme.manufacturer:
                raise ScheduleError(f"plant {name!r} is down and not in the programme")
            case OrderMoved(name) | OrderCancelled(name):
                given = before.allocation.get(name)
                if given is not None and given.use_at <= now_at:
                    raise ScheduleError(f"order {name!r} has been given and can no longer move")
