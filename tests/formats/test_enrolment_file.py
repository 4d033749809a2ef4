"""The enrolment of a trial so far from a file: what it means, and every fault with its mend."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from doseline.demand.observed import EnrolmentSoFar
from doseline.errors import Fault, InputError
from doseline.formats import read_programme, rows_text
from doseline.formats.enrolment_file import read_enrolment
from doseline.programme import Programme

DATA = Path(__file__).parent.parent / "data"
BROKEN = DATA / "broken_enrolment"
EXPECTED: dict[str, list[list[Any]]] = YAML(typ="safe", pure=True).load(BROKEN / "expected.yaml")
VALID = (BROKEN / "valid.csv").read_bytes()
OPENED = {"reykjavik": date(2024, 1, 8), "tokyo": date(2024, 1, 15)}


@pytest.fixture(scope="module")
def programme() -> Programme:
    return read_programme(DATA / "broken_orders" / "programme.yaml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("enrolment")


def read(folder: Path, programme: Programme, text: str | bytes) -> EnrolmentSoFar:
    path = folder / "enrolment.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
    return read_enrolment(path, programme, "trial")


def test_every_broken_file_says_what_is_expected_of_it() -> None:
    files = {path.name for path in BROKEN.glob("*.csv")} - {"valid.csv"}
    assert files == set(EXPECTED)
    assert len(files) >= 8


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_broken_file_names_line_column_and_mend_of_every_fault_and_nothing_else(
    programme: Programme, name: str
) -> None:
    with pytest.raises(InputError) as refused:
        read_enrolment(BROKEN / name, programme, "trial")
    faults = refused.value.faults
    for line, column, mend in EXPECTED[name]:
        assert any(
            (f.file, f.line, f.field) == (str(BROKEN / name), line, column) and mend in f.message
            for f in faults
        ), f"{line, column, mend} is not among {[str(f) for f in faults]}"
    assert len(faults) == len(EXPECTED[name])


def test_rows_in_any_order_are_the_enrolment_so_far(programme: Programme) -> None:
    assert read_enrolment(BROKEN / "valid.csv", programme, "trial") == EnrolmentSoFar(
        cut_on=date(2024, 2, 1),
        opened=OPENED,
        enrolled=(
            ("reykjavik", date(2024, 1, 16)),
            ("reykjavik", date(2024, 1, 16)),
            ("tokyo", date(2024, 1, 26)),
            ("tokyo", date(2024, 1, 26)),
        ),
    )


def test_without_a_cut_the_last_day_in_the_file_is_the_cut(
    folder: Path, programme: Programme
) -> None:
    rows = "event,site,on\nenrolled,tokyo,2024-01-26\nopened,tokyo,2024-01-15\n"
    assert read(folder, programme, rows).cut_on == date(2024, 1, 26)


def test_what_happened_on_the_day_of_the_cut_and_of_the_opening_counts(
    folder: Path, programme: Programme
) -> None:
    rows = "event,site,on\nopened,tokyo,2024-01-15\nenrolled,tokyo,2024-01-15\ncut,,2024-01-15\n"
    assert read(folder, programme, rows).patients == 1


def test_a_trial_in_which_nothing_happened_yet_has_a_cut_only(
    folder: Path, programme: Programme
) -> None:
    found = read(folder, programme, "event,site,on\ncut,,2024-01-15\n")
    assert found == EnrolmentSoFar(date(2024, 1, 15), {}, ())


def test_an_opening_whose_day_is_faulty_is_still_known_to_stand_there(
    folder: Path, programme: Programme
) -> None:
    rows = "event,site,on\nopened,tokyo,15.1.2024\nenrolled,tokyo,2024-01-26\n"
    with pytest.raises(InputError) as refused:
        read(folder, programme, rows)
    assert [(f.line, f.field) for f in refused.value.faults] == [(2, "on")]


def test_an_unknown_trial_is_refused_with_the_near_miss(programme: Programme) -> None:
    with pytest.raises(InputError, match=r"did you mean trial\?"):
        read_enrolment(BROKEN / "valid.csv", programme, "trail")


@st.composite
def enrolments(draw: st.DrawFn) -> EnrolmentSoFar:
    day = st.dates(date(2024, 1, 1), date(2024, 3, 1))
    opened = draw(st.dictionaries(st.sampled_from(["reykjavik", "tokyo"]), day))
    enrolled = []
    for site, begun in opened.items():
        days = draw(st.lists(st.dates(begun, date(2024, 3, 1)), max_size=5))
        enrolled += [(site, on) for on in days]
    cut = draw(st.dates(date(2024, 3, 1), date(2025, 1, 1)))
    return EnrolmentSoFar(cut, opened, tuple(sorted(enrolled, key=lambda e: (e[1], e[0]))))


@given(seen=enrolments(), order=st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_an_enrolment_that_was_written_in_any_order_is_read_back(
    folder: Path, programme: Programme, seen: EnrolmentSoFar, order: Any
) -> None:
    rows = [{"event": "opened", "site": s, "on": on} for s, on in seen.opened.items()]
    rows += [{"event": "enrolled", "site": s, "on": on} for s, on in seen.enrolled]
    rows += [{"event": "cut", "site": "", "on": seen.cut_on}]
    order.shuffle(rows)
    assert read(folder, programme, rows_text(rows)) == seen


@given(data=st.data())
@settings(max_examples=150)
def test_a_sound_file_with_a_few_places_overwritten_is_read_or_refused_plainly(
    folder: Path, programme: Programme, data: st.DataObject
) -> None:
    changed = bytearray(VALID)
    pieces = [b",", b"\n", b'"', b"cut", b"tokyo", b"opened", b"0", b"9", b"2024-01-01"]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed)))
        length = data.draw(st.integers(0, 12))
        piece = data.draw(st.sampled_from(pieces) | st.text(max_size=3).map(str.encode))
        changed[at : at + length] = piece
    faults: tuple[Fault, ...] | None = None
    try:
        read(folder, programme, bytes(changed))
    except InputError as error:
        faults = error.faults
    assert faults is None or faults
    assert not any("\n" in str(fault) for fault in faults or ())


@given(text=st.text(max_size=60))
def test_no_text_raises_anything_but_an_input_error(
    folder: Path, programme: Programme, text: str
) -> None:
    with pytest.raises(InputError):
        read(folder, programme, text)
