"""The keys of Ed25519 that seal a ledger, in files that only their owner can read."""

import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from doseline.errors import LedgerError, NotPermitted
from doseline.records.checkpoint import key_text, public_key_of

__all__ = ["KeySigner", "KeyVerifier", "make_key", "read_key"]


class KeyVerifier:
    """A public key with its name.

    >>> from doseline.records.checkpoint import key_text
    >>> KeyVerifier("plant", bytes(32)).verify(b"message", bytes(64))
    False
    """

    def __init__(self, name: str, public_key: bytes) -> None:
        self.name, self.public_key = name, public_key
        self._key = Ed25519PublicKey.from_public_bytes(public_key)

    @classmethod
    def from_text(cls, text: str) -> "KeyVerifier":
        """The key of a line NAME+HASH+KEY. Raises LedgerError where it is none."""
        return cls(*public_key_of(text))

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature of the message was made with the private key."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


class KeySigner(KeyVerifier):
    """A private key with its name; made anew it lives in memory only.

    >>> signer = KeySigner("plant", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    >>> signer.verify(b"message", signer.sign(b"message"))
    True
    """

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        public = private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        super().__init__(name, public)
        key_text(name, public)  # refuses a name that a note cannot hold
        self._private = private_key

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> "KeySigner":
        """The key of 32 bytes; for tests and demonstrations, where the same key is wanted again."""
        return cls(name, Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, message: bytes) -> bytes:
        """The signature of a message, 64 bytes."""
        return self._private.sign(message)


def make_key(path: Path, name: str, passphrase: str | None = None) -> KeySigner:
    """Make a key and write it to a new file, readable by its owner only, and return it.

    With a passphrase the file is encrypted. The public key stands beside it, in `path` with
    `.pub`. Raises LedgerError where the file exists or the name cannot be.
    """
    signer = KeySigner(name, Ed25519PrivateKey.generate())
    lock = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    pem = signer._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
    try:
        _write_new(path, f"name: {name}\n".encode() + pem, 0o600)
        _write_new(public_path(path), (key_text(name, signer.public_key) + "\n").encode(), 0o644)
    except OSError as refused:
        raise LedgerError(f"{path}: the key was not written: {refused.strerror}") from None
    return signer


def read_key(path: Path, passphrase: str | None = None) -> KeySigner:
    """Read a key. Raises LedgerError where there is none, NotPermitted where it is not guarded.

    A file that others than its owner can read is refused, and so is a wrong passphrase.
    """
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise NotPermitted(f"{path}: others can read this key; chmod 600 it, or make another")
        content = path.read_bytes()
    except OSError as refused:
        if isinstance(refused, NotPermitted):
            raise
        raise LedgerError(f"{path}: no key could be read: {refused.strerror}") from None
    first, _, pem = content.partition(b"\n")
    if not first.startswith(b"name: "):
        raise LedgerError(f"{path}: this is no key: its first line is not a name")
    try:
        key = load_pem_private_key(pem, passphrase.encode() if passphrase else None)
    except TypeError:
        needs = "no passphrase" if passphrase else "its passphrase"
        raise NotPermitted(f"{path}: this key needs {needs}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise NotPermitted(f"{path}: the passphrase is wrong, or the key is damaged") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise LedgerError(f"{path}: this is no key of Ed25519")
    return KeySigner(first[6:].decode("utf-8", "replace"), key)


def public_path(path: Path) -> Path:
    """Where the public key stands beside a private one."""
    return path.with_name(path.name + ".pub")


def _write_new(path: Path, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
