"""The draws against what theory says of them. Seeds are fixed, so a test passes or fails for good.

Bounds on means are five standard errors (one chance in two million a test); Kolmogorov-Smirnov
tests pass above a p-value of 1e-4.
"""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from scipy import stats as theory

from doseline.chance import Stream, stable_hash, stream, stream_key, uniform_array
from doseline.distributions import (
    beta_shapes,
    exponential_from_u,
    inverse_normal,
    lognormal_from_u,
    normal_share,
    triangular_from_u,
    truncated_normal_from_u,
)
from doseline.errors import QuantityError

N = 4000
CHANCE = stream(seed=20161128, replication=3, source="test")
UNIT = st.floats(min_value=2.0**-33, max_value=1 - 2.0**-33)
WORD = st.integers(min_value=0, max_value=2**32 - 1)


def looks_like(sample: list[float], law: object) -> None:
    cdf = law.cdf  # type: ignore[attr-defined]
    assert theory.kstest(sample, cdf).pvalue > 1e-4


@given(seed=st.integers(), replication=WORD, entity=WORD, index=WORD)
def test_the_same_key_gives_the_same_number(
    seed: int, replication: int, entity: int, index: int
) -> None:
    one = stream(seed, replication, "courier")
    other = stream(seed, replication, "courier")
    assert one == other
    assert one.uniforms4(entity, index) == other.uniforms4(entity, index)
    assert one.uniform(entity, index) == one.uniforms4(entity, index)[0]


@given(entity=WORD, index=WORD)
def test_numbers_lie_between_zero_and_one_and_are_never_either(entity: int, index: int) -> None:
    assert all(0 < u < 1 for u in CHANCE.uniforms4(entity, index))


def test_every_part_of_the_key_counts() -> None:
    keys = [
        stream(1, 0, "a").uniform(5, 7),
        stream(2, 0, "a").uniform(5, 7),
        stream(1, 1, "a").uniform(5, 7),
        stream(1, 0, "b").uniform(5, 7),
        stream(1, 0, "a").uniform(6, 7),
        stream(1, 0, "a").uniform(5, 8),
        stream(1, 0, "a").uniform("5", 7),
    ]
    assert len(set(keys)) == len(keys)


def test_adding_a_courier_does_not_disturb_the_hot_cell() -> None:
    def history(sources: list[str]) -> dict[str, list[float]]:
        streams = {name: stream(7, 0, name) for name in sources}
        drawn: dict[str, list[float]] = {name: [] for name in sources}
        for batch in range(20):
            for name in sources:
                drawn[name].append(streams[name].gamma(2.0, 1.0, batch))
        return drawn

    before = history(["line:madison-1"])
    after = history(["courier:north", "line:madison-1", "courier:south"])
    assert after["line:madison-1"] == before["line:madison-1"]


def test_names_and_keys_are_the_same_on_every_machine() -> None:
    """Frozen, so that a stored seed gives the same history in a later release."""
    assert stable_hash("line:madison-1") == 766947183
    assert stream_key(7, 0) == (4254246047, 3819181281)
    assert stream(7, 0, "line:madison-1").uniform("batch-12", 3) == 0.7422090893378481


def test_an_array_of_numbers_equals_them_one_by_one() -> None:
    entities = [0, 1, 17, 2**32 - 1]
    assert list(uniform_array(CHANCE, entities, 5)) == [CHANCE.uniform(e, 5) for e in entities]
    grid = uniform_array(CHANCE, np.array([[1], [2]]), np.array([3, 4, 5]))
    assert grid.shape == (2, 3)
    assert grid[1, 2] == CHANCE.uniform(2, 5)


def test_uniform_numbers_are_uniform_in_each_place() -> None:
    blocks = [CHANCE.uniforms4(entity, 0) for entity in range(N)]
    for place in range(4):
        looks_like([block[place] for block in blocks], theory.uniform())
    table = np.corrcoef(np.array(blocks), rowvar=False)
    assert np.abs(table - np.eye(4)).max() < 5 / math.sqrt(N)


def test_neighbouring_keys_are_not_correlated() -> None:
    by_index = uniform_array(CHANCE, 9, np.arange(N))
    by_replication = [stream(1, replication, "x").uniform() for replication in range(N)]
    for numbers in (by_index, np.array(by_replication)):
        assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 5 / math.sqrt(N)


@given(UNIT)
def test_the_inverse_normal_equals_scipy(u: float) -> None:
    assert inverse_normal(u) == pytest.approx(float(special.ndtri(u)), rel=1e-14, abs=1e-15)
    assert normal_share(inverse_normal(u)) == pytest.approx(u, rel=1e-12)


@pytest.mark.parametrize("u", [1e-300, 1e-30, 1e-12, 0.0749, 0.0751, 0.5, 0.9249, 0.9251])
def test_the_inverse_normal_holds_far_out_and_at_its_seams(u: float) -> None:
    assert inverse_normal(u) == pytest.approx(float(special.ndtri(u)), rel=1e-14)


@given(
    u=UNIT,
    low=st.floats(min_value=0, max_value=100),
    to_mode=st.floats(min_value=0, max_value=50),
    to_high=st.floats(min_value=0, max_value=50),
)
def test_a_triangular_number_stays_inside(
    u: float, low: float, to_mode: float, to_high: float
) -> None:
    mode, high = low + to_mode, low + to_mode + to_high
    assert low - 1e-9 <= triangular_from_u(u, low, mode, high) <= high + 1e-9


@given(UNIT)
def test_shares_become_the_values_scipy_gives(u: float) -> None:
    triangle = theory.triang(0.25, loc=10, scale=8)
    assert triangular_from_u(u, 10, 12, 18) == pytest.approx(float(triangle.ppf(u)), rel=1e-9)
    assert exponential_from_u(u, 4.0) == pytest.approx(float(theory.expon(scale=4).ppf(u)))
    cut = theory.truncnorm(-2.0, 3.0, loc=1.9, scale=0.2)
    ours = truncated_normal_from_u(u, 1.9, 0.2, 1.5, 2.5)
    assert ours == pytest.approx(float(cut.ppf(u)), rel=1e-7)
    sigma = math.log(8 / 3) / theory.norm.ppf(0.9)
    assert lognormal_from_u(u, 3.0, 8.0) == pytest.approx(
        float(theory.lognorm(sigma, scale=3).ppf(u)), rel=1e-9
    )


def test_a_spread_of_nothing_is_its_middle() -> None:
    assert triangular_from_u(0.3, 5, 5, 5) == 5
    assert truncated_normal_from_u(0.3, 1.9, 0.0, 1.5, 2.5) == 1.9
    assert truncated_normal_from_u(0.3, 0.0, 1.0, 50.0, 60.0) == 50.0
    assert CHANCE.beta(0.8, 0.0) == 0.8
    assert CHANCE.poisson(0.0) == 0


@pytest.mark.parametrize("shape", [0.3, 1.0, 2.5, 40.0])
def test_gamma_numbers_follow_their_law(shape: float) -> None:
    sample = [CHANCE.gamma(shape, 3.0, entity) for entity in range(N)]
    looks_like(sample, theory.gamma(shape, scale=3.0))


@pytest.mark.parametrize(("mean", "sd"), [(0.8, 0.05), (0.5, 0.35), (0.05, 0.04)])
def test_beta_numbers_follow_their_law(mean: float, sd: float) -> None:
    sample = [CHANCE.beta(mean, sd, entity) for entity in range(N)]
    looks_like(sample, theory.beta(*beta_shapes(mean, sd)))
    assert abs(statistics.fmean(sample) - mean) < 5 * sd / math.sqrt(N)


@pytest.mark.parametrize("mean", [0.11, 1.36, 16.0, 45.5])
def test_poisson_numbers_follow_their_law(mean: float) -> None:
    sample = [CHANCE.poisson(mean, entity) for entity in range(N)]
    assert abs(statistics.fmean(sample) - mean) < 5 * math.sqrt(mean / N)
    law = theory.poisson(mean)
    spread = math.sqrt((law.stats(moments="k") + 2) * mean**2 / N)
    assert abs(statistics.variance(sample) - mean) < 5 * spread
    for count in range(int(mean) + 3):
        p = float(law.pmf(count))
        assert abs(sample.count(count) / N - p) < 5 * math.sqrt(p * (1 - p) / N) + 1 / N


def test_the_other_numbers_follow_their_laws() -> None:
    everyone = range(N)
    looks_like([CHANCE.normal(5.0, 2.0, e) for e in everyone], theory.norm(5.0, 2.0))
    looks_like([CHANCE.exponential(4.0, e, 1) for e in everyone], theory.expon(scale=4.0))
    looks_like(
        [CHANCE.triangular(13, 15, 22, e, 2) for e in everyone],
        theory.triang(2 / 9, loc=13, scale=9),
    )
    looks_like(
        [CHANCE.truncated_normal(1.9, 0.2, 1.5, 2.5, e, 3) for e in everyone],
        theory.truncnorm(-2.0, 3.0, loc=1.9, scale=0.2),
    )
    weeks = sorted(CHANCE.lognormal(3.0, 8.0, e, 4) for e in everyone)
    assert abs(sum(week < 3.0 for week in weeks) / N - 0.5) < 5 * 0.5 / math.sqrt(N)
    assert abs(sum(week < 8.0 for week in weeks) / N - 0.9) < 5 * 0.3 / math.sqrt(N)
    happened = sum(CHANCE.chance(0.049, e, 5) for e in everyone)
    assert abs(happened / N - 0.049) < 5 * math.sqrt(0.049 * 0.951 / N)


def test_certain_and_impossible_things() -> None:
    assert all(CHANCE.chance(1.0, entity) for entity in range(100))
    assert not any(CHANCE.chance(0.0, entity) for entity in range(100))


def test_names_serve_as_entities_everywhere() -> None:
    number = stable_hash("P14")
    for draw in (Stream.uniform, Stream.uniforms4, Stream.normal):
        by_name = draw(CHANCE, entity="P14", index=2)
        assert by_name == draw(CHANCE, entity=number, index=2)
    assert CHANCE.gamma(2.0, 1.0, "P14", 2) == CHANCE.gamma(2.0, 1.0, number, 2)
    assert CHANCE.beta(0.8, 0.1, "P14", 2) == CHANCE.beta(0.8, 0.1, number, 2)
    assert CHANCE.poisson(1.4, "P14", 2) == CHANCE.poisson(1.4, number, 2)


@pytest.mark.parametrize(("mean", "sd"), [(0.5, 0.5), (0.0, 0.1), (1.2, 0.1)])
def test_a_share_that_cannot_be_is_refused(mean: float, sd: float) -> None:
    with pytest.raises(QuantityError, match="no share"):
        CHANCE.beta(mean, sd)


def test_a_gamma_shape_is_above_zero() -> None:
    with pytest.raises(QuantityError, match="above 0"):
        CHANCE.gamma(0.0)


def test_plain_functions_compile_to_the_same_numbers() -> None:
    numba = pytest.importorskip("numba")
    inverse = numba.njit(inverse_normal)
    triangle = numba.njit(triangular_from_u)
    for u in (1e-9, 0.02, 0.3, 0.5, 0.98):
        assert inverse(u) == pytest.approx(inverse_normal(u), rel=1e-15)
        assert triangle(u, 10.0, 12.0, 18.0) == pytest.approx(triangular_from_u(u, 10, 12, 18))
