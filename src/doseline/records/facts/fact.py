"""A fact: what one entry of the ledger says, as a frozen record with a body of plain values.

The ledger keeps a kind and a body; this module turns a fact into both and back. Bodies hold
integers, strings, lists and objects, nothing else, so that their bytes are the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints

from doseline.errors import LifeError

__all__ = ["Fact", "body_of", "fact_of", "value_of"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a person said happened. `ENTITY` names the kind of thing it happened to."""

    ENTITY: ClassVar[str] = ""

    @property
    def kind(self) -> str:
        """The name under which the ledger keeps it."""
        return type(self).__name__

    @property
    def stream(self) -> str:
        """The thing that it happened to, such as `vial/B1-01`; its first field names it."""
        return f"{self.ENTITY}/{getattr(self, _names(type(self))[0])}"


_NAMES: dict[Any, tuple[str, ...]] = {}
_HINTS: dict[Any, dict[str, Any]] = {}
_PLAIN = (str, int)


def _names(cls: Any) -> tuple[str, ...]:
    if cls not in _NAMES:
        _NAMES[cls] = tuple(field.name for field in fields(cls))
    return _NAMES[cls]


def _hints(cls: Any) -> dict[str, Any]:
    if cls not in _HINTS:
        hints = get_type_hints(cls)
        _HINTS[cls] = {name: hints[name] for name in _names(cls)}
    return _HINTS[cls]


def body_of(value: object) -> dict[str, Any]:
    """The body of a fact, or of a part of one: field names to plain values.

    >>> from doseline.records.facts.custody import VialPacked
    >>> body_of(VialPacked("B1-01", "S1", "P1"))
    {'vial': 'B1-01', 'shipment': 'S1', 'package': 'P1'}
    """
    return {name: _plain(getattr(value, name)) for name in _names(type(value))}


def _plain(value: Any) -> Any:
    if isinstance(value, (str, int)):
        return value
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return body_of(value)


def value_of(cls: type[T], body: Mapping[str, Any], where: str = "") -> T:
    """A frozen record from a body. Raises LifeError where a field is missing or of another type."""
    hints = _hints(cls)
    if body.keys() != hints.keys():
        odd = ", ".join(sorted(set(body) ^ set(hints)))
        raise LifeError(f"{where or cls.__name__}: the body does not fit: {odd}")
    return cls(**{name: _typed(hint, body[name], name) for name, hint in hints.items()})


def _typed(hint: Any, value: Any, where: str) -> Any:
    if hint in _PLAIN and type(value) is hint:  # most are
        return value
    if get_origin(hint) is tuple:
        if not isinstance(value, (list, tuple)):
            raise LifeError(f"{where}: found {value!r}, expected a list")
        return tuple(_typed(get_args(hint)[0], part, where) for part in value)
    if is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise LifeError(f"{where}: found {value!r}, expected an object")
        return value_of(hint, value, where)
    if type(value) is not hint:
        raise LifeError(f"{where}: found {value!r}, expected {hint.__name__}")
    return value


def fact_of(kinds: Mapping[str, type[Fact]], kind: str, body: Mapping[str, Any]) -> Fact:
    """The fact that an entry of the ledger says. Raises LifeError for an unknown kind."""
    cls = kinds.get(kind)
    if cls is None:
        raise LifeError(f'"{kind}" is not a fact that this version knows.')
    return value_of(cls, body, kind)
