"""A statement fails of a command that begins a record, reads it, copies it or exports it.

Here for one statement in seventeen; for each of them in tests/soak/test_record_faults.py.
"""

import shutil
from pathlib import Path

import pytest
import typer.main

from doseline.records.commands import COMMANDS
from tests.records.cli_faults import LINES, app, demonstration, fail_statements


def test_every_command_has_its_statements_made_to_fail_here_or_at_the_desk() -> None:
    commands = typer.main.get_command(app)
    assert set(commands.commands) == {*LINES, *COMMANDS}  # type: ignore[attr-defined]


def test_a_statement_of_a_command_line_may_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doseline.stores.secrets._COST", {"n": 2, "r": 1, "p": 1})
    template = demonstration(tmp_path / "template")
    tried = 0
    for number, name in enumerate(LINES):
        place = shutil.copytree(template, tmp_path / name)
        tried += fail_statements(name, place, monkeypatch, after=number % 2 == 0, step=17)
    assert tried > 20
