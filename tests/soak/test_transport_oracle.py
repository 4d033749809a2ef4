"""A million points against 50 digits, and every dose rate that a label knows."""

import pytest

from doseline.records.transport import transport_index_tenths
from tests.records.oracle import WORLD, compare


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20, 30))
def test_a_million_points_equal_fifty_digits(seed: int) -> None:
    worst = compare(points=100_000, seed=seed)
    print(worst)
    assert worst.decay_relative <= 1e-9, worst
    assert worst.fraction < 1e-40, worst
    assert worst.wrong_index == 0


@pytest.mark.soak
def test_the_index_is_exact_for_every_nanosievert_up_to_an_index_of_ten() -> None:
    """Every whole nSv/h from 0 to 0.1 mSv/h at one metre, told by comparison, not by division."""
    for nsv_h in range(100_001):
        tenths = transport_index_tenths(nsv_h)
        index = WORLD.mpf(nsv_h) / 10**4
        if tenths == 0:
            assert index <= WORLD.mpf("0.05"), nsv_h
        else:
            step = WORLD.mpf(1) / 10
            assert index > WORLD.mpf("0.05"), nsv_h
            assert (tenths - 1) * step < index <= tenths * step, nsv_h
