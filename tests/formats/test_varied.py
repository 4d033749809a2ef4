"""One value of a programme put differently."""

from __future__ import annotations

from pathlib import Path

import pytest

from doseline.errors import InputError
from doseline.formats import read_programme
from doseline.formats.varied import with_value
from doseline.programme import Programme


@pytest.fixture(scope="module")
def reference(repository: Path) -> Programme:
    return read_programme(repository / "examples" / "clr131" / "programme.yaml")


def test_a_value_put_as_it_is_changes_nothing(reference: Programme) -> None:
    for one in reference.inputs:
        assert with_value(reference, one.field, one.value) == reference, one.field


def test_a_value_is_read_as_the_file_would_be(reference: Programme) -> None:
    moved = with_value(reference, "products[0].shelf_life", "72 h")
    assert moved.products[0].shelf_life_min == 72 * 60
    assert reference.products[0].shelf_life_min == 120 * 60


def test_of_chances_that_add_up_to_one_the_others_give_way_in_proportion(
    reference: Programme,
) -> None:
    field = next(i.field for i in reference.inputs if i.field.endswith("gate[0].chance"))
    moved = with_value(reference, field, "51 %")
    trial = int(field.split("[")[1].split("]")[0])
    gate = next(v.gate for v in moved.trials[trial].arms[0].visits if v.gate)
    assert [row.chance_fraction for row in gate] == pytest.approx(
        [0.51, 0.49 * 0.2975 / 0.4475, 0.49 * 0.15 / 0.4475]
    )


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("products[0].shelf_life", "soon", 'found "soon"'),
        ("products[0].nonsense", "1 h", "expected the path of a value"),
        ("products[99].shelf_life", "1 h", "expected the path of a value"),
        ("products[0].recipe", "1 h", "expected the path of a value"),
        ("manufacturers[0].lines[0].vials_max", "0", "expected at least 1"),
        ("manufacturers[0].learning.floor", "9 %", "first is smaller than floor"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    reference: Programme, field: str, text: str, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        with_value(reference, field, text)
    assert caught.value.faults[0].field == field
