"""Words become requests of the batch record: `--measured "600 mCi"` is 22,200,000 kBq.

A request is a frozen record whose fields say how they are read (`Word.reads`). The same reader
serves the command line and scripts; it hears every fault at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from doseline.clock import zone_named
from doseline.errors import DoselineError, Fault, InputError, QuantityError, did_you_mean
from doseline.records.commands import Word
from doseline.records.instants import instant_text
from doseline.units_text import activity_mbq_from_text

__all__ = ["Field", "fields_of", "instant_from_words", "request_from_words"]

_WALL = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{1,2}:\d{2}(?::\d{2})?) ([A-Za-z][\w/+\-]+)")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a request: its name, the option that fills it, and how it is read."""

    name: str
    word: Word
    repeated: bool
    needed: bool

    @property
    def option(self) -> str:
        """The option on the command line."""
        return "--" + self.name.replace("_", "-")


@cache
def fields_of(request: type) -> tuple[Field, ...]:
    """The fields of a request, in order.

    >>> from doseline.records.commands import COMMANDS
    >>> [field.option for field in fields_of(COMMANDS["check"].request)]
    ['--batch', '--step']
    """
    hints = get_type_hints(request, include_extras=True)
    return tuple(_fields(request, hints))


def _fields(request: Any, hints: Mapping[str, Any]) -> Iterator[Field]:
    for f in fields(request):
        hint = hints[f.name]
        assert get_origin(hint) is Annotated, f"{request.__name__}.{f.name} has no Word"
        kind, word = get_args(hint)
        yield Field(f.name, word, get_origin(kind) is tuple, f.default is MISSING)


def instant_from_words(text: str) -> str:
    """An instant of the record, with the zone of the wall it was read from.

    Takes ISO 8601 with an offset, or a wall time and a zone. Raises QuantityError otherwise.

    >>> instant_from_words("2018-07-10 05:00 America/Toronto")
    '2018-07-10T09:00:00.000000Z[America/Toronto]'
    """
    wall = _WALL.fullmatch(text.strip())
    try:
        if wall:
            clock = wall[2] if len(wall[2].split(":")[0]) == 2 else f"0{wall[2]}"
            at = datetime.fromisoformat(f"{wall[1]}T{clock}").replace(tzinfo=zone_named(wall[3]))
            return instant_text(at, wall[3])
        at = datetime.fromisoformat(text.strip())
        if at.utcoffset() is not None:
            return instant_text(at)
    except ValueError:
        pass
    raise QuantityError(
        f'found "{text}", expected an instant with its zone such as '
        "2018-07-10 05:00 America/Toronto or 2018-07-10T05:00-04:00"
    )


def _activity(text: str) -> int:
    return round(activity_mbq_from_text(text) * 1000)


def _number(text: str) -> int:
    if not re.fullmatch(r"-?\d+", text.strip()):
        raise QuantityError(f'found "{text}", expected a whole number')
    return int(text)


def _yes(text: str) -> int:
    if text not in ("yes", "no"):
        raise QuantityError(f'found "{text}", expected yes or no')
    return int(text == "yes")


def _file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise QuantityError(f"{path}: could not be read: {error}") from None


_READ: Mapping[str, Callable[[str], Any]] = {
    "text": str.strip,
    "activity": _activity,
    "instant": lambda text: instant_from_words(text)[:27],
    "number": _number,
    "yes": _yes,
}


def request_from_words(
    request: type,
    words: Mapping[str, Sequence[str]],
    *,
    file: str = "options",
    line: int = 0,
    folder: Path | None = None,
) -> Any:
    """The request that words make, by field name. Raises InputError, all faults at once.

    A file that a word names is looked for in `folder`.

    >>> from doseline.records.commands import COMMANDS
    >>> request_from_words(COMMANDS["check"].request, {"batch": ["B1"], "step": ["label"]})
    OfStep(batch='B1', step='label')
    """
    known = {field.name: field for field in fields_of(request)}
    faults, values = list[Fault](), dict[str, Any]()
    for name in words:
        if name not in known:
            option = "--" + name.replace("_", "-")
            hint = did_you_mean(name, known)
            faults.append(Fault(file, line, option, f"there is no such option here{hint}"))
    for name, field in known.items():
        given = words.get(name, ())
        try:
            if given and len(given) > 1 and not field.repeated:
                raise QuantityError(f"found {len(given)} of them, expected one")
            if field.repeated:
                values[name] = tuple(_READ[field.word.reads](text) for text in given)
            elif given and field.word.reads == "file":
                values[name] = _file((folder or Path()) / given[0])
            elif given:
                values[name] = _READ[field.word.reads](given[0])
            elif field.needed:
                raise QuantityError(f"missing; {field.word.help}")
        except DoselineError as error:
            faults.append(Fault(file, line, field.option, str(error)))
    if faults:
        raise InputError(faults)
    return request(**values)
