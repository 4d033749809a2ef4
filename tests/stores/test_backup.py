"""A backup counts when it was verified; a ledger comes back whole or not at all."""

import sqlite3
from pathlib import Path

import pytest

from doseline.errors import LedgerError, StoreError
from doseline.records.verify import verify
from doseline.stores.backup import backup, restore
from doseline.stores.keys import KeyVerifier
from doseline.stores.new_file import new_file
from doseline.stores.sqlite import SqliteStore
from tests.records.ledgers import begun_in, filled, opened, write


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_ledger_comes_back_as_it_was(tmp_path: Path) -> None:
    ledger = filled(begun_in(tmp_path / "a.ledger"), 20)
    store = SqliteStore(tmp_path / "a.ledger")
    told = backup(store, tmp_path / "b.backup", kept=[ledger.checkpoint()])
    assert told.sound
    write(ledger, 100)  # goes on meanwhile
    again = restore(tmp_path / "b.backup", tmp_path / "c.ledger")
    assert (again.size, again.root) == (told.size, told.root)
    back = opened(tmp_path / "c.ledger")
    assert list(back.entries()) == list(ledger.entries())[: told.size]
    write(back, 100)
    assert verify(SqliteStore(tmp_path / "c.ledger"), KeyVerifier).sound


def test_a_backup_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    filled(begun_in(tmp_path / "a.ledger"), 20)
    backup(SqliteStore(tmp_path / "a.ledger"), tmp_path / "kept" / "b.backup")
    assert names(tmp_path / "kept") == ["b.backup"]


def test_an_unsound_copy_gets_no_name(tmp_path: Path) -> None:
    filled(begun_in(tmp_path / "a.ledger"), 20).close()
    outside = sqlite3.connect(tmp_path / "a.ledger")
    outside.execute("DROP TRIGGER entry_update")
    outside.execute("UPDATE entry SET actor = 'bob' WHERE position = 7")
    outside.commit()
    outside.close()
    store = SqliteStore(tmp_path / "a.ledger", read_only=True)
    with pytest.raises(LedgerError, match="the copy is not sound: entry 7"):
        backup(store, tmp_path / "b.backup")
    store.close()
    assert [name for name in names(tmp_path) if not name.startswith("a.ledger")] == []


def test_a_backup_that_lacks_the_last_entries_is_refused_with_their_names(tmp_path: Path) -> None:
    ledger = filled(begun_in(tmp_path / "a.ledger"), 20)
    old = ledger.size
    backup(SqliteStore(tmp_path / "a.ledger"), tmp_path / "b.backup")
    write(ledger, 100, "batch/B-001", "vial/B-001/1")
    with pytest.raises(LedgerError, match=f"entries {old} to {old + 1}: missing"):
        restore(tmp_path / "b.backup", tmp_path / "c.ledger", kept=[ledger.checkpoint()])
    assert not (tmp_path / "c.ledger").exists()


@pytest.mark.parametrize("name", ["a.ledger", "notes.txt"])
def test_nothing_is_ever_replaced(tmp_path: Path, name: str) -> None:
    filled(begun_in(tmp_path / "a.ledger"), 3)
    (tmp_path / "notes.txt").write_text("mine")
    before = (tmp_path / name).read_bytes()
    with pytest.raises(StoreError, match="there is a file already"):
        backup(SqliteStore(tmp_path / "a.ledger"), tmp_path / name)
    assert (tmp_path / name).read_bytes() == before


def no_links(*_: object) -> None:
    raise PermissionError("no links on this file system")


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    if not links:
        monkeypatch.setattr("os.link", no_links)
    path = tmp_path / "b.backup"
    making = new_file(path)
    making.__enter__().write_bytes(b"copy")
    path.write_bytes(b"theirs")
    with pytest.raises(StoreError, match="there is a file already"):
        making.__exit__(None, None, None)
    assert path.read_bytes() == b"theirs"
    assert names(tmp_path) == ["b.backup"]


def test_a_file_system_without_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.link", no_links)
    filled(begun_in(tmp_path / "a.ledger"), 3)
    assert backup(SqliteStore(tmp_path / "a.ledger"), tmp_path / "b.backup").sound
    assert verify(SqliteStore(tmp_path / "b.backup", read_only=True), KeyVerifier).sound


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no ledger here"):
        restore(tmp_path / "b.backup", tmp_path / "c.ledger")
    (tmp_path / "b.backup").write_bytes(bytes(4096))
    with pytest.raises(StoreError):
        restore(tmp_path / "b.backup", tmp_path / "c.ledger")
    assert names(tmp_path) == ["b.backup"]
