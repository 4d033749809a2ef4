"""When days begin, as the kernel's tables have it: by the zone's own rules, whatever the zone."""

from __future__ import annotations

from datetime import date
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.clock import midnight
from doseline.simulate.kernel.tables import _midnights

DAYS = 2200

# clocks moved for a fast alone, a day left out, half an hour, a change at midnight
ODD = ("Africa/Casablanca", "Pacific/Apia", "Australia/Lord_Howe", "America/Sao_Paulo")


@pytest.mark.parametrize("zone", ODD)
def test_every_day_of_odd_zones(zone: str) -> None:
    first = date(2008, 1, 1).toordinal()
    found = _midnights(zone, first, DAYS).tolist()
    assert found == [midnight(day, zone) for day in range(first, first + DAYS)]


@given(st.sampled_from(sorted(available_timezones())), st.dates(date(1, 1, 1), date(2090, 1, 1)))
def test_days_of_any_zone(zone: str, on: date) -> None:
    first = on.toordinal()
    found = _midnights(zone, first, 40).tolist()
    assert found == [midnight(day, zone) for day in range(first, first + 40)]
