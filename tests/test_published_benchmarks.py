"""Published instances: the reader, the count of a cost, and the table, on a tiny instance."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.published import results
from benchmarks.published.facilities import optima, read, structure, total
from doseline.errors import InputError

TINY = """2 3
5 4
10 7
2 2 1
1 4
2 3
6.0 1
"""
"""All at the first: 10 + 1 + 2 + 6. With the second for the third customer: 17 + 1 + 2 + 1."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tiny.txt").write_text(TINY, encoding="utf-8")
    (tmp_path / "optima.csv").write_text("instance,optimum\ntiny,19\n", encoding="utf-8")
    return tmp_path


def test_an_instance_is_read_by_customer_and_facility(folder: Path) -> None:
    found = read(folder / "tiny.txt")
    assert found.capacity.tolist() == [5, 4]
    assert found.fixed.tolist() == [10, 7]
    assert found.demand.tolist() == [2, 2, 1]
    assert found.cost.tolist() == [[1, 4], [2, 3], [6, 1]]
    assert structure(found).cost.tolist() == [[1, 2, 6], [4, 3, 1]]
    assert optima(folder) == {"tiny": 19.0}


def test_the_cost_is_counted_from_the_assignment(folder: Path) -> None:
    found = read(folder / "tiny.txt")
    assert total(found, np.array([0, 0, 0])) == 19
    assert total(found, np.array([0, 0, 1])) == 21
    with pytest.raises(ValueError, match="facility 1 is overfilled"):
        total(found, np.array([1, 1, 1]))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TINY.replace("10 7", "10 seven"), r"tiny.txt:3  numbers: found 'seven'; expected"),
        (TINY + "9\n", r"tiny.txt:1  numbers: 16 in the file; expected 15 for 2 fac"),
        ("2\n", r"tiny.txt:1  counts: 1 numbers; expected two"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_place(folder: Path, text: str, told: str) -> None:
    (folder / "tiny.txt").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        read(folder / "tiny.txt")


def test_the_table_sets_both_solvers_beside_the_optimum(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["results", str(folder), "--seconds", "20"])
    results.main()
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if line.startswith("| tiny |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:7] == ["2 x 3", "19", "19", "0.000 %", "19.0", "0.000 %"]
    assert cells[8:12] == ["19", "0.000 %", "19.0", "0.000 %"]
    assert any(line.startswith("planner: 1 of 1 within 0.01 %") for line in lines)


def test_a_known_optimum_is_set_beside_and_never_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "optima.csv").write_text("instance,optimum\ntiny,100\n", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["results", str(folder), "--planner-only"])
    results.main()
    out = capsys.readouterr().out
    assert "| tiny | 2 x 3 | 100 | 19 | -81.000 % | 19.0 |" in out


def test_a_folder_without_its_optima_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["results", str(tmp_path)])
    with pytest.raises(SystemExit) as left:
        results.main()
    assert left.value.code == 2
    assert "optima.csv" in capsys.readouterr().err
