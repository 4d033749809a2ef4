"""Supply, chance and cost of the reference case against its hand-computed checks.

The rows are those of the parameter sheet's sanity checks; every input is read from the example.
"""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from doseline.formats import read_programme
from doseline.programme import Programme
from doseline.programme.course import doses_per_patient
from doseline.programme.making import make_min, planned_yield
from doseline.programme.rules import (
    activity_at_charge,
    activity_at_eos,
    bulk_needed,
    decay_factor,
    failure_chance,
    isotope_lots,
)
from doseline.quantities import MBQ_PER_MCI

WEEKS = 1178 / 7
CHARGED_AFTER_MIN = 17 * 60


@pytest.fixture(scope="module")
def clr131(repository: Path) -> Programme:
    return read_programme(repository / "examples" / "clr131" / "programme.yaml")


def lots_for_bulk(programme: Programme, line: str, bulk_mbq: float, vials: int) -> float:
    """Iodine ordered for a bulk, in whole lots. [mCi]"""
    product = programme.product["clr131"]
    lot = programme.source["ire"].lot_mbq
    to_eos = make_min(product, programme.line[line][1], vials)
    charge = activity_at_charge(bulk_mbq, planned_yield(product), to_eos, product.half_life)
    return isotope_lots(charge, CHARGED_AFTER_MIN, product.half_life, lot) * lot / MBQ_PER_MCI


@pytest.mark.parametrize(
    ("line", "most_mci"), [("madison-1", 600), ("hamilton-1", 1150), ("hamilton-2", 2850)]
)
def test_row_20_the_most_iodine_of_a_batch_is_far_below_the_licence(
    clr131: Programme, line: str, most_mci: float
) -> None:
    plant, cell = clr131.line[line]
    assert cell.bulk_max_mbq is not None
    assert plant.possession_limit_mbq is not None
    ordered = lots_for_bulk(clr131, line, cell.bulk_max_mbq, cell.vials_max)
    assert ordered == pytest.approx(most_mci, rel=0.05)
    slots = 1 if line == "madison-1" else 2
    assert 2 * slots * ordered * MBQ_PER_MCI < plant.possession_limit_mbq


def test_row_21_the_licence_of_phoenix_holds_three_doses_and_not_four(clr131: Programme) -> None:
    product = clr131.product["clr131"]
    licence = clr131.site["P14"].licence
    assert licence is not None
    a_day_before = decay_factor(24 * 60, product.half_life)
    vial = 28.5 * MBQ_PER_MCI * (1 + product.overfill_fraction) / a_day_before
    assert 3 * vial / MBQ_PER_MCI == pytest.approx(97.9, abs=0.05)
    assert 3 * vial <= licence.limit_mbq < 4 * vial


def test_row_36_doses_lost_to_a_stop_of_97_days(clr131: Programme) -> None:
    trial = clr131.trial["clover_wam"]
    a_week = trial.patients * doses_per_patient(trial.arms[0]) / WEEKS
    assert 97 / 7 * a_week == pytest.approx(18.8, abs=0.1)
    everywhere = len(trial.sites) * trial.enrolment.per_site_month / 4.348
    all_open = everywhere * doses_per_patient(trial.arms[0])
    assert 97 / 7 * all_open == pytest.approx(27.2, abs=0.1)


def any_failure(programme: Programme, plant: str) -> float:
    """The chance that a batch fails of any cause."""
    causes = programme.manufacturer[plant].failures
    return 1 - math.prod(1 - c.chance_fraction for c in causes)


def test_row_41_one_batch_without_backup_is_below_the_target(clr131: Programme) -> None:
    on_time = 1 - clr131.carrier["air_na"].day_delay_fraction
    filled = 1 - clr131.product["clr131"].vial_rejected_fraction
    otif = (1 - any_failure(clr131, "hamilton")) * filled * on_time
    assert otif == pytest.approx(0.93, abs=0.01)
    assert otif < clr131.target_otif(("clover_wam",))


def test_row_42_two_plants_that_fail_separately_hardly_fail_together(clr131: Programme) -> None:
    both = any_failure(clr131, "hamilton") * any_failure(clr131, "madison")
    assert both == pytest.approx(0.0031, abs=1e-4)
    factor = clr131.manufacturer["madison"].failures_cluster_factor
    assert both * factor == pytest.approx(0.0093, abs=1e-4)


@pytest.mark.parametrize(("batches", "percent"), [(0, 12.0), (10, 10.0), (30, 7.25), (60, 4.9)])
def test_row_43_a_new_plant_learns(batches: int, percent: float) -> None:
    assert 100 * failure_chance(0.12, 0.025, 30, batches) == pytest.approx(percent, abs=0.05)


@pytest.mark.parametrize(("weeks_a_batch", "batches", "within"), [(1, 125, 3), (2, 84, 6)])
def test_rows_44_and_45_batches_of_the_pivotal(
    clr131: Programme, weeks_a_batch: int, batches: int, within: float
) -> None:
    trial = clr131.trial["clover_wam"]
    mean = trial.patients * doses_per_patient(trial.arms[0]) / WEEKS * weeks_a_batch
    chances = WEEKS / weeks_a_batch
    assert chances * (1 - math.exp(-mean)) == pytest.approx(batches, abs=within)


def batch_cost(programme: Programme, plant: str, line: str, doses: float) -> float:
    """Fee, iodine and its freight of a batch of so many doses of 28.5 mCi at 72 h. [USD]"""
    product, source = programme.product["clr131"], programme.source["ire"]
    vial = activity_at_eos(28.5 * MBQ_PER_MCI, 72 * 60, product.half_life)
    bulk = bulk_needed(doses * vial, product.overfill_fraction, product.samples_fraction)
    iodine = lots_for_bulk(programme, line, bulk, math.ceil(doses)) * MBQ_PER_MCI
    cents = programme.contract[plant].batch_fee_cents + source.freight_cents
    return (cents + iodine * source.price_cents_per_mbq) / 100


def test_row_46_what_a_dose_of_the_pivotal_costs_at_hamilton(clr131: Programme) -> None:
    contract = clr131.contract["hamilton"]
    reserved, shipped = 39 * contract.reservation_per_month_cents / 100, 229 * 1500
    weekly = 125 * batch_cost(clr131, "hamilton", "hamilton-1", 229 / 125)
    fortnightly = 84 * batch_cost(clr131, "hamilton", "hamilton-1", 229 / 84)
    assert (weekly + reserved + shipped) / 229 == pytest.approx(26_750, rel=0.05)
    assert (fortnightly + reserved + shipped) / 229 == pytest.approx(20_200, rel=0.05)


def test_row_47_what_madison_costs_a_year(clr131: Programme) -> None:
    fixed = clr131.contract["madison"].fixed_per_year_cents / 100
    year = fixed + 40 * batch_cost(clr131, "madison", "madison-1", 3)
    assert year == pytest.approx(1.93e6, rel=0.01)


def test_row_48_what_the_market_of_2030_costs_on_two_slots(clr131: Programme) -> None:
    contract = clr131.contract["hamilton"]
    year = (
        92 * batch_cost(clr131, "hamilton", "hamilton-1", 822 / 92)
        + 822 * contract.extra_vial_cents / 100
        + 24 * contract.reservation_per_month_cents / 100
        + 822 * 1500
    )
    assert year == pytest.approx(5.75e6, rel=0.05)


@pytest.mark.parametrize(
    ("hours", "left"), [(6, 0.979), (12, 0.958), (24, 0.917), (48, 0.841), (72, 0.772)]
)
def test_row_49_what_is_left_of_a_dose_that_comes_late(
    clr131: Programme, hours: int, left: float
) -> None:
    half_life = clr131.product["clr131"].half_life
    assert decay_factor(hours * 60, half_life) == pytest.approx(left, abs=1e-3)
