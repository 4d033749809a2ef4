"""The command `demand`: what it says, what it writes, what it refuses."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from doseline.cli import app
from doseline.demand import order_table, orders, patients
from doseline.formats import read_programme
from doseline.studies.demand_picture import demand_picture
from doseline.studies.demand_study import DemandAsked
from doseline.studies.runs import crowds_of

runner = CliRunner()


@pytest.fixture(scope="module")
def example(repository: Path) -> Path:
    return repository / "examples" / "first_in_human"


def asked(example: Path, *words: str) -> Result:
    file = str(example / "programme.yaml")
    return runner.invoke(app, ["demand", file, "--samples", "8", "--json", *words])


def document(example: Path, *words: str) -> dict[str, object]:
    found = asked(example, *words)
    assert found.exit_code == 0, found.stderr
    loaded: dict[str, object] = json.loads(found.stdout)
    return loaded


@pytest.fixture(scope="module")
def plain(example: Path) -> dict[str, object]:
    """What is said without any option, asked once for all who compare with it."""
    return document(example)


def test_the_document_holds_every_future_in_bands_and_the_first_in_full(
    example: Path, plain: dict[str, object]
) -> None:
    said = plain
    for name in ("by_month", "by_week", "by_protocol", "by_product", "orders", "paths", "risks"):
        assert said[name], name
    assert set(said["by_protocol"]) == {"phase_1", "phase_2", "phase_3", "launch"}  # type: ignore[call-overload]
    programme = read_programme(example / "programme.yaml")
    people = {p.id for p in patients(programme, 1, 0)}
    assert {o["patient"] for o in said["orders"]} <= people  # type: ignore[attr-defined]
    screened = {p: row["screened"] for p, row in said["by_protocol"].items()}  # type: ignore[attr-defined]
    assert screened["launch"] is None
    rules = {p: row["rule"] for p, row in said["by_protocol"].items()}  # type: ignore[attr-defined]
    assert rules["phase_1"]["name"] == "BOIN"
    assert "stop with 1 responses or fewer of 10" in rules["phase_2"]["boundaries"]
    assert len(rules["phase_3"]["boundaries"]) == 4  # three looks, and the end of the follow-up
    assert rules["launch"] is None


def test_the_same_seed_gives_the_same_document_but_for_seconds(
    example: Path, plain: dict[str, object]
) -> None:
    again = document(example)
    assert {**plain, "seconds": 0} == {**again, "seconds": 0}
    other = document(example, "--seed", "2")
    assert other["by_month"] != plain["by_month"]


def test_the_first_future_is_a_part_of_the_bands(example: Path) -> None:
    programme = read_programme(example / "programme.yaml")
    picture = demand_picture(programme, seed=4, samples=1)
    one = json.loads(
        runner.invoke(
            app,
            ["demand", str(example / "programme.yaml"), "--samples", "1", "--seed", "4", "--json"],
        ).stdout
    )
    assert picture.orders.mean == len(one["orders"])
    months = {row["month"]: row["mean"] for row in one["by_month"]}
    counted: dict[str, int] = {}
    for order in one["orders"]:
        month = f"{order['wanted_on'][:7]}-01"
        counted[month] = counted.get(month, 0) + 1
    assert {m: n for m, n in months.items() if n} == counted


def test_its_files_are_written(example: Path, tmp_path: Path) -> None:
    said = document(example, "--out", str(tmp_path))
    names = {path.name for path in tmp_path.iterdir()}
    tables = ("orders", "by_month", "by_week", "by_protocol", "paths", "risks")
    assert names == {f"{name}.csv" for name in tables} | {"demand.json", "demand.html"}
    assert said["report"] == str(tmp_path / "demand.html")
    written = json.loads((tmp_path / "demand.json").read_text(encoding="utf-8"))
    assert written == said
    with open(tmp_path / "by_week.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["week"] for r in rows] == [r["week"] for r in said["by_week"]]  # type: ignore[attr-defined]


def test_a_scenario_and_a_case_strike_the_demand_and_nothing_else_is_asked(
    example: Path, plain: dict[str, object]
) -> None:
    held = document(example, "--scenario", "enrolment_held")
    assert held["scenario"] == "enrolment_held"
    assert held["risks"] == []
    assert orders_of(held, "phase_3") < orders_of(plain, "phase_3")
    low, high = (
        orders_of(document(example, "--case", f"launch={c}"), "launch") for c in ("low", "high")
    )
    assert low < high


def orders_of(said: dict[str, object], protocol: str) -> float:
    mean: float = said["by_protocol"][protocol]["orders"]["mean"]  # type: ignore[index]
    return mean


def test_a_record_of_enrolment_gives_a_forecast_and_futures_that_go_on_from_it(
    example: Path,
) -> None:
    words = ("--enrolled", str(example / "enrolled.csv"), "--trial", "phase_2")
    said = document(example, *words)
    found = said["forecasts"]["phase_2"]  # type: ignore[index]
    assert (found["enrolled"], found["cut"]) == (10, "2029-01-31")
    assert found["end"]["low_90"] < found["end"]["median"]
    assert 0 < found["filled"] <= 1
    known = {o["patient"] for o in said["orders"] if o["protocol"] == "phase_2"}  # type: ignore[attr-defined]
    assert {f"phase_2-H1-{n}" for n in range(1, 6)} <= known
    both = document(example, *words, "--estimate")
    alone = both["forecasts"]["phase_2"]  # type: ignore[index]
    assert both["by_protocol"]["phase_2"] != said["by_protocol"]["phase_2"]  # type: ignore[index]
    assert alone["prior"]["estimated"]
    assert not found["prior"]["estimated"]


def test_real_orders_stand_in_the_place_of_drawn_ones(example: Path) -> None:
    said = document(example, "--orders", str(example / "orders.csv"))
    inside = [
        o["id"]
        for o in said["orders"]  # type: ignore[attr-defined]
        if o["protocol"] == "phase_3" and "2031-05-07" <= o["wanted_on"] <= "2031-05-15"
    ]
    assert sorted(inside) == ["P3-0138/3", "P3-0139/3", "P3-0141/2", "P3-0143/1", "P3-0144/1"]
    weeks = {row["week"]: row for row in said["by_week"]}  # type: ignore[attr-defined]
    assert weeks["2031-05-05"]["low_95"] == weeks["2031-05-05"]["high_95"] == 3
    later = document(
        example, "--orders", str(example / "orders.csv"), "--orders-until", "2031-06-30"
    )
    june = [r for r in later["by_month"] if r["month"] == "2031-06-01"]  # type: ignore[attr-defined]
    assert june == [] or june[0]["mean"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--case", "launch"), "expected a market and its uptake"),
        (("--case", "lunch=low"), "did you mean launch"),
        (("--case", "launch=lowest"), "no uptake case 'lowest'"),
        (("--scenario", "enrolment"), "no scenario 'enrolment'"),
        (("--orders", "nowhere.csv"), "there is no such file"),
        (("--orders-until", "tomorrow"), "expected a day such as"),
        (("--enrolled", "nowhere.csv", "--trial", "phase_2"), "there is no such file"),
        (("--enrolled", "nowhere.csv"), "expected the trial of the record"),
        (("--enrolled", "nowhere.csv", "--trial", "phase_1"), "finds a dose"),
        (("--trial", "phase_2"), "has no effect alone; expected --enrolled"),
        (("--estimate",), "has no effect alone; expected --enrolled"),
        (("--orders-until", "2031-06-30"), "has no effect alone; expected --orders"),
        (("--from", "1999-01-01"), "expected a day of the programme"),
        (("--from", "2031-02-01", "--until", "2031-01-01"), "expected 2031-02-01 or later"),
        (("--enrolled", "nowhere.csv", "--trial", "phase_4"), "did you mean phase_"),
    ],
)
def test_what_cannot_be_is_refused_with_exit_code_2(
    example: Path, words: tuple[str, ...], said: str
) -> None:
    found = asked(example, *words)
    assert found.exit_code == 2
    assert said in " ".join(found.stderr.replace("│", " ").split())


def test_nothing_is_estimated_from_a_record_without_patients(example: Path, tmp_path: Path) -> None:
    record = tmp_path / "none.csv"
    record.write_text("event,site,on\nopened,H1,2028-07-03\ncut,,2028-08-31\n", encoding="utf-8")
    found = asked(example, "--enrolled", str(record), "--trial", "phase_2", "--estimate")
    assert found.exit_code == 2
    assert "nobody has enrolled yet" in found.stderr


def test_what_is_asked_has_plain_defaults() -> None:
    assert DemandAsked() == DemandAsked(samples=200, seed=1)


def test_a_programme_without_stages_has_no_paths(repository: Path, tmp_path: Path) -> None:
    file = tmp_path / "programme.yaml"
    shutil.copy(repository / "tests" / "data" / "one_cell_two_sites.yaml", file)
    found = runner.invoke(app, ["demand", str(file), "--samples", "2", "--json"])
    said = json.loads(found.stdout)
    assert said["paths"] is None
    assert said["risks"] == []


def test_the_simulator_is_given_the_patients_that_the_demand_draws(repository: Path) -> None:
    programme = read_programme(repository / "examples" / "clr131" / "programme.yaml")
    first, last = date(2021, 1, 18), date(2024, 4, 10)
    played = crowds_of(programme, 1, first, last, None, None)(3)
    drawn = {p.id: p for p in patients(programme, 1, 3)}
    assert len(played) > 40
    assert all(drawn[p.id] == p for p in played)
    table = order_table(programme, 1, (3,), first, last).kept
    plain = orders(programme, played, first, last, with_cancelled=False)
    counted = Counter((o.protocol, o.wanted_on.toordinal()) for o in plain)
    names = [table.protocols[n] for n in table.protocol]
    assert counted == Counter(zip(names, table.wanted.tolist(), strict=True))


def test_more_are_screened_than_treated(repository: Path) -> None:
    programme = read_programme(repository / "examples" / "clr131" / "programme.yaml")
    found = {p.protocol: p for p in demand_picture(programme, seed=1, samples=4).protocols}
    pivotal = found["clover_wam"]
    assert pivotal.screened == pytest.approx(pivotal.patients.mean / 0.75)
