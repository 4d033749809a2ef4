"""The first entry of a ledger: whose it is, a demonstration or not, its rules and its key."""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from dataclasses import dataclass

from doseline.errors import LedgerError
from doseline.records.checkpoint import Signer, key_text, public_key_of
from doseline.records.entry import LEDGER_STREAM, Draft, Entry
from doseline.records.inspector import signature_holds

__all__ = ["Founding", "change_message", "founding_draft", "keys_of", "signature_of_change"]

_STORE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-/]*")


@dataclass(frozen=True, slots=True)
class Founding:
    """What is settled when a ledger is begun, and never changed after.

    `store_id` is a name that no other ledger has, such as "plant.example/batches/7f3a";
    `profile` names the rules that hold ("us-211", "eu-gmp"); `demo` marks a demonstration, which
    can never become a real record. `late_after_s` is how long after it occurred something may be
    written without a reason; 900 s is an assumption, to be set by the plant's procedure. [s]
    """

    store_id: str
    profile: str
    demo: bool = False
    late_after_s: int = 900

    def __post_init__(self) -> None:
        if not _STORE.fullmatch(self.store_id):
            raise LedgerError(
                f'store_id: "{self.store_id}" holds more than letters, digits, . _ - /'
            )
        if not self.profile.strip():
            raise LedgerError("profile: a ledger names the rules that hold in it")
        if self.late_after_s < 0:
            raise LedgerError(f"late_after_s: at least 0 s, got {self.late_after_s}")

    @property
    def origin(self) -> str:
        """The name of the ledger in its checkpoints."""
        return f"{self.store_id}{'/demo' if self.demo else ''}"

    def key_change(self, old: Signer, new: Signer, reason: str) -> Draft:
        """The entry that names another key, signed by the old one."""
        key = key_text(new.name, new.public_key)
        signature = b64encode(old.sign(change_message(self.origin, key))).decode("ascii")
        if not reason.strip():
            raise LedgerError("reason: a change of key needs one")
        body = {"key": key, "signature": signature}
        return Draft(LEDGER_STREAM, "KeyChanged", body, reason=reason)

    @classmethod
    def from_entry(cls, entry: Entry) -> "Founding":
        """What the first entry says. Raises LedgerError where it is no such entry."""
        if (entry.position, entry.stream, entry.kind) != (0, LEDGER_STREAM, "LedgerBegun"):
            raise LedgerError("this is no ledger: its first entry does not begin one")
        body = entry.body
        try:
            demo = {"yes": True, "no": False}[body["demo"]]
            return cls(body["store"], body["profile"], demo, int(body["late_after_s"]))
        except (KeyError, TypeError, ValueError) as refused:
            raise LedgerError(f"the first entry does not say all that it must: {refused}") from None


def founding_draft(founding: Founding, created: str, signer: Signer) -> Draft:
    """The first entry."""
    body = {
        "store": founding.store_id,
        "created": created,
        "demo": "yes" if founding.demo else "no",
        "profile": founding.profile,
        "late_after_s": founding.late_after_s,
        "key": key_text(signer.name, signer.public_key),
    }
    return Draft(LEDGER_STREAM, "LedgerBegun", body)


def keys_of(entries: Iterable[Entry]) -> list[tuple[str, bytes]]:
    """The keys that the stream of the ledger names, name and public key, in order of their use.

    Raises LedgerError where one was put in the place of another that did not sign the change.
    """
    keys: list[tuple[str, bytes]] = []
    origin = ""
    for entry in entries:
        if entry.kind == "LedgerBegun":
            origin = Founding.from_entry(entry).origin
        elif entry.kind != "KeyChanged":
            continue
        key = str(entry.body.get("key"))
        if keys:
            signature = signature_of_change(entry)
            if not signature_holds(keys[-1][1], change_message(origin, key), signature):
                raise LedgerError(
                    f"entry {entry.position} changes the key, and the key before did not sign that"
                )
        keys.append(public_key_of(key))
    return keys


def change_message(origin: str, key: str) -> bytes:
    """What the old key signs when another takes its place."""
    return f"doseline key change\n{origin}\n{key}\n".encode()


def signature_of_change(entry: Entry) -> bytes:
    """The old key's signature in an entry that changes the key; empty where there is none."""
    try:
        return b64decode(entry.body["signature"], validate=True)
    except (KeyError, TypeError, Base64Error):
        return b""
