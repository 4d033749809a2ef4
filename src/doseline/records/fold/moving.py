"""How things come into being and go from one state to the next, each as its machine says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from doseline.records.machines import next_state

__all__ = ["born", "moved"]


class Thing(Protocol):
    """Something with an id and a state, such as a batch or a vial."""

    @property
    def id(self) -> str: ...

    @property
    def state(self) -> Any: ...


T = TypeVar("T", bound=Thing)


def born(table: Mapping[str, Thing], machine: str, name: str, kind: str) -> Any:
    """The first state of a thing. Raises LifeError where it is in its table already."""
    held = table.get(name)
    return next_state(machine, name, held.state if held else None, kind)


def moved(table: dict[str, T], machine: str, held: T, kind: str) -> T:
    """A thing in its next state, which is in its table then. Raises LifeError where none follows.

    >>> from doseline.records.machines import WasteState
    >>> from doseline.records.things import Waste
    >>> table = {"W-1": Waste("W-1", WasteState.OPEN, "hamilton", "I-131")}
    >>> print(moved(table, "waste", table["W-1"], "WasteClosed").state, table["W-1"].state)
    closed closed
    """
    changed: Any = held
    after: T = replace(changed, state=next_state(machine, held.id, held.state, kind))
    table[held.id] = after
    return after
