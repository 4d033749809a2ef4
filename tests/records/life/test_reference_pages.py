"""Every command with its options, and every fact with its body, has its entry in the reference."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from doseline.records.commands import COMMANDS
from doseline.records.facts import KINDS
from doseline.records.words import fields_of

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference"
COMMANDS_PAGE = (REFERENCE / "record-commands.md").read_text(encoding="utf-8")
FACTS_PAGE = (REFERENCE / "record-facts.md").read_text(encoding="utf-8")
SECTIONS = dict(
    re.findall(r"^### `doseline record ([\w-]+)`\n(.*?)(?=^##|\Z)", COMMANDS_PAGE, re.M | re.S)
)
ALWAYS = {"store", "by", "secret_file", "new_secret_file", "at", "reason", "clock", "command_id"}


def registered() -> dict[str, set[str]]:
    """Every command of `doseline record` with its options, as the command line has them."""
    import typer

    from doseline.cli import app

    group = typer.main.get_command(app).commands["record"]  # type: ignore[attr-defined]
    context = typer.Context(group)
    return {
        name: {o for p in group.get_command(context, name).params for o in p.opts if o[:2] == "--"}
        for name in group.list_commands(context)
    }


def test_every_command_has_its_section_and_every_section_its_command() -> None:
    assert set(SECTIONS) == set(registered())


def test_every_option_has_its_entry() -> None:
    common = {"--" + name.replace("_", "-") for name in ALWAYS}
    for name, options in registered().items():
        told = set(re.findall(r"^\| `(--[\w-]+)`", SECTIONS[name], re.M))
        wanted = options - {"--help"}
        assert wanted - told - (common if name in COMMANDS else set()) == set(), name


@pytest.mark.parametrize("name", COMMANDS)
def test_a_section_says_what_the_code_says(name: str) -> None:
    """Help, roles, signature and the options of the request, none too many."""
    command, section = COMMANDS[name], SECTIONS[name]
    assert command.help in section
    assert ("Signed." in section) == command.signed
    told = set(re.findall(r"^\| `(--[\w-]+)`", section, re.M))
    assert told == {field.option for field in fields_of(command.request)}
    by = "everybody but the administrator" if len(command.roles) >= 9 else ", ".join(command.roles)
    assert f"By: {by}." in section


@pytest.mark.parametrize("kind", KINDS)
def test_every_fact_has_its_entry_with_its_body(kind: str) -> None:
    row = re.search(rf"^\| `{kind}` \| (.*?) \| (.*) \|$", FACTS_PAGE, re.M)
    assert row is not None
    assert re.findall(r"`(\w+)`", row[1]) == [field.name for field in fields(KINDS[kind])]
    assert row[2] == " ".join((KINDS[kind].__doc__ or "").split())


def test_no_fact_is_told_that_there_is_not() -> None:
    told = re.findall(r"^\| `(\w+)` \|", FACTS_PAGE, re.M)
    assert set(told) - {"MasterStep", "Limit", "MasterTest", "Reading"} == set(KINDS)
