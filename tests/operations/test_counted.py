"""Which slots a policy counts on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from doseline.operations.slots import Slot, counted, expand
from doseline.programme import Programme
from doseline.programme.manufacturer import SlotKind
from tests.hand_world import world


def slot(programme: Programme) -> Slot:
    return expand(programme, date(2024, 1, 8), date(2024, 1, 14))[0]


def test_a_reserved_slot_counts_inside_the_term_of_its_contract_alone() -> None:
    programme = world()
    found = slot(programme)
    assert counted(programme, found)
    day = timedelta(days=1)
    for from_on, until_on, inside in (
        (found.starts_on, found.starts_on, True),
        (found.starts_on + day, None, False),
        (None, found.starts_on - day, False),
    ):
        contract = replace(programme.contracts[0], from_on=from_on, until_on=until_on)
        assert counted(replace(programme, contracts=(contract,)), found) is inside


@pytest.mark.parametrize(
    ("kind", "rule"), [("contested", "count_contested"), ("option", "use_options")]
)
def test_a_slot_that_is_not_reserved_counts_where_the_policy_says_so(
    kind: SlotKind, rule: str
) -> None:
    programme = world()
    found = replace(slot(programme), kind=kind)
    for says in (True, False):
        policy = replace(programme.policy, **{rule: says})  # type: ignore[arg-type]
        assert counted(replace(programme, policy=policy), found) is says


def test_a_slot_without_room_beside_the_spare_vials_serves_nobody() -> None:
    programme = world()
    found = slot(programme)
    full = replace(programme.policy, spare_vials=found.vials_max)
    assert not counted(replace(programme, policy=full), found)
