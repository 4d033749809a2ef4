"""The page of the model names every rule, and every number that code cites stands on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from doseline.plan.failures.second_chances import (
    decided_anew,
    limits_hold_after_the_failure,
    who_is_struck_is_served_again_once,
)
from doseline.plan.long_term.commitments import COMMITTED
from doseline.plan.long_term.tactical import served_each_week
from doseline.plan.model.capacity import SHARING
from doseline.plan.model.constraints import SERVING
from doseline.plan.model.keeping import confirmed_lost, doses_moved, hold_dates
from doseline.plan.model.objective import COSTS

NUMBER = re.compile(r"\b[SPVCOAHWLT]\d+[a-z]?\b")
NEW_PLAN = (hold_dates, confirmed_lost, doses_moved)
SECURE = (who_is_struck_is_served_again_once, limits_hold_after_the_failure, decided_anew)

TACTICAL = (*COMMITTED, served_each_week)


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs/reference/model.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "rule", [*SERVING, *SHARING, *COSTS, *NEW_PLAN, *SECURE, *TACTICAL], ids=lambda r: r.__name__
)
def test_every_rule_stands_on_the_page_under_its_number(rule: object, page: str) -> None:
    name, doc = getattr(rule, "__name__", ""), rule.__doc__ or ""
    numbers = NUMBER.findall(doc)
    assert len(numbers) == 1, f"{name} cites {numbers}"
    row = next(line for line in page.splitlines() if f"`{name}`" in line)
    assert row.startswith(f"| {numbers[0]} |")


def test_every_number_cited_in_code_stands_on_the_page(repository: Path, page: str) -> None:
    known = set(re.findall(r"^(?:\| )?([SPVCOAHWLT]\d+[a-z]?)(?: \||\.)", page, re.MULTILINE))
    cited = {
        number
        for folder in ("plan", "operations")
        for file in (repository / "src/doseline" / folder).glob("*.py")
        for span in re.findall(r"\[[^\]]*model ([^\]]+)\]", file.read_text(encoding="utf-8"))
        for number in NUMBER.findall(span)
    }
    assert cited
    assert cited <= known
