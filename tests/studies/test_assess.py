"""The whole way on the world known by heart: every field of the answer, and the same again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from doseline.formats.results import json_text
from doseline.programme import Programme
from doseline.programme.design import Design, PlantUse
from doseline.programme.scenario import Scenario, Shock
from doseline.report import write_report
from doseline.studies import assess, compare
from doseline.studies.comparison import differences
from doseline.studies.documents import Document, assess_document
from doseline.studies.headroom import period_headroom
from doseline.studies.precision import Precision
from doseline.studies.sufficiency import assess_study
from tests.hand_world import FILE, world


@pytest.fixture(scope="module")
def programme() -> Programme:
    stop = Shock(
        hits="manufacturer",
        targets=("plant",),
        from_on=date(2024, 1, 29),
        until_on=date(2024, 2, 11),
    )
    return replace(
        world(),
        designs=(
            Design("always", "All the time", (PlantUse("plant"),)),
            Design(
                "from_february", "From February", (PlantUse("plant", from_on=date(2024, 2, 1)),)
            ),
        ),
        scenarios=(Scenario("stop", "Two weeks without the plant", (stop,)),),
    )


@pytest.fixture(scope="module")
def document(programme: Programme) -> Document:
    return assess_document(assess(programme, seed=3, replications=4), "world.yaml")


def test_the_document_has_every_stable_field(document: Document) -> None:
    assert {
        "doseline", "command", "programme", "design", "scenario", "seed", "seconds",
        "questions", "designs", "scenarios", "assumptions", "verdict", "report",
    } <= document.keys()  # fmt: skip
    for question in document["questions"]:
        assert {
            "name", "period", "design", "demand", "headroom", "otif", "delayed", "missed",
            "sufficient", "first_shortfall_on",
        } <= question.keys()  # fmt: skip
    assert {q["design"] for q in document["questions"]} == {"always", "from_february"}
    json.loads(json_text(document))


def test_the_same_seed_gives_the_same_answer_on_one_and_two_workers(
    programme: Programme, document: Document
) -> None:
    again = assess_document(assess(programme, seed=3, replications=4, workers=2), "world.yaml")
    assert {**again, "seconds": 0} == {**document, "seconds": 0}


def test_rounds_by_the_kernel_are_the_same_on_one_and_two_workers(programme: Programme) -> None:
    """The one design needs more rounds than the other; the most futures stop neither too early."""
    narrow = Precision(0.06, 300)
    one, two = (
        assess(programme, seed=3, replications=16, workers=workers, quick=True, precision=narrow)
        for workers in (1, 2)
    )
    assert replace(one, seconds=0.0, demand=two.demand) == replace(two, seconds=0.0)
    assert 128 < max(a.futures for a in one.questions) <= 300
    assert any("compiled kernel" in line for line in one.method)


def test_where_the_most_futures_stop_it_the_method_says_so(programme: Programme) -> None:
    found = assess(programme, seed=3, replications=4, quick=True, precision=Precision(0.001, 6))
    assert any("was not reached for 2 of 2 intervals" in line for line in found.method)


def test_another_seed_gives_another_future(programme: Programme, document: Document) -> None:
    other = assess_document(assess(programme, seed=4, replications=4), "world.yaml")
    assert other["questions"] != document["questions"]


def test_headroom_is_what_the_fridays_of_tokyo_allow(programme: Programme) -> None:
    # One infusion on each of the eleven Fridays from 5 January to 15 March, and Reykjavik, which
    # asks for as many, has twelve Wednesdays with two places: 22 doses of the mix.
    room = period_headroom(programme.under("always"), programme.questions)["trial"]
    assert room.multiple * room.expected == pytest.approx(22.0, rel=1e-6)
    assert room.binding == ("site capacity: Tokyo",)


def test_fewer_days_of_supply_give_less_headroom(programme: Programme) -> None:
    full = period_headroom(programme.under("always"), programme.questions)["trial"]
    later = period_headroom(programme.under("from_february"), programme.questions)["trial"]
    assert later.multiple < full.multiple


def test_a_shock_costs_service_and_is_over_some_day(document: Document) -> None:
    (row,) = document["scenarios"]
    assert row["otif"]["mean"] < row["otif_without"]["mean"]
    assert 0 < row["days_to_recover"]["mean"] < 120


def test_designs_are_compared_under_the_same_luck(programme: Programme) -> None:
    same = compare(programme, ["always", "always"], replications=3)
    twins = compare(programme, ["always", "from_february"], replications=4, seed=2)
    gap = next(d for d in differences(twins) if d["kpi"] == "otif")
    assert (gap["a"], gap["b"]) == ("always", "from_february")
    assert gap["mean"] < 0
    assert len(same.results) == 1


def test_an_unknown_design_is_named_with_what_is_near(programme: Programme) -> None:
    with pytest.raises(LookupError, match="did you mean always"):
        compare(programme, ["alway", "from_february"], replications=2)


def test_the_command_leaves_a_report_and_its_rows(tmp_path: Path) -> None:
    document, summary = assess_study(
        FILE,
        design=None,
        replications=4,
        seed=1,
        workers=1,
        out=tmp_path,
        progress=lambda what, done, total: None,
        write_report=write_report,
    )
    assert document["design"] is None
    assert "report.html" in summary
    assert {p.name for p in tmp_path.iterdir()} == {
        "assess.json", "designs.csv", "months.csv", "questions.csv", "ranges.csv", "report.html",
        "scenario_weeks.csv", "scenarios.csv", "suppliers.csv",
    }  # fmt: skip
