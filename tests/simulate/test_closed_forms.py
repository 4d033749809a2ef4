"""Where the answer is known: single failures, independent chances, nothing that fails."""

from __future__ import annotations

import math

import pytest

from doseline.programme import Programme
from doseline.simulate import SimulationResult, kpis, simulate
from tests.simulate.worlds import FROM, UNTIL, Weekly, failing, tiny, with_second_plant


def run(programme: Programme, replications: int = 60, **more: object) -> SimulationResult:
    return simulate(
        programme,
        Weekly(),
        seed=11,
        replications=replications,
        from_on=FROM,
        until_on=UNTIL,
        **more,  # type: ignore[arg-type]
    )


def otif(result: SimulationResult) -> tuple[float, float, float]:
    found = kpis(result)["otif"]
    return tuple(float(found[k] or 0) for k in ("mean", "low", "high"))  # type: ignore[return-value]


@pytest.mark.parametrize("stage", ["before_fill", "qc", "qa"])
def test_a_single_batch_that_fails_with_p_gives_otif_one_less_p(stage: str) -> None:
    mean, low, high = otif(run(failing(tiny(), 0.2, stage)))
    assert low <= 0.8 <= high
    assert abs(mean - 0.8) < 4 * math.sqrt(0.8 * 0.2 / 480)


def test_two_independent_chances_give_one_less_p_squared() -> None:
    both = with_second_plant(failing(tiny(), 0.3), 0.3)
    mean, low, high = otif(run(both))
    assert low <= 1 - 0.3**2 <= high
    assert abs(mean - 0.91) < 4 * math.sqrt(0.91 * 0.09 / 480)


def test_without_chance_nothing_fails() -> None:
    mean, low, high = otif(run(failing(tiny(), 0.9), replications=2, chance=False))
    assert mean == high == 1.0
    assert low < 1.0


def test_a_plant_that_always_fails_serves_nobody() -> None:
    result = run(failing(tiny(), 1.0), replications=3)
    assert otif(result)[0] == 0.0
    assert all(row.missed == row.due == 8 for row in result.services)
    assert all(row.causes == {"endotoxin": 8} for row in result.services)


def test_the_more_often_batches_fail_the_fewer_doses_are_given_in_every_future() -> None:
    seldom, often = (run(failing(tiny(), p), replications=20) for p in (0.1, 0.4))
    pairs = zip(seldom.services, often.services, strict=True)
    assert all(a.on_time >= b.on_time for a, b in pairs)
    assert sum(s.on_time for s in seldom.services) > sum(s.on_time for s in often.services)
