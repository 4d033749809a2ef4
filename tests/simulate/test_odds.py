"""How often chance struck against its odds: noted by both engines, and nothing in the mean."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from doseline.formats import read_programme
from doseline.programme import Programme
from doseline.simulate import Service, simulate
from doseline.simulate.odds import BATCH, KINDS, SLOT, WHOLE, noted
from doseline.studies.runs import Play, periods, play
from tests.hand_world import world
from tests.simulate.worlds import FROM, UNTIL, Weekly, failing, one_dose

EXAMPLES = Path(__file__).parents[2] / "examples"


def rows_of(programme: Programme, futures: int) -> tuple[Service, ...]:
    return simulate(
        programme, Weekly(), seed=3, replications=futures, from_on=FROM, until_on=UNTIL
    ).services


@pytest.mark.parametrize("chance", [0.0, 0.4, 1.0])
def test_each_order_notes_once_whether_its_batch_failed(chance: float) -> None:
    """No second attempt, no other luck: who is late was struck, and who is not was spared."""
    for row in rows_of(failing(one_dose(world()), chance), 6):
        struck = row.due - row.on_time
        expected = [0] * len(KINDS)
        expected[BATCH] = struck * noted(True, chance) + row.on_time * noted(False, chance)
        assert list(row.against_odds) == expected


def test_without_chance_nothing_is_noted() -> None:
    found = simulate(
        failing(world(), 0.4), Weekly(), seed=3, replications=2, from_on=FROM, until_on=UNTIL,
        chance=False,
    )  # fmt: skip
    assert all(row.against_odds == (0,) * len(KINDS) for row in found.services)


def test_a_slot_is_noted_at_its_lock() -> None:
    """Half the slots turn out unusable: who is late without a failed batch was struck by that."""
    (plant,) = one_dose(world()).manufacturers
    plant = replace(plant, usable_slots_fraction=0.5, failures=())
    p = replace(one_dose(world()), manufacturers=(plant,))
    noted_at_all = False
    for row in rows_of(p, 6):
        struck = row.due - row.on_time
        assert row.against_odds[SLOT] >= struck * noted(True, 0.5) + row.on_time * noted(False, 0.5)
        noted_at_all |= row.against_odds[SLOT] != 0
    assert noted_at_all


@lru_cache
def many() -> tuple[tuple[Service, ...], ...]:
    pytest.importorskip("numba")
    p = read_programme(EXAMPLES / "clr131" / "programme.yaml")
    (question,) = (q for q in p.questions if q.id == "pivotal")
    result = play(
        p.under("madison_and_hamilton"), Play(5, 1_200, engine="kernel"),
        counted=periods((question,)), from_on=question.from_on, until_on=question.until_on,
    )  # fmt: skip
    return result.by_period[question.id]


def mean_and_error(values: Iterable[float]) -> tuple[float, float]:
    found = list(values)
    mean = math.fsum(found) / len(found)
    spread = math.fsum((v - mean) ** 2 for v in found) / (len(found) - 1)
    return mean, math.sqrt(spread / len(found))


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=KINDS)
def test_the_mean_over_futures_is_nothing(kind: int) -> None:
    """Whatever the policy does: 1,200 futures of the pivotal trial, within four standard errors."""
    mean, error = mean_and_error(
        sum(row.against_odds[kind] for row in future) / WHOLE for future in many()
    )
    assert error > 0
    assert abs(mean) < 4 * error


def test_bad_luck_goes_with_bad_service() -> None:
    """What is noted explains much of what futures differ by; else it would be of no use."""
    rows = [future[0] for future in many()]
    luck = [sum(row.against_odds) / WHOLE for row in rows]
    late = [row.due - row.on_time for row in rows]
    mean_luck, mean_late = (math.fsum(x) / len(x) for x in (luck, late))
    both = math.fsum((a - mean_luck) * (b - mean_late) for a, b in zip(luck, late, strict=True))
    alone = [math.fsum((v - m) ** 2 for v in x) for x, m in ((luck, mean_luck), (late, mean_late))]
    assert both / math.sqrt(alone[0] * alone[1]) > 0.25
