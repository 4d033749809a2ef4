"""Whole kilobecquerels at another instant."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.errors import QuantityError
from doseline.records.decaying import decayed_kbq, elapsed_min, kbq_at

IODINE_MIN = 8.0249 * 1440


@given(st.integers(0, 10**10), st.integers(0, 30 * 1440), st.integers(0, 30 * 1440))
def test_decay_does_not_depend_on_the_stops_along_the_way_but_for_rounding(
    kbq: int, first: int, second: int
) -> None:
    direct = decayed_kbq(kbq, first + second, IODINE_MIN)
    stopped = decayed_kbq(decayed_kbq(kbq, first, IODINE_MIN), second, IODINE_MIN)
    assert abs(direct - stopped) <= 1


@given(st.integers(0, 10**9))
def test_a_half_life_halves_and_nothing_changes_at_once(kbq: int) -> None:
    assert decayed_kbq(kbq, 0, IODINE_MIN) == kbq
    assert decayed_kbq(2 * kbq, IODINE_MIN, IODINE_MIN) == kbq
    assert decayed_kbq(kbq, -IODINE_MIN, IODINE_MIN) == 2 * kbq


def test_a_clock_change_takes_no_activity_away() -> None:
    toronto = ZoneInfo("America/Toronto")
    friday = datetime(2022, 3, 11, 12, tzinfo=toronto)
    monday = datetime(2022, 3, 14, 12, tzinfo=toronto)
    assert elapsed_min(friday, monday) == 71 * 60
    assert kbq_at(10**6, friday, monday, IODINE_MIN) == decayed_kbq(10**6, 71 * 60, IODINE_MIN)


@pytest.mark.parametrize(("kbq", "half_life"), [(-1, IODINE_MIN), (1, 0.0), (1, float("nan"))])
def test_what_cannot_decay_is_refused(kbq: int, half_life: float) -> None:
    with pytest.raises(QuantityError):
        decayed_kbq(kbq, 60, half_life)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(QuantityError, match="time zone"):
        elapsed_min(datetime(2022, 5, 13), datetime(2022, 5, 13, tzinfo=UTC) + timedelta(days=1))
