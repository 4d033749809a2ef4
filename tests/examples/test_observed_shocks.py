"""Each of the ten observed shocks, played on the reference case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from doseline.formats import read_programme
from doseline.operations.events import (
    DoseAdministered,
    Event,
    OrderUnpromised,
    ShipmentDispatched,
    ShipmentLost,
    ShockBegan,
    ShockEnded,
    VialPacked,
)
from doseline.programme import Programme
from doseline.programme.observed import PRECEDENTS, Observed
from doseline.programme.scenario import Scenario
from doseline.simulate import history
from doseline.studies.assessment import ScenarioRow
from doseline.studies.runs import Play, crowds_of
from doseline.studies.shocks import scenario_row

ON = date(2022, 3, 7)
STRUCK = {
    "permission": ("hamilton",),
    "manufacturer": ("hamilton",),
    "firm": ("CPDC",),
    "source": ("ire", "ntp", "polatom"),
    "carrier": ("air_north", "air_na", "air_ocean"),
    "border": ("ca_us",),
}


@pytest.fixture(scope="module")
def programme(repository: Path) -> Programme:
    """Hamilton alone in 2022, the year of the pivotal trial in which a shock costs most."""
    whole = read_programme(repository / "examples" / "clr131" / "programme.yaml")
    return replace(whole, until_on=date(2022, 9, 30), scenarios=()).under("hamilton_only")


def row(programme: Programme, name: str, strikes: tuple[str, ...], on: date) -> ScenarioRow:
    scenario = Scenario(name, name, observed=(Observed(name, strikes, on),))  # type: ignore[arg-type]
    return scenario_row(replace(programme, scenarios=(scenario,)), scenario, Play(1, 1))


HARD = (
    "import_alert",
    "own_plant_closed",
    "quality_stop",
    "particles_in_vials",
    "capacity_shortage",
)
SOFT = ("reactor_closed", "air_freight_collapse", "border_hold")
"""Slack takes these up in part: other sources, other lanes, hours to spare."""


def test_every_observed_shock_is_played_here() -> None:
    assert {*HARD, *SOFT, "reactor_outage", "dose_lost"} == set(PRECEDENTS)


@pytest.mark.parametrize("name", HARD)
def test_a_shock_of_the_only_plant_costs_service_and_is_told_week_by_week(
    programme: Programme, name: str
) -> None:
    found = row(programme, name, STRUCK[PRECEDENTS[name].strikes], ON)
    weeks = found.weeks
    assert sum(w.on_time.mean for w in weeks) < sum(w.on_time_without.mean for w in weeks)
    assert found.days_to_recover.mean > 0
    for w in weeks:
        assert w.on_time.mean <= w.due.mean
        if w.week < ON:  # nobody knows of it yet
            assert w.on_time == w.on_time_without
    assert weeks[0].week == date(2022, 2, 7)
    assert found.for_good == (name == "own_plant_closed")


@pytest.mark.parametrize("name", SOFT)
def test_a_shock_with_slack_around_it_changes_what_happens_from_its_first_day(
    programme: Programme, name: str
) -> None:
    calm = told(programme, None)
    sent = (e for e in calm if isinstance(e, ShipmentDispatched) and e.at > at(programme, ON))
    left = next(e for e in sent if programme.site[e.site].market == "US")
    on = programme.clock.day(left.at, "America/Toronto")
    use = Observed(name, STRUCK[PRECEDENTS[name].strikes], on)  # type: ignore[arg-type]
    hit = told(programme, Scenario(name, name, observed=(use,)))
    before = [e for e in hit if e.at < at(programme, on)]
    assert before == [e for e in calm if e.at < at(programme, on)]
    assert without_shocks(hit) != list(calm)


def test_an_outage_that_leaves_a_third_leaves_enough_for_the_batches_of_a_trial(
    programme: Programme,
) -> None:
    use = Observed("reactor_outage", STRUCK["source"], ON)
    hit = told(programme, Scenario("outage", "outage", observed=(use,)))
    assert any(isinstance(e, ShockBegan) and e.targets == STRUCK["source"] for e in hit)
    assert without_shocks(hit) == list(told(programme, None))


def at(programme: Programme, on: date) -> int:
    return programme.clock.day_start(on, "UTC")


def without_shocks(events: Iterable[Event]) -> list[Event]:
    return [e for e in events if not isinstance(e, ShockBegan | ShockEnded)]


def told(programme: Programme, scenario: Scenario | None) -> tuple[Event, ...]:
    first, last = date(2022, 3, 1), date(2022, 5, 31)
    return history(
        programme,
        crowds_of(programme, 1, first, last, None, None),
        seed=1,
        replication=0,
        from_on=first,
        until_on=last,
        scenario=scenario,
    )


def test_a_single_dose_that_fails_is_one_dose_later(programme: Programme) -> None:
    calm = told(programme, None)
    dose = next(e for e in calm if isinstance(e, DoseAdministered) and e.on_day)
    packed = next(e for e in calm if isinstance(e, VialPacked) and e.vial == dose.vial)
    sent = [e for e in calm if isinstance(e, ShipmentDispatched)]
    site = next(e.site for e in sent if e.shipment == packed.shipment)
    on = programme.clock.instant(dose.at).date()
    shock = Scenario("lost", "lost", observed=(Observed("dose_lost", (site,), on),))
    hit = told(programme, shock)
    assert any(isinstance(e, ShockBegan) and e.targets == (site,) for e in hit)
    given = {e.order: e.at for e in hit if isinstance(e, DoseAdministered)}
    assert given.get(dose.order) != dose.at
    lost = [e for e in hit if isinstance(e, ShipmentLost)]
    told_again = [e for e in hit if isinstance(e, OrderUnpromised) and e.order == dose.order]
    assert lost or told_again
