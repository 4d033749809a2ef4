"""The grid of designs: what it holds, what it is called, and how a candidate stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from doseline.formats import read_programme
from doseline.programme import Programme
from doseline.programme.design import Design, PlantUse
from doseline.programme.sizing import PlantRange, Sizing
from doseline.studies.sizing.candidates import Candidate, candidates, own_candidate, stand
from doseline.studies.variants import parent_design, with_plants
from tests.studies.sizing.cells import cells


@pytest.fixture(scope="module")
def reference(repository: Path) -> Programme:
    return read_programme(repository / "examples" / "clr131" / "programme.yaml")


def own_of(programme: Programme, found: Sequence[Candidate]) -> Candidate:
    return own_candidate(programme, parent_design(programme, None), programme.questions, found)


def test_without_a_grid_every_plant_has_none_to_all_of_its_weekly_slots() -> None:
    programme = cells(3)
    found = candidates(programme, None, programme.questions)
    assert [(c.id, c.vials_a_week) for c in found] == [
        ("plant-1", 1.0), ("plant-2", 2.0), ("plant-3", 3.0),
    ]  # fmt: skip


def test_a_candidate_stands_with_its_slots_alone() -> None:
    programme = cells(3)
    two = candidates(programme, None, programme.questions)[1]
    stood = stand(programme, parent_design(programme, None), two)
    assert [ln.id for ln in stood.manufacturers[0].lines] == ["cell-1", "cell-2"]


def test_each_choice_of_the_grid_goes_with_every_other() -> None:
    sizing = Sizing(
        plants=(PlantRange("plant", slots_least=2, every_weeks=(1, 2)),),
        overage_fraction=(0.0, 0.1),
        spare_vials=(0, 1),
    )
    programme = replace(cells(3), sizing=sizing)
    found = candidates(programme, None, programme.questions)
    assert len(found) == 2 * 2 * 2 * 2
    assert len({c.id for c in found}) == len(found)
    slow = next(c for c in found if c.id.startswith("plant-2.every2"))
    assert slow.vials_a_week == 1.0
    rich = next(c for c in found if "overage-0.1" in c.id)
    assert stand(programme, parent_design(programme, None), rich).policy.overage_fraction == 0.1


def test_the_design_that_is_sized_is_always_among_them() -> None:
    programme = replace(cells(3), sizing=Sizing(plants=(PlantRange("plant", 1, 1),)))
    found = candidates(programme, None, programme.questions)
    assert [c.id for c in found] == ["plant-1", "plant-3"]
    assert own_of(programme, found).id == "plant-3"


def test_a_grid_too_fine_is_refused() -> None:
    fine = Sizing(overage_fraction=tuple(i / 1000 for i in range(300)))
    programme = replace(cells(3), sizing=fine)
    with pytest.raises(LookupError, match="the grid holds 300 designs, expected 200 at most"):
        candidates(programme, None, programme.questions)


def test_of_the_reference_case_the_slots_of_both_plants_vary(reference: Programme) -> None:
    found = candidates(reference, None, reference.questions)
    assert len(found) == 2 * 5 - 1
    own = own_of(reference, found)
    assert (own.like, dict(own.slots)) == ("madison_and_hamilton", {"madison": 1, "hamilton": 1})
    assert [c.vials_a_week for c in found] == [6, 12, 18, 24, 30, 54, 60, 84, 90]


def test_a_plant_keeps_its_slots_for_other_products(reference: Programme) -> None:
    found = candidates(reference, None, reference.questions)
    own = own_of(reference, found)
    stood = stand(reference, parent_design(reference, None), own)
    madison = stood.manufacturer["madison"]
    assert [len(ln.slots) for ln in madison.lines] == [2, 1]


def test_a_design_of_ones_own_has_the_permissions_of_those_it_takes_its_plants_from(
    reference: Programme,
) -> None:
    parent = parent_design(reference, "hamilton_two_slots")
    assert {u.manufacturer for u in parent.plants} >= {"hamilton"}
    stood = with_plants(reference, parent, "mine", parent.plants)
    assert stood.design == "mine"
    assert len(stood.permissions) == len(reference.under("hamilton_two_slots").permissions)


def test_a_plant_of_no_design_can_be_named_in_the_grid() -> None:
    own = cells(1)
    (plant,) = own.manufacturers
    other = replace(
        plant, id="other", lines=tuple(replace(ln, id="far-cell") for ln in plant.lines)
    )
    programme = replace(
        own,
        manufacturers=(plant, other),
        designs=(Design("today", "Today", (PlantUse("plant"),)),),
        sizing=Sizing(plants=(PlantRange("other"),)),
    )
    found = candidates(programme, "today", programme.questions)
    assert [dict(c.slots) for c in found] == [{"plant": 1}, {"plant": 1, "other": 1}]
