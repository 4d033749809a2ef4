"""A file of what has happened to a plan: failures, stops, patients who move."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from doseline.errors import Fault, InputError, ProgrammeError, did_you_mean
from doseline.formats.file_text import read_text
from doseline.formats.yaml_text import Items, Mapping, Node, Scalar, tree_from_text
from doseline.operations.happened import (
    BatchFailed,
    Happening,
    LaneClosed,
    LineDown,
    OrderCancelled,
    OrderMoved,
    PlantDown,
    SourceStopped,
    Span,
)
from doseline.operations.orders import DoseOrder
from doseline.operations.schedule import Schedule
from doseline.programme import Programme

__all__ = ["Happened", "instant_from_text", "read_happened"]

_SPANNED: dict[str, tuple[str, Callable[[str, Span], Happening]]] = {
    "lane_closed": ("lane", LaneClosed),
    "source_stopped": ("source", SourceStopped),
    "line_down": ("line", LineDown),
    "plant_down": ("manufacturer", PlantDown),
}
_KEYS = {
    "batch_failed": ("batch",),
    **{what: (key, "from", "until") for what, (key, _) in _SPANNED.items()},
    "order_moved": ("order", "wanted_on", "earliest_on", "latest_on"),
    "order_cancelled": ("order",),
}


@dataclass(frozen=True, slots=True)
class Happened:
    """What has happened, and the instant at which it is known; none where the file does not say."""

    now_at: int | None
    events: tuple[Happening, ...]


@dataclass
class _Known:
    """What a file may name, and the faults found so far."""

    programme: Programme
    names: dict[str, Collection[str]]
    orders: dict[str, DoseOrder]
    until_at: int
    faults: list[Fault] = field(default_factory=list)


def read_happened(
    path: str | os.PathLike[str],
    programme: Programme,
    orders: Collection[DoseOrder],
    before: Schedule,
    until_at: int,
    now_at: int | None = None,
) -> Happened:
    """What a YAML or JSON file says has happened. Raises InputError with every fault that it has.

    `now` is the instant at which it is known; `now_at` counts where the file has none. `happened`
    lists events, each with `what` and the keys that it needs. A span without `from` begins now; one
    without `until` ends with the period planned, at `until_at`.
    """
    name = os.fspath(path)
    try:
        text = read_text(name, expected="a file of what happened such as happened.yaml")
        tree = tree_from_text(text, name)
    except ProgrammeError as error:
        raise InputError(error.faults) from None
    known = _Known(
        programme=programme,
        names={
            "batch": before.batch,
            "lane": programme.lane,
            "source": programme.source,
            "line": programme.line,
            "manufacturer": programme.manufacturer,
            "order": {o.id: o for o in orders},
        },
        orders={o.id: o for o in orders},
        until_at=until_at,
    )
    _only(known, tree, "", ("now", "happened"))
    said = _instant(known, tree, "now", "now")
    now = said if said is not None else now_at
    events = _events(known, tree, 0 if now is None else now)
    if known.faults:
        raise InputError(sorted(known.faults, key=lambda f: f.line))
    return Happened(now, tuple(events))


def instant_from_text(programme: Programme, text: str) -> int:
    """The minute of an instant such as 2022-05-09T14:30-05:00. Raises ValueError. [min]"""
    refused = ValueError(
        f'found "{text}", expected a time with its zone such as 2022-05-09T14:30-05:00'
    )
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise refused from None
    if at.utcoffset() is None:
        raise refused
    return programme.clock.minute(at)


# -- the parts of the file -----------------------------------------------------------------


def _fault(known: _Known, node: Node, path: str, message: str) -> None:
    known.faults.append(Fault(node.file, node.line, path, message))


def _only(known: _Known, entry: Mapping, path: str, keys: Collection[str]) -> None:
    for key, scalar in entry.keys.items():
        if key not in keys:
            hint = did_you_mean(key, keys) or f"; expected {', '.join(keys)}"
            _fault(known, scalar, f"{path}.{key}" if path else key, f"unknown key{hint}")


def _events(known: _Known, tree: Mapping, now_at: int) -> list[Happening]:
    listed = tree.entries.get("happened")
    if listed is None:
        _fault(known, tree, "happened", "missing; expected a list of what has happened")
        return []
    if not isinstance(listed, Items):
        message = f"found {listed.shown()}, expected a list of what has happened"
        _fault(known, listed, "happened", message)
        return []
    found = []
    for n, entry in enumerate(listed.values):
        path = f"happened[{n}]"
        if not isinstance(entry, Mapping):
            message = f"found {entry.shown()}, expected a mapping with what: batch_failed, say"
            _fault(known, entry, path, message)
            continue
        event = _event(known, entry, path, now_at)
        if event is not None:
            found.append(event)
    return found


def _event(known: _Known, entry: Mapping, path: str, now_at: int) -> Happening | None:
    before = len(known.faults)
    what = _text(known, entry, "what", path)
    if what is None:
        return None
    if what not in _KEYS:
        hint = did_you_mean(what, _KEYS) or f": {', '.join(_KEYS)}"
        message = f'found "{what}", expected one of what can happen{hint}'
        _fault(known, entry.entries["what"], f"{path}.what", message)
        return None
    _only(known, entry, path, ("what", *_KEYS[what]))
    key = _KEYS[what][0]
    name = _text(known, entry, key, path)
    if name is not None and name not in known.names[key]:
        hint = did_you_mean(name, known.names[key]) or _some(known.names[key])
        where = "of the plan" if key in ("batch", "order") else "of the programme"
        message = f'found "{name}", expected a {key} {where}{hint}'
        _fault(known, entry.entries[key], f"{path}.{key}", message)
    if what == "order_moved":
        return _moved(known, entry, path, name, before)
    if what in _SPANNED:
        span = _span(known, entry, path, now_at)
        sound = name is not None and span is not None and len(known.faults) == before
        return _SPANNED[what][1](name or "", span) if sound and span is not None else None
    if name is None or len(known.faults) > before:
        return None
    return BatchFailed(name) if what == "batch_failed" else OrderCancelled(name)


def _some(names: Collection[str]) -> str:
    listed = sorted(names)
    more = ", ..." if len(listed) > 8 else ""
    return f": {', '.join(listed[:8])}{more}" if listed else "; there is none"


def _span(known: _Known, entry: Mapping, path: str, now_at: int) -> Span | None:
    first = _instant(known, entry, "from", f"{path}.from")
    last = _instant(known, entry, "until", f"{path}.until")
    begins = now_at if first is None else first
    ends = known.until_at if last is None else last
    if begins >= ends:
        at = entry.entries.get("until", entry.entries.get("from", entry))
        told = known.programme.clock.instant(begins).isoformat(timespec="minutes")
        _fault(known, at, f"{path}.until", f"ends too early; expected an end after {told}")
        return None
    return Span(begins, ends)


def _moved(
    known: _Known, entry: Mapping, path: str, name: str | None, before: int
) -> Happening | None:
    """A patient's new days; the window moves with the day wanted where it is not said."""
    wanted = _day(known, entry, "wanted_on", path, needed=True)
    earliest = _day(known, entry, "earliest_on", path)
    latest = _day(known, entry, "latest_on", path)
    if name is None or wanted is None or len(known.faults) > before:
        return None
    order = known.orders[name]
    later = wanted - order.wanted_on
    first = order.earliest_on + later if earliest is None else earliest
    last = order.latest_on + later if latest is None else latest
    if not first <= wanted <= last:
        message = f"found {wanted}, expected a day of the window from {first} to {last}"
        _fault(known, entry.entries["wanted_on"], f"{path}.wanted_on", message)
        return None
    return OrderMoved(name, wanted, first, last)


# -- values --------------------------------------------------------------------------------


def _scalar(known: _Known, entry: Mapping, key: str, path: str) -> Scalar | None:
    node: Any = entry.entries.get(key)
    if node is None:
        return None
    if not isinstance(node, Scalar) or node.empty:
        _fault(known, node, path, f"found {node.shown()}, expected one value")
        return None
    return node


def _text(known: _Known, entry: Mapping, key: str, path: str) -> str | None:
    if key not in entry.entries:
        expected = "what has happened" if key == "what" else f"a {key}"
        _fault(known, entry, f"{path}.{key}", f"missing; expected {expected}")
        return None
    node = _scalar(known, entry, key, f"{path}.{key}")
    return None if node is None else node.text


def _instant(known: _Known, entry: Mapping, key: str, path: str) -> int | None:
    node = _scalar(known, entry, key, path)
    if node is None:
        return None
    try:
        return instant_from_text(known.programme, node.text)
    except ValueError as error:
        _fault(known, node, path, str(error))
        return None


def _day(known: _Known, entry: Mapping, key: str, path: str, needed: bool = False) -> date | None:
    if key not in entry.entries and needed:
        _fault(known, entry, f"{path}.{key}", "missing; expected a day such as 2022-05-09")
    node = _scalar(known, entry, key, f"{path}.{key}")
    if node is None:
        return None
    try:
        return date.fromisoformat(node.text)
    except ValueError:
        message = f"found {node.shown()}, expected a day such as 2022-05-09"
        _fault(known, node, f"{path}.{key}", message)
        return None
