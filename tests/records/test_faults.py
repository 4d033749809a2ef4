"""Every statement of a write fails once: a clean refusal, nothing half-written, then it holds."""

import sqlite3
from pathlib import Path

import pytest

from doseline.errors import StoreError
from doseline.records import Draft, Ledger
from doseline.stores.sqlite import SqliteStore
from tests.records.faults import Faults, fail_each_statement
from tests.records.ledgers import FOUNDING, SIGNER, HandClock, begun_in, filled, opened, write


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.ledger"
    ledger = filled(begun_in(path), 5)
    ledger.close()
    return path


def one_command(ledger: Ledger) -> object:
    return ledger.append(
        [
            Draft("batch/B-001", "BatchReleased", {"vials": 2}),
            Draft("vial/B-001/1", "VialReleased", {"vial": "B-001/1"}),
            Draft("vial/B-001/2", "VialReleased", {"vial": "B-001/2"}),
        ],
        actor="ann",
        role="qualified person",
        command_id="release-B-001",
        expected={"batch/B-001": 1, "vial/B-001/1": 1, "vial/B-001/2": 1},
    )


def test_each_statement_of_a_command_may_fail(template: Path) -> None:
    statements = fail_each_statement(template, one_command)
    assert statements[0] == "BEGIN IMMEDIATE"
    assert statements[-1] == "COMMIT"
    assert sum(sql.startswith("INSERT INTO entry") for sql in statements) == 3


def test_each_statement_of_a_change_of_key_may_fail(template: Path, tmp_path: Path) -> None:
    from doseline.stores.keys import KeySigner

    other = KeySigner.from_seed("plant.example", bytes(32))

    def change(ledger: Ledger) -> object:
        if ledger.of_command("change"):
            return None
        return ledger.change_key(
            other, actor="ann", role="admin", command_id="change", reason="worn out"
        )

    assert fail_each_statement(template, change)


def test_each_statement_of_a_beginning_may_fail(tmp_path: Path) -> None:
    failing = 0
    while True:
        path, faults = tmp_path / f"{failing}.ledger", Faults()
        faults.arm(failing)
        try:
            store = SqliteStore.create(path, connect=faults.connect)
            Ledger.begin(store, HandClock(), SIGNER, FOUNDING, actor="ann", role="system")
        except StoreError:
            faults.disarm()
            if not path.exists():
                SqliteStore.create(path).close()
            ledger = Ledger.begin(
                SqliteStore(path), HandClock(), SIGNER, FOUNDING, actor="ann", role="system"
            )
            assert ledger.size == 1
        else:
            break
        failing += 1
    assert failing > 20


def test_a_lost_connection_is_made_anew(template: Path) -> None:
    """The statement fails, and so does the roll-back."""

    class Stubborn(Faults):
        def connect(self, address: str) -> sqlite3.Connection:
            connection = super().connect(address)
            faults = self

            class NoRollback:
                def execute(self, sql: str, values: object = ()) -> object:
                    if sql == "ROLLBACK" and faults.failing >= 0:
                        raise sqlite3.OperationalError("disk I/O error")
                    return connection.execute(sql, values)  # type: ignore[arg-type]

                def __getattr__(self, name: str) -> object:
                    return getattr(connection, name)

            return NoRollback()  # type: ignore[return-value]

    faults = Stubborn()
    ledger = opened(template, connect=faults.connect)
    before = ledger.size
    faults.arm(4)
    with pytest.raises(StoreError):
        one_command(ledger)
    faults.disarm()
    assert ledger.size == before
    write(ledger, 100)
    assert ledger.size == before + 1
