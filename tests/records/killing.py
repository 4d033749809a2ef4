"""A ledger whose writer is killed again and again, and what must be true each time.

Run as a process of its own, so that it may fork: `-m tests.records.killing FOLDER CYCLES SEED`.
In every cycle a child opens the ledger and sends commands as fast as it can; after each answer it
writes the command's number to a pipe. It is killed with SIGKILL at an instant drawn beforehand.
Then every command that was acknowledged is there, every command is there whole or not at all, at
most the one that was under way is there without an acknowledgement, and all of it verifies.
"""

import json
import os
import select
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from time import monotonic

from doseline.records import Entry, Ledger
from doseline.records.merkle import Frontier
from doseline.records.verify import verify
from doseline.stores.sqlite import SqliteStore
from tests.records.ledgers import Remembering, begun_in, opened, write

LONGEST_S = 0.02
STREAMS = ("batch/B-001", "vial/B-001/1", "vial/B-001/2")


@dataclass
class Tally:
    """What was seen over all cycles."""

    cycles: int = 0
    acknowledged: int = 0
    unacknowledged: int = 0
    lost: int = 0
    halves: int = 0
    verified: int = 0
    entries: int = 0


def cycles(folder: Path, count: int, seed: int) -> Tally:
    """Kill a writer so many times. Raises AssertionError where something is not as it must be."""
    path, random, tally = folder / "a.ledger", Random(seed), Tally()
    begun_in(path).close()
    edge, done = Frontier(), 0
    for cycle in range(count):
        acknowledged = killed_writer(path, done, random.uniform(0, LONGEST_S))
        store = SqliteStore(path)
        new = list(store.entries(from_=edge.size))
        done = judged(new, done, acknowledged, tally)
        for entry in new:
            edge.append(entry.leaf_hash)
        last = store.last_seal()
        assert last is not None
        assert (last.checkpoint.size, last.checkpoint.root) == (edge.size, edge.root())
        if cycle % max(1, count // 6) == 0 or cycle == count - 1:
            assert verify(store, Remembering).sound
            tally.verified += 1
        store.close()
        tally.cycles += 1
    tally.entries = edge.size
    return tally


def killed_writer(path: Path, done: int, seconds: float) -> int:
    """Let a child write from command `done` on, kill it, and return how many it acknowledged."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        write_for_ever(path, done, writing)
    os.close(writing)
    told = read_until(reading, seconds)
    os.kill(child, signal.SIGKILL)
    while chunk := os.read(reading, 65536):  # what it said before it died
        told += chunk
    os.close(reading)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the child ended by itself"
    numbers = [int(line) for line in told.split(b"\n")[:-1]]
    assert numbers == list(range(done, done + len(numbers)))
    return len(numbers)


def read_until(reading: int, seconds: float) -> bytes:
    """What comes within a time that begins with the first acknowledgement."""
    told = os.read(reading, 1)
    end = monotonic() + seconds
    while (left := end - monotonic()) > 0:
        if select.select([reading], [], [], left)[0]:
            told += os.read(reading, 65536)
    return told


def write_for_ever(path: Path, number: int, telling: int) -> None:
    try:
        ledger = opened(path)
        while True:
            one_command(ledger, number)
            os.write(telling, f"{number}\n".encode())
            number += 1
    finally:
        os._exit(3)


def one_command(ledger: Ledger, number: int) -> tuple[Entry, ...]:
    """One to three entries."""
    return write(ledger, number, *STREAMS[: 1 + number % 3])


def judged(new: list[Entry], done: int, acknowledged: int, tally: Tally) -> int:
    """Hold what is there against what was acknowledged; how many commands there are now."""
    whole = 0
    for number, entries in by_command(new):
        assert number == done + whole, "a command is missing before one that is there"
        parts = [entry.body["part"] for entry in entries]
        if parts != list(range(entries[0].body["of"])):
            tally.halves += 1
        whole += 1
    tally.acknowledged += acknowledged
    tally.lost += max(0, acknowledged - whole)
    tally.unacknowledged += max(0, whole - acknowledged)
    assert tally.lost == 0, "an acknowledged command is not there"
    assert tally.halves == 0, "a command is there by half"
    assert whole - acknowledged in {0, 1}
    return done + whole


def by_command(entries: list[Entry]) -> Iterator[tuple[int, list[Entry]]]:
    grouped: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.stream != "ledger":
            grouped.setdefault(entry.command_id, []).append(entry)
    for command_id, found in grouped.items():
        yield int(command_id.removeprefix("command-")), found


if __name__ == "__main__":
    print(json.dumps(asdict(cycles(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))))
