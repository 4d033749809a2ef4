"""A ledger in one file of SQLite: one writer at a time, each command on the disk before its answer.

WAL with synchronous=FULL: when `writing()` ends without an error, the command survives a killed
process and a power cut, as far as the disk keeps its word. Readers see whole commands and are not
held up by a writer. Any number of processes may use one file on one machine (not over a network
file system, where WAL does not work).
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any

from doseline.errors import StoreError
from doseline.records.checkpoint import Checkpoint
from doseline.records.entry import Entry, RawEntry
from doseline.records.store import RawSeal, Seal
from doseline.stores.new_file import new_file
from doseline.stores.sqlite_schema import APPLICATION_ID, FILE_VERSION, SCHEMA, missing

__all__ = ["Connect", "SqliteStore", "connect", "copied"]

Connect = Callable[[str], sqlite3.Connection]
"""Opens a connection to an address `file:...`; it is handed in so that tests can make it fail."""

BUSY_S = 30.0
"""How long a writer waits for another. [s]"""

_PAGE = 1_000
_COLUMNS = (
    "position, stream_seq, schema_version, stream, kind, occurred_at, recorded_at, actor, role, "
    "reason, command_id, body, leaf_hash"
)
_INSERT = f"INSERT INTO entry ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
# From one name to the next by the index, without reading the entries between.
_STREAMS = """
WITH RECURSIVE named(stream) AS (
    SELECT min(stream) FROM entry WHERE stream >= ?1
    UNION ALL
    SELECT (SELECT min(stream) FROM entry WHERE stream > named.stream)
    FROM named WHERE named.stream < ?2
)
SELECT stream FROM named WHERE stream < ?2"""


def connect(address: str) -> sqlite3.Connection:
    """A connection that begins and ends its transactions when it is told to.

    Texts come out as the bytes that are kept, so that what is hashed is what is there.
    """
    connection = sqlite3.connect(
        address, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False
    )
    connection.text_factory = bytes
    return connection


class SqliteStore:
    """Keeps a ledger in a file that is there already; `create` makes one.

    With `read_only` nothing can be written, and a file whose guards are missing is opened all the
    same, so that it can be verified. Raises StoreError where the file is no ledger.
    """

    def __init__(self, path: Path, *, read_only: bool = False, connect: Connect = connect) -> None:
        self.path = path
        self._read_only = read_only
        self._connect = connect
        self._lock = RLock()
        self._open: sqlite3.Connection | None = None
        if not path.is_file():
            raise StoreError(f"{path}: there is no ledger here")
        with self._lock:
            self._connection()

    @classmethod
    def create(cls, path: Path, *, connect: Connect = connect) -> "SqliteStore":
        """Make a new file with empty tables. Raises StoreError where there is one already.

        The file gets its name when it is whole.
        """
        with _told(path), new_file(path) as partial:
            connection = connect(_address(partial, "rwc"))
            try:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("BEGIN IMMEDIATE")
                for sql in SCHEMA.values():
                    connection.execute(sql)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {FILE_VERSION}")
                connection.execute("COMMIT")
            finally:
                connection.close()
        return cls(path, connect=connect)

    # ------------------------------------------------------------------------------ writing

    @contextmanager
    def writing(self) -> Iterator["SqliteStore"]:
        """One transaction that nobody else writes beside. Raises StoreError."""
        if self._read_only:
            raise StoreError(f"{self.path}: opened to be read only")
        with self._lock:
            try:
                self._run("BEGIN IMMEDIATE")
                yield self
                self._run("COMMIT")
            except BaseException:
                self._give_up()
                raise

    def add(self, entries: Sequence[Entry], seal: Seal) -> None:
        """Add the entries of one command and its seal, inside `writing`."""
        for entry in entries:
            texts = (text.decode("utf-8") for text in entry.texts()[:-1])
            numbers = (entry.position, entry.stream_seq, entry.schema_version)
            self._run(_INSERT, (*numbers, *texts, entry.content, entry.leaf_hash))
        self._run(
            "INSERT INTO seal (size, command_id, note, peaks) VALUES (?, ?, ?, ?)",
            (seal.checkpoint.size, seal.command_id, seal.checkpoint.note(), b"".join(seal.peaks)),
        )

    def _give_up(self) -> None:
        """Leave nothing half-written; a connection that cannot even roll back is closed."""
        connection = self._open
        if connection is None:
            return
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self.close()  # which rolls back too, and the next use opens it anew

    # ------------------------------------------------------------------------------ reading

    def last_seal(self) -> Seal | None:
        """The seal of the last command, or None."""
        rows = self._run("SELECT command_id, note, peaks FROM seal ORDER BY size DESC LIMIT 1")
        for command_id, note, peaks in rows:
            cut = tuple(peaks[i : i + 32] for i in range(0, len(peaks), 32))
            return Seal(command_id.decode("utf-8"), Checkpoint.from_note(note), cut)
        return None

    def next_seq(self, stream: str) -> int:
        """How many entries a stream has."""
        sql = "SELECT coalesce(max(stream_seq) + 1, 0) FROM entry WHERE stream = ?"
        return int(self._run(sql, (stream,))[0][0])

    def of_command(self, command_id: str) -> tuple[Entry, ...]:
        """The entries that a command wrote, or none."""
        rows = self._run(
            f"SELECT {_COLUMNS} FROM entry WHERE position < "
            "(SELECT size FROM seal WHERE command_id = ?1) AND position >= "
            "(SELECT coalesce(max(size), 0) FROM seal WHERE size < "
            "(SELECT size FROM seal WHERE command_id = ?1)) "
            "AND command_id = ?1 ORDER BY position",
            (command_id,),
        )
        return tuple(map(Entry.from_raw, rows))

    def entries(self, stream: str | None = None, from_: int = 0) -> Iterator[Entry]:
        """The entries of a stream from a stream_seq on, or of all from a position on."""
        if stream is None:
            yield from map(Entry.from_raw, self.raw(from_))
            return
        sql = (
            f"SELECT {_COLUMNS} FROM entry WHERE stream = ? AND stream_seq >= ? "
            f"ORDER BY stream_seq LIMIT {_PAGE}"
        )
        while rows := self._run(sql, (stream, from_)):
            yield from map(Entry.from_raw, rows)
            from_ = rows[-1][1] + 1

    def streams(self, prefix: str = "") -> tuple[str, ...]:
        """The names of the streams that begin with a text, in order."""
        rows = self._run(_STREAMS, (prefix, prefix + chr(0x10FFFF)))  # beyond every name
        return tuple(name.decode("utf-8") for (name,) in rows)

    def raw(self, from_: int = 0) -> Iterator[RawEntry]:
        """The rows as they are kept, unchecked."""
        sql = f"SELECT {_COLUMNS} FROM entry WHERE position >= ? ORDER BY position LIMIT {_PAGE}"
        while rows := self._run(sql, (from_,)):
            yield from rows
            from_ = rows[-1][0] + 1

    def raw_seals(self, from_size: int = 0) -> Iterator[RawSeal]:
        """The seals as they are kept, unchecked."""
        sql = (
            "SELECT size, command_id, note, peaks FROM seal WHERE size >= ? "
            f"ORDER BY size LIMIT {_PAGE}"
        )
        while rows := self._run(sql, (from_size,)):
            yield from rows
            from_size = rows[-1][0] + 1

    def weaknesses(self) -> tuple[str, ...]:
        """Which tables and triggers are not as they were made, and what SQLite itself finds."""
        try:
            with self._lock, _told(self.path):
                lost = missing(self._connection())
            found = [told.decode() for (told,) in self._run("PRAGMA integrity_check(3)")]
        except StoreError as failed:
            return (str(failed),)
        return (*lost, *(f"the file is damaged: {fault}" for fault in found if fault != "ok"))

    def copy_to(self, target: sqlite3.Connection) -> None:
        """Copy all pages as they stand at one instant; writers are not held up."""
        with self._lock, _told(self.path):
            self._connection().backup(target)

    def close(self) -> None:
        """Close the file; the next use opens it anew."""
        with self._lock:
            connection, self._open = self._open, None
            if connection is not None:
                with suppress(sqlite3.Error):
                    connection.close()

    # --------------------------------------------------------------------------- connection

    def _run(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._lock, _told(self.path):
            return self._connection().execute(sql, values).fetchall()

    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            with _told(self.path):
                connection = self._connect(_address(self.path, "ro" if self._read_only else "rw"))
                try:
                    self._prepare(connection)
                except BaseException:
                    connection.close()
                    raise
                self._open = connection
        return self._open

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Set what a connection forgets, and hold the file against what it should be."""
        mark = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if mark != APPLICATION_ID:
            raise StoreError(f"{self.path}: this file is no ledger of Doseline")
        if version != FILE_VERSION:
            raise StoreError(
                f"{self.path}: a file of version {version}, this Doseline reads {FILE_VERSION}"
            )
        if self._read_only:
            return
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = ON")  # where a plain sync does not reach the disk
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        level = connection.execute("PRAGMA synchronous").fetchone()[0]
        if (mode, level) != (b"wal", 2):
            raise StoreError(
                f"{self.path}: kept with {mode.decode()} and level {level}, not WAL and FULL"
            )
        faults = missing(connection)
        if faults:
            raise StoreError(f"{self.path}: not as it was made, verify it: {'; '.join(faults)}")


def copied(store: SqliteStore, path: Path) -> None:
    """Copy a store to a file that needs no journal beside it. Raises StoreError."""
    with _told(path):
        target = connect(_address(path, "rwc"))
        try:
            store.copy_to(target)
            target.execute("PRAGMA journal_mode = DELETE")
        finally:
            target.close()


def _address(path: Path, mode: str) -> str:
    return f"{path.resolve().as_uri()}?mode={mode}"


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Errors of the database in the words of the house."""
    try:
        yield
    except (sqlite3.Error, OSError, UnicodeDecodeError) as failed:  # the last of a damaged file
        raise StoreError(f"{path}: the store failed, {failed}") from failed
