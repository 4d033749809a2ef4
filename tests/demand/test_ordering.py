from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from doseline.calendars import HolidayRule
from doseline.clock import WEEKDAYS
from doseline.demand import orders
from doseline.operations.ordering import (
    Offered,
    anchored,
    cancel_stage,
    dose_mbq,
    first_state,
    luck_of,
    moved_by_site,
    next_luck,
    order_for,
)
from doseline.operations.orders import DoseOrder, Patient
from doseline.operations.routes import ways_of
from doseline.programme import Programme
from doseline.programme.cost import Ordering
from doseline.programme.course import CourseState, after
from doseline.programme.market import StandingDemand
from doseline.programme.policy import Policy
from doseline.programme.site import Site
from doseline.programme.trial import DoseRate, DoseRule, GateRow, Visit
from tests.demand.worlds import luck, patient, trial_of, with_trial
from tests.hand_world import world

WEDNESDAY = date(2024, 1, 10)
CANCELLED = Ordering(
    cancelled_before_lock_fraction=0.08,
    cancelled_before_production_fraction=0.03,
    cancelled_after_production_fraction=0.03,
)


def first_order(programme: Programme, who: Patient) -> DoseOrder:
    found = order_for(programme, who, first_state(programme, who), ways_of(programme).treats)
    assert found is not None
    return found


def test_the_first_order_of_the_hand_worked_world_reads_as_its_protocol_says() -> None:
    programme = world()
    found = first_order(programme, patient(programme, WEDNESDAY))
    assert found == DoseOrder(
        id="trial-reykjavik-1/1",
        product="dose",
        protocol="trial",
        site="reykjavik",
        patient="trial-reykjavik-1",
        course_number=1,
        placed_at=0,  # two weeks before lies before the programme's start
        wanted_on=WEDNESDAY,
        earliest_on=date(2024, 1, 9),
        latest_on=date(2024, 1, 17),
        activity_mbq=100.0,
        started=False,
    )


def test_an_order_is_placed_two_weeks_before_the_usual_hour_of_infusion() -> None:
    programme = world()
    found = first_order(programme, patient(programme, date(2024, 2, 7)))
    site = programme.site["reykjavik"]
    assert site.infusion_usual == time(17)
    assert found.placed_at == programme.clock.at(date(2024, 1, 24), time(17), site.zone)


def test_a_course_with_perfect_supply_counts_each_visit_from_the_dose_before() -> None:
    programme = world()
    found = orders(programme, [patient(programme, WEDNESDAY)])
    assert [(o.id, o.wanted_on, o.started) for o in found] == [
        ("trial-reykjavik-1/1", WEDNESDAY, False),
        ("trial-reykjavik-1/2", date(2024, 1, 24), True),
    ]


def test_a_holiday_moves_the_dose_and_the_visits_after_it() -> None:
    plain = world()
    closed = HolidayRule(add=(WEDNESDAY,))
    sites = tuple(replace(s, holidays=(closed,)) for s in plain.sites)
    programme = replace(plain, sites=sites)
    found = orders(programme, [patient(programme, WEDNESDAY)])
    assert [o.wanted_on for o in found] == [date(2024, 1, 17), date(2024, 1, 31)]


def test_a_window_without_a_treatment_day_is_widened_to_the_day_wanted() -> None:
    programme = with_trial(world(), arms=(replace(trial_of(world()).arms[0], visits=(Visit(1),)),))
    found = first_order(programme, patient(programme, date(2024, 1, 11), (luck(),)))
    assert (found.wanted_on, found.earliest_on, found.latest_on) == (
        date(2024, 1, 17),
        date(2024, 1, 11),
        date(2024, 1, 17),
    )


def test_a_site_that_has_closed_gives_no_more_doses() -> None:
    plain = world()
    sites = tuple(replace(s, active_until_on=date(2024, 1, 15)) for s in plain.sites)
    programme = replace(plain, sites=sites)
    found = orders(programme, [patient(programme, WEDNESDAY)])
    assert [o.wanted_on for o in found] == [WEDNESDAY]


def test_a_cancelled_order_comes_again_a_week_later_under_its_attempts_number() -> None:
    programme = replace(world(), ordering=CANCELLED)
    again = (luck(cancel=0.0), luck())
    who = patient(programme, WEDNESDAY, (luck(),), again)
    found = orders(programme, [who], with_cancelled=True)
    assert [(o.id, o.wanted_on) for o in found] == [
        ("trial-reykjavik-1/1", WEDNESDAY),
        ("trial-reykjavik-1/2", date(2024, 1, 24)),
        ("trial-reykjavik-1/2.1", date(2024, 1, 31)),
    ]
    kept = orders(programme, [who])
    assert [o.id for o in kept] == ["trial-reykjavik-1/1", "trial-reykjavik-1/2.1"]


def test_a_first_dose_cancelled_too_often_ends_the_course() -> None:
    programme = replace(world(), ordering=CANCELLED)
    who = patient(programme, WEDNESDAY, (luck(cancel=0.0),), (luck(),))
    found = orders(programme, [who], with_cancelled=True)
    assert [o.id for o in found] == [
        "trial-reykjavik-1/1",
        "trial-reykjavik-1/1.1",
        "trial-reykjavik-1/1.2",
    ]


def test_the_last_attempts_luck_serves_all_later_ones() -> None:
    who = patient(world(), WEDNESDAY, (luck(cancel=0.1), luck(cancel=0.2)), (luck(),))
    assert [luck_of(who, 0, n).cancel for n in (0, 1, 2, 9)] == [0.1, 0.2, 0.2, 0.2]
    assert next_luck(who, 0) == luck()
    assert next_luck(who, 1) is None


@pytest.mark.parametrize(
    ("cancel", "stage", "found"),
    [
        (0.1399, 0.57, "before_lock"),
        (0.1399, 0.58, "before_production"),
        (0.1399, 0.78, "before_production"),
        (0.1399, 0.79, "after_production"),
        (0.1401, 0.0, None),
    ],
)
def test_cancellations_fall_on_the_stages_in_their_shares(
    cancel: float, stage: float, found: str | None
) -> None:
    assert cancel_stage(CANCELLED, luck(cancel=cancel, cancel_stage=stage)) == found


def test_an_order_moved_by_its_site_takes_its_window_along() -> None:
    ordering = Ordering(moved_by_site_fraction=0.1, moved_by_site_min=7 * 1440)
    programme = replace(world(), ordering=ordering)
    treats = ways_of(programme).treats
    plain = first_order(programme, patient(programme, WEDNESDAY))
    assert moved_by_site(programme, plain, luck(moved=0.2), treats) is None
    moved = moved_by_site(programme, plain, luck(moved=0.05), treats)
    assert moved == replace(
        plain,
        wanted_on=date(2024, 1, 17),
        earliest_on=date(2024, 1, 16),
        latest_on=date(2024, 1, 24),
    )


def test_the_next_visit_counts_from_the_day_to_which_the_site_moved() -> None:
    ordering = Ordering(moved_by_site_fraction=0.1, moved_by_site_min=7 * 1440)
    programme = replace(world(), ordering=ordering)
    who = patient(programme, WEDNESDAY, (luck(moved=0.0),), (luck(),))
    assert [o.wanted_on for o in orders(programme, [who])] == [
        date(2024, 1, 17),
        date(2024, 1, 31),
    ]


def test_a_started_course_is_one_that_has_had_a_dose() -> None:
    programme = world()
    who = patient(programme, WEDNESDAY)
    state = first_state(programme, who)
    policy = Policy(reorder_at_most=1)
    arm = trial_of(programme).arms[0]
    missed = after(state, arm, "missed", state.due_day, policy, next_luck(who, 0))
    again = order_for(programme, who, missed, ways_of(programme).treats)
    given = after(missed, arm, "given", missed.due_day, policy, next_luck(who, 0))
    second = order_for(programme, who, given, ways_of(programme).treats)
    assert again is not None
    assert second is not None
    assert (again.id, again.started, again.priority) == ("trial-reykjavik-1/1.1", False, 1)
    assert (second.id, second.started, second.priority) == ("trial-reykjavik-1/2", True, 0)


def test_a_reduced_dose_is_a_part_of_the_capped_one_and_is_rounded_last() -> None:
    rule = DoseRule(DoseRate(10.0, "m2"), size_cap=2.0, cap_mbq=18.0, rounded_to_mbq=0.5)
    assert dose_mbq(rule, 1.5, 1.0) == 15.0
    assert dose_mbq(rule, 2.6, 1.0) == 18.0
    assert dose_mbq(rule, 2.6, 0.75) == 13.5


def test_a_flat_dose_does_not_ask_for_the_patients_size() -> None:
    rule = DoseRule(DoseRate(185.0, "flat"), size_cap=0.5)
    assert dose_mbq(replace(rule, size_cap=None), 2.6, 1.0) == 185.0


def test_a_gate_that_reduces_shows_in_the_orders_activity() -> None:
    arm = trial_of(world()).arms[0]
    gated = replace(arm.visits[1], gate=(GateRow("reduce", 0.5, factor=0.8), GateRow("pass", 0.5)))
    programme = with_trial(world(), arms=(replace(arm, visits=(arm.visits[0], gated)),))
    who = patient(programme, WEDNESDAY, (luck(),), (luck(gate=0.4),))
    assert [o.activity_mbq for o in orders(programme, [who])] == [100.0, 80.0]


def test_standing_demand_asks_for_its_units_at_its_interval() -> None:
    standing = StandingDemand(
        id="cold",
        product="dose",
        site="tokyo",
        units=5,
        every_min=30 * 1440,
        from_on=date(2024, 1, 5),
        until_on=date(2024, 3, 20),
        late_days=6,
    )
    programme = replace(world(), standing_demand=(standing,))
    found = orders(programme, [])
    assert [(o.id, o.wanted_on, o.units, o.activity_mbq) for o in found] == [
        ("cold/1", date(2024, 1, 5), 5, 0.0),
        ("cold/2", date(2024, 2, 9), 5, 0.0),  # 4 February is a Sunday; Tokyo treats on Fridays
        ("cold/3", date(2024, 3, 8), 5, 0.0),
    ]


def offering(*days: date) -> Offered:
    """Days on offer to Reykjavik, and to nobody else."""
    on_offer = {d.toordinal() for d in days}

    def offered(product: str, protocol: str, site: Site, day: int) -> bool:
        return (product, protocol, site.id) == ("dose", "trial", "reykjavik") and day in on_offer

    return offered


def every_weekday() -> Programme:
    plain = world()
    sites = tuple(replace(s, treatment_weekdays=WEEKDAYS) for s in plain.sites)
    return replace(plain, sites=sites)


def test_a_site_orders_a_day_on_offer_inside_the_window_and_else_the_day_it_wants() -> None:
    programme = every_weekday()
    who = patient(programme, WEDNESDAY)
    offered = offering(date(2024, 1, 12), date(2024, 2, 20))
    found = orders(programme, [who], offered=offered)
    assert [o.wanted_on for o in found] == [date(2024, 1, 12), date(2024, 1, 26)]


def test_a_first_dose_takes_the_first_day_on_offer_however_late_and_its_window_lies_there() -> None:
    programme = every_weekday()
    who, treats = patient(programme, WEDNESDAY), ways_of(programme).treats
    state = first_state(programme, who)
    plain = order_for(programme, who, state, treats)
    day = WEDNESDAY + timedelta(days=40)
    found = order_for(programme, who, state, treats, offering(WEDNESDAY - timedelta(days=1), day))
    assert plain is not None
    assert found is not None
    assert found.wanted_on == day
    assert day - found.earliest_on == WEDNESDAY - plain.earliest_on
    assert found.latest_on - day == plain.latest_on - WEDNESDAY


def test_a_first_dose_with_nothing_on_offer_for_sixty_days_is_ordered_for_the_day_it_is_due() -> (
    None
):
    programme = every_weekday()
    who, treats = patient(programme, WEDNESDAY), ways_of(programme).treats
    late = offering(WEDNESDAY + timedelta(days=61))
    found = order_for(programme, who, first_state(programme, who), treats, late)
    assert found is not None
    assert found.wanted_on == WEDNESDAY


def test_a_dose_asked_again_is_free_to_take_a_day_behind_its_window_and_a_later_one_is_not() -> (
    None
):
    programme = every_weekday()
    who, treats = patient(programme, WEDNESDAY), ways_of(programme).treats
    day = WEDNESDAY + timedelta(days=30)
    for attempt, wanted_on in ((1, day), (0, WEDNESDAY)):
        state = CourseState(1, WEDNESDAY.toordinal(), attempt=attempt, given=1)
        assert anchored(state) == (attempt == 0)
        found = order_for(programme, who, state, treats, offering(day))
        assert found is not None
        assert found.wanted_on == wanted_on


def test_a_first_dose_moved_by_its_site_goes_to_the_next_day_on_offer_from_then_on() -> None:
    programme = replace(every_weekday(), ordering=Ordering(moved_by_site_fraction=1.0))
    who, treats = patient(programme, WEDNESDAY), ways_of(programme).treats
    order = first_order(programme, who)
    day = WEDNESDAY + timedelta(days=25)
    to = moved_by_site(programme, order, luck(moved=0.0), treats, offering(day), free=True)
    assert to is not None
    assert to.wanted_on == day
    assert to.latest_on - day == order.latest_on - order.wanted_on
