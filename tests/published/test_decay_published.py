"""Decay of I-131 and I-124 by hand, from the parameter sheet of the CLR 131 case, section 19.

Its half-lives: I-131 8.0249 d (192.5976 h), I-124 4.1760 d.
"""

import math

import pytest

from doseline.nuclides import decay_factor, nuclide

HOUR = 60.0
DAY = 24 * HOUR
I131_MIN = nuclide("I-131").half_life_min
I124_MIN = nuclide("I-124").half_life_min


def test_the_half_life_of_iodine_131_is_192_5976_hours() -> None:
    half_life_h = I131_MIN / HOUR
    assert half_life_h == pytest.approx(192.5976, abs=1e-9)
    assert math.log(2) / half_life_h == pytest.approx(0.00359894, abs=5e-9)
    assert 1 - decay_factor(HOUR, I131_MIN) == pytest.approx(0.003592, abs=5e-6)


@pytest.mark.parametrize(
    ("hours", "left"),
    [
        (24, 0.91725),
        (48, 0.84135),
        (72, 0.77173),
        (12, 0.95773),
        (96, 0.70787),
        (120, 0.64929),
        (168, 0.54628),
    ],
)
def test_iodine_131_left_after_hours(hours: float, left: float) -> None:  # rows 1 and 2
    assert decay_factor(hours * HOUR, I131_MIN) == pytest.approx(left, abs=1e-5)


@pytest.mark.parametrize(
    ("share", "hours"), [(1.1, -26.48), (0.9, 29.28), (1.2, -50.66), (0.8, 62.00)]
)
def test_hours_off_the_calibration_time_that_a_tolerance_allows(
    share: float, hours: float
) -> None:  # rows 3 and 4
    assert -math.log2(share) * I131_MIN / HOUR == pytest.approx(hours, abs=0.01)
    assert decay_factor(hours * HOUR, I131_MIN) == pytest.approx(share, abs=1e-4)


@pytest.mark.parametrize(
    ("half_life_d", "left"),
    [(8.0207, 0.77162), (8.0233, 0.77169), (8.0252, 0.77174), (8.04, 0.77210)],
)
def test_other_half_lives_in_use_differ_after_three_days(
    half_life_d: float, left: float
) -> None:  # row 5
    assert decay_factor(72 * HOUR, half_life_d * DAY) == pytest.approx(left, abs=1e-5)


@pytest.mark.parametrize(("hours", "left"), [(24, 0.84706), (48, 0.71751), (72, 0.60777)])
def test_iodine_124_left_after_hours(hours: float, left: float) -> None:  # row 50
    assert decay_factor(hours * HOUR, I124_MIN) == pytest.approx(left, abs=1e-5)


def test_a_5_mci_dose_of_iodine_124_is_6_97_mci_two_days_before() -> None:  # row 50
    assert 5 / decay_factor(48 * HOUR, I124_MIN) == pytest.approx(6.97, abs=0.005)
