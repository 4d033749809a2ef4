"""The guided batch of the reference case, in a real folder: it ends well, and it fails late."""

import json
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from doseline.clock import Clock
from doseline.formats.particulars_file import read_particulars
from doseline.operations.life import obeys
from doseline.records import inspector
from doseline.records.fold import fact_said
from doseline.records.refinement import coarse_events
from doseline.report.papers import batch_papers
from doseline.studies.record_proof import exported, verified
from doseline.studies.record_view import DEMO, batch_document, words_of_batch
from doseline.studies.recording import Founder, begin, opened, ran

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "clr131" / "record"
SECRETS: dict[str, str] = json.loads((EXAMPLE / "secrets.json").read_text(encoding="utf-8"))
B = "H-18-028"
AFTER = datetime(2019, 1, 2, tzinfo=UTC)


def recorded(store: Path, *scripts: str) -> Path:
    founders = (
        Founder("adam", "Adam Ash", SECRETS["adam"]),
        Founder("quinn", "Q", SECRETS["quinn"]),
    )
    begin(
        store,
        profile="us-211",
        demo=True,
        facility="hamilton",
        founders=founders,
        until="2019-06-30T00:00:00.000000Z",
        clock=lambda: datetime(2018, 6, 25, 12, tzinfo=UTC),
    )
    for script in scripts:
        ran(store, EXAMPLE / script, SECRETS)
    return store


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("well") / "record"
    return recorded(store, "plant.txt", "batch.txt", "confirmed.txt")


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("late") / "record"
    return recorded(store, "plant.txt", "batch.txt", "late_failure.txt")


def test_from_the_isotope_to_the_dose_every_kbq_is_accounted_for(well: Path) -> None:
    with opened(well, lambda: AFTER) as folder:
        record = folder.desk.record()
    assert record.batch(B).state == "confirmed"
    assert [v.subject for v in record.vials.values()] == ["P02-007", "P08-003", ""]
    for name in ("lot/I-18-0709", f"batch/{B}"):
        assert sum(record.book(name).balances.values()) == 0
    # Of 250 mCi stated, so much was given, at the reference time of the batch (EOS as planned).
    assert record.book(f"batch/{B}").balances["administered"] == 4_245_771
    assert record.deviations == {}


def test_a_late_failure_names_everybody(late: Path) -> None:
    with opened(late, lambda: AFTER) as folder:
        record = folder.desk.record()
    recall = record.recall("R-1")
    assert (recall.automatic, recall.state) == (True, "closed")
    assert recall.consignees == ("P02", "P08")
    assert recall.subjects == ("P02-007",)
    assert recall.vials == (f"{B}-01", f"{B}-02", f"{B}-03")
    assert record.order("O-103").replaces == "O-102"
    assert record.vial(f"{B}-02").state == "wasted"


@pytest.mark.parametrize("which", ["well", "late"])
def test_the_record_is_sound_and_lives_as_simulations_do(
    which: str, request: pytest.FixtureRequest
) -> None:
    store: Path = request.getfixturevalue(which)
    found = verified(store, [], None, lambda: AFTER)
    assert found["sound"], found
    with opened(store, lambda: AFTER) as folder:
        said = [fact_said(x) for x in folder.ledger.entries() if x.stream != "ledger"]
    told = sorted(coarse_events(said, Clock(date(2018, 6, 1))), key=lambda event: event.at)
    assert obeys(told, finished=False) == ()


def test_an_inspector_can_check_the_export_alone(well: Path, tmp_path: Path) -> None:
    with opened(well, lambda: AFTER) as folder:
        exported(folder, tmp_path / "out", B, by="quinn", reason="inspection", kept=[])
    run = subprocess.run(
        [sys.executable, "-I", "check.py"], cwd=tmp_path / "out", capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    kinds = {
        json.loads(line)["kind"]
        for line in (tmp_path / "out" / "entries.jsonl").read_text(encoding="utf-8").splitlines()
    }
    assert {
        "BatchReleased",
        "Signed",
        "DoseAdministered",
        "ActivityPosted",
        "MasterWritten",
    } <= kinds


def test_an_export_has_everybody_who_acted_and_whatever_was_used(
    well: Path, tmp_path: Path
) -> None:
    with opened(well, lambda: AFTER) as folder:
        exported(folder, tmp_path / "out", B, by="quinn", reason="inspection", kept=[])
    lines = (tmp_path / "out" / "entries.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    streams = {entry["stream"] for entry in entries}
    acted = {entry["actor"] for entry in entries} - {"ledger"}  # which tells of its own clock
    assert {"rhea", "dora", "phil", "ursula", "vera", "ann", "adam"} <= acted
    assert {f"person/{name}" for name in acted} <= streams
    used = "HC-1 DC-1 HPLC-2 LAL-1 ISO-1 SM-1 TA-07 TA-08 P02-DC P02-SM P08-DC P08-SM"
    assert {f"equipment/{name}" for name in used.split()} <= streams
    assert {"facility/hamilton", "facility/P02", "facility/P08"} <= streams
    assert "LicenceVerified" in {entry["kind"] for entry in entries}


def test_an_export_of_a_failed_batch_has_the_orders_that_it_let_go(
    late: Path, tmp_path: Path
) -> None:
    with opened(late, lambda: AFTER) as folder:
        exported(folder, tmp_path / "out", B, by="quinn", reason="recall R-1", kept=[])
    lines = (tmp_path / "out" / "entries.jsonl").read_text(encoding="utf-8").splitlines()
    streams = {json.loads(line)["stream"] for line in lines}
    assert {"order/O-101", "order/O-102", "recall/R-1", "deviation/D-1"} <= streams


def test_the_papers_lie_beside_the_entries_and_the_ledger_vouches_for_them(
    well: Path, tmp_path: Path
) -> None:
    """A paper, and the checkpoint that is printed on it, are held against the export."""
    particulars = read_particulars(EXAMPLE / "particulars.yaml")
    out, printed = tmp_path / "out", tmp_path / "printed.txt"
    with opened(well, lambda: AFTER) as folder:
        papers = batch_papers(folder.ledger, B, particulars)
        exported(folder, out, B, by="quinn", reason="inspection", kept=[], papers=papers)
    paper = json.loads((out / "papers" / "batch-record.json").read_text(encoding="utf-8"))
    printed.write_text(paper["seal"]["checkpoint"], encoding="utf-8")
    told = "\n".join(inspector.check(out, None, printed))
    assert f"{len(papers)} other files, each with the hash that the ledger says" in told
    assert "the ledger begins with the one whose checkpoint you kept" in told
    for name in ("batch-record.pdf", "certificate-of-analysis.pdf", "vial-labels.pdf"):
        path = out / "papers" / name
        path.write_bytes(path.read_bytes().replace(b"PDF-1", b"PDF-2", 1))
        with pytest.raises(inspector.Wrong, match=f"papers/{name}: changed"):
            inspector.check(out, None, None)
        path.write_bytes(papers[name])


def test_what_is_shown_says_that_it_is_a_demonstration(well: Path) -> None:
    with opened(well, lambda: AFTER) as folder:
        record = folder.desk.record()
    document = batch_document(record, record.batch(B), "2019-01-02T00:00:00.000000Z")
    assert document["demo"] is True
    assert words_of_batch(document).startswith(DEMO)


def test_a_script_that_was_run_is_not_run_again(well: Path) -> None:
    with opened(well, lambda: AFTER) as folder:
        size = folder.ledger.size
    ran(well, EXAMPLE / "batch.txt", SECRETS)
    with opened(well, lambda: AFTER) as folder:
        assert folder.ledger.size == size


def test_a_change_in_the_file_is_found(well: Path, tmp_path: Path) -> None:
    shutil.copytree(well, tmp_path / "copy")
    with sqlite3.connect(tmp_path / "copy" / "ledger.sqlite") as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall()
        for (name,) in names:
            connection.execute(f"DROP TRIGGER {name}")
        changed = connection.execute(
            "UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), '98.2', '98.9') AS BLOB) "
            "WHERE kind = 'ResultEntered' AND CAST(body AS TEXT) LIKE '%98.2%'"
        )
        assert changed.rowcount == 1
    found = verified(tmp_path / "copy", [], None, lambda: AFTER)
    assert not found["sound"]
    assert found["finding"]
