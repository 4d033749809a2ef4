"""`size` and `compare --suppliers` as a user meets them: exit codes, and one document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from doseline.cli import app
from doseline.formats.writing import programme_to_text
from tests.hand_world import FILE
from tests.studies.suppliers.two_plants import plants

runner = CliRunner()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file: Path = tmp_path_factory.mktemp("two") / "two.yaml"
    file.write_text(programme_to_text(plants()), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["size", str(FILE), "--question", "trail"], "did you mean trial"),
        (["size", str(FILE), "--design", "none"], "no design 'none'"),
        (["size", str(FILE), "--first", "20", "--most", "10"], "expected 20 or more"),
        (["compare", str(FILE), "a", "b", "--suppliers"], "name one design"),
        (["compare", str(FILE), "a", "--suppliers", "--from", "2024-01-01"], "has no effect"),
        (["compare", str(FILE), "a", "b", "--question", "trial"], "goes with --suppliers"),
        (["assess", str(FILE), "--ranges-of", "x", "--replications", "4"], "no question 'x'"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_why(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = runner.invoke(app, arguments)
    assert found.exit_code == 2, found.output
    assert said in " ".join(found.stderr.replace("\u2502", " ").split())


def test_what_suppliers_buy_is_one_document_and_two_files(two: Path, tmp_path: Path) -> None:
    arguments = ["compare", str(two), "two", "--suppliers", "--replications", "2", "--workers", "1"]
    found = runner.invoke(app, [*arguments, "--out", str(tmp_path), "--json"])
    assert found.exit_code == 0, found.stderr
    document = json.loads(found.stdout)
    assert (document["command"], document["design"], document["seed"]) == ("compare", "two", 1)
    (row,) = document["bought"]
    assert (row["supplier"], row["beside"]) == ("second", ["plant"])
    assert row["parts"][0]["cause"] == "capacity"
    assert {p.name for p in tmp_path.iterdir()} == {"suppliers.json", "suppliers.csv"}
    assert len((tmp_path / "suppliers.csv").read_text().splitlines()) == 7


def test_a_size_is_one_document(tmp_path: Path) -> None:
    found = runner.invoke(
        app,
        ["size", str(FILE), "--first", "5", "--most", "5", "--workers", "1", "--json"],
    )
    assert found.exit_code == 0, found.stderr
    document = json.loads(found.stdout)
    assert document["command"] == "size"
    assert document["target"] == 0.9
    assert len(document["designs"]) == 1
