"""What a design leaves of a programme: its plants, slots, permissions and contracts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from doseline.clock import week_time_from_text
from doseline.programme import Programme
from doseline.programme.design import Design, LineSlots, PlantUse
from tests.hand_world import world

FEBRUARY, MARCH = date(2024, 2, 1), date(2024, 3, 1)


def under(*plants: PlantUse) -> Programme:
    return replace(world(), designs=(Design("d", "design", plants),)).under("d")


def test_a_design_without_a_plant_has_neither_its_lanes_nor_its_contract() -> None:
    found = under()
    assert (found.manufacturers, found.lanes, found.contracts, found.permissions) == (
        (), (), (), (),
    )  # fmt: skip


def test_slots_and_contract_hold_for_the_days_of_the_use() -> None:
    found = under(PlantUse("plant", from_on=FEBRUARY, until_on=MARCH))
    (rule,) = found.manufacturers[0].lines[0].slots
    (contract,) = found.contracts
    assert (rule.from_on, rule.until_on) == (FEBRUARY, MARCH)
    assert (contract.from_on, contract.until_on) == (FEBRUARY, MARCH)


def test_a_use_never_widens_what_the_contract_says() -> None:
    own = world()
    short = replace(own.contracts[0], from_on=FEBRUARY)
    programme = replace(
        own,
        contracts=(short,),
        designs=(Design("d", "design", (PlantUse("plant", from_on=date(2024, 1, 15)),)),),
    )
    assert programme.under("d").contracts[0].from_on == FEBRUARY


def test_a_design_takes_the_slots_it_names() -> None:
    tuesday = week_time_from_text("Tuesday 06:00")
    found = under(PlantUse("plant", slots=(LineSlots("cell", (tuesday,), every_weeks=2),)))
    (rule,) = found.manufacturers[0].lines[0].slots
    assert (rule.at, rule.every_weeks) == (tuesday, 2)


def test_a_plant_stays_open_where_the_design_says_so() -> None:
    closing = replace(world().manufacturers[0], closes_on=FEBRUARY)
    programme = replace(
        world(),
        manufacturers=(closing,),
        designs=(
            Design("open", "open", (PlantUse("plant", stays_open=True),)),
            Design("closing", "closing", (PlantUse("plant"),)),
        ),
    )
    assert programme.under("open").manufacturers[0].closes_on is None
    assert programme.under("closing").manufacturers[0].closes_on == FEBRUARY


def test_an_unknown_design_says_what_there_is() -> None:
    with pytest.raises(LookupError, match="it names none"):
        world().under("d")
