"""A first programme file is sound for whatever is answered, and says what was wrong otherwise."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doseline.errors import InputError
from doseline.formats.new_programme import (
    QUESTIONS,
    Answers,
    answers_from,
    example_files,
    new_programme_text,
)
from doseline.formats.programme_file import read_programme
from doseline.nuclides import nuclide, nuclides

LASTING = [name for name in nuclides() if nuclide(name).half_life_min > 60]
answers = st.builds(
    Answers,
    programme=st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1).filter(
        str.strip
    ),
    product=st.sampled_from(("CLR 131", "Ünïcode", "<product>", "[Lu-177]: x", "123")),
    nuclide=st.none() | st.sampled_from(LASTING),
    dose=st.sampled_from(("15 mCi/m2", "74 MBq/kg", "7.4 GBq", "0.5 MBq")),
    city=st.sampled_from(("Hamilton", "Saint-Denis # 1", "yes")),
    zone=st.sampled_from(("UTC", "Asia/Tokyo")),
    slot=st.sampled_from(("Tue 05:00", "Sunday 23:30", "Monday 00:00", "Sat 12:15")),
    vials=st.integers(1, 40),
    sites=st.integers(1, 5),
    market=st.sampled_from(("US", "eu", "Great Britain")),
    patients_per_month=st.floats(0.1, 500),
    starts_on=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    target=st.sampled_from(("95 %", "0.9")),
    kind=st.sampled_from(("trial", "market")),
)


@given(answers=answers)
@settings(max_examples=60)
def test_the_file_for_any_answers_is_sound(
    tmp_path_factory: pytest.TempPathFactory, answers: Answers
) -> None:
    path = tmp_path_factory.getbasetemp() / "new.yaml"
    path.write_text(new_programme_text(answers), encoding="utf-8")
    programme = read_programme(path)
    assert programme.name == " ".join(answers.programme.split())
    assert [d.id for d in programme.designs] == ["plant_only", "with_backup"]
    assert len(programme.sites) == answers.sites
    assert len(programme.assumptions) == len(programme.inputs)
    assert len(programme.scenarios) == 1


def test_the_defaults_of_the_questions_make_a_programme() -> None:
    assert len(QUESTIONS) <= 14
    assert "Lu-177" in new_programme_text(answers_from({}))


def test_every_answer_that_cannot_be_is_named_at_once() -> None:
    with pytest.raises(InputError) as refused:
        answers_from({"vials": "many", "sites": "2.5", "starts_on": "soon"})
    assert {f.field for f in refused.value.faults} == {"vials", "sites", "starts_on"}
    with pytest.raises(InputError, match="longer than an hour"):
        new_programme_text(answers_from({"nuclide": "Po-212"}))
    with pytest.raises(InputError) as refused:
        new_programme_text(
            answers_from({"dose": "15", "zone": "Nowhere", "slot": "Tusday 05:00", "sites": "0",
                          "nuclide": "Xx-1", "patients_per_month": "0", "city": "", "kind": "x"})
        )  # fmt: skip
    assert {f.field for f in refused.value.faults} == {
        "dose", "zone", "slot", "sites", "nuclide", "patients_per_month", "city", "kind"
    }  # fmt: skip


def test_an_example_that_does_not_exist_is_refused_with_a_near_miss() -> None:
    with pytest.raises(InputError, match="clr13"):
        example_files("clr13")


def test_an_example_is_written_under_the_name_that_is_asked_for() -> None:
    files = example_files("clr131", "mine.yaml")
    assert "mine.yaml" in files
    assert "programme.yaml" not in files
    assert all("extends: programme.yaml" not in text for text in files.values())
