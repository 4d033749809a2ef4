"""The exact bytes of a body: one value, one spelling, so that a hash of it means something.

A body is an object of objects, lists, texts and whole numbers. There are no fractions, no true or
false and no null: an activity is whole kBq, an instant is a text, what is not known is left out.
The bytes are JSON in UTF-8 as RFC 8785 orders it: keys by their UTF-16 code units, no blanks, the
shortest escapes. Text is in Unicode's form NFC; whole numbers stay within 2⁵³ − 1 on either side
of 0, which every reader of JSON reads alike.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from doseline.errors import BodyError

__all__ = ["DEEPEST", "LARGEST", "Body", "Value", "decode", "encode"]

_NAMES: dict[type, str] = {float: "a fraction", bool: "true or false", type(None): "null"}

LARGEST = 2**53 - 1
"""The largest whole number, and the negative of the smallest."""

DEEPEST = 32
"""How deep lists and objects may stand in each other."""

Value = str | int | Sequence["Value"] | Mapping[str, "Value"]
Body = Mapping[str, Value]


def encode(body: Body) -> bytes:
    """The canonical bytes of a body. Raises BodyError, which names the place, where it has none.

    >>> encode({"vial": "B-001/3", "activity_kbq": 3_700_000})
    b'{"activity_kbq":3700000,"vial":"B-001/3"}'
    >>> encode({"activity_kbq": 3.7e6})
    Traceback (most recent call last):
    doseline.errors.BodyError: activity_kbq: a fraction has no place in a record...
    """
    if not isinstance(body, Mapping):
        raise BodyError(f"a body is an object, found {_named(body)}")
    return _spelled(_ordered(body, "", 0)).encode("utf-8")


def decode(content: bytes) -> dict[str, Any]:
    """The body that canonical bytes say. Raises BodyError where they are not canonical.

    >>> decode(b'{"vials":3}')
    {'vials': 3}
    >>> decode(b'{"vials": 3}')
    Traceback (most recent call last):
    doseline.errors.BodyError: the bytes of this body are not canonical
    """
    body = _plainly(content)
    return _strictly(content) if body is None else body


def _plainly(content: bytes) -> dict[str, Any] | None:
    """The same in a fraction of the time for most bodies, or None where it must be looked at.

    Plain letters are in NFC and in one order by any count; without the three words nothing is true,
    false or null; without sixteen digits in a row no number is too large.
    """
    if not content.isascii() or _UNUSUAL.search(content):
        return None
    if content.count(b"{") + content.count(b"[") > DEEPEST:
        return None
    try:
        text = content.decode("ascii")
        body = _read(text)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) and _written(body) == text else None


def _strictly(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_without_doubles,
            parse_float=_refused,
            parse_constant=_refused,
        )
    except BodyError:
        raise
    except (ValueError, RecursionError) as refused:
        raise BodyError(f"the bytes of this body are no JSON: {refused}") from None
    if not isinstance(body, dict):
        raise BodyError(f"a body is an object, found {_named(body)}")
    if encode(body) != content:
        raise BodyError("the bytes of this body are not canonical")
    return body


def _ordered(value: object, place: str, depth: int) -> object:
    """The same value in NFC with its keys in order, or BodyError."""
    if isinstance(value, str):
        return _text(value, place)
    if isinstance(value, int) and not isinstance(value, bool):
        if not -LARGEST <= value <= LARGEST:
            raise BodyError(f"{_at(place)}{value} is beyond 2^53 - 1, expected a smaller number")
        return int(value)
    if depth == DEEPEST and isinstance(value, Mapping | Sequence):
        raise BodyError(f"{_at(place)}lists and objects stand more than {DEEPEST} deep")
    if isinstance(value, Mapping):
        return _object(value, place, depth)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [_ordered(v, f"{place}[{i}]", depth + 1) for i, v in enumerate(value)]
    raise BodyError(
        f"{_at(place)}{_named(value)} has no place in a record, "
        "expected a text, a whole number, a list or an object"
    )


def _object(value: Mapping[Any, object], place: str, depth: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, inner in value.items():
        if not isinstance(key, str):
            raise BodyError(f"{_at(place)}a key is a text, found {key!r}")
        name = _text(key, place)
        if name in found:
            raise BodyError(f'{_at(place)}the key "{name}" stands twice')
        found[name] = _ordered(inner, f"{place}.{name}" if place else name, depth + 1)
    return {name: found[name] for name in sorted(found, key=_order_of_key)}


def _order_of_key(key: str) -> bytes:
    return key.encode("utf-16-be")


def _text(value: str, place: str) -> str:
    if value.isascii():  # such a text is in NFC, and has its bytes
        return str(value)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise BodyError(f"{_at(place)}{value!r} is no text of Unicode") from None
    return unicodedata.normalize("NFC", value)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BodyError("a key of this body stands twice")
    return found


def _refused(text: str) -> Any:
    raise BodyError(f"{text} has no place in a record, expected a whole number")


_UNUSUAL = re.compile(rb"true|false|null|[0-9]{16}")
_read = json.JSONDecoder(parse_float=_refused, parse_constant=_refused).decode
_spelled = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def _named(value: object) -> str:
    return _NAMES.get(type(value), f"{type(value).__name__} {value!r}"[:80])


def _at(place: str) -> str:
    return f"{place}: " if place else ""
