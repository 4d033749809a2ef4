"""Changing a file keeps everything else in it; writing is whole or not at all."""

import json
from datetime import date, time
from pathlib import Path

import pytest

from doseline.errors import InputError, ProgrammeError
from doseline.formats import (
    json_text,
    read_programme,
    rows_text,
    write_json_atomically,
    write_programme,
    write_rows,
    write_text_atomically,
)

BROKEN = Path(__file__).parent.parent / "data" / "broken"
VALID = (BROKEN / "valid.yaml").read_text()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "programme.yaml"
    text = VALID.replace("daily_capacity: 2", "daily_capacity: 2   # two chairs")
    path.write_text(text)
    return path


def test_a_changed_value_leaves_every_other_character_where_it_is(file: Path) -> None:
    before = file.read_text()
    write_programme(file, file, {"sites[0].daily_capacity": 3})
    assert file.read_text() == before.replace("capacity: 2   # two", "capacity: 3   # two")
    assert read_programme(file).sites[0].daily_capacity == 3


def test_a_value_with_a_basis_keeps_it_when_it_is_changed(file: Path) -> None:
    write_programme(file, file, {"products[drug].shelf_life": "100 h"})
    assert "{value: 100 h, low: 72 h, high: 120 h, basis: S1}" in file.read_text()


def test_entries_are_found_by_id_and_missing_keys_are_added(file: Path) -> None:
    changes = {
        "sites[clinic].active_from": date(2026, 2, 1),
        "sites[clinic].infusion_latest": time(15, 30),
        "contracts[0].exit": "USD 5,000",
        "target.missed": "5 %",
        "trials[0].arms[0].visits[0].late_days": 7,
        "name": 'another: "world" # here',
    }
    write_programme(file, file, changes)
    programme = read_programme(file)
    assert programme.sites[0].active_from_on == date(2026, 2, 1)
    assert programme.sites[0].infusion_latest == time(15, 30)
    assert programme.contracts[0].exit_cents == 500_000
    assert programme.target.missed_fraction == 0.05
    assert programme.trials[0].arms[0].visits[0].late_days == 7
    assert programme.name == 'another: "world" # here'
    assert "# two chairs" in file.read_text()


def test_a_change_that_leads_nowhere_is_refused_and_nothing_is_written(file: Path) -> None:
    before = file.read_text()
    with pytest.raises(InputError) as refused:
        write_programme(file, file, {"sitse[0].x": 1, "sites": 2, "sites[9].id": 3})
    messages = [f.message for f in refused.value.faults]
    assert "did you mean sites?" in messages[0]
    assert messages[1] == "found a list, expected a single value to change"
    assert "there is no such entry" in messages[2]
    assert file.read_text() == before


def test_a_change_that_makes_the_file_unsound_is_refused_and_nothing_is_written(
    file: Path,
) -> None:
    before = file.read_text()
    with pytest.raises(ProgrammeError) as refused:
        write_programme(file, file, {"sites[0].daily_capacity": 0})
    (fault,) = refused.value.faults
    assert (fault.file, fault.field) == (str(file), "sites[0].daily_capacity")
    assert file.read_text() == before
    assert [p.name for p in file.parent.iterdir()] == ["programme.yaml"]


def test_text_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file.txt"
    write_text_atomically(path, "first\n")

    def refuse(_: Path) -> None:
        raise ValueError

    with pytest.raises(ValueError):
        write_text_atomically(path, "second\n", refuse)
    assert path.read_text() == "first\n"
    assert list(path.parent.iterdir()) == [path]


def test_json_is_sorted_stable_and_refuses_what_is_not_finite(tmp_path: Path) -> None:
    document = {"b": 0.1 + 0.2, "a": date(2026, 1, 1), "ü": [1, None, True]}
    write_json_atomically(tmp_path / "x.json", document)
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert text == json_text(dict(reversed(document.items())))
    assert json.loads(text) == {"a": "2026-01-01", "b": 0.30000000000000004, "ü": [1, None, True]}
    with pytest.raises(ValueError):
        json_text({"a": float("nan")})


def test_rows_are_written_with_a_heading_and_floats_that_read_back(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"a": 1 / 3, "b": True}, {"a": None, "c": date(2026, 1, 1)}]
    write_rows(tmp_path / "x.csv", rows)
    text = (tmp_path / "x.csv").read_text()
    assert text == "a,b,c\n0.3333333333333333,true,\n,,2026-01-01\n"
    assert rows_text([], ["a"]) == "a\n"
