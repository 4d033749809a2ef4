"""Observed shocks in a programme file: their numbers are inputs, their sources references."""

from __future__ import annotations

from pathlib import Path

import pytest

from doseline.formats import programme_to_text, read_programme
from doseline.programme import Programme
from tests.hand_world import FILE

SCENARIOS = """
scenarios:
  - id: stop
    name: The plant stops
    observed:
      - {shock: particles_in_vials, strikes: [plant], from: 2024-01-20}
      - {shock: reactor_outage, strikes: [reactor], from: 2024-01-20}
"""


@pytest.fixture
def programme(tmp_path: Path) -> Programme:
    path = tmp_path / "programme.yaml"
    path.write_text(FILE.read_text(encoding="utf-8") + SCENARIOS, encoding="utf-8")
    return read_programme(path)


def test_the_shocks_are_there_as_if_written_out(programme: Programme) -> None:
    (scenario,) = programme.scenarios
    assert [(s.hits, s.targets) for s in scenario.shocks] == [
        ("manufacturer", ("plant",)),
        ("permission", ("plant",)),
        ("source", ("reactor",)),
    ]


def test_their_numbers_are_inputs_stated_or_assumed(programme: Programme) -> None:
    theirs = {
        i.field.partition(".observed")[2]: i for i in programme.inputs if "observed" in i.field
    }
    assert theirs["[0].particles_in_vials: days"].basis == ("observed-particles_in_vials",)
    assert theirs["[1].reactor_outage: left"].basis == ("assumption",)
    assert theirs["[1].reactor_outage: left"] in programme.assumptions
    ids = {r.id: r for r in programme.references}
    assert "2014" in ids["observed-particles_in_vials"].says
    assert ids["observed-reactor_outage"].address.startswith("https://")


def test_what_happened_before_the_decision_is_no_hindsight(programme: Programme) -> None:
    (scenario,) = programme.scenarios  # as of December 2023: both had happened
    assert not scenario.hindsight


def test_what_happened_after_the_decision_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "programme.yaml"
    text = FILE.read_text(encoding="utf-8").replace("as_of: 2023-12-01", "as_of: 2021-12-01")
    path.write_text(text + SCENARIOS, encoding="utf-8")
    assert read_programme(path).scenarios[0].hindsight


def test_a_file_with_observed_shocks_written_and_read_back_is_the_same(
    programme: Programme, tmp_path: Path
) -> None:
    path = tmp_path / "again.yaml"
    path.write_text(programme_to_text(programme), encoding="utf-8")
    assert read_programme(path).scenarios == programme.scenarios
    assert read_programme(path).references == programme.references
