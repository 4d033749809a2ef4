"""Every statement of every command fails once, before and after."""

from functools import partial
from pathlib import Path

import pytest

from doseline.records.commands import COMMANDS
from tests.records.cli_faults import LINES, demonstration, fail_statements
from tests.records.faults import fail_each_statement
from tests.records.life.faulty import opened_at, sent, stages

pytestmark = pytest.mark.soak


def test_each_statement_of_every_command_may_fail(tmp_path: Path) -> None:
    commands, statements = 0, 0
    for stage in stages(tmp_path):
        statements += len(
            fail_each_statement(stage.path, partial(sent, stage), open_=partial(opened_at, stage))
        )
        commands += 1
    print(f"{statements} statements of {commands} commands")
    assert commands == len(COMMANDS)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", LINES)
def test_each_statement_of_every_command_line_may_fail(
    name: str, after: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doseline.stores.secrets._COST", {"n": 2, "r": 1, "p": 1})
    place = demonstration(tmp_path / name)
    statements = fail_statements(name, place, monkeypatch, after=after)
    print(f"{statements} statements of {name}")
    assert statements >= 10
