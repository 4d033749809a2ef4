"""What lanes, doors and roads have answered is shared by those who have the same, and only them."""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import date, timedelta

from doseline.operations import remembered
from doseline.operations.happened import Span
from doseline.operations.routes import Ways
from doseline.operations.slots import Slot, expand
from doseline.operations.timetables import treated
from doseline.plan.model.aftermath import WaysAround
from doseline.programme import Programme
from doseline.programme.lane import Lane
from tests.hand_world import world

WEDNESDAY = date(2024, 1, 10)


def slot_of(programme: Programme) -> Slot:
    return expand(programme, WEDNESDAY - timedelta(days=1), WEDNESDAY)[0]


def van(programme: Programme) -> Lane:
    return programme.lane["van"]


def looked_up(programme: Programme) -> Ways:
    """Ways that have been asked for the uses of a slot at Reykjavik."""
    ways = Ways(programme)
    slot, site = slot_of(programme), programme.site["reykjavik"]
    assert ways.uses("trial", slot, site, WEDNESDAY)
    return ways


def book(ways: Ways) -> remembered.Book:
    programme = ways.programme
    return ways.book("trial", slot_of(programme), programme.site["reykjavik"])


def test_programmes_that_differ_in_their_plants_share_what_lanes_and_roads_answered() -> None:
    one = world()
    other = replace(one, manufacturers=tuple(replace(m) for m in one.manufacturers))
    ways, others = looked_up(one), Ways(other)
    assert others.timetable(van(other)) is ways.timetable(van(one))
    assert book(others) is book(ways)
    assert book(others).roads


def test_another_lane_carrier_permission_or_product_is_not_taken_for_the_same() -> None:
    one = world()
    ways = looked_up(one)
    for changed in (
        replace(one, lanes=tuple(replace(x, cost_cents=1) for x in one.lanes)),
        replace(one, carriers=tuple(replace(x) for x in one.carriers)),
        replace(one, permissions=tuple(replace(x) for x in one.permissions)),
        replace(one, products=tuple(replace(x, infusion_min=90) for x in one.products)),
        replace(one, sites=tuple(replace(x, market="elsewhere") for x in one.sites)),
    ):
        assert book(Ways(changed)) is not book(ways)


def test_ways_around_a_closed_lane_share_nothing() -> None:
    one = world()
    ways, around = looked_up(one), WaysAround(one, {"van": (Span(0, 10**7),)})
    assert around.timetable(van(one)) is not ways.timetable(van(one))
    assert book(around) is not book(ways)
    slot, site = slot_of(one), one.site["reykjavik"]
    assert around.uses("trial", slot, site, WEDNESDAY) == ()
    assert ways.uses("trial", slot, site, WEDNESDAY) == Ways(one).uses(
        "trial", slot, site, WEDNESDAY
    )


def test_nothing_is_remembered_of_programmes_that_are_gone() -> None:
    one = replace(world(), lanes=tuple(replace(x) for x in world().lanes))
    ways = looked_up(one)
    kept = len(remembered._timetables), len(remembered._books)
    del ways
    gc.collect()
    assert len(remembered._timetables) < kept[0]
    assert len(remembered._books) < kept[1]


def test_a_site_treats_on_the_days_that_it_treats_one_by_one() -> None:
    one, first = world(), WEDNESDAY.toordinal() - 40
    for site in one.sites:
        for opens, closes in ((None, None), (WEDNESDAY, None), (None, WEDNESDAY), (WEDNESDAY,) * 2):
            dated = replace(site, active_from_on=opens, active_until_on=closes)
            ways = Ways(replace(one, sites=(dated,)))
            one_by_one = bytes(ways.treats(dated, day) for day in range(first, first + 90))
            assert treated(dated, first, 90) == one_by_one
    assert treated(replace(one.sites[0], active_from_on=date(2030, 1, 1)), first, 90) == bytes(90)
    assert treated(replace(one.sites[0], active_until_on=date(2000, 1, 1)), first, 90) == bytes(90)
