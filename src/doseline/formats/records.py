"""Frozen records as JSON and back, field by field, so that reading gives what was written.

Numbers are written so that they read back as they were: whole numbers as such, doubles in the
shortest form that gives the same double. Instants stay whole minutes since the programme's start.
"""

from __future__ import annotations

import json
import math
import types
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from doseline.errors import Fault, InputError
from doseline.plan.proof.duals import decimal

__all__ = ["plain", "read_json", "record", "records"]

T = TypeVar("T")
_LOOKS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    date: "a day such as 2026-03-02",
    Fraction: "a decimal number in quotes",
}


def plain(value: Any) -> Any:
    """A record as what JSON knows; an exact fraction as a decimal number, rounded down.

    >>> from doseline.operations.schedule import Unmet
    >>> plain((Unmet("order-1", "line full"),))
    [{'order': 'order-1', 'reason': 'line full'}]
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return decimal(value) if isinstance(value, Fraction) else value


def read_json(path: Path) -> Any:
    """What a JSON file holds. Raises InputError where it is none."""

    def refuse(word: str) -> Any:
        raise ValueError(f"found {word}, expected a finite number")

    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    except json.JSONDecodeError as error:
        message = f"found no JSON, expected a document: {error.msg}"
        raise InputError(Fault(str(path), error.lineno, "", message)) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(Fault(str(path), 0, "", f"cannot be read: {reason}")) from None
    except (ValueError, RecursionError) as error:
        raise InputError(Fault(str(path), 0, "", str(error))) from None


def record(cls: type[T], value: Any, file: str, field: str = "") -> T:
    """The record that a value of JSON stands for. Raises InputError where it stands for none.

    >>> from doseline.operations.schedule import Unmet
    >>> record(Unmet, {"order": "order-1", "reason": 7}, "plan.json")
    Traceback (most recent call last):
    doseline.errors.InputError: plan.json  reason: found 7, expected a text
    """
    return _read(cls, value, file, field)  # type: ignore[no-any-return]


def records(cls: type[T], values: Any, file: str, field: str = "") -> tuple[T, ...]:
    """A list of records. Raises InputError where it is none."""
    if not isinstance(values, list):
        raise _refused(file, field, values, "a list")
    return tuple(record(cls, one, file, f"{field}[{n}]") for n, one in enumerate(values))


def _read(kind: Any, value: Any, file: str, field: str) -> Any:
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        (only,) = [one for one in inside if one is not type(None)]
        return None if value is None else _read(only, value, file, field)
    if origin is tuple:
        return _tuple(inside, value, file, field)
    if is_dataclass(kind):
        return _record(kind, value, file, field)
    return _single(kind, value, file, field)


def _tuple(inside: tuple[Any, ...], value: Any, file: str, field: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _refused(file, field, value, "a list")
    if len(inside) == 2 and inside[1] is Ellipsis:
        inside = (inside[0],) * len(value)
    if len(inside) != len(value):
        raise _refused(file, field, value, f"a list of {len(inside)}")
    pairs = enumerate(zip(inside, value, strict=True))
    return tuple(_read(kind, one, file, f"{field}[{n}]") for n, (kind, one) in pairs)


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _record(cls: Any, value: Any, file: str, field: str) -> Any:
    if not isinstance(value, dict):
        raise _refused(file, field, value, "an object")
    hints = _hints(cls)
    names = [f.name for f in fields(cls)]
    missing = [n for n in names if n not in value] or [n for n in value if n not in names]
    if missing:
        at = f"{field}.{missing[0]}" if field else missing[0]
        what = "missing" if missing[0] in names else "found, expected no such field"
        raise InputError(Fault(file, 0, at, what))
    at = f"{field}." if field else ""
    return cls(**{n: _read(hints[n], value[n], file, f"{at}{n}") for n in names})


def _single(kind: Any, value: Any, file: str, field: str) -> Any:
    if kind is float and type(value) is int:
        value = float(value)
    try:
        if isinstance(kind, type) and issubclass(kind, Enum) and isinstance(value, str):
            return kind(value)
        if kind is date and isinstance(value, str):
            return date.fromisoformat(value)
        if kind is Fraction and isinstance(value, str):
            return Fraction(value)
    except (ValueError, ZeroDivisionError):
        raise _refused(file, field, value, _looks(kind)) from None
    if type(value) is not kind or (kind is float and not math.isfinite(value)):
        raise _refused(file, field, value, _looks(kind))
    return value


def _looks(kind: Any) -> str:
    if issubclass(kind, Enum):
        return " or ".join(f'"{one.value}"' for one in kind)
    return _LOOKS[kind]


def _refused(file: str, field: str, value: Any, expected: str) -> InputError:
    shown = json.dumps(value, ensure_ascii=False)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return InputError(Fault(file, 0, field, f"found {shown}, expected {expected}"))
