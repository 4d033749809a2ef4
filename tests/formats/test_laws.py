"""Laws of reading and writing, tried on random files and random programmes."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from doseline.errors import Fault, ProgrammeError
from doseline.formats import programme_to_text, read_programme
from doseline.programme import Programme
from tests.strategies import small_programmes

BROKEN = Path(__file__).parent.parent / "data" / "broken"
VALID = (BROKEN / "valid.yaml").read_bytes()
PIECES = [
    "- ", "? ", ": ", "[", "]", "{", "}", ",", "|", ">", "&a ", "*a", "!!map ", "!x ", "---\n",
    "%YAML 1.1\n", "...\n", "#", '"', "'", "\n", "  ", "\t", "\\", "<<: ", "~", "null", ".nan",
    "-.inf", "0x1F", "1e999", "name: ", "sites: ", "id", "value: ", "basis: ", "extends: ",
    "\u2028", "é", "@",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("laws")


def refused_or_read(folder: Path, data: bytes) -> None:
    path = folder / "programme.yaml"
    path.write_bytes(data)
    faults: tuple[Fault, ...] | None = None
    try:
        read_programme(path)
    except ProgrammeError as error:
        faults = error.faults
    assert faults is None or faults
    assert not any("\n" in str(fault) for fault in faults or ())


@given(data=st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_programme_error(folder: Path, data: bytes) -> None:
    refused_or_read(folder, data)


@given(text=st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=40).map("".join))
@example(text="? [a]: b")
@example(text="a: &a [*a]")
@example(text="value: x")
@example(text="extends: [a]\nbasis: {a: b}\nsites: {value: {value: {}}}")
@settings(max_examples=300)
def test_no_text_raises_anything_but_a_programme_error(folder: Path, text: str) -> None:
    refused_or_read(folder, text.encode("utf-8", "replace"))


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_a_sound_file_with_a_few_places_overwritten_is_read_or_refused_plainly(
    folder: Path, data: st.DataObject
) -> None:
    changed = bytearray(VALID)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed)))
        length = data.draw(st.integers(0, 12))
        piece = data.draw(st.sampled_from(PIECES) | st.text(max_size=3))
        changed[at : at + length] = piece.encode("utf-8", "replace")
    refused_or_read(folder, bytes(changed))


@given(data=st.data())
@settings(max_examples=150)
def test_a_sound_file_with_one_value_exchanged_is_read_or_refused_plainly(
    folder: Path, data: st.DataObject
) -> None:
    lines = VALID.decode().split("\n")
    n = data.draw(st.integers(0, len(lines) - 1))
    key, colon, _ = lines[n].partition(": ")
    value = data.draw(
        st.sampled_from(
            ["", "~", "0", "-1", "1e99", "9" * 99, "[]", "{}", "[[]]", "{a: b}", "{value: }",
             "{value: [1, {}]}", "{value: 1, low: {}, high: []}", "{value: 1 h, basis: []}",
             "yes", "2026-02-30", "10000-01-01", "Tri(1,2,3) h", "24:00", "Sunday 24:00", "./."]
        )
    )  # fmt: skip
    lines[n] = key + colon + value
    refused_or_read(folder, "\n".join(lines).encode())


@given(programme=small_programmes())
@settings(max_examples=50)
def test_a_programme_written_and_read_is_the_same(folder: Path, programme: Programme) -> None:
    path = folder / "written.yaml"
    path.write_text(programme_to_text(programme), encoding="utf-8")
    read = read_programme(path)
    assert replace(read, inputs=(), file="") == programme


def test_a_written_programme_keeps_the_basis_of_every_number(folder: Path) -> None:
    programme = read_programme(BROKEN / "valid.yaml")
    path = folder / "written.yaml"
    path.write_text(programme_to_text(programme), encoding="utf-8")
    assert replace(read_programme(path), file=programme.file) == programme
