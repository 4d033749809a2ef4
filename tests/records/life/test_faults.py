"""Statements of commands fail: a signature and what it releases are there together, or neither.

Here for the release of a batch and for the late failure that opens a recall; for every command in
tests/soak/test_record_faults.py.
"""

from functools import partial
from pathlib import Path

from doseline.records.commands import COMMANDS
from doseline.records.entry import Entry
from doseline.stores.sqlite import SqliteStore
from tests.records.faults import fail_each_statement
from tests.records.life.faulty import exercised, opened_at, sent, stages


def test_each_statement_of_a_release_and_of_a_late_failure_may_fail(tmp_path: Path) -> None:
    tried = 0
    for stage in stages(tmp_path, {"release", "oos"}):
        statements = fail_each_statement(
            stage.path, partial(sent, stage), open_=partial(opened_at, stage)
        )
        assert statements[-1] == "COMMIT"
        tried += len(statements)
    assert tried > 30


def test_the_signature_is_in_the_transaction_of_the_release(tmp_path: Path) -> None:
    (stage,) = stages(tmp_path, {"release"})
    ledger = opened_at(stage, stage.path)
    sent(stage, ledger)
    ledger.close()
    store = SqliteStore(stage.path, read_only=True)
    written: tuple[Entry, ...] = store.of_command("faulty")
    store.close()
    assert [entry.kind for entry in written] == ["BatchReleased", "Signed"]


def test_the_harness_has_every_command_there_is() -> None:
    assert exercised() == set(COMMANDS)
