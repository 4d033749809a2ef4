"""The clock of a programme: whole minutes of UTC since its start, and the walls' clocks beside it.

Conventions. Zero is 00:00 UTC of the day the programme starts. An instant inside a minute counts
to the minute begun. A wall time that the spring change leaves out is moved on by the hour left
out; one that the autumn change shows twice is the first of the two. A local day runs from its
midnight to the next, so it may have 23 or 25 hours.

The weekdays, the hours of a week and the feasts that move with Easter stand here too.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from doseline.errors import CalendarError, did_you_mean

__all__ = [
    "EXTRA_DAYS",
    "WEEKDAYS",
    "Clock",
    "WeekTime",
    "easter",
    "local_minute",
    "midnight",
    "time_from_text",
    "week_time_from_text",
    "weekday_from_text",
    "zone_named",
]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ZERO = datetime(1, 1, 1, tzinfo=UTC)
_DAY = 1440
_SHORT = {
    short: day
    for day, shorts in enumerate(("mon", "tue tues", "wed", "thu thur thurs", "fri", "sat", "sun"))
    for short in shorts.split()
}


@lru_cache(maxsize=256)
def zone_named(zone: str) -> ZoneInfo:
    """The time zone of that name. Raises CalendarError where there is none.

    >>> zone_named("America/Toronto").key
    'America/Toronto'
    """
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        from zoneinfo import available_timezones

        hint = did_you_mean(zone, available_timezones())
        raise CalendarError(
            f'"{zone}" is not a time zone{hint}; expected a name such as America/Toronto'
        ) from None


def _exact_minute(ordinal: int, minute_of_day: int, zone: str) -> int:
    """A wall time as minutes of UTC since 1 January of the year 1, by the zone's own rules."""
    wall = datetime.combine(date.fromordinal(ordinal), time(), zone_named(zone)) + timedelta(
        minutes=minute_of_day
    )
    return (wall.astimezone(UTC) - _ZERO) // timedelta(minutes=1)


@lru_cache(maxsize=1 << 17)
def midnight(ordinal: int, zone: str) -> int:
    """When a local day begins, in minutes of UTC since 1 January of the year 1. [min]

    `ordinal` is the day's `date.toordinal()`. Raises CalendarError for an unknown zone.

    >>> midnight(2, "UTC")
    1440
    """
    return _exact_minute(ordinal, 0, zone)


def local_minute(ordinal: int, minute_of_day: int, zone: str) -> int:
    """A wall time in minutes of UTC since 1 January of the year 1. [min]

    >>> local_minute(2, 90, "UTC")
    1530
    """
    start = midnight(ordinal, zone)
    if midnight(ordinal + 1, zone) - start == _DAY:
        return start + minute_of_day
    return _exact_minute(ordinal, minute_of_day, zone)  # the clock changes on this day


def _local_ordinal(absolute: int, zone: str) -> int:
    """The local day that holds a minute counted since 1 January of the year 1."""
    ordinal = absolute // _DAY + 1
    if absolute < midnight(ordinal, zone):
        return ordinal - 1
    return ordinal + 1 if absolute >= midnight(ordinal + 1, zone) else ordinal


@dataclass(frozen=True, slots=True)
class Clock:
    """Counts whole minutes of UTC from the start of a programme.

    `start` is the day whose 00:00 UTC is minute 0. See the conventions of this module.

    >>> clock = Clock(date(2022, 3, 1))
    >>> clock.at(date(2022, 3, 14), time(9), "America/Toronto")  # after the spring change
    19500
    >>> clock.instant(19500).isoformat()
    '2022-03-14T13:00:00+00:00'
    """

    start: date

    @property
    def zero(self) -> int:
        """Minute 0, in minutes of UTC since 1 January of the year 1. [min]"""
        return (self.start.toordinal() - 1) * _DAY

    def minute(self, instant: datetime) -> int:
        """The minute begun at an instant. Raises CalendarError where it has no zone. [min]"""
        if instant.utcoffset() is None:
            raise CalendarError(
                f"an instant needs a time zone, got {instant.isoformat()} without one"
            )
        return (instant.astimezone(UTC) - _ZERO) // timedelta(minutes=1) - self.zero

    def instant(self, minute: int) -> datetime:
        """The instant of a minute, in UTC."""
        return _ZERO + timedelta(minutes=self.zero + minute)

    def local(self, minute: int, zone: str) -> datetime:
        """The instant of a minute, as a wall in the zone shows it."""
        return self.instant(minute).astimezone(zone_named(zone))

    def at(self, day: date, wall: time, zone: str) -> int:
        """The minute at which a wall in the zone shows a time on a day. [min]"""
        minute_of_day = wall.hour * 60 + wall.minute
        return local_minute(day.toordinal(), minute_of_day, zone) - self.zero

    def day(self, minute: int, zone: str) -> date:
        """The local day of a minute."""
        return date.fromordinal(_local_ordinal(self.zero + minute, zone))

    def day_start(self, day: date, zone: str) -> int:
        """The minute at which a local day begins. [min]"""
        return midnight(day.toordinal(), zone) - self.zero

    def minute_of_day(self, minute: int, zone: str) -> int:
        """What a wall in the zone shows, in minutes after 00:00. [min]"""
        absolute = self.zero + minute
        ordinal = _local_ordinal(absolute, zone)
        start = midnight(ordinal, zone)
        if midnight(ordinal + 1, zone) - start == _DAY:
            return absolute - start
        wall = self.local(minute, zone)
        return wall.hour * 60 + wall.minute


@lru_cache(maxsize=256)
def weekday_from_text(text: str) -> int:
    """The day of the week, Monday 0 to Sunday 6. Raises CalendarError where it is none.

    >>> weekday_from_text("Tuesday"), weekday_from_text("Tue")
    (1, 1)
    >>> weekday_from_text("Tusday")
    Traceback (most recent call last):
    doseline.errors.CalendarError: "Tusday" is not a weekday (did you mean Tuesday?)
    """
    word = text.strip().rstrip(".").lower()
    if word in _SHORT:
        return _SHORT[word]
    for day, name in enumerate(WEEKDAYS):
        if word == name.lower():
            return day
    hint = did_you_mean(text, WEEKDAYS) or "; expected Monday to Sunday"
    raise CalendarError(f'"{text}" is not a weekday{hint}')


def time_from_text(text: str) -> time:
    """A time of day on a 24-hour wall, "14:00" or "6:30". Raises CalendarError otherwise.

    >>> time_from_text("6:30")
    datetime.time(6, 30)
    """
    match = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*", text)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise CalendarError(f'found "{text}", expected a time from 00:00 to 23:59 such as 14:00')
    return time(int(match[1]), int(match[2]))


@dataclass(frozen=True, slots=True, order=True)
class WeekTime:
    """A weekday (Monday 0 to Sunday 6) and a time on the wall. Raises CalendarError otherwise.

    >>> print(WeekTime(1, time(14)))
    Tuesday 14:00
    """

    weekday: int
    time: time

    def __post_init__(self) -> None:
        if self.weekday not in range(7):
            raise CalendarError(f"a weekday is 0 (Monday) to 6 (Sunday), got {self.weekday}")

    @property
    def minute_of_week(self) -> int:
        """Wall minutes since Monday 00:00. [min]"""
        return self.weekday * _DAY + self.time.hour * 60 + self.time.minute

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.weekday]} {self.time:%H:%M}"


def week_time_from_text(text: str) -> WeekTime:
    """A weekday and a time; 24:00 is 00:00 of the next day. Raises CalendarError otherwise.

    >>> print(week_time_from_text("Tue 14:00"), "and", week_time_from_text("Sunday 24:00"))
    Tuesday 14:00 and Monday 00:00
    """
    day, _, wall = text.strip().partition(" ")
    weekday = weekday_from_text(day)
    if not wall.strip():
        raise CalendarError(f'found "{text}", expected a weekday and a time such as Tuesday 14:00')
    if wall.strip() == "24:00":
        return WeekTime((weekday + 1) % 7, time())
    return WeekTime(weekday, time_from_text(wall))


def easter(year: int, orthodox: bool = False) -> date:
    """Easter Sunday of the Western or of the Orthodox churches, as a day of today's calendar.

    The algorithms of Meeus, Astronomical Algorithms (1991), chapter 8; the Orthodox one holds from
    1900 to 2099.

    >>> easter(2022).isoformat(), easter(2022, orthodox=True).isoformat()
    ('2022-04-17', '2022-04-24')
    """
    if orthodox:
        d = (19 * (year % 19) + 15) % 30
        e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7
        month, day = divmod(d + e + 114, 31)
        return date(year, month, day + 1) + timedelta(days=13)
    a, (b, c) = year % 19, divmod(year, 100)
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


def _weekday_from(day: date, weekday: int) -> date:
    """The first such weekday on or after a day."""
    return day + timedelta(days=(weekday - day.weekday()) % 7)


EXTRA_DAYS: dict[str, Callable[[int], date]] = {
    "Civic Holiday": lambda year: _weekday_from(date(year, 8, 1), 0),
    "Day after Thanksgiving": lambda year: _weekday_from(date(year, 11, 22), 3) + timedelta(1),
    "Good Friday": lambda year: easter(year) - timedelta(2),
    "Orthodox Good Friday": lambda year: easter(year, orthodox=True) - timedelta(2),
    "Easter Monday": lambda year: easter(year) + timedelta(1),
    "Midsummer Eve": lambda year: _weekday_from(date(year, 6, 19), 4),
    "Assumption": lambda year: date(year, 8, 15),
    "Saint Petronius": lambda year: date(year, 10, 4),
    "Christmas Eve": lambda year: date(year, 12, 24),
    "New Year's Eve": lambda year: date(year, 12, 31),
}
"""The days that `HolidayRule.also` can name, whatever the region; each a rule for any year."""
