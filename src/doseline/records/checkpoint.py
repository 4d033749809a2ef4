"""A signed checkpoint: how many entries the ledger had, their root, and when; kept outside.

The form is the tlog-checkpoint of C2SP in a signed note: the origin, the size, the root in base64,
a line `time` with the instant, an empty line, and a line for each signature with the name of the
key and base64 of four bytes of key hash and the signature. The key hash is the beginning of SHA-256
over the name, a line feed, 0x01 (Ed25519) and the public key.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from doseline.errors import LedgerError
from doseline.records.instants import instant_from_text

__all__ = ["Checkpoint", "Signer", "Verifier", "key_hash", "key_text", "public_key_of"]

_ALGORITHM = b"\x01"  # Ed25519, in the list of the signed note
_NAME = re.compile(r"[^\s+]+")
_KEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")


class Verifier(Protocol):
    """Someone who knows a public key."""

    @property
    def name(self) -> str:
        """The name of the key: no blanks, no plus signs."""

    @property
    def public_key(self) -> bytes:
        """The public key of Ed25519, 32 bytes."""

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature of the message was made with the private key."""


class Signer(Verifier, Protocol):
    """Someone who holds a private key. It is handed in; nothing here reads a key."""

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature of a message, 64 bytes."""


def key_hash(name: str, public_key: bytes) -> bytes:
    """The four bytes by which a signature names its key."""
    return sha256(name.encode("utf-8") + b"\n" + _ALGORITHM + public_key).digest()[:4]


def key_text(name: str, public_key: bytes) -> str:
    """A public key as one line of text: name, key hash, key; as the signed note writes it."""
    if not _NAME.fullmatch(name):
        raise LedgerError(f'"{name}" is no name of a key: it has no blanks and no plus signs')
    coded = b64encode(_ALGORITHM + public_key).decode("ascii")
    return f"{name}+{key_hash(name, public_key).hex()}+{coded}"


def public_key_of(text: str) -> tuple[str, bytes]:
    """The name and the public key of a line of `key_text`. Raises LedgerError."""
    found = _KEY.fullmatch(text.strip())
    if found:
        try:
            key = b64decode(found[3], validate=True)
        except Base64Error:
            key = b""
        if key[:1] == _ALGORITHM and len(key) == 33 and key_text(found[1], key[1:]) == found[0]:
            return found[1], key[1:]
    raise LedgerError(f'"{text.strip()[:100]}" is no public key, expected NAME+HASH+KEY')


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a ledger at an instant, signed.

    `origin` names the ledger, `size` counts its entries, `root` is their Merkle root, `at` the
    instant of the last entry. `signed_by` is name and key hash of the key.
    """

    origin: str
    size: int
    root: bytes
    at: str
    key_name: str = ""
    key_hash: bytes = b""
    signature: bytes = b""

    def text(self) -> bytes:
        """What is signed."""
        root = b64encode(self.root).decode("ascii")
        return f"{self.origin}\n{self.size}\n{root}\ntime {self.at}\n".encode()

    def signed(self, signer: Signer) -> "Checkpoint":
        """The same with a signature."""
        return Checkpoint(
            self.origin,
            self.size,
            self.root,
            self.at,
            signer.name,
            key_hash(signer.name, signer.public_key),
            signer.sign(self.text()),
        )

    def signed_by(self, verifier: Verifier) -> bool:
        """Whether the signature is that of the verifier's key."""
        named = key_hash(verifier.name, verifier.public_key)
        if (self.key_name, self.key_hash) != (verifier.name, named):
            return False
        return verifier.verify(self.text(), self.signature)

    def note(self) -> bytes:
        """The signed note: a text to be kept, sent or printed."""
        coded = b64encode(self.key_hash + self.signature).decode("ascii")
        return self.text() + f"\n— {self.key_name} {coded}\n".encode()

    @classmethod
    def from_note(cls, note: bytes) -> "Checkpoint":
        """Read a note with one signature. Raises LedgerError where it is none."""
        try:
            return cls._read(note)
        except (ValueError, LedgerError, IndexError) as refused:
            raise LedgerError(f"this is no checkpoint of a ledger: {refused}") from None

    @classmethod
    def _read(cls, note: bytes) -> "Checkpoint":
        found = re.fullmatch(
            r"([^\n]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/=]+)\ntime ([^\n]+)\n"
            r"\n— ([^\s+]+) ([A-Za-z0-9+/=]+)\n",
            note.decode("utf-8"),
        )
        if found is None:
            raise ValueError("expected origin, size, root, time and one signature, line by line")
        root, coded = (b64decode(found[i], validate=True) for i in (3, 6))
        instant_from_text(found[4])
        if len(root) != 32 or len(coded) != 68:
            raise ValueError("the root or the signature is not of its length")
        read = cls(found[1], int(found[2]), root, found[4], found[5], coded[:4], coded[4:])
        if read.note() != note:
            raise ValueError("it is not written as checkpoints are")
        return read
