"""The rules of making against the hand-computed checks of the reference case's parameter sheet.

The rows are those of the sheet's sanity checks (section 19); activities are in mCi there and here,
for the rules do not ask in which unit they work. Half-life 8.0249 d.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from doseline.demand.luck import sizes
from doseline.formats import read_programme
from doseline.programme import Programme
from doseline.programme.making import (
    make_min,
    pack_min,
    planned_yield,
    ready_min,
    release_min,
)
from doseline.programme.rules import (
    activity_at_charge,
    activity_at_eos,
    bulk_needed,
    decay_factor,
    isotope_lots,
    prescribed_mbq,
    vials_from_bulk,
    vials_that_fit,
)
from doseline.quantities import MBQ_PER_MCI
from tests.demand.worlds import drawn_people

HALF_LIFE_MIN = 8.0249 * 1440
OVERFILL, SAMPLES = 0.05, 0.03
CHARGED_AFTER_MIN = 17 * 60  # calibrated at noon, charged at 05:00
VIAL = 28.5 / 0.5 ** (72 * 60 / HALF_LIFE_MIN)


@pytest.fixture(scope="module")
def clr131(repository: Path) -> Programme:
    return read_programme(repository / "examples" / "clr131" / "programme.yaml")


def planned(programme: Programme, line: str, vials: int, dose_mci: float = 28.5) -> list[float]:
    """Bulk at EOS, charge, and iodine at its calibration, for equal vials used 72 h later. [mCi]"""
    product = programme.product["clr131"]
    vial = activity_at_eos(dose_mci, 72 * 60, product.half_life)
    bulk = bulk_needed(vials * vial, product.overfill_fraction, product.samples_fraction)
    to_eos = make_min(product, programme.line[line][1], vials)
    charge = activity_at_charge(bulk, planned_yield(product), to_eos, product.half_life)
    return [bulk, charge, charge / decay_factor(CHARGED_AFTER_MIN, product.half_life)]


def test_row_6_a_dose_of_15_mci_a_square_metre(clr131: Programme) -> None:
    assert prescribed_mbq(15.0, 1.9, 2.5, math.inf, 0.1) == 28.5
    rule = clr131.trial["clover_wam"].arms[0].dose
    mbq = prescribed_mbq(
        rule.rate.mbq, 1.9, rule.size_cap or 0.0, math.inf, rule.rounded_to_mbq or 0.0
    )
    assert mbq == pytest.approx(1054.5, abs=1e-9)


def test_row_7_one_patient_in_twelve_is_above_2_20_square_metres(clr131: Programme) -> None:
    everyone = drawn_people(40_000)
    found = sizes(everyone, clr131.trial["clover_wam"].size)
    assert prescribed_mbq(15.0, 2.20, 2.5, math.inf, 0.1) == 33.0
    assert np.mean(found > 2.20) == pytest.approx(0.083, abs=0.005)


@pytest.mark.parametrize(
    ("hours", "mci"), [(72, 36.930), (48, 33.874), (96, 40.262), (120, 43.894)]
)
def test_rows_8_and_9_activity_at_eos(hours: int, mci: float) -> None:
    assert activity_at_eos(28.5, hours * 60, HALF_LIFE_MIN) == pytest.approx(mci, abs=1e-3)


def test_rows_10_and_11_the_vials_and_the_bulk_of_a_batch_of_eight() -> None:
    assert pytest.approx(295.44, abs=0.01) == 8 * VIAL
    assert bulk_needed(8 * VIAL, OVERFILL, SAMPLES) == pytest.approx(319.81, abs=0.01)
    assert vials_from_bulk(319.81, OVERFILL, SAMPLES) == pytest.approx(295.44, abs=0.01)


def test_row_12_the_planned_yield(clr131: Programme) -> None:
    product = clr131.product["clr131"]
    assert planned_yield(product) == pytest.approx(0.580545, abs=1e-6)
    mean = math.prod(
        s.yield_fraction if s.yield_mean_fraction is None else s.yield_mean_fraction
        for s in product.recipe
    )
    assert mean == pytest.approx(0.663480, abs=1e-6)


def test_row_13_from_labelling_to_eos(clr131: Programme) -> None:
    minutes = make_min(clr131.product["clr131"], clr131.line["hamilton-1"][1], 8)
    assert minutes == 410
    assert decay_factor(6.8333 * 60, HALF_LIFE_MIN) == pytest.approx(0.97571, abs=1e-4)


def test_rows_14_and_15_charge_and_order_of_a_batch_of_eight(clr131: Programme) -> None:
    bulk, charge, order = planned(clr131, "hamilton-1", 8)
    assert bulk == pytest.approx(319.81, abs=0.01)
    assert charge == pytest.approx(564.59, abs=0.05)
    assert order == pytest.approx(600.21, abs=0.05)
    assert 50 * isotope_lots(charge, CHARGED_AFTER_MIN, HALF_LIFE_MIN, 50.0) == 650
    assert activity_at_charge(bulk, 0.66348, 410, HALF_LIFE_MIN) == pytest.approx(494.02, abs=0.05)


@pytest.mark.parametrize(
    ("line", "vials", "wanted", "ordered", "tolerance"),
    [
        ("hamilton-1", 12, [479.71, 848.92, 902.48], 950, 0.1),
        ("madison-1", 6, [239.86, 422.93, 449.62], 450, 0.1),
        ("hamilton-2", 30, [1199.3, 2118.5, 2252.1], 2300, 0.5),
    ],
)
def test_rows_16_17_and_19_bulk_charge_and_order_of_other_batches(
    clr131: Programme,
    line: str,
    vials: int,
    wanted: list[float],
    ordered: int,
    tolerance: float,
) -> None:
    found = planned(clr131, line, vials)
    assert found == [pytest.approx(w, abs=tolerance) for w in wanted]
    assert 50 * isotope_lots(found[1], CHARGED_AFTER_MIN, HALF_LIFE_MIN, 50.0) == ordered


@pytest.mark.parametrize(
    ("line", "at_28_5", "at_47_5", "cap"),
    [("madison-1", 7, 4, 6), ("hamilton-1", 15, 9, 12), ("hamilton-2", 37, 22, 30)],
)
def test_row_18_vials_inside_the_bulk_limit(
    clr131: Programme, line: str, at_28_5: int, at_47_5: int, cap: int
) -> None:
    limits = clr131.line[line][1]
    bulk_mci = (limits.bulk_max_mbq or 0.0) / MBQ_PER_MCI
    assert vials_that_fit(bulk_mci, VIAL, OVERFILL, SAMPLES) == at_28_5
    larger = activity_at_eos(47.5, 72 * 60, HALF_LIFE_MIN)
    assert vials_that_fit(bulk_mci, larger, OVERFILL, SAMPLES) == at_47_5
    assert limits.vials_max == cap


@pytest.mark.parametrize(
    ("line", "vials", "eos", "ready"),
    [
        ("hamilton-1", 8, 410, 410 + 450),  # EOS 11:50, released 19:20
        ("hamilton-1", 12, 450, 450 + 450),  # EOS 12:30, released 20:00
        ("madison-1", 6, 390, 390 + 450),  # EOS 11:30, released 19:00
        ("hamilton-2", 30, 420, 420 + 450),  # EOS 12:00, released 19:30
    ],
)
def test_rows_51_to_55_eos_and_release(
    clr131: Programme, line: str, vials: int, eos: int, ready: int
) -> None:
    product = clr131.product["clr131"]
    assert make_min(product, clr131.line[line][1], vials) == eos
    assert eos + ready_min(product, vials) == ready
    assert release_min(product) == 450
    assert pack_min(product, vials) <= 240


def test_packing_takes_longer_with_each_vial_up_to_its_limit(clr131: Programme) -> None:
    product = clr131.product["clr131"]
    assert [pack_min(product, n) for n in (1, 10, 30, 60)] == [66, 120, 240, 240]
    unlimited = replace(product, recipe=tuple(replace(s, at_most_min=None) for s in product.recipe))
    assert pack_min(unlimited, 60) == 420
    assert ready_min(unlimited, 70) == 480  # packing outlasts the release


def test_the_decision_stands_before_every_dose_of_the_pivotal_trial(clr131: Programme) -> None:
    assert clr131.as_of_on == date(2016, 11, 28)
    assert clr131.trial["clover_wam"].from_on > clr131.as_of_on
