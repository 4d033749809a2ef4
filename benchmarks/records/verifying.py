"""How fast a ledger is verified, part by part, against the bare hashes of the same bytes.

Run from the root of the repository: python -m benchmarks.records.verifying [ENTRIES]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import process_time

from doseline.records import Draft, Founding, Ledger
from doseline.records.entry import Entry, leaf_bytes, leaf_of_row
from doseline.records.merkle import Frontier
from doseline.records.verify import verify
from doseline.stores.keys import KeySigner, KeyVerifier
from doseline.stores.sqlite import SqliteStore

PER_COMMAND = 50
"""Few commands, so that making the ledger does not take longer than measuring it."""


def made(path: Path, count: int, per_command: int) -> Ledger:
    """A ledger of vials and readings, as a plant writes them."""
    signer = KeySigner.from_seed("plant.example", bytes(32))
    ledger = Ledger.begin(
        SqliteStore.create(path),
        lambda: datetime(2016, 11, 28, 14, tzinfo=UTC),
        signer,
        Founding("plant.example/benchmark", "us-211"),
        actor="ann",
        role="system",
    )
    for command in range(count // per_command):
        batch = f"batch/B-{command // 20:05}"
        drafts = [
            Draft(
                batch,
                "ReadingTaken",
                {"test": "radiochemical_purity", "value_ppm": 985_000 + n, "instrument": "HPLC-2",
                 "calibrated_until": "2017-03-01", "sample": f"{batch}/S-{n}"},
                occurred_at="2016-11-28T13:58:00.000000Z",
            )
            for n in range(per_command)
        ]  # fmt: skip
        ledger.append(
            drafts,
            actor="ann",
            role="analyst",
            command_id=f"6f1c2a4e-{command:08}",
            expected={batch: ledger.next_seq(batch)},
        )
    return ledger


def rate(count: int, job: Callable[[], object], times: int = 3) -> float:
    """Entries a second of processor time, the best of some runs."""
    least = min(_seconds(job) for _ in range(times))
    return count / least


def _seconds(job: Callable[[], object]) -> float:
    began = process_time()
    job()
    return process_time() - began


def main(count: int) -> None:
    """Print a line for each part."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.ledger"
        made(path, count, PER_COMMAND).close()
        store = SqliteStore(path, read_only=True)
        rows = list(store.raw())
        contents = [b"\x00" + leaf_bytes(*row[:12]) for row in rows]
        size = sum(map(len, contents)) / len(contents)
        nodes = [bytes(65)] * len(rows)

        def bare() -> None:
            for content in contents:
                sha256(content).digest()
            for node in nodes:
                sha256(node).digest()

        def hashes() -> None:
            edge = Frontier()
            for row in rows:
                leaf = leaf_of_row(row)
                assert leaf == row[12]
                edge.append(leaf)
            edge.root()

        told = {
            "bare SHA-256 of a leaf and a node": bare,
            "hash and Merkle tree, from rows": hashes,
            "rows read from the file": lambda: list(store.raw()),
            "all of `verify`": lambda: verify(store, KeyVerifier),
            "entries read and folded (count by stream)": lambda: folded(store),
        }
        print(f"{len(rows):,} entries of {size:.0f} bytes, {PER_COMMAND} a command")
        for name, job in told.items():
            print(f"{name:45} {rate(len(rows), job):>10,.0f} entries/s")
        signature_rate()


def folded(store: SqliteStore) -> dict[str, int]:
    counted: dict[str, int] = {}
    entry: Entry
    for entry in store.entries():
        if entry.body:
            counted[entry.stream] = counted.get(entry.stream, 0) + 1
    return counted


def signature_rate() -> None:
    """Every command has a seal, so its signature comes on top."""
    signer = KeySigner.from_seed("plant.example", bytes(32))
    signature = signer.sign(b"message")
    many = 500
    print(
        f"{'signatures of seals':45} "
        f"{rate(many, lambda: [signer.verify(b'message', signature) for _ in range(many)]):>10,.0f}"
        " commands/s"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
