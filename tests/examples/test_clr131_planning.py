"""Six weeks in the middle of each question of the reference case, planned.

The page docs/guides/planning-clr131.md shows the table; it is made here and held up to date.
`python -m tests.examples.test_clr131_planning` prints it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from doseline.formats import read_programme
from doseline.plan import Plan, Status, plan
from doseline.programme.programme import Question
from doseline.studies.board import sample

EXAMPLE = Path("examples") / "clr131" / "programme.yaml"
PAGE = Path("docs") / "guides" / "planning-clr131.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
WEEKS = 6
KINDS = {
    "the batches in reach are full": "batches full",
    "batch ": "batches full",
    "no slot": "no slot in time",
    "shelf life": "shelf life",
    "lane": "lane",
    "site": "site",
}
"""How a reason begins, and the column that it is counted in."""


@dataclass(frozen=True)
class Period:
    """A question, the first of its weeks, the orders that belong to it, and the plan of all."""

    question: Question
    from_on: date
    own: int
    plan: Plan


def middle(question: Question) -> date:
    """The Monday in the middle of a question."""
    day = question.from_on + (question.until_on - question.from_on) // 2
    return day - timedelta(days=day.weekday())


def periods(path: Path = EXAMPLE) -> Iterator[Period]:
    """The plan of each question, for one sample of the orders of all protocols together."""
    programme = read_programme(path).under(None)
    every = sample(programme, seed=1)
    for question in programme.questions:
        first = middle(question)
        last = first + timedelta(weeks=WEEKS, days=-1)
        wanted = [o for o in every if first <= o.wanted_on <= last]
        found = plan(programme, wanted, from_on=first, until_on=last)
        own = sum(1 for o in wanted if o.protocol in question.protocols)
        yield Period(question, first, own, found)


def kind(reason: str) -> str:
    """The column of a reason."""
    return next(column for begins, column in KINDS.items() if reason.startswith(begins))


def rows(found: list[Period]) -> Iterator[str]:
    columns = list(dict.fromkeys(KINDS.values()))
    yield (
        "| Question | From | Orders | of the question | Met | Moved | Batches | Gap | "
        + " | ".join(f"Unmet: {c}" for c in columns)
        + " |"
    )
    yield "|---|" * 1 + "---|" * (7 + len(columns))
    for p in found:
        counts = Counter(kind(u.reason) for u in p.plan.unmet)
        yield (
            f"| {p.question.name} | {p.from_on} | {p.plan.orders} | {p.own} | {p.plan.met} | "
            f"{len(p.plan.shifted)} | {len(p.plan.schedule.batches)} | {100 * p.plan.gap:.3f} % | "
            + " | ".join(str(counts[c]) for c in columns)
            + " |"
        )


@pytest.fixture(scope="module")
def found(repository: Path) -> list[Period]:
    return list(periods(repository / EXAMPLE))


def test_every_question_is_planned_to_its_gap_without_a_breach(found: list[Period]) -> None:
    assert len(found) == 11
    for period in found:
        assert period.plan.status is Status.OPTIMAL
        assert period.plan.breaches == ()
        assert period.plan.gap <= 1e-4
        assert period.plan.met + len(period.plan.unmet) == period.plan.orders > 0


def test_every_reason_is_one_that_the_page_explains(found: list[Period]) -> None:
    for period in found:
        for unmet in period.plan.unmet:
            assert kind(unmet.reason)
        for moved in period.plan.shifted:
            assert moved.reason.startswith((*KINDS, "another day of its window costs less"))


def test_the_page_shows_the_table(found: list[Period], repository: Path) -> None:
    page = (repository / PAGE).read_text(encoding="utf-8")
    shown = page[page.index(BEGIN) + len(BEGIN) : page.index(END)].strip().splitlines()
    assert shown == list(rows(found))


if __name__ == "__main__":
    print("\n".join(rows(list(periods()))))
