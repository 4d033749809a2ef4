"""The plant of the guided example in memory, as it stands after each line of its scripts."""

import json
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, is_dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from doseline.errors import LifeError, NotPermitted
from doseline.records import Entry, Founding, Ledger, MemoryStore
from doseline.records.commands import COMMANDS
from doseline.records.desk import Desk, opening
from doseline.records.entry import Draft
from doseline.records.facts import body_of
from doseline.records.facts.people import PersonRegistered
from doseline.records.instants import instant_from_text
from doseline.records.script import Line, script_lines
from doseline.records.state import Record

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "clr131" / "record"
SELDOM = Path(__file__).resolve().parents[2] / "data" / "record" / "seldom.txt"
"""What the guided example has no need of; goes on after batch.txt."""
UNTIL = "2025-06-30T00:00:00.000000Z"


class PlainSigner:
    """Signs by a keyed hash: quick, and as good as a key for what is tested here."""

    name = "plant.example"
    public_key = b"p" * 32

    def sign(self, message: bytes) -> bytes:
        return sha256(b"key" + message).digest() * 2

    def verify(self, message: bytes, signature: bytes) -> bool:
        return self.sign(message) == signature


class HandClock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, minutes: float) -> None:
        self.at += timedelta(minutes=minutes)


def check(person: str, generation: int, secret: str) -> bool:
    return secret == f"{person}'s"


@dataclass
class Plant:
    """A desk, its clock and its store."""

    store: MemoryStore
    clock: HandClock
    desk: Desk

    @property
    def record(self) -> Record:
        return self.desk.record()

    def do(
        self,
        by: str,
        name: str,
        *values: object,
        at: str = "",
        reason: str = "",
        command_id: str = "",
        secret: str | None = None,
        **named: object,
    ) -> tuple[Entry, ...]:
        command = COMMANDS[name]
        given = values[0] if values and is_dataclass(values[0]) else None
        request = given or command.request(*values, **named)
        return self.desk.do(
            name,
            request,
            by=by,
            command_id=command_id or f"c{self.desk.ledger.size}",
            secret=secret if secret is not None else (f"{by}'s" if command.signed else None),
            at=at,
            reason=reason,
        )

    def copied(self) -> "Plant":
        """The same plant in a store of its own."""
        store = copy(self.store)
        store._entries = list(self.store._entries)
        store._seals = list(self.store._seals)
        store._by_stream = {name: list(held) for name, held in self.store._by_stream.items()}
        store._by_command = dict(self.store._by_command)
        clock = HandClock(self.clock.at)
        desk = Desk(Ledger(store, clock, PlainSigner()), check, clock)
        desk._record, desk._size = self.desk.record(), self.desk._size
        return Plant(store, clock, desk)


def founded(
    at: datetime, profile: str = "us-211", *, store: Any = None, signer: Any = None
) -> Plant:
    """A record with its two founders, adam and quinn."""
    clock, store = HandClock(at), store or MemoryStore()
    founding = Founding("record/test", profile, demo=True, late_after_s=3600)
    by = {"actor": "adam", "role": "administrator"}
    ledger = Ledger.begin(store, clock, signer or PlainSigner(), founding, **by)
    founders = [
        (PersonRegistered("adam", "Adam", "hamilton"), "administrator"),
        (PersonRegistered("quinn", "Quinn", "hamilton"), "quality"),
    ]
    facts = opening("test", profile, True, founders, UNTIL)
    now = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    drafts = [Draft(fact.stream, fact.kind, body_of(fact), now) for fact in facts]
    ledger.append(
        drafts,
        actor="adam",
        role="administrator",
        command_id="opened",
        expected={draft.stream: 0 for draft in drafts},
    )
    return Plant(store, clock, Desk(ledger, check, clock))


def run(plant: Plant, lines: tuple[Line, ...]) -> Iterator[tuple[Line, str]]:
    """Each line of a script with the refusal it met."""
    for line in lines:
        plant.clock.at = max(plant.clock.at, instant_from_text(line.at))
        try:
            plant.do(line.by, line.command, line.request, at=line.at, reason=line.reason)
            said = ""
        except (NotPermitted, LifeError) as refused:
            said = str(refused)
        assert bool(said) == line.refused, f"{line.file}:{line.number}: {said}"
        yield line, said


@cache
def lines_of(name: str | Path) -> tuple[Line, ...]:
    """A script of the guided example, or one that lies elsewhere."""
    return script_lines(EXAMPLE / name)


@cache
def snapshots() -> tuple[Plant, ...]:
    """The plant as it stands after each line of the batch script, and of its good end."""
    plant = founded(instant_from_text("2018-06-25T12:00:00.000000Z"))
    for _ in run(plant, lines_of("plant.txt")):
        pass
    stages = [plant.copied()]
    for name in ("batch.txt", "confirmed.txt"):
        for line, _ in run(plant, lines_of(name)):
            if not line.refused:
                stages.append(plant.copied())
    return tuple(stages)


def after(command: str, nth: int = 1) -> Plant:
    """A copy of the plant right after the nth time a command succeeded in the batch script."""
    done = [x for x in (*lines_of("batch.txt"), *lines_of("confirmed.txt")) if not x.refused]
    places = [place for place, line in enumerate(done, 1) if line.command == command]
    return snapshots()[places[nth - 1]].copied()


def before(command: str, nth: int = 1) -> Plant:
    """A copy of the plant right before that."""
    done = [x for x in (*lines_of("batch.txt"), *lines_of("confirmed.txt")) if not x.refused]
    places = [place for place, line in enumerate(done, 1) if line.command == command]
    return snapshots()[places[nth - 1] - 1].copied()


def secrets() -> dict[str, str]:
    found: dict[str, str] = json.loads((EXAMPLE / "secrets.json").read_text(encoding="utf-8"))
    return found
