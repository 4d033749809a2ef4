"""How doses are counted: each once, however often it is ordered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from doseline.operations.events import DoseAdministered, OrderCancelled, OrderMissed, OrderPlaced
from doseline.operations.orders import Patient
from doseline.programme import Programme
from doseline.programme.market import StandingDemand
from doseline.programme.scenario import Scenario, Shock
from doseline.simulate import Period, Service, history, simulate
from doseline.simulate.result import Replication
from tests.simulate.test_histories import courses
from tests.simulate.worlds import CALM, FROM, UNTIL, Weekly, failing, patient, tiny

FIRST = date(2024, 1, 31)
STARTED, NEW, OUTSIDE = 900, 700, 50


def again(programme: Programme, most: int = 2) -> Programme:
    """The world in which a missed dose is ordered again, with penalties of its own."""
    policy = replace(programme.policy, reorder_missed=True, reorder_at_most=most)
    penalty = replace(
        programme.penalty("trial"),
        missed_started_cents=STARTED,
        missed_new_cents=NEW,
        moved_outside_cents=OUTSIDE,
    )
    return replace(programme, policy=policy, penalties=(penalty,))


def closed(weeks: int) -> Scenario:
    """The plant makes nothing for some weeks, so that the first doses are missed."""
    last = FIRST + timedelta(days=7 * (weeks - 1))
    return Scenario("stop", "no slots", (Shock("manufacturer", ("plant",), FROM, last),))


def played(
    programme: Programme, person: Patient, scenario: Scenario | None, until: date = UNTIL
) -> tuple[Service, Replication]:
    result = simulate(
        programme,
        lambda _: (person,),
        seed=3,
        replications=1,
        from_on=FROM,
        until_on=until,
        scenario=scenario,
    )
    (row,) = result.services
    return row, result.replications[0]


def counts(row: Service) -> tuple[int, int, int, int]:
    return row.due, row.on_time, row.delayed, row.missed


def test_a_dose_given_by_a_later_order_is_one_dose_and_late() -> None:
    row, made = played(again(tiny()), patient("P0", FIRST), closed(2))
    assert counts(row) == (1, 0, 1, 0)
    assert row.causes == {"manufacturer": 1}
    assert row.short == (("P0/1", FIRST.toordinal()),)
    assert row.first_shortfall_on == FIRST
    assert row.by_month == {2024 * 12: (1, 0, 1, 0)}
    assert row.last_dose_on == FIRST + timedelta(days=14)
    assert row.enrolled == 1
    assert row.penalties_cents == made.total("penalties") == OUTSIDE
    assert made.by_month["penalties"] == {2024 * 12: OUTSIDE}


def test_a_dose_that_every_order_misses_is_one_dose_and_missed() -> None:
    row, made = played(again(tiny(), most=2), patient("P0", FIRST), closed(20))
    assert counts(row) == (1, 0, 0, 1)
    assert row.by_month == {2024 * 12: (1, 0, 0, 1)}
    assert row.penalties_cents == made.total("penalties") == NEW
    assert row.last_dose_on is None


def test_a_dose_whose_next_order_would_fall_behind_the_last_day_is_missed() -> None:
    until = FIRST + timedelta(days=8)
    row, _ = played(again(tiny()), patient("P0", FIRST), closed(2), until)
    assert counts(row) == (1, 0, 0, 1)


def test_a_missed_order_still_ends_in_the_history() -> None:
    programme = again(tiny())
    events = history(
        programme,
        lambda _: (patient("P0", FIRST),),
        seed=3,
        replication=0,
        from_on=FROM,
        until_on=UNTIL,
        scenario=closed(3),
    )
    placed = [e.order for e in events if isinstance(e, OrderPlaced)]
    assert placed == ["P0/1", "P0/1.1", "P0/1.2"]
    assert [e.order for e in events if isinstance(e, OrderMissed)] == ["P0/1", "P0/1.1"]
    assert [e.order for e in events if isinstance(e, DoseAdministered)] == ["P0/1.2"]


def test_a_dose_cancelled_after_the_supply_missed_it_leaves_the_counts_and_comes_afresh() -> None:
    programme = again(tiny())
    ordering = replace(programme.ordering, cancelled_after_production_fraction=0.2)
    first, second, third = CALM, replace(CALM, cancel=0.1), CALM
    person = replace(patient("P0", FIRST), luck=((first, second, third),))
    row, made = played(replace(programme, ordering=ordering), person, closed(1))
    assert row.cancelled == 1
    assert counts(row) == (1, 1, 0, 0)
    assert row.causes == {}
    assert row.short == ()
    assert made.total("penalties") == 0


def test_a_course_counts_its_visits_and_not_its_orders() -> None:
    programme = again(courses(tiny(), (1, 36)))
    row, _ = played(programme, patient("P0", FIRST, visits=2), closed(1))
    assert (row.due, row.on_time + row.delayed, row.missed) == (2, 2, 0)
    assert row.delayed >= 1


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_no_share_of_failing_batches_counts_a_dose_twice(p: float) -> None:
    result = simulate(
        again(failing(tiny(), p)),
        Weekly(),
        seed=5,
        replications=20,
        from_on=FROM,
        until_on=UNTIL,
    )
    assert [r.due for r in result.services] == [8] * 20
    assert all(r.on_time + r.delayed + r.missed == r.due for r in result.services)
    assert sum(r.delayed for r in result.services) > 0
    assert all(len(r.short) == r.delayed + r.missed for r in result.services)


def test_what_a_standing_demand_misses_is_missed_at_once() -> None:
    programme = again(tiny())
    demand = StandingDemand("trial", "dose", "reykjavik", 1, 10080 * 52, FIRST, FIRST)
    result = simulate(
        replace(programme, trials=(), standing_demand=(demand,)),
        lambda _: (),
        seed=3,
        replications=1,
        from_on=FROM,
        until_on=UNTIL,
        scenario=closed(20),
        periods=(Period("all", (), FROM, UNTIL),),
    )
    assert [counts(r) for r in result.services] == [(1, 0, 0, 1)]


def test_a_cancelled_first_order_makes_the_next_one_the_dose() -> None:
    programme = again(tiny())
    ordering = replace(programme.ordering, cancelled_before_lock_fraction=0.2)
    person = replace(patient("P0", FIRST), luck=((replace(CALM, cancel=0.1), CALM),))
    events = history(
        replace(programme, ordering=ordering),
        lambda _: (person,),
        seed=3,
        replication=0,
        from_on=FROM,
        until_on=UNTIL,
    )
    assert sum(isinstance(e, OrderCancelled) for e in events) == 1
    row, _ = played(replace(programme, ordering=ordering), person, None)
    assert counts(row) == (1, 1, 0, 0)
    assert row.cancelled == 1


@pytest.mark.parametrize(
    ("factor", "expected"), [(1.0, (1, 1, 0, 0)), (1.15, (1, 0, 0, 0)), (1.3, (1, 0, 0, 1))]
)
def test_a_dose_is_judged_against_the_weight_on_the_day(
    factor: float, expected: tuple[int, int, int, int]
) -> None:
    # 10 % is the tolerance and 20 % the hard stop: 1/1.15 lies between them, 1/1.3 beyond.
    changed = replace(CALM, weight_factor=factor)
    row, _ = played(tiny(), patient("P0", FIRST, luck=changed), None)
    assert counts(row) == expected
    assert row.out_of_tolerance == (factor == 1.15)
