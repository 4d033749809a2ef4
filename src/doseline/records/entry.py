"""An entry of the ledger: what happened, when, by whom and why, and the bytes it is hashed as.

The bytes of an entry (its leaf) are the eighteen bytes `doseline entry v1` and a line feed, then
position and stream_seq as eight bytes each and schema_version as four, then the lengths of nine
texts as four bytes each, all big-endian, then the nine texts: stream, kind, occurred_at,
recorded_at, actor, role, reason, command_id, body. The lengths keep two different entries from
having the same bytes.
[docs/reference/ledger.md]
"""

import re
import unicodedata
from dataclasses import dataclass, field
from hashlib import sha256
from struct import Struct
from typing import Any

from doseline.errors import LedgerError
from doseline.records.canonical import Body, decode, encode
from doseline.records.instants import instant_from_text, microseconds_between

__all__ = [
    "LEDGER_STREAM",
    "MAGIC",
    "By",
    "Draft",
    "Entry",
    "RawEntry",
    "leaf_bytes",
    "leaf_of",
    "leaf_of_row",
]

MAGIC = b"doseline entry v1\n"

LEDGER_STREAM = "ledger"
"""The stream of what concerns the ledger itself: its beginning, its keys, its clock."""

RawEntry = tuple[
    int, int, int, bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes
]
"""An entry as a store keeps it: position, stream_seq, schema_version, the nine texts in the order
of the leaf, and the leaf hash that was stored beside them."""

_HEAD = Struct(">18sQQI9I")
_LEAF = Struct(">x18sQQI9I")  # with the 0x00 that marks a leaf in front
_STREAM = re.compile(r"[a-z][a-z0-9_]*(?:/[^\s/\x00-\x1f][^/\x00-\x1f]*)*")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def leaf_bytes(position: int, stream_seq: int, schema_version: int, *texts: bytes) -> bytes:
    """The exact bytes of an entry, from its three numbers and its nine texts.

    >>> len(leaf_bytes(0, 0, 1, *[b""] * 9))
    74
    """
    lengths = map(len, texts)
    return _HEAD.pack(MAGIC, position, stream_seq, schema_version, *lengths) + b"".join(texts)


def leaf_of(content: bytes) -> bytes:
    """The leaf hash of RFC 9162 over the bytes of an entry: SHA-256 of 0x00 and the bytes."""
    return sha256(b"\x00" + content).digest()


def leaf_of_row(row: RawEntry) -> bytes:
    """The leaf hash of a stored row, from its fields; in one go, for whoever has millions."""
    texts = row[3:12]
    head = _LEAF.pack(MAGIC, row[0], row[1], row[2], *map(len, texts))
    return sha256(head + b"".join(texts)).digest()


@dataclass(frozen=True, slots=True)
class By:
    """Who writes, in which role, by which command. Raises LedgerError where one is empty."""

    actor: str
    role: str
    command_id: str

    def __post_init__(self) -> None:
        for name in ("actor", "role", "command_id"):
            told: object = getattr(self, name)
            if not isinstance(told, str) or not told.strip():
                raise LedgerError(f"{name}: an entry says who and by which command, found {told!r}")
            object.__setattr__(self, name, plain_text(told, name))


@dataclass(frozen=True, slots=True)
class Draft:
    """What a command wants to be written; the ledger adds position, time and person.

    `stream` is whose history it belongs to ("batch/B-001", "vial/B-001/3", "person/ann"), `kind`
    what happened ("BatchReleased"), `body` its facts. `occurred_at` is when it happened, as text
    of `instants`, or None where that is the moment of writing. `reason` may be empty, but not
    where something is changed or written late. Raises LedgerError or BodyError.

    >>> Draft("batch/B-001", "BatchReleased", {"by": "ann"}).body["by"]
    'ann'
    """

    stream: str
    kind: str
    body: Body
    occurred_at: str | None = None
    reason: str = ""
    schema_version: int = 1
    content: bytes = field(init=False, repr=False, compare=False)
    """The canonical bytes of the body."""

    def __post_init__(self) -> None:
        if not _STREAM.fullmatch(self.stream):
            raise LedgerError(
                f'"{self.stream}" is no stream, expected one such as batch/B-001: '
                "a kind in small letters, then names between strokes"
            )
        if not _KIND.fullmatch(self.kind):
            raise LedgerError(
                f'"{self.kind}" is no kind of entry, expected one such as BatchOpened'
            )
        if not 1 <= self.schema_version < 2**32:
            raise LedgerError(f"a schema version is at least 1, got {self.schema_version}")
        if self.occurred_at is not None:
            instant_from_text(self.occurred_at)
        for name in ("stream", "reason"):
            object.__setattr__(self, name, plain_text(getattr(self, name), name))
        object.__setattr__(self, "content", encode(self.body))


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it stands in the ledger, never changed.

    `position` counts all entries from 0 without a gap, `stream_seq` those of its stream.
    `recorded_at` is the trusted clock's time of writing, `occurred_at` when it happened (empty
    where that is the moment of writing). `content` are the bytes of the body as hashed, and
    `command_id` names the command that wrote it. `leaf_hash` is SHA-256 over `leaf_bytes`.
    """

    position: int
    stream_seq: int
    schema_version: int
    stream: str
    kind: str
    occurred_at: str
    recorded_at: str
    actor: str
    role: str
    reason: str
    command_id: str
    content: bytes
    leaf_hash: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if not self.leaf_hash:
            object.__setattr__(self, "leaf_hash", leaf_of(self.leaf_bytes()))

    @property
    def body(self) -> dict[str, Any]:
        """The facts. Raises BodyError where the bytes are not canonical."""
        return decode(self.content)

    @property
    def happened_at(self) -> str:
        """When it happened: as told, or the moment of writing."""
        return self.occurred_at or self.recorded_at

    @property
    def delay_us(self) -> int:
        """From what happened to its writing. [µs]"""
        return microseconds_between(self.happened_at, self.recorded_at)

    def leaf_bytes(self) -> bytes:
        """The exact bytes that are hashed."""
        return leaf_bytes(self.position, self.stream_seq, self.schema_version, *self.texts())

    def texts(self) -> tuple[bytes, ...]:
        """The nine texts in the order of the leaf."""
        words = (
            self.stream, self.kind, self.occurred_at, self.recorded_at,
            self.actor, self.role, self.reason, self.command_id,
        )  # fmt: skip
        return (*(word.encode("utf-8") for word in words), self.content)

    def raw(self) -> RawEntry:
        """The entry as a store keeps it."""
        row: Any = (
            self.position,
            self.stream_seq,
            self.schema_version,
            *self.texts(),
            self.leaf_hash,
        )
        return row  # type: ignore[no-any-return]

    @classmethod
    def from_raw(cls, row: RawEntry) -> "Entry":
        """The entry of a stored row. Raises LedgerError where it does not have its own hash."""
        if leaf_of_row(row) != row[12]:
            raise LedgerError(f"entry {row[0]} is not what was written: verify the ledger")
        names = (
            "stream", "kind", "occurred_at", "recorded_at", "actor", "role", "reason", "command_id",
        )  # fmt: skip
        words: Any = {
            name: text.decode("utf-8") for name, text in zip(names, row[3:11], strict=True)
        }
        return cls(*row[:3], **words, content=row[11], leaf_hash=row[12])

    @classmethod
    def written(
        cls,
        draft: Draft,
        *,
        position: int,
        stream_seq: int,
        recorded_at: str,
        by: "By",
    ) -> "Entry":
        """A draft as it stands in the ledger."""
        return cls(
            position=position,
            stream_seq=stream_seq,
            schema_version=draft.schema_version,
            stream=draft.stream,
            kind=draft.kind,
            occurred_at=draft.occurred_at or "",
            recorded_at=recorded_at,
            reason=draft.reason,
            content=draft.content,
            actor=by.actor,
            role=by.role,
            command_id=by.command_id,
        )


def plain_text(text: str, name: str) -> str:
    """A text in Unicode's form NFC. Raises LedgerError where it is none or holds a null."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise LedgerError(f"{name}: {text!r} is no text of Unicode") from None
    if "\x00" in text:
        raise LedgerError(f"{name}: a null character has no place in a record")
    return unicodedata.normalize("NFC", text)
