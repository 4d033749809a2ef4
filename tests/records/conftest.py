"""Folders of the tests of the record lie in memory where the machine has such a place.

What is written is the same, and a killed process or a failed statement cannot tell; only the wait
for the disk, thousands of times, is left out.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

IN_MEMORY = Path("/dev/shm")


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A fresh folder, in memory if it can be."""
    try:
        folder = tempfile.TemporaryDirectory(dir=IN_MEMORY, prefix="doseline-")
    except OSError:
        yield tmp_path
        return
    with folder as name:
        yield Path(name)
