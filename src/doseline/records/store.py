"""What the ledger asks of a store, whatever database keeps it.

Semantics that every store gives:

1. `writing()` is one transaction: everything added in it is durable when the block ends without an
   error, or nothing is. An error of the database is a StoreError, and then nothing was written,
   with one exception: where the answer to the commit was lost, the command id tells.
2. Writers are serialised: between `head()` and the end of the block nobody else writes.
3. A position, a pair of stream and stream_seq, a command id and a size exist at most once; the
   store itself refuses a second (unique keys), and refuses to change or delete what it holds.
4. Bytes come back as they were given; nothing is written anew from a parsed form.
5. A reader sees whole commands only, and entries in the order of their positions.

So a store on PostgreSQL takes a lock of its own for writers (a row or an advisory lock, held to the
end of a short transaction), and unique keys as a second guard.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from doseline.records.checkpoint import Checkpoint
from doseline.records.entry import Entry, RawEntry

__all__ = ["RawSeal", "Seal", "Store", "Writing"]


@dataclass(frozen=True, slots=True)
class Seal:
    """What ends a command: the signed checkpoint after it, and the peaks that the next needs.

    `command_id` is that of the command whose entries are the last before `checkpoint.size`;
    `peaks` are those of `merkle.Frontier` at that size.
    """

    command_id: str
    checkpoint: Checkpoint
    peaks: tuple[bytes, ...]


RawSeal = tuple[int, bytes, bytes, bytes]
"""A seal as a store keeps it: size, command id, note, and the peaks one after the other."""


class Writing(Protocol):
    """One transaction that writes."""

    def last_seal(self) -> Seal | None:
        """The seal of the last command, or None in an empty store."""

    def next_seq(self, stream: str) -> int:
        """How many entries a stream has."""

    def of_command(self, command_id: str) -> tuple[Entry, ...]:
        """The entries that a command wrote, or none."""

    def add(self, entries: Sequence[Entry], seal: Seal) -> None:
        """Add the entries of one command and its seal."""


class Store(Protocol):
    """Where a ledger is kept."""

    def writing(self) -> AbstractContextManager[Writing]:
        """Begin the one transaction that may write; see the semantics above."""

    def last_seal(self) -> Seal | None:
        """The seal of the last command, or None in an empty store."""

    def next_seq(self, stream: str) -> int:
        """How many entries a stream has."""

    def of_command(self, command_id: str) -> tuple[Entry, ...]:
        """The entries that a command wrote, or none."""

    def entries(self, stream: str | None = None, from_: int = 0) -> Iterator[Entry]:
        """The entries of a stream from a stream_seq on, or of all from a position on."""

    def streams(self, prefix: str = "") -> tuple[str, ...]:
        """The names of the streams that begin with a text, in order."""

    def raw(self, from_: int = 0) -> Iterator[RawEntry]:
        """The rows as they are kept, from a position on; for verifying, so nothing is checked."""

    def raw_seals(self, from_size: int = 0) -> Iterator[RawSeal]:
        """The seals as they are kept, from a size on, unchecked."""

    def weaknesses(self) -> tuple[str, ...]:
        """Which of the store's own guards against change are missing, in words."""

    def close(self) -> None:
        """Let go of it."""
