"""How often an interval holds the truth if the run stops as soon as it is narrow enough."""

from __future__ import annotations

import pytest

from doseline.formats import read_programme
from doseline.simulate import SimulationResult, Until, kpis, simulate
from doseline.studies.runs import ALL, crowds_of, whole
from doseline.studies.simulation import BATCH, half_width
from tests.hand_world import FILE

WORLD = read_programme(FILE)
RUNS = 200
PRECISION = 0.06


def play(seed: int, replications: int, until: Until | None) -> SimulationResult:
    world = WORLD
    return simulate(
        world,
        crowds_of(world, seed, world.from_on, world.until_on, None, None),
        seed=seed,
        replications=replications,
        periods=(whole(world),),
        until=until,
        from_on=world.from_on,
        until_on=world.until_on,
    )


def otif(result: SimulationResult, name: str) -> float:
    return float(kpis(result, ALL)["otif"][name] or 0.0)


@pytest.mark.soak
def test_the_interval_of_a_run_to_a_precision_covers_nearly_as_often_as_it_says() -> None:
    """Stopping when the interval happens to be narrow costs a little of its 95 %."""
    truth = otif(play(900_001, 12_000, None), "mean")
    until = Until(BATCH, lambda result: half_width(result) <= PRECISION)
    held, played, fixed = 0, 0, 0
    for seed in range(1, RUNS + 1):
        result = play(seed, 2_000, until)
        held += otif(result, "low") <= truth <= otif(result, "high")
        played += len(result.replications)
        plain = play(seed, 100, None)
        fixed += otif(plain, "low") <= truth <= otif(plain, "high")
    told = (
        f"{held / RUNS:.3f} to a precision, {fixed / RUNS:.3f} at 100, {played / RUNS:.0f} played"
    )
    print(f"truth {truth:.4f}; covered {told}")
    assert 0.90 <= held / RUNS <= 0.99, told
