"""The command `plan` beyond the plan itself: its audit, and flags that ask for nothing."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from doseline.cli import app

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


def test_a_last_day_of_orders_without_orders_is_refused() -> None:
    code, _ = run("--orders-until", "2031-01-01")
    assert code == 2
