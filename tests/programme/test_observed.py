"""Shocks that have happened: every number has its page or is assumed, and becomes dated shocks."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest

from doseline.formats.durations import exact_minutes_from_text
from doseline.formats.observed_inputs import observed_markdown
from doseline.programme.observed import ASSUMED, PRECEDENTS, STATED, Name, Observed
from doseline.programme.scenario import Scenario, Shock

ON = date(2022, 3, 7)
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "observed-shocks.md"


def taken(name: str, **more: object) -> tuple[Shock, ...]:
    return Observed(name, ("it",), ON, **more).shocks  # type: ignore[arg-type]


def test_there_are_ten_and_each_can_be_named() -> None:
    assert set(get_args(Name)) == set(PRECEDENTS)
    assert len(PRECEDENTS) == 10


@pytest.mark.parametrize("name", PRECEDENTS)
def test_every_number_is_stated_by_a_page_or_assumed(name: str) -> None:
    found = PRECEDENTS[name]
    assert found.numbers
    assert {n.basis for n in found.numbers} <= {STATED, ASSUMED}
    if any(n.basis == STATED for n in found.numbers):
        assert found.address.startswith("http")


@pytest.mark.parametrize("name", PRECEDENTS)
def test_the_days_that_are_told_are_the_days_that_are_played(name: str) -> None:
    told = [n.value for n in PRECEDENTS[name].numbers if n.what.startswith("days")]
    played = ["for good" if b.days is None else f"{b.days} d" for b in PRECEDENTS[name].blows]
    assert set(told) <= set(played)
    for days in set(played) - set(told):  # what is left is the end of a run-down
        assert days == "for good"


@pytest.mark.parametrize("name", PRECEDENTS)
def test_shares_and_times_that_are_told_are_those_that_are_played(name: str) -> None:
    found = PRECEDENTS[name]
    shares = {f"{b.left_fraction:.0%}".replace("%", " %") for b in found.blows if b.left_fraction}
    assert shares == {n.value for n in found.numbers if n.what.startswith("left")}
    factors = {f"{b.delay_factor:g}" for b in found.blows if b.delay_factor != 1.0}
    assert factors == {n.value for n in found.numbers if n.what == "delay factor"}
    for number in found.numbers:
        for end in (number.low, number.high):
            assert end is None or exact_minutes_from_text(end) > 0


@pytest.mark.parametrize("name", PRECEDENTS)
def test_a_shock_lasts_its_days_to_the_day(name: str) -> None:
    for shock, blow in zip(taken(name), PRECEDENTS[name].blows, strict=False):
        assert shock.from_on == ON + timedelta(days=blow.after_days)
        if blow.days is not None:
            assert shock.until_on == shock.from_on + timedelta(days=blow.days - 1)
        assert shock.targets == ("it",)


def test_an_import_alert_ends_for_the_first_protocols_before_the_later_ones() -> None:
    first, later = taken(
        "import_alert", markets=("US",), protocols=("adults",), later=("children",)
    )
    assert (first.protocols, later.protocols) == (("adults",), ("children",))
    assert first.markets == later.markets == ("US",)
    assert first.until_on == ON + timedelta(days=96)
    assert later.until_on == ON + timedelta(days=223)


def test_the_dates_of_2018_come_out_as_they_were() -> None:
    (alert,) = Observed("import_alert", ("hamilton",), date(2018, 8, 7)).shocks
    assert alert.until_on == date(2018, 11, 11)
    down, closed = Observed("own_plant_closed", ("madison",), date(2018, 1, 8)).shocks
    assert (down.until_on, closed.from_on) == (date(2018, 6, 30), date(2018, 7, 1))
    assert closed.until_on is None


def test_a_scenario_holds_what_it_takes_over_once_and_says_where_it_comes_from() -> None:
    use = Observed("quality_stop", ("CPDC",), ON)
    own = Shock("source", ("ire",), ON)
    scenario = Scenario("s", "both", (own,), observed=(use,))
    assert scenario.shocks == (own, *use.shocks)
    assert Scenario("s", "both", scenario.shocks, observed=(use,)) == scenario
    assert scenario.why == PRECEDENTS["quality_stop"].says


def test_the_reference_page_lists_every_number() -> None:
    text = PAGE.read_text(encoding="utf-8").split("## The list\n\n")[1]
    assert text.strip() == observed_markdown().strip()
