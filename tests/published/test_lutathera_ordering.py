"""The ordering rules of a marketed radioligand, Lutathera in the United States.

Order by Tuesday two weeks before; cancelling is free up to ten days before, then USD 500; an unused
dose USD 2,000 unless the patient has become ineligible. (hcp.lutathera.com, ordering Lutathera)
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from doseline.clock import WEEKDAYS
from doseline.demand import orders
from doseline.operations.events import CancelStage
from doseline.operations.ordering import cancellation_fee_cents, placed_at
from doseline.programme import Programme
from doseline.programme.cost import Ordering
from tests.demand.worlds import patient, trial_of
from tests.hand_world import world

DAY = 1440
LUTATHERA = Ordering(
    placed_before_min=14 * DAY,
    placed_by_weekday="Tuesday",
    free_cancel_before_min=10 * DAY,
    cancel_late_cents=500_00,
    unused_dose_cents=2_000_00,
)


def lutathera() -> Programme:
    """The hand-worked world with these rules for its trial, its sites treating all week."""
    plain = world()
    trial = replace(trial_of(plain), ordering=LUTATHERA)
    sites = tuple(replace(s, treatment_weekdays=WEEKDAYS) for s in plain.sites)
    return replace(plain, trials=(trial,), sites=sites)


@pytest.mark.parametrize("weekday", range(7))
def test_an_order_is_placed_by_the_tuesday_of_the_week_two_weeks_before(weekday: int) -> None:
    programme = lutathera()
    site = programme.site["reykjavik"]
    wanted_on = date(2024, 2, 12) + timedelta(days=weekday)
    at = placed_at(programme, "trial", site, wanted_on)
    assert programme.clock.day(at, site.zone) == date(2024, 1, 30)
    assert programme.clock.local(at, site.zone).time() == site.infusion_usual


def test_another_protocol_keeps_the_rules_of_the_programme() -> None:
    programme = lutathera()
    site = programme.site["reykjavik"]
    at = placed_at(programme, "another", site, date(2024, 2, 14))
    assert programme.clock.day(at, site.zone) == date(2024, 1, 31)


def test_the_orders_of_a_course_are_placed_by_the_rule() -> None:
    programme = lutathera()
    found = orders(programme, [patient(programme, date(2024, 2, 14))])
    assert [programme.clock.day(o.placed_at, "Atlantic/Reykjavik") for o in found] == [
        date(2024, 1, 30),
        date(2024, 2, 13),
    ]


@pytest.mark.parametrize(
    ("stage", "days", "eligible", "fee"),
    [
        ("before_lock", 10, True, 0),
        ("before_lock", 9, True, 500_00),
        ("before_production", 5, True, 500_00),
        ("after_production", 1, True, 2_000_00),
        ("after_production", 0, False, 0),
    ],
)
def test_cancelling_costs_what_the_rules_say(
    stage: CancelStage, days: int, eligible: bool, fee: int
) -> None:
    assert cancellation_fee_cents(LUTATHERA, stage, days * DAY, eligible=eligible) == fee
