"""What the futures of each trial and market rest on, and what its sites owe for cancelling."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from doseline.cli import app
from doseline.demand import Drawing, EnrolmentSoFar
from doseline.formats import read_enrolment, read_programme
from doseline.programme import Programme
from doseline.studies.demand_basis import RestsOn, rests_on
from doseline.studies.demand_picture import demand_picture
from doseline.studies.single import filed_orders


@pytest.fixture(scope="module")
def example(repository: Path) -> Path:
    return repository / "examples" / "first_in_human"


@pytest.fixture(scope="module")
def programme(example: Path) -> Programme:
    return read_programme(example / "programme.yaml")


@pytest.fixture(scope="module")
def record(example: Path, programme: Programme) -> dict[str, EnrolmentSoFar]:
    return {"phase_2": read_enrolment(example / "enrolled.csv", programme, "phase_2")}


def test_without_a_record_every_future_follows_the_stated_rates(programme: Programme) -> None:
    for protocol in ("phase_1", "phase_2", "phase_3", "launch"):
        found = rests_on(programme, protocol, Drawing())
        assert found == RestsOn("stated", found.inputs, found.inputs)  # all of them assumed
        assert found.inputs > 40


def test_a_record_and_an_estimate_are_told_for_the_trial_that_has_them(
    programme: Programme, record: dict[str, EnrolmentSoFar]
) -> None:
    seen, alone = Drawing(so_far=record), Drawing(so_far=record, estimated=frozenset({"phase_2"}))
    assert rests_on(programme, "phase_2", seen).rates == "recorded"
    assert rests_on(programme, "phase_2", alone).rates == "estimated"
    assert {rests_on(programme, p, alone).rates for p in ("phase_1", "phase_3", "launch")} == {
        "stated"
    }


def test_orders_of_a_file_are_counted_for_their_protocol(
    programme: Programme, example: Path
) -> None:
    filed = Drawing(filed=filed_orders(programme, example / "orders.csv"))
    found = rests_on(programme, "phase_3", filed)
    assert (found.real, found.forecast) == (5, 3)
    other = rests_on(programme, "phase_2", filed)
    assert (other.real, other.forecast) == (0, 0)


def test_every_input_of_trials_and_markets_is_counted_once(repository: Path) -> None:
    programme = read_programme(repository / "examples" / "clr131" / "programme.yaml")
    ids = [t.id for t in programme.trials] + [m.id for m in programme.markets]
    found = [rests_on(programme, protocol, Drawing()) for protocol in ids]
    parts = ("trials[", "markets[")
    for counted, inputs in (
        (sum(f.inputs for f in found), programme.inputs),
        (sum(f.assumed for f in found), programme.assumptions),
        (sum(f.hindsight for f in found), programme.hindsight),
    ):
        assert counted == sum(i.field.startswith(parts) for i in inputs) > 0


def test_the_document_tells_them_with_the_fees_that_sites_owe(
    example: Path, tmp_path: Path
) -> None:
    words = ["demand", str(example / "programme.yaml"), "--samples", "40", "--json"]
    words += ["--out", str(tmp_path)]
    files = ["--enrolled", str(example / "enrolled.csv"), "--trial", "phase_2",
             "--orders", str(example / "orders.csv")]  # fmt: skip
    found = CliRunner().invoke(app, words + files)
    assert found.exit_code == 0, found.stderr
    rows: dict[str, dict[str, Any]] = json.loads(found.stdout)["by_protocol"]
    assert {p: r["rests_on"]["rates"] for p, r in rows.items()} == {
        "phase_1": "stated", "phase_2": "recorded", "phase_3": "stated", "launch": "stated",
    }  # fmt: skip
    assert rows["phase_3"]["rests_on"]["real"] == 5
    assert "not how they fared" in rows["phase_2"]["rule"]["as_played"]
    assert "not how they fared" not in rows["phase_3"]["rule"]["as_played"]
    for protocol in ("phase_1", "phase_2", "phase_3"):
        assert rows[protocol]["cancellation_fees"] is None
        played = rows[protocol]["rule"]["figures"]["success as played"]
        assert 0 <= played["low"] <= played["mean"] <= played["high"] <= 1
        assert played["mean"] * 40 == pytest.approx(round(played["mean"] * 40))
    # Locked 8 d before, placed 14 d before, free up to 10 d before: of the cancellations before the
    # lock 2 of 6 days are late; 60 % of the doses made and not used are free.
    launch = rows["launch"]
    when = launch["cancelled"]
    fees = launch["cancellation_fees"]
    expected = when["before_lock"] * 500 * 2 / 6 + when["before_production"] * 500
    expected += when["after_production"] * 2000 * 0.4
    assert fees["mean"] == pytest.approx(expected)
    assert 0 < fees["low"] < fees["mean"] < fees["high"]
    with open(tmp_path / "by_protocol.csv", encoding="utf-8", newline="") as file:
        table = {row["protocol"]: row for row in csv.DictReader(file)}
    assert {p: r["rests_on_rates"] for p, r in table.items()} == {
        p: r["rests_on"]["rates"] for p, r in rows.items()
    }
    assert float(table["launch"]["cancellation_fees_mean"]) == fees["mean"]
    assert table["phase_1"]["cancellation_fees_mean"] == ""


def test_a_standing_demand_is_never_cancelled_and_owes_no_fee(repository: Path) -> None:
    programme = read_programme(repository / "examples" / "clr131" / "programme.yaml")
    found = {p.protocol: p for p in demand_picture(programme, seed=1, samples=4).protocols}
    assert found["clr1602_supply"].fees is None
    us = found["us_market"].fees
    assert us is not None
    assert us.mean > 0
