"""Slots and plants for quarters: worlds worked by hand, and laws beside the plan of a week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings

from doseline.operations.orders import DoseOrder, OrderMix
from doseline.plan import plan
from doseline.plan.long_term.quarters import quarters
from doseline.plan.long_term.tactical import Tactical, tactical
from doseline.plan.long_term.weekly import by_week
from doseline.plan.solving.solve import Limits
from doseline.programme import Programme
from doseline.programme.contract import Contract, Tier
from doseline.programme.manufacturer import Availability
from doseline.programme.site import Licence
from tests.hand_world import world
from tests.plan.small import FROM, UNTIL, cases
from tests.plan.variants import with_contract, with_line, with_plant, with_site

Case = tuple[Programme, tuple[DoseOrder, ...]]
FIRST, LAST = date(2024, 1, 8), date(2024, 6, 30)
EXACT = Limits(gap=1e-6)


def each_week(orders: float, site: str = "reykjavik", mbq: float = 200.0) -> OrderMix:
    """So many orders a week, from 8 January to 30 June 2024."""
    weeks = ((LAST - FIRST).days + 1) / 7
    return OrderMix("dose", "trial", site, 2, mbq, orders * weeks, FIRST, LAST)


def found(programme: Programme, *mix: OrderMix) -> Tactical:
    return tactical(programme, mix, from_on=FIRST, until_on=LAST, limits=EXACT)


# -- orders by week ------------------------------------------------------------------------


def test_a_mix_is_spread_over_its_weeks_and_rows_of_a_week_have_their_mean_activity() -> None:
    mix = (each_week(2.0), replace(each_week(1.0), activity_mbq=500.0, weekday=4))
    orders, count = by_week(mix, FIRST, LAST)
    assert len(orders) == 25
    assert count == pytest.approx([3.0] * 25)
    assert [o.activity_mbq for o in orders] == pytest.approx([300.0] * 25)
    assert (orders[0].earliest_on, orders[0].latest_on) == (FIRST, FIRST + timedelta(days=6))


def test_a_horizon_cuts_a_mix_and_quarters_are_those_of_the_calendar() -> None:
    _, count = by_week([each_week(1.0)], FIRST, date(2024, 1, 10))
    assert count == pytest.approx([3 / 7])
    assert [(q.name, q.days) for q in quarters(FIRST, LAST)] == [("2024-Q1", 84), ("2024-Q2", 91)]


# -- by hand -------------------------------------------------------------------------------


def test_the_cell_serves_one_dose_a_week_with_a_batch_each() -> None:
    told = found(world(), each_week(1.0))
    assert told.status == "optimal"
    assert told.expected == pytest.approx(25.0)
    assert told.served == pytest.approx(25.0, abs=1e-3)
    assert [(t.quarter, t.at, t.taken) for t in told.slots] == [
        ("2024-Q1", "Tuesday 06:00", True),
        ("2024-Q2", "Tuesday 06:00", True),
    ]
    assert sum(t.batches for t in told.slots) == pytest.approx(25.0)


def test_what_no_batch_can_hold_is_told_as_short_in_its_quarter() -> None:
    """The cell fills two vials, the site treats more: half of four doses a week."""
    licence = Licence(("Lu-177", "I-131", "Y-90", "Tc-99m", "F-18"), 1e6)
    roomy = with_site(world(), "reykjavik", daily_capacity=9, licence=licence)
    told = found(with_line(roomy, vials_max=2, bulk_max_mbq=None), each_week(4.0))
    assert told.served == pytest.approx(50.0, abs=1e-3)
    assert told.served_at_most == pytest.approx(50.0, abs=1e-3)
    for row in told.demand:
        assert row.served == pytest.approx(row.expected / 2, abs=1e-3)


def test_a_quarter_without_demand_is_not_reserved() -> None:
    """Orders end with March; a reservation costs 1,000 a month."""
    paid = with_contract(world(), reservation_per_month_cents=100_000)
    first = replace(each_week(1.0), until_on=date(2024, 3, 31), orders=12.0)
    told = found(paid, first)
    assert [(t.quarter, t.taken) for t in told.slots if t.taken] == [("2024-Q1", True)]
    free = found(with_contract(world(), reservation_per_month_cents=0), first)
    months = 84 / 30.4375
    assert told.objective_cents - free.objective_cents == pytest.approx(100_000 * months, abs=2)


def second_plant(
    programme: Programme, from_on: date, fee_cents: int, transfer_cents: int = 0
) -> Programme:
    """Another plant that can make the dose from a day on, 90 days after its transfer begins."""
    plant = programme.manufacturers[0]
    makes = Availability("dose", from_on, transfer_starts_on=from_on - timedelta(days=90))
    line = replace(plant.lines[0], id="other-cell")
    other = replace(plant, id="other", name="other", firm="other", lines=(line,), makes=(makes,))
    lanes = [replace(ln, id=f"other {ln.id}", manufacturer="other") for ln in programme.lanes]
    leave = [replace(p, manufacturer="other") for p in programme.permissions]
    sources = tuple(
        replace(
            s,
            deliveries=tuple(
                replace(d, manufacturers=(*d.manufacturers, "other")) for d in s.deliveries
            ),
        )
        for s in programme.sources
    )
    return replace(
        programme,
        manufacturers=(plant, other),
        lanes=(*programme.lanes, *lanes),
        permissions=(*programme.permissions, *leave),
        sources=sources,
        contracts=(
            *programme.contracts,
            Contract("other", fee_cents, transfer_cents=transfer_cents),
        ),
    )


def test_a_cheaper_plant_is_added_once_its_savings_pay_for_the_transfer() -> None:
    """From April on it saves 9,000 in each of 13 batches."""
    april = date(2024, 4, 1)
    for transfer, plants in ((11_000_000, ["other", "plant"]), (12_000_000, ["plant"])):
        told = found(second_plant(world(), april, 100_000, transfer), each_week(1.0))
        assert [a.plant for a in told.added] == plants
    told = found(second_plant(world(), april, 100_000, 0), each_week(1.0))
    other = next(a for a in told.added if a.plant == "other")
    assert (other.quarter, other.begin_by) == ("2024-Q2", april - timedelta(days=90))


def test_batches_owed_are_paid_and_a_plant_that_is_not_used_owes_none() -> None:
    owed = with_contract(world(), take_or_pay_batches=366)
    nobody = found(owed, replace(each_week(1.0), orders=0.0))
    assert nobody.objective_cents == 0
    used = found(owed, each_week(1.0))
    batches = 175 * owed.contracts[0].batch_fee_cents
    assert used.objective_cents >= batches


def test_later_batches_of_a_year_cost_the_fee_of_their_tier() -> None:
    plain = found(world(), each_week(1.0))
    tiers = (Tier(11, world().contracts[0].batch_fee_cents - 10_000),)
    cheaper = found(with_contract(world(), tiers=tiers), each_week(1.0))
    assert plain.objective_cents - cheaper.objective_cents == pytest.approx(15 * 10_000, abs=30)


# -- beside the plan of a week -------------------------------------------------------------


def within_a_week(orders: Sequence[DoseOrder]) -> tuple[DoseOrder, ...]:
    """The orders with windows that do not leave their week."""
    found = []
    for o in orders:
        monday = o.wanted_on - timedelta(days=o.wanted_on.weekday())
        sunday = monday + timedelta(days=6)
        found.append(
            replace(o, earliest_on=max(o.earliest_on, monday), latest_on=min(o.latest_on, sunday))
        )
    return tuple(found)


def mix_of(orders: Sequence[DoseOrder]) -> tuple[OrderMix, ...]:
    """Each order as a row of a mix, in its week."""
    rows = []
    for o in orders:
        monday = o.wanted_on - timedelta(days=o.wanted_on.weekday())
        rows.append(
            OrderMix(
                o.product, o.protocol, o.site, 0, o.activity_mbq, 1.0, monday,
                monday + timedelta(days=6), o.units,
            )
        )  # fmt: skip
    return tuple(rows)


def like_the_plan(case: Case) -> Case:
    """Doses of one strength, so that a week of a site has the same; no dose before another."""
    programme, orders = case
    policy = replace(programme.policy, started_courses_first=False)
    alike = tuple(replace(o, activity_mbq=500.0) for o in within_a_week(orders))
    return replace(programme, policy=policy), alike


@settings(max_examples=20, deadline=None)
@given(cases())
def test_no_plan_serves_more_nor_as_many_for_less(case: Case) -> None:
    """The tactical model relaxes the plan: it may split doses and forgets first packages."""
    programme, orders = like_the_plan(case)
    planned = plan(programme, orders, from_on=FROM, until_on=UNTIL, limits=Limits(gap=0.0))
    told = tactical(programme, mix_of(orders), from_on=FROM, until_on=UNTIL, limits=EXACT)
    assert planned.met <= told.served_at_most + 1e-3
    if told.served <= planned.met + 1e-3:
        owed = planned.costs.standing_cents
        assert told.bound_cents <= planned.objective_cents + owed + 100


@settings(max_examples=10, deadline=None)
@given(cases())
def test_more_vials_never_worsen_it(case: Case) -> None:
    programme, orders = like_the_plan(case)
    plants = tuple(
        replace(m, lines=tuple(replace(ln, vials_max=ln.vials_max + 2) for ln in m.lines))
        for m in programme.manufacturers
    )
    days = {"from_on": FROM, "until_on": UNTIL}
    tight = tactical(programme, mix_of(orders), limits=EXACT, **days)
    loose = tactical(replace(programme, manufacturers=plants), mix_of(orders), limits=EXACT, **days)
    assert loose.served >= tight.served - 1e-3
    if loose.served <= tight.served + 1e-3:
        assert loose.bound_cents <= tight.objective_cents + 100


def test_a_plant_that_is_shut_makes_nothing() -> None:
    shut = with_plant(world(), closed_weeks=tuple(range(1, 54)))
    told = found(shut, each_week(1.0))
    assert (told.served, told.slots, told.added) == (0.0, (), ())
