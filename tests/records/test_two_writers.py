"""Several processes write at once: one history, without a fork."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from doseline.records.verify import verify
from doseline.stores.keys import KeyVerifier
from doseline.stores.sqlite import SqliteStore
from tests.records.ledgers import begun_in, opened
from tests.records.test_killed import environment

WRITER = """
import sys
from pathlib import Path
from doseline.errors import ConflictError
from doseline.records import Draft
from tests.records.ledgers import opened

path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
ledger, written, conflicts = opened(path), 0, 0
print("ready", flush=True)
sys.stdin.readline()
while written < count:
    seen = ledger.next_seq("batch/B-001")
    drafts = [Draft("batch/B-001", "StepDone", {"by": name, "step": written})]
    try:
        ledger.append(drafts, actor=name, role="operator", command_id=f"{name}-{written}",
                      expected={"batch/B-001": seen})
        written += 1
    except ConflictError:
        conflicts += 1
print(conflicts)
"""
COUNT = 60


def test_writers_at_once_make_one_history(tmp_path: Path) -> None:
    path = tmp_path / "a.ledger"
    begun_in(path).close()
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name, str(COUNT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **environment(),
        )
        for name in ("ann", "bob", "cal")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    told = [writer.communicate(timeout=120)[0] for writer in writers]
    assert all(writer.returncode == 0 for writer in writers)
    entries = list(opened(path).entries("batch/B-001"))
    assert [e.stream_seq for e in entries] == list(range(3 * COUNT))
    for name in ("ann", "bob", "cal"):
        assert [e.body["step"] for e in entries if e.actor == name] == list(range(COUNT))
    store = SqliteStore(path, read_only=True)
    found = verify(store, KeyVerifier)
    assert found.sound
    assert found.seals == 3 * COUNT + 1
    turns = sum(a.actor != b.actor for a, b in pairwise(entries))
    collided = sum(int(conflicts) for conflicts in told)
    assert turns > 2 or collided > 0, f"they did not write at once: {told}"
