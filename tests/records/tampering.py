"""Single changes of a store by someone who owns the file, and what must be found.

The one who changes can drop the triggers and make them anew, switch off the checks of the tables
and compute hashes. Without the key nobody can sign; a checkpoint kept elsewhere is out of reach.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, cast

from doseline.records import Checkpoint, Ledger
from doseline.records.entry import leaf_bytes, leaf_of
from doseline.records.verify import Verification, verify
from doseline.stores.keys import KeySigner
from doseline.stores.sqlite import SqliteStore, connect
from doseline.stores.sqlite_schema import SCHEMA
from tests.records.ledgers import HandClock, Remembering, begun, filled, write

COLUMNS = (
    "position", "stream_seq", "schema_version", "stream", "kind", "occurred_at", "recorded_at",
    "actor", "role", "reason", "command_id", "body", "leaf_hash",
)  # fmt: skip
OTHER = KeySigner.from_seed("plant.example/2", bytes(32))


@dataclass
class Patient:
    """A ledger in memory that is changed and set right again, many times."""

    connection: sqlite3.Connection
    path: Path
    kept: list[Checkpoint]
    size: int
    sealed: list[tuple[int, int]]
    """First and last entry of every command."""

    @contextmanager
    def opened_up(self) -> Iterator[sqlite3.Connection]:
        """The tables without their guards; whatever is done is undone at the end."""
        self.connection.execute("BEGIN")
        try:
            self.without_triggers()
            yield self.connection
        finally:
            self.connection.execute("ROLLBACK")

    def without_triggers(self) -> None:
        for name, sql in SCHEMA.items():
            if sql.startswith("CREATE TRIGGER"):
                self.connection.execute(f"DROP TRIGGER {name}")

    def with_triggers(self) -> None:
        for sql in SCHEMA.values():
            if sql.startswith("CREATE TRIGGER"):
                self.connection.execute(sql)

    def verified(self, kept: list[Checkpoint] | None = None) -> Verification:
        """Put the guards back, as if nothing had been, and verify."""
        self.with_triggers()
        store = SqliteStore(self.path, read_only=True, connect=self._same)
        found = verify(store, Remembering, kept=self.kept if kept is None else kept)
        self.without_triggers()
        return found

    def _same(self, address: str) -> sqlite3.Connection:
        return cast(sqlite3.Connection, _NeverClosed(self.connection))

    def command_of(self, position: int) -> tuple[int, int]:
        return next((a, b) for a, b in self.sealed if a <= position <= b)


class _NeverClosed:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def close(self) -> None:
        """It is used again."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def patient(path: Path) -> Patient:
    """A ledger of some forty entries, with late ones, an alarm of the clock and a change of key."""
    clock = HandClock()
    store = SqliteStore.create(path)
    ledger = filled(begun(store, clock), 6)
    kept = [ledger.checkpoint()]
    clock.pass_(60)
    for number in range(6, 12):
        clock.pass_(1)
        write(ledger, number, "batch/B-009", "vial/B-009/1", "vial/B-009/2")
    kept.append(ledger.checkpoint())
    clock.pass_(-30)
    write(ledger, 12, "batch/B-009")
    clock.pass_(60)
    ledger = ledger.change_key(OTHER, actor="ann", role="admin", command_id="key", reason="worn")
    kept.append(ledger.checkpoint())
    for number in range(13, 16):
        write(ledger, number, "batch/B-009", "person/bob")
    kept.append(ledger.checkpoint())
    return _in_memory(path, ledger, store, kept)


def _in_memory(path: Path, ledger: Ledger, store: SqliteStore, kept: list[Checkpoint]) -> Patient:
    connection = connect(":memory:")
    store.copy_to(connection)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    ends = [seal[0] for seal in store.raw_seals()]
    sealed = list(zip([0, *ends], [end - 1 for end in ends], strict=False))
    size = ledger.size
    store.close()
    return Patient(connection, path, kept, size, sealed)


# ------------------------------------------------------------------------------ single changes


def change_a_field(it: Patient, random: Random, column: str, *, rehash: bool) -> None:
    """Change one column of one entry; the entry (or, rehashed, its command) must be named."""
    position = random.randrange(it.size)
    with it.opened_up() as connection:
        row = _row(connection, position)
        sql = f"UPDATE entry SET {column} = ? WHERE position = {position}"
        value = updated(connection, sql, row[COLUMNS.index(column)], random)
        if rehash:
            where = value if column == "position" else position
            row[COLUMNS.index(column)] = value
            _rehash(connection, where, row)
        found = it.verified().finding
        place = f"{column} of entry {position}: {value!r}, found {found}"
        assert found is not None, place
        if rehash and column not in {"position", "stream_seq"}:
            first, last = it.command_of(position)
            assert first <= found.first <= found.last <= last, place
        else:
            assert found.first == position, place
            assert found.last == position or column == "position", place


def updated(connection: sqlite3.Connection, sql: str, value: Any, random: Random) -> Any:
    """Change it to another value, one that no unique key refuses."""
    while True:
        other = changed(value, random)
        try:
            connection.execute(sql, (other,))
        except sqlite3.IntegrityError:
            continue
        return other


def changed(value: Any, random: Random) -> Any:
    """Another value of the same type."""
    if isinstance(value, int):  # a number that no other entry has
        return value + random.randrange(1_000, 2_000)
    if isinstance(value, bytes):
        content = bytearray(value)
        place = random.randrange(len(content))
        content[place] ^= 1 << random.randrange(8)
        return bytes(content)
    kind = random.randrange(4)
    if kind == 0 or not value:
        return value + random.choice(" xé0")
    place = random.randrange(len(value))
    if kind == 1:
        return value[:place] + value[place + 1 :]
    if kind == 2:
        return ""
    return value[:place] + random.choice("!?~") + value[place + 1 :]


def delete_an_entry(it: Patient, random: Random) -> None:
    position = random.randrange(it.size)
    with it.opened_up() as connection:
        connection.execute("DELETE FROM entry WHERE position = ?", (position,))
        found = it.verified().finding
    assert found is not None
    assert (found.first, found.last) == (position, position), found
    assert "missing" in found.message


def swap_two_entries(it: Patient, random: Random) -> None:
    a, b = sorted(random.sample(range(it.size), 2))
    with it.opened_up() as connection:
        for old, new in ((a, -1), (b, a), (-1, b)):
            connection.execute("UPDATE entry SET position = ? WHERE position = ?", (new, old))
        found = it.verified().finding
    assert found is not None
    assert (found.first, found.last) == (a, a), found


def change_a_seal(it: Patient, random: Random) -> None:
    """The entries of the command are named."""
    first, last = random.choice(it.sealed)
    column = random.choice(("size", "command_id", "note", "peaks"))
    with it.opened_up() as connection:
        sql = f"SELECT {column} FROM seal WHERE size = ?"
        value = connection.execute(sql, (last + 1,)).fetchone()[0]
        value = value.decode() if column == "command_id" else value
        updated(connection, f"UPDATE seal SET {column} = ? WHERE size = {last + 1}", value, random)
        found = it.verified().finding
    assert found is not None, (column, last)
    # A seal that is moved away leaves its entries to the next seal.
    late = last + 1 if column == "size" else first
    assert found.first in {first, late}, f"{column} of the seal after {last}: {found}"


def delete_a_seal(it: Patient, random: Random) -> None:
    first, last = random.choice(it.sealed)
    with it.opened_up() as connection:
        connection.execute("DELETE FROM seal WHERE size = ?", (last + 1,))
        found = it.verified().finding
    assert found is not None
    assert found.first in {first, last + 1}, found
    assert "seal" in found.message


def take_the_end_away(it: Patient, random: Random) -> None:
    """Rolled back by some commands, with their seals: only a kept checkpoint tells."""
    commands = random.randrange(1, len(it.sealed) - 1)
    size = it.sealed[-commands][0]
    with it.opened_up() as connection:
        connection.execute("DELETE FROM entry WHERE position >= ?", (size,))
        connection.execute("DELETE FROM seal WHERE size > ?", (size,))
        assert it.verified(kept=[]).sound
        found = it.verified().finding
    assert found is not None
    assert (found.first, found.last) == (size, it.size - 1), found
    assert "missing, for the checkpoint kept of" in found.message


def add_an_entry(it: Patient, random: Random) -> None:
    """A made-up entry at the end, without a seal."""
    with it.opened_up() as connection:
        row = _row(connection, random.randrange(it.size))
        row[0], row[1] = it.size, row[1] + 1_000
        _insert(connection, row)
        found = it.verified().finding
    assert found is not None
    assert (found.first, found.last) == (it.size, it.size), found


SINGLE = (
    delete_an_entry, swap_two_entries, change_a_seal, delete_a_seal, take_the_end_away,
    add_an_entry,
)  # fmt: skip


def tamper(it: Patient, number: int) -> None:
    """The change of that number: half of them change a field, a quarter with its hash."""
    random = Random(number)
    if number % 4 < 2:
        column = COLUMNS[number // 4 % len(COLUMNS)]
        change_a_field(it, random, column, rehash=False)
    elif number % 4 == 2:
        column = COLUMNS[number // 4 % (len(COLUMNS) - 1)]
        change_a_field(it, random, column, rehash=True)
    else:
        SINGLE[number // 4 % len(SINGLE)](it, random)


def _row(connection: sqlite3.Connection, position: int) -> list[Any]:
    sql = f"SELECT {', '.join(COLUMNS)} FROM entry WHERE position = ?"
    row = connection.execute(sql, (position,)).fetchone()
    return [*row[:3], *(text.decode() for text in row[3:11]), *row[11:]]


def _rehash(connection: sqlite3.Connection, position: int, row: list[Any]) -> None:
    texts = [text if isinstance(text, bytes) else text.encode() for text in row[3:12]]
    leaf = leaf_of(leaf_bytes(*row[:3], *texts))
    connection.execute("UPDATE entry SET leaf_hash = ? WHERE position = ?", (leaf, position))


def _insert(connection: sqlite3.Connection, row: list[Any]) -> None:
    texts = [text if isinstance(text, bytes) else text.encode() for text in row[3:12]]
    row[12] = leaf_of(leaf_bytes(*row[:3], *texts))
    marks = ", ".join("?" * len(COLUMNS))
    connection.execute(f"INSERT INTO entry ({', '.join(COLUMNS)}) VALUES ({marks})", row)
