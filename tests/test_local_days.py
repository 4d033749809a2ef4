"""When days begin and walls show a time, many at once: as the zone has it, whatever the zone."""

from __future__ import annotations

from datetime import date
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.clock import local_minute, midnight
from doseline.local_days import midnights, walls

DAYS = 2200

# clocks moved for a fast alone, a day left out, half an hour, a change at midnight
ODD = ("Africa/Casablanca", "Pacific/Apia", "Australia/Lord_Howe", "America/Sao_Paulo")


@pytest.mark.parametrize("zone", ODD)
def test_every_day_of_odd_zones(zone: str) -> None:
    first = date(2008, 1, 1).toordinal()
    found = midnights(zone, first, DAYS).tolist()
    assert found == [midnight(day, zone) for day in range(first, first + DAYS)]


@given(st.sampled_from(sorted(available_timezones())), st.dates(date(1, 1, 1), date(2090, 1, 1)))
def test_days_of_any_zone(zone: str, on: date) -> None:
    first = on.toordinal()
    found = midnights(zone, first, 40).tolist()
    assert found == [midnight(day, zone) for day in range(first, first + 40)]


@given(
    st.sampled_from(sorted(available_timezones())),
    st.integers(0, 1439),
    st.dates(date(1, 1, 1), date(2090, 1, 1)),
)
def test_walls_of_any_zone(zone: str, minute: int, on: date) -> None:
    first = on.toordinal()
    found = walls(zone, minute, first, 10).tolist()
    assert found == [local_minute(day, minute, zone) for day in range(first, first + 10)]
