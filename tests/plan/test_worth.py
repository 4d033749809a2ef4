"""What one more unit is worth: in the relaxed plan, one more saves no more than is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from benchmarks.instances.generate import Instance, instance
from doseline.operations.orders import DoseOrder
from doseline.plan import Limits, Plan, Worth, plan, worth
from doseline.plan.model.candidates import gather
from doseline.plan.reasons.why import values_of
from doseline.plan.reasons.worth import _relaxed
from doseline.plan.solving.solve import solve
from doseline.programme import Programme
from doseline.programme.cost import Penalty
from tests.hand_world import order, world
from tests.plan.variants import FROM, UNTIL, at_reykjavik, planned, with_line

THREE = [*at_reykjavik("ab", started=True), order("tokyo", date(2024, 1, 12), 100.0, "c")]


def dear() -> Programme:
    """The world by heart, where a dose missed costs USD 40,000."""
    return replace(world(), penalties=(Penalty("*", 4_000_000, 4_000_000, 5_000),))


def asked(programme: Programme, orders: list[DoseOrder]) -> tuple[Plan, tuple[Worth, ...]]:
    found = planned(orders, programme)
    return found, worth(programme, orders, found, from_on=FROM, until_on=UNTIL)


def test_a_vial_is_worth_no_less_than_it_saves_and_no_more_than_a_dose() -> None:
    """The dose at the margin shares a package that travels anyway, so it costs less freight."""
    narrow = with_line(dear(), bulk_max_mbq=5_000.0)
    found, rows = asked(narrow, THREE)
    (vial,) = [w for w in rows if w.what == "vial"]
    assert (vial.where, vial.week) == ("cell", "2024-W02")
    wide = with_line(narrow, vials_max=3)
    saved = found.objective_cents - planned(THREE, wide).objective_cents
    # Lots of USD 100 are whole in the plan and not in the relaxation.
    assert saved - 10_000 <= vial.cents < 4_000_000


def test_where_nothing_is_scarce_nothing_is_worth_anything() -> None:
    _, rows = asked(with_line(dear(), vials_max=9, bulk_max_mbq=9_000.0), THREE)
    assert [w for w in rows if w.what in ("vial", "infusion", "slot")] == []


def relaxed_cents(made: Instance, found: Plan, loosen: tuple[str, str, str] | None = None) -> float:
    """The optimum of the relaxed plan, its batches fixed; with one unit more of something."""
    sets = gather(made.programme, made.orders, made.from_on, made.until_on, None)
    problem = _relaxed(sets)
    values = values_of(problem, found.schedule)
    assert values is not None
    for column in problem.made:
        problem.matrix.fix(column, float(round(values[column])))
    if loosen is not None:
        what, where, week = loosen
        for n, limit in enumerate(problem.matrix.limits):
            name, _, rest = limit.where.rpartition(" ")
            if what == "mCi of isotope" and limit.rule == "isotope offer":
                if (name, rest) == (where, week):
                    problem.matrix.row_upper[n] += 37.0
            elif what == "infusion" and limit.rule == "site capacity" and name == where:
                year, number, _ = date.fromisoformat(rest).isocalendar()
                if f"{year}-W{number:02d}" == week:
                    problem.matrix.row_upper[n] += 1.0
    return solve(problem.matrix, Limits()).objective


@pytest.mark.parametrize("seed", [1, 2])
def test_one_more_unit_saves_no_more_than_the_sum_of_what_is_said(seed: int) -> None:
    """A row loosened saves at most its dual; rows of one week are told by the dearest of them."""
    made = instance("S", "activity_bound", seed)
    first, last = made.from_on, made.until_on
    quick = Limits(nodes=50, looks=50)
    found = plan(made.programme, made.orders, from_on=first, until_on=last, limits=quick)
    rows = worth(made.programme, made.orders, found, from_on=first, until_on=last)
    told = [w for w in rows if w.what == "mCi of isotope"]
    assert told
    before = relaxed_cents(made, found)
    for w in told[:4]:
        saved = before - relaxed_cents(made, found, (w.what, w.where, w.week))
        assert -1e-3 <= saved <= w.cents + 1.0
        assert saved > 0


def test_a_slot_is_worth_what_one_more_batch_saves() -> None:
    """Two doses beyond the vials of the week; a second cell is held by nothing but its crew."""
    line = world().manufacturers[0].lines[0]
    plant = replace(
        world().manufacturers[0],
        lines=(line, replace(line, id="cell-2")),
        batches_per_day=1,
        qc_releases_per_day=1,
    )
    two = replace(dear(), manufacturers=(plant,))
    orders = [*at_reykjavik("ab", started=True), order("tokyo", date(2024, 1, 12), 100.0, "c")]
    found, rows = asked(two, orders)
    assert found.met == 2
    by_kind = {w.what: w for w in rows}
    assert by_kind["start of a crew"].cents == by_kind["slot"].cents > 0
    assert by_kind["release by QC"].cents == by_kind["slot"].cents
    wide = replace(two, manufacturers=(replace(plant, batches_per_day=2, qc_releases_per_day=2),))
    saved = found.objective_cents - planned(orders, wide).objective_cents
    assert by_kind["slot"].cents == pytest.approx(saved, abs=2 * 10_000)
