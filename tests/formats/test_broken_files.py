"""Every file of tests/data/broken names line, field and mend; nothing ends in a traceback."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from doseline.errors import Fault, ProgrammeError
from doseline.formats import read_programme
from doseline.formats.file_text import LIMIT_BYTES

BROKEN = Path(__file__).parent.parent / "data" / "broken"
EXPECTED: dict[str, list[list[Any]]] = YAML(typ="safe", pure=True).load(BROKEN / "expected.yaml")


def faults_of(path: Path) -> tuple[Fault, ...]:
    with pytest.raises(ProgrammeError) as refused:
        read_programme(path)
    return refused.value.faults


def test_the_valid_world_that_all_broken_ones_are_made_from_is_sound() -> None:
    assert read_programme(BROKEN / "valid.yaml").name == "a small world"


def test_every_broken_file_says_what_is_expected_of_it() -> None:
    files = {path.name for path in BROKEN.glob("*.yaml")} - {"valid.yaml", "expected.yaml"}
    assert files == set(EXPECTED)
    assert len(files) >= 40


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_broken_file_names_line_field_and_mend_of_every_fault_and_nothing_else(
    name: str,
) -> None:
    faults = faults_of(BROKEN / name)
    for row in EXPECTED[name]:
        file, line, field, mend = row if len(row) == 4 else (name, *row)
        assert any(
            (f.file, f.line, f.field) == (str(BROKEN / file), line, field) and mend in f.message
            for f in faults
        ), f"{row} is not among {[str(f) for f in faults]}"
    assert len(faults) == len(EXPECTED[name])
    assert not any("\n" in str(fault) for fault in faults)


def test_faults_stand_in_the_order_of_the_file() -> None:
    lines = [fault.line for fault in faults_of(BROKEN / "several_faults_at_once.yaml")]
    assert lines == sorted(lines)


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path / "nowhere.yaml")
    assert "there is no such file" in fault.message


def test_a_directory_is_a_fault(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path)
    assert fault.message.startswith("is a directory")


def test_a_name_that_no_file_can_have_is_a_fault() -> None:
    (fault,) = faults_of(Path("a\0b"))
    assert "cannot be read" in fault.message


def test_a_file_that_may_not_be_read_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError

    path = tmp_path / "programme.yaml"
    path.write_text("name: x\n")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    (fault,) = faults_of(path)
    assert "may not be read" in fault.message


def test_a_file_of_ten_megabytes_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"a: b\n" * (2 * LIMIT_BYTES // 5))
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    (fault,) = faults_of(path)
    assert fault.message == "holds 10.0 MB; a file may hold 5 MB"


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text("name: x\nwhy: " + "!" * 1_000_000)
    (fault,) = faults_of(path)
    assert (fault.line, fault.message.split(";")[1]) == (2, " a line may hold 100,000")


def test_a_control_character_is_a_fault_written_plainly_or_escaped(tmp_path: Path) -> None:
    path = tmp_path / "bell.yaml"
    for text in ("name: a\nfrom: \x07\n", 'name: a\nfrom: "\\x07"\n', 'name: a\nfrom: "\\ud800"\n'):
        path.write_text(text)
        (fault,) = faults_of(path)
        assert fault.line == 2
        assert "control character" in fault.message
