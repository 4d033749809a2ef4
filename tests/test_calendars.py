import pickle
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doseline.calendars import (
    Clock,
    HolidayRule,
    Stops,
    WeekTime,
    WorkCalendar,
    easter,
    time_from_text,
    week_time_from_text,
    weekday_from_text,
)
from doseline.errors import CalendarError
from doseline.nuclides import decay_factor

ZONES = ["America/Toronto", "Europe/Athens", "America/Phoenix", "Australia/Lord_Howe", "UTC"]
TORONTO = "America/Toronto"
CLOCK = Clock(date(2022, 1, 1))
ONTARIO = HolidayRule("CA-ON", also=("Civic Holiday",), weekend_to_next=True)
US = HolidayRule("US")


def month_days(rule: HolidayRule, year: int) -> set[tuple[int, int]]:
    return {(day.month, day.day) for day in rule.days(year)}


# ------------------------------------------------------------------------------------ the clock
@settings(max_examples=200)
@given(minute=st.integers(min_value=-200_000, max_value=5_000_000), zone=st.sampled_from(ZONES))
def test_the_clock_agrees_with_the_zone_rules(minute: int, zone: str) -> None:
    wall = CLOCK.instant(minute).astimezone(ZoneInfo(zone))
    assert CLOCK.local(minute, zone) == wall
    assert CLOCK.minute(wall) == minute
    assert CLOCK.day(minute, zone) == wall.date()
    assert CLOCK.minute_of_day(minute, zone) == wall.hour * 60 + wall.minute


@settings(max_examples=200)
@given(
    day=st.dates(min_value=date(2016, 1, 1), max_value=date(2035, 1, 1)),
    wall=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES),
)
def test_a_wall_time_is_the_instant_the_zone_gives_it(day: date, wall: time, zone: str) -> None:
    instant = datetime.combine(day, wall, ZoneInfo(zone)).astimezone(UTC)
    assert CLOCK.at(day, wall, zone) == CLOCK.minute(instant)
    assert CLOCK.day_start(day, zone) == CLOCK.at(day, time(0), zone)


def test_minute_zero_is_midnight_utc_of_the_first_day() -> None:
    assert CLOCK.instant(0) == datetime(2022, 1, 1, tzinfo=UTC)
    assert CLOCK.at(date(2022, 1, 1), time(0), "UTC") == 0
    assert CLOCK.at(date(2022, 1, 1), time(0), TORONTO) == 300


def test_an_instant_counts_to_the_minute_begun() -> None:
    assert CLOCK.minute(datetime(2022, 1, 1, 0, 7, 59, 999_999, tzinfo=UTC)) == 7
    assert CLOCK.minute(datetime(2021, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1


def test_a_time_that_the_spring_change_leaves_out_is_moved_on() -> None:
    left_out = CLOCK.at(date(2022, 3, 13), time(2, 30), TORONTO)
    assert CLOCK.local(left_out, TORONTO).time() == time(3, 30)


def test_a_time_that_the_autumn_change_shows_twice_is_the_first() -> None:
    twice = CLOCK.at(date(2022, 11, 6), time(1, 30), TORONTO)
    assert CLOCK.local(twice, TORONTO).utcoffset() == timedelta(hours=-4)
    assert CLOCK.local(twice + 60, TORONTO).time() == time(1, 30)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2022, 3, 13), TORONTO, 23),
        (date(2022, 11, 6), "America/New_York", 25),
        (date(2022, 3, 27), "Europe/Athens", 23),
        (date(2022, 10, 30), "Europe/Brussels", 25),
        (date(2022, 3, 13), "America/Phoenix", 24),
        (date(2022, 11, 6), "Pacific/Honolulu", 24),
        (date(2022, 3, 14), TORONTO, 24),
    ],
)
def test_a_day_has_23_24_or_25_hours(day: date, zone: str, hours: int) -> None:
    after = CLOCK.day_start(day + timedelta(days=1), zone)
    assert after - CLOCK.day_start(day, zone) == hours * 60


def test_decay_over_a_short_day_runs_on_its_23_hours() -> None:
    noon = CLOCK.at(date(2022, 3, 12), time(12), TORONTO)
    next_noon = CLOCK.at(date(2022, 3, 13), time(12), TORONTO)
    assert decay_factor(next_noon - noon, 11_555.856) == pytest.approx(0.5 ** (23 / 192.5976))


def test_for_two_weeks_in_march_toronto_is_six_hours_from_athens() -> None:
    def gap(day: date) -> int:
        return CLOCK.at(day, time(12), TORONTO) - CLOCK.at(day, time(12), "Europe/Athens")

    first, last = date(2022, 3, 13), date(2022, 3, 26)
    assert gap(first) == gap(last) == 6 * 60
    assert gap(first - timedelta(days=1)) == gap(last + timedelta(days=1)) == 7 * 60


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(CalendarError, match="needs a time zone"):
        CLOCK.minute(datetime(2022, 1, 1))


def test_an_unknown_zone_is_refused_with_the_near_miss() -> None:
    with pytest.raises(CalendarError, match="did you mean America/Toronto"):
        CLOCK.at(date(2022, 1, 1), time(0), "America/Tornto")


# ------------------------------------------------------------------------------ weekdays and hours
def test_weekdays_are_read_long_and_short() -> None:
    assert [weekday_from_text(text) for text in ("Monday", "tue", "Thurs", "SUNDAY")] == [
        0,
        1,
        3,
        6,
    ]


def test_a_misspelt_weekday_is_refused_with_the_near_miss() -> None:
    with pytest.raises(CalendarError) as refusal:
        weekday_from_text("Tusday")
    assert str(refusal.value) == '"Tusday" is not a weekday (did you mean Tuesday?)'
    with pytest.raises(CalendarError, match="expected Monday to Sunday"):
        weekday_from_text("breakfast")


@given(st.integers(min_value=0, max_value=6), st.integers(min_value=0, max_value=1439))
def test_a_week_time_written_and_read_is_the_same(weekday: int, minute: int) -> None:
    when = WeekTime(weekday, time(minute // 60, minute % 60))
    assert week_time_from_text(str(when)) == when
    assert when.minute_of_week == weekday * 1440 + minute


def test_sunday_24_00_is_monday_00_00() -> None:
    assert week_time_from_text("Sunday 24:00") == WeekTime(0, time(0))


@pytest.mark.parametrize("text", ["Tuesday", "Tuesday 25:00", "Tuesday 2 pm", "Tuesday 12:60"])
def test_what_is_no_week_time_is_refused(text: str) -> None:
    with pytest.raises(CalendarError, match="expected"):
        week_time_from_text(text)


def test_odd_hours_are_refused() -> None:
    with pytest.raises(CalendarError, match="such as 14:00"):
        time_from_text("noon")
    with pytest.raises(CalendarError, match="0 \\(Monday\\) to 6"):
        WeekTime(7, time(0))


# -------------------------------------------------------------------------------------- holidays
def test_easter_falls_on_the_computed_dates() -> None:
    western = {2018: (4, 1), 2022: (4, 17), 2026: (4, 5), 2028: (4, 16)}
    orthodox = {2018: (4, 8), 2022: (4, 24), 2026: (4, 12), 2028: (4, 16)}
    for year, month_day in western.items():
        assert easter(year) == date(year, *month_day)
    for year, month_day in orthodox.items():
        assert easter(year, orthodox=True) == date(year, *month_day)


def test_easter_agrees_with_the_greek_and_dutch_holidays() -> None:
    greek = HolidayRule("GR", only=("Easter Monday",))
    dutch = HolidayRule("NL", only=("Easter Monday",))
    for year in range(2015, 2040):
        assert greek.days(year) == (easter(year, orthodox=True) + timedelta(days=1),)
        assert dutch.days(year) == (easter(year) + timedelta(days=1),)


def test_ontario_2018() -> None:
    wanted = {
        (2, 19),
        (3, 30),
        (5, 21),
        (7, 2),
        (8, 6),
        (9, 3),
        (10, 8),
        (12, 25),
        (12, 26),
        (1, 1),
    }
    weekdays = {(day.month, day.day) for day in ONTARIO.days(2018) if day.weekday() < 5}
    assert weekdays == wanted


def test_the_ontario_holiday_of_august_2018_is_the_day_before_the_alert() -> None:
    plant = WorkCalendar(TORONTO, holidays=(ONTARIO,))
    assert plant.next_open_day(date(2018, 8, 4)) == date(2018, 8, 7)


def test_ontario_makes_up_for_christmas_on_a_weekend() -> None:
    assert {(12, 27), (12, 28)} <= month_days(ONTARIO, 2021)  # Saturday and Sunday
    assert (12, 27) in month_days(ONTARIO, 2022)  # the 25th a Sunday, the 26th a holiday
    assert (1, 3) in month_days(ONTARIO, 2022)
    assert (1, 4) not in month_days(ONTARIO, 2022)


def test_the_united_states_2022() -> None:
    wanted = {
        (1, 17), (2, 21), (5, 30), (6, 20), (7, 4), (9, 5), (10, 10), (11, 11), (11, 24), (12, 26),
    }  # fmt: skip
    assert {(day.month, day.day) for day in US.days(2022) if day.weekday() < 5} == wanted
    assert not US.is_holiday(date(2018, 6, 19))  # a holiday from 2021


def test_united_states_sites_also_close_on_the_day_after_thanksgiving() -> None:
    sites = HolidayRule("US", also=("Day after Thanksgiving",))
    assert sites.is_holiday(date(2022, 11, 25))
    assert not US.is_holiday(date(2022, 11, 25))


def test_united_states_carriers_keep_six_holidays() -> None:
    kept = ("New Year", "Memorial", "Independence Day", "Labor", "Thanksgiving", "Christmas")
    carriers = HolidayRule("US", only=kept, skip=("Juneteenth",))
    assert month_days(carriers, 2018) == {(1, 1), (5, 28), (7, 4), (9, 3), (11, 22), (12, 25)}


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (
            HolidayRule("BE"),
            "1-1 4-18 5-1 5-26 6-6 7-21 8-15 11-1 11-11 12-25",
        ),
        (
            HolidayRule("DE-BW"),
            "1-1 1-6 4-15 4-18 5-1 5-26 6-6 6-16 10-3 11-1 12-25 12-26",
        ),
        (
            HolidayRule("DE-BY", also=("Assumption",)),
            "1-1 1-6 4-15 4-18 5-1 5-26 6-6 6-16 8-15 10-3 11-1 12-25 12-26",
        ),
        (HolidayRule("FR"), "1-1 4-18 5-1 5-8 5-26 6-6 7-14 8-15 11-1 11-11 12-25"),
        (HolidayRule("ES-CL"), "1-1 1-6 4-14 4-15 4-23 8-15 10-12 11-1 12-6 12-8"),
        (
            HolidayRule("IT", also=("Saint Petronius",)),
            "1-1 1-6 4-18 4-25 5-1 6-2 8-15 10-4 11-1 12-8 12-25 12-26",
        ),
        (HolidayRule("GR"), "1-1 1-6 3-7 3-25 4-22 4-25 5-1 6-13 8-15 10-28 12-25 12-26"),
        (
            HolidayRule("NL", also=("Good Friday",)),
            "1-1 4-15 4-18 4-27 5-26 6-6 12-25 12-26",
        ),
        (
            HolidayRule("FI", also=("Midsummer Eve", "Christmas Eve")),
            "1-1 1-6 4-15 4-18 5-1 5-26 6-24 12-6 12-24 12-25 12-26",
        ),
        (HolidayRule("PL"), "1-1 1-6 4-18 5-1 5-3 6-16 8-15 11-1 11-11 12-25 12-26"),
        (HolidayRule("GB-ENG"), "1-3 4-15 4-18 5-2 8-29 12-26 12-27"),
    ],
    ids=lambda value: value.region if isinstance(value, HolidayRule) else "",
)
def test_the_calendars_of_europe_2022(rule: HolidayRule, wanted: str) -> None:
    days = {tuple(int(part) for part in day.split("-")) for day in wanted.split()}
    assert days <= month_days(rule, 2022)


def test_added_days_and_no_region() -> None:
    rule = HolidayRule(add=(date(2022, 5, 4), date(2023, 5, 4)), also=("New Year's Eve",))
    assert rule.days(2022) == (date(2022, 5, 4), date(2022, 12, 31))
    assert HolidayRule().days(2022) == ()


def test_named_extra_days_exist_for_the_orthodox_and_western_good_friday() -> None:
    rule = HolidayRule(also=("Good Friday", "Orthodox Good Friday", "Easter Monday"))
    assert rule.days(2022) == (date(2022, 4, 15), date(2022, 4, 18), date(2022, 4, 22))


def test_a_rule_that_cannot_be_is_refused() -> None:
    with pytest.raises(CalendarError, match='"CA-ONT" is no region'):
        HolidayRule("CA-ONT")
    with pytest.raises(CalendarError, match="did you mean Day after Thanksgiving"):
        HolidayRule("US", also=("Day after Thanksgivin",))
    with pytest.raises(CalendarError, match='"Chrismas Day" names no holiday of US'):
        HolidayRule("US", skip=("Chrismas Day",))


def test_equal_rules_are_equal_whatever_they_have_looked_up() -> None:
    fresh = HolidayRule("CA-ON", also=("Civic Holiday",), weekend_to_next=True)
    ONTARIO.days(2018)
    assert fresh == ONTARIO
    assert hash(fresh) == hash(ONTARIO)
    assert repr(fresh) == repr(ONTARIO)
    assert pickle.loads(pickle.dumps(ONTARIO)) == fresh


# ---------------------------------------------------------------------------------- working days
def test_a_plant_is_closed_on_weekends_holidays_weeks_and_days() -> None:
    plant = WorkCalendar(
        TORONTO,
        holidays=(ONTARIO,),
        closed_weeks=frozenset({30}),
        closed_days=frozenset({date(2022, 8, 3)}),
    )
    assert plant.open_days(date(2022, 7, 25), date(2022, 8, 9)) == (
        date(2022, 8, 2),
        date(2022, 8, 4),
        date(2022, 8, 5),
        date(2022, 8, 8),
    )
    assert plant.next_open_day(date(2022, 7, 23)) == date(2022, 8, 2)


def test_opening_hours_are_minutes_of_the_clock() -> None:
    site = WorkCalendar("America/Chicago", opens=time(6), closes=time(17))
    assert site.hours(CLOCK, date(2022, 1, 3)) == (2 * 1440 + 12 * 60, 2 * 1440 + 23 * 60)
    assert site.hours(CLOCK, date(2022, 1, 2)) is None
    all_day = WorkCalendar(TORONTO, frozenset(range(7)))
    opens, closes = all_day.hours(CLOCK, date(2022, 3, 13)) or (0, 0)
    assert closes - opens == 23 * 60


def test_a_work_calendar_that_cannot_be_is_refused() -> None:
    with pytest.raises(CalendarError, match="time zone"):
        WorkCalendar("Hamilton")
    with pytest.raises(CalendarError, match="open weekdays"):
        WorkCalendar(TORONTO, frozenset())
    with pytest.raises(CalendarError, match="opens before it closes"):
        WorkCalendar(TORONTO, opens=time(17), closes=time(6))
    with pytest.raises(CalendarError, match="ten years"):
        WorkCalendar(TORONTO, closed_weeks=frozenset(range(1, 54))).next_open_day(date(2022, 1, 1))


# ---------------------------------------------------------------------------------------- stops
AIR = Stops(
    TORONTO,
    (ONTARIO, HolidayRule(add=(date(2025, 12, 31), date(2026, 1, 1)))),
    week_time_from_text("Saturday 18:00"),
    week_time_from_text("Sunday 24:00"),
)
BLOCK_END = CLOCK.minute(datetime(1, 1, 1, tzinfo=UTC) + timedelta(days=3653 * 203))


@lru_cache(maxsize=1)
def still_by_hand() -> frozenset[int]:
    """Every hour of 2025 and 2026 in which AIR stands still, found by looking at the wall."""
    still = set()
    for hour in range(CLOCK.day_start(date(2025, 1, 1), "UTC"), 5 * 365 * 1440, 60):
        wall = CLOCK.local(hour, TORONTO)
        weekly = (wall.weekday() == 5 and wall.hour >= 18) or wall.weekday() == 6
        if weekly or any(rule.is_holiday(wall.date()) for rule in AIR.holidays):
            still.add(hour)
    return frozenset(still)


def test_a_carrier_stands_still_when_the_wall_says_so() -> None:
    first = CLOCK.day_start(date(2025, 1, 1), "UTC")
    still = still_by_hand()
    for hour in range(first, first + 365 * 1440, 60):
        assert AIR.is_moving(CLOCK, hour) == (hour not in still)
        assert AIR.is_moving(CLOCK, hour + 59) == (hour not in still)


@settings(max_examples=60, deadline=None)
@given(
    start=st.integers(min_value=0, max_value=300 * 1440),
    moving=st.integers(min_value=0, max_value=12_000),
)
def test_the_transit_clock_counts_moving_minutes_only(start: int, moving: int) -> None:
    start += CLOCK.day_start(date(2025, 1, 1), "UTC")
    still = still_by_hand()
    at, left = start, moving
    while left > 0:
        left -= at // 60 * 60 not in still
        at += 1
    assert AIR.after_moving(CLOCK, start, moving) == at
    assert AIR.moving_between(CLOCK, start, at) == moving


@given(
    start=st.integers(min_value=0, max_value=5_000_000),
    first=st.integers(min_value=0, max_value=20_000),
    second=st.integers(min_value=0, max_value=20_000),
)
def test_moving_composes(start: int, first: int, second: int) -> None:
    on_the_way = AIR.after_moving(CLOCK, start, first)
    assert AIR.after_moving(CLOCK, on_the_way, second) == AIR.after_moving(
        CLOCK, start, first + second
    )


@given(
    before=st.integers(min_value=0, max_value=10_000),
    moving=st.integers(min_value=1, max_value=30_000),
)
def test_a_journey_crosses_from_one_table_of_stops_to_the_next(before: int, moving: int) -> None:
    start = BLOCK_END - before
    end = AIR.after_moving(CLOCK, start, moving)
    assert AIR.moving_between(CLOCK, start, end) == moving
    assert AIR.moving_between(CLOCK, start, end - 1) == moving - 1


def test_a_carrier_without_stops_moves_all_the_time() -> None:
    road = Stops("UTC")
    assert road.after_moving(CLOCK, 17, 3_000_000) == 3_000_017
    assert road.after_moving(CLOCK, 17, 0) == 17


def test_a_friday_collection_is_held_over_the_weekend() -> None:
    no_weekend = Stops(
        TORONTO, (), week_time_from_text("Saturday 00:00"), week_time_from_text("Monday 00:00")
    )
    friday = CLOCK.at(date(2022, 1, 7), time(20), TORONTO)
    arrival = no_weekend.after_moving(CLOCK, friday, 14 * 60)
    assert CLOCK.local(arrival, TORONTO).isoformat() == "2022-01-10T10:00:00-05:00"


def test_a_weekly_stop_may_wrap_the_week_or_nearly_fill_it() -> None:
    week = Stops("UTC", (), WeekTime(6, time(20)), WeekTime(6, time(8)))
    sunday = CLOCK.at(date(2022, 1, 2), time(8), "UTC")
    assert week.is_moving(CLOCK, sunday)
    assert not week.is_moving(CLOCK, sunday + 12 * 60)
    assert week.after_moving(CLOCK, sunday, 12 * 60 + 1) == sunday + 7 * 1440 + 1


def test_a_stop_that_cannot_be_is_refused() -> None:
    with pytest.raises(CalendarError, match="both its beginning and its end"):
        Stops("UTC", (), WeekTime(5, time(18)))
    with pytest.raises(CalendarError, match="ends when it begins"):
        Stops("UTC", (), WeekTime(5, time(18)), WeekTime(5, time(18)))
    with pytest.raises(CalendarError, match="at least 0 min"):
        AIR.after_moving(CLOCK, 0, -1)
