"""Every SQL statement of a command made to fail once: a harness for any command.

`fail_each_statement(template, command)` runs `command` on fresh copies of the file `template`. In
run n the n-th statement fails, once before it is carried out and once after, as when the answer is
lost. Each time the refusal must be a StoreError, the ledger must be sound, and the
command must be there whole or not at all; sent again, it must succeed with the effect of one.
"""

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from doseline.errors import StoreError
from doseline.records import Ledger
from doseline.records.entry import RawEntry
from doseline.records.verify import verify
from doseline.stores.keys import KeyVerifier
from doseline.stores.sqlite import SqliteStore, connect
from tests.records.ledgers import opened

Command = Callable[[Ledger], object]
Open = Callable[..., Ledger]


@dataclass
class Faults:
    """Counts statements from `arm` on, and makes one of them fail.

    `after` lets the statement be carried out and fails then: the answer is lost.
    """

    failing: int = -1
    after: bool = False
    message: str = "disk I/O error"
    seen: list[str] = field(default_factory=list)
    fired: str = ""
    failed_at: int = 0

    def arm(self, failing: int, *, after: bool = False) -> None:
        self.failing, self.after, self.seen, self.fired = failing, after, [], ""

    def disarm(self) -> None:
        self.failing = -1

    def next(self, sql: str) -> bool:
        """Whether the statement that comes now is the one that fails."""
        failing = self.failing == len(self.seen)
        self.seen.append(sql)
        if failing:
            self.fired, self.failed_at = sql, self.failing
        return failing

    def connect(self, address: str) -> sqlite3.Connection:
        """To be handed to a store in place of `doseline.stores.sqlite.connect`."""
        return cast(sqlite3.Connection, _Failing(connect(address), self))


class _Failing:
    """A connection whose n-th statement fails."""

    def __init__(self, connection: sqlite3.Connection, faults: Faults) -> None:
        self._connection, self._faults = connection, faults

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        faults = self._faults
        if not faults.next(sql):
            return self._connection.execute(sql, values)
        if faults.after:
            self._connection.execute(sql, values).fetchall()
        raise sqlite3.OperationalError(faults.message)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def failing_everywhere(faults: Faults) -> Callable[..., sqlite3.Connection]:
    """To stand in place of `sqlite3.connect`, for commands that open their files themselves."""
    connected = sqlite3.connect

    class Failing(sqlite3.Connection):
        def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
            failing = faults.next(sql)
            if not failing or faults.after:
                cursor = super().execute(sql, values)
            if failing:
                raise sqlite3.OperationalError(faults.message)
            return cursor

    return lambda *address, **how: connected(*address, **how, factory=Failing)


def fail_each_statement(template: Path, command: Command, *, open_: Open = opened) -> list[str]:
    """Returns the statements of the command, each of which failed once in both ways.

    `command` sends one command, always with the same command id. `open_(path, connect=...)` opens
    the ledger.
    """
    folder = template.parent
    whole = _undisturbed(template, command, open_, folder / "whole.ledger")
    for after in (False, True):
        failing = 0
        while True:
            path = _copy(template, folder / f"fault-{failing}-{after}.ledger")
            faults = Faults()
            ledger = open_(path, connect=faults.connect)
            faults.arm(failing, after=after)
            refused = _attempt(ledger, command)
            faults.disarm()
            if not faults.fired:
                assert refused is None, f"refused without a fault: {refused}"
                _remove(path)
                break
            _judge(path, faults, refused, before=_rows(template), whole=whole)
            command(ledger)
            assert _same_effect(_rows(path), whole), f"sent again after: {faults.fired}"
            _remove(path)
            failing += 1
        assert failing > 2, "a command has more than two statements; was the connection used?"
    return faults.seen


def _attempt(ledger: Ledger, command: Command) -> StoreError | None:
    try:
        command(ledger)
    except StoreError as refused:  # anything else is not clean, and goes through
        return refused
    return None


def _judge(
    path: Path,
    faults: Faults,
    refused: StoreError | None,
    *,
    before: list[RawEntry],
    whole: list[RawEntry],
) -> None:
    """A clean refusal, a sound ledger, and the command whole or not at all."""
    place = f"{'after' if faults.after else 'at'} {faults.fired!r}"
    assert refused is not None, f"a failure was swallowed {place}"
    assert faults.message in str(refused), place
    found = _rows(path)
    committed = "COMMIT" in faults.seen[: faults.failed_at + faults.after]
    assert _same_effect(found, whole if committed else before), f"half-written {place}"
    store = SqliteStore(path, read_only=True)
    assert verify(store, KeyVerifier).sound, f"not sound {place}"
    store.close()


def _undisturbed(template: Path, command: Command, open_: Open, path: Path) -> list[RawEntry]:
    ledger = open_(_copy(template, path))
    command(ledger)
    rows = _rows(path)
    assert len(rows) > len(_rows(template)), "the command writes nothing"
    _remove(path)
    return rows


def _same_effect(found: list[RawEntry], expected: list[RawEntry]) -> bool:
    """The same entries, but for the time of writing and the hash over it."""
    return [(*r[:6], *r[7:12]) for r in found] == [(*r[:6], *r[7:12]) for r in expected]


def _rows(path: Path) -> list[RawEntry]:
    store = SqliteStore(path, read_only=True)
    try:
        return list(store.raw())
    finally:
        store.close()


def _copy(template: Path, path: Path) -> Path:
    """A copy of a file of SQLite with what its last connection may have left beside it."""
    _remove(path)
    for suffix in ("", "-wal"):
        source = template.with_name(template.name + suffix)
        if source.exists():
            shutil.copyfile(source, path.with_name(path.name + suffix))
    return path


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
