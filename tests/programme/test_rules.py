from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.programme.rules import (
    activity_at_charge,
    activity_at_eos,
    bulk_made,
    bulk_needed,
    fill_min,
    isotope_lots,
    prescribed_mbq,
    rounded_to,
    vials_from_bulk,
    vials_that_fit,
    within,
)

MBQ = st.floats(1e-3, 1e6)
SHARE = st.floats(0.0, 0.9)
HALF_LIFE_MIN = st.floats(60.0, 1e5)
ELAPSED_MIN = st.floats(0.0, 1e4)


@given(dose=MBQ, elapsed=ELAPSED_MIN, half_life=HALF_LIFE_MIN)
def test_a_vial_filled_at_eos_holds_the_dose_when_it_is_used(
    dose: float, elapsed: float, half_life: float
) -> None:
    at_eos = activity_at_eos(dose, elapsed, half_life)
    assert at_eos * 0.5 ** (elapsed / half_life) == pytest.approx(dose)


def test_a_cold_product_needs_at_eos_what_it_needs_at_use() -> None:
    assert activity_at_eos(100.0, 10_000.0, math.inf) == 100.0


@given(vials=MBQ, overfill=SHARE, samples=SHARE)
def test_what_the_bulk_needs_is_what_the_vials_get_back(
    vials: float, overfill: float, samples: float
) -> None:
    bulk = bulk_needed(vials, overfill, samples)
    assert bulk >= vials
    assert vials_from_bulk(bulk, overfill, samples) == pytest.approx(vials)


@given(bulk=MBQ, share=st.floats(0.05, 1.0), elapsed=ELAPSED_MIN, half_life=HALF_LIFE_MIN)
def test_what_is_charged_for_a_bulk_makes_that_bulk(
    bulk: float, share: float, elapsed: float, half_life: float
) -> None:
    charge = activity_at_charge(bulk, share, elapsed, half_life)
    assert bulk_made(charge, share, elapsed, half_life) == pytest.approx(bulk)


@given(charge=MBQ, elapsed=ELAPSED_MIN, half_life=st.floats(1e3, 1e5), lot=st.floats(1.0, 1e4))
def test_the_lots_ordered_suffice_and_one_fewer_would_not(
    charge: float, elapsed: float, half_life: float, lot: float
) -> None:
    lots = isotope_lots(charge, elapsed, half_life, lot)
    left = 0.5 ** (elapsed / half_life)
    assert lots * lot * left >= charge * (1 - 1e-6)
    assert (lots - 1) * lot * left < charge


def test_a_quotient_a_hair_above_a_whole_number_of_lots_counts_as_that_number() -> None:
    assert isotope_lots(0.1 + 0.2, 0.0, 1e4, 0.1) == 3


@given(vial=st.floats(1.0, 1e4), vials=st.integers(1, 60), overfill=SHARE, samples=SHARE)
def test_a_bulk_made_for_so_many_vials_fits_just_as_many(
    vial: float, vials: int, overfill: float, samples: float
) -> None:
    assert vials_that_fit(
        bulk_needed(vials * vial, overfill, samples), vial, overfill, samples
    ) == (vials)


def test_filling_takes_its_start_and_the_minutes_of_each_vial() -> None:
    assert fill_min(30, 8, 10.0) == 110.0


@pytest.mark.parametrize(
    ("value", "step", "rounded"),
    [(0.15, 0.1, 0.2), (0.25, 0.1, 0.3), (28.349, 0.1, 28.3), (28.35, 0.1, 28.4), (7.4, 3.7, 7.4)],
)
def test_halves_are_rounded_up_as_on_a_prescription(
    value: float, step: float, rounded: float
) -> None:
    assert rounded_to(value, step) == rounded


@given(tenths=st.integers(1, 100_000))
def test_every_half_of_a_tenth_goes_up(tenths: int) -> None:
    assert rounded_to((tenths + 0.5) / 10, 0.1) == pytest.approx((tenths + 1) / 10, abs=1e-6)


@given(value=MBQ, step=st.floats(0.01, 100.0))
def test_a_rounded_dose_is_a_multiple_at_most_half_a_step_away(value: float, step: float) -> None:
    found = rounded_to(value, step)
    assert abs(found - value) <= step * 0.5001 + 1e-6
    assert found / step == pytest.approx(round(found / step), abs=1e-4)


def test_a_dose_follows_the_size_up_to_its_caps() -> None:
    assert prescribed_mbq(15.0, 1.9, math.inf, math.inf, 0.0) == 28.5
    assert prescribed_mbq(15.0, 2.8, 2.5, math.inf, 0.0) == 37.5
    assert prescribed_mbq(15.0, 2.8, 2.5, 33.0, 0.0) == 33.0
    assert prescribed_mbq(15.0, 1.8977, 2.5, 33.0, 0.1) == 28.5


@given(wanted=MBQ, tolerance=st.floats(0.01, 0.3))
def test_an_activity_on_the_edge_of_its_tolerance_is_inside(
    wanted: float, tolerance: float
) -> None:
    assert within(wanted * (1 + tolerance), wanted, tolerance)
    assert within(wanted * (1 - tolerance), wanted, tolerance)
    assert not within(wanted * (1.001 + tolerance), wanted, tolerance)
    assert not within(wanted * (0.999 - tolerance), wanted, tolerance)
