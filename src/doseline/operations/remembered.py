"""What a lane and a door have answered, remembered for every programme that has the same ones.

Designs of a programme leave out plants and slots; lanes, carriers and sites stay the very same. So
what was worked out for one design serves the others, for as long as one of them is kept.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any
from weakref import WeakValueDictionary

from doseline.calendars import Clock, HolidayRule
from doseline.clock import weekday_from_text
from doseline.programme.lane import Carrier, Lane
from doseline.programme.site import Site

Things = tuple[object, ...]


class Timetable:
    """The planned times of a lane: when it collects by day; dispatch and arrival by the minute at
    which a package is ready and the minutes of import testing on its way.
    """

    def __init__(self, of: Things) -> None:
        self.of = of
        """Kept alive, so that no other can be taken for them."""
        self.collected: dict[date, int | None] = {}
        self.times: dict[tuple[int, int], tuple[int, int]] = {}


class Book:
    """The roads from a plant to sites of a kind for a product of a protocol.

    `tested` is the import testing that a day of receipt asks for, None where nothing may come;
    `roads` by when packages of a full batch can leave; `uses` by EOS of a batch of one vial, that
    instant and the day.
    """

    def __init__(self, of: Things) -> None:
        self.of = of
        """Kept alive, so that no others can be taken for them."""
        self.tested: dict[date, int | None] = {}
        self.roads: dict[int, tuple[Any, ...]] = {}
        self.uses: dict[tuple[int, int, date], tuple[tuple[Any, int], ...]] = {}


class Door:
    """When a site of a kind takes in what stands at its door. [conventions 4.10]"""

    def __init__(self, site: Site, clock: Clock) -> None:
        self._clock = clock
        self._zone = site.zone
        self._weekdays = frozenset(weekday_from_text(n) for n in site.receives_weekdays)
        self._hours: tuple[time, time] = (site.receives_from, site.receives_until)
        self._holidays: tuple[HolidayRule, ...] = site.holidays
        self._open: dict[date, tuple[int, int] | None] = {}
        self._received: dict[int, tuple[int, date]] = {}

    def receipt(self, site: str, arrive_at: int) -> tuple[int, date]:
        """When a package that arrives is received, and on which day of the site's zone.

        Raises LookupError where it never is.
        """
        found = self._received.get(arrive_at)
        if found is None:
            found = self._received[arrive_at] = self._next(site, arrive_at)
        return found

    def _next(self, site: str, arrive_at: int) -> tuple[int, date]:
        day = self._clock.day(arrive_at, self._zone)
        for ahead in range(60):
            on = day + timedelta(days=ahead) if ahead else day
            hours = self._on(on)
            if hours is not None and arrive_at <= hours[1]:
                return max(arrive_at, hours[0]), on
        raise LookupError(f"site {site} receives on no day of the next sixty")

    def _on(self, day: date) -> tuple[int, int] | None:
        """When the door opens and closes on a day; None where it stays shut. [min]"""
        if day not in self._open:
            found = None
            if day.weekday() in self._weekdays and not any(
                h.is_holiday(day) for h in self._holidays
            ):
                opens, closes = (self._clock.at(day, wall, self._zone) for wall in self._hours)
                found = (opens, closes)
            self._open[day] = found
        return self._open[day]


_timetables: WeakValueDictionary[tuple[object, ...], Timetable] = WeakValueDictionary()
_books: WeakValueDictionary[tuple[object, ...], Book] = WeakValueDictionary()
_doors: WeakValueDictionary[tuple[object, ...], Door] = WeakValueDictionary()


def timetable_of(lane: Lane, carrier: Carrier, zone: str, clock: Clock) -> Timetable:
    """The timetable of the very same lane and carrier, from a plant in a zone."""
    same = (lane, carrier)
    return _timetables.setdefault((*map(id, same), zone, clock), Timetable(same))


def book_of(same: Things, like: Things) -> Book:
    """The book of the very same things, and of others that are equal."""
    return _books.setdefault((tuple(map(id, same)), like), Book(same))


def door_of(site: Site, clock: Clock) -> Door:
    """The door of all sites with the same clock, hours and holidays."""
    hours = (site.receives_weekdays, site.receives_from, site.receives_until)
    return _doors.setdefault((clock, site.zone, hours, site.holidays), Door(site, clock))
