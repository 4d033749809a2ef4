"""A certificate holds for its plan, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.instances.generate import Instance, instance
from doseline.operations.schedule import Schedule
from doseline.operations.standing import Standing
from doseline.plan import Certificate, Limits, Pin, Plan, Verified, plan, verify
from doseline.plan.proof.duals import Multipliers, Proven
from doseline.plan.proof.rounding import Cut
from tests.hand_world import two_orders, world
from tests.plan.small import FROM as SMALL_FROM
from tests.plan.small import UNTIL as SMALL_UNTIL
from tests.plan.small import cases
from tests.plan.test_laws import Case
from tests.plan.variants import at_reykjavik, planned

SLOT = "cell@2024-01-09T06:00"


def certificate_of(found: Plan) -> Certificate:
    assert found.certificate is not None
    return found.certificate


@pytest.fixture(scope="module")
def made() -> Instance:
    return instance("S")


@pytest.fixture(scope="module")
def found(made: Instance) -> Plan:
    return plan(
        made.programme, made.orders, from_on=made.from_on, until_on=made.until_on, certified=True
    )


def checked(made: Instance, certificate: Certificate, schedule: Schedule) -> Verified:
    return verify(made.programme, made.orders, schedule, certificate)


def test_a_plan_of_the_benchmark_verifies(made: Instance, found: Plan) -> None:
    certificate = certificate_of(found)
    told = checked(made, certificate, found.schedule)
    assert told.holds
    assert told.claims == certificate.claims
    assert told.claims.cost_cents == found.objective_cents
    assert told.claims.met_at_most == found.met_bound == 60
    assert told.claims.bound_cents is not None
    assert 0 < told.claims.bound_cents <= found.objective_cents


@settings(max_examples=25)
@given(cases())
def test_no_small_world_has_a_plan_below_its_certified_bound(case: Case) -> None:
    """The plan is solved to its optimum, so a bound above it would be wrong."""
    programme, orders = case
    best = plan(
        programme,
        orders,
        from_on=SMALL_FROM,
        until_on=SMALL_UNTIL,
        certified=True,
        limits=Limits(gap=0.0),
    )
    told = verify(programme, orders, best.schedule, certificate_of(best))
    assert told.holds
    assert told.claims.met_at_most >= best.met
    assert certificate_of(best).cost is not None
    assert told.claims.bound_cents is not None
    assert told.claims.bound_cents <= best.objective_cents


# -- every kind of plan ------------------------------------------------------------------------


def test_a_plan_with_doses_unmet_verifies() -> None:
    orders = at_reykjavik("abc")
    best = planned(orders, certified=True)
    told = verify(world(), orders, best.schedule, certificate_of(best))
    assert told.holds
    assert (told.claims.met, told.claims.unmet_weight) == (best.met, 3 - best.met)
    assert told.claims.met_at_most < 3


def test_a_plan_with_pins_verifies_with_them_alone() -> None:
    orders, pins = two_orders(), (Pin(SLOT, "tokyo/1"),)
    best = planned(orders, pins=pins, certified=True)
    told = verify(world(), orders, best.schedule, certificate_of(best), pins=pins)
    assert told.holds
    without = verify(world(), orders, best.schedule, certificate_of(best))
    assert next(d.field for d in without.differences) == "doses.matrix"


def test_a_plan_from_a_standing_verifies_with_it() -> None:
    before = planned(two_orders())
    standing = Standing(now_at=11_000, locked=before.schedule.batches)
    orders = [two_orders()[1]]
    best = planned(orders, standing=standing, certified=True)
    told = verify(world(), orders, best.schedule, certificate_of(best), standing=standing)
    assert told.holds


def test_a_plan_that_breaks_promises_says_so_and_verifies() -> None:
    """Three promises of a batch of two vials."""
    orders = at_reykjavik("abc")
    promise = planned(two_orders()).schedule.allocations[0]
    standing = Standing(promised=tuple(replace(promise, order=o.id) for o in orders))
    best = planned(orders, standing=standing, certified=True)
    certificate = certificate_of(best)
    assert certificate.promises_break
    told = verify(world(), orders, best.schedule, certificate, standing=standing)
    assert told.holds
    kept = replace(certificate, promises_break=False)
    assert not verify(world(), orders, best.schedule, kept, standing=standing).holds


def test_a_plan_whose_doses_have_a_price_verifies() -> None:
    best = planned(two_orders(), price_unmet=True, certified=True)
    certificate = certificate_of(best)
    assert (certificate.held, certificate.doses) == (None, None)
    assert verify(world(), two_orders(), best.schedule, certificate).holds


def test_without_duals_cost_and_feasibility_are_still_verified(made: Instance, found: Plan) -> None:
    certificate = certificate_of(found)
    none = replace(certificate, cost=None, claims=replace(certificate.claims, bound_cents=None))
    none = replace(none, claims=replace(none.claims, gap=None))
    told = checked(made, none, found.schedule)
    assert told.holds
    assert (told.claims.bound_cents, told.claims.cost_cents) == (None, found.objective_cents)


def test_a_plan_has_no_certificate_unless_it_is_asked_for() -> None:
    assert planned(two_orders()).certificate is None


# -- what is altered is refused ----------------------------------------------------------------


def proof(certificate: Certificate) -> Proven:
    assert certificate.cost is not None
    return certificate.cost


def with_rows(certificate: Certificate, rows: tuple[tuple[int, float], ...]) -> Certificate:
    cost = replace(proof(certificate), multipliers=Multipliers(rows))
    return replace(certificate, cost=cost)


def first_row(certificate: Certificate, row: int, factor: float) -> Certificate:
    (at, value), *rest = proof(certificate).multipliers.rows
    return with_rows(certificate, ((at + row, value * factor), *rest))


ALTERED: dict[str, tuple[Callable[[Certificate], Certificate], str]] = {
    "a cost": (
        lambda c: replace(c, claims=replace(c.claims, cost_cents=c.claims.cost_cents - 1)),
        "claims.cost_cents",
    ),
    "doses met": (
        lambda c: replace(c, claims=replace(c.claims, met=c.claims.met + 1)),
        "claims.met",
    ),
    "a bound in cents": (
        lambda c: replace(c, claims=replace(c.claims, bound_cents=(c.claims.bound_cents or 0) + 1)),
        "claims.bound_cents",
    ),
    "a gap": (
        lambda c: replace(c, claims=replace(c.claims, gap=0.0)),
        "claims.gap",
    ),
    "breaches": (
        lambda c: replace(c, claims=replace(c.claims, breaches=1)),
        "claims.breaches",
    ),
    "an exact bound": (
        lambda c: replace(c, cost=replace(proof(c), bound=proof(c).bound + Fraction(1, 10**6))),
        "cost.bound",
    ),
    "a fingerprint": (
        lambda c: replace(c, cost=replace(proof(c), matrix="0" * 64)),
        "cost.matrix",
    ),
    "the weight held": (lambda c: replace(c, held=1), "cost.matrix"),
    "a first day": (
        lambda c: replace(c, from_on=c.from_on.replace(day=c.from_on.day + 7)),
        "doses.matrix",
    ),
    "a multiplier": (lambda c: first_row(c, 0, 1.001), "cost.bound"),
    "the row of a multiplier": (lambda c: first_row(c, 10**6, 1.0), "cost.multipliers"),
    "the sign of a multiplier": (
        lambda c: with_rows(c, tuple((i, -v) for i, v in proof(c).multipliers.rows)),
        "cost.multipliers",
    ),
    "a cut": (
        lambda c: replace(
            c,
            cost=replace(
                proof(c),
                multipliers=replace(
                    proof(c).multipliers, cuts=((Cut(((0, 1.0),), 1.0, kind="believed"), 1.0),)
                ),
            ),
        ),
        "cost.multipliers",
    ),
    "a gap of the solver": (
        lambda c: replace(c, solver=replace(c.solver, gap=c.solver.gap + 0.01)),
        "solver.gap",
    ),
}


@pytest.mark.parametrize("what", ALTERED)
def test_a_certificate_altered_in_one_figure_is_refused(
    what: str, made: Instance, found: Plan
) -> None:
    alter, field = ALTERED[what]
    told = checked(made, alter(certificate_of(found)), found.schedule)
    assert field in [d.field for d in told.differences]


def spoiled(schedule: Schedule, **changes: Any) -> Schedule:
    first, *rest = schedule.batches
    return replace(schedule, batches=(replace(first, **changes), *rest))


@pytest.mark.parametrize(
    "changes",
    [{"vials": 99}, {"charge_at": 0}, {"isotope_lots": 0}, {"eos_at": 20_000}, {"line": "nowhere"}],
    ids=str,
)
def test_a_spoiled_schedule_is_refused(
    changes: dict[str, Any], made: Instance, found: Plan
) -> None:
    told = checked(made, certificate_of(found), spoiled(found.schedule, **changes))
    assert told.breaches
    assert not told.holds


def test_packages_that_are_not_paid_for_are_refused(made: Instance, found: Plan) -> None:
    first, *rest = found.schedule.shipments
    fewer = replace(first, packages=first.packages - 1)
    told = checked(made, certificate_of(found), replace(found.schedule, shipments=(fewer, *rest)))
    assert "breaches.too_few_packages" in [d.field for d in told.differences]


def test_a_schedule_that_leaves_a_dose_out_is_refused(made: Instance, found: Plan) -> None:
    less = replace(found.schedule, allocations=found.schedule.allocations[1:])
    told = checked(made, certificate_of(found), less)
    assert {"claims.met", "claims.unmet_weight"} <= {d.field for d in told.differences}


@settings(max_examples=60)
@given(data=st.data())
def test_no_alteration_of_a_multiplier_proves_more(
    data: st.DataObject, made: Instance, found: Plan
) -> None:
    """A multiplier that changes nothing of the bound proves as much; any other is refused."""
    certificate = certificate_of(found)
    rows = list(proof(certificate).multipliers.rows)
    at = data.draw(st.integers(0, len(rows) - 1))
    rows[at] = (rows[at][0], data.draw(st.floats(-1e7, 1e7)))
    told = checked(made, with_rows(certificate, tuple(rows)), found.schedule)
    fields = {d.field for d in told.differences}
    assert not fields - {"cost.bound", "cost.multipliers", "claims.bound_cents", "claims.gap"}
    if told.claims.bound_cents is not None:
        assert told.claims.bound_cents <= found.objective_cents
    assert told.holds == (not fields)
