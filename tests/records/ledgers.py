"""Ledgers for the tests: a clock that stands where it is put, one key, a few commands."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from doseline.records import Draft, Entry, Founding, Ledger, MemoryStore, Store
from doseline.stores.keys import KeySigner, KeyVerifier
from doseline.stores.sqlite import Connect, SqliteStore, connect

BEGAN = datetime(2016, 11, 28, 14, tzinfo=UTC)
SIGNER = KeySigner.from_seed("plant.example", bytes(range(32)))
FOUNDING = Founding("plant.example/batches/1", "us-211")


class Remembering(KeyVerifier):
    """Judges a signature once, and remembers: tests verify one ledger thousands of times."""

    known: ClassVar[dict[tuple[bytes, bytes, bytes], bool]] = {}

    def verify(self, message: bytes, signature: bytes) -> bool:
        asked = (self.public_key, message, signature)
        if asked not in self.known:
            self.known[asked] = super().verify(message, signature)
        return self.known[asked]


class HandClock:
    """Shows what it is told to show."""

    def __init__(self, at: datetime = BEGAN) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def begun(store: Store | None = None, clock: HandClock | None = None) -> Ledger:
    """A ledger with its first entry only."""
    return Ledger.begin(
        store or MemoryStore(), clock or HandClock(), SIGNER, FOUNDING, actor="ann", role="system"
    )


def begun_in(path: Path, *, connect: Connect = connect) -> Ledger:
    """The same in a new file."""
    return begun(SqliteStore.create(path, connect=connect))


def opened(path: Path, *, connect: Connect = connect, clock: HandClock | None = None) -> Ledger:
    """A ledger in a file that is there."""
    return Ledger(SqliteStore(path, connect=connect), clock or HandClock(), SIGNER)


def write(ledger: Ledger, number: int, *streams: str, actor: str = "ann") -> tuple[Entry, ...]:
    """A command that writes one entry to each stream; `number` makes its id."""
    named = streams or ("batch/B-001",)
    expected = {stream: ledger.next_seq(stream) for stream in named}
    drafts = [
        Draft(stream, "StepDone", {"step": number, "part": part, "of": len(named)})
        for part, stream in enumerate(named)
    ]
    return ledger.append(
        drafts, actor=actor, role="operator", command_id=f"command-{number}", expected=expected
    )


def filled(ledger: Ledger, commands: int) -> Ledger:
    """Some commands of one to three entries over a few streams."""
    for number in range(commands):
        vials = [f"vial/B-001/{number % 5}", f"vial/B-001/{number % 7}x"][: number % 3]
        write(ledger, number, f"batch/B-00{number % 4}", *vials)
    return ledger
