"""A dearer lane is a choice where it can pay, and only there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from benchmarks.instances.generate import instance
from doseline.operations.orders import DoseOrder
from doseline.operations.routes import ways_of
from doseline.plan import Plan
from doseline.plan.model.candidates import gather, routes
from doseline.programme import Programme
from doseline.programme.lane import Lane
from tests.hand_world import order, world
from tests.plan.variants import FROM, UNTIL, WEDNESDAY, planned, with_site

THURSDAY = date(2024, 1, 11)
TWO = (
    replace(order("reykjavik", THURSDAY, 100.0, "a")),
    replace(order("reykjavik", WEDNESDAY, 100.0, "b")),
)
"""The slow boat of below comes in time for the first only."""


def with_boat(cents: int = 10_000, further: float = 0.0, **van: Any) -> Programme:
    """The van takes 3 hours at USD 300; a boat takes 30 hours and is cheaper.

    A further package by van costs a share of the first, nothing unless said.
    """
    programme = with_site(
        world(), "reykjavik", treatment_weekdays=("Wednesday", "Thursday", "Friday")
    )
    boat = Lane("boat", "plant", ("north",), "sea", 30 * 60, cents)
    lanes = tuple(replace(x, **van) if x.id == "van" else x for x in programme.lanes)
    road, air = programme.carriers
    return replace(
        programme,
        lanes=(*lanes, boat),
        carriers=(replace(road, second_package_fraction=further), air, replace(air, id="sea")),
    )


def lanes_used(found: Plan) -> list[str]:
    assert found.breaches == ()
    assert found.objective_cents == found.bound_cents
    return sorted(s.lane for s in found.schedule.shipments)


def lanes_chosen(programme: Programme, orders: tuple[DoseOrder, ...]) -> dict[str, set[str]]:
    """The lanes that are choices, by order."""
    sets = gather(programme, orders, FROM, UNTIL, None)
    return {
        o.id: {sets.choices[r].route.journey.lane for r in sets.of_order[i]}
        for i, o in enumerate(sets.orders)
    }


def test_a_dearer_lane_that_travels_anyway_takes_a_second_package() -> None:
    """Together by van USD 300, apart 300 and 100."""
    found = planned(TWO, with_boat())
    assert lanes_used(found) == ["van"]
    assert found.costs.freight_cents == 30_000


def test_a_second_package_that_costs_more_goes_by_the_cheaper_lane() -> None:
    found = planned(TWO, with_boat(further=0.5))
    assert lanes_used(found) == ["boat", "van"]
    assert found.costs.freight_cents == 40_000
    assert lanes_chosen(with_boat(further=0.5), TWO)["a"] == {"boat"}


def test_a_dearer_lane_that_nobody_needs_is_no_choice() -> None:
    late = (TWO[0], replace(TWO[0], id="c", patient="c"))
    own = with_boat()
    both = replace(own, carriers=tuple(replace(c, second_package_fraction=0) for c in own.carriers))
    assert lanes_chosen(both, late) == {"a": {"boat"}, "c": {"boat"}}
    assert lanes_chosen(both, TWO)["a"] == {"boat", "van"}


def test_a_lane_whose_further_packages_cost_less_can_pay_though_nobody_needs_it() -> None:
    """Two by boat at USD 200 each; by van 300 and nothing."""
    late = (TWO[0], replace(TWO[0], id="c", patient="c"))
    found = planned(late, with_boat(cents=20_000))
    assert lanes_used(found) == ["van"]
    assert found.costs.freight_cents == 30_000


def test_an_earlier_dearer_lane_is_a_choice_where_less_has_to_be_made() -> None:
    """By boat the dose is ready at 8, by van at the usual hour of 7."""
    early = with_site(with_boat(further=1.0), "reykjavik", infusion_usual=time(7))
    assert lanes_chosen(early, TWO)["a"] == {"boat", "van"}
    assert lanes_chosen(with_boat(further=1.0), TWO)["a"] == {"boat"}


@pytest.mark.parametrize(("limit_mbq", "met"), [(2000.0, 1), (150.0, 1), (110.0, 0)])
def test_a_later_dearer_lane_keeps_a_site_inside_its_licence(limit_mbq: float, met: int) -> None:
    """On Tuesday, by van, the vial holds 170 MBq; on Thursday morning, by boat, 113."""
    dear = with_boat(cents=90_000, further=1.0)
    site = dear.site["reykjavik"]
    assert site.licence is not None
    tight = with_site(dear, "reykjavik", licence=replace(site.licence, limit_mbq=limit_mbq))
    found = planned(TWO[:1], tight)
    assert (found.met, found.breaches) == (met, ())
    assert lanes_used(found) == ["van" if limit_mbq > 170 else "boat"][:met]


def test_choices_stay_few_on_an_instance_with_two_lanes_to_many_sites() -> None:
    made = instance("S")
    sets = gather(made.programme, made.orders, made.from_on, made.until_on, None)
    ways = ways_of(made.programme)
    everything = sum(
        len(routes(ways, sets.orders[c.order], sets.places[c.place], c.route.use_on))
        for c in {(c.order, c.place, c.route.use_on): c for c in sets.choices}.values()
    )
    cheapest = len({(c.order, c.place, c.route.use_on) for c in sets.choices})
    assert cheapest < len(sets.choices) < everything
