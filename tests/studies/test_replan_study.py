"""The command `replan`: from the folder of a plan and what has happened to a new one."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from doseline.cli import app

ONE_CELL = Path(__file__).parents[1] / "data" / "one_cell_two_sites.yaml"
ORDERS = """\
id,product,protocol,site,patient,wanted_on,earliest_on,latest_on,activity
reykjavik/1,dose,trial,reykjavik,P1,2024-01-10,2024-01-10,2024-01-24,200 MBq
tokyo/1,dose,trial,tokyo,P2,2024-01-12,2024-01-12,2024-01-12,100 MBq
"""
FIRST = "cell@2024-01-09T06:00"
NOON = "2024-01-08T12:00+00:00"
"""Before the isotope of the second batch must be ordered."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plan")
    orders = folder / "orders.csv"
    orders.write_text(ORDERS, encoding="utf-8")
    words = ["--from", "2024-01-08", "--weeks", "3", "--orders", str(orders)]
    words += ["--orders-until", "2024-03-31"]
    found = CliRunner().invoke(app, ["plan", str(ONE_CELL), *words, "--out", str(folder / "out")])
    assert found.exit_code == 0, found.output
    return folder / "out"


def run(folder: Path, *words: str, programme: Path = ONE_CELL) -> Result:
    return CliRunner().invoke(app, ["replan", str(programme), str(folder), *words])


def said(folder: Path, *words: str) -> dict[str, Any]:
    found = run(folder, *words, "--json")
    assert found.exit_code == 0, found.output
    document: dict[str, Any] = json.loads(found.stdout)
    return document


def refused(folder: Path, *words: str) -> str:
    found = run(folder, *words)
    assert found.exit_code == 2, found.output
    return found.stderr


def happened(folder: Path, text: str) -> Path:
    file = folder / "happened.yaml"
    file.write_text(text, encoding="utf-8")
    return file


# -- what is told --------------------------------------------------------------------------


def test_a_dose_moved_is_told_with_both_hours_in_the_zone_of_its_site(made: Path) -> None:
    found = said(made, "--failed", FIRST, "--now", NOON)
    (moved,) = found["moved"]
    assert (moved["order"], moved["patient"]) == ("reykjavik/1", "P1")
    assert (moved["from_at"], moved["to_at"]) == (
        "2024-01-10T17:00:00+00:00",
        "2024-01-17T17:00:00+00:00",
    )
    assert (moved["activity_gbq"], round(moved["activity_mci"], 4)) == (0.2, 5.4054)
    assert (moved["from_batch"], moved["to_batch"]) == (FIRST, "cell@2024-01-16T06:00")


def test_what_cannot_be_saved_is_told_with_the_reason(made: Path) -> None:
    found = said(made, "--failed", FIRST, "--now", NOON)
    (lost,) = found["lost"]
    assert (lost["order"], lost["was_at"]) == ("tokyo/1", "2024-01-12T10:00:00+09:00")
    assert lost["reason"]
    assert (found["orders"], found["met"], found["breaches"]) == (2, 1, [])


def test_each_party_is_called_once_in_time_and_in_its_own_zone(made: Path) -> None:
    calls = said(made, "--failed", FIRST, "--now", NOON)["calls"]
    parties = [(c["party"], c["who"]) for c in calls]
    assert len(set(parties)) == len(parties)
    assert {("site", "tokyo"), ("site", "reykjavik"), ("plant", "plant")} <= set(parties)
    tokyo = next(c for c in calls if c["who"] == "tokyo")
    assert tokyo["told"][0]["what"] == "lost"
    assert tokyo["told"][0]["old_at"].endswith("+09:00")
    by = [datetime.fromisoformat(c["by_at"]) for c in calls if c["by_at"]]
    assert by == sorted(by)
    assert all(at >= datetime.fromisoformat(NOON) for at in by)
    plant = next(c for c in calls if c["party"] == "plant")
    opened = next(t for t in plant["told"] if t["what"] == "opened")
    assert opened["new_gbq"] > 0
    assert opened["new_mci"] == pytest.approx(opened["new_gbq"] / 0.037)


def test_there_are_three_plans_to_choose_from(made: Path) -> None:
    found = said(made, "--failed", FIRST, "--now", NOON)
    assert [a["way"] for a in found["alternatives"]] == [
        "cheapest",
        "fewest moves",
        "keep all dates",
    ]
    assert [a["way"] for a in found["alternatives"] if a["chosen"]] == ["fewest moves"]
    kept = said(made, "--failed", FIRST, "--now", NOON, "--choose", "keep-dates")
    assert (kept["way"], kept["moved"], kept["met"]) == ("keep all dates", [], 0)
    assert next(a for a in kept["alternatives"] if a["chosen"])["lost"] == 2


def test_the_terminal_shows_activity_in_both_units_and_the_offset_of_each_hour(made: Path) -> None:
    text = run(made, "--failed", FIRST, "--now", NOON).stdout
    assert "Wed 2024-01-10 17:00 +00:00 to Wed 2024-01-17 17:00 +00:00" in text
    assert "(0.200 GBq, 5.41 mCi)" in text
    for heading in ("cannot be saved:", "who must be called", "to choose from:"):
        assert heading in text


# -- from file to file ---------------------------------------------------------------------


def test_a_plan_left_by_replan_is_where_the_next_begins(made: Path, tmp_path: Path) -> None:
    words = ("--failed", FIRST, "--now", NOON, "--out", str(tmp_path / "after"))
    first = said(made, *words)
    assert json.loads((tmp_path / "after" / "replan.json").read_text())["moved"] == first["moved"]
    with (tmp_path / "after" / "calls.csv").open(encoding="utf-8") as file:
        told = list(csv.DictReader(file))
    assert [row["about"] for row in told] == [t["about"] for c in first["calls"] for t in c["told"]]
    later = said(tmp_path / "after", "--cancelled", "tokyo/1", "--now", "2024-01-11T12:00+00:00")
    assert (later["orders"], later["met"], later["moved"]) == (1, 1, [])


def test_a_file_says_what_has_happened_and_when(made: Path, tmp_path: Path) -> None:
    file = happened(
        tmp_path,
        f"now: {NOON}\nhappened:\n"
        "  - {what: line_down, line: cell, from: 2024-01-09T00:00Z, until: 2024-01-10T00:00Z}\n"
        "  - {what: order_moved, order: tokyo/1, wanted_on: 2024-01-19}\n",
    )
    found = said(made, "--happened", str(file))
    assert found["now"] == NOON.replace("T12:00", "T12:00:00")
    assert len(found["happened"]) == 2
    assert (found["met"], [m["order"] for m in found["moved"]]) == (2, ["reykjavik/1"])
    as_json = tmp_path / "happened.json"
    as_json.write_text(
        json.dumps({"now": NOON, "happened": [{"what": "batch_failed", "batch": FIRST}]}),
        encoding="utf-8",
    )
    other = said(made, "--happened", str(as_json))
    assert other["lost"] == said(made, "--failed", FIRST, "--now", NOON)["lost"]


@pytest.mark.parametrize(
    "event",
    [
        "{what: lane_closed, lane: flight}",
        "{what: source_stopped, source: reactor}",
        "{what: plant_down, manufacturer: plant}",
        "{what: order_cancelled, order: tokyo/1}",
        "{what: batch_failed, batch: 'cell@2024-01-09T06:00'}",
    ],
)
def test_everything_that_can_happen_can_be_told(made: Path, tmp_path: Path, event: str) -> None:
    file = happened(tmp_path, f"now: 2024-01-01T12:00+00:00\nhappened:\n  - {event}\n")
    found = said(made, "--happened", str(file))
    assert found["breaches"] == []
    assert found["met"] < 2


def test_orders_that_came_anew_are_planned_beside_those_confirmed(
    made: Path, tmp_path: Path
) -> None:
    more = tmp_path / "more.csv"
    row = "reykjavik/9,dose,trial,reykjavik,P9,2024-01-17,2024-01-17,2024-01-17,100 MBq"
    more.write_text(f"{ORDERS.splitlines()[0]}\n{row}\n", encoding="utf-8")
    found = said(made, "--placed", str(more), "--now", "2024-01-01T12:00+00:00")
    assert (found["orders"], found["met"], found["moved"]) == (3, 3, [])
    assert found["happened"] == ["order reykjavik/9 is placed for 2024-01-17"]


# -- what is refused -----------------------------------------------------------------------


def test_a_faulty_file_is_told_everything_at_once_with_its_lines(
    made: Path, tmp_path: Path
) -> None:
    file = happened(
        tmp_path,
        "now: 2024-01-08 noon\nhapened: []\nhappened:\n"
        "  - {what: batch_fialed, batch: x}\n"
        "  - {what: batch_failed, batch: nothing}\n"
        "  - {what: line_down, lien: cell}\n"
        "  - {what: order_moved, order: tokyo/1, wanted_on: tomorrow}\n"
        "  - {what: lane_closed, lane: flight, from: 2024-01-09T00:00Z, until: 2024-01-08T00:00Z}\n"
        "  - 7\n",
    )
    told = refused(made, "--happened", str(file))
    for line, word in (
        (1, 'now: found "2024-01-08 noon", expected a time with its zone'),
        (2, "hapened: unknown key (did you mean happened?)"),
        (4, 'happened[0].what: found "batch_fialed"'),
        (5, 'happened[1].batch: found "nothing", expected a batch of the plan'),
        (6, "happened[2].lien: unknown key (did you mean line?)"),
        (6, "happened[2].line: missing; expected a line"),
        (7, 'happened[3].wanted_on: found "tomorrow", expected a day'),
        (8, "happened[4].until: ends too early"),
        (9, 'happened[5]: found "7", expected a mapping'),
    ):
        assert f"{file}:{line}  {word}" in told


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "nothing has happened; expected --happened, --failed, --cancelled or --placed"),
        (("--failed", FIRST), "--now  missing; expected the time"),
        (
            ("--failed", FIRST, "--now", "noon"),
            '--now  found "noon", expected a time with its zone',
        ),
        (("--failed", FIRST, "--now", "2024-01-08T12:00"), "expected a time with its zone"),
        (("--failed", "cell@2024-01-09T06:01", "--now", NOON), f"(did you mean {FIRST}?)"),
        (("--cancelled", "nobody", "--now", NOON), "--cancelled"),
        (("--failed", FIRST, "--now", NOON, "--choose", "cheap"), "(did you mean cheapest?)"),
        (("--failed", FIRST, "--now", NOON, "--until", "2024-01-09"), "--until"),
        (
            ("--cancelled", "tokyo/1", "--now", "2024-01-20T12:00+00:00"),
            "has been given and can no longer move",
        ),
    ],
)
def test_what_cannot_be_understood_is_refused(
    made: Path, words: tuple[str, ...], expected: str
) -> None:
    now = ("--now", NOON) if not words else ()
    assert expected in refused(made, *words, *now)


def test_a_folder_that_holds_no_plan_is_refused(made: Path, tmp_path: Path) -> None:
    words = ("--failed", FIRST, "--now", NOON)
    assert "plan.json  cannot be read" in refused(tmp_path, *words)
    broken = tmp_path / "broken"
    shutil.copytree(made, broken)
    text = (broken / "schedule.json").read_text(encoding="utf-8")
    (broken / "schedule.json").write_text(text.replace('"flight"', '"fligth"'), encoding="utf-8")
    told = refused(broken, *words)
    assert "schedule.json  shipments[" in told
    assert 'found "fligth", expected a lane of the programme' in told
    (broken / "plan.json").write_text('{"from": 7, "until": "2024-01-28"}', encoding="utf-8")
    assert "plan.json  from: found 7, expected a day" in refused(broken, *words)
