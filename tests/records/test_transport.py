"""The arithmetic of transport, at its boundaries and against 50 digits."""

import csv
from dataclasses import replace
from datetime import date
from fractions import Fraction
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.errors import NuclideError, QuantityError, TransportError
from doseline.nuclides import nuclide, nuclides
from doseline.records import transport
from doseline.records.transport import (
    Category,
    Container,
    Content,
    Form,
    Package,
    category,
    classified,
    emergency_plan_share,
    fits_passenger_aircraft,
    is_limited_quantity,
    is_reportable,
    removable_limit_tenths,
    sum_of_fractions,
    transport_index_tenths,
)
from doseline.records.transport_values import transport_values
from tests.records.oracle import compare, index_tenths

IODINE = "I-131"


def one(kbq: int, surface: int = 100_000, metre: int = 5_000, form: Form = Form.LIQUID) -> Package:
    return Package((Content(IODINE, kbq, form),), surface, metre)


def test_decay_index_and_fractions_equal_fifty_digits_on_ten_thousand_points() -> None:
    worst = compare(points=10_000, seed=1)
    assert worst.decay_relative <= 1e-9, worst
    assert worst.fraction < 1e-40, worst
    assert worst.wrong_index == 0


def test_the_index_is_right_on_both_sides_of_every_tenth() -> None:
    for tenth in range(121):
        for nsv_h in (1000 * tenth - 1, 1000 * tenth, 1000 * tenth + 1):
            if nsv_h >= 0:
                assert transport_index_tenths(nsv_h) == index_tenths(nsv_h), nsv_h


@pytest.mark.parametrize(
    ("nsv_h", "tenths"),
    [(0, 0), (500, 0), (501, 1), (1_000, 1), (1_001, 2), (100_000, 100), (100_001, 101)],
)
def test_the_index_is_rounded_up_and_a_twentieth_is_nothing(nsv_h: int, tenths: int) -> None:
    assert transport_index_tenths(nsv_h) == tenths


@given(st.integers(0, 10**8), st.integers(0, 10**6))
def test_the_index_never_falls_when_the_dose_rate_rises(nsv_h: int, more: int) -> None:
    assert transport_index_tenths(nsv_h) <= transport_index_tenths(nsv_h + more)
    assert 1000 * transport_index_tenths(nsv_h) >= nsv_h or nsv_h <= 500


@pytest.mark.parametrize(
    ("surface", "tenths", "label"),
    [
        (5_000, 0, Category.WHITE_I),
        (5_001, 0, Category.YELLOW_II),
        (0, 1, Category.YELLOW_II),
        (500_000, 10, Category.YELLOW_II),
        (500_001, 10, Category.YELLOW_III),
        (500_000, 11, Category.YELLOW_III),
        (2_000_000, 100, Category.YELLOW_III),
        (2_000_001, 100, Category.EXCLUSIVE_USE),
        (2_000_000, 101, Category.EXCLUSIVE_USE),
        (10_000_000, 0, Category.EXCLUSIVE_USE),
    ],
)
def test_the_label_is_the_higher_of_surface_and_index(
    surface: int, tenths: int, label: Category
) -> None:
    assert category(surface, tenths) is label


def test_no_package_may_have_more_than_ten_millisievert_an_hour_at_its_surface() -> None:
    with pytest.raises(TransportError, match="above 10 mSv/h"):
        category(10_000_001, 0)


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 200), st.integers(0, 200))
def test_a_stronger_package_never_gets_a_lower_label(a: int, b: int, i: int, j: int) -> None:
    rank = list(Category).index
    assert rank(category(min(a, b), min(i, j))) <= rank(category(max(a, b), max(i, j)))


def test_a_package_holds_exactly_a2_and_not_one_kilobecquerel_more() -> None:
    assert classified(one(700_000_000)).fraction_of_a2 == 1
    with pytest.raises(TransportError, match="Type B"):
        classified(one(700_000_001))


def test_special_form_is_held_against_a1() -> None:
    found = classified(one(3_000_000_000, form=Form.SPECIAL))
    assert found.fraction_of_a2 == 1
    assert found.un_number == "UN3332"


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=5))
def test_fractions_add_up_however_the_contents_are_split(parts: list[int]) -> None:
    split = sum_of_fractions(Content(IODINE, part) for part in parts)
    assert split == sum_of_fractions([Content(IODINE, sum(parts))])


def test_a_limited_quantity_needs_a_weak_surface_too() -> None:
    small = classified(one(70_000, surface=5_000, metre=0))
    assert (small.un_number, small.category) == ("UN2910", None)
    assert classified(one(70_000, surface=5_001, metre=0)).un_number == "UN2915"
    assert classified(one(70_001, surface=5_000, metre=0)).un_number == "UN2915"
    assert is_limited_quantity([Content(IODINE, 700_000, Form.SOLID)])
    assert not is_limited_quantity([Content(IODINE, 700_001, Form.SOLID)])


def test_a_reportable_quantity_begins_at_ten_millicurie_of_iodine() -> None:
    assert is_reportable([Content(IODINE, 369_999)]) is False
    assert is_reportable([Content(IODINE, 185_000), Content(IODINE, 185_000)]) is True


def test_an_unknown_reportable_quantity_is_not_taken_for_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unknown = replace(transport_values("Lu-177"), reportable_kbq=None)
    known = {"Lu-177": unknown, IODINE: transport_values(IODINE)}
    monkeypatch.setattr(transport, "transport_values", lambda name, _: known[name])
    assert is_reportable([Content("Lu-177", 1)]) is None
    assert is_reportable([Content("Lu-177", 1), Content(IODINE, 370_000)]) is True
    assert is_reportable([Content("Lu-177", 0), Content(IODINE, 1)]) is False


def test_beside_passengers_flies_an_index_of_three_at_most() -> None:
    assert classified(one(10**6, metre=30_000)).passenger_aircraft
    assert not classified(one(10**6, metre=30_001)).passenger_aircraft
    assert not fits_passenger_aircraft(0, Category.EXCLUSIVE_USE)


def test_ten_curie_of_iodine_ask_for_an_emergency_plan() -> None:
    assert emergency_plan_share(IODINE, 370_000_000) == 1
    assert emergency_plan_share(IODINE, 369_999_999) == Fraction(369_999_999, 370_000_000)


def test_where_schedule_c_names_no_nuclide_its_kind_has_a_line() -> None:
    assert emergency_plan_share("Lu-177", 370_000_000_000) == 1, "any other beta-gamma emitter"
    assert emergency_plan_share("Ac-225", 74_000_000) == 1, "any other alpha emitter"
    assert emergency_plan_share("Pb-212", 1) is None, "a beta emitter before alpha emitters"


def test_a_long_lived_alpha_emitter_soils_a_package_at_a_tenth() -> None:
    held = {name: removable_limit_tenths([Content(name, 1)]) for name, _ in _rows()}
    assert {name for name, limit in held.items() if limit == 4} == {"Ra-223"}
    assert set(held.values()) == {4, 40}
    assert removable_limit_tenths([Content(IODINE, 1), Content("Ra-223", 1)]) == 4
    assert removable_limit_tenths([]) == 40
    # 49 CFR 173.403: an alpha emitter of less than ten days is of low toxicity.
    assert nuclide("Ac-225").half_life_min < 10 * 1440 < nuclide("Ra-223").half_life_min


@pytest.mark.parametrize(
    ("name", "a1_tbq", "a2_tbq", "reportable_ci"),
    [  # the rows as read in 49 CFR 173.435 and in table 2 of appendix A to 172.101, edition of 2015
        ("I-131", "3.0", "7.0e-1", "0.01"),
        ("I-123", "6.0", "3.0", "10"),
        ("I-124", "1.0", "1.0", "0.1"),
        ("I-125", "2.0e1", "3.0", "0.01"),
        ("Lu-177", "3.0e1", "7.0e-1", "100"),
        ("Y-90", "3.0e-1", "3.0e-1", "10"),
        ("Cu-64", "6.0", "1.0", "1000"),
        ("Cu-67", "1.0e1", "7.0e-1", "100"),
        ("Pb-212", "7.0e-1", "2.0e-1", "10"),
        ("At-211", "2.0e1", "5.0e-1", "100"),
        ("Ac-225", "8.0e-1", "6.0e-3", "1"),
        ("Ra-223", "4.0e-1", "7.0e-3", "1"),
        ("F-18", "1.0", "6.0e-1", "1000"),
        ("Ga-68", "5.0e-1", "5.0e-1", "1000"),
        ("Mo-99", "1.0", "6.0e-1", "100"),
        ("Tc-99m", "1.0e1", "4.0", "100"),
    ],
)
def test_the_limits_are_those_of_the_regulation(
    name: str, a1_tbq: str, a2_tbq: str, reportable_ci: str
) -> None:
    values = transport_values(name)
    assert values.verified
    assert values.a1_kbq == Fraction(a1_tbq) * 10**9
    assert values.a2_kbq == Fraction(a2_tbq) * 10**9
    assert values.reportable_kbq == Fraction(reportable_ci) * 37 * 10**6


def test_a_container_holds_until_the_last_day_of_its_certificate() -> None:
    container = Container("Type A, 20 mm lead", "TA-0107", "TR-2021-44", date(2022, 5, 31))
    container.must_hold(date(2022, 5, 31))
    with pytest.raises(TransportError, match=r"TA-0107.*2022-05-31, before 2022-06-01"):
        container.must_hold(date(2022, 6, 1))


def test_nothing_below_zero_and_nothing_empty_is_classified() -> None:
    with pytest.raises(QuantityError):
        Content(IODINE, -1)
    with pytest.raises(QuantityError):
        transport_index_tenths(-1)
    with pytest.raises(QuantityError):
        category(-1, 0)
    with pytest.raises(TransportError, match="no activity"):
        classified(Package((), 0, 0))


def _rows() -> list[tuple[str, int]]:
    text = files("doseline").joinpath("transport.csv").read_text(encoding="utf-8")
    return [(row["nuclide"], int(row["version"])) for row in csv.DictReader(text.splitlines())]


def test_every_transport_value_has_a_nuclide_a_source_and_whole_kilobecquerels() -> None:
    rows = _rows()
    assert len(set(rows)) == len(rows) >= 16
    for name, version in rows:
        values = transport_values(name, version)
        assert name in nuclides()
        assert values.a_source
        assert (values.reportable_kbq is None) == (values.reportable_source == "")
        assert (values.emergency_plan_kbq is None) == (values.emergency_plan_source == "")
    assert classified(one(10**6)).verified


def test_a_value_without_its_source_says_so() -> None:
    recalled = replace(transport_values(IODINE), a_source="unverified: recalled")
    assert not recalled.verified


def test_an_unknown_nuclide_or_version_is_told_with_what_there_is() -> None:
    with pytest.raises(NuclideError, match="did you mean I-131"):
        transport_values("I131")
    with pytest.raises(NuclideError, match="version 9 is none of 1"):
        transport_values(IODINE, 9)
