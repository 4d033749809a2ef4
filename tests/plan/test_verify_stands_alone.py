"""What verifies a plan imports no solver, neither itself nor by what it imports."""

from __future__ import annotations

import ast
from pathlib import Path

ROOM = Path(__file__).parents[2] / "src" / "doseline"
SOLVERS = {"highspy", "scipy", "ortools", "pyomo", "pulp"}


def imports_of(path: Path) -> set[str]:
    """Every module named in an import, wherever in the file it stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def file_of(module: str) -> Path | None:
    path = ROOM.joinpath(*module.split(".")[1:])
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((f for f in files if f.is_file()), None)


def reached_from(module: str) -> set[str]:
    """All modules that one reaches by imports; a package's own front door is left aside."""
    seen, left = set(), [module]
    while left:
        name = left.pop()
        if name in seen:
            continue
        seen.add(name)
        path = file_of(name) if name.startswith("doseline.") else None
        if path is not None and name != "doseline.plan":
            left += imports_of(path)
    return seen


def test_the_verifier_reaches_no_solver() -> None:
    reached = reached_from("doseline.plan.proof.verify")
    assert "doseline.plan.model.matrix" in reached
    assert "doseline.operations.check_roads" in reached
    assert not SOLVERS & {name.partition(".")[0] for name in reached}
    assert (
        not {"doseline.plan.solving.solve", "doseline.plan.phases", "doseline.plan.plan"} & reached
    )


def test_the_walk_would_find_the_solver() -> None:
    assert "highspy" in reached_from("doseline.plan.plan")
