"""Plans that pay for second chances: a world worked by hand, and laws."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings

from doseline.operations.check import breaches
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule, Unmet
from doseline.plan import plan
from doseline.plan.failures import protection
from doseline.plan.failures.audit import audit
from doseline.plan.failures.never import never_secured
from doseline.plan.failures.protection import Curve, Secured, secure
from doseline.plan.solving.solve import Limits
from doseline.programme import Programme
from doseline.programme.cost import Penalty
from tests.hand_world import two_orders, world
from tests.plan import small
from tests.plan.test_audit import FIRST, NEXT, WEEK_LATER, for_a_week, wide
from tests.plan.variants import (
    FROM,
    UNTIL,
    at_reykjavik,
    with_line,
    with_plant,
    with_policy,
    with_source,
)

Case = tuple[Programme, tuple[DoseOrder, ...]]
THRESHOLD = 1_110_000
"""A batch more (10,000), and its isotope: 6 lots and 11, where 11 would do, at 100 a lot; a dose
less in one package of two, 300 and its share. [cents]"""


def tight() -> Programme:
    """Lots of 100 MBq that are ordered a week ahead: one dose is 6 lots, two are 11."""
    return with_source(with_line(wide(0), bulk_max_mbq=None), lot_mbq=100.0, lock_min=7 * 1440)


def two_weeks() -> tuple[DoseOrder, ...]:
    """Dose a on Wednesday 10 January or up to a week later, dose c on Wednesday 17 January."""
    return (*for_a_week("a"), *at_reykjavik("c", WEEK_LATER))


def secured(program: Programme, orders: tuple[DoseOrder, ...], *prices: int) -> Curve:
    return secure(program, orders, prices, from_on=FROM, until_on=UNTIL)


def batches(point: Secured) -> dict[str, tuple[int, int]]:
    """Vials and lots of each batch."""
    return {b.id: (b.vials, b.isotope_lots) for b in point.plan.schedule.batches}


def test_below_its_price_nobody_pays_for_a_second_chance() -> None:
    """Both doses come out of the second batch, where the second dose has to come from."""
    found = secured(tight(), two_weeks(), THRESHOLD - 100)
    (point,) = found.points
    assert batches(point) == batches(found.cheapest) == {NEXT: (2, 11)}
    assert (point.audit.unsecured, point.plan.objective_cents) == (("a", "c"), 1_220_000)
    assert (point.converged, point.bound_cents) == (True, point.total_cents)


def test_above_it_an_earlier_batch_is_made_and_the_later_one_has_isotope_to_spare() -> None:
    """The second batch serves one dose, and has the lots of two: the first can fail."""
    (point,) = secured(tight(), two_weeks(), THRESHOLD + 100).points
    assert batches(point) == {FIRST: (1, 6), NEXT: (1, 11)}
    assert (point.audit.unsecured, point.plan.breaches) == (("c",), ())
    assert point.plan.objective_cents == 1_220_000 + THRESHOLD
    assert (point.converged, point.bound_cents) == (True, point.total_cents)


def test_isotope_that_can_still_be_ordered_is_not_bought_beforehand() -> None:
    late = with_source(tight(), lock_min=1440)
    (point,) = secured(late, two_weeks(), 5_000_000).points
    assert batches(point) == {FIRST: (1, 6), NEXT: (1, 6)}
    assert point.audit.unsecured == ("c",)


def test_a_vial_is_kept_free_for_the_dose_that_may_be_struck() -> None:
    """Two vials a batch: with a and b in the first, one of them finds no room in the second."""
    program = with_line(tight(), vials_max=2)
    orders = (*for_a_week("ab"), *at_reykjavik("c", WEEK_LATER))
    (point,) = secured(program, orders, 9_000_000).points
    assert batches(point) == {FIRST: (2, 11), NEXT: (1, 11)}
    assert len(point.audit.unsecured) == 2, "c, and a or b: they compete for the free vial"
    assert point.converged


def test_failures_are_added_as_they_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the second round the first batch is made, and found to have no second chance."""
    monkeypatch.setattr(protection, "_AT_ONCE", -1)
    (point,) = secured(tight(), two_weeks(), THRESHOLD + 100).points
    assert (point.rounds, point.converged) == (3, True)
    assert point.total_cents == point.bound_cents == 1_220_000 + THRESHOLD + THRESHOLD + 100


def test_where_rounds_run_out_a_plan_does_not_claim_to_have_converged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protection, "_AT_ONCE", -1)
    monkeypatch.setattr(protection, "_ROUNDS", 1)
    (point,) = secured(tight(), two_weeks(), THRESHOLD + 100).points
    assert not point.converged
    assert point.bound_cents < point.total_cents


def test_doses_are_never_left_out_to_have_fewer_unsecured() -> None:
    (point,) = secured(world(), two_orders(), 10**9).points
    assert (point.plan.met, point.unsecured) == (2, 2)


# -- what no plan can secure ---------------------------------------------------------------


def never(program: Programme, orders: tuple[DoseOrder, ...]) -> tuple[Unmet, ...]:
    return never_secured(program, orders, FROM, UNTIL)


def test_a_dose_that_one_slot_can_serve_is_never_secured() -> None:
    told = f"only {NEXT} can serve it in its window"
    assert never(tight(), two_weeks()) == (Unmet("c", told),)


def two_cells() -> Programme:
    """Another cell that starts at the same hours."""
    plant = tight().manufacturers[0]
    return with_plant(tight(), lines=(*plant.lines, replace(plant.lines[0], id="twin")))


def test_a_dose_whose_slots_all_start_on_one_day_is_never_secured() -> None:
    (told,) = never(two_cells(), tuple(at_reykjavik("c", WEEK_LATER)))
    assert told.reason == "all 2 slots that can serve it start on Tue 2024-01-16"


def test_a_spare_vial_of_a_batch_of_the_same_day_may_always_help() -> None:
    spare = with_policy(two_cells(), spare_vials=1)
    assert never(spare, tuple(at_reykjavik("c", WEEK_LATER))) == ()


# -- laws ----------------------------------------------------------------------------------


def small_curve(case: Case, *prices: int) -> Curve:
    return secure(case[0], case[1], prices, from_on=small.FROM, until_on=small.UNTIL)


PRICES = (300_000, 2_000_000, 20_000_000)


@settings(max_examples=6)
@given(small.cases())
def test_dearer_doses_cost_more_and_are_fewer(case: Case) -> None:
    curve = small_curve(case, *PRICES)
    points = (curve.cheapest, *curve.points)
    for one, other in pairwise(points):
        assert one.plan.objective_cents <= other.plan.objective_cents
        assert one.unsecured >= other.unsecured
        assert one.plan.met == other.plan.met
    for point in points:
        assert breaches(case[0], point.plan.schedule, case[1]) == ()
        again = audit(
            case[0], case[1], point.plan, from_on=small.FROM, until_on=small.UNTIL, kinds=()
        )
        assert again.unsecured == point.audit.unsecured
        assert point.bound_cents <= point.total_cents


@settings(max_examples=6)
@given(small.cases())
def test_what_no_plan_can_secure_is_unsecured_in_every_plan(case: Case) -> None:
    curve = small_curve(case, 10**9)
    known = {u.order for u in curve.never}
    for point in (curve.cheapest, *curve.points):
        served = known & set(point.plan.schedule.allocation)
        assert served <= set(point.audit.unsecured)


@settings(max_examples=4)
@given(small.cases())
def test_adding_failures_one_by_one_ends_where_all_at_once_does(case: Case) -> None:
    price = 3_000_000
    (at_once,) = small_curve(case, price).points
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protection, "_AT_ONCE", -1)
        (one_by_one,) = small_curve(case, price).points
    if at_once.converged and one_by_one.converged:
        # each is proven to a gap of a ten-thousandth of its total
        near = pytest.approx(one_by_one.total_cents, rel=3e-4)
        assert at_once.total_cents == near


def test_without_a_price_the_plan_is_the_plan() -> None:
    (point,) = secured(tight(), two_weeks(), 0).points
    cheapest = plan(tight(), two_weeks(), from_on=FROM, until_on=UNTIL)
    assert point.plan.objective_cents == cheapest.objective_cents
    with pytest.raises(ValueError, match="at least 0, got -1"):
        secured(tight(), two_weeks(), -1)


def test_doses_that_a_search_happens_to_meet_are_held_from_then_on() -> None:
    """The case begins with a plan that meets nobody, as a clock may leave it."""
    program = replace(tight(), penalties=(Penalty("*", 4_000_000, 2_000_000, 0),))
    full = plan(program, two_weeks(), from_on=FROM, until_on=UNTIL)
    none = replace(full, schedule=Schedule(None), met=0)
    case = protection._Case.of(program, two_weeks(), none, FROM, UNTIL)
    assert case.held == 2
    run = case.at(100, Limits(seconds=30.0), lambda _: None)
    assert [f.plan.met for f in case.sound] == [2]
    assert case.best(run, 0).plan.met == 2
    assert case.held == 0
