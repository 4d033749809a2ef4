"""Several processes write at once: one history, without a fork."""

import subprocess
import sys
from pathlib import Path

from doseline.records.verify import verify
from doseline.stores.keys import KeyVerifier
from doseline.stores.sqlite import SqliteStore
from tests.records.ledgers import begun_in, opened
from tests.records.test_killed import environment

WRITER = """
import sys
from collections import Counter
from pathlib import Path
from doseline.errors import ConflictError
from doseline.records import Draft
from tests.records.ledgers import opened

path, name, least = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
ledger, seen = opened(path), Counter()
print("ready", flush=True)
sys.stdin.readline()
while min(seen[writer] for writer in sys.argv[4:]) < least:
    step = seen[name]
    drafts = [Draft("batch/B-001", "StepDone", {"by": name, "step": step})]
    try:
        ledger.append(drafts, actor=name, role="operator", command_id=f"{name}-{step}",
                      expected={"batch/B-001": seen.total()})
    except ConflictError:
        pass
    seen.update(e.actor for e in ledger.entries("batch/B-001", seen.total()))
"""
NAMES = ("ann", "bob", "cal")
LEAST = 20
"""Each goes on until all have written so often, so none is done before the last has begun."""


def test_writers_at_once_make_one_history(tmp_path: Path) -> None:
    path = tmp_path / "a.ledger"
    begun_in(path).close()
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name, str(LEAST), *NAMES],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **environment(),
        )
        for name in NAMES
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    entries = list(opened(path).entries("batch/B-001"))
    assert [e.stream_seq for e in entries] == list(range(len(entries)))
    for name in NAMES:
        steps = [e.body["step"] for e in entries if e.actor == name]
        assert steps == list(range(len(steps)))
        assert len(steps) >= LEAST
    found = verify(SqliteStore(path, read_only=True), KeyVerifier)
    assert found.sound
    assert found.seals == len(entries) + 1
