"""What would serve a dose: each change is the one that, made in the programme, serves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import pytest

from benchmarks.instances.generate import instance
from doseline.operations.orders import DoseOrder
from doseline.plan import Limits, Plan, Why, plan, why
from doseline.plan.model.candidates import gather
from doseline.plan.model.model import constrained
from doseline.plan.reasons.why import values_of
from doseline.programme import Programme
from doseline.programme.lane import Permission
from doseline.programme.site import Licence
from tests.hand_world import order, two_orders, world
from tests.plan.variants import (
    FROM,
    UNTIL,
    WEDNESDAY,
    at_reykjavik,
    planned,
    with_line,
    with_product,
    with_site,
)

Change = Callable[[Programme], Programme]


def asked(
    programme: Programme, orders: Sequence[DoseOrder], names: Sequence[str] | None = None
) -> tuple[Plan, tuple[Why, ...]]:
    found = planned(orders, programme)
    return found, why(programme, orders, found, names, from_on=FROM, until_on=UNTIL)


def kinds(row: Why) -> list[tuple[str, ...]]:
    return [tuple(c.kind for c in saving.changes) for saving in row.savings]


CASES: dict[str, tuple[Change, list[DoseOrder], tuple[str, ...], Change]] = {
    "a vial": (
        lambda p: with_line(p, bulk_max_mbq=5_000.0),
        [*at_reykjavik("ab", started=True), order("tokyo", date(2024, 1, 12), 100.0, "c")],
        ("vial",),
        lambda p: with_line(p, vials_max=3),
    ),
    "a bulk": (
        lambda p: with_line(p, bulk_max_mbq=600.0),
        list(two_orders()),
        ("bulk",),
        lambda p: with_line(p, bulk_max_mbq=640.0),
    ),
    "a permission": (
        lambda p: replace(p, permissions=(replace(p.permissions[0], markets=("IS",)),)),
        list(two_orders()),
        ("permission",),
        lambda p: replace(
            p, permissions=(*p.permissions, Permission("plant", ("JP",), ("trial",), p.from_on))
        ),
    ),
    "a licence": (
        lambda p: with_site(p, "tokyo", licence=Licence(("I-131",), 1_000.0)),
        list(two_orders()),
        ("licence",),
        lambda p: with_site(p, "tokyo", licence=Licence(("I-131", "Y-90"), 1_000.0)),
    ),
    "possession": (
        lambda p: with_site(p, "tokyo", licence=Licence(("Y-90",), 130.0)),
        list(two_orders()),
        ("licence",),
        lambda p: with_site(p, "tokyo", licence=Licence(("Y-90",), 260.0)),
    ),
    "an infusion": (
        lambda p: with_site(p, "reykjavik", daily_capacity=1),
        at_reykjavik("ab"),
        ("site capacity",),
        lambda p: with_site(p, "reykjavik", daily_capacity=2),
    ),
    "shelf life": (
        lambda p: with_product(p, shelf_life_min=60 * 60),
        list(two_orders()),
        ("shelf life",),
        lambda p: with_product(p, shelf_life_min=72 * 60),
    ),
    "a treatment day": (
        lambda p: with_site(p, "tokyo", treatment_weekdays=("Monday",)),
        list(two_orders()),
        ("treatment day",),
        lambda p: with_site(p, "tokyo", treatment_weekdays=("Monday", "Friday")),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_change_told_serves_the_dose_once_it_is_made(case: str) -> None:
    narrow, orders, expected, wide = CASES[case]
    programme = narrow(world())
    found, rows = asked(programme, orders)
    assert [row.order for row in rows] == [u.order for u in found.unmet]
    assert found.met == len(orders) - 1
    assert expected in kinds(rows[0])
    assert planned(orders, wide(programme)).met == len(orders)


def test_a_dose_that_is_cheaper_on_another_day_needs_no_change() -> None:
    """A second batch for one dose costs more than a day moved."""
    lone = replace(at_reykjavik("a")[0], earliest_on=WEDNESDAY)
    later = date(2024, 1, 17)
    other = replace(
        at_reykjavik("b", on=later)[0], earliest_on=WEDNESDAY, latest_on=later, wanted_on=later
    )
    found, rows = asked(world(), [lone, other])
    assert [s.order for s in found.shifted] == ["b"]
    (row,) = rows
    first = row.savings[0]
    assert (first.changes, first.use_on) == ((), later)
    apart = planned([lone, replace(other, earliest_on=later)])
    assert first.added_cents == apart.objective_cents - found.objective_cents > 0


def test_a_dose_on_its_day_needs_nothing_and_a_stranger_is_refused() -> None:
    found, rows = asked(world(), two_orders(), ["tokyo/1"])
    assert [(r.use_on, r.savings) for r in rows] == [(date(2024, 1, 12), ())]
    with pytest.raises(LookupError, match="nobody"):
        why(world(), two_orders(), found, ["nobody"], from_on=FROM, until_on=UNTIL)


def test_where_two_limits_stand_both_are_told() -> None:
    narrow = with_site(with_line(world(), bulk_max_mbq=5_000.0), "reykjavik", daily_capacity=2)
    found, rows = asked(narrow, at_reykjavik("abc"))
    assert found.met == 2
    assert ("site capacity", "vial") in [tuple(sorted(k)) for k in kinds(rows[0])]


def test_a_plan_put_into_the_model_breaks_none_of_its_rows() -> None:
    for variant in ("base", "activity_bound", "cross_border"):
        made = instance("S", variant)
        days = (made.from_on, made.until_on)
        quick = Limits(nodes=20, looks=20)
        found = plan(made.programme, made.orders, from_on=days[0], until_on=days[1], limits=quick)
        problem = constrained(gather(made.programme, made.orders, *days, None))
        values = values_of(problem, found.schedule)
        assert values is not None
        sums = problem.matrix.sums(values)
        assert all(sums <= problem.matrix.row_upper + 1e-6 * (1 + abs(sums)))
        assert all(sums >= problem.matrix.row_lower - 1e-6 * (1 + abs(sums)))


def test_added_costs_are_those_of_the_plan_with_the_dose_on_its_day() -> None:
    """The vial told costs what a plan pays that has room for it and is otherwise the same."""
    narrow = with_line(world(), bulk_max_mbq=5_000.0)
    orders = [*at_reykjavik("ab", started=True), order("tokyo", date(2024, 1, 12), 100.0, "c")]
    found, rows = asked(narrow, orders)
    wide = planned(orders, with_line(narrow, vials_max=3))
    saving = next(s for s in rows[0].savings if s.changes and s.changes[0].kind == "vial")
    # The third vial makes a batch a quarter of an hour longer, by less than a lot.
    assert saving.added_cents == wide.objective_cents - found.objective_cents


def test_no_more_are_told_than_asked_for() -> None:
    lots = at_reykjavik("abcdef")
    found = planned(lots)
    assert len(found.unmet) == 4
    assert len(why(world(), lots, found, from_on=FROM, until_on=UNTIL, most=2)) == 2
