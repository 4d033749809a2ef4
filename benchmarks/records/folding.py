"""How long one command takes on a ledger of many batches, and how fast the state is replayed.

The ledger repeats the batch of the guided example, from its orders to the second patient, under
other numbers. Run from the root of the repository: python -m benchmarks.records.folding 1000
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import process_time

from doseline.records.checkpoint import Checkpoint
from doseline.records.commands.quality import NewDeviation
from doseline.records.desk import Desk
from doseline.records.entry import By, Draft, Entry
from doseline.records.fold import fold
from doseline.records.instants import instant_from_text
from doseline.records.ledger import Ledger
from doseline.records.merkle import Frontier
from doseline.records.store import Seal
from doseline.stores.keys import KeySigner
from doseline.stores.sqlite import SqliteStore
from tests.records.life.plant import HandClock, check, founded, lines_of, run

SIGNER = KeySigner.from_seed("plant.example", bytes(32))
NUMBERED = ("H-18-028", "O-101", "O-102", "I-18-0709", "hamilton-1/2018-07-10", "SH-041", "SH-042")
"""What has another number in each copy: the batch, its orders, lot, slot and shipments."""
BATCHES = (100, 300, 1_000)


def example(path: Path) -> tuple[list[Entry], list[Entry]]:
    """The entries of the plant, which stay in the file, and those of one batch after them."""
    began = datetime(2018, 6, 25, 12, tzinfo=UTC)
    plant = founded(began, store=SqliteStore.create(path), signer=SIGNER)
    for _ in run(plant, lines_of("plant.txt")):
        pass
    plant.desk.ledger.close()
    played = founded(began, signer=SIGNER)
    for name in ("plant.txt", "batch.txt", "confirmed.txt"):
        for _ in run(played, lines_of(name)):
            pass
    entries = list(played.desk.ledger.entries())
    size = Ledger(SqliteStore(path), HandClock(began), SIGNER).size
    # The plant has one waste container, which is closed but once.
    return entries[:size], [e for e in entries[size:] if "waste/W-H" not in e.stream]


def numbered(entries: Iterable[Entry], number: int, position: int) -> Iterator[Entry]:
    """The entries of the batch under another number, from a position of the ledger on."""
    last, seqs = max(e.recorded_at for e in entries), dict[str, int]()
    for place, entry in enumerate(entries):
        text = json.dumps([entry.stream, entry.body])
        for word in NUMBERED:
            text = text.replace(word, f"{word}#{number}")
        stream, body = json.loads(text)
        seqs[stream] = seqs.get(stream, -1) + 1
        yield Entry.written(
            Draft(stream, entry.kind, body, entry.occurred_at, entry.reason or "copied"),
            position=position + place,
            stream_seq=seqs[stream],
            recorded_at=last,
            by=By(entry.actor, entry.role, f"copy-{number}"),
        )


def grown(path: Path, batch: list[Entry], numbers: range) -> None:
    """Add copies of the batch to the ledger, a transaction and a seal each."""
    store = SqliteStore(path)
    for number in numbers:
        last = store.last_seal()
        assert last is not None
        edge = Frontier(last.checkpoint.size, last.peaks)
        entries = list(numbered(batch, number, edge.size))
        for entry in entries:
            edge.append(entry.leaf_hash)
        at = entries[-1].recorded_at
        mark = Checkpoint(last.checkpoint.origin, edge.size, edge.root(), at).signed(SIGNER)
        with store.writing() as writing:
            writing.add(entries, Seal(f"copy-{number}", mark, tuple(edge.peaks)))
    store.close()


def command(path: Path, number: int) -> dict[str, float]:
    """Processor seconds of one command by a new process: the state read, decided on, written."""
    clock = HandClock(instant_from_text("2018-12-21T12:00:00.000000Z"))
    began = process_time()
    desk = Desk(Ledger(SqliteStore(path), clock, SIGNER), check, clock)
    desk.record()
    read = process_time()
    request = NewDeviation(f"batch/H-18-028#{number}", "looked at again")
    desk.do("deviate", request, by="olga", command_id=f"bench-{number}")
    done = process_time()
    desk.do("deviate", request, by="olga", command_id=f"bench-{number}-again")
    again = process_time()
    desk.ledger.close()
    return {"first": done - began, "read": read - began, "next": again - done}


def replay(entries: list[Entry]) -> float:
    """Entries folded to a state in a second of processor time, from entries in memory."""
    began = process_time()
    fold(entries)
    return len(entries) / (process_time() - began)


def main(batches: Iterable[int]) -> None:
    """Print a line for each size."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.ledger"
        plant, batch = example(path)
        many = [*plant, *(e for n in range(50) for e in numbered(batch, n, 0))]
        print(f"{len(batch)} entries a batch; replay of the state {replay(many):,.0f} entries/s")
        held = 0
        for count in sorted(batches):
            grown(path, batch, range(held, count))
            held, took = count, command(path, count - 1)
            memory = getrusage(RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{count:>6,} batches: a command {took['first']:.2f} s, of which reading "
                f"{took['read']:.2f} s; the next of the same process {1000 * took['next']:.0f} ms; "
                f"{memory:,.0f} MiB"
            )


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or BATCHES)
