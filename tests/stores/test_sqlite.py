"""The file of SQLite: what its own guards refuse, and that they are there."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from doseline.errors import StoreError
from doseline.records import Ledger
from doseline.stores.sqlite import SqliteStore, connect
from doseline.stores.sqlite_schema import SCHEMA
from tests.records.ledgers import begun_in, filled, opened, write


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.ledger"
    filled(begun_in(path), 5).close()
    return path


# --------------------------------------------------------------------------------- durability


class Eager:
    """A connection as a build of SQLite with other defaults would give it."""

    def __init__(self, level: str) -> None:
        self.level = level
        self.opened: list[sqlite3.Connection] = []

    def __call__(self, address: str) -> sqlite3.Connection:
        connection = connect(address)
        connection.execute(f"PRAGMA synchronous = {self.level}")
        self.opened.append(connection)
        return connection


@pytest.mark.parametrize("level", ["OFF", "NORMAL"])
def test_a_commit_waits_for_the_disk_whatever_the_default_is(path: Path, level: str) -> None:
    eager = Eager(level)
    ledger = opened(path, connect=eager)
    write(ledger, 10)
    assert [c.execute("PRAGMA synchronous").fetchone()[0] for c in eager.opened] == [2]
    assert [c.execute("PRAGMA journal_mode").fetchone()[0] for c in eager.opened] == [b"wal"]


def test_a_connection_made_anew_waits_for_the_disk_too(path: Path) -> None:
    eager = Eager("OFF")
    ledger = opened(path, connect=eager)
    ledger.close()
    write(ledger, 10)
    assert len(eager.opened) == 2
    assert eager.opened[1].execute("PRAGMA synchronous").fetchone()[0] == 2


def test_a_file_that_cannot_be_kept_so_is_refused(path: Path) -> None:
    class Stubborn:
        def __init__(self, connection: sqlite3.Connection) -> None:
            self._connection = connection

        def execute(self, sql: str, values: Any = ()) -> Any:
            lax = "synchronous = FULL" in sql
            return self._connection.execute("PRAGMA synchronous = NORMAL" if lax else sql, values)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._connection, name)

    def stubborn(address: str) -> sqlite3.Connection:
        return cast(sqlite3.Connection, Stubborn(connect(address)))

    with pytest.raises(StoreError, match="not WAL and FULL"):
        SqliteStore(path, connect=stubborn)


# ------------------------------------------------------------------------------------ guards


CHANGES = [
    "UPDATE entry SET actor = 'bob' WHERE position = 3",
    "UPDATE entry SET body = x'7b7d'",
    "UPDATE OR REPLACE entry SET position = 2 WHERE position = 3",
    "DELETE FROM entry WHERE position = 3",
    "DELETE FROM entry",
    "UPDATE seal SET note = x'00' WHERE size = 1",
    "DELETE FROM seal",
    "INSERT OR REPLACE INTO entry SELECT * FROM entry WHERE position = 3",
    "REPLACE INTO entry SELECT * FROM entry",
    "INSERT OR REPLACE INTO seal SELECT * FROM seal WHERE size = 1",
    "INSERT OR REPLACE INTO seal SELECT 99, command_id, note, peaks FROM seal WHERE size = 1",
    "INSERT INTO entry SELECT position + 1000, stream_seq + 1000, schema_version, stream, kind, "
    "occurred_at, recorded_at, actor, role, reason, command_id, body, leaf_hash "
    "FROM entry WHERE position = 3",
    "INSERT INTO entry SELECT (SELECT max(position) + 1 FROM entry), stream_seq, schema_version, "
    "stream, kind, occurred_at, recorded_at, actor, role, reason, command_id, body, leaf_hash "
    "FROM entry WHERE position = 3",
]

NEXT_OF_ITS_STREAM = (
    "(SELECT max(stream_seq) + 1 FROM entry WHERE stream = 'batch/B-001'), schema_version, "
    "'batch/B-001', kind, occurred_at, recorded_at, actor, role, reason, command_id, body, "
    "leaf_hash FROM entry WHERE position = 3"
)
CHANGES += [
    f"INSERT OR REPLACE INTO entry SELECT 3, {NEXT_OF_ITS_STREAM}",
    f"INSERT INTO entry SELECT (SELECT max(position) + 2 FROM entry), {NEXT_OF_ITS_STREAM}",
    "INSERT OR REPLACE INTO seal "
    "SELECT size, 'x', note, peaks FROM seal ORDER BY size DESC LIMIT 1",
]


def test_a_seal_does_not_take_the_place_of_another_of_its_command(path: Path) -> None:
    outside = sqlite3.connect(path, isolation_level=None)
    position = "(SELECT max(position) + 1 FROM entry)"
    outside.execute(f"INSERT INTO entry SELECT {position}, {NEXT_OF_ITS_STREAM}")
    with pytest.raises(sqlite3.IntegrityError):
        outside.execute(
            f"INSERT OR REPLACE INTO seal SELECT {position}, command_id, note, peaks FROM seal "
            "WHERE size = 1"
        )


@pytest.mark.parametrize("sql", CHANGES)
def test_what_is_written_cannot_be_changed_by_statements(path: Path, sql: str) -> None:
    store = SqliteStore(path, read_only=True)
    before = list(store.raw()), list(store.raw_seals())
    outside = sqlite3.connect(path, isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError):
        outside.execute(sql)
    outside.close()
    assert (list(store.raw()), list(store.raw_seals())) == before


TRIGGERS = [name for name, sql in SCHEMA.items() if sql.startswith("CREATE TRIGGER")]


@pytest.mark.parametrize("name", TRIGGERS)
def test_no_trigger_is_there_for_nothing(path: Path, name: str) -> None:
    """Without any one of them, one of the changes above goes through."""
    outside = sqlite3.connect(path, isolation_level=None)
    outside.execute(f"DROP TRIGGER {name}")
    through = [sql for sql in CHANGES if goes_through(outside, sql)]
    assert through


def goes_through(connection: sqlite3.Connection, sql: str) -> bool:
    connection.execute("BEGIN")
    try:
        connection.execute(sql)
    except sqlite3.IntegrityError:
        return False
    finally:
        connection.execute("ROLLBACK")
    return True


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_file_without_one_of_its_guards_is_not_written(path: Path, name: str) -> None:
    outside = sqlite3.connect(path)
    outside.execute(f"DROP TRIGGER {name}")
    outside.commit()
    with pytest.raises(StoreError, match=f"{name} is missing"):
        SqliteStore(path)
    store = SqliteStore(path, read_only=True)
    assert store.weaknesses() == (f"{name} is missing",)
    outside.execute(SCHEMA[name].replace("SELECT RAISE(ABORT,", "SELECT max(0,"))
    outside.commit()
    assert store.weaknesses() == (f"{name} is changed",)


def test_a_damaged_index_is_told(path: Path) -> None:
    outside = sqlite3.connect(path, isolation_level=None)
    outside.execute("PRAGMA writable_schema = ON")
    root = outside.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_entry_1'"
    ).fetchone()[0]
    size = outside.execute("PRAGMA page_size").fetchone()[0]
    outside.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    outside.close()
    content = bytearray(path.read_bytes())
    page = content[(root - 1) * size : root * size]
    place = page.index(b"batch/B-001")
    content[(root - 1) * size + place] ^= 1
    path.write_bytes(content)
    faults = SqliteStore(path, read_only=True).weaknesses()
    assert faults
    assert all("damaged" in fault for fault in faults)


# ------------------------------------------------------------------------------ opening a file


def not_there(path: Path) -> None:
    path.unlink()


def text(path: Path) -> None:
    path.write_text("batch B-001: all fine\n")


def other_database(path: Path) -> None:
    path.unlink()
    sqlite3.connect(path).execute("CREATE TABLE entry (a)").connection.commit()


def of_the_future(path: Path) -> None:
    sqlite3.connect(path).execute("PRAGMA user_version = 2").connection.commit()


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (not_there, "there is no ledger here"),
        (text, "the store failed, file is not a database"),
        (other_database, "no ledger of Doseline"),
        (of_the_future, "a file of version 2, this Doseline reads 1"),
    ],
)
def test_what_is_no_ledger_is_refused(path: Path, make: Callable[[Path], None], told: str) -> None:
    make(path)
    with pytest.raises(StoreError, match=told):
        SqliteStore(path)


def test_a_ledger_is_never_made_over_another_file(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(StoreError, match="there is a file already"):
        SqliteStore.create(path)
    assert path.read_bytes() == before
    assert [p for p in path.parent.iterdir() if "partial" in p.name] == []


def test_a_file_opened_to_read_is_not_written(path: Path) -> None:
    store = SqliteStore(path, read_only=True)
    with pytest.raises(StoreError, match="read only"), store.writing():
        pass
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store._connection().execute("DROP TRIGGER entry_update")
    ledger = Ledger(store, lambda: pytest.fail("no time is asked"), None)
    assert ledger.size == len(list(ledger.entries()))


def test_many_entries_are_read_in_pages_without_a_gap(tmp_path: Path) -> None:
    ledger = begun_in(tmp_path / "b.ledger")
    for number in range(21):
        write(ledger, number, *["batch/B-001"] * 100)
    assert [e.position for e in ledger.entries()] == list(range(2101))
    assert [e.stream_seq for e in ledger.entries("batch/B-001")] == list(range(2100))
    assert [e.stream_seq for e in ledger.entries("batch/B-001", 999)] == list(range(999, 2100))


def test_threads_may_share_a_store(path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    ledger = opened(path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: write(ledger, 100 + n, f"vial/B-002/{n}"), range(40)))
    assert len(ledger.streams("vial/B-002/")) == 40
