"""A fault put into the kernel makes it differ from the reference: the comparison can fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba")


def differing(repository: Path, fault: str) -> int:
    """How many replications differ with a fault in the kernel, run as plain Python."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulate.kernel.uncompiled", fault],
        cwd=repository,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def test_the_kernel_as_plain_python_equals_the_reference(repository: Path) -> None:
    assert differing(repository, "none") == 0


@pytest.mark.parametrize("fault", ["later_again", "more_isotope"])
def test_a_fault_in_the_kernel_is_found(repository: Path, fault: str) -> None:
    assert differing(repository, fault) > 0
