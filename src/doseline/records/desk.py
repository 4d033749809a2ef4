"""The desk: a request comes in, is decided on what stands, and is written in one transaction.

The desk holds no rule. It reads the ledger, asks `decide`, and appends, all or nothing, provided
that nobody wrote in between. The secret of a person is checked by a function that is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile

from doseline.errors import ConflictError, NotPermitted
from doseline.records.commands import Asked
from doseline.records.deciding import decide, drafts_of
from doseline.records.entry import Draft, Entry
from doseline.records.facts import Fact, body_of
from doseline.records.facts import people as p
from doseline.records.fold import fold
from doseline.records.instants import instant_text
from doseline.records.ledger import Ledger
from doseline.records.state import Record

__all__ = ["Check", "Desk", "opening"]

Check = Callable[[str, int, str], bool]
"""Whether a secret is that of a person, in a generation of the secret."""

TRIES = 5
"""How often a command is decided anew because somebody else wrote first."""


class Desk:
    """Where people act on a record. `check` verifies secrets; `clock` tells the time of writing.

    Raises LedgerError, LifeError where the ledger is not sound.
    """

    def __init__(self, ledger: Ledger, check: Check, clock: Callable[[], datetime]) -> None:
        self.ledger, self._check, self._clock = ledger, check, clock
        self._record, self._size = Record(), 0
        self._before = (-1, Record())

    def record(self) -> Record:
        """The record as it stands: what was read before, and what was written since."""
        new = list(self.ledger.entries(from_=self._size))
        if new:
            self._record = fold(new, self._record)
            self._size = new[-1].position + 1
        return self._record

    def do(
        self,
        name: str,
        request: object,
        *,
        by: str,
        command_id: str,
        secret: str | None = None,
        at: str = "",
        reason: str = "",
    ) -> tuple[Entry, ...]:
        """Carry out a command, once, however often it is sent. Returns what it wrote.

        `at` is when it happened, a text of the record; this moment, if it is empty. Raises
        NotPermitted or LifeError where a rule refuses it, ConflictError where the command id stands
        for another.
        """
        done = self.ledger.of_command(command_id)
        if done:
            return self._again(done, name, request, by=by, secret=secret, reason=reason)
        record = self.record()
        proven = secret is not None and self._proven(record, by, name, secret, command_id)
        for _ in range(TRIES):
            now = instant_text(self._clock())
            asked = Asked(by, (at or now)[:27], now, proven, reason)
            stands = self.record()
            decision = decide(stands, name, request, asked)
            drafts = _at(drafts_of(decision, asked), at or now)
            try:
                entries = self._append(drafts, by, decision.role, command_id)
                self._before = (entries[0].position, stands)
                return entries
            except ConflictError as conflict:
                last = conflict
        raise last

    def _append(
        self, drafts: Sequence[Draft], by: str, role: str, command_id: str
    ) -> tuple[Entry, ...]:
        streams = dict.fromkeys(draft.stream for draft in drafts)
        return self.ledger.append(
            drafts,
            actor=by,
            role=role,
            command_id=command_id,
            expected={stream: self.ledger.next_seq(stream) for stream in streams},
            size=self._size,
        )

    def _proven(self, record: Record, by: str, wanted: str, secret: str, command_id: str) -> bool:
        """Whether the secret is right; a wrong one is written down before it is refused."""
        person = record.person(by)
        if self._check(by, person.generation, secret):
            return True
        refused = p.SecretRefused(by, wanted)
        draft = Draft(refused.stream, refused.kind, body_of(refused))
        self._append([draft], by, "none", f"{command_id}/refused/{person.refused + 1}")
        raise NotPermitted(f"The secret is not that of {by}; this is on record. [21 CFR 11.300(d)]")

    def _again(
        self,
        done: tuple[Entry, ...],
        name: str,
        request: object,
        *,
        by: str,
        secret: str | None,
        reason: str,
    ) -> tuple[Entry, ...]:
        """What the command wrote the first time, if it is the same: decided anew on what stood."""
        first = done[0]
        position, record = self._before  # who sends again mostly does so at once
        if position != first.position:
            entries = self.ledger.entries()
            record = fold(takewhile(lambda e: e.position < first.position, entries))
        right = secret is not None and self._check(by, record.person(by).generation, secret)
        at = first.occurred_at
        asked = Asked(by, first.happened_at[:27], first.recorded_at, right, reason)
        decision = decide(record, name, request, asked)
        told = [(d.stream, d.kind, d.content) for d in _at(drafts_of(decision, asked), at)]
        if told != [(e.stream, e.kind, e.content) for e in done] or first.actor != by:
            raise ConflictError(f'the command id "{first.command_id}" stands for another command')
        return done


def _at(drafts: Iterable[Draft], at: str) -> list[Draft]:
    """The drafts with the instant as it was told, zone and all."""
    return [replace(draft, occurred_at=at) for draft in drafts]


def opening(
    name: str,
    profile: str,
    demo: bool,
    people: Sequence[tuple[p.PersonRegistered, str]],
    until: str,
) -> list[Fact]:
    """The first facts of a record: its profile, and two founders, who know each other.

    `people` are the first administrator and the first of the quality unit, each with a role.
    """
    facts: list[Fact] = [p.RecordOpened(name, profile, int(demo))]
    for person, role in people:
        facts += [
            person,
            p.RoleGranted(person.person, role),
            p.TrainingCompleted(person.person, role, until),
            p.SecretSet(person.person, 1),
            p.IdentityConfirmed(person.person),
        ]
    return facts
