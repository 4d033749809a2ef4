"""Roads as columns are those that a plan would choose one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from doseline.operations.routes import ways_of
from doseline.operations.slots import expand
from doseline.operations.timetables import treated
from doseline.plan.long_term.roads import Map
from doseline.plan.model.candidates import best_choice
from doseline.plan.model.places import usable
from doseline.programme import Programme
from tests.hand_world import order, world
from tests.plan.variants import with_site

FIRST, DAYS = date(2024, 1, 8), 42


def as_it_is(programme: Programme) -> Programme:
    return programme


def late_doors(programme: Programme) -> Programme:
    return with_site(programme, "reykjavik", receives_weekdays=("Thursday",))


def small_vials(programme: Programme) -> Programme:
    (product,) = programme.products
    holds = 1.1 * (1.0 + product.overfill_fraction)
    return replace(
        programme,
        products=(
            replace(product, fill="volume", concentration_mbq_per_ml=1.0, fill_volume_ml=holds),
        ),
    )


def a_week_longer(programme: Programme) -> Programme:
    (product,) = programme.products
    return replace(
        programme, products=(replace(product, shelf_life_min=product.shelf_life_min + 10080),)
    )


@pytest.mark.parametrize("changed", [as_it_is, late_doors, small_vials, a_week_longer])
@pytest.mark.parametrize("name", ["reykjavik", "tokyo"])
def test_roads_are_the_best_choices_of_every_place_and_day(
    changed: Callable[[Programme], Programme], name: str
) -> None:
    programme = changed(world())
    ways, site = ways_of(programme), programme.site[name]
    slots = expand(programme, FIRST - timedelta(days=14), FIRST + timedelta(days=DAYS))
    places = usable(programme, slots, None, {})
    first = FIRST.toordinal()
    wanted = np.frombuffer(treated(site, first, DAYS), dtype=np.bool_)
    found = Map(ways, places, first, DAYS).roads("dose", "trial", site, wanted)
    columns = (found.place, found.use_on, found.use_at, found.load_mbq, found.received_first_at)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    expected = []
    for s, place in enumerate(places):
        for on in (FIRST + timedelta(days=n) for n in range(DAYS)):
            choice = best_choice(ways, order(name, on, 1.0, "a"), 0, place, s, on, {})
            if choice is not None:
                route = choice.route
                row = (s, route.use_on.toordinal(), route.use_at, choice.load_mbq)
                expected.append((*row, choice.received_first_at))
    assert rows == expected
    assert rows or changed in (late_doors, small_vials)
