"""The sequential tests: their constants, and how often they are right."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

import numpy as np
import pytest
from scipy.stats import binom

from doseline.studies.sizing.sequential import AgainstBound, Least, eta, half_width


def normals(study: int, source: str, mean: float, sd: float) -> Iterator[float]:
    """Independent normal draws of one study."""
    generator = np.random.default_rng([11, study, crc32(source.encode())])
    while True:
        yield from map(float, generator.normal(mean, sd, 64))


def allowed(right: int, studies: int, wanted: float) -> bool:
    """Whether so many right answers are no fewer than chance allows at the level promised."""
    return bool(binom.cdf(right, studies, wanted) > 0.001)


def test_eta_solves_the_equation_of_kim_and_nelson() -> None:
    for error in (0.05, 0.01, 0.0003):
        for first in (5, 20, 60):
            left = 0.5 * (1 + 2 * eta(error, first)) ** (-(first - 1) / 2)
            assert left == pytest.approx(error)


def test_the_triangle_narrows_to_nothing() -> None:
    widths = [half_width(r, 0.5, 0.05, 10, 4.0) for r in range(10, 500)]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == 0.0


def test_a_smaller_zone_a_rarer_error_and_a_wider_spread_ask_for_more() -> None:
    usual = half_width(20, 0.5, 0.05, 10, 4.0)
    assert half_width(20, 0.25, 0.05, 10, 4.0) > usual
    assert half_width(20, 0.5, 0.01, 10, 4.0) > usual
    assert half_width(20, 0.5, 0.05, 10, 8.0) > usual


@pytest.mark.parametrize("mean", [0.005, -0.005])
def test_a_mean_at_the_edge_of_the_zone_is_told_from_the_bound(mean: float) -> None:
    studies, right = 400, 0
    for study in range(studies):
        test = AgainstBound(zone=0.005, error=0.05, first=20)
        draws = normals(study, "one", mean, 0.02)
        while test.above is None:
            test.tell([next(draws)])
        right += test.above == (mean > 0)
    assert allowed(right, studies, 0.95)


def test_the_least_of_five_is_found_as_often_as_promised() -> None:
    studies, right = 200, 0
    for study in range(studies):
        draws = {f"d{i}": normals(study, f"d{i}", 0.0 if i == 3 else 1.0, 2.5) for i in range(5)}
        told: dict[str, list[float]] = {name: [] for name in draws}
        least = Least(tuple(draws), zone=1.0, error=0.05, first=10)
        while least.found is None:
            for name, drawn in draws.items():
                told[name].append(next(drawn))
            least.look(told)
        right += least.found == "d3"
    assert allowed(right, studies, 0.95)


def test_luck_that_is_shared_settles_a_comparison_sooner() -> None:
    def futures(shared: bool) -> int:
        common = normals(1, "both", 0.0, 3.0)
        own = {name: normals(1, name, mean, 0.3) for name, mean in (("a", 0.0), ("b", 1.0))}
        other = normals(1, "other", 0.0, 3.0)
        told: dict[str, list[float]] = {"a": [], "b": []}
        least = Least(("a", "b"), zone=0.5, error=0.05, first=10)
        while least.found is None:
            luck = next(common)
            told["a"].append(next(own["a"]) + luck)
            told["b"].append(next(own["b"]) + (luck if shared else next(other)))
            least.look(told)
        assert least.found == "a"
        return len(told["a"])

    assert futures(shared=True) < futures(shared=False)


def test_what_never_varies_is_decided_after_the_first_stage_unless_a_floor_says_otherwise() -> None:
    certain = AgainstBound(zone=0.005, error=0.01, first=5)
    certain.tell([0.01] * 5)
    assert certain.above is True
    careful = AgainstBound(zone=0.005, error=0.01, first=5, floor=0.001)
    careful.tell([0.01] * 5)
    assert careful.above is None


def test_equal_means_are_settled_too() -> None:
    least = Least(("a", "b"), zone=1.0, error=0.05, first=5)
    same = [float(i % 3) for i in range(50)]
    least.look({"a": same, "b": same})
    assert least.found in ("a", "b")
