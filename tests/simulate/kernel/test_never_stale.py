"""What was compiled before is taken only while every source is as it was."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba")

import numba

from doseline.chance import stable_hash
from doseline.simulate.kernel import compiling, draws, rules

INNER = """
from doseline.simulate.kernel.compiling import compiled

@compiled
def step(x):
    return x + {}
"""
OUTER = """
from functools import partial
from pathlib import Path
from typing import Any
from doseline.simulate.kernel.compiling import kept
from inner import step

@partial(kept, files=[Path("inner.py"), Path("outer.py")])
def way_in(x):
    return step(x)

print(way_in(1), sum(way_in.stats.cache_hits.values()))
"""


def test_a_change_in_another_file_is_compiled_anew(tmp_path: Path) -> None:
    def found(number: int) -> str:
        (tmp_path / "inner.py").write_text(INNER.format(number))
        (tmp_path / "outer.py").write_text(OUTER)
        paths = [str(tmp_path), str(Path(compiling.__file__).parents[3])]
        done = subprocess.run(
            [sys.executable, "-B", "outer.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    assert found(1) == "2 0"
    assert found(1) == "2 1"
    assert found(100) == "101 0"


def test_the_stamp_covers_the_kernel_and_every_rule_that_it_compiles() -> None:
    files = set(compiling.sources())
    assert set(Path(compiling.__file__).parent.glob("*.py")) <= files
    assert {Path(rule.__code__.co_filename) for rule in rules.COMPILED} <= files


def test_the_stamp_tells_one_content_from_another(tmp_path: Path) -> None:
    file = tmp_path / "rule.py"
    file.write_text("x = 1")
    before = compiling.stamp_of([file])
    file.write_text("x = 2")
    assert compiling.stamp_of([file]) != before


@numba.njit  # type: ignore[untyped-decorator]
def hashed(block: Any, length: int) -> int:
    return draws.block_hash(block, length)


@pytest.mark.parametrize("name", ["P1/1", "protocol/site-0/12/3.2~4", "Größe/7", "x" * 120])
def test_a_name_is_hashed_as_everywhere(name: str) -> None:
    letters = name.encode()
    block = np.frombuffer(letters.ljust(128, b"\0"), np.uint64)
    assert hashed(block, len(letters)) == stable_hash(name)
