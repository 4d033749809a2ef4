"""Every form reads what it writes."""

from contextlib import suppress
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.calendars import WeekTime
from doseline.errors import CalendarError, QuantityError
from doseline.formats.durations import exact_minutes_from_text, text_from_exact_minutes
from doseline.formats.forms import FORMS
from doseline.programme.product import Triangular
from doseline.programme.trial import DoseRate

amounts = st.just(0.0) | st.floats(1e-9, 1e9) | st.integers(0, 10**6).map(float)
rising = st.lists(amounts, min_size=3, max_size=3).map(lambda v: Triangular(*sorted(v)))
VALUES: dict[str, st.SearchStrategy[object]] = {
    "flag": st.booleans(),
    "whole": st.integers(0, 10**9),
    "number": amounts,
    "date": st.dates(date(1900, 1, 1), date(2200, 12, 31)),
    "duration": st.integers(0, 10**8),
    "exact duration": amounts,
    "activity": amounts,
    "concentration": amounts,
    "money": st.integers(0, 10**15),
    "price": amounts,
    "share": st.floats(0, 1),
    "wide share": st.floats(0, 10),
    "volume": amounts,
    "dose": st.builds(DoseRate, amounts, st.sampled_from(("m2", "kg", "flat"))),
    "triangular": rising,
    "triangular factor": rising,
    "time": st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    "week time": st.builds(
        WeekTime, st.integers(0, 6), st.builds(time, st.integers(0, 23), st.integers(0, 59))
    ),
}


@pytest.mark.parametrize("name", VALUES)
@given(data=st.data())
def test_a_form_reads_what_it_writes(name: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[name])
    written = str(FORMS[name].write(value, "USD"))
    assert FORMS[name].read(written, "USD") == value


@pytest.mark.parametrize("name", sorted(set(FORMS) - {"text"}))
@given(text=st.text(max_size=20))
def test_a_form_reads_or_refuses_any_text(name: str, text: str) -> None:
    with suppress(QuantityError, CalendarError):
        FORMS[name].read(text.strip(), "USD")


def test_durations_that_are_not_whole_minutes_keep_their_digits() -> None:
    assert exact_minutes_from_text("8.0249 d") == 11555.856
    assert exact_minutes_from_text("1 h 0.5 min") == 60.5
    assert text_from_exact_minutes(0.1) == "0.1 min"


@pytest.mark.parametrize("text", ["Tri(1, 2) h", "Tri(a, 2, 3) h", "Tri(1, 2, 3)", "1, 2, 3 h"])
def test_a_triangular_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(QuantityError, match="Tri"):
        FORMS["triangular"].read(text, "USD")
