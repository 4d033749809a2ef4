"""`simulate` and `compare` as they are run: stopped, resumed, to a precision, looked into."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from doseline.cli import app
from doseline.errors import InputError
from doseline.formats.writing import programme_to_text
from doseline.programme import Programme
from doseline.programme.design import Design, PlantUse
from doseline.simulate import SimulationResult, kpis, paired, simulate, variance_ratio
from doseline.simulate.kpis import KPIS
from doseline.stores.query import ask, kept, paired_differences, per_period
from doseline.studies import histories, keeping
from doseline.studies.comparison import COMPARED
from doseline.studies.keeping import keeping as keeping_in
from doseline.studies.progress import silent
from doseline.studies.simulation import SimulateAsked, simulate_study
from tests.hand_world import FILE
from tests.simulate.worlds import FROM, UNTIL, Weekly, failing, tiny, with_second_plant

runner = CliRunner()

SLOWLY = """
import sys
from pathlib import Path
from doseline.studies.simulation import SimulateAsked, simulate_study
simulate_study(
    Path(sys.argv[1]),
    SimulateAsked(seed=1, replications=128, workers=2),
    out=Path(sys.argv[2]),
    progress=lambda what, done, total: print(done, flush=True),
)
"""


def words(out: Path, *more: str) -> list[str]:
    return ["simulate", str(FILE), "--workers", "1", "--json", "--out", str(out), *more]


def document(*asked: str) -> dict[str, Any]:
    found = runner.invoke(app, list(asked))
    assert found.exit_code == 0, found.output
    told: dict[str, Any] = json.loads(found.stdout)
    return told | {"seconds": 0}


def rows(out: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((out / "parts").rglob("part-*.parquet")):
        yield from pq.read_table(path).to_pylist()


def test_a_run_that_was_killed_is_resumed_to_the_same_result(tmp_path: Path) -> None:
    """It is killed after a few chunks; its workers leave with it, for they hold its output."""
    out, whole = tmp_path / "killed", tmp_path / "whole"
    child = subprocess.Popen(
        [sys.executable, "-c", SLOWLY, str(FILE), str(out)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    for line in child.stdout:
        if int(line) >= 12:
            break
    child.kill()
    child.communicate(timeout=100)
    had = list(rows(out))
    assert 12 <= len(had) < 128
    assert not (out / "simulate.json").exists()
    resumed = document(*words(out, "--replications", "128"))
    uninterrupted = document(*words(whole, "--replications", "128"))
    assert resumed == uninterrupted
    assert list(rows(out)) == list(rows(whole))
    assert (out / "kpis.csv").read_text() == (whole / "kpis.csv").read_text()
    assert json.loads((out / "simulate.json").read_text()) | {"seconds": 0} == resumed


def test_the_run_stops_after_the_batch_that_is_precise_enough(tmp_path: Path) -> None:
    asked = SimulateAsked(seed=1, until_precision=0.06, replications=1000)
    told, summary = simulate_study(FILE, asked, out=None, progress=silent)
    played = told["replications"]
    precision = told["precision"]
    assert precision["reached"]
    assert precision["half_width"] <= 0.06
    assert played % precision["batch"] == 0
    assert 2 * precision["batch"] <= played < 1000
    assert "precision reached" in summary
    before = SimulateAsked(seed=1, replications=played - precision["batch"])
    otif = simulate_study(FILE, before, out=None, progress=silent)[0]["kpis"]["otif"]
    assert (otif["high"] - otif["low"]) / 2 > 0.06
    plain, _ = simulate_study(
        FILE, SimulateAsked(seed=1, replications=played), out=None, progress=silent
    )
    assert plain["kpis"] == told["kpis"]


def test_a_precision_that_is_not_reached_ends_at_the_most_replications() -> None:
    asked = SimulateAsked(seed=1, until_precision=0.001, replications=70)
    told, summary = simulate_study(FILE, asked, out=None, progress=silent)
    assert told["replications"] == 70
    assert told["precision"]["reached"] is False
    assert "precision not reached" in summary


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--until-precision", "2"], "--until-precision  found 2.0, expected a share"),
        (["--keep", "0"], "--keep  has no effect alone; expected --out with it"),
        (["--keep", "40", "--out", "x"], "--keep  found 40, expected a future from 0 to 39"),
        (["--keep", "one"], "found 'one', expected numbers such as 0,3,7"),
    ],
)
def test_what_cannot_be_asked_is_refused(words: list[str], said: str) -> None:
    found = runner.invoke(app, ["simulate", str(FILE), *words], env={"COLUMNS": "200"})
    assert found.exit_code == 2
    assert said in " ".join(found.stderr.split(" "))


def test_kept_futures_say_the_same_as_the_counts(tmp_path: Path) -> None:
    told = document(*words(tmp_path, "--replications", "4", "--keep", "3,1"))
    assert told["kept"] == [3, 1]
    doses = pq.read_table(tmp_path / "doses.parquet").to_pylist()
    batches = pq.read_table(tmp_path / "batches.parquet").to_pylist()
    events = pq.read_table(tmp_path / "events.parquet").to_pylist()
    assert {row["replication"] for row in doses} == {1, 3}
    counted = {row["replication"]: row for row in rows(tmp_path)}
    for number in (1, 3):
        book = counted[number]["book"]
        made = sum(b["amount"] for b in book if b["name"] == "batches_made")
        given = sum(b["amount"] for b in book if b["name"] == "doses_given")
        assert given > 0
        mine = [d for d in doses if d["replication"] == number]
        assert sum(d["outcome"] == "given" for d in mine) == given
        assert (
            sum(b["labelling_at"] is not None for b in batches if b["replication"] == number)
            == made
        )
        names = [e["event"] for e in events if e["replication"] == number]
        assert names.count("DoseAdministered") == given


def test_without_the_extra_the_result_is_as_before_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = document(*words(tmp_path / "with", "--replications", "3", "--keep", "0"))
    for module in (keeping, histories):
        monkeypatch.setattr(module, "has_tables", lambda: False)
    told = document(*words(tmp_path / "without", "--replications", "3", "--keep", "0"))
    assert told == whole
    assert {p.name for p in (tmp_path / "without").iterdir()} == {
        "simulate.json", "kpis.csv", "events.csv", "batches.csv", "doses.csv",
    }  # fmt: skip
    with open(tmp_path / "without" / "doses.csv", encoding="utf-8") as file:
        doses = list(csv.DictReader(file))
    kept_too = pq.read_table(tmp_path / "with" / "doses.parquet").to_pylist()
    assert [d["order"] for d in doses] == [d["order"] for d in kept_too]
    said = runner.invoke(
        app,
        ["simulate", str(FILE), "--replications", "2", "--workers", "1", "--out", str(tmp_path)],
    )
    assert "needs the extra tables" in said.stdout


# -- the parts asked ------------------------------------------------------------------------


def two_plants() -> Programme:
    one = Design("one", "one", (PlantUse("plant"),))
    two = Design("two", "two", (PlantUse("plant"), PlantUse("second")))
    return replace(with_second_plant(failing(tiny(), 0.3), 0.1), designs=(one, two))


def two_designs(tmp_path: Path) -> dict[str, SimulationResult]:
    world = two_plants()
    keeps = keeping_in(tmp_path)
    return {
        name: simulate(
            world.under(name),
            Weekly(),
            seed=5,
            replications=30,
            from_on=FROM,
            until_on=UNTIL,
            kept=keeps,
        )
        for name in ("one", "two")
    }


def test_sql_over_the_parts_finds_the_same_figures(tmp_path: Path) -> None:
    results = two_designs(tmp_path)
    found = {(row["design"], row["kpi"]): row for row in per_period(tmp_path).to_pylist()}
    for design, result in results.items():
        for name, figure in kpis(result).items():
            if name != "last_dose_on":
                assert found[design, name]["mean"] == pytest.approx(figure["mean"]), name
    assert {kpi for _, kpi in found} == set(KPIS) - {"last_dose_on"}


def test_sql_over_the_parts_finds_the_same_paired_differences(tmp_path: Path) -> None:
    results = two_designs(tmp_path)
    one, two = results["one"], results["two"]
    for row in paired_differences("one", "two", tmp_path):
        expected = paired(one, two, row["kpi"])
        for name in ("mean", "low", "high"):
            assert row[name] == pytest.approx(expected[name], abs=1e-9), row["kpi"]
        won = variance_ratio(one, two, row["kpi"])
        if won is not None:
            ratio = row["variance_unpaired"] / row["variance_paired"]
            assert ratio == pytest.approx(won), row["kpi"]


def test_a_pair_is_made_of_the_futures_that_both_designs_have(tmp_path: Path) -> None:
    results = two_designs(tmp_path)
    for path in sorted(tmp_path.rglob("two-*/part-*.parquet"))[20:]:
        path.unlink()
    fewer = {name: first(result, 20) for name, result in results.items()}
    row = next(r for r in paired_differences("one", "two", tmp_path) if r["kpi"] == "otif")
    assert row["replications"] == 20
    assert row["mean"] == pytest.approx(paired(fewer["one"], fewer["two"], "otif")["mean"])


def first(result: SimulationResult, n: int) -> SimulationResult:
    return replace(
        result,
        replications=result.replications[:n],
        services=tuple(s for s in result.services if s.replication < n),
    )


def test_the_views_hold_every_row_of_the_services(tmp_path: Path) -> None:
    results = two_designs(tmp_path)
    services = [s for r in results.values() for s in r.services]
    counted = ask("select count(*) as n, sum(due) as due from services", tmp_path).to_pylist()[0]
    assert counted == {"n": len(services), "due": sum(s.due for s in services)}
    causes = ask("select sum(doses) as n from causes", tmp_path).to_pylist()[0]["n"]
    assert causes == sum(n for s in services for n in s.causes.values()) > 0
    months = ask("select sum(due) as n from months", tmp_path).to_pylist()[0]["n"]
    assert months == sum(m[0] for s in services for m in s.by_month.values())
    short = ask("select count(*) as n from short", tmp_path).to_pylist()[0]["n"]
    assert short == sum(len(s.short) for s in services) > 0


def test_a_replication_that_lies_in_two_parts_counts_once(tmp_path: Path) -> None:
    two_designs(tmp_path)
    path = sorted(tmp_path.rglob("part-*.parquet"))[0]
    before = ask("select count(*) as n from services", tmp_path).to_pylist()
    digest = path.stem.rsplit("-", 1)[1]
    path.with_name(f"part-00000900-00000900-{digest}.parquet").write_bytes(path.read_bytes())
    assert ask("select count(*) as n from services", tmp_path).to_pylist() == before


def test_an_unclear_pair_and_a_folder_without_parts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found no parts"):
        kept(tmp_path)
    two_designs(tmp_path)
    with pytest.raises(InputError, match="three: found 0 runs, expected one"):
        paired_differences("one", "three", tmp_path)


def test_the_same_luck_narrows_a_difference_and_equal_designs_have_none(tmp_path: Path) -> None:
    results = two_designs(tmp_path)
    won = variance_ratio(results["one"], results["two"], "otif")
    assert won is not None
    assert won > 1
    assert variance_ratio(results["one"], results["one"], "otif") is None


def test_compare_is_resumed_and_states_what_the_same_luck_is_worth(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(programme_to_text(two_plants()), encoding="utf-8")
    asked = ["compare", str(path), "one", "two", "--workers", "1", "--replications", "8", "--json"]
    whole = document(*asked, "--out", str(tmp_path / "whole"))
    document(*asked, "--out", str(tmp_path / "part"))
    lost = sorted((tmp_path / "part" / "parts").rglob("part-*.parquet"))[3:12]
    for part in lost:
        part.unlink()
    assert document(*asked, "--out", str(tmp_path / "part")) == whole
    assert list(rows(tmp_path / "part")) == list(rows(tmp_path / "whole"))
    ratios = {row["kpi"]: row["variance_ratio"] for row in whole["differences"]}
    assert set(ratios) == set(COMPARED)
    said = runner.invoke(app, asked[:-1]).stdout
    assert "the variance of two less one between runs apart, over that under the same luck" in said
    assert f"cost_total {ratios['cost_total']:,.1f}" in said
