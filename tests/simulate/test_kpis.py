"""The figures and their intervals: their names, their coverage, their pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from doseline.chance import stream
from doseline.programme import Programme
from doseline.simulate import KPIS, Period, SimulationResult, kpis, paired, simulate
from doseline.simulate.intervals import mean_interval, ratio_interval, share_interval
from tests.simulate.worlds import FROM, UNTIL, Weekly, failing, tiny


def run(programme: Programme, replications: int = 12, seed: int = 1) -> SimulationResult:
    return simulate(
        programme,
        Weekly(),
        seed=seed,
        replications=replications,
        from_on=FROM,
        until_on=UNTIL,
        periods=(
            Period("all", (), FROM, UNTIL),
            Period("january", ("trial",), FROM, FROM.replace(day=31)),
        ),
    )


def batches(p: float, size: int, count: int, seed: int, n: int) -> tuple[list[float], list[float]]:
    """Orders served in `n` replications of `count` batches of `size` that fail together."""
    good = []
    for r in range(n):
        chance = stream(seed, r, "batch")
        good.append(float(sum(size for b in range(count) if not chance.chance(p, b))))
    return good, [float(size * count)] * n


@pytest.mark.parametrize(("p", "size"), [(0.2, 1), (0.05, 4), (0.05, 1), (0.01, 3)])
def test_the_interval_of_a_share_covers_the_truth_as_often_as_it_says(p: float, size: int) -> None:
    held = 0
    for seed in range(300):
        good, due = batches(p, size, 25, seed, 12)
        _, low, high = share_interval(good, due, cluster=size)
        held += low <= 1 - p <= high
    assert 0.92 <= held / 300 <= 1.0


def test_the_interval_of_a_share_that_never_failed_is_that_of_its_batches() -> None:
    _, low, high = share_interval([20.0] * 5, [20.0] * 5, cluster=4.0)
    assert high == 1.0
    assert low == pytest.approx(1 - 1.96**2 / (25 + 1.96**2), abs=1e-4)


def test_the_interval_narrows_with_the_replications() -> None:
    few, many = (share_interval(*batches(0.1, 2, 20, 7, n), cluster=2.0) for n in (10, 160))
    assert many[2] - many[1] < 0.5 * (few[2] - few[1])


def test_the_interval_of_a_mean_covers_the_truth_as_often_as_it_says() -> None:
    held = 0
    for seed in range(400):
        chance = stream(seed, 0, "normal")
        _, low, high = mean_interval([chance.normal(5.0, 2.0, k) for k in range(6)])
        held += low <= 5.0 <= high
    assert 0.92 <= held / 400 <= 0.98


def test_a_ratio_of_equal_replications_has_no_width() -> None:
    assert ratio_interval([1.0, 2.0], [2.0, 4.0]) == (0.5, 0.5, 0.5)


def test_every_figure_has_its_name_and_its_interval() -> None:
    found = kpis(run(failing(tiny(), 0.2)))
    assert tuple(found) == KPIS
    for name, figure in found.items():
        low, mean, high = figure["low"], figure["mean"], figure["high"]
        assert low is not None, name
        assert mean is not None, name
        assert high is not None, name
        if name == "last_dose_on":
            assert str(low) <= str(mean) <= str(high)
        else:
            assert float(low) <= float(mean) <= float(high), name


def test_the_shares_of_the_orders_add_up() -> None:
    result = run(failing(tiny(), 0.2))
    found = kpis(result)
    assert sum(float(found[k]["mean"] or 0) for k in ("otif", "delayed_share", "missed_share")) == (
        pytest.approx(1.0)
    )
    rows = [r for reps in result.by_period["all"] for r in reps]
    assert all(r.on_time + r.delayed + r.missed + r.out_of_tolerance >= r.due for r in rows)
    assert all(sum(m[0] for m in r.by_month.values()) == r.due for r in rows)


def test_a_period_counts_the_orders_wanted_in_it() -> None:
    result = run(tiny())
    january = [r for reps in result.by_period["january"] for r in reps]
    assert [r.due for r in january] == [3] * 12
    assert [r.due for reps in result.by_period["all"] for r in reps] == [8] * 12


def test_an_unknown_period_is_refused_with_those_known() -> None:
    with pytest.raises(LookupError, match="all, january"):
        kpis(run(tiny(), replications=1), "march")


def test_paired_differences_are_narrower_than_the_figures_themselves() -> None:
    calm, rough = run(failing(tiny(), 0.2)), run(failing(tiny(), 0.25))
    gap = paired(calm, rough, "otif")
    assert float(gap["mean"] or 0) <= 0.0
    width = float(gap["high"] or 0) - float(gap["low"] or 0)
    alone = kpis(rough)["otif"]
    assert width < float(alone["high"] or 0) - float(alone["low"] or 0)


@pytest.mark.parametrize("name", KPIS)
def test_a_result_paired_with_itself_differs_in_nothing(name: str) -> None:
    result = run(failing(tiny(), 0.2), replications=4)
    assert paired(result, result, name) == {"mean": 0.0, "low": 0.0, "high": 0.0}


def test_results_of_different_seeds_are_not_paired() -> None:
    with pytest.raises(ValueError, match="same seed"):
        paired(run(tiny(), 2), run(tiny(), 2, seed=2), "otif")


def test_the_activity_administered_is_what_was_ordered_where_nothing_fails() -> None:
    found = kpis(run(tiny(), replications=1))
    assert found["activity_administered"]["mean"] == pytest.approx(8 * 0.1)
    assert found["batches_made"]["mean"] == 8


def test_costs_are_counted_by_item_and_penalties_apart() -> None:
    programme = failing(tiny(), 1.0)
    penalty = replace(
        programme, penalties=(replace(programme.penalty("trial"), missed_new_cents=700),)
    )
    result = run(penalty, replications=1)
    costs = result.replications[0].costs
    assert costs["batch_fees"] == 8 * 1_000_000
    assert "penalties" not in costs
    assert result.replications[0].total("penalties") == 8 * 700
    assert not np.isnan(float(kpis(result)["cost_per_administered_dose"]["mean"] or 0))
