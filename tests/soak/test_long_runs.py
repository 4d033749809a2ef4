"""Laws that need many runs: histories over whole horizons, plans of many random programmes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from doseline.demand import orders, patients
from doseline.formats import read_programme
from doseline.operations.accounts import imbalances
from doseline.operations.check import breaches
from doseline.operations.life import obeys
from doseline.plan import plan
from doseline.programme import Programme
from doseline.simulate import history
from tests.strategies import small_programmes

pytestmark = pytest.mark.soak

CLR131 = Path(__file__).parents[2] / "examples" / "clr131" / "programme.yaml"


@pytest.mark.parametrize("replication", range(3))
@pytest.mark.parametrize("design", ["madison_and_hamilton", "hamilton_two_slots"])
def test_a_whole_horizon_obeys_life_and_loses_no_activity(design: str, replication: int) -> None:
    programme = read_programme(CLR131).under(design)
    events = history(
        programme,
        lambda r: patients(programme, 5, r),
        seed=5,
        replication=replication,
        from_on=programme.from_on,
        until_on=programme.until_on,
    )
    assert obeys(events, finished=False, spare_vials=programme.policy.spare_vials) == ()
    assert imbalances(events, {p.id: p.half_life for p in programme.products}) == ()


@settings(max_examples=300, deadline=None)
@given(programme=small_programmes())
def test_every_plan_of_a_random_programme_passes_the_checker(programme: Programme) -> None:
    under = programme.under(None)
    wanted = orders(under, patients(under, 1, 0))[:12]
    first = under.from_on
    last = first + timedelta(days=60)
    inside = [o for o in wanted if first <= o.wanted_on <= last]
    found = plan(under, inside, from_on=first, until_on=last)
    assert breaches(under, found.schedule, inside) == ()
