"""Every statement of every command of the guided example fails once, before and after."""

from functools import partial
from pathlib import Path

import pytest

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
    assert commands > 45
