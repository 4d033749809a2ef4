"""Orders and forecasts of a file in the place of drawn ones: the rule, and its laws."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from doseline.demand.replacing import Filed, replaced, windows
from doseline.operations.orders import DoseOrder
from tests.hand_world import order

FIRST = date(2024, 1, 1)


def wanted(
    name: str, day: int, protocol: str = "trial", patient: str = "", number: int = 1
) -> DoseOrder:
    """An order wanted so many days after the first."""
    plain = order("tokyo", FIRST + timedelta(days=day), 100.0, name)
    return replace(plain, protocol=protocol, patient=patient or name, course_number=number)


def on(day: int) -> date:
    return FIRST + timedelta(days=day)


def ids(found: tuple[DoseOrder, ...]) -> list[str]:
    return [o.id for o in found]


DRAWN = tuple(wanted(f"drawn-{day}", day) for day in range(0, 60, 10))


def test_without_a_file_the_drawn_orders_stand_by_the_day_wanted() -> None:
    assert replaced(reversed(DRAWN), ()) == DRAWN


def test_inside_the_window_of_the_real_orders_no_drawn_order_stands() -> None:
    real = [wanted("real-b", 30), wanted("real-a", 10)]
    assert ids(replaced(DRAWN, real)) == ["drawn-0", "real-a", "real-b", "drawn-40", "drawn-50"]


def test_inside_the_window_of_the_forecasts_no_drawn_order_stands() -> None:
    forecast = [wanted("f-1", 11), wanted("f-2", 29)]
    assert ids(replaced(DRAWN, (), forecast)) == [
        "drawn-0", "drawn-10", "f-1", "f-2", "drawn-30", "drawn-40", "drawn-50",
    ]  # fmt: skip


def test_a_real_order_beats_a_forecast_inside_its_window_only() -> None:
    real = [wanted("real-a", 0), wanted("real-b", 20)]
    forecast = [wanted("f-1", 10), wanted("f-2", 20), wanted("f-3", 21), wanted("f-4", 40)]
    assert ids(replaced(DRAWN, real, forecast)) == ["real-a", "real-b", "f-3", "f-4", "drawn-50"]


def test_each_protocol_has_windows_of_its_own() -> None:
    real = [wanted("real", 0, "other"), wanted("real-2", 50, "other")]
    kept = ids(replaced([*DRAWN, wanted("drawn-other", 30, "other")], real))
    assert set(kept) == {*ids(DRAWN), "real", "real-2"}


def test_a_stated_last_day_takes_the_place_of_the_last_of_the_file() -> None:
    real = [wanted("real", 20)]
    assert ids(replaced(DRAWN, real, until_on=on(40))) == [
        "drawn-0", "drawn-10", "real", "drawn-50",
    ]  # fmt: skip


def test_a_real_order_far_ahead_stands_beyond_a_stated_window_and_ends_no_forecast() -> None:
    real = [wanted("soon", 10), wanted("far", 50)]
    forecast = [wanted("f-1", 20), wanted("f-2", 40)]
    assert ids(replaced(DRAWN, real, forecast)) == ["drawn-0", "soon", "far"]
    assert ids(replaced(DRAWN, real, forecast, until_on=on(15))) == [
        "drawn-0", "soon", "f-1", "f-2", "drawn-50", "far",
    ]  # fmt: skip


def test_a_dose_that_is_ordered_is_not_forecast_or_drawn_on_another_day() -> None:
    real = [wanted("P-1/2", 10, patient="P-1", number=2)]
    forecast = [
        wanted("f-1", 30, patient="P-1", number=2),
        wanted("f-2", 30, patient="P-1", number=3),
    ]
    drawn = [wanted("P-1/2", 50), wanted("f-1", 55), wanted("f-2", 55)]
    assert ids(replaced(drawn, real, forecast)) == ["P-1/2", "f-2", "f-1"]


def test_an_order_is_of_the_kind_of_the_row_that_stands() -> None:
    filed = Filed((wanted("a", 10),), (wanted("a", 20), wanted("b", 30)))
    assert filed.kinds() == {"a": "real", "b": "forecast"}
    assert [filed.kinds().get(o.id, "drawn") for o in filed.among(DRAWN)] == [
        "drawn", "real", "forecast", "drawn", "drawn",
    ]  # fmt: skip


# -- laws ----------------------------------------------------------------------------------

DAYS = st.none() | st.integers(-5, 70).map(on)


def listed(kind: str) -> st.SearchStrategy[list[DoseOrder]]:
    """Up to eight orders of a kind; now and then one has the id of another kind's."""
    one = st.builds(
        wanted,
        st.integers(0, 30).map(lambda n: f"{kind if n > 3 else 'any'}-{n}"),
        st.integers(0, 60),
        st.sampled_from(["trial", "other"]),
        st.sampled_from(["", "P-1", "P-2"]),
        st.integers(1, 2),
    )
    return st.lists(one, max_size=8, unique_by=lambda o: o.id)


STATED = st.fixed_dictionaries({"until_on": DAYS})


@given(listed("drawn"), listed("real"), listed("f"), STATED)
def test_the_rule_as_it_is_written(
    drawn: list[DoseOrder],
    real: list[DoseOrder],
    forecast: list[DoseOrder],
    stated: dict[str, date | None],
) -> None:
    """A second witness: each order by itself, the windows taken day by day."""

    def days(rows: list[DoseOrder], protocol: str, end: date | None = None) -> set[int]:
        own = [o.wanted_on.toordinal() for o in rows if o.protocol == protocol]
        if not own:
            return set()
        return set(range(min(own), (end.toordinal() if end else max(own)) + 1))

    found = replaced(drawn, real, forecast, **stated)
    standing: list[DoseOrder] = list(real)
    for one in forecast:
        day = one.wanted_on.toordinal()
        same = [o for o in real if (o.protocol, o.patient, o.course_number)
                == (one.protocol, one.patient, one.course_number) or o.id == one.id]  # fmt: skip
        real_days = days(real, one.protocol, stated["until_on"])
        if day not in real_days and not same:
            standing.append(one)
    taken = {o.id for o in standing}
    for one in drawn:
        covered = days(real, one.protocol, stated["until_on"])
        covered |= days(forecast, one.protocol)
        if one.wanted_on.toordinal() not in covered and one.id not in taken:
            standing.append(one)
    assert sorted(ids(found)) == sorted(ids(tuple(standing)))
    assert list(found) == sorted(found, key=lambda o: (o.wanted_on, o.id))


@given(listed("drawn"), listed("real"), listed("f"), STATED)
def test_every_real_order_stands_no_id_stands_twice_and_a_second_time_changes_nothing(
    drawn: list[DoseOrder],
    real: list[DoseOrder],
    forecast: list[DoseOrder],
    stated: dict[str, date | None],
) -> None:
    found = replaced(drawn, real, forecast, **stated)
    assert set(real) <= set(found) <= {*drawn, *real, *forecast}
    assert len(set(ids(found))) == len(found)
    assert replaced(found, real, forecast, **stated) == found


@given(listed("real"))
def test_a_window_holds_every_order_of_its_protocol_and_ends_on_two_of_them(
    real: list[DoseOrder],
) -> None:
    found = windows(real)
    assert set(found) == {o.protocol for o in real}
    for one in real:
        first, last = found[one.protocol]
        assert first <= one.wanted_on <= last
    ends = {(o.protocol, o.wanted_on) for o in real}
    assert all((p, day) in ends for p, span in found.items() for day in span)
