"""Each input over its range: what is moved together, what cannot matter, what moves the verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from doseline.formats import read_programme
from doseline.programme import Programme
from doseline.studies.crew import Crew
from doseline.studies.ranges.found import Effect, Sensitivity
from doseline.studies.ranges.groups import UPTAKE, at_end, ranges, unstated
from doseline.studies.ranges.sensitivity import one_question, sensitivity
from doseline.studies.ranges.standing import CHANCE_ONLY, Stripped, as_planned, as_served
from doseline.studies.runs import Play
from tests.hand_world import FILE


def ranged(value: str, low: str, high: str) -> str:
    return f"{{value: {value}, low: {low}, high: {high}, basis: assumption}}"


RANGES = {
    "vials_max: 2": f"vials_max: {ranged('2', '1', '4')}",
    "offer_per_week: 5 GBq": f"offer_per_week: {ranged('5 GBq', '0.1 GBq', '9 GBq')}",
    "price: 1 USD/MBq": f"price: {ranged('1 USD/MBq', '1 USD/MBq', '3 USD/MBq')}",
    "target: {otif: 90 %}": f"target: {{otif: {ranged('90 %', '1 %', '99 %')}}}",
    "turnaround: 36 h": f"turnaround: 36 h\n        changeover: {ranged('1 h', '0 h', '2 h')}",
    "samples: 20 %": "samples: {value: 20 %, basis: assumption}",
}


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    text = FILE.read_text(encoding="utf-8")
    for plain, ranged in RANGES.items():
        assert plain in text
        text = text.replace(plain, ranged, 1)
    file: Path = tmp_path_factory.mktemp("ranges") / "world.yaml"
    file.write_text(text, encoding="utf-8")
    return read_programme(file)


@pytest.fixture(scope="module")
def found(programme: Programme) -> Sensitivity:
    (one,) = sensitivity(programme, replications=6, seed=2)
    return one


def effect(of: Sensitivity, name: str) -> Effect:
    return next(e for e in of.effects if e.range.id == name)


def test_every_input_with_a_range_is_moved(programme: Programme) -> None:
    assert {r.id for r in ranges(programme)} == {
        "manufacturers.lines.vials_max",
        "sources.offer_per_week", "sources.price", "target.otif", "manufacturers.lines.changeover",
    }  # fmt: skip


def test_assumed_inputs_without_a_range_are_counted(found: Sensitivity) -> None:
    assert [(u.section, u.inputs) for u in found.unstated] == [("products", 1)]


def test_the_ends_are_what_the_file_says(programme: Programme) -> None:
    one = next(r for r in ranges(programme) if r.id == "manufacturers.lines.vials_max")
    low, _ = at_end(programme, one, "low")
    high, _ = at_end(programme, one, "high")
    assert low.manufacturers[0].lines[0].vials_max == 1
    assert high.manufacturers[0].lines[0].vials_max == 4


def test_less_isotope_gives_less_service_and_less_headroom(found: Sensitivity) -> None:
    scarce = effect(found, "sources.offer_per_week").low
    assert scarce.otif_change.mean < 0.0
    assert scarce.headroom is not None
    assert found.base.headroom is not None
    assert scarce.headroom < found.base.headroom


def test_a_headroom_on_which_no_verdict_hangs_can_be_left_out(
    programme: Programme, found: Sensitivity
) -> None:
    """The verdicts are those with every headroom; where OTIF is not short there is one."""
    with Crew(programme, 1) as crew:
        question = programme.questions[0]
        few = one_question(crew, None, question, Play(2, 6), every_headroom=False)
    for mine in few.effects:
        every = effect(found, mine.range.id)
        for own, full in ((mine.low, every.low), (mine.high, every.high)):
            assert own.sufficient is full.sufficient
            assert own.otif == full.otif
            if own.headroom is None:
                assert full.sufficient is False
            else:
                assert own.headroom == full.headroom
    assert any(e.low.headroom is None for e in few.effects)


def test_a_price_changes_the_cost_alone(found: Sensitivity) -> None:
    dear = effect(found, "sources.price").high
    assert dear.otif_change.mean == 0.0
    assert dear.headroom == found.base.headroom
    assert dear.cost_change.mean > 0.0
    assert dear.cost_change.low > 0.0


def test_a_target_moves_the_verdict_and_nothing_else(found: Sensitivity) -> None:
    asked = effect(found, "target.otif")
    assert asked.moves
    assert asked.low.sufficient is True
    assert asked.low.otif == found.base.otif
    assert not asked.low.changes


def test_the_largest_swing_comes_first(found: Sensitivity) -> None:
    swings = [e.swing for e in found.effects]
    assert swings == sorted(swings, reverse=True)
    assert found.effects[0].range.id in ("sources.offer_per_week", "manufacturers.lines.vials_max")


def test_an_unknown_question_is_refused(programme: Programme) -> None:
    with pytest.raises(LookupError, match="no question 'x'"):
        sensitivity(programme, questions=["x"], replications=2)


# -- the reference case -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reference(repository: Path) -> Programme:
    return read_programme(repository / "examples" / "clr131" / "programme.yaml")


def test_alike_inputs_of_the_reference_case_are_one_row(reference: Programme) -> None:
    rows = {r.id: r for r in ranges(reference)}
    assert len(rows["lanes.cost"].fields) == 40
    assert len(rows["sources.lock"].fields) == 5
    assert rows["sources.lock"].alike
    assert not rows["lanes.cost"].alike
    assert 25 <= len(rows) <= 60


def test_the_uptake_of_all_markets_is_one_range(reference: Programme) -> None:
    one = next(r for r in ranges(reference) if r.id == UPTAKE)
    assert (one.low, one.value, one.high) == ("low", "base", "high")
    high, _ = at_end(reference, one, "high")
    assert {q.case for q in high.questions if q.id != "pivotal"} == {"high"}


def test_what_cannot_be_moved_alone_is_said(reference: Programme) -> None:
    one = next(r for r in ranges(reference) if r.id == "manufacturers.learning.floor")
    _, stuck = at_end(reference, one, "high")
    assert len(stuck) == 1
    assert "manufacturers[0].learning.floor at 9 %" in stuck[0]


def test_every_assumed_input_is_in_a_range_or_counted_without_one(reference: Programme) -> None:
    ranged = {f for r in ranges(reference) for f in r.fields}
    counted = sum(u.inputs for u in unstated(reference))
    own = [i for i in reference.assumptions if i.field in ranged]
    assert len(own) + counted == len(reference.assumptions)


def test_chance_and_money_have_no_part_in_what_is_planned(reference: Programme) -> None:
    planned: Stripped = {}
    served: Stripped = {}
    for name in ("carriers.day_delay", "manufacturers.learning.floor", "contracts.batch_fee"):
        one = next(r for r in ranges(reference) if r.id == name)
        moved, _ = at_end(reference, one, "low")
        assert as_planned(moved, planned) == as_planned(moved) == as_planned(reference)
        assert as_served(moved, served) == as_served(moved) != as_served(reference)


def test_the_planner_never_reads_what_is_taken_for_chance_alone(repository: Path) -> None:
    """Else a range would be given the headroom of the base, which is not its own."""
    rooms = [*(repository / "src/doseline/operations").glob("*.py")]
    rooms += (repository / "src/doseline/demand").glob("expected*.py")
    rooms += (repository / "src/doseline/plan").glob("*.py")
    text = "\n".join(
        p.read_text(encoding="utf-8")
        for p in rooms
        if p.stem not in ("audit", "contingencies", "roadblocks", "events")
    )
    common = {"chance", "repeat", "delay", "transit", "failures"}  # words of other things too
    names = {n for own in CHANCE_ONLY.values() for n in own} - common
    assert [n for n in sorted(names) if f".{n}" in text] == []
