"""Nothing is changed unseen, and what was changed is named."""

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from doseline.errors import LedgerError, StoreError
from doseline.records import Checkpoint, Entry, Ledger, MemoryStore, Seal, Signer
from doseline.records.checkpoint import key_text
from doseline.records.entry import leaf_of_row
from doseline.records.merkle import Frontier
from doseline.records.verify import verify
from doseline.stores.keys import KeySigner, KeyVerifier
from doseline.stores.sqlite import SqliteStore
from tests.records.ledgers import (
    FOUNDING,
    SIGNER,
    HandClock,
    Remembering,
    begun,
    begun_in,
    filled,
    opened,
    write,
)
from tests.records.tampering import COLUMNS, Patient, change_a_field, patient, tamper


@pytest.fixture(scope="module")
def it(tmp_path_factory: pytest.TempPathFactory) -> Patient:
    return patient(tmp_path_factory.mktemp("tampering") / "a.ledger")


def test_an_untouched_ledger_is_sound(it: Patient) -> None:
    with it.opened_up():
        found = it.verified()
    assert found.sound
    assert found.size == it.size >= 40


@pytest.mark.parametrize("part", range(4))
def test_a_thousand_single_changes_are_found_and_named(it: Patient, part: int) -> None:
    for number in range(250 * part, 250 * (part + 1)):
        tamper(it, number)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_of_any_column_names_the_entry(it: Patient, column: str) -> None:
    for number in range(5):
        change_a_field(it, Random(f"{column} {number}"), column, rehash=False)


def test_the_last_entries_are_missed_without_a_kept_checkpoint_too(it: Patient) -> None:
    """Taken away without their seals, which count them."""
    with it.opened_up() as connection:
        connection.execute("DELETE FROM entry WHERE position >= ?", (it.size - 3,))
        found = it.verified(kept=[]).finding
    assert str(found).startswith(f"entries {it.size - 3} to {it.size - 1}: missing, for the seals")


def test_an_entry_changed_with_its_hash_and_all_peaks_names_its_command(it: Patient) -> None:
    """Everything is made anew that can be made without the key."""
    for position in range(0, it.size, 5):
        with it.opened_up() as connection:
            change_all_but_the_signatures(connection, position)
            found = it.verified(kept=[]).finding
        assert found is not None
        assert (found.first, found.last) == it.command_of(position)
        assert "their root is another" in found.message


def change_all_but_the_signatures(connection: sqlite3.Connection, position: int) -> None:
    connection.execute("UPDATE entry SET actor = 'mallory' WHERE position = ?", (position,))
    edge = Frontier()
    rows = connection.execute("SELECT * FROM entry ORDER BY position").fetchall()
    for row in rows:
        leaf = leaf_of_row(row)
        edge.append(leaf)
        connection.execute("UPDATE entry SET leaf_hash = ? WHERE position = ?", (leaf, row[0]))
        peaks = b"".join(edge.peaks)
        connection.execute("UPDATE seal SET peaks = ? WHERE size = ?", (peaks, row[0] + 1))


def test_a_dropped_trigger_is_told(it: Patient) -> None:
    with it.opened_up() as connection:
        store = SqliteStore(it.path, read_only=True, connect=it._same)
        found = verify(store, KeyVerifier)
        assert found.finding is None
        assert "entry_update is missing" in found.weaknesses
        assert not found.sound
        connection.execute("CREATE TABLE mine (a)")
        assert "mine does not belong here" in verify(store, KeyVerifier).weaknesses


# --------------------------------------------------------- written anew by the holder of the key


def written_anew(rows: list[Entry], seals: list[Seal], position: int, key: Signer) -> MemoryStore:
    """The same history but for one entry, hashed and sealed as the ledger itself would."""
    store, edge, begin = MemoryStore(), Frontier(), 0
    for seal in seals:
        entries = rows[begin : seal.checkpoint.size]
        begin = seal.checkpoint.size
        entries = [
            replace(e, actor="mallory", leaf_hash=b"") if e.position == position else e
            for e in entries
        ]
        for entry in entries:
            edge.append(entry.leaf_hash)
        mark = replace(seal.checkpoint, root=edge.root()).signed(key)
        store.add(entries, Seal(seal.command_id, mark, tuple(edge.peaks)))
    return store


def seals_of(store: MemoryStore) -> list[Seal]:
    return list(store._seals)


@pytest.fixture
def history() -> tuple[MemoryStore, list[Checkpoint]]:
    store = MemoryStore()
    ledger = begun(store)
    kept = []
    for number in range(30):
        write(ledger, number, "batch/B-001", "vial/B-001/1")
        if number % 10 == 9:
            kept.append(ledger.checkpoint())
    return store, kept


def test_who_writes_anew_with_the_key_is_found_by_a_kept_checkpoint(
    history: tuple[MemoryStore, list[Checkpoint]],
) -> None:
    store, kept = history
    assert [mark.size for mark in kept] == [21, 41, 61]
    for position in range(1, 61, 4):
        forged = written_anew(list(store.entries()), seals_of(store), position, SIGNER)
        assert verify(forged, KeyVerifier).sound, "with the key all hashes and seals can be made"
        found = verify(forged, KeyVerifier, kept=kept).finding
        assert found is not None
        first = max((mark.size for mark in kept if mark.size <= position), default=0)
        last = min(mark.size for mark in kept if mark.size > position) - 1
        assert (found.first, found.last) == (first, last), f"entry {position}: {found}"
        assert "written anew" in found.message


def test_who_writes_anew_without_the_key_is_found_at_once(
    history: tuple[MemoryStore, list[Checkpoint]],
) -> None:
    store, _ = history
    mallory = KeySigner.from_seed("plant.example", bytes(32))
    for position in range(0, 61, 7):
        forged = written_anew(list(store.entries()), seals_of(store), position, mallory)
        found = verify(forged, KeyVerifier).finding
        assert found is not None
        assert (found.first, found.message) == (
            0,
            "their seal is not signed by the key of the ledger",
        )


def test_a_ledger_begun_anew_with_another_key_is_found_by_the_published_key(
    history: tuple[MemoryStore, list[Checkpoint]],
) -> None:
    _, kept = history
    mallory = KeySigner.from_seed("plant.example", bytes(32))
    store = MemoryStore()
    ledger = Ledger.begin(store, HandClock(), mallory, FOUNDING, actor="ann", role="system")
    filled(ledger, 40)
    assert verify(store, KeyVerifier).sound
    found = verify(store, KeyVerifier, kept=kept).finding
    assert found is not None
    assert "not signed by a key of this ledger" in found.message
    published = key_text(SIGNER.name, SIGNER.public_key)
    found = verify(store, KeyVerifier, trusted_key=published).finding
    assert found is not None
    assert found.first == 0


def test_a_forged_change_of_key_is_found() -> None:
    store, mallory = MemoryStore(), KeySigner.from_seed("plant.example", bytes(32))
    ledger = begun(store)
    write(ledger, 1)
    forged = ledger.founding.key_change(mallory, mallory, "mine now")
    last = store.last_seal()
    assert last is not None
    entry = replace(
        next(ledger.entries()), position=2, stream_seq=1, kind=forged.kind, reason=forged.reason,
        content=forged.content, command_id="steal", leaf_hash=b"",
    )  # fmt: skip
    edge = Frontier(2, last.peaks)
    edge.append(entry.leaf_hash)
    mark = replace(last.checkpoint, size=3, root=edge.root()).signed(mallory)
    store.add([entry], Seal("steal", mark, tuple(edge.peaks)))
    found = verify(store, KeyVerifier).finding
    assert found is not None
    assert str(found) == "entry 2: a change of key that the key before did not sign"
    with pytest.raises(LedgerError, match="entry 2 changes the key"):
        Ledger(store, HandClock(), mallory)


@pytest.mark.parametrize("before", [0, 1])
def test_a_time_that_goes_back_is_found_though_it_is_sealed(before: int) -> None:
    """By a program with the key that does not keep the rules of the ledger.

    The early entry is the first of its command, or the second.
    """
    store = MemoryStore()
    ledger = begun(store)
    write(ledger, 1)
    last = store.last_seal()
    assert last is not None
    model = replace(list(ledger.entries())[-1], command_id="early")
    entries = [
        replace(
            model, position=2 + n, stream_seq=1 + n, leaf_hash=b"",
            recorded_at=model.recorded_at if n < before else "2016-11-28T13:00:00.000000Z",
        )
        for n in range(before + 1)
    ]  # fmt: skip
    edge = Frontier(2, last.peaks)
    for entry in entries:
        edge.append(entry.leaf_hash)
    mark = replace(
        last.checkpoint, size=edge.size, root=edge.root(), at=entries[-1].recorded_at
    ).signed(SIGNER)
    store.add(entries, Seal("early", mark, tuple(edge.peaks)))
    found = verify(store, KeyVerifier).finding
    assert str(found) == f"entry {2 + before}: recorded before the entry ahead of it"


def test_a_rolled_back_file_that_went_on_is_written_anew(tmp_path: Path) -> None:
    """Put back from yesterday and used again: the checkpoint kept today tells."""
    path, yesterday = tmp_path / "a.ledger", tmp_path / "b.ledger"
    ledger = filled(begun_in(path), 5)
    ledger.close()
    shutil.copyfile(path, yesterday)
    kept = filled_on(path, 5, 8)
    other = filled_on(yesterday, 20, 30)
    assert other.size > kept.size
    with_store = SqliteStore(yesterday, read_only=True)
    assert verify(with_store, KeyVerifier).sound
    found = verify(with_store, KeyVerifier, kept=[kept]).finding
    assert found is not None
    assert "written anew" in found.message


def filled_on(path: Path, begin: int, end: int) -> Checkpoint:
    ledger = opened(path)
    for number in range(begin, end):
        write(ledger, number)
    mark = ledger.checkpoint()
    ledger.close()
    return mark


def test_kept_checkpoints_that_contradict_are_told() -> None:
    store = MemoryStore()
    ledger = filled(begun(store), 3)
    mark = ledger.checkpoint()
    other = replace(mark, root=bytes(32)).signed(SIGNER)
    found = verify(store, KeyVerifier, kept=[other, mark]).finding
    assert found is not None
    assert "contradict" in found.message


# ---------------------------------------------------------------------------- bytes of the file


def flipped(path: Path, numbers: Iterator[int]) -> None:
    """A changed byte of the file is found, or nothing of the record is in it."""
    original = path.read_bytes()
    store = SqliteStore(path, read_only=True)
    rows, seals = list(store.raw()), list(store.raw_seals())
    store.close()
    found = 0
    for number in numbers:
        random = Random(number)
        content = bytearray(original)
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)
        path.write_bytes(content)
        try:
            store = SqliteStore(path, read_only=True)
        except StoreError:
            found += 1
            continue
        if verify(store, Remembering).sound:  # whatever it is, it is told, not raised
            assert (list(store.raw()), list(store.raw_seals())) == (rows, seals), number
        else:
            found += 1
        store.close()
    assert found > 0


def written_for_flipping(folder: Path) -> Path:
    path = folder / "a.ledger"
    filled(begun_in(path), 12).close()
    return path


def test_a_changed_byte_of_the_file_is_found(tmp_path: Path) -> None:
    flipped(written_for_flipping(tmp_path), iter(range(100)))
