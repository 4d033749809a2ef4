"""When people work and carriers move: holidays, working days, and the hours nothing is carried.

`HolidayRule` says which days are holidays, `WorkCalendar` when a plant or a site is open, `Stops`
when a carrier stands still. The clock of `doseline.clock` is handed on from here. The days of a
region come from the `holidays` library, under their English names.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import lru_cache, partial

from doseline.clock import (
    EXTRA_DAYS,
    WEEKDAYS,
    Clock,
    WeekTime,
    easter,
    local_minute,
    midnight,
    time_from_text,
    week_time_from_text,
    weekday_from_text,
    zone_named,
)
from doseline.errors import CalendarError, did_you_mean

__all__ = [
    "EXTRA_DAYS",
    "WEEKDAYS",
    "Clock",
    "HolidayRule",
    "Stops",
    "WeekTime",
    "WorkCalendar",
    "easter",
    "time_from_text",
    "week_time_from_text",
    "weekday_from_text",
    "zone_named",
]


@lru_cache(maxsize=4096)
def _named_days(region: str, year: int, observed: bool = True) -> tuple[tuple[date, str], ...]:
    """The public holidays of a region in a year, under their English names."""
    import holidays

    country, _, part = region.partition("-")
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known or (part and part not in known[country]):
        parts = (f"{country}-{name}" for name in known.get(country, ()))
        raise CalendarError(
            f'"{region}" is no region with known holidays{did_you_mean(region, [*known, *parts])}; '
            f"expected a code such as US, CA-ON or GB-ENG"
        )
    find = partial(
        holidays.country_holidays, country, subdiv=part or None, years=year, observed=observed
    )
    plain = find()
    if (plain.default_language or "en").startswith("en"):
        return tuple(sorted(plain.items()))
    english = [name for name in plain.supported_languages if name.startswith("en")]
    return tuple(sorted(find(language=english[0] if english else None).items()))


@dataclass(frozen=True, slots=True)
class HolidayRule:
    """Which days are holidays: those of a region, fewer and more.

    `region` is a country or country-part code of the `holidays` library (US, CA-ON, GB-ENG), or
    empty for none; `only` keeps the holidays whose English name contains one of these words, `skip`
    leaves out such ones, `also` adds days of `EXTRA_DAYS` by name, `add` adds dates. A holiday on a
    weekend is made up for as the region does it or, with `weekend_to_next`, on the next weekday
    that is no holiday. Raises CalendarError for an unknown region or extra day, or for a word that
    matches no holiday of 2016 to 2031.

    >>> ontario = HolidayRule("CA-ON", also=("Civic Holiday",), weekend_to_next=True)
    >>> ontario.is_holiday(date(2018, 8, 6)), ontario.is_holiday(date(2018, 7, 2))
    (True, True)
    """

    region: str = ""
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    add: tuple[date, ...] = ()
    also: tuple[str, ...] = ()
    weekend_to_next: bool = False
    _years: dict[int, frozenset[date]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for name in self.also:
            if name not in EXTRA_DAYS:
                known = ", ".join(EXTRA_DAYS)
                hint = did_you_mean(name, EXTRA_DAYS)
                raise CalendarError(f'"{name}" is no extra day{hint}; expected {known}')
        words = (*self.only, *self.skip)
        if self.region:  # an unknown region is refused here
            years = range(2016, 2032)
            names = {name for year in years for _, name in _named_days(self.region, year)}
            for word in words:
                if not any(word.lower() in name.lower() for name in names):
                    hint = did_you_mean(word, names)
                    raise CalendarError(f'"{word}" names no holiday of {self.region}{hint}')

    def _keeps(self, name: str) -> bool:
        lower = name.lower()
        wanted = not self.only or any(word.lower() in lower for word in self.only)
        return wanted and not any(word.lower() in lower for word in self.skip)

    def _of_year(self, year: int) -> frozenset[date]:
        named = _named_days(self.region, year, not self.weekend_to_next) if self.region else ()
        days = {day for day, name in named if self._keeps(name)}
        days |= {EXTRA_DAYS[name](year) for name in self.also}
        if self.weekend_to_next:
            for day in sorted(day for day in days if day.weekday() >= 5):
                later = day
                while later in days or later.weekday() >= 5:
                    later += timedelta(days=1)
                days.add(later)
        return frozenset(days | {day for day in self.add if day.year == year})

    def _cached(self, year: int) -> frozenset[date]:
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = self._of_year(year)
        return found

    def is_holiday(self, day: date) -> bool:
        """Whether the day is a holiday under this rule."""
        return day in self._cached(day.year)

    def days(self, year: int) -> tuple[date, ...]:
        """The holidays of a year, in order."""
        return tuple(sorted(self._cached(year)))


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When a plant or a site is open: weekdays (Monday 0), hours on its wall, and days it is not.

    A day that closes at 00:00 closes at its end. `closed_weeks` are ISO weeks of every year. Raises
    CalendarError for an unknown zone, no open weekday, or hours that do not run forward.

    >>> plant = WorkCalendar("America/Toronto", holidays=(HolidayRule("CA-ON"),))
    >>> plant.next_open_day(date(2018, 9, 1)).isoformat()  # a Saturday before Labour Day
    '2018-09-04'
    """

    zone: str
    open_weekdays: frozenset[int] = frozenset(range(5))
    opens: time = time(0)
    closes: time = time(0)
    holidays: tuple[HolidayRule, ...] = ()
    closed_weeks: frozenset[int] = frozenset()
    closed_days: frozenset[date] = frozenset()
    _open: dict[date, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        zone_named(self.zone)
        if not self.open_weekdays or not self.open_weekdays <= set(range(7)):
            raise CalendarError(
                f"open weekdays are some of 0 (Monday) to 6, got {sorted(self.open_weekdays)}"
            )
        if self.closes != time(0) and self.opens >= self.closes:
            raise CalendarError(f"a day opens before it closes, got {self.opens} to {self.closes}")

    def is_open_day(self, day: date) -> bool:
        """Whether anyone works on the day."""
        found = self._open.get(day)
        if found is None:
            found = self._open[day] = (
                day.weekday() in self.open_weekdays
                and day not in self.closed_days
                and day.isocalendar().week not in self.closed_weeks
                and not any(rule.is_holiday(day) for rule in self.holidays)
            )
        return found

    def hours(self, clock: Clock, day: date) -> tuple[int, int] | None:
        """The minutes at which an open day opens and closes; None on a day that is not open."""
        if not self.is_open_day(day):
            return None
        closes_on = day + timedelta(days=1) if self.closes == time(0) else day
        return clock.at(day, self.opens, self.zone), clock.at(closes_on, self.closes, self.zone)

    def next_open_day(self, day: date) -> date:
        """The first open day on or after a day. Raises CalendarError where ten years have none."""
        for after in range(3653):
            if self.is_open_day(day + timedelta(days=after)):
                return day + timedelta(days=after)
        raise CalendarError(f"no open day within ten years of {day}")

    def open_days(self, from_on: date, to_on: date) -> tuple[date, ...]:
        """The open days from one day to another, the last one left out."""
        span = (to_on - from_on).days
        days = (from_on + timedelta(days=after) for after in range(span))
        return tuple(day for day in days if self.is_open_day(day))


BLOCK = 3653 * 1440
"""The minutes that one table of stops covers: ten years."""

_Table = tuple[list[int], list[int], list[int]]
"""Where stops begin, where they end, and the moving minutes from the block's start to each."""


def moved_on(
    starts: Sequence[int], ends: Sequence[int], moved: Sequence[int], at: int, left: int
) -> tuple[int, int]:
    """Where so many minutes of moving lead in one table of stops, and the minutes left over.

    Nothing is left unless the table ends before; then they go on at its end, where the next begins.

    >>> one_stop = [10, 100], [20, 100], [10, 90]
    >>> moved_on(*one_stop, 5, 8), moved_on(*one_stop, 5, 86)
    ((23, 0), (100, 1))
    """
    after = bisect_right(starts, at)
    if after and at < ends[after - 1]:
        at = ends[after - 1]
    if after < len(starts):
        target = moved[after] - (starts[after] - at) + left
        if target <= moved[-1]:
            stop = bisect_left(moved, target, after)
            return starts[stop] - (moved[stop] - target), 0
        left = target - moved[-1]
    return ends[-1], left


def moved_by(starts: Sequence[int], ends: Sequence[int], moved: Sequence[int], at: int) -> int:
    """The minutes of moving from the beginning of one table of stops to a minute in it.

    >>> moved_by([10, 100], [20, 100], [10, 90], 15), moved_by([10, 100], [20, 100], [10, 90], 25)
    (10, 15)
    """
    after = bisect_right(starts, at)
    if after and at < ends[after - 1]:
        return moved[after - 1]
    return moved[after] - (starts[after] - at)


@dataclass(frozen=True, slots=True)
class Stops:
    """When a carrier stands still: on holidays, and each week from one time to another.

    Holidays are whole days of the zone. Raises CalendarError for an unknown zone, or where only one
    end of the weekly stop is given, or both are the same.

    >>> air = Stops("UTC", (), week_time_from_text("Sat 18:00"), week_time_from_text("Sun 24:00"))
    >>> clock = Clock(date(2022, 3, 5))  # a Saturday
    >>> air.after_moving(clock, 8 * 60, 20 * 60)  # 10 h, a stop of 30 h, and 10 h more
    3480
    """

    zone: str
    holidays: tuple[HolidayRule, ...] = ()
    weekly_from: WeekTime | None = None
    weekly_until: WeekTime | None = None
    _tables: dict[int, _Table] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        zone_named(self.zone)
        if (self.weekly_from is None) != (self.weekly_until is None):
            raise CalendarError("a weekly stop needs both its beginning and its end")
        if self.weekly_from is not None and self.weekly_from == self.weekly_until:
            raise CalendarError(f"a weekly stop ends when it begins, {self.weekly_from}")

    def within(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Every stop that begins on a day of a range of ordinals, in minutes; they may overlap."""
        for ordinal in range(first, last):
            day = date.fromordinal(ordinal)
            if any(rule.is_holiday(day) for rule in self.holidays):
                yield midnight(ordinal, self.zone), midnight(ordinal + 1, self.zone)
            begin, until = self.weekly_from, self.weekly_until
            if begin and until and day.weekday() == begin.weekday:
                days, ends_at = divmod(until.minute_of_week - begin.weekday * 1440, 1440)
                days %= 7
                if days == 0 and until.time <= begin.time:
                    days = 7
                starts_at = begin.minute_of_week % 1440
                yield (
                    local_minute(ordinal, starts_at, self.zone),
                    local_minute(ordinal + days, ends_at, self.zone),
                )

    def table(self, block: int) -> _Table:
        """The stops of ten years, apart and in order, closed by an empty one at the end."""
        found = self._tables.get(block)
        if found is None:
            found = self._tables[block] = _table(self, block)
        return found

    def is_moving(self, clock: Clock, minute: int) -> bool:
        """Whether the carrier moves in the minute."""
        at = clock.zero + minute
        starts, ends, _ = self.table(at // BLOCK)
        last = bisect_right(starts, at) - 1
        return last < 0 or at >= ends[last]

    def after_moving(self, clock: Clock, start_min: int, moving_min: int) -> int:
        """The first minute by which so many minutes of moving have passed since a minute. [min]

        The transit clock stands while the carrier does. Raises CalendarError for a negative time.
        """
        if moving_min < 0:
            raise CalendarError(f"moving time must be at least 0 min, got {moving_min}")
        if moving_min == 0:
            return start_min
        at, left = clock.zero + start_min, moving_min
        while True:
            at, left = moved_on(*self.table(at // BLOCK), at, left)
            if left == 0:
                return at - clock.zero

    def moving_between(self, clock: Clock, from_min: int, to_min: int) -> int:
        """How many minutes the carrier moves from one minute to a later one. [min]"""
        at, end, total = clock.zero + from_min, clock.zero + to_min, 0
        while at // BLOCK < end // BLOCK:
            total += self.table(at // BLOCK)[2][-1] - self._moved(at)
            at = (at // BLOCK + 1) * BLOCK
        return total + self._moved(end) - self._moved(at)

    def _moved(self, at: int) -> int:
        """The moving minutes from the start of its ten years to an absolute minute."""
        return moved_by(*self.table(at // BLOCK), at)


@lru_cache(maxsize=256)
def _table(stops: Stops, block: int) -> _Table:
    """The stops of one block, worked out once for all carriers that stand still alike."""
    lowest, highest = block * BLOCK, (block + 1) * BLOCK
    starts: list[int] = []
    ends: list[int] = []
    moved: list[int] = []
    moving = 0
    clear_from = lowest
    for start, end in sorted(stops.within(lowest // 1440 - 8, highest // 1440 + 3)):
        start, end = max(start, clear_from), min(end, highest)
        if start >= end:
            continue
        moving += start - clear_from
        clear_from = end
        if ends and ends[-1] == start:
            ends[-1] = end
            continue
        starts.append(start)
        ends.append(end)
        moved.append(moving)
    starts.append(highest)
    ends.append(highest)
    moved.append(moving + highest - clear_from)
    return starts, ends, moved
