"""The schema says of a file what the reader says; the reference page is up to date."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from doseline.formats import programme_schema, reference_markdown

TESTS = Path(__file__).parent.parent
BEGIN, END = "<!-- tables: made by formats.schema -->\n", "<!-- end of tables -->\n"


def loaded(path: Path) -> Any:
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(k): plain(v) for k, v in value.items()}
        if isinstance(value, list):
            return [plain(v) for v in value]
        return value.isoformat() if isinstance(value, date) else value

    return plain(YAML(typ="safe", pure=True).load(path))


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = programme_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize(
    "file",
    [
        TESTS / "data" / "broken" / "valid.yaml",
        TESTS / "data" / "one_cell_two_sites.yaml",
        *sorted((TESTS.parent / "examples").glob("*/*.yaml")),
    ],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_a_sound_file_keeps_the_schema(validator: Draft202012Validator, file: Path) -> None:
    assert [e.message for e in validator.iter_errors(loaded(file))] == []


@pytest.mark.parametrize(
    "name",
    ["key_misspelt", "choice_misspelt", "capacity_zero", "duration_without_unit",
     "list_expected", "mapping_expected", "nuclide_unknown", "weekday_misspelt",
     "dose_rule_unknown", "range_key_misspelt"],
)  # fmt: skip
def test_an_editor_marks_what_the_reader_refuses(
    validator: Draft202012Validator, name: str
) -> None:
    assert not validator.is_valid(loaded(TESTS / "data" / "broken" / f"{name}.yaml"))


def test_every_key_is_described() -> None:
    for section in programme_schema()["$defs"].values():
        for key, value in section.get("properties", {}).items():
            assert "description" in value or "$ref" in value or key == "value", key


def test_the_reference_page_is_up_to_date(repository: Path) -> None:
    page = (repository / "docs" / "reference" / "programme-file.md").read_text(encoding="utf-8")
    tables = page.split(BEGIN)[1].split(END)[0].strip()
    assert tables == reference_markdown().strip(), (
        "run: python -m tests.formats.test_schema, which writes the tables"
    )


def write_tables(page: Path) -> None:
    head, rest = page.read_text(encoding="utf-8").split(BEGIN)
    tail = rest.split(END)[1]
    page.write_text(f"{head}{BEGIN}\n{reference_markdown()}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    write_tables(TESTS.parent / "docs" / "reference" / "programme-file.md")
