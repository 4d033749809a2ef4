"""Acting on a batch record: open it, do things in it, run a script of a demonstration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from doseline.errors import DoselineError, Fault, InputError, LifeError, NotPermitted, StoreError
from doseline.records.commands import COMMANDS
from doseline.records.desk import Desk, opening
from doseline.records.entry import Entry
from doseline.records.facts.people import PersonRegistered
from doseline.records.founding import Founding
from doseline.records.instants import instant_from_text
from doseline.records.script import Line, script_lines
from doseline.records.words import request_from_words
from doseline.stores.folder import RecordFolder

__all__ = ["Founder", "act", "begin", "opened", "ran"]

Clock = Callable[[], datetime]
LATE_S = 3600
"""Entries later than this give a reason; an assumption, set by the plant's procedure. [s]"""


@dataclass(frozen=True, slots=True)
class Founder:
    """One of the two people with whom a record begins."""

    person: str
    name: str
    secret: str


class _HandClock:
    """Shows what it was last told, never going back."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def begin(
    store: Path,
    *,
    profile: str,
    demo: bool,
    facility: str,
    founders: tuple[Founder, Founder],
    until: str,
    clock: Clock,
) -> None:
    """Begin a record with its administrator and the head of its quality unit.

    `until` is the end of their training, a text of the record.
    """
    administrator, quality = founders
    if administrator.person == quality.person:
        raise NotPermitted("A record begins with two people. [21 CFR 11.200(a)(3)]")
    facts = opening(
        store.name,
        profile,
        demo,
        [
            (PersonRegistered(administrator.person, administrator.name, facility), "administrator"),
            (PersonRegistered(quality.person, quality.name, facility), "quality"),
        ],
        until,
    )
    RecordFolder.create(
        store,
        Founding(f"record/{store.name}", profile, demo, late_after_s=LATE_S),
        facts,
        [(x.person, x.secret) for x in founders],
        clock,
        by=administrator.person,
    )


@contextmanager
def opened(store: Path, clock: Clock) -> Iterator[RecordFolder]:
    """An open record, closed at the end."""
    folder = RecordFolder.open(store, clock)
    try:
        yield folder
    finally:
        folder.close()


def act(
    folder: RecordFolder,
    command: str,
    words: Mapping[str, Sequence[str]],
    *,
    by: str,
    secret: str | None,
    new_secret: str | None,
    at: str,
    reason: str,
    command_id: str,
) -> tuple[Entry, ...]:
    """Do one thing. Raises InputError for words that are wrong, and what the rules refuse."""
    request = request_from_words(COMMANDS[command].request, words)
    return _do(folder, command, request, by, secret, new_secret, at, reason, command_id)


def _do(
    folder: RecordFolder,
    command: str,
    request: object,
    by: str,
    secret: str | None,
    new_secret: str | None,
    at: str,
    reason: str,
    command_id: str,
) -> tuple[Entry, ...]:
    """A new secret is kept before the record speaks of it; the record says which one counts."""
    if command in ("person", "secret"):
        if new_secret is None:
            raise NotPermitted("A new secret is needed. [21 CFR 11.300]")
        person = str(getattr(request, "person"))  # noqa: B009
        held = folder.desk.record().people.get(person)
        done = folder.ledger.of_command(command_id)
        if not done:
            folder.secrets.set(person, (held.generation if held else 0) + 1, new_secret)
    return folder.desk.do(
        command, request, by=by, command_id=command_id, secret=secret, at=at, reason=reason
    )


def ran(
    store: Path, script: Path, secrets: Mapping[str, str], *, stop_at: int | None = None
) -> list[tuple[Line, str]]:
    """Run a script in a demonstration; each line with the rule that refused it, or nothing.

    The script says what time it is, and one file holds everybody's secret: so a real record is
    refused. A line run before is not run again. Raises InputError at the first line that does not
    go as the script says.
    """
    lines = script_lines(script)
    clock = _HandClock(instant_from_text(lines[0].at) if lines else datetime.min)
    told: list[tuple[Line, str]] = []
    with opened(store, clock) as folder:
        if not folder.desk.record().demo:
            raise NotPermitted("A script signs for many people: only a demonstration runs one.")
        # One file holds the secrets of this demonstration, so each is looked at once.
        desk = Desk(folder.ledger, lru_cache(folder.secrets.check), clock)
        folder = replace(folder, desk=desk)
        for line in lines:
            if stop_at is not None and line.number > stop_at:
                break
            clock.at = instant_from_text(line.at)
            told.append((line, _run(folder, line, script, secrets)))
    return told


def _run(folder: RecordFolder, line: Line, script: Path, secrets: Mapping[str, str]) -> str:
    person = str(getattr(line.request, "person", ""))
    try:
        _do(
            folder,
            line.command,
            line.request,
            line.by,
            secrets.get(line.by) if COMMANDS[line.command].signed else None,
            secrets.get(person),
            line.at,
            line.reason,
            f"{script.stem}:{line.number}",
        )
    except (NotPermitted, LifeError) as refused:
        if line.refused:
            return str(refused)
        raise InputError(Fault(line.file, line.number, line.command, str(refused))) from None
    except StoreError:
        raise  # which is no fault of the script
    except DoselineError as error:
        raise InputError(Fault(line.file, line.number, line.command, str(error))) from None
    if line.refused:
        message = "the script says that the rules refuse this, and they did not"
        raise InputError(Fault(line.file, line.number, line.command, message))
    return ""
