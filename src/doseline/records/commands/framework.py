"""What a command is: a request, a function from the record to facts, and who may ask for it.

A command reads the record and says facts; it changes nothing. `COMMANDS` holds them all by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from doseline.records.facts import Fact
from doseline.records.state import Record

__all__ = ["COMMANDS", "Asked", "Command", "Sign", "Word", "command"]

C = TypeVar("C", bound=Callable[..., Iterator[Any]])


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a command, when it happened, when it is written, and why.

    `proven` is true where the person gave user id and secret together, just now. Instants are UTC
    texts of the record. `role` is filled in once it is known.
    """

    by: str
    at: str
    now: str
    proven: bool = False
    reason: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """What a command wants signed by the person who asks: a record, and the meaning."""

    record: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Word:
    """What a field of a request is, for whoever fills it in.

    `reads` says how a text becomes it: text, number, activity (whole kBq), instant, minutes, yes,
    or file (the text of a file).
    """

    help: str
    reads: str = "text"


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that a person can do to the record."""

    name: str
    request: type
    says: Callable[[Record, Any, Asked], Iterator[Fact | Sign]]
    roles: tuple[str, ...]
    signed: bool
    help: str


COMMANDS: dict[str, Command] = {}


def command(name: str, request: type, *roles: str, signed: bool = False) -> Callable[[C], C]:
    """Registers a command; its docstring is the help that people read."""

    def keep(function: C) -> C:
        summary = (function.__doc__ or "").strip().split("\n\n")[0]
        COMMANDS[name] = Command(name, request, function, roles, signed, " ".join(summary.split()))
        return function

    return keep
