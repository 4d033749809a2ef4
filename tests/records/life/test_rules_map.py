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


CLAUSES = """
21 CFR: 11.10(a) 11.10(b) 11.10(c) 11.10(d) 11.10(e) 11.10(f) 11.10(h) 11.10(i) 11.10(k) 11.30
11.50 11.70 11.100(a) 11.100(b) 11.100(c) 11.200(a)(1) 11.200(a)(3) 11.300(a) 11.300(b) 11.300(c)
11.300(d) 211.22 211.68(a) 211.80 211.84 211.100 211.101(c) 211.101(d) 211.103 211.110 211.111
211.125 211.130 211.137 211.142 211.150 211.165(a) 211.180(a) 211.180(e) 211.182 211.184 211.186
211.188 211.192 211.194(a) 211.196 211.198 211.204 211.208 212.70 212.71 212.90 212.110
EU: §4 §5 §6 §7.1 §7.2 §8.2 §9 §10 §11 §12 §14 §15 §16 §17 draft §2 §29 C(2017)8179 §1.6 §3 Chapter
ICH: 3.15.3(c) 4.2.1 (2024) 041-1 GAMP CSA
10 CFR: 30.32(i) 30.34 30.41(c) 30.51 30.72 20.1801 20.1904 20.1905 20.1906 20.2103 20.2108 20.2201
32.72(a)(4) 35.40 35.63 35.69 35.92 35.2063 35.3045 71.89
49 CFR: 172.200 172.204 172.403 172.604 173.403 173.412 173.415 173.433 173.443 173.475 175.700
DSCSA
"""
"""Every clause that bears on the record, whether it is kept or not."""


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
    kept = PAGE.partition("## What is not kept")[0]
    rows = [
        row for row in kept.splitlines() if re.match(r"\| (21 CFR|10 CFR|49 CFR|EU|ICH|PIC)", row)
    ]
    assert len(rows) > 65
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 5, row
        assert cells[2].startswith("`doseline."), row
        assert cells[3].startswith("`tests/"), row
        assert cells[4] in ("seen", "unverified"), row


def test_every_clause_is_kept_or_said_not_to_be() -> None:
    told = "\n".join(row.split("|")[1] for row in PAGE.splitlines() if row.startswith("| "))
    wanted = [word for word in CLAUSES.split() if not re.fullmatch(r"[A-Z]+:|CFR:|\d\d", word)]
    assert len(wanted) > 95
    lost = [x for x in wanted if not re.search(rf"(?<![\d.]){re.escape(x)}(?!\d)", told)]
    assert lost == []
