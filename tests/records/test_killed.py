"""A killed writer loses nothing that it acknowledged."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kill -9 needs POSIX")


def environment() -> dict[str, Any]:
    """So that another process finds the tests and the sources that this one uses."""
    root = Path(__file__).resolve().parent.parent.parent
    paths = os.pathsep.join([str(root), *filter(None, sys.path)])
    return {"cwd": root, "env": {**os.environ, "PYTHONPATH": paths}}


def killed(folder: Path, cycles: int, seed: int, timeout: float) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-m", "tests.records.killing", str(folder), str(cycles), str(seed)],
        capture_output=True,
        text=True,
        timeout=timeout,
        **environment(),
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return dict(json.loads(run.stdout))


@pytest.mark.parametrize(("place", "cycles"), [("memory", 200), ("disk", 100)])
def test_three_hundred_killed_writers_lose_nothing(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, place: str, cycles: int
) -> None:
    """In memory most are killed while they compute, on a disk while they wait for it."""
    folder = tmp_path if place == "memory" else tmp_path_factory.mktemp("killed")
    told = killed(folder, cycles, seed=1, timeout=240)
    assert told["cycles"] == cycles
    assert (told["lost"], told["halves"]) == (0, 0)
    assert told["acknowledged"] >= cycles
    assert told["verified"] >= 6
