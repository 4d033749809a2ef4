"""The search for the least design, on a stand-in whose best design is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doseline.studies.sizing.search import Option, Rules, Search
from tests.studies.sizing.stand_in import LADDER, TARGETS, Known, observer, search
from tests.studies.sizing.test_sequential import allowed


def test_the_least_capacity_that_is_enough_is_found_as_often_as_promised() -> None:
    """Its rivals lie at the edge of the zone: just too poor below, just too dear beside it."""
    studies, right = 40, 0
    for study in range(studies):
        found = search(LADDER, study, TARGETS)
        right += found.least([0]) == "three" and found.least([0, 1]) == "four"
    assert allowed(right, studies, 0.95)


def test_a_larger_design_is_not_played_on_once_a_smaller_one_is_enough() -> None:
    found = search(LADDER, 1, TARGETS)
    found.least([0])
    assert len(found.rows["five"]) == 20
    assert len(found.rows["two"]) > 20


def test_what_has_no_headroom_is_never_sufficient() -> None:
    designs = {"a": Known("a", 1.0, (0.99,), 1.0), "b": Known("b", 2.0, (0.99,), 2.0)}
    options = [Option("a", 1.0, frozenset({0})), Option("b", 2.0)]
    found = Search(options, (0.9,), observer(designs, 1))
    found.begin()
    assert found.least([0]) == "b"
    assert found.standing("a", 0) is False


def test_where_no_design_is_enough_none_is_found() -> None:
    found = search(LADDER, 2, (0.999, 0.999))
    assert found.least([0, 1]) is None


def test_of_equal_capacity_the_cheapest_is_taken() -> None:
    designs = {
        "dear": Known("dear", 1.0, (0.99,), 2.0),
        "cheap": Known("cheap", 1.0, (0.98,), 1.0),
        "cheap-and-poor": Known("cheap-and-poor", 1.0, (0.5,), 0.5),
    }
    assert search(designs, 3, (0.9,)).least([0]) == "cheap"


def test_what_the_most_futures_do_not_decide_is_said() -> None:
    designs = {"edge": Known("edge", 1.0, (0.95,), 1.0)}
    rules = Rules(zone=0.0005, first=20, most=40)
    found = Search([Option("edge", 1.0)], (0.95,), observer(designs, 1), rules)
    found.begin()
    found.least([0])
    assert found.unsettled == {("edge", 0)}
    assert found.standing("edge", 0) is None


def test_a_period_without_demand_is_served_by_anything() -> None:
    designs = {"a": Known("a", 1.0, (0.0,), 1.0)}
    own = observer(designs, 1)
    found = Search(
        [Option("a", 1.0)],
        (0.95,),
        lambda asked: {
            n: [replace(r, due=(0.0,), on_time=(0.0,)) for r in rows]
            for n, rows in own(asked).items()
        },
    )
    found.begin()
    assert found.least([0]) == "a"


@pytest.mark.parametrize("among", [("five",), ("one", "two")])
def test_a_search_may_be_held_to_some_designs(among: tuple[str, ...]) -> None:
    found = search(LADDER, 4, TARGETS).least([0], among)
    assert found == ("five" if among == ("five",) else None)
