"""The key file: its owner reads it, nobody else, and only with the passphrase."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from doseline.errors import LedgerError, NotPermitted
from doseline.records.checkpoint import key_text, public_key_of
from doseline.stores.keys import KeySigner, KeyVerifier, make_key, public_path, read_key

posix = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")


@pytest.mark.parametrize("passphrase", [None, "three blind mice"])
def test_a_key_is_made_once_and_read_again(tmp_path: Path, passphrase: str | None) -> None:
    path = tmp_path / "plant.key"
    made = make_key(path, "plant.example", passphrase)
    read = read_key(path, passphrase)
    assert (read.name, read.public_key) == (made.name, made.public_key)
    beside = KeyVerifier.from_text(public_path(path).read_text())
    assert beside.verify(b"message", read.sign(b"message"))
    assert not beside.verify(b"other", read.sign(b"message"))
    with pytest.raises(LedgerError, match="not written"):
        make_key(path, "plant.example")
    assert read_key(path, passphrase).public_key == made.public_key


@posix
def test_a_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "plant.key"
    make_key(path, "plant.example")
    assert path.stat().st_mode & 0o777 == 0o600
    for mode in (0o640, 0o604, 0o660):
        path.chmod(mode)
        with pytest.raises(NotPermitted, match="others can read this key"):
            read_key(path)


def test_the_passphrase_must_be_the_right_one(tmp_path: Path) -> None:
    locked, free = tmp_path / "locked.key", tmp_path / "free.key"
    make_key(locked, "plant.example", "three blind mice")
    make_key(free, "plant.example")
    assert b"three blind mice" not in locked.read_bytes()
    with pytest.raises(NotPermitted, match="wrong"):
        read_key(locked, "four blind mice")
    with pytest.raises(NotPermitted, match="needs its passphrase"):
        read_key(locked)
    with pytest.raises(NotPermitted, match="needs no passphrase"):
        read_key(free, "three blind mice")


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plant.key"
    with pytest.raises(LedgerError, match="no key could be read"):
        read_key(path)
    path.touch(0o600)
    path.write_bytes(b"hello\n")
    with pytest.raises(LedgerError, match="its first line is not a name"):
        read_key(path)
    path.write_bytes(b"name: plant\nhello\n")
    with pytest.raises(NotPermitted, match="damaged"):
        read_key(path)
    rsa = generate_private_key(65537, 2048)
    pem = rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(b"name: plant\n" + pem)
    with pytest.raises(LedgerError, match="no key of Ed25519"):
        read_key(path)


@pytest.mark.parametrize("name", ["two words", "a+b", ""])
def test_a_name_that_a_note_cannot_hold_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(LedgerError, match="no name of a key"):
        make_key(tmp_path / "plant.key", name)


def test_a_public_key_is_one_line_and_checks_itself() -> None:
    signer = KeySigner.from_seed("plant.example", bytes(32))
    line = key_text(signer.name, signer.public_key)
    assert public_key_of(line + "\n") == (signer.name, signer.public_key)
    for place in range(len(line)):
        changed = line[:place] + ("A" if line[place] != "A" else "B") + line[place + 1 :]
        with pytest.raises(LedgerError):
            public_key_of(changed)
