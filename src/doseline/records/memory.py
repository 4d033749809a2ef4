"""A store in memory: for trials, tests and whatever needs a ledger for a moment."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import RLock

from doseline.errors import StoreError
from doseline.records.entry import Entry, RawEntry
from doseline.records.store import RawSeal, Seal

__all__ = ["MemoryStore"]


class MemoryStore:
    """Keeps entries in lists. One process, any number of threads, gone at its end.

    >>> store = MemoryStore()
    >>> store.last_seal() is None, list(store.entries())
    (True, [])
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._seals: list[Seal] = []
        self._by_stream: dict[str, list[int]] = {}
        self._by_command: dict[str, tuple[int, ...]] = {}
        self._lock = RLock()

    @contextmanager
    def writing(self) -> Iterator["MemoryStore"]:
        """One writer at a time; `add` is the last thing that it does."""
        with self._lock:
            yield self

    def add(self, entries: Sequence[Entry], seal: Seal) -> None:
        """All or nothing. Raises StoreError where a number is not the next one."""
        seqs: dict[str, int] = {}
        for position, entry in enumerate(entries, len(self._entries)):
            due = seqs.setdefault(entry.stream, self.next_seq(entry.stream))
            if (entry.position, entry.stream_seq) != (position, due):
                raise StoreError(f"entry {entry.position} is not the next one")
            seqs[entry.stream] = due + 1
        if seal.checkpoint.size != len(self._entries) + len(entries) or not entries:
            raise StoreError("the seal is not that of these entries")
        if seal.command_id in self._by_command:
            raise StoreError(f'the command "{seal.command_id}" was written before')
        for entry in entries:
            self._by_stream.setdefault(entry.stream, []).append(entry.position)
        self._by_command[seal.command_id] = tuple(
            entry.position for entry in entries if entry.command_id == seal.command_id
        )
        self._entries += entries
        self._seals.append(seal)

    def last_seal(self) -> Seal | None:
        """The seal of the last command, or None."""
        return self._seals[-1] if self._seals else None

    def next_seq(self, stream: str) -> int:
        """How many entries a stream has."""
        return len(self._by_stream.get(stream, ()))

    def of_command(self, command_id: str) -> tuple[Entry, ...]:
        """The entries that a command wrote, or none."""
        return tuple(self._entries[i] for i in self._by_command.get(command_id, ()))

    def entries(self, stream: str | None = None, from_: int = 0) -> Iterator[Entry]:
        """The entries of a stream from a stream_seq on, or of all from a position on."""
        if stream is None:
            return iter(self._entries[from_:])
        return iter([self._entries[i] for i in self._by_stream.get(stream, ())[from_:]])

    def streams(self, prefix: str = "") -> tuple[str, ...]:
        """The names of the streams that begin with a text, in order."""
        return tuple(sorted(name for name in self._by_stream if name.startswith(prefix)))

    def raw(self, from_: int = 0) -> Iterator[RawEntry]:
        """The rows as a database would keep them."""
        return (entry.raw() for entry in self._entries[from_:])

    def raw_seals(self, from_size: int = 0) -> Iterator[RawSeal]:
        """The seals as a database would keep them."""
        for seal in self._seals:
            mark = seal.checkpoint
            if mark.size >= from_size:
                yield mark.size, seal.command_id.encode(), mark.note(), b"".join(seal.peaks)

    def weaknesses(self) -> tuple[str, ...]:
        """Nothing guards a list but this class."""
        return ()

    def close(self) -> None:
        """Nothing to let go of."""
