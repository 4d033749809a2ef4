"""Every command at a desk over a real file, to have its statements fail.

Most come from the guided example, the others from a script of what it has no need of.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from doseline.records import Ledger
from doseline.records.commands import COMMANDS
from doseline.records.desk import Desk
from doseline.records.instants import instant_from_text
from doseline.records.script import Line
from doseline.records.state import Record
from doseline.stores.keys import KeySigner
from doseline.stores.sqlite import Connect, SqliteStore, connect
from tests.records.life.plant import SELDOM, HandClock, check, founded, lines_of, run

SIGNER = KeySigner.from_seed("plant.example", bytes(range(32)))
Scripts = tuple[str | Path, ...]
WAYS: tuple[Scripts, ...] = (
    ("plant.txt", "batch.txt", "late_failure.txt"),
    ("plant.txt", "batch.txt", SELDOM),
)
"""Scripts that follow each other, in a record each."""


@dataclass(frozen=True)
class Stage:
    """A file of the ledger, the record in it, and the line of the script that comes next."""

    path: Path
    record: Record
    size: int
    line: Line


def exercised() -> set[str]:
    """The commands of which `stages` has a line."""
    lines = (line for way in WAYS for script in way for line in lines_of(script))
    return {line.command for line in lines if not line.refused}


def stages(folder: Path, wanted: set[str] | None = None) -> Iterator[Stage]:
    """The file before each line that succeeds; of the commands wanted, or once of every command."""
    left = exercised() if wanted is None else set(wanted)
    for number, way in enumerate(WAYS):
        if left:
            own = folder / f"way-{number}"
            own.mkdir()
            yield from _stages_on(own, way, left)


def _stages_on(folder: Path, way: Scripts, left: set[str]) -> Iterator[Stage]:
    path = folder / "growing.ledger"
    began = datetime(2018, 6, 25, 12, tzinfo=UTC)
    plant = founded(began, store=SqliteStore.create(path), signer=SIGNER)
    for line in (line for script in way for line in lines_of(script)):
        if line.command in left and not line.refused:
            left.remove(line.command)
            yield _copied(folder, path, plant.record, plant.desk.ledger.size, line)
        for _ in run(plant, (line,)):
            pass
    plant.desk.ledger.close()


def _copied(folder: Path, path: Path, record: Record, size: int, line: Line) -> Stage:
    own = folder / line.command
    own.mkdir()
    for suffix in ("", "-wal"):
        source = path.with_name(path.name + suffix)
        if source.exists():
            shutil.copyfile(source, own / f"template.ledger{suffix}")
    return Stage(own / "template.ledger", record, size, line)


def opened_at(stage: Stage, path: Path, *, connect: Connect = connect) -> Ledger:
    clock = HandClock(instant_from_text(stage.line.at))
    return Ledger(SqliteStore(path, connect=connect), clock, SIGNER)


def sent(stage: Stage, ledger: Ledger) -> object:
    """The stage's line at a new desk, which knows the record already; always with the same id."""
    line = stage.line
    desk = Desk(ledger, check, HandClock(instant_from_text(line.at)))
    desk._record, desk._size = stage.record, stage.size
    secret = f"{line.by}'s" if COMMANDS[line.command].signed else None
    return desk.do(
        line.command,
        line.request,
        by=line.by,
        command_id="faulty",
        secret=secret,
        at=line.at,
        reason=line.reason,
    )
