"""One future told week by week: what was made, what went wrong, who was treated and when."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from doseline.operations import events as ev
from doseline.programme import Programme

WEEK = timedelta(weeks=1)
MOST_WEEKS = 8

_TROUBLE = (
    ev.BatchFailed,
    ev.BatchCancelled,
    ev.IsotopeNotDelivered,
    ev.OrderUnpromised,
    ev.OrderMissed,
    ev.ShipmentLost,
    ev.ShipmentHeld,
    ev.ShockBegan,
)
_AT = {"before_fill": "before filling", "qc": "in quality control", "qa": "at the release"}


@dataclass(frozen=True, slots=True)
class StoryWeek:
    """A week of a future, from its Monday, in sentences in the order of time."""

    week: date
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """Some weeks of one future: which, how it fared in all, and what happened in them."""

    design: str
    question: str
    replication: int
    otif: float
    weeks: tuple[StoryWeek, ...]


def busiest(
    programme: Programme, events: Sequence[ev.Event], weeks: int = MOST_WEEKS
) -> tuple[date, date]:
    """The stretch of weeks, Monday to Sunday, in which most went wrong; the first of equals."""
    troubles = Counter(_monday(programme, e) for e in events if isinstance(e, _TROUBLE))
    mondays = sorted({_monday(programme, e) for e in events})
    if not mondays:
        return programme.from_on, programme.from_on

    def within(first: date) -> int:
        return sum(troubles[first + k * WEEK] for k in range(weeks))

    first = max(mondays, key=lambda monday: (within(monday), -monday.toordinal()))
    return first, first + weeks * WEEK - timedelta(days=1)


def tell(
    programme: Programme, events: Iterable[ev.Event], from_on: date, until_on: date
) -> tuple[StoryWeek, ...]:
    """What happened on some days (UTC), week by week; a week in which nothing happened is left out.

    Every sentence is one event or counts several of a kind. Activity and isotope orders that come
    as planned are left out.
    """
    teller = _Teller(programme)
    said: dict[date, list[str]] = defaultdict(list)
    given: dict[date, list[bool]] = defaultdict(list)
    for event in events:
        on = programme.clock.instant(event.at).date()
        sentence = teller.sentence(event)
        if not from_on <= on <= until_on:
            continue
        week = on - timedelta(days=on.weekday())
        if isinstance(event, ev.DoseAdministered):
            given[week].append(event.on_day and event.within_tolerance)
        if sentence:
            said[week].append(f"{on:%a} {on.day} {on:%b}: {sentence}")
    return tuple(
        StoryWeek(week, (*_doses(given[week]), *said[week])) for week in sorted({*said, *given})
    )


def _doses(given: Sequence[bool]) -> tuple[str, ...]:
    if not given:
        return ()
    doses = "One dose is given" if len(given) == 1 else f"{len(given)} doses are given"
    good = sum(given)
    how = "all" if good == len(given) and good > 1 else str(good)
    if len(given) == 1:
        return (f"{doses}, {'' if good else 'not '}on the day ordered and inside tolerance.",)
    return (f"{doses}, {how} of them on the day ordered and inside tolerance.",)


def _monday(programme: Programme, event: ev.Event) -> date:
    on = programme.clock.instant(event.at).date()
    return on - timedelta(days=on.weekday())


class _Teller:
    """Remembers what a shipment and a batch are of, and says an event in a sentence."""

    def __init__(self, programme: Programme) -> None:
        self.names = {
            **{p.id: p.name for p in programme.scenarios},
            **{h.id: h.name for h in programme.hazards},
        }
        self.site = {s.id: s.name for s in programme.sites}
        self.bound_for: dict[str, str] = {}
        self.wanted: dict[str, str] = {}

    def sentence(self, event: ev.Event) -> str:
        """An event in words; nothing for what goes without saying."""
        match event:
            case ev.OrderPlaced() | ev.OrderMoved():
                self.wanted[event.order] = event.wanted_on
            case ev.ShipmentDispatched():
                self.bound_for[event.shipment] = self.site.get(event.site, event.site)
        return self._of_batch(event) or self._of_order(event) or self._of_road(event)

    def _of_batch(self, event: ev.Event) -> str:
        match event:
            case ev.BatchFilled():
                vials = "1 vial" if event.vials == 1 else f"{event.vials} vials"
                return f"batch {event.batch} fills {vials}."
            case ev.BatchFailed():
                where = _AT.get(event.stage, event.stage)
                return f"batch {event.batch} fails {where} ({_words(event.cause)})."
            case ev.BatchCancelled():
                return f"batch {event.batch} is given up ({_words(event.cause)})."
            case ev.IsotopeNotDelivered():
                return f"the isotope of batch {event.batch} from {event.source} does not come."
            case ev.ShockBegan():
                name = self.names.get(event.scenario, event.scenario)
                return f"{name} begins ({event.hits}: {', '.join(event.targets)})."
            case ev.ShockEnded():
                name = self.names.get(event.scenario, event.scenario)
                return f"{name} is over ({event.hits}: {', '.join(event.targets)})."
        return ""

    def _of_order(self, event: ev.Event) -> str:
        match event:
            case ev.OrderUnpromised():
                return f"dose {event.order} loses its place ({_words(event.cause)})."
            case ev.OrderMissed():
                wanted = self.wanted.get(event.order, "")
                return f"dose {event.order}, wanted on {wanted}, is missed ({_words(event.cause)})."
            case ev.OrderMoved():
                return f"the site moves dose {event.order} to {event.wanted_on}."
            case ev.OrderCancelled():
                return f"dose {event.order} is cancelled by patient or site."
            case ev.DoseAdministered() if not event.on_day:
                wanted = self.wanted.get(event.order, "")
                return f"dose {event.order}, wanted on {wanted}, is given today."
            case ev.DoseAdministered() if not event.within_tolerance:
                return f"dose {event.order} is given outside its tolerance."
        return ""

    def _of_road(self, event: ev.Event) -> str:
        match event:
            case ev.ShipmentHeld():
                to = self.bound_for.get(event.shipment, event.shipment)
                hours = f"{event.minutes / 60:.1f} h"
                return f"a package for {to} is held for {hours} ({_words(event.cause)})."
            case ev.ShipmentLost():
                to = self.bound_for.get(event.shipment, event.shipment)
                return f"a package for {to} is lost ({_words(event.cause)})."
        return ""


def _words(cause: str) -> str:
    return cause.replace("_", " ")
