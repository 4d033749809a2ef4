"""A script of the batch record: who does what, line by line; for demonstrations.

    @ 2018-07-10 05:00 America/Toronto
    ann: step --batch B1 --step labelling --reading temperature=95

A line that begins with `@` says what time it is; `#` begins a remark; a line that ends with a
backslash goes on. Every other line is a person, a colon, a command and its options; a file that it
names lies beside the script. `!` before a person marks a line that the rules must refuse.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doseline.errors import DoselineError, Fault, InputError, did_you_mean
from doseline.records.commands import COMMANDS
from doseline.records.words import instant_from_words, request_from_words

__all__ = ["Line", "script_lines"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a script: when, who, what; `refused` where the rules must refuse it."""

    file: str
    number: int
    at: str
    by: str
    command: str
    request: Any
    reason: str
    refused: bool


def script_lines(path: Path) -> tuple[Line, ...]:
    """The lines of a script. Raises InputError with every fault of the file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Fault(str(path), 0, "", f"could not be read: {error}")) from None
    at, lines, faults = "", list[Line](), list[Fault]()
    for number, words in _joined(text):
        try:
            if words.startswith("@"):
                at = instant_from_words(words[1:].strip())
            else:
                lines.append(_line(path, number, at, words))
        except InputError as error:
            faults += error.faults
        except (DoselineError, ValueError) as error:
            faults.append(Fault(str(path), number, "", str(error)))
    if faults:
        raise InputError(faults)
    return tuple(lines)


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Lines that say something, each with its number; a backslash at the end joins two."""
    held, begun = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        part = raw.strip()
        begun = begun if held else number
        if part.endswith("\\"):
            held += part[:-1] + " "
            continue
        whole, held = (held + part).strip(), ""
        if whole and not whole.startswith("#"):
            yield begun, whole


def _line(path: Path, number: int, at: str, text: str) -> Line:
    by, colon, rest = text.partition(":")
    words = shlex.split(rest)
    if not (colon and words):
        raise ValueError("expected a person, a colon and a command such as ann: check --batch B1")
    refused, by = by.startswith("!"), by.removeprefix("!").strip()
    command = COMMANDS.get(words[0])
    if command is None:
        raise ValueError(f'"{words[0]}" is no command{did_you_mean(words[0], COMMANDS)}')
    options = _options(words[1:])
    reason = options.pop("reason", [""])[0]
    request = request_from_words(
        command.request, options, file=str(path), line=number, folder=path.parent
    )
    return Line(str(path), number, at, by, command.name, request, reason, refused)


def _options(words: list[str]) -> dict[str, list[str]]:
    """Options and what stands behind them."""
    found: dict[str, list[str]] = {}
    while words:
        option = words.pop(0)
        if not option.startswith("--") or not words:
            raise ValueError(f'found "{option}", expected an option and its value')
        found.setdefault(option[2:].replace("-", "_"), []).append(words.pop(0))
    return found
