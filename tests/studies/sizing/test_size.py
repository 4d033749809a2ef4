"""The whole study on a tiny world: the answer, the frontier, the document, the page."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from doseline.formats.results import json_text, write_text_atomically
from doseline.formats.writing import programme_to_text
from doseline.programme.programme import Question
from doseline.report import size_html, write_size_report
from doseline.studies.documents import Document
from doseline.studies.sizing.search import Rules
from doseline.studies.sizing.size import Sizes, size
from doseline.studies.sizing.size_document import size_document, size_study, summary
from doseline.studies.sizing.spans import spans_of
from tests.studies.sizing.cells import cells

RULES = Rules(zone=0.10, first=8, most=400)


@pytest.fixture(scope="module")
def sizes() -> Sizes:
    return size(cells(), rules=RULES, seed=2)


@pytest.fixture(scope="module")
def document(sizes: Sizes) -> Document:
    return size_document(sizes, "cells.yaml", 2, None)


def test_two_cells_are_found_where_one_is_too_few(sizes: Sizes) -> None:
    assert sizes.together.chosen == "plant-2"
    assert sizes.settled


def test_the_document_has_every_stable_field(document: Document) -> None:
    assert {"target", "sufficient", "frontier", "add_capacity_on"} <= document.keys()
    assert document["sufficient"]["kpis"]["otif"].keys() == {"mean", "low", "high"}
    assert document["sufficient"]["design"] == "plant-2"
    for row in document["frontier"]:
        assert {"design", "cost", "otif"} <= row.keys()
        assert row["cost"]["low"] <= row["cost"]["mean"] <= row["cost"]["high"]
    (step,) = document["add_capacity_on"]
    assert (step["period"], step["standing"], step["adds"]) == ("trial", "plant-3", [])
    json.loads(json_text(document))


def test_no_design_of_the_frontier_is_beaten_by_another(sizes: Sizes) -> None:
    for row in sizes.together.frontier:
        for other in sizes.together.designs:
            assert not (other.cost.mean < row.cost.mean and other.otif.mean >= row.otif.mean)


def test_two_workers_find_the_same(document: Document) -> None:
    again = size(cells(), rules=RULES, seed=2, workers=2)
    same = size_document(again, "cells.yaml", 2, None)
    assert {**same, "seconds": 0} == {**document, "seconds": 0}


def test_a_design_without_headroom_is_not_sufficient_whatever_chance_does() -> None:
    few = replace(cells(), target=replace(cells().target, otif_fraction=0.0001))
    busy = replace(few, trials=(replace(few.trials[0], patients=60),))
    busy = replace(busy, trials=(replace(busy.trials[0], enrolment=replace(
        busy.trials[0].enrolment, per_site_month=20.0)),))  # fmt: skip
    found = size(busy, rules=Rules(zone=0.1, first=5, most=20))
    small = next(d for d in found.together.designs if d.candidate.id == "plant-1")
    assert small.headroom < 1.0
    assert small.sufficient is False


def test_where_nothing_is_enough_that_is_what_is_promised() -> None:
    found = size(cells(1, target=0.99), rules=RULES)
    assert found.together.chosen is None
    assert "no design of the grid reaches every target" in found.guarantee
    assert found.steps[0].design is None


def test_the_cheapest_is_asked_for_in_place_of_the_smallest() -> None:
    found = size(cells(target=0.30), rules=RULES, by_cost=True)
    costs = {d.candidate.id: d.cost.mean for d in found.together.designs}
    assert found.together.chosen is not None
    assert costs[found.together.chosen] <= 1.1 * min(costs.values())


def test_an_unknown_question_is_named_with_what_is_near() -> None:
    with pytest.raises(LookupError, match="did you mean trial"):
        size(cells(), questions=["trail"], rules=RULES)


def test_questions_about_overlapping_days_are_played_once() -> None:
    def question(name: str, first: date, last: date) -> Question:
        return Question(name, name, ("trial",), first, last)

    a = question("a", date(2026, 1, 1), date(2026, 12, 31))
    b = question("b", date(2026, 7, 1), date(2027, 6, 30))
    c = question("c", date(2027, 7, 1), date(2027, 12, 31))
    found = spans_of((c, b, a))
    assert [[q.id for q in s.questions] for s in found] == [["a", "b"], ["c"]]
    assert found[0].until_on == date(2027, 6, 30)


def test_the_page_says_what_the_document_says(sizes: Sizes) -> None:
    page = size_html(sizes, cells(), 2)
    assert "the plant: 2 slots a week" in page
    assert sizes.guarantee in page
    assert page.count("<figure") == 1


def test_the_summary_names_the_design_and_the_guarantee(sizes: Sizes) -> None:
    said = summary(sizes, 2)
    assert "the trial: the plant: 2 slots a week" in said
    assert "guarantee: With a probability of 95 %" in said


def test_the_file_and_the_command_agree(tmp_path: Path, sizes: Sizes) -> None:
    file = tmp_path / "cells.yaml"
    write_text_atomically(file, programme_to_text(cells()))
    document, _ = size_study(
        file,
        design=None,
        questions=[],
        rules=RULES,
        by_cost=False,
        seed=2,
        workers=1,
        out=tmp_path / "out",
        progress=lambda what, done, total: None,
        write_report=write_size_report,
    )
    own = size_document(sizes, str(file), 2, document["report"])
    assert {**document, "seconds": 0} == {**own, "seconds": 0}
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "size.json", "size.html", "candidates.csv", "add_capacity_on.csv",
    }  # fmt: skip
