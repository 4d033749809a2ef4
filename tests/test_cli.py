"""The command line as a user meets it: exit codes, faults, and no traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from doseline.cli import app
from tests.hand_world import FILE

BROKEN = Path(__file__).parent / "data" / "broken"
runner = CliRunner()


def test_a_sound_file_ends_with_0_and_is_counted() -> None:
    found = runner.invoke(app, ["check", str(FILE), "--json"])
    assert found.exit_code == 0
    document = json.loads(found.stdout)
    assert document["ok"] is True
    assert document["counts"]["sites"] == 2


@pytest.mark.parametrize("name", ["empty", "binary", "missing", "folder", "deep", "large"])
def test_what_is_no_programme_ends_with_2_and_a_fault(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.yaml"
    match name:
        case "empty":
            path.write_text("")
        case "binary":
            path.write_bytes(bytes(range(256)) * 40)
        case "folder":
            path.mkdir()
        case "deep":
            path.write_text("[" * 20_000)
        case "large":
            path.write_text("a: 1\n" * 2_100_000)
    found = runner.invoke(app, ["check", str(path)])
    assert found.exit_code == 2
    assert f"{name}.yaml" in found.stderr
    assert "Traceback" not in found.output


@pytest.mark.parametrize("command", ["check", "demand", "plan", "simulate", "assess"])
def test_every_command_names_the_faults_of_a_broken_file(command: str) -> None:
    path = next(p for p in sorted(BROKEN.glob("*.yaml")) if p.name.startswith("basis_unknown"))
    found = runner.invoke(app, [command, str(path)])
    assert found.exit_code == 2
    assert path.name in found.stderr
    assert "expected" in found.stderr


def test_faults_can_be_had_as_json() -> None:
    path = BROKEN / "basis_unknown.yaml"
    found = runner.invoke(app, ["check", str(path), "--json"])
    assert found.exit_code == 2
    document = json.loads(found.stdout)
    assert document["ok"] is False
    assert {"file", "line", "field", "message"} <= document["faults"][0].keys()


def test_an_unknown_design_ends_with_2() -> None:
    found = runner.invoke(app, ["plan", str(FILE), "--design", "elsewhere"])
    assert found.exit_code == 2
    assert "no design 'elsewhere'" in found.stderr


def test_a_day_that_is_none_ends_with_2() -> None:
    found = runner.invoke(app, ["plan", str(FILE), "--from", "2024-13-01"])
    assert found.exit_code == 2
    assert "2024-13-01" in found.stderr


def test_a_plan_is_told_with_its_bound(tmp_path: Path) -> None:
    found = runner.invoke(
        app, ["plan", str(FILE), "--from", "2024-01-22", "--json", "--out", str(tmp_path)]
    )
    assert found.exit_code == 0
    document = json.loads(found.stdout)
    assert document["status"] == "optimal"
    assert document["bound"] <= document["objective"]
    assert document["breaches"] == []
    assert (tmp_path / "plan.json").exists()


def test_the_same_seed_gives_the_same_document_but_for_seconds() -> None:
    words = ["simulate", str(FILE), "--replications", "4", "--json", "--workers"]
    one, two = (json.loads(runner.invoke(app, [*words, n]).stdout) for n in ("1", "2"))
    assert {**one, "seconds": 0} == {**two, "seconds": 0}


def test_new_writes_a_file_that_is_sound_and_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    assert runner.invoke(app, ["new", str(path), "--yes"]).exit_code == 0
    assert runner.invoke(app, ["check", str(path)]).exit_code == 0
    again = runner.invoke(app, ["new", str(path), "--yes"])
    assert again.exit_code == 2
    assert "--force" in again.stderr


def test_demand_is_drawn_and_counted() -> None:
    found = runner.invoke(app, ["demand", str(FILE), "--samples", "3", "--json"])
    assert found.exit_code == 0
    document = json.loads(found.stdout)
    assert document["samples"] == 3
    assert document["by_product"]["dose"]["orders"]["mean"] > 0


def test_the_schema_is_printed() -> None:
    found = runner.invoke(app, ["check", "--schema"])
    assert found.exit_code == 0
    assert json.loads(found.stdout)["$schema"].startswith("https://json-schema.org/")
