"""Luck taken back: unbiased, narrower, and intervals that hold what they say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doseline.studies.controls import NONE, Controls, weighing
from doseline.studies.counts import Counts, moved_otif
from doseline.studies.figures import count_figure, linear, mean_figure, service


def made(
    seed: int, futures: int, luck: float = 0.9
) -> tuple[Controls, tuple[float, ...], tuple[float, ...]]:
    """Futures of 100 doses or so; `luck` is how much of what is late goes with the first number."""
    rng = np.random.default_rng(seed)
    bad, size, idle = rng.normal(size=(3, futures))
    due = np.round(100 + 10 * size)
    late = due * 0.3 + 8 * (luck * bad + math.sqrt(1 - luck * luck) * rng.normal(size=futures))
    rows = tuple(zip(bad.tolist(), (100 + 10 * size).tolist(), idle.tolist(), strict=True))
    on_time = tuple((due - late).tolist())
    return Controls(rows, (0.0, 100.0, 0.0)), on_time, tuple(due.tolist())


def test_weighted_means_are_the_known_ones() -> None:
    controls, _, _ = made(1, 300)
    weigh = weighing(controls)
    assert weigh is not None
    assert weigh.weights.mean() == pytest.approx(1.0)
    columns = zip(*controls.rows, strict=True)
    assert [weigh.mean(c) for c in columns] == pytest.approx(list(controls.means))


def test_what_goes_with_luck_is_taken_back() -> None:
    controls, on_time, due = made(2, 400)
    plain, known = service(on_time, due), service(on_time, due, weighing(controls))
    widths = [f.high - f.low for f in (plain, known)]
    assert widths[1] < 0.6 * widths[0]
    assert abs(known.mean - 0.7) < abs(plain.mean - 0.7) + 0.003


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """1,500 studies of 60 futures each; the counts alone would let them be wider, so no floor."""
    held = 0
    for seed in range(1_500):
        controls, on_time, due = made(seed, 60)
        found = mean_figure(linear(on_time, due, weighing(controls)))
        held += found.low <= 0.7 <= found.high
    assert abs(held / 1_500 - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 1_500)


def test_numbers_that_tell_nothing_cost_next_to_nothing() -> None:
    controls, on_time, due = made(3, 500, luck=0.0)
    idle = Controls(tuple((row[2],) for row in controls.rows), (0.0,))
    plain, known = (mean_figure(linear(on_time, due, w)) for w in (None, weighing(idle)))
    assert known.high - known.low == pytest.approx(plain.high - plain.low, rel=0.03)


def test_too_few_futures_and_numbers_that_stand_still_are_left_alone() -> None:
    controls, _, _ = made(4, 11)
    assert weighing(controls) is None
    assert weighing(NONE) is None
    assert weighing(Controls(((1.0,),) * 50, (1.0,))) is None
    still = Controls(tuple((*row, 5.0) for row in made(4, 90)[0].rows), (0.0, 100.0, 0.0, 5.0))
    weigh = weighing(still)
    assert weigh is not None
    assert weigh.centred.shape[1] == 3


def test_the_first_numbers_are_made_use_of_first() -> None:
    controls, _, _ = made(5, 30)
    weigh = weighing(controls)
    assert weigh is not None
    assert weigh.mean([row[0] for row in controls.rows]) == pytest.approx(0.0)
    assert weigh.mean([row[2] for row in controls.rows]) != pytest.approx(0.0)


@given(st.integers(0, 10_000), st.integers(40, 120))
def test_one_value_a_future_has_the_weighted_mean(seed: int, futures: int) -> None:
    controls, on_time, due = made(seed, futures)
    weigh = weighing(controls)
    assert weigh is not None
    values = linear(on_time, due, weigh)
    assert math.fsum(values) / futures == pytest.approx(weigh.mean(on_time) / weigh.mean(due))
    left = weigh.left(on_time)
    assert left.mean() == pytest.approx(weigh.mean(on_time))
    assert count_figure(on_time, weigh).mean == pytest.approx(left.mean())


@given(st.integers(0, 10_000))
def test_a_number_twice_is_as_good_as_once(seed: int) -> None:
    controls, on_time, due = made(seed, 120)
    twice = Controls(tuple(r + r[:1] for r in controls.rows), (*controls.means, controls.means[0]))
    once, again = (mean_figure(linear(on_time, due, weighing(c))) for c in (controls, twice))
    assert again.mean == pytest.approx(once.mean)
    assert again.high - again.low == pytest.approx(once.high - once.low, rel=0.02)


def test_a_change_is_added_to_the_base_without_its_luck() -> None:
    controls, on_time, due = made(6, 200)
    base = Counts(on_time, due, (0.0,) * 200, controls)
    moved = Counts(tuple(v - 5.0 for v in on_time), due, (0.0,) * 200)
    found = moved_otif(base, moved)
    assert found.mean == pytest.approx(base.otif.mean - 5.0 * 200 / math.fsum(due), abs=1e-3)
    assert found.high - found.low < 1.2 * (base.otif.high - base.otif.low)


def test_parts_stand_behind_and_beside_each_other() -> None:
    a, b = Controls(((1.0,), (2.0,)), (0.5,)), Controls(((3.0,), (4.0,)), (7.0,))
    assert a.beside(b) == Controls(((1.0, 3.0), (2.0, 4.0)), (0.5, 7.0))
    assert Controls.together([a, a]).rows == ((1.0,), (2.0,), (1.0,), (2.0,))
    assert a.first(1) == Controls(((1.0,),), (0.5,))
