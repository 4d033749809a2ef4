"""What a replication is a pure function of, as a fingerprint of 64 hexadecimal digits.

It covers the programme under its design (without the notes beside its numbers), days, seed,
scenario, periods, who is treated (the function, its arguments and the module it stands in), the
sources of this package that decide a future, and the libraries that they compute with. So what was
kept by another version is never taken for this one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time
from enum import Enum
from functools import cache, partial
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import doseline
from doseline.programme import Programme

_DECIDING = ("programme", "operations", "demand", "simulate")
_LIBRARIES = ("holidays", "numba", "numpy", "scipy", "simpy", "tzdata")
_NOTES: dict[type, tuple[str, ...]] = {Programme: ("inputs", "references", "file")}
"""Fields that decide nothing: whence each number of the file comes."""


def fingerprint(value: Any) -> str:
    """The fingerprint of frozen records, under this version of the package.

    Raises TypeError for what has no canonical form, such as a lambda.

    >>> fingerprint((1, 2.0)) == fingerprint((1, 2.0)), fingerprint((1, 2)) == fingerprint((2, 1))
    (True, False)
    """
    text = json.dumps([canonical(value), sources()], sort_keys=True, ensure_ascii=True)
    return sha256(text.encode()).hexdigest()


def canonical(value: Any) -> Any:
    """A record as what JSON knows, with the names of its kinds; equal records give equal forms.

    >>> from doseline.quantities import Money
    >>> canonical({"fee": (date(2024, 1, 9), 0.5)})
    {'dict': [['fee', {'tuple': [{'date': '2024-01-09'}, {'float': '0.5'}]}]]}
    """
    if isinstance(value, Enum):
        return {_name(type(value)): value.name}
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return {"float": repr(float(value))}
    if isinstance(value, date | time):
        return {value.__class__.__name__: value.isoformat()}
    if isinstance(value, tuple | list):
        return {"tuple": [canonical(one) for one in value]}
    if isinstance(value, Mapping):
        return {"dict": [[canonical(k), canonical(value[k])] for k in sorted(value, key=repr)]}
    if isinstance(value, partial):
        return {"call": [canonical(one) for one in (value.func, value.args, value.keywords)]}
    if is_dataclass(value) and not isinstance(value, type):
        left_out = _NOTES.get(type(value), ())
        held = [f.name for f in fields(value) if f.name not in left_out]
        form = {_name(type(value)): [[n, canonical(getattr(value, n))] for n in held]}
        return form | {"source": _source(type(value))} if callable(value) else form
    if isinstance(value, frozenset | set):
        return {"set": sorted(json.dumps(canonical(one), sort_keys=True) for one in value)}
    return {_name(value): _source(value)}


def _name(value: Any) -> str:
    name = getattr(value, "__qualname__", "")
    if not name or "<" in name:
        kind = type(value).__name__
        raise TypeError(f"a {kind} has no canonical form; a function must be one of a module")
    return f"{value.__module__}.{name}"


def _source(value: Any) -> str:
    """The hash of the module that a function stands in; it may lie outside what `sources` reads."""
    file = getattr(sys.modules.get(value.__module__), "__file__", None)
    return sha256(Path(file).read_bytes()).hexdigest() if file else ""


@cache
def sources() -> tuple[str, ...]:
    """The version of the package, the hash of what decides a future, and of its libraries."""
    root = Path(doseline.__file__).parent
    found = sha256()
    files = [*root.glob("*.*"), *(f for room in _DECIDING for f in (root / room).rglob("*.*"))]
    for path in sorted(files):
        if path.suffix in (".py", ".csv"):
            found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    libraries = (f"{name} {_version(name)}" for name in _LIBRARIES)
    return (doseline.__version__, found.hexdigest(), *libraries)


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"
