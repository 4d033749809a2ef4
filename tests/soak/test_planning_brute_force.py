"""The planner against brute force on many more tiny worlds, with every kind of limit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from doseline.plan import phases
from tests.plan.test_against_brute_force import JOINT, SINGLE, compare, loosening_never_hurts
from tests.plan.tiny import World, worlds

pytestmark = pytest.mark.soak


def test_no_schedule_is_better_than_the_plan_of_a_thousand_worlds() -> None:
    """Forty worlds under each limit."""
    broken = compare(40)
    assert set(broken) >= JOINT | SINGLE, (JOINT | SINGLE) - set(broken)


@pytest.mark.parametrize("threshold", ["WITH_CUTS", "SEARCHED"])
def test_no_schedule_is_better_than_plans_that_begin_with_cuts(threshold: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phases, threshold, 0)
        compare(10)


@settings(max_examples=300)
@given(worlds())
def test_loosening_any_limit_never_worsens_three_hundred_plans(world: World) -> None:
    loosening_never_hurts(world)
