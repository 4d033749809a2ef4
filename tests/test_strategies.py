"""The random worlds that other tests stand on are sound and feasible."""

from datetime import timedelta

from hypothesis import given, settings

from doseline.operations.orders import DoseOrder
from doseline.operations.routes import Ways
from doseline.operations.slots import expand
from doseline.programme import Programme
from tests.strategies import FIRST, small_programmes


@given(programme=small_programmes())
@settings(max_examples=40)
def test_in_a_small_random_programme_every_site_can_be_served_in_any_later_week(
    programme: Programme,
) -> None:
    world = programme.under(None)
    ways = Ways(world)
    slots = expand(world, FIRST + timedelta(weeks=1), world.until_on)
    assert slots
    for site in world.sites:
        first = FIRST + timedelta(weeks=2)
        days = [first + timedelta(days=n) for n in range(7)]
        order = DoseOrder("o", "drug", "protocol", site.id, "p", 1, 0, first, first, days[-1], 1000)
        assert any(ways.routes(order, slot, day) for slot in slots for day in days)
