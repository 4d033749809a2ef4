"""Six weeks in the middle of each question of the reference case, planned.

The page docs/guides/planning-clr131.md shows the table; it is made here and held up to date.
`python -m tests.examples.test_clr131_planning` prints it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from doseline.formats import read_programme
from doseline.plan import Status
from doseline.programme import Programme
from doseline.studies.assessment import BoardPlan
from doseline.studies.board import example_weeks

EXAMPLE = Path("examples") / "clr131" / "programme.yaml"
PAGE = Path("docs") / "guides" / "planning-clr131.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
KINDS = {
    "the batches in reach are full": "batches full",
    "batch ": "batches full",
    "no slot": "no slot in time",
    "shelf life": "shelf life",
    "lane": "lane",
    "site": "site",
}
"""How a reason begins, and the column that it is counted in."""


def planned(path: Path = EXAMPLE) -> tuple[Programme, tuple[BoardPlan, ...]]:
    """The reference case and its weeks, as the report of `doseline assess` has them."""
    programme = read_programme(path).under(None)
    return programme, example_weeks(programme, seed=1)


def kind(reason: str) -> str:
    """The column of a reason."""
    return next(column for begins, column in KINDS.items() if reason.startswith(begins))


def rows(programme: Programme, found: tuple[BoardPlan, ...]) -> Iterator[str]:
    columns = list(dict.fromkeys(KINDS.values()))
    yield (
        "| Question | From | Orders | of the question | Met | Moved | Batches | Gap | "
        + " | ".join(f"Unmet: {c}" for c in columns)
        + " |"
    )
    yield "|---|" * 1 + "---|" * (7 + len(columns))
    for question in programme.questions:
        plan = next(p for p in found if question.id in p.questions)
        counts = Counter(kind(u.reason) for u in plan.schedule.unmet)
        own = sum(1 for o in plan.orders if o.protocol in question.protocols)
        yield (
            f"| {question.name} | {plan.from_on} | {len(plan.orders)} | {own} | "
            f"{len(plan.schedule.allocations)} | {len(plan.moved)} | {len(plan.schedule.batches)} "
            f"| {100 * plan.gap:.3f} % | " + " | ".join(str(counts[c]) for c in columns) + " |"
        )


@pytest.fixture(scope="module")
def found(repository: Path) -> tuple[Programme, tuple[BoardPlan, ...]]:
    return planned(repository / EXAMPLE)


def test_every_question_is_planned_to_its_gap_without_a_breach(
    found: tuple[Programme, tuple[BoardPlan, ...]],
) -> None:
    programme, boards = found
    assert sorted(q for b in boards for q in b.questions) == sorted(
        q.id for q in programme.questions
    )
    assert len(boards) == 8, "three years of Europe share their weeks with the United States"
    for board in boards:
        assert board.status == Status.OPTIMAL
        assert board.breaches == 0
        assert board.gap <= 1e-4
        met = len(board.schedule.allocations)
        assert met + len(board.schedule.unmet) == len(board.orders) > 0


def test_every_reason_is_one_that_the_page_explains(
    found: tuple[Programme, tuple[BoardPlan, ...]],
) -> None:
    for board in found[1]:
        for unmet in board.schedule.unmet:
            assert kind(unmet.reason)
        for moved in board.moved:
            assert moved.reason.startswith((*KINDS, "another day of its window costs less"))


def test_the_page_shows_the_table(
    found: tuple[Programme, tuple[BoardPlan, ...]], repository: Path
) -> None:
    page = (repository / PAGE).read_text(encoding="utf-8")
    shown = page[page.index(BEGIN) + len(BEGIN) : page.index(END)].strip().splitlines()
    assert shown == list(rows(*found))


if __name__ == "__main__":
    print("\n".join(rows(*planned())))
