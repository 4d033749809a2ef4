"""When the next capacity must be decided on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from doseline.programme import Programme
from doseline.programme.contract import LeadTime
from doseline.programme.programme import Question
from doseline.studies.sizing.candidates import Candidate
from doseline.studies.sizing.lead_times import Step, lead_days, steps
from tests.hand_world import world

LEAD = LeadTime(
    build_min=100 * 1440, transfer_min=50 * 1440, validation_min=25 * 1440,
    approval_min=10 * 1440, slot_min=14 * 1440,
)  # fmt: skip


def programme(lead: LeadTime | None = LEAD) -> Programme:
    own = world()
    plant = own.manufacturers[0]
    contract = replace(own.contracts[0], lead=lead)
    return replace(
        own,
        manufacturers=(plant, replace(plant, id="new")),
        contracts=(contract, replace(contract, manufacturer="new")),
    )


def candidate(**slots: int) -> Candidate:
    name = "+".join(f"{p}-{n}" for p, n in slots.items())
    return Candidate(name, name, (), programme().policy, slots, float(sum(slots.values())))


ONE, TWO, BOTH = candidate(plant=1), candidate(plant=2), candidate(plant=2, new=1)
OTHER = candidate(new=3)
FOUND = (ONE, TWO, BOTH, OTHER)


def periods(number: int) -> tuple[Question, ...]:
    return tuple(
        Question(
            f"y{i + 1}", f"year {i + 1}", ("trial",), date(2025 + i, 1, 1), date(2025 + i, 12, 31)
        )
        for i in range(number)
    )


def way(needs: list[float], given: Programme) -> tuple[Step, ...]:
    """A design of so many vials is enough for a period that needs no more."""

    def enough(design: Candidate, place: int) -> bool:
        return design.vials_a_week >= needs[place]

    def least(place: int, among: object) -> Candidate | None:
        assert isinstance(among, list | tuple)
        fit = [c for c in among if enough(c, place)]
        return min(fit, key=lambda c: c.vials_a_week, default=None)

    return steps(given, periods(len(needs)), ONE, FOUND, enough, least)


def test_a_new_plant_takes_all_stages_and_a_further_slot_its_notice() -> None:
    assert lead_days(programme(), "new", new_plant=True) == 185
    assert lead_days(programme(), "plant", new_plant=False) == 14


def test_the_transfer_in_the_file_stands_in_for_a_lead_time_of_a_new_plant() -> None:
    own = programme(None)
    plant = own.manufacturers[1]
    makes = replace(plant.makes[0], transfer_starts_on=date(2023, 1, 1), from_on=date(2024, 1, 1))
    with_transfer = replace(
        own, manufacturers=(own.manufacturers[0], replace(plant, makes=(makes,)))
    )
    assert lead_days(with_transfer, "new", new_plant=True) == 365
    assert lead_days(own, "new", new_plant=True) is None
    assert lead_days(own, "plant", new_plant=False) is None


def test_it_is_decided_a_lead_time_before_the_first_period_that_needs_it() -> None:
    first, second, third, fourth = way([1, 2, 2, 3], programme())
    assert (first.design, first.adds, first.decide_by) == ("plant-1", (), None)
    assert second.decide_by == date(2025, 12, 18)
    assert [(a.manufacturer, a.slots, a.new_plant) for a in second.adds] == [("plant", 1, False)]
    assert (third.standing, third.design) == ("plant-2", "plant-2")
    assert fourth.decide_by == date(2027, 6, 30)
    assert [(a.manufacturer, a.new_plant) for a in fourth.adds] == [("new", True)]


def test_what_stands_is_kept_where_a_design_that_contains_it_will_do() -> None:
    (only,) = way([3], programme())
    assert only.design == BOTH.id


def test_a_lead_time_longer_than_what_is_left_is_too_late() -> None:
    late = replace(programme(), as_of_on=date(2025, 12, 31))
    _, second = way([1, 2], late)
    assert second.too_late


def test_an_unknown_lead_time_gives_no_date() -> None:
    _, second = way([1, 2], programme(None))
    assert second.adds[0].lead_days is None
    assert second.decide_by is None


def test_a_period_that_no_design_serves_is_named() -> None:
    (only,) = way([9], programme())
    assert (only.design, only.standing) == (None, "plant-1")
