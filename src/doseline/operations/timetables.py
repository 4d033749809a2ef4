"""The calendars of a programme: when sites treat, lanes collect and carriers stand still."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from doseline.calendars import HolidayRule, Stops
from doseline.clock import weekday_from_text
from doseline.operations.remembered import Door, Timetable, door_of, timetable_of
from doseline.programme import Programme
from doseline.programme.lane import Lane
from doseline.programme.site import Site


@lru_cache(maxsize=256)
def open_days(
    weekdays: tuple[str, ...], holidays: tuple[HolidayRule, ...], first_day: int, days: int
) -> bytes:
    """A byte a day from a day (ordinal) on: 1 on the weekdays named, except on a holiday.

    >>> list(open_days(("Tuesday",), (), 1, 7))
    [0, 1, 0, 0, 0, 0, 0]
    """
    if days <= 0:
        return b""
    named = {weekday_from_text(name) for name in weekdays}
    week = bytes(weekday in named for weekday in range(7))
    begin = (first_day - 1) % 7  # ordinal 1 was a Monday
    found = bytearray((week * (days // 7 + 2))[begin : begin + days])
    years = range(date.fromordinal(first_day).year, date.fromordinal(first_day + days - 1).year + 1)
    for year in years:
        for on in {day for rule in holidays for day in rule.days(year)}:
            at = on.toordinal() - first_day
            if on.year == year and 0 <= at < days:
                found[at] = 0
    return bytes(found)


def treated(site: Site, first_day: int, days: int) -> bytes:
    """A byte a day from a day (ordinal) on: 1 where a site treats, as `Timetables.treats` says."""
    found = bytearray(open_days(site.treatment_weekdays, site.holidays, first_day, days))
    opens, closes = site.active_from_on, site.active_until_on
    begin = opens.toordinal() - first_day if opens else 0
    end = closes.toordinal() + 1 - first_day if closes else days
    begin, end = min(max(begin, 0), days), min(max(end, 0), days)
    found[:begin] = bytes(begin)
    found[end:] = bytes(days - end)
    return bytes(found)


class Timetables:
    """Every question of calendars, answered for one programme.

    It remembers them, so make one and keep it.
    """

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.clock = programme.clock
        self._stops: dict[tuple[str, str], Stops] = {}
        self._lanes: dict[tuple[str, str], tuple[Lane, ...]] = {}
        self._kinds: dict[str, int] = {}
        self._of_kind: list[tuple[object, ...]] = []
        self._doors: dict[int, Door] = {}
        self._hours: dict[tuple[int, int], tuple[int, int]] = {}
        self._treats: dict[tuple[str, int], bool] = {}
        self._weekdays: dict[tuple[str, ...], frozenset[int]] = {}
        self._timetables: dict[str, Timetable] = {}

    # -- calendars -------------------------------------------------------------------------

    def kind(self, site: Site) -> int:
        """The number of a site's kind: sites of one kind have the same ways on a day they treat.

        They share lanes, market, clock, hours, holidays and the nuclides and gaps of the licence.
        """
        found = self._kinds.get(site.id)
        if found is None:
            named = tuple(ln.id for ln in self.programme.lanes if site.id in ln.to)
            licence = (site.licence.nuclides, site.licence.gaps) if site.licence else None
            kind = (
                *(named, site.region, site.market, site.zone, site.holidays, licence),
                *(site.receives_weekdays, site.receives_from, site.receives_until),
                *(site.infusion_usual, site.infusion_latest),
            )
            if kind not in self._of_kind:
                self._of_kind.append(kind)
            found = self._kinds[site.id] = self._of_kind.index(kind)
        return found

    def _days(self, names: tuple[str, ...]) -> frozenset[int]:
        if names not in self._weekdays:
            self._weekdays[names] = frozenset(weekday_from_text(n) for n in names)
        return self._weekdays[names]

    def stops(self, carrier_id: str, zone: str) -> Stops:
        """When a carrier stands still, seen from a zone."""
        key = (carrier_id, zone)
        if key not in self._stops:
            carrier = self.programme.carrier[carrier_id]
            self._stops[key] = Stops(
                zone, carrier.holidays, carrier.stops_from, carrier.stops_until
            )
        return self._stops[key]

    def treats(self, site: Site, day: int) -> bool:
        """Whether a site treats on a day (ordinal): weekday, holidays, opening dates."""
        key = (site.id, day)
        if key not in self._treats:
            on = date.fromordinal(day)
            self._treats[key] = (
                on.weekday() in self._days(site.treatment_weekdays)
                and not any(h.is_holiday(on) for h in site.holidays)
                and (site.active_from_on is None or site.active_from_on <= on)
                and (site.active_until_on is None or on <= site.active_until_on)
            )
        return self._treats[key]

    def licensed(self, site: Site, nuclide: str | None, on: date) -> bool:
        """Whether a site's licence covers a nuclide on a day."""
        if nuclide is None:
            return True
        licence = site.licence
        return (
            licence is not None
            and nuclide in licence.nuclides
            and not any(g.from_on <= on <= g.until_on for g in licence.gaps)
        )

    # -- the road --------------------------------------------------------------------------

    def lanes(self, plant: str, site: Site) -> tuple[Lane, ...]:
        """The lanes from a plant to a site."""
        key = (plant, site.id)
        if key not in self._lanes:
            self._lanes[key] = tuple(
                ln
                for ln in self.programme.lanes
                if ln.manufacturer == plant and (site.id in ln.to or site.region in ln.to)
            )
        return self._lanes[key]

    def dispatch_at(self, lane: Lane, ready_at: int) -> int:
        """The collection that takes a package ready at an instant. [conventions 4.1]"""
        zone = self.programme.manufacturer[lane.manufacturer].zone
        stops = self.stops(lane.carrier, zone)
        if lane.cut_off is None:
            return stops.after_moving(self.clock, ready_at, 1) - 1  # the first minute that moves
        day, collected = self.clock.day(ready_at, zone), self.timetable(lane).collected
        for ahead in range(60):
            on = day + timedelta(days=ahead) if ahead else day
            if on not in collected:
                collected[on] = self._collected(lane, on, zone)
            at = collected[on]
            if at is not None and at >= ready_at:
                return at
        raise LookupError(f"lane {lane.id} collects on no day of the next sixty")

    def _collected(self, lane: Lane, on: date, zone: str) -> int | None:
        """When a lane with a cut-off collects on a day; None on a day without a collection."""
        carrier = self.programme.carrier[lane.carrier]
        if on.weekday() not in self._days(lane.weekdays) or lane.cut_off is None:
            return None
        if any(h.is_holiday(on) for h in carrier.holidays):
            return None
        return self.clock.at(on, lane.cut_off, zone)

    def arrive_at(self, lane: Lane, dispatch_at: int, transit_min: int) -> int:
        """When a package that left is at the door, its clock paused while nothing moves."""
        zone = self.programme.manufacturer[lane.manufacturer].zone
        return self.stops(lane.carrier, zone).after_moving(self.clock, dispatch_at, transit_min)

    def received_at(self, site: Site, arrive_at: int) -> int:
        """When a site takes in a package that stands at the door. [conventions 4.10]"""
        return self.door(site).receipt(site.id, arrive_at)[0]

    def door(self, site: Site) -> Door:
        """The door of a site, which other designs of the programme share."""
        kind = self.kind(site)
        found = self._doors.get(kind)
        if found is None:
            found = self._doors[kind] = door_of(site, self.clock)
        return found

    def planned(self, lane: Lane, ready_at: int, testing_min: int) -> tuple[int, int]:
        """The planned dispatch and arrival of a package that is ready at an instant."""
        times = self.timetable(lane).times
        key = (ready_at, testing_min)
        found = times.get(key)
        if found is None:
            dispatch = self.dispatch_at(lane, ready_at)
            arrive = self.arrive_at(lane, dispatch, lane.planned_min + testing_min)
            found = times[key] = (dispatch, arrive)
        return found

    def timetable(self, lane: Lane) -> Timetable:
        """The planned times of a lane, which other designs of the programme share."""
        found = self._timetables.get(lane.id)
        if found is None:
            zone = self.programme.manufacturer[lane.manufacturer].zone
            found = timetable_of(lane, self.programme.carrier[lane.carrier], zone, self.clock)
            self._timetables[lane.id] = found
        return found

    def use_at(self, site: Site, on: date, received_at: int, preparation_min: int) -> int | None:
        """The hour of infusion on a day: the usual one, later if the package comes later.

        None where the day does not suffice. [conventions 5.10]
        """
        key = (self.kind(site), on.toordinal())
        hours = self._hours.get(key)
        if hours is None:
            usual = self.clock.at(on, site.infusion_usual, site.zone)
            latest = self.clock.at(on, site.infusion_latest, site.zone)
            hours = self._hours[key] = (usual, latest)
        at = max(hours[0], received_at + preparation_min)
        return at if at <= hours[1] else None
