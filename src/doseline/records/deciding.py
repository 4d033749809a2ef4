"""A request becomes facts, or is refused: the one way into the record.

`decide` is a pure function. It asks whether the person may, lets the command speak, signs what is
to be signed over the content as it then is, and adds what follows by itself: signatures that lose
their force, tests that are all passed, a recall that a late failure opens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from doseline.errors import NotPermitted
from doseline.records import consequences
from doseline.records.commands import COMMANDS, Asked, Command, Sign
from doseline.records.entry import Draft
from doseline.records.facts import Fact, body_of
from doseline.records.facts.quality import DeviationOpened, Signed
from doseline.records.fold import take_into
from doseline.records.guards import people as who
from doseline.records.guards import things as guard
from doseline.records.guards.refusing import refuse
from doseline.records.profile import profile_named
from doseline.records.state import Record, Said

__all__ = ["Decision", "decide", "drafts_of"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a command says, in which role, and the record as it then is."""

    facts: tuple[Fact, ...]
    role: str
    after: Record


def decide(record: Record, name: str, request: object, asked: Asked) -> Decision:
    """The facts that a request makes. Raises NotPermitted or LifeError where a rule refuses it."""
    command = COMMANDS.get(name)
    if command is None:
        raise NotPermitted(f'"{name}" is no command of the record.')
    by = _permitted(record, command, asked)
    speaking = _Speaking(record, by)
    for said in command.says(record, request, by):
        speaking.take(said)
    if not speaking.facts:
        refuse(f'"{name}" would change nothing: it is done already.', "21 CFR 11.10(f)")
    for fact in consequences.of(record, speaking.after):
        speaking.take(fact)
    for fact in consequences.stale_signatures(record, speaking.after):
        speaking.take(fact)
    streams = dict.fromkeys(fact.stream for fact in speaking.facts)
    guard.nothing_happens_before_what_it_follows(record, streams, by.at)
    return Decision(tuple(speaking.facts), by.role, speaking.after)


def _permitted(record: Record, command: Command, asked: Asked) -> Asked:
    """The person acts in a role, trained, in time, and with both components where they sign."""
    person = record.person(asked.by)
    role = who.acts_in_a_role(person, command.roles)
    who.training_is_in_date(person, role, asked.at)
    limit = profile_named(record.profile).late_entry_min
    guard.late_entry_says_why(asked.at, asked.now, asked.reason, limit)
    if command.signed:
        who.secret_is_good(record, person)
        who.both_components_were_given(asked.proven, person)
    return replace(asked, role=role)


class _Speaking:
    """Facts as they are said, with the record kept up to each of them."""

    def __init__(self, record: Record, by: Asked) -> None:
        self.facts: list[Fact] = []
        self.after = record.copied()
        self._by = by
        self._said = Said(by.by, by.at, by.now, by.role, by.reason)

    def take(self, said: Fact | Sign) -> None:
        fact = self._signed(said) if isinstance(said, Sign) else said
        if isinstance(fact, DeviationOpened) and not fact.deviation:
            fact = replace(fact, deviation=f"D-{len(self.after.deviations) + 1}")
        take_into(self.after, fact, self._said)
        self.facts.append(fact)

    def _signed(self, sign: Sign) -> Signed:
        person = self.after.person(self._by.by)
        digest = self.after.digests.get(sign.record, "")
        return Signed(sign.record, sign.meaning, person.id, person.name, self._by.role, digest)


def drafts_of(decision: Decision, asked: Asked) -> Iterator[Draft]:
    """The drafts of a decision, as the ledger takes them."""
    for fact in decision.facts:
        yield Draft(fact.stream, fact.kind, body_of(fact), asked.at, asked.reason)
