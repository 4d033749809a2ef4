"""Every code and every test that the map of the rules names is there."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "reference" / "rules-map.md").read_text(encoding="utf-8")
CODE = sorted(set(re.findall(r"`(doseline\.[\w.]+)`", PAGE)))
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))


@pytest.mark.parametrize("name", CODE)
def test_the_code_is_there(name: str) -> None:
    try:
        import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        assert hasattr(import_module(module), attribute)


@pytest.mark.parametrize(("path", "test"), TESTS)
def test_the_test_is_there(path: str, test: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert not test or test in {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}


def test_every_clause_names_its_code_its_test_and_how_sure_it_is() -> None:
    rows = [
        row for row in PAGE.splitlines() if re.match(r"\| (21 CFR|10 CFR|49 CFR|EU|ICH|PIC)", row)
    ]
    assert len(rows) > 35
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 5, row
        assert cells[2].startswith("`doseline."), row
        assert cells[3].startswith("`tests/"), row
        assert cells[4] in ("seen", "unverified"), row
