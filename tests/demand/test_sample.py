from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doseline.calendars import HolidayRule
from doseline.clock import WEEKDAYS
from doseline.demand import orders, patients
from doseline.operations.orders import DoseOrder
from doseline.operations.routes import ways_of
from doseline.programme import Programme
from doseline.programme.cost import Ordering
from doseline.programme.market import StandingDemand
from doseline.programme.trial import Arm, GateRow, Visit
from tests.demand.worlds import FLAT, busy_trial, sampled_orders, with_market

GATED = (GateRow("delay", 0.3, delay_mean_min=20160), GateRow("stop", 0.1), GateRow("pass", 0.6))
COURSE = Arm(
    "course",
    FLAT,
    (Visit(1, 3, 3), Visit(15, 1, 3, 0.95), Visit(57, 3, 14, 1.0, GATED), Visit(71, 1, 3)),
)
EVENTFUL = Ordering(
    cancelled_before_lock_fraction=0.08,
    cancelled_before_production_fraction=0.03,
    cancelled_after_production_fraction=0.03,
    moved_by_site_fraction=0.1,
)


def eventful(**changes: object) -> Programme:
    return replace(busy_trial(arms=(COURSE,), **changes), ordering=EVENTFUL)  # type: ignore[arg-type]


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    """Worlds that differ in calendars, courses and what befalls an order."""
    visits, day = [Visit(1, draw(st.integers(0, 3)), draw(st.integers(0, 6)))], 1
    for _ in range(draw(st.integers(0, 3))):
        day += draw(st.integers(1, 40))
        visits.append(
            Visit(
                day,
                early_days=draw(st.integers(0, 20)),
                late_days=draw(st.integers(0, 14)),
                continues_fraction=draw(st.sampled_from([1.0, 0.8])),
                gate=draw(st.sampled_from([(), GATED])),
            )
        )
    arm = Arm("any", FLAT, tuple(visits), stagger_min=draw(st.sampled_from([0, 10080])))
    plain = busy_trial(months=1.0, arms=(arm,), patients=30)
    sites = tuple(
        replace(
            s,
            treatment_weekdays=tuple(
                draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True))
            ),
            holidays=draw(st.sampled_from([(), (HolidayRule("US"),)])),
            active_until_on=draw(st.sampled_from([None, date(2025, 3, 1)])),
        )
        for s in plain.sites
    )
    ordering = draw(st.sampled_from([Ordering(), EVENTFUL]))
    return replace(plain, sites=sites, ordering=ordering)


def by_patient(found: tuple[DoseOrder, ...]) -> dict[str, list[DoseOrder]]:
    rows: dict[str, list[DoseOrder]] = {}
    for order in found:
        rows.setdefault(order.patient, []).append(order)
    return rows


@settings(max_examples=40)
@given(programme=programmes(), seed=st.integers(0, 1000))
def test_every_order_obeys_its_sites_calendar_and_its_window(
    programme: Programme, seed: int
) -> None:
    treats = ways_of(programme).treats
    drawn = patients(programme, seed, 0)
    found = orders(programme, drawn, date.min, date.max, with_cancelled=True)
    for order in found:
        assert treats(programme.site[order.site], order.wanted_on.toordinal())
        assert order.earliest_on <= order.wanted_on <= order.latest_on
        infusion_at = programme.clock.at(
            order.wanted_on,
            programme.site[order.site].infusion_usual,
            programme.site[order.site].zone,
        )
        assert 0 <= order.placed_at <= infusion_at
    for course in by_patient(found).values():
        days = [o.wanted_on for o in course]
        numbers = [o.course_number for o in course]
        assert days == sorted(set(days)), "one dose a day, in order"
        assert numbers == sorted(numbers)
        assert not course[0].started
        assert all(a.wanted_on < b.earliest_on for a, b in pairwise(course))
    assert len({o.id for o in found}) == len(found)


@settings(max_examples=20)
@given(programme=programmes(), seed=st.integers(0, 1000))
def test_the_same_seed_gives_the_same_demand(programme: Programme, seed: int) -> None:
    again = replace(programme)  # another object, so nothing remembered is used
    assert patients(programme, seed, 2) == patients(again, seed, 2)
    assert orders(programme, patients(programme, seed, 2)) == orders(
        again, patients(again, seed, 2)
    )


def test_another_replication_or_seed_gives_another_demand() -> None:
    programme = eventful()
    drawn = {patients(programme, s, r) for s, r in ((1, 0), (1, 1), (2, 0))}
    assert len(drawn) == 3


def test_a_patient_is_started_once_a_dose_was_given() -> None:
    programme = eventful(months=2.0)
    drawn = patients(programme, 1, 0)
    all_orders = orders(programme, drawn, with_cancelled=True)
    kept = {o.id for o in orders(programme, drawn)}
    assert 0 < len(kept) < len(all_orders)
    for course in by_patient(all_orders).values():
        had_one = False
        for order in course:
            assert order.started == had_one
            had_one = had_one or order.id in kept


def test_orders_come_in_the_order_of_the_days_wanted() -> None:
    programme = eventful()
    found = orders(programme, patients(programme, 1, 0))
    assert [o.wanted_on for o in found] == sorted(o.wanted_on for o in found)


def test_only_orders_wanted_between_two_days_are_given() -> None:
    programme = eventful()
    drawn = patients(programme, 1, 0)
    everything = orders(programme, drawn, date.min, date.max)
    first, last = date(2024, 7, 1), date(2025, 6, 30)
    assert orders(programme, drawn, first, last) == tuple(
        o for o in everything if first <= o.wanted_on <= last
    )
    assert 0 < len(orders(programme, drawn, first, last)) < len(everything)


def test_only_patients_first_due_between_two_days_are_given() -> None:
    programme = eventful()
    everybody = patients(programme, 1, 0)
    first, last = date(2024, 7, 1), date(2025, 6, 30)
    some = patients(programme, 1, 0, from_on=first, until_on=last)
    assert some == tuple(
        p for p in everybody if first.toordinal() <= p.first_day <= last.toordinal()
    )
    assert 0 < len(some) < len(everybody)


def test_protocols_can_be_asked_for_alone() -> None:
    standing = StandingDemand(
        "cold", "dose", "tokyo", 5, 30 * 1440, date(2024, 1, 5), date(2024, 3, 20), late_days=6
    )
    both = replace(eventful(), markets=with_market().markets, standing_demand=(standing,))
    drawn = patients(both, 1, 0)
    assert {o.protocol for o in orders(both, drawn)} == {"trial", "market", "cold"}
    for protocol in ("trial", "market", "cold"):
        found = orders(both, drawn, protocols={protocol})
        assert {o.protocol for o in found} == {protocol}


def test_samples_are_the_replications_one_after_the_other() -> None:
    programme = eventful()
    found = list(sampled_orders(programme, 4, 3))
    assert found == [orders(programme, patients(programme, 4, r)) for r in range(3)]


def test_cancelled_orders_are_as_many_as_the_rules_say() -> None:
    programme = eventful(months=20.0)
    drawn = patients(programme, 1, 0)
    all_orders = orders(programme, drawn, with_cancelled=True)
    kept = orders(programme, drawn)
    share = 1 - len(kept) / len(all_orders)
    assert share == pytest.approx(0.14, abs=4 * (0.14 * 0.86 / len(all_orders)) ** 0.5)
