"""The ledger: what commands want written becomes entries, all or nothing, sealed as they stand.

Every command ends in one transaction of the store: its entries, and a signed checkpoint over
everything so far. A state is never kept here; it is what its entries say, folded.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from doseline.errors import ConflictError, LedgerError, NotPermitted
from doseline.records.checkpoint import Checkpoint, Signer
from doseline.records.entry import LEDGER_STREAM, By, Draft, Entry, plain_text
from doseline.records.founding import Founding, founding_draft, keys_of
from doseline.records.instants import instant_text, microseconds_between
from doseline.records.merkle import Frontier
from doseline.records.store import Seal, Store, Writing

__all__ = ["AHEAD_LIMIT_US", "BACK_LIMIT_US", "Clock", "Ledger"]

Clock = Callable[[], datetime]
"""The trusted clock that is handed in; it gives instants with a time zone."""

AHEAD_LIMIT_US = 60_000_000
"""How far ahead of the clock an occurrence may be told: people write whole minutes. [µs]"""

BACK_LIMIT_US = 2_000_000
"""How far the clock may stand behind the last entry before that is an entry of its own. [µs]"""

CLOCK_COMMANDS = "clock/"
"""How the command ids of the ledger's own alarms begin."""


class Ledger:
    """What happened, in order, each entry with its person, its times and its reason.

    `store` keeps it, `clock` gives the time of writing, `signer` holds the key that seals every
    command; without a signer the ledger can only be read. Raises LedgerError where the store holds
    no ledger, or one that another key seals.
    """

    def __init__(self, store: Store, clock: Clock, signer: Signer | None) -> None:
        self._store, self._clock, self._signer = store, clock, signer
        self._trusted: Checkpoint | None = None
        genesis = next(store.entries(), None)
        if genesis is None:
            raise LedgerError("this store holds no ledger yet: begin one")
        self.genesis = genesis
        self.founding = Founding.from_entry(genesis)
        self._require_the_key()

    @classmethod
    def begin(
        cls,
        store: Store,
        clock: Clock,
        signer: Signer,
        founding: Founding,
        *,
        actor: str,
        role: str,
    ) -> "Ledger":
        """Write the first entry into an empty store, unless this very ledger was begun in it.

        Raises LedgerError where it holds another.
        """
        with store.writing() as writing:
            if writing.last_seal() is not None:
                found = cls(store, clock, signer)
                if found.founding != founding:
                    raise LedgerError("this store holds another ledger already")
                return found
            now = instant_text(clock())
            by = By(actor, role, "begin")
            draft = founding_draft(founding, now, signer)
            entry = Entry.written(draft, position=0, stream_seq=0, recorded_at=now, by=by)
            _sealed(writing, founding, [entry], Frontier(), "begin", signer)
        return cls(store, clock, signer)

    # ------------------------------------------------------------------------------ writing

    def append(
        self,
        drafts: Sequence[Draft],
        *,
        actor: str,
        role: str,
        command_id: str,
        expected: Mapping[str, int],
        size: int | None = None,
    ) -> tuple[Entry, ...]:
        """Write what a command wants, all of it or nothing, and return its entries.

        `actor` and `role` say who does it. `command_id` is chosen by the caller: the same command
        sent again gets the entries that it wrote the first time, and writes nothing. `expected`
        says for every stream that was read how many entries it had; it holds at least the streams
        that are written. `size`, where it is given, is how many entries the ledger had when it was
        read: a command that looked at everything says so. Raises ConflictError where a stream or
        the size has moved on since, or the id was used by another command; LedgerError where an
        entry is late without a reason or told ahead of time; StoreError where the store fails, and
        then nothing was written.
        """
        by = By(actor, role, command_id)
        if by.command_id.startswith(CLOCK_COMMANDS):
            raise LedgerError(f'command_id: "{CLOCK_COMMANDS}..." is kept for the ledger itself')
        if not drafts:
            raise LedgerError("a command writes at least one entry")
        unread = sorted({d.stream for d in drafts} - set(expected))
        if unread:
            raise LedgerError(f"expected: missing {', '.join(unread)}, which this command writes")
        if any(d.stream == LEDGER_STREAM for d in drafts):
            raise LedgerError(f'the stream "{LEDGER_STREAM}" is written by the ledger alone')
        return self._write(drafts, by, expected, size=size)

    def change_key(
        self, signer: Signer, *, actor: str, role: str, command_id: str, reason: str
    ) -> "Ledger":
        """Let another key seal from now on; the old key signs the change."""
        draft = self.founding.key_change(self._writer(), signer, reason)
        expected = {LEDGER_STREAM: self._store.next_seq(LEDGER_STREAM)}
        self._write([draft], By(actor, role, command_id), expected, sealing=signer)
        return Ledger(self._store, self._clock, signer)

    def _write(
        self,
        drafts: Sequence[Draft],
        by: By,
        expected: Mapping[str, int],
        sealing: Signer | None = None,
        size: int | None = None,
    ) -> tuple[Entry, ...]:
        signer = self._writer()
        with self._store.writing() as writing:
            before = writing.of_command(by.command_id)
            if before:
                return _same_again(before, drafts, by)
            _as_expected(writing, expected)
            last = self._known(writing.last_seal())
            if size is not None and last.checkpoint.size != size:
                raise ConflictError(
                    f"the ledger has {last.checkpoint.size} entries, expected {size}: "
                    "someone else wrote first; read it again and decide again"
                )
            edge = Frontier(last.checkpoint.size, last.peaks)
            recorded_at, alarms = self._time(last, writing)
            for draft in drafts:
                self._in_time(draft, recorded_at)
            entries = _numbered(drafts, by, recorded_at, writing, edge.size + len(alarms), alarms)
            sealed = _sealed(
                writing,
                self.founding,
                [*alarms, *entries],
                edge,
                by.command_id,
                sealing or signer,
            )
        self._trusted = sealed
        return tuple(entries)

    def _writer(self) -> Signer:
        if self._signer is None:
            raise NotPermitted("this ledger was opened without its key, so it can only be read")
        return self._signer

    def _known(self, seal: Seal | None) -> Seal:
        """The last seal, if it is one that this ledger's key made over these peaks."""
        if seal is None:
            raise LedgerError("the store holds no ledger any more")
        mark = seal.checkpoint
        if mark == self._trusted and Frontier(mark.size, seal.peaks).root() == mark.root:
            return seal
        signer = self._require_the_key()
        sound = (
            signer is not None
            and mark.origin == self.founding.origin
            and Frontier(mark.size, seal.peaks).root() == mark.root
            and mark.signed_by(signer)
        )
        if not sound:
            raise LedgerError(
                f"the seal after {mark.size} entries is not one of this ledger: verify the ledger"
            )
        return seal

    def _require_the_key(self) -> Signer | None:
        """The signer, if the ledger's last named key is its own."""
        signer = self._signer
        if signer is not None:
            name, key = keys_of(self._store.entries(LEDGER_STREAM))[-1]
            if (signer.name, signer.public_key) != (name, key):
                raise LedgerError(
                    f'the key "{signer.name}" does not seal this ledger, expected "{name}"'
                )
        return signer

    def _time(self, last: Seal, writing: Writing) -> tuple[str, list[Entry]]:
        """The time of writing, never before the last; and an alarm where the clock is behind."""
        now, latest = instant_text(self._clock()), last.checkpoint.at
        behind_us = microseconds_between(now, latest)
        if behind_us <= 0:
            return now, []
        if behind_us <= BACK_LIMIT_US:
            return latest, []
        position = last.checkpoint.size
        body = {"clock": now, "last": latest, "behind_us": str(behind_us)}
        alarm = Entry.written(
            Draft(LEDGER_STREAM, "ClockBehind", body),
            position=position,
            stream_seq=writing.next_seq(LEDGER_STREAM),
            recorded_at=latest,
            by=By("ledger", "system", f"{CLOCK_COMMANDS}{position}"),
        )
        return latest, [alarm]

    def _in_time(self, draft: Draft, recorded_at: str) -> None:
        if draft.occurred_at is None:
            return
        delay_us = microseconds_between(draft.occurred_at, recorded_at)
        if delay_us < -AHEAD_LIMIT_US:
            raise LedgerError(
                f"{draft.stream} {draft.kind}: told to have occurred at {draft.occurred_at}, "
                f"which is after the time of writing, {recorded_at}"
            )
        if delay_us > self.founding.late_after_s * 1_000_000 and not draft.reason.strip():
            raise LedgerError(
                f"{draft.stream} {draft.kind}: written more than {self.founding.late_after_s} s "
                f"after it occurred at {draft.occurred_at}, so it needs a reason"
            )

    # ------------------------------------------------------------------------------ reading

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self.checkpoint().size

    def entries(self, stream: str | None = None, from_: int = 0) -> Iterator[Entry]:
        """The entries of a stream from a stream_seq on, or of all from a position on.

        Each is held against its own hash. Raises LedgerError where it is not what was written.
        """
        return self._store.entries(stream, from_)

    def streams(self, prefix: str = "") -> tuple[str, ...]:
        """The names of the streams that begin with a text, in order."""
        return self._store.streams(prefix)

    def next_seq(self, stream: str) -> int:
        """How many entries a stream has: what a command tells as `expected`."""
        return self._store.next_seq(stream)

    def of_command(self, command_id: str) -> tuple[Entry, ...]:
        """What a command wrote, or nothing: asked first by whoever may have sent it before."""
        return self._store.of_command(plain_text(command_id, "command_id"))

    def checkpoint(self) -> Checkpoint:
        """The signed checkpoint after the last command; keep it outside."""
        seal = self._store.last_seal()
        if seal is None:
            raise LedgerError("the store holds no ledger any more")
        return seal.checkpoint

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def checkpoint_after(self, position: int) -> Checkpoint:
        """The signed checkpoint of the command that wrote an entry. Raises LedgerError."""
        for _, _, note, _ in self._store.raw_seals(position + 1):
            return Checkpoint.from_note(note)
        raise LedgerError(f"there is no entry {position}")

    def leaf_hashes(self, size: int) -> list[bytes]:
        """The hashes of the first entries, as they are kept; what proofs are made of."""
        return [row[12] for row in islice(self._store.raw(), size)]

    def is_late(self, entry: Entry) -> bool:
        """Whether it was written later after it occurred than the founding allows."""
        return entry.delay_us > self.founding.late_after_s * 1_000_000


def _as_expected(writing: Writing, expected: Mapping[str, int]) -> None:
    for stream, due in expected.items():
        found = writing.next_seq(stream)
        if found != due:
            raise ConflictError(
                f"{stream} has {found} entries, expected {due}: "
                "someone else wrote first; read it again and decide again"
            )


def _same_again(before: tuple[Entry, ...], drafts: Sequence[Draft], by: By) -> tuple[Entry, ...]:
    """The answer of the first time, if it is the same command by the same person."""
    told = [
        (d.stream, d.kind, d.schema_version, d.occurred_at or "", d.reason, d.content)
        for d in drafts
    ]
    kept = [
        (e.stream, e.kind, e.schema_version, e.occurred_at, e.reason, e.content) for e in before
    ]
    if told != kept or any((e.actor, e.role) != (by.actor, by.role) for e in before):
        raise ConflictError(f'the command id "{by.command_id}" stands for another command')
    return before


def _numbered(
    drafts: Sequence[Draft],
    by: By,
    recorded_at: str,
    writing: Writing,
    position: int,
    alarms: Sequence[Entry],
) -> list[Entry]:
    due = {alarm.stream: alarm.stream_seq + 1 for alarm in alarms}
    entries: list[Entry] = []
    for draft in drafts:
        seq = due.get(draft.stream)
        seq = writing.next_seq(draft.stream) if seq is None else seq
        due[draft.stream] = seq + 1
        entries.append(
            Entry.written(
                draft,
                position=position + len(entries),
                stream_seq=seq,
                recorded_at=recorded_at,
                by=by,
            )
        )
    return entries


def _sealed(
    writing: Writing,
    founding: Founding,
    entries: Sequence[Entry],
    edge: Frontier,
    command_id: str,
    signer: Signer,
) -> Checkpoint:
    """Add the entries of a command with the signed checkpoint after them."""
    for entry in entries:
        edge.append(entry.leaf_hash)
    mark = Checkpoint(founding.origin, edge.size, edge.root(), entries[-1].recorded_at)
    mark = mark.signed(signer)
    writing.add(entries, Seal(command_id, mark, tuple(edge.peaks)))
    return mark
