"""A programme with one value of its file put differently, such as the low end of its range."""

from __future__ import annotations

import math
import re
from dataclasses import fields, is_dataclass, replace
from typing import Any

from doseline.errors import Fault, InputError, QuantityError
from doseline.formats.fields import ROOT, Spec, specs
from doseline.formats.sanity import sanity_of
from doseline.programme import Programme

__all__ = ["holder_of", "with_value"]

_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_SHARING = ("chance_fraction", "share_fraction", "weight_fraction", "weight")
_SUM_ERROR = 1e-6

Path = list[str | int]


def with_value(programme: Programme, field: str, text: str) -> Programme:
    """The programme with the value of a field as a file would write it.

    `field` is the path under which `Programme.inputs` names it. Where it is one of several
    chances or shares that add up to 1, the others give way in proportion. Raises InputError where
    the value cannot be read, or where its section would no longer be sound.

    """
    path: Path = [int(n) if n else key for key, n in _PART.findall(field)]
    try:
        changed = _put(programme, ROOT, path, text, programme.currency)
    except (KeyError, IndexError, TypeError):
        raise InputError(
            Fault(programme.file, 0, field, "expected the path of a value of the file")
        ) from None
    except QuantityError as error:
        raise InputError(Fault(programme.file, 0, field, str(error))) from None
    assert isinstance(changed, Programme)
    return changed


def holder_of(programme: Programme, field: str) -> Any:
    """The entry of the programme that holds a value, such as the line of a `vials_max`.

    Raises LookupError where the path leads nowhere.
    """
    path: Path = [int(n) if n else key for key, n in _PART.findall(field)]
    owner: Any = programme
    cls: type | None = ROOT
    for part in path[:-1]:
        if isinstance(part, int):
            owner = owner[part]
            continue
        spec = {s.key: s for s in specs(cls)}[part] if cls is not None else None
        if spec is None:
            raise LookupError(field)
        owner, cls = getattr(owner, spec.name), spec.section
    return owner


def _put(owner: Any, cls: type, path: Path, text: str, currency: str) -> Any:
    key, rest = path[0], path[1:]
    spec = {s.key: s for s in specs(cls)}[str(key)]
    old = getattr(owner, spec.name)
    new: Any
    if spec.many and rest and isinstance(rest[0], int):
        place, below = rest[0], rest[1:]
        entry = old[place]
        one = _below(entry, spec, below, text, currency)
        new = _sharing(old, place, one, below)
    else:
        new = _below(old, spec, rest, text, currency)
    changed = replace(owner, **{spec.name: new})
    if cls is not ROOT:
        _sound(changed, spec)
    return changed


def _below(old: Any, spec: Spec, rest: Path, text: str, currency: str) -> Any:
    if spec.section is not None:
        return _put(old, spec.section, rest, text, currency)
    if rest or spec.form is None:
        raise KeyError(spec.key)
    read = spec.form.read(text, currency)
    refused = spec.bounds.refuses(read) if isinstance(read, int | float) else ""
    if refused:
        raise QuantityError(f'found "{text}", expected {refused}')
    return read


def _sharing(old: tuple[Any, ...], place: int, one: Any, below: Path) -> tuple[Any, ...]:
    """The entries with one changed; chances that add up to 1 still do."""
    entries = list(old)
    entries[place] = one
    name = _shared_name(one) if len(below) == 1 else None
    if name is None or getattr(old[place], name) == getattr(one, name):
        return tuple(entries)
    before = [getattr(e, name) for e in old]
    if len(old) < 2 or abs(math.fsum(before) - 1.0) > _SUM_ERROR:
        return tuple(entries)
    others = 1.0 - before[place]
    left = 1.0 - getattr(one, name)
    for i, entry in enumerate(old):
        if i != place and others > 0.0:
            entries[i] = replace(entry, **{name: getattr(entry, name) * left / others})
    return tuple(entries)


def _shared_name(entry: Any) -> str | None:
    if not is_dataclass(entry):
        return None
    names = {f.name for f in fields(entry)}
    return next((n for n in _SHARING if n in names), None)


def _sound(section: Any, spec: Spec) -> None:
    faults = list(sanity_of(section))
    if faults:
        (path, message), *_ = faults
        where = ".".join(map(str, path))
        raise QuantityError(f"{where or spec.key} {message}")
