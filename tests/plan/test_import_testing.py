"""Import testing is that of the permission which covers the day of receipt, which testing moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from doseline.plan import Plan, plan
from doseline.programme import Programme
from doseline.programme.lane import Permission
from tests.hand_world import order, world

TOKYO = order("tokyo", date(2024, 1, 12), 100.0)
"""Received on Thursday the 11th without testing, on Friday the 12th with a day of it."""


def under(*abroad: Permission) -> Programme:
    """The world by heart, under its permission at home and others abroad."""
    home = replace(world().permissions[0], markets=("IS",))
    return replace(world(), permissions=(home, *abroad))


def japan(since: int, until: int | None, testing_min: int = 0, cents: int = 0) -> Permission:
    """A permission for Japan between two days of January."""
    return Permission(
        manufacturer="plant",
        markets=("JP",),
        protocols=("trial",),
        from_on=date(2024, 1, since),
        until_on=date(2024, 1, until) if until else None,
        testing_min=testing_min,
        testing_cents=cents,
    )


def planned(programme: Programme) -> Plan:
    found = plan(programme, [TOKYO], from_on=date(2024, 1, 8), until_on=date(2024, 1, 21))
    assert found.breaches == ()
    assert found.objective_cents == found.bound_cents
    return found


def test_a_permission_that_ends_while_testing_goes_on_lets_nothing_in() -> None:
    found = planned(under(japan(1, 11, testing_min=1440, cents=100_000)))
    assert found.met == 0
    assert found.unmet[0].reason == (
        "no permission: plant may not supply trial in JP on 2024-01-12"
    )


def test_a_permission_that_ends_before_the_dose_is_used_still_asks_for_testing() -> None:
    found = planned(under(japan(1, 11, testing_min=60, cents=100_000)))
    assert (found.met, found.costs.testing_cents) == (1, 100_000)


@pytest.mark.parametrize(
    ("rows", "received_on", "cents"),
    [
        ([japan(1, 11), japan(12, None, 1440, 100_000)], 11, 0),
        ([japan(1, 10), japan(12, None, 1440, 100_000)], 12, 100_000),
        ([japan(1, 11, 1440, 100_000), japan(11, None, 0, 700)], 11, 700),
        ([japan(1, None, 1440, 100_000), japan(1, None, 0, 900), japan(1, None, 0, 700)], 11, 700),
    ],
)
def test_each_permission_is_tried_with_its_own_testing(
    rows: list[Permission], received_on: int, cents: int
) -> None:
    found = planned(under(*rows))
    assert (found.met, found.costs.testing_cents) == (1, cents)
    received_at = found.schedule.shipments[0].received_at
    assert world().clock.day(received_at, "Asia/Tokyo").day == received_on


def test_neither_of_two_permissions_covers_the_day_that_its_testing_leads_to() -> None:
    found = planned(under(japan(1, 11, testing_min=1440), japan(12, None)))
    assert found.met == 0
    assert found.unmet[0].reason == (
        "no permission: plant may supply trial in JP on 2024-01-11 after import testing of 24 h "
        "only, which ends later"
    )
