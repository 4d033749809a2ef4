"""Is the ledger what was written? Everything is computed anew from the stored bytes.

What can be found, and by what: a changed entry by its own hash; a missing one by its number; an
entry changed together with its hash by the root in the next seal; seals made anew without the key
by their signatures; everything made anew with the key by a checkpoint that was kept elsewhere, and
so is a file from which the last commands were taken away.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from struct import error as struct_error

from doseline.errors import LedgerError
from doseline.records.checkpoint import Checkpoint, Verifier, key_text, public_key_of
from doseline.records.entry import LEDGER_STREAM, Entry, RawEntry, leaf_of_row
from doseline.records.founding import Founding, change_message, signature_of_change
from doseline.records.ledger import CLOCK_COMMANDS
from doseline.records.merkle import Frontier
from doseline.records.store import RawSeal, Store

__all__ = ["Finding", "Verification", "VerifierOf", "verify"]

VerifierOf = Callable[[str, bytes], Verifier]
"""Makes the verifier of a key from its name and its 32 public bytes."""

_CLOCK = CLOCK_COMMANDS.encode()


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong, and the entries it is about: `first` to `last`."""

    first: int
    last: int
    message: str

    def __str__(self) -> str:
        return f"{_entries(self.first, self.last)}: {self.message}"


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying found.

    `size` and `root` are those of the entries that were found sound, `seals` how many commands
    they are. `finding` is the first thing wrong, or None. `weaknesses` are guards that the store
    has lost; `keys` the public keys that sealed, in order.
    """

    size: int
    root: bytes
    seals: int
    keys: tuple[str, ...]
    finding: Finding | None
    weaknesses: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong and no guard is lost."""
        return self.finding is None and not self.weaknesses


class _Broken(Exception):  # noqa: N818
    def __init__(self, first: int, last: int, message: str) -> None:
        super().__init__(message)
        self.finding = Finding(first, last, message)


def verify(
    store: Store,
    verifier_of: VerifierOf,
    *,
    kept: Sequence[Checkpoint] = (),
    trusted_key: str | None = None,
) -> Verification:
    """Compute everything anew and say what is wrong first, if anything.

    `kept` are checkpoints that were kept elsewhere. `trusted_key` is the public key of the ledger's
    first key, as its owner published it; without it the key in the first entry is believed.
    """
    walk = _Walk(verifier_of, kept, trusted_key, store.raw_seals())
    finding = None
    try:
        walk.entries(store.raw())
        walk.end()
    except _Broken as broken:
        finding = broken.finding
    except (LedgerError, TypeError, ValueError) as unreadable:  # a damaged file has any shape
        finding = Finding(walk.size, walk.size, f"the store cannot be read on: {unreadable}")
    keys = tuple(key_text(k.name, k.public_key) for k in walk.keys)
    root, weaknesses = walk.edge.root(), store.weaknesses()
    return Verification(walk.size, root, walk.seals, keys, finding, weaknesses)


class _Walk:
    """Goes through the entries and the seals beside them, in order."""

    def __init__(
        self,
        verifier_of: VerifierOf,
        kept: Sequence[Checkpoint],
        trusted_key: str | None,
        seals: Iterator[RawSeal],
    ) -> None:
        self.verifier_of, self.trusted_key, self.raw_seals = verifier_of, trusted_key, seals
        self.kept = {mark.size: mark for mark in sorted(kept, key=lambda mark: mark.size)}
        self.edge = Frontier()
        self.keys: list[Verifier] = []
        self.seals = 0
        self.sealed_size = 0
        self.agreed = 0  # the size of the last kept checkpoint that agreed
        self.origin = ""
        self.recorded_at = b""
        self.command = b""
        self.next_of: dict[bytes, int] = {}
        self.due: RawSeal | None = None
        self.conflicting = _two_of_one_size(kept)

    @property
    def size(self) -> int:
        return self.edge.size

    def entries(self, rows: Iterable[RawEntry]) -> None:
        """All entries in order, each held against everything that is known of it."""
        edge, next_of, kept = self.edge, self.next_of, self.kept
        self.due = next(self.raw_seals, None)
        for row in rows:
            n, stream = edge.size, row[3]
            try:
                leaf = leaf_of_row(row)
            except (struct_error, TypeError):
                leaf = b"none"  # which no hash is
            if (
                leaf != row[12]
                or row[0] != n
                or row[1] != next_of.get(stream, 0)
                or row[6] < self.recorded_at
                or row[10] != self.command
                or stream == _LEDGER
            ):
                self._unlike_the_last(n, row, leaf)
            next_of[stream] = row[1] + 1
            self.recorded_at = row[6]
            edge.append(leaf)
            if self.due is not None and self.due[0] <= n + 1:
                self._seal(self.due)
            if n + 1 in kept:
                self._kept(kept[n + 1])

    def _unlike_the_last(self, n: int, row: RawEntry, leaf: bytes) -> None:
        """What is wrong with an entry, unless it only begins a command or is of the ledger."""
        if row[0] != n:
            raise _Broken(n, row[0] - 1 if row[0] > n else n, "missing")
        if len(leaf) != 32:
            raise _Broken(n, n, "a field is not of its type")
        if leaf != row[12]:
            raise _Broken(n, n, "not what was written: its bytes do not have its hash")
        due = self.next_of.get(row[3], 0)
        if row[1] != due:
            raise _Broken(n, n, f"number {row[1]} of its stream, expected {due}")
        if row[6] < self.recorded_at:
            raise _Broken(n, n, "recorded before the entry ahead of it")
        self._of_one_command(n, row[10])
        if row[3] == _LEDGER:
            self._of_the_ledger(n, row)

    def end(self) -> None:
        """Nothing may be left over."""
        n = self.edge.size
        if self.conflicting:
            raise _Broken(self.conflicting, self.conflicting, "two kept checkpoints contradict")
        if self.due is not None:
            last = max(self.due[0], *(seal[0] for seal in self.raw_seals), 0) - 1
            raise _Broken(n, last, f"missing, for the seals count {last + 1} entries")
        if n == 0:
            raise _Broken(0, 0, "missing: the ledger is empty")
        if n > self.sealed_size:
            raise _Broken(self.sealed_size, n - 1, "not sealed")
        for mark in reversed(self.kept.values()):
            if mark.size > n:
                self._beyond(mark)

    def _beyond(self, mark: Checkpoint) -> None:
        """A kept checkpoint that counts more entries than there are."""
        n = self.edge.size
        if mark.origin != self.origin:
            self._signed(mark)
        known = any(mark.signed_by(key) for key in self.keys)
        raise _Broken(
            n, mark.size - 1,
            f"missing, for the checkpoint kept of {mark.at} counts {mark.size} entries"
            + ("" if known else f"; it is signed by {mark.key_name}, a key not named until {n}"),
        )  # fmt: skip

    def _of_one_command(self, n: int, command: bytes) -> None:
        """All entries since the last seal are those of one command, and alarms of the clock."""
        if n == self.sealed_size or self.command.startswith(_CLOCK):
            self.command = command
        elif command != self.command:
            raise _Broken(n, n, "the seal of the command ahead of it is missing")

    def _of_the_ledger(self, n: int, row: RawEntry) -> None:
        """The first entry, and changes of the key."""
        try:
            entry = Entry.from_raw(row)
            if n == 0:
                self.origin = Founding.from_entry(entry).origin
                self._begin_with(entry.body["key"])
            elif entry.kind == "KeyChanged":
                self._change_to(entry)
        except (LedgerError, KeyError, TypeError, ValueError) as refused:
            raise _Broken(n, n, f"{refused}") from None

    def _begin_with(self, key: str) -> None:
        if self.trusted_key is not None and key != self.trusted_key.strip():
            raise LedgerError(f"begun with the key {key}, expected {self.trusted_key.strip()}")
        self.keys.append(self.verifier_of(*public_key_of(key)))

    def _change_to(self, entry: Entry) -> None:
        key = entry.body["key"]
        message = change_message(self.origin, key)
        if not self.keys[-1].verify(message, signature_of_change(entry)):
            raise LedgerError("a change of key that the key before did not sign")
        self.keys.append(self.verifier_of(*public_key_of(key)))

    def _seal(self, seal: RawSeal) -> None:
        """The signed checkpoint after a command."""
        size, command_id, content, peaks = seal
        first, last = self.sealed_size, self.edge.size - 1
        try:
            mark = Checkpoint.from_note(content)
        except (LedgerError, AttributeError, TypeError) as refused:
            raise _Broken(first, last, f"their seal cannot be read: {refused}") from None
        told = (size, mark.size, mark.origin, mark.at.encode(), command_id)
        found = (last + 1, last + 1, self.origin, self.recorded_at, self.command)
        if told != found:
            raise _Broken(first, last, "their seal is not that of these entries")
        if mark.root != self.edge.root():
            raise _Broken(first, last, "not what was sealed: their root is another")
        if not self.keys or not mark.signed_by(self.keys[-1]):
            raise _Broken(first, last, "their seal is not signed by the key of the ledger")
        if peaks != b"".join(self.edge.peaks):
            raise _Broken(first, last, "the peaks kept with their seal are others")
        self.sealed_size, self.seals = size, self.seals + 1
        self.due = next(self.raw_seals, None)

    def _kept(self, mark: Checkpoint) -> None:
        """A checkpoint that was kept elsewhere."""
        self._signed(mark)
        if mark.root != self.edge.root():
            since = f"the one of {self.agreed} entries" if self.agreed else "the beginning"
            raise _Broken(
                self.agreed, mark.size - 1,
                f"written anew: between {since} and the checkpoint kept of {mark.at} "
                f"with {mark.size} entries something is not what it was",
            )  # fmt: skip
        self.agreed = mark.size

    def _signed(self, mark: Checkpoint) -> None:
        """A kept checkpoint is one of this ledger, or the question makes no sense."""
        if mark.origin != self.origin or not any(mark.signed_by(key) for key in self.keys):
            raise _Broken(
                self.agreed, mark.size - 1,
                f"the checkpoint kept of {mark.at} was not signed by a key of this ledger: "
                "it is of another ledger, or the ledger was begun anew with another key",
            )  # fmt: skip


_LEDGER = LEDGER_STREAM.encode()


def _two_of_one_size(kept: Sequence[Checkpoint]) -> int:
    """The size at which two kept checkpoints have different roots, or 0."""
    roots: dict[int, bytes] = {}
    for mark in kept:
        if roots.setdefault(mark.size, mark.root) != mark.root:
            return mark.size
    return 0


def _entries(first: int, last: int) -> str:
    return f"entry {first}" if first >= last else f"entries {first} to {last}"
