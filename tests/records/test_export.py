"""What leaves the house is checked by one Python file alone, and every change of it is found."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from doseline.errors import LedgerError, StoreError
from doseline.records import Checkpoint, Ledger, MemoryStore, inspector
from doseline.records.checkpoint import key_text
from doseline.records.entry import By
from doseline.records.export import export_record
from doseline.stores.keys import KeySigner
from tests.records.ledgers import FOUNDING, SIGNER, HandClock, begun, filled, write

STREAMS = ("batch/B-001", "vial/B-001/1", "vial/B-001/1x", "vial/B-001/2")
KEY = key_text(SIGNER.name, SIGNER.public_key)
BY = By("ann", "quality", "export-1")
BESIDE = {"pages/batch.txt": b"a page"}
OTHER = KeySigner.from_seed("plant.example/2", bytes(32))


def run(folder: Path, *options: str) -> tuple[int, str]:
    """As an inspector would: Python alone, with nothing of this installation in reach."""
    command = [sys.executable, "-I", "-S", str(folder / "check.py"), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/", env={})
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def judged(folder: Path, **options: Any) -> str:
    """The same in this process: "" where all holds, or what does not."""
    try:
        inspector.check(folder, options.get("key"), options.get("kept"))
    except inspector.Wrong as wrong:
        return str(wrong)
    return ""


@pytest.fixture(autouse=True)
def signatures_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain arithmetic is slow and the same each time; other tests hold it to RFC 8032."""
    known: dict[tuple[bytes, bytes, bytes], bool] = {}
    plain = inspector.signature_holds

    def remembered(key: bytes, message: bytes, signature: bytes) -> bool:
        asked = (key, message, signature)
        if asked not in known:
            known[asked] = plain(*asked)
        return known[asked]

    monkeypatch.setattr(inspector, "signature_holds", remembered)


def made(folder: Path, *, change_key: bool = False) -> Ledger:
    clock = HandClock()
    ledger = filled(begun(MemoryStore(), clock), 20)
    kept = ledger.checkpoint()
    clock.pass_(60)
    if change_key:
        ledger = ledger.change_key(
            OTHER, actor="ann", role="admin", command_id="key-2", reason="yearly"
        )
    for number in range(20, 30):
        write(ledger, number, "batch/B-001", "vial/B-001/1")
    mark = export_record(
        ledger, folder, "B-001", STREAMS, by=BY, reason="inspection", kept=[kept],
        beside=BESIDE,
    )  # fmt: skip
    (folder.parent / "kept.txt").write_bytes(kept.note())
    assert mark == ledger.checkpoint()
    return ledger


def test_a_good_export_is_checked_by_python_alone(tmp_path: Path) -> None:
    folder = tmp_path / "B-001"
    ledger = made(folder)
    code, told = run(folder, "--key", KEY, "--checkpoint", str(tmp_path / "kept.txt"))
    assert code == 0, told
    assert told.endswith("HOLDS\n")
    assert "NOT SHOWN" not in told
    assert "complete: the ledger counts as many entries in each of 5 streams" in told
    assert (folder / "pages" / "batch.txt").read_bytes() == b"a page"
    lines = (folder / "entries.jsonl").read_text().splitlines()
    expected = sum(ledger.next_seq(stream) for stream in (*STREAMS, "ledger", "export/B-001"))
    assert len(lines) == expected


def test_a_good_export_after_a_change_of_key_holds(tmp_path: Path) -> None:
    folder = tmp_path / "B-001"
    made(folder, change_key=True)
    code, told = run(
        folder,
        "--key", key_text(OTHER.name, OTHER.public_key),
        "--checkpoint", str(tmp_path / "kept.txt"),
    )  # fmt: skip
    assert code == 0, told


def test_what_is_not_shown_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "B-001"
    made(folder)
    code, told = run(folder)
    assert code == 0
    assert "NOT SHOWN: whose key that is" in told


@pytest.mark.parametrize("options", [["--key"], ["--all"], ["a", "b"]])
def test_a_wrong_call_ends_with_2(tmp_path: Path, options: list[str]) -> None:
    folder = tmp_path / "B-001"
    made(folder)
    assert run(folder, *options)[0] == 2


# --------------------------------------------------------------------------------- tampering


def edited(folder: Path, change: Callable[[list[Any]], None]) -> None:
    path = folder / "entries.jsonl"
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    change(entries)
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))


def without_last_of_a_vial(entries: list[Any]) -> None:
    mine = [e for e in entries if e["stream"] == "vial/B-001/1"]
    entries.remove(mine[-1])


def without_a_stream(entries: list[Any]) -> None:
    entries[:] = [e for e in entries if e["stream"] != "vial/B-001/2"]


def without_the_first(entries: list[Any]) -> None:
    del entries[0]


def without_one_inside(entries: list[Any]) -> None:
    entries.remove(next(e for e in entries if e["stream"] == "batch/B-001"))


def swapped(entries: list[Any]) -> None:
    entries[3], entries[4] = entries[4], entries[3]


def with_a_field_more(entries: list[Any]) -> None:
    entries[3]["comment"] = "approved"


def with_an_entry_twice(entries: list[Any]) -> None:
    entries.insert(3, entries[3])


def rehashed(entries: list[Any]) -> None:
    entries[3]["actor"] = "mallory"
    entries[3]["leaf_hash"] = inspector.leaf_of(entries[3]).hex()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without_last_of_a_vial, "some were left out"),
        (without_a_stream, "vial/B-001/2: 0 entries here"),
        (without_the_first, "the first entry of the ledger is missing"),
        (without_one_inside, "has a gap before it"),
        (swapped, "not in its place"),
        (with_a_field_more, "line 4: not the fields of an entry"),
        (with_an_entry_twice, "not in its place"),
        (rehashed, "not in the ledger that the checkpoint signs"),
    ],
)
def test_a_changed_export_is_found(
    tmp_path: Path, change: Callable[[list[Any]], None], told: str
) -> None:
    folder = tmp_path / "B-001"
    made(folder)
    edited(folder, change)
    assert told in judged(folder)
    code, said = run(folder)
    assert code == 1
    assert "WRONG" in said
    assert told in said


def test_a_file_beside_is_found_changed_or_missing_and_a_strange_one_is_said(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "B-001"
    made(folder)
    page = folder / "pages" / "batch.txt"
    page.write_bytes(b"another page")
    assert judged(folder) == (
        "pages/batch.txt: changed, it does not have the hash that the ledger says"
    )
    page.unlink()
    assert judged(folder) == "pages/batch.txt: missing, the ledger says that it was handed out"
    page.write_bytes(b"a page")
    (folder / "pages" / "certificate.pdf").write_bytes(b"slipped in")
    shown = inspector.check(folder, None, None)
    assert "1 other files, each with the hash that the ledger says" in shown
    assert "NOT SHOWN: what pages/certificate.pdf is; the ledger says nothing of it" in shown


def test_the_same_ledger_exports_the_same_bytes(tmp_path: Path) -> None:
    made(tmp_path / "one" / "B-001")
    made(tmp_path / "two" / "B-001")
    one, two = (sorted((tmp_path / name).rglob("*.*")) for name in ("one", "two"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    assert len(one) == 8


def test_an_export_of_other_files_is_no_repetition(tmp_path: Path) -> None:
    ledger = made(tmp_path / "B-001")
    with pytest.raises(LedgerError, match="stands for an export of other files"):
        export_record(ledger, tmp_path / "x", "B-001", STREAMS, by=BY, reason="inspection")


def test_an_earlier_export_does_not_vouch_for_what_came_later(tmp_path: Path) -> None:
    """Everything after an earlier export is left out, and that export's count still fits."""
    ledger = made(tmp_path / "first")
    (earlier,) = ledger.entries("export/B-001")
    write(ledger, 40, "batch/B-001")
    folder = tmp_path / "B-001"
    again = By("ann", "quality", "export-2")
    export_record(ledger, folder, "B-001", STREAMS, by=again, reason="inspection")
    edited(folder, lambda entries: cut_behind(entries, earlier.position))
    shown = inspector.check(folder, None, None)
    assert any(line.startswith("NOT SHOWN: that no later entry was left out") for line in shown)


def test_a_change_of_key_that_the_key_before_did_not_sign_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "B-001"
    made(folder, change_key=True)
    mark = inspector.checkpoint_in(folder / "checkpoint.txt")
    entries = inspector.entries_in(folder / "entries.jsonl")
    assert len(inspector.keys_of_the_ledger(entries, mark)) == 2
    change = next(entry for entry in entries if entry["kind"] == "KeyChanged")
    body = json.loads(change["body"])
    body["signature"] = body["signature"][::-1].lstrip("=") + "=="
    change["body"] = json.dumps(body)
    with pytest.raises(inspector.Wrong, match="the key before did not sign the change"):
        inspector.keys_of_the_ledger(entries, mark)


def cut_behind(entries: list[Any], position: int) -> None:
    entries[:] = [entry for entry in entries if entry["position"] <= position]


def test_a_change_of_any_field_is_found_and_the_entry_named(tmp_path: Path) -> None:
    folder = tmp_path / "B-001"
    made(folder)
    good = (folder / "entries.jsonl").read_text()
    entries = [json.loads(line) for line in good.splitlines()]
    for number in range(300):
        random = Random(number)
        place, name = random.randrange(len(entries)), sorted(entries[0])[number % 14]
        changed = [dict(entry) for entry in entries]
        changed[place][name] = other_value(changed[place][name], random)
        text = "".join(json.dumps(entry) + "\n" for entry in changed)
        (folder / "entries.jsonl").write_text(text)
        told = judged(folder)
        assert f"entry {changed[place]['position']}:" in told, (name, place, told)


def other_value(value: Any, random: Random) -> Any:
    if isinstance(value, int):
        return value + random.choice([1, 2, 1000])
    if isinstance(value, list):
        if not value:
            return ["00" * 32]
        return random.choice([value[:-1], [*value, value[0]], [value[-1][::-1], *value[1:]]])
    if not value:
        return "x"
    place = random.randrange(len(value))
    return value[:place] + ("0" if value[place] != "0" else "1") + value[place + 1 :]


def test_a_changed_byte_of_checkpoint_or_key_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "B-001"
    made(folder)
    for name in ("checkpoint.txt", "public-key.txt"):
        good = (folder / name).read_bytes()
        for place in range(0, len(good.rstrip()), 3):
            changed = bytearray(good)
            changed[place] ^= 1
            (folder / name).write_bytes(changed)
            assert code_of(folder) == 1, f"{name} {place}"
        (folder / name).write_bytes(good)
    assert code_of(folder) == 0


def code_of(folder: Path) -> int:
    return inspector.main([str(folder)])


def test_a_whole_forgery_with_another_key_is_found_by_the_published_key(tmp_path: Path) -> None:
    mallory = KeySigner.from_seed("plant.example", bytes(32))
    ledger = Ledger.begin(MemoryStore(), HandClock(), mallory, FOUNDING, actor="ann", role="system")
    filled(ledger, 30)
    folder = tmp_path / "B-001"
    export_record(ledger, folder, "B-001", STREAMS, by=BY, reason="inspection")
    assert judged(folder) == ""
    assert judged(folder, key=KEY) == "the key of this ledger is not the one that you gave"


def test_a_ledger_written_anew_is_found_by_a_kept_checkpoint(tmp_path: Path) -> None:
    made(tmp_path / "true" / "B-001")
    other = filled(begun(), 25)  # the same key, another history
    folder = tmp_path / "B-001"
    kept = inspector.checkpoint_in(tmp_path / "true" / "kept.txt")
    export_record(other, folder, "B-001", STREAMS, by=BY, reason="inspection", kept=[as_kept(kept)])
    told = judged(folder, kept=tmp_path / "true" / "kept.txt")
    assert told == ""  # the first twenty commands are the same
    another = filled(begun(), 5)
    write(another, 5, actor="mallory")
    for number in range(6, 25):
        write(another, number, *STREAMS)
    shutil.rmtree(folder)
    export_record(
        another, folder, "B-001", STREAMS, by=BY, reason="inspection", kept=[as_kept(kept)]
    )
    told = judged(folder, kept=tmp_path / "true" / "kept.txt")
    assert told == "the ledger was written anew since the checkpoint that you kept"


def as_kept(mark: inspector.Checkpoint) -> Any:
    return Checkpoint(mark.origin, mark.size, mark.root, mark.at)


def test_a_ledger_that_lacks_its_last_entries_is_found_by_a_kept_checkpoint(tmp_path: Path) -> None:
    short = filled(begun(), 10)
    folder = tmp_path / "B-001"
    mark = export_record(short, folder, "B-001", STREAMS[:2], by=BY, reason="inspection")
    longer = filled(begun(), 29)
    kept = tmp_path / "kept.txt"
    kept.write_bytes(longer.checkpoint().note())
    told = judged(folder, kept=kept)
    assert told.startswith(f"entries {mark.size} to {longer.size - 1} are missing")


# ----------------------------------------------------------------------------- making of it


def test_an_export_is_an_entry_and_sent_again_it_is_one(tmp_path: Path) -> None:
    ledger = made(tmp_path / "B-001")
    (told,) = ledger.entries("export/B-001")
    assert (told.kind, told.actor, told.reason) == ("RecordExported", "ann", "inspection")
    write(ledger, 50, "batch/B-001")  # after the export, so not in it
    size = ledger.size
    export_record(
        ledger, tmp_path / "again", "B-001", STREAMS, by=BY, reason="inspection", beside=BESIDE
    )
    assert ledger.size == size
    same = (tmp_path / "again" / "entries.jsonl").read_bytes()
    assert same == (tmp_path / "B-001" / "entries.jsonl").read_bytes()


def test_a_record_that_is_not_there_cannot_be_exported(tmp_path: Path) -> None:
    ledger = filled(begun(), 5)
    with pytest.raises(LedgerError, match="no record of batch/B-777"):
        export_record(ledger, tmp_path / "x", "B-777", ["batch/B-777"], by=BY, reason="inspection")
    assert list(tmp_path.iterdir()) == []


def test_an_export_never_goes_over_what_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "B-001"
    folder.mkdir()
    with pytest.raises(LedgerError, match="expected a new folder"):
        export_record(filled(begun(), 5), folder, "B-001", STREAMS, by=BY, reason="inspection")
    (tmp_path / "file").write_text("")
    below, ledger = tmp_path / "file" / "B-001", filled(begun(), 29)
    with pytest.raises(StoreError, match="not written"):
        export_record(ledger, below, "B-001", STREAMS, by=BY, reason="inspection")


def test_the_inspector_stands_alone() -> None:
    """It shares no line with what it checks, and fits a reader's patience."""
    source = Path(inspector.__file__).read_text(encoding="utf-8")
    assert "doseline." not in source.replace("doseline.example", "")
    assert len(source.splitlines()) < 450
    assert os.path.basename(inspector.__file__) == "inspector.py"
