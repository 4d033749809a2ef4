"""A cohort waits for the one before: with perfect supply as drawn, and later where supply is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from doseline.operations.events import DoseAdministered
from doseline.operations.orders import Patient
from doseline.programme import Programme
from doseline.programme.course import Luck
from doseline.programme.scenario import Scenario, Shock
from doseline.simulate.cohorts import Cohorts
from doseline.simulate.run import history
from tests.simulate.worlds import CALM, FIRST_WEDNESDAY, FROM, UNTIL, patient, tiny

WAITS = 28


def in_cohort(name: str, weeks: int, cohort: int, luck: Luck = CALM) -> Patient:
    """A patient due so many weeks after the first Wednesday, of a later cohort perhaps."""
    plain = patient(name, FIRST_WEDNESDAY + timedelta(weeks=weeks), luck=luck)
    return replace(plain, cohort=cohort, waits_days=WAITS if cohort else 0)


def days_given(
    programme: Programme, patients: Sequence[Patient], *shocks: Shock
) -> dict[str, date]:
    """The day of each patient's first dose, with chance off."""
    drawn: Callable[[int], Sequence[Patient]] = lambda _: patients  # noqa: E731
    events = history(
        programme, drawn, seed=1, replication=0, from_on=FROM, until_on=UNTIL,
        scenario=Scenario("s", "a shock", shocks) if shocks else None, chance=False,
    )  # fmt: skip
    given = (e for e in events if isinstance(e, DoseAdministered))
    clock = programme.clock
    return {e.order.partition("/")[0]: clock.day(e.at, "UTC") for e in given}


def again(programme: Programme) -> Programme:
    """The world in which a missed dose is ordered again."""
    return replace(programme, policy=replace(programme.policy, reorder_missed=True))


COHORTS = (in_cohort("A", 0, 0), in_cohort("B", 1, 0), in_cohort("C", 5, 1), in_cohort("D", 6, 1))
STOP = Shock(
    "manufacturer",
    ("plant",),
    FIRST_WEDNESDAY - timedelta(days=2),
    FIRST_WEDNESDAY + timedelta(days=11),
)


def test_with_perfect_supply_a_cohort_begins_on_the_days_drawn() -> None:
    found = days_given(again(tiny()), COHORTS)
    assert found == {p.id: date.fromordinal(p.first_day) for p in COHORTS}


def test_where_the_supply_is_late_the_next_cohort_waits_for_the_last_dose_of_the_one_before() -> (
    None
):
    found = days_given(again(tiny()), COHORTS, STOP)
    last = max(found["A"], found["B"])
    assert last > date.fromordinal(COHORTS[1].first_day)
    assert found["C"] == last + timedelta(days=WAITS)
    free = tuple(replace(p, cohort=0, waits_days=0) for p in COHORTS)
    unbound = days_given(again(tiny()), free, STOP)
    assert unbound["C"] < found["C"]


def test_a_cohort_does_not_wait_for_a_patient_who_gets_no_dose() -> None:
    gone = in_cohort("B", 3, 0, replace(CALM, goes_on=1.0))
    patients = (in_cohort("A", 0, 0), gone, in_cohort("C", 4, 1))
    found = days_given(again(tiny()), patients)
    assert set(found) == {"A", "C"}
    assert found["C"] == date.fromordinal(patients[2].first_day)


def test_a_cohort_opens_after_the_last_first_dose_of_the_one_before() -> None:
    cohorts = Cohorts()
    a, b, c = in_cohort("A", 0, 0), in_cohort("B", 1, 0), in_cohort("C", 5, 1)
    cohorts.gather((a, b, c))
    assert cohorts.opens(c) is None
    cohorts.dosed(b, 1000)
    assert cohorts.opens(c) is None
    cohorts.dosed(a, 990)
    assert cohorts.opens(c) == 1000 + WAITS


def test_a_cohort_whose_forerunners_are_not_played_begins_as_drawn() -> None:
    alone = (in_cohort("C", 5, 1),)
    found = days_given(again(tiny()), alone)
    assert found == {"C": date.fromordinal(alone[0].first_day)}
