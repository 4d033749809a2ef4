"""`doseline plan --tactical`: what is told and left, and the demand that it plans for."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from doseline.cli import app
from doseline.demand import expected_mix, expected_weeks
from doseline.formats import read_programme
from doseline.programme.programme import Question

ONE_CELL = Path(__file__).parents[1] / "data" / "one_cell_two_sites.yaml"
FROM, UNTIL = date(2024, 1, 3), date(2024, 3, 26)


def test_the_weeks_add_up_to_the_expected_orders_of_the_period() -> None:
    programme = read_programme(ONE_CELL).under(None)
    for trial in programme.trials:
        weeks = list(expected_weeks(programme, trial.id, FROM, UNTIL))
        question = Question("q", "q", (trial.id,), FROM, UNTIL)
        mix = expected_mix(programme, question)
        assert sum(w.orders for w in weeks) == pytest.approx(sum(m.orders for m in mix))
        assert sum(w.orders for w in weeks) > 0
        for row in weeks:
            assert FROM <= row.from_on <= row.until_on <= UNTIL
            assert row.from_on.isocalendar()[:2] == row.until_on.isocalendar()[:2]


def test_a_tactical_plan_tells_each_quarter_and_leaves_its_tables(tmp_path: Path) -> None:
    words = ["plan", str(ONE_CELL), "--tactical", "--from", "2024-01-01", "--weeks", "26"]
    result = CliRunner().invoke(app, [*words, "--out", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["status"] == "optimal"
    assert said["served"] <= said["served_at_most"] + 1e-3 <= said["expected"] + 2e-3
    assert said["bound"] <= said["objective"]
    assert {row["quarter"] for row in said["slots"]} <= {"2023-Q4", "2024-Q1", "2024-Q2"}
    doses = sum(row["doses"] for row in said["slots"])
    assert doses == pytest.approx(said["served"], abs=1e-3)
    served = sum(row["served"] for row in said["expected_demand"])
    assert served == pytest.approx(said["served"], abs=1e-3)
    with (tmp_path / "slots.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(said["slots"])


def test_the_summary_has_a_line_for_each_quarter() -> None:
    words = ["plan", str(ONE_CELL), "--tactical", "--from", "2024-01-01", "--weeks", "26"]
    told = CliRunner().invoke(app, words).stdout
    assert "2024-Q1: cell Tuesday 06:00 (reserved" in told
    assert "is used from 2024-Q1 on" in told


def test_options_of_a_plan_of_weeks_are_refused_beside_it() -> None:
    result = CliRunner().invoke(app, ["plan", str(ONE_CELL), "--tactical", "--audit"])
    assert result.exit_code == 2
    assert "has no effect beside --tactical" in " ".join(result.stderr.split())
