"""The plan of the world known by heart equals the arithmetic in its comments."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from doseline.plan import Plan, Status, plan
from doseline.programme.contract import Tier
from tests.hand_world import order, two_orders, world
from tests.plan.variants import (
    FRIDAY,
    UNTIL,
    at_reykjavik,
    planned,
    with_contract,
    with_line,
    with_plant,
    with_policy,
)


@pytest.fixture(scope="module")
def found() -> Plan:
    return planned(two_orders())


def test_times_are_those_worked_by_hand(found: Plan) -> None:
    clock = world().clock
    batch = found.schedule.batches[0]

    def told(minute: int) -> str:
        return f"{clock.instant(minute):%d %H:%M}"

    assert [told(t) for t in (batch.charge_at, batch.eos_at, batch.packed_at)] == [
        "09 06:00",
        "09 09:00",
        "09 09:30",
    ]
    assert told(batch.released_at) == "09 13:00"
    ways = {s.site: (told(s.dispatch_at), told(s.received_at)) for s in found.schedule.shipments}
    assert ways == {"reykjavik": ("09 13:00", "09 16:00"), "tokyo": ("09 18:00", "10 21:00")}
    assert [told(a.use_at) for a in found.schedule.allocations] == ["10 17:00", "12 01:00"]


def test_activities_are_those_worked_by_hand(found: Plan) -> None:
    batch = found.schedule.batches[0]
    assert [a.eos_mbq for a in found.schedule.allocations] == pytest.approx([282.8427, 200.0])
    assert batch.bulk_mbq == pytest.approx(603.5534, abs=1e-4)
    assert batch.charge_mbq == pytest.approx(779.3571, abs=1e-4)
    assert (batch.source, batch.isotope_lots, batch.isotope_mbq) == ("reactor", 10, 1000.0)


def test_cost_is_that_worked_by_hand(found: Plan) -> None:
    assert found.objective_cents == found.bound_cents == 1_380_000
    assert found.costs.batch_fees_cents == 1_000_000
    assert found.costs.isotope_cents == 150_000
    assert found.costs.freight_cents == 230_000


def test_a_plan_that_meets_all_is_proven(found: Plan) -> None:
    assert found.status is Status.OPTIMAL
    assert (found.orders, found.met, found.met_bound) == (2, 2, 2)
    assert (found.gap, found.breaches, found.unmet, found.shifted) == (0.0, (), (), ())
    assert found.reproducible
    assert "HiGHS" in found.method


def test_no_orders_need_no_batch() -> None:
    found = planned([])
    assert (found.status, found.objective_cents, found.orders) == (Status.OPTIMAL, 0, 0)
    assert found.schedule.batches == ()


def test_orders_wanted_outside_the_period_are_left_out() -> None:
    late = order("reykjavik", UNTIL + timedelta(days=3), 200.0)
    assert planned([late]).orders == 0


def test_a_batch_before_the_period_counts() -> None:
    tokyo = order("tokyo", FRIDAY, 100.0)
    found = plan(world(), [tokyo], from_on=FRIDAY, until_on=UNTIL)
    assert [b.id for b in found.schedule.batches] == ["cell@2024-01-09T06:00"]


def test_started_courses_come_first() -> None:
    three = at_reykjavik("abc")
    three[2] = replace(three[2], started=True)
    found = planned(three)
    assert found.met == 2
    assert "c" in found.schedule.allocation


def test_started_courses_wait_their_turn_where_the_policy_says_so() -> None:
    """A started course that needs two vials stands against two new starts."""
    program = with_policy(world(), started_courses_first=False)
    one, two, both = at_reykjavik("abc")
    both = replace(both, started=True, units=2, activity_mbq=50.0)
    assert set(planned([one, two, both], program).schedule.allocation) == {"a", "b"}
    assert set(planned([one, two, both]).schedule.allocation) == {"c"}


def test_orders_move_inside_their_window_to_share_a_batch() -> None:
    """A second batch costs 10,000 + 500; the move is free here."""
    week_later = date(2024, 1, 17)
    first, second = at_reykjavik("ab")
    second = replace(second, wanted_on=week_later, latest_on=week_later)
    found = planned([first, second])
    assert len(found.schedule.batches) == 1
    assert [(s.order, s.use_on) for s in found.shifted] == [("b", date(2024, 1, 10))]
    assert found.shifted[0].reason == "another day of its window costs less"
    held = planned([first, second], with_policy(world(), shift_days=False))
    assert (len(held.schedule.batches), held.shifted) == (2, ())


def test_a_dose_is_left_unmet_where_that_is_cheaper_only_if_asked() -> None:
    one = at_reykjavik("a")
    assert planned(one).met == 1
    priced = planned(one, price_unmet=True)
    assert (priced.met, priced.objective_cents) == (0, 0)
    assert priced.unmet[0].reason.startswith("left unmet by choice")


def test_spare_vials_are_filled_and_paid_for() -> None:
    """One dose of 282.8427 MBq at EOS and a spare as strong: 707.107 MBq of bulk."""
    found = planned(at_reykjavik("a"), with_policy(world(), spare_vials=1))
    batch = found.schedule.batches[0]
    assert batch.vials == 2
    assert batch.bulk_mbq == pytest.approx(2 * 282.8427 / 0.8, abs=1e-3)
    assert found.breaches == ()
    assert planned(at_reykjavik("ab"), with_policy(world(), spare_vials=1)).met == 1


def test_overage_buys_more_isotope() -> None:
    """926.817 MBq and half as much again: 1,390.2 MBq, 14 lots."""
    found = planned(two_orders(), with_policy(world(), overage_fraction=0.5))
    assert found.schedule.batches[0].isotope_lots == 14
    assert found.objective_cents == found.bound_cents == 1_380_000 + 40_000


def test_vials_beyond_the_fee_are_paid_for() -> None:
    found = planned(two_orders(), with_contract(world(), vials_included=1, extra_vial_cents=700))
    assert (found.costs.extra_vials_cents, found.bound_cents) == (700, 1_380_700)


def test_batches_that_are_paid_for_anyway_cost_their_fee_once() -> None:
    """Take-or-pay of 366 batches a leap year is one a day: 21 in three weeks."""
    found = planned(two_orders(), with_contract(world(), take_or_pay_batches=366))
    assert found.costs.take_or_pay_cents == 20 * 1_000_000
    assert found.objective_cents == found.bound_cents == 1_380_000 + 20_000_000


@pytest.mark.parametrize("second_fee", [600_000, 1_500_000])
def test_the_fee_of_a_batch_follows_its_number_in_the_year(second_fee: int) -> None:
    program = with_contract(world(), tiers=(Tier(2, second_fee), Tier(3, 100_000)))
    orders = at_reykjavik("ab") + at_reykjavik("c", date(2024, 1, 17))
    found = planned(orders, program)
    assert found.costs.batch_fees_cents == 1_000_000 + second_fee
    assert found.objective_cents == found.bound_cents


def test_an_option_costs_its_fee_and_can_be_ruled_out() -> None:
    rule = world().manufacturers[0].lines[0].slots[0]
    program = with_line(world(), slots=(replace(rule, kind="option", fee_cents=5_000),))
    found = planned(two_orders(), program)
    assert (found.costs.options_cents, found.bound_cents) == (5_000, 1_385_000)
    assert planned(two_orders(), with_policy(program, use_options=False)).met == 0


def test_a_contested_slot_counts_only_if_the_policy_counts_it() -> None:
    rule = world().manufacturers[0].lines[0].slots[0]
    program = with_line(world(), slots=(replace(rule, kind="contested"),))
    assert planned(two_orders(), program).met == 0
    assert planned(two_orders(), with_policy(program, count_contested=True)).met == 2


def test_two_packages_to_one_site_share_a_shipment() -> None:
    """The second package costs half of the first: 300 + 150."""
    carriers = tuple(replace(c, second_package_fraction=0.5) for c in world().carriers)
    found = planned(at_reykjavik("ab"), replace(world(), carriers=carriers))
    assert [s.packages for s in found.schedule.shipments] == [2]
    assert found.costs.freight_cents == 45_000
    assert found.objective_cents == found.bound_cents


def test_import_testing_is_paid_once_a_batch_and_takes_its_time() -> None:
    permission = replace(world().permissions[0], testing_cents=9_000, testing_min=60)
    found = planned(at_reykjavik("ab"), replace(world(), permissions=(permission,)))
    assert found.costs.testing_cents == 9_000
    shipment = found.schedule.shipments[0]
    assert shipment.received_at - shipment.dispatch_at == 240
    assert found.objective_cents == found.bound_cents


def test_reservations_are_shown_apart() -> None:
    """Three weeks of one weekly slot at 1,000 a month."""
    found = planned(two_orders(), with_contract(world(), reservation_per_month_cents=100_000))
    assert found.costs.standing_cents == round(100_000 * 21 / 30.4375)
    assert found.objective_cents == 1_380_000


def test_the_cheaper_source_feeds_a_batch() -> None:
    cheap = replace(world().sources[0], id="cheap", price_cents_per_mbq=50.0, freight_cents=0)
    program = replace(
        with_plant(world(), sources=("reactor", "cheap")),
        sources=(
            *world().sources,
            cheap,
        ),
    )
    found = planned(two_orders(), program)
    assert found.schedule.batches[0].source == "cheap"
    assert found.costs.isotope_cents == 50_000
    assert found.breaches == ()


def test_sites_of_one_consignee_share_its_capacity() -> None:
    program = with_line(world(), vials_max=3, bulk_max_mbq=2000.0)
    twin = replace(program.site["reykjavik"], id="akureyri")
    both = replace(program, sites=(*program.sites, replace(twin, consignee="Reykjavik")))
    orders = [*at_reykjavik("ab"), replace(at_reykjavik("c")[0], site="akureyri")]
    assert planned(orders, both).met == 2
    apart = replace(program, sites=(*program.sites, replace(twin, consignee="Akureyri")))
    assert planned(orders, apart).met == 3


def test_a_dose_that_its_vial_cannot_hold_at_eos_goes_unmet() -> None:
    # Reykjavik needs 282.84 MBq at EOS, Tokyo 200: a vial of 250 MBq holds one of them.
    own = world()
    small = replace(
        own.products[0], fill="volume", concentration_mbq_per_ml=50.0, fill_volume_ml=5.0
    )
    programme = replace(own, products=(small,))
    found = plan(programme, two_orders(), from_on=date(2024, 1, 8), until_on=date(2024, 1, 14))
    assert [u.order for u in found.unmet] == ["reykjavik/1"]
    assert set(found.schedule.allocation) == {"tokyo/1"}
    assert found.breaches == ()
