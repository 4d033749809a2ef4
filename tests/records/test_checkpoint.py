"""A checkpoint is a few lines that can be kept, read again, and not changed."""

from dataclasses import replace

import pytest

from doseline.errors import LedgerError
from doseline.records import Checkpoint
from doseline.stores.keys import KeySigner
from tests.records.ledgers import SIGNER, begun, filled

MARK = filled(begun(), 9).checkpoint()


def test_a_checkpoint_comes_back_from_its_note() -> None:
    assert Checkpoint.from_note(MARK.note()) == MARK
    assert MARK.signed_by(SIGNER)
    assert MARK.note().decode().splitlines()[:2] == ["plant.example/batches/1", str(MARK.size)]


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "plant.example/batches/2"},
        {"size": MARK.size + 1},
        {"root": bytes(32)},
        {"at": "2016-11-28T14:00:00.000001Z"},
        {"key_name": "plant.example/2"},
        {"key_hash": bytes(4)},
        {"signature": bytes(64)},
    ],
)
def test_any_other_checkpoint_is_not_signed(change: dict[str, object]) -> None:
    other = replace(MARK, **change)  # type: ignore[arg-type]
    assert not other.signed_by(SIGNER)
    assert Checkpoint.from_note(other.note()) == other


def test_a_key_of_the_same_name_is_another_key() -> None:
    same_name = KeySigner.from_seed(SIGNER.name, bytes(32))
    assert not MARK.signed_by(same_name)
    same_key = KeySigner.from_seed("plant.example/3", bytes(range(32)))
    assert not MARK.signed_by(same_key)


def test_a_changed_byte_of_a_note_is_no_checkpoint_or_not_signed() -> None:
    note = MARK.note()
    for place in range(len(note)):
        for bit in (1, 32):
            changed = bytearray(note)
            changed[place] ^= bit
            try:
                read = Checkpoint.from_note(bytes(changed))
            except LedgerError:
                continue
            assert not read.signed_by(SIGNER), place


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\xff\xfe",
        MARK.text(),
        MARK.note() + b"\n",
        MARK.note().replace(b"\n", b"\r\n"),
        MARK.note() + MARK.note().splitlines()[-1] + b"\n",
        MARK.note().replace(b"\ntime ", b"\nat "),
        MARK.note().replace(b"Z\n", b"\n"),
        MARK.note().replace(f"\n{MARK.size}\n".encode(), f"\n0{MARK.size}\n".encode()),
    ],
)
def test_what_is_no_checkpoint_is_refused(note: bytes) -> None:
    with pytest.raises(LedgerError, match="no checkpoint of a ledger"):
        Checkpoint.from_note(note)


def test_a_note_has_one_spelling() -> None:
    """Base64 leaves bits over at its end; they are nought, or it is another note."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    lines = MARK.note().decode().split("\n")
    for number in (2, 5):
        line = lines[number]
        assert line.endswith("=")
        last = letters[letters.index(line[-2]) + 1]
        changed = [*lines[:number], f"{line[:-2]}{last}=", *lines[number + 1 :]]
        with pytest.raises(LedgerError, match="not written as checkpoints are"):
            Checkpoint.from_note("\n".join(changed).encode())
