"""What is quick stays quick, and what must be validated stays small."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parent.parent / "src" / "doseline"

HEAVY = {
    "altair", "duckdb", "highspy", "matplotlib", "numba", "pandas", "pyarrow", "scipy", "simpy",
    "vl_convert",
}  # fmt: skip

HELP = "import sys; sys.argv = ['doseline', '--help']; from doseline.cli import main; main()"

MODULES_AFTER_HELP = """
import json, sys
sys.argv = ["doseline", "--help"]
from doseline.cli import main
try:
    code = main()
except SystemExit as leaving:
    code = leaving.code
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def test_help_imports_no_solver_no_compiler_and_no_plotting() -> None:
    run = subprocess.run(
        [sys.executable, "-c", MODULES_AFTER_HELP], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    code, modules = json.loads(run.stdout.splitlines()[-1])
    assert code in (0, None)
    assert "doseline" in modules
    assert HEAVY & set(modules) == set()


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="processor time of a child needs POSIX")
def test_help_takes_at_most_ten_bare_interpreter_starts() -> None:
    """Processor time, least of several, so that a busy machine does not decide."""
    bare, helped = [], []
    for _ in range(7):
        bare.append(processor_seconds("pass"))
        helped.append(processor_seconds(HELP))
    assert min(helped) <= 10 * min(bare), f"{min(helped):.3f} s against {min(bare):.3f} s"


def processor_seconds(code: str) -> float:
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("room", ["programme", "operations", "records"])
def test_the_validated_part_needs_only_the_standard_library(room: str) -> None:
    """Rule 4 of HOUSE.md; a room that is not made yet has nothing to import."""
    foreign = {
        f"{path.relative_to(SOURCES)} imports {name}"
        for path in sorted((SOURCES / room).rglob("*.py"))
        for name in top_level_imports(path)
        if name != "doseline" and name not in sys.stdlib_module_names
    }
    assert foreign == set()


def test_the_first_floor_is_there_to_be_judged() -> None:
    for room in ("programme", "operations"):
        assert list((SOURCES / room).rglob("*.py")), f"{room}/ holds no Python file"


def top_level_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]
