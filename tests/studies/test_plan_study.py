"""The command `plan` beyond the plan itself: its audit, and flags that ask for nothing."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from doseline.cli import app
from doseline.formats import read_programme
from doseline.studies.single import first_week
from tests.hand_world import two_orders

ONE_CELL = Path(__file__).parents[1] / "data" / "one_cell_two_sites.yaml"


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["plan", str(ONE_CELL), *words])
    return result.exit_code, result.stdout


def test_an_audited_plan_tells_who_has_no_second_chance_if_a_batch_fails() -> None:
    code, text = run("--from", "2024-01-22", "--weeks", "3", "--audit", "--json")
    said = json.loads(text)
    assert code == 0
    found = said["n1"]
    batches = [c for c in found["contingencies"] if c["kind"] == "batch"]
    assert {c["what"] for c in batches} == {b["id"] for b in said["batches"]}
    served = {d["order"]: d["batch"] for d in said["doses"]}
    for one in batches:
        assert set(one["struck"]) == {o for o, b in served.items() if b == one["what"]}
        assert set(one["unsecured"]) <= set(one["struck"])
        assert [r["order"] for r in one["reasons"]] == one["unsecured"]
    assert found["doses"] == len(served) > 0
    assert set(found["never"]) <= set(found["unsecured"])


def test_without_the_audit_nothing_is_said_of_it() -> None:
    code, text = run("--weeks", "1", "--json")
    assert (code, json.loads(text)["n1"]) == (0, None)


@pytest.mark.parametrize(
    ("words", "name"),
    [(("--orders-until", "2031-01-01"), "--orders-until"), (("--orders-only",), "--orders-only")],
)
def test_a_flag_about_a_file_of_orders_is_refused_without_the_file(
    words: tuple[str, ...], name: str
) -> None:
    result = CliRunner().invoke(app, ["plan", str(ONE_CELL), *words])
    assert result.exit_code == 2
    said = " ".join(result.stderr.split())
    assert said == f"{name} has no effect alone; expected --orders with it"


# -- the kinds of orders -------------------------------------------------------------------

FILE = """id,kind,product,protocol,site,patient,course_number,wanted_on,activity,doses
A/1,order,dose,trial,reykjavik,A,1,2024-01-24,200 MBq,
B/1,order,dose,trial,tokyo,B,1,2024-01-26,100 MBq,
F,forecast,dose,trial,tokyo,,,2024-02-02,100 MBq,2
"""


@pytest.fixture
def orders_file(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(FILE)
    return path


def test_each_planned_dose_says_whether_it_is_real_forecast_or_drawn(
    orders_file: Path, tmp_path: Path
) -> None:
    words = ("--from", "2024-01-15", "--weeks", "5", "--orders", str(orders_file))
    code, text = run(*words, "--out", str(tmp_path), "--json")
    said = json.loads(text)
    assert code == 0
    known = {"A/1": "real", "B/1": "real", "F-1": "forecast", "F-2": "forecast"}
    rows = [*said["doses"], *said["unmet"]]
    kinds = {row["order"]: row["kind"] for row in rows}
    assert {o: k for o, k in kinds.items() if o in known} == known
    assert "drawn" in {k for o, k in kinds.items() if o not in known}
    for kind, row in said["by_kind"].items():
        assert row["orders"] == sum(k == kind for k in kinds.values())
        assert row["met"] == sum(d["kind"] == kind for d in said["doses"])
    with open(tmp_path / "doses.csv", encoding="utf-8", newline="") as file:
        written = {row["order"]: row["kind"] for row in csv.DictReader(file)}
    assert written == {d["order"]: d["kind"] for d in said["doses"]}


def test_with_orders_only_none_is_drawn(orders_file: Path) -> None:
    words = ("--from", "2024-01-15", "--weeks", "5", "--orders", str(orders_file))
    said = json.loads(run(*words, "--orders-only", "--json")[1])
    assert {k: row["orders"] for k, row in said["by_kind"].items()} == {
        "real": 2, "forecast": 2, "drawn": 0,
    }  # fmt: skip
    assert said["orders"] == 4
    assert "met by kind of order: 2 of 2 real, " in run(*words, "--orders-only")[1]


def test_orders_of_the_file_on_other_days_are_told_and_not_planned(orders_file: Path) -> None:
    words = ("--from", "2024-01-22", "--weeks", "1", "--orders", str(orders_file), "--orders-only")
    said = json.loads(run(*words, "--json")[1])
    assert (said["orders"], said["outside"]) == (2, 2)  # the forecasts lie in February
    assert "2 orders of the file lie outside the days planned" in run(*words)[1]


def test_a_plan_without_a_file_has_drawn_orders_alone() -> None:
    said = json.loads(run("--from", "2024-01-15", "--weeks", "5", "--json")[1])
    assert said["outside"] == 0
    assert said["by_kind"]["drawn"] == {"orders": said["orders"], "met": said["met"]}
    assert {d["kind"] for d in said["doses"]} == {"drawn"}


def test_two_flags_without_the_orders_that_they_need_are_both_named() -> None:
    words = ["plan", str(ONE_CELL), "--orders-until", "2031-01-01", "--orders-only"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert "--orders-until" in result.stderr
    assert "--orders-only" in result.stderr


def test_without_a_first_day_the_first_week_with_orders_is_planned() -> None:
    code, text = run("--weeks", "2", "--json")
    said = json.loads(text)
    assert (code, said["from_chosen"]) == (0, True)
    assert said["orders"] > 0
    _, told = run("--weeks", "2")
    assert told.startswith(f"planned from {said['from']}, the first week with orders")
    before = date.fromisoformat(said["from"]) - timedelta(days=7)
    _, text = run("--from", before.isoformat(), "--weeks", "1", "--json")
    assert (json.loads(text)["orders"], json.loads(text)["from_chosen"]) == (0, False)


def test_where_nobody_wants_a_dose_the_first_question_says_when() -> None:
    programme = read_programme(ONE_CELL)
    assert first_week(programme, []) == date(2024, 1, 1)
    late = replace(two_orders()[0], wanted_on=date(2024, 2, 15))
    early = replace(two_orders()[1], wanted_on=date(2023, 12, 30))
    assert first_week(programme, [late, early]) == date(2024, 2, 12)


def test_why_tells_what_would_serve_an_order_and_what_the_plan_then_costs(tmp_path: Path) -> None:
    rows = "".join(
        f"r/{n},dose,trial,reykjavik,P{n},2024-01-10,2024-01-10,2024-01-10,100 MBq\n"
        for n in range(3)
    )
    heading = "id,product,protocol,site,patient,wanted_on,earliest_on,latest_on,activity\n"
    orders = tmp_path / "orders.csv"
    orders.write_text(heading + rows, encoding="utf-8")
    words = ["--from", "2024-01-08", "--weeks", "1", "--orders", str(orders)]
    words += ["--orders-until", "2024-03-31"]
    code, text = run(*words, "--why", "all", "--json")
    (row,) = json.loads(text)["why"]
    assert (code, row["use_on"], row["wanted_on"]) == (0, None, "2024-01-10")
    assert {c["kind"] for way in row["ways"] for c in way["changes"]} >= {"vial", "site capacity"}
    _, told = run(*words, "--why", row["order"])
    assert f"why {row['order']}, wanted on 2024-01-10, unmet:" in told
    assert "one more vial in batch cell@2024-01-09T06:00" in told
    result = CliRunner().invoke(app, ["plan", str(ONE_CELL), *words, "--why", "r/7"])
    assert result.exit_code == 2
    assert '--why  found "r/7", expected an order of the plan (did you mean r/' in result.stderr


def test_worth_is_told_only_when_it_is_asked_for() -> None:
    code, text = run("--from", "2024-01-22", "--weeks", "3", "--worth", "--json")
    assert code == 0
    assert {frozenset(row) for row in json.loads(text)["worth"]} <= {
        frozenset(("what", "where", "week", "worth"))
    }
    _, told = run("--from", "2024-01-22", "--weeks", "3", "--worth")
    assert "one more of these saves at most, in the relaxed plan:" in told
    assert json.loads(run("--weeks", "1", "--json")[1])["worth"] is None
