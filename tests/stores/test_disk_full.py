"""A full disk: a clean refusal, nothing half-written, and it goes on when there is room again."""

import ctypes
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from doseline.errors import StoreError
from doseline.records import Draft, Ledger
from doseline.records.verify import verify
from doseline.stores.backup import backup
from doseline.stores.sqlite import SqliteStore, connect
from tests.records.ledgers import Remembering, begun_in, opened

MIB = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one MiB, where this process may mount one."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or os.uname().sysname != "Linux":
        pytest.skip("only root mounts a file system")
    libc = ctypes.CDLL(None, use_errno=True)
    folder = tmp_path / "small"
    folder.mkdir()
    if libc.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, b"size=1m") != 0:
        pytest.skip(f"no mount here: {os.strerror(ctypes.get_errno())}")
    try:
        yield folder
    finally:
        libc.umount2(bytes(folder), 2)


def until_full(ledger: Ledger, begin: int = 0) -> int:
    """Write commands of two entries until one is refused; returns the number of that one."""
    for number in range(begin, begin + 5_000):
        size = ledger.size
        refused = attempt(ledger, number)
        if refused is not None:
            assert "full" in str(refused)
            assert ledger.size == size, "something is half-written"
            return number
    raise AssertionError("the disk was never full")


def attempt(ledger: Ledger, number: int) -> StoreError | None:
    try:
        big_command(ledger, number)
    except StoreError as refused:
        return refused
    return None


def big_command(ledger: Ledger, number: int) -> None:
    streams = ("batch/B-001", "vial/B-001/1")
    ledger.append(
        [Draft(stream, "StepDone", {"number": number, "text": "x" * 3_000}) for stream in streams],
        actor="ann",
        role="operator",
        command_id=f"command-{number}",
        expected={stream: ledger.next_seq(stream) for stream in streams},
    )


def sound(path: Path) -> bool:
    store = SqliteStore(path, read_only=True)
    try:
        return verify(store, Remembering).sound
    finally:
        store.close()


def whole(ledger: Ledger, commands: int) -> bool:
    """Every command that was acknowledged is there with both its entries."""
    told = [len(ledger.of_command(f"command-{n}")) for n in range(commands)]
    return told == [2] * commands and ledger.size == 1 + 2 * commands


def test_a_full_disk_refuses_cleanly_and_recovers(small_disk: Path) -> None:
    path, ballast = small_disk / "a.ledger", small_disk / "ballast"
    ballast.write_bytes(bytes(MIB // 4))
    ledger = begun_in(path)
    number = until_full(ledger)
    assert number > 10
    assert whole(ledger, number)
    for _ in range(20):  # again and again, and from a connection of its own
        assert until_full(ledger, number) >= number
        number = ledger.size // 2
        assert until_full(opened(path), number) == number
    ballast.unlink()
    big_command(ledger, number)
    assert whole(ledger, number + 1)
    ledger.close()
    assert sound(path)


def test_a_backup_to_a_full_disk_leaves_nothing(small_disk: Path, tmp_path: Path) -> None:
    ledger = begun_in(tmp_path / "a.ledger")
    for number in range(200):
        big_command(ledger, number)
    with pytest.raises(StoreError, match="full"):
        backup(SqliteStore(tmp_path / "a.ledger"), small_disk / "b.backup")
    assert list(small_disk.iterdir()) == []


def test_a_file_that_may_not_grow_refuses_cleanly_and_recovers(tmp_path: Path) -> None:
    """The stand-in where nothing can be mounted: SQLite itself refuses more pages."""
    path, limit = tmp_path / "a.ledger", [100]

    def limited(address: str) -> sqlite3.Connection:
        connection = connect(address)
        connection.execute(f"PRAGMA max_page_count = {limit[0]}")
        return connection

    begun_in(path).close()
    ledger = opened(path, connect=limited)
    number = until_full(ledger)
    assert number > 5
    assert whole(ledger, number)
    limit[0] = 1_000
    ledger.close()
    big_command(ledger, number)
    assert whole(ledger, number + 1)
    assert sound(path)
