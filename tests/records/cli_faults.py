"""Statements fail of the commands that begin a record, read it, copy it and export it.

What people do has its own harness at the desk (tests/records/life). Here a whole command line runs,
from opening the file on: a failure is told, nothing half-made is left, and the command sent again
succeeds.
"""

import shutil
import sqlite3
from itertools import count
from pathlib import Path

import pytest
from typer.testing import CliRunner

from doseline.cli.record import everything
from doseline.records.verify import verify
from doseline.stores.folder import LEDGER
from doseline.stores.keys import KeyVerifier
from doseline.stores.sqlite import SqliteStore
from tests.records.faults import Faults, failing_everywhere
from tests.test_cli_record import CLOCK, EXAMPLE, FOUNDERS

BATCH = ("--batch", "H-18-028")
PARTICULARS = ("--particulars", str(EXAMPLE / "particulars.yaml"))
SECRETS = ("--secrets", str(EXAMPLE / "secrets.json"))
FILLED = 41
"""The line of batch.txt with which the batch is filled."""
FURTHER = """@ 2018-07-10 11:10 America/Toronto
olga: deviate --about batch/H-18-028 --what "the script goes on"
"""
LINES: dict[str, tuple[str, ...]] = {
    "init": ("init", "new", *FOUNDERS, "--demo", *CLOCK),
    "run": ("run", "demo", "further.txt", *SECRETS),
    "show": ("show", "demo", *BATCH),
    "verify": ("verify", "demo"),
    "checkpoint": ("checkpoint", "demo", "--out", "mark.txt"),
    "export": ("export", "demo", *BATCH, "--out", "given", "--by", "quinn"),
    "backup": ("backup", "demo", "--out", "copy.sqlite"),
    "restore": ("restore", "back", "--backup", "kept.sqlite"),
    "papers": ("papers", "demo", *BATCH, *PARTICULARS, "--out", "papers"),
}
"""What is sent of each command, in a folder with a demonstration `demo` and a backup of it."""

MAKES = ("new", "given", "mark.txt", "copy.sqlite", "back/ledger.sqlite", "papers")
"""What the commands make: there whole, or not there."""

app = everything()


def sent(*words: str) -> tuple[int, str]:
    """The exit code and what was said; an error that nobody caught goes through."""
    done = CliRunner().invoke(app, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    return done.exit_code, done.output


def demonstration(folder: Path) -> Path:
    """A folder with a demonstration in which a batch is filled, a backup of it, and a script."""
    folder.mkdir()
    (folder / "further.txt").write_text(FURTHER, encoding="utf-8")
    demo, kept = str(folder / "demo"), str(folder / "kept.sqlite")
    for words in (
        ("init", demo, *FOUNDERS, "--demo", *CLOCK),
        ("run", demo, str(EXAMPLE / "plant.txt"), *SECRETS),
        ("run", demo, str(EXAMPLE / "batch.txt"), *SECRETS, "--until-line", str(FILLED)),
        ("backup", demo, "--out", kept),
    ):
        code, told = sent(*words)
        assert code == 0, told
    return folder


def fail_statements(
    name: str, place: Path, monkeypatch: pytest.MonkeyPatch, *, after: bool, step: int = 1
) -> int:
    """How many statements of a command failed: each, or one in so many, of those that it has.

    All in the folder `place`, a demonstration, so that nothing of an attempt may stand in the next
    one's way.
    """
    faults = Faults()
    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", failing_everywhere(faults))
        patched.chdir(place)
        return _failed_in_turn(name, faults, after, step)


def _failed_in_turn(name: str, faults: Faults, after: bool, step: int) -> int:
    shutil.copytree("demo", "as it was")
    for failing in count(0, step):
        before = size_of("demo")
        faults.arm(failing, after=after)
        code, told = sent(*LINES[name])
        faults.disarm()
        if not faults.fired:
            break
        unsound = name in ("backup", "restore") and "the copy is not sound" in told
        assert code == (2 if unsound else 1), f"{faults.fired}: {told}"
        assert faults.message in told, faults.fired
        assert not [made for made in MAKES if Path(made).exists()], faults.fired
        written = size_of("demo") - before
        assert written == 0 or (written == 1 and name in ("run", "export")), faults.fired
        if name == "run":  # a line that was done is not done again, so the next begins anew
            assert sent(*LINES[name])[0] == 0
            assert size_of("demo") == before + 1
            shutil.rmtree("demo")
            shutil.copytree("as it was", "demo")
    assert code == 0, told
    return failing // step


def size_of(record: str) -> int:
    """How many entries a record has; it must be sound."""
    store = SqliteStore(Path(record) / LEDGER, read_only=True)
    try:
        found = verify(store, KeyVerifier)
    finally:
        store.close()
    assert found.sound, found
    return found.size
