"""The reference case, a year of it: the import alert as it came in August 2018."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from doseline.formats import read_programme
from doseline.operations.accounts import imbalances
from doseline.operations.events import Event, OrderPlaced, ShipmentDispatched, ShipmentReceived
from doseline.operations.life import obeys
from doseline.operations.orders import Patient
from doseline.programme import Programme
from doseline.simulate import history
from tests.simulate.worlds import CALM

FROM, UNTIL = date(2018, 5, 1), date(2019, 3, 31)
ALERT, LIFTED = date(2018, 8, 7), date(2018, 11, 11)


@cache
def programme() -> Programme:
    file = Path(__file__).parents[2] / "examples" / "clr131" / "programme.yaml"
    return read_programme(file).under("hamilton_only")


def patients(_: int) -> tuple[Patient, ...]:
    """A patient of the second phase every week, at three of its sites in turn."""
    return tuple(
        Patient(
            id=f"P{n}",
            protocol="clover1",
            product="clr131",
            site=("P02", "P04", "P08")[n % 3],
            arm=0,
            first_day=(date(2018, 5, 24) + timedelta(days=7 * n)).toordinal(),
            size=1.9,
            luck=((CALM,),) * 4,
        )
        for n in range(38)
    )


@cache
def events(scenario: str | None, chance: bool) -> tuple[Event, ...]:
    found = {s.id: s for s in programme().scenarios}
    return history(
        programme(),
        patients,
        seed=7,
        replication=0,
        from_on=FROM,
        until_on=UNTIL,
        scenario=found[scenario] if scenario else None,
        chance=chance,
    )


@pytest.mark.parametrize("scenario", [None, "import_alert_2018"])
@pytest.mark.parametrize("chance", [True, False])
def test_the_reference_case_obeys_life_and_conserves_activity(
    scenario: str | None, chance: bool
) -> None:
    told = events(scenario, chance)
    assert sum(isinstance(e, OrderPlaced) for e in told) >= 38
    assert obeys(told) == ()
    assert imbalances(told, {p.id: p.half_life for p in programme().products}) == ()


@pytest.mark.parametrize("chance", [True, False])
def test_under_the_import_alert_nothing_of_hamilton_is_received_for_us_haematology(
    chance: bool,
) -> None:
    told = events("import_alert_2018", chance)
    days = {programme().clock.instant(e.at).date() for e in told if isinstance(e, ShipmentReceived)}
    assert not any(ALERT <= day <= LIFTED for day in days)
    assert any(day < ALERT for day in days)
    assert any(day > LIFTED for day in days)
    calm = events(None, chance)
    assert sum(isinstance(e, ShipmentDispatched) for e in calm) > sum(
        isinstance(e, ShipmentDispatched) for e in told
    )
