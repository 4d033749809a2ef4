"""Rows of named fields as tables, and things by number."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np

from doseline.programme.product import Triangular
from doseline.simulate.kernel.layout import TABLES


class Numbered(dict[Hashable, int]):
    """Things in the order in which they were first named, each with its number."""

    def __missing__(self, key: Hashable) -> int:
        self[key] = len(self)
        return self[key]


def rows(name: str, found: Iterable[dict[str, Any]]) -> np.ndarray[Any, Any]:
    """A table from rows of named fields; at least one row, of zeros where there is none.

    Raises KeyError for a name that is no field.
    """
    kind = TABLES[name]
    nothing = dict.fromkeys(kind.names, 0)
    listed = [tuple((nothing | row).values()) for row in found]
    if any(len(row) != len(nothing) for row in listed):
        raise KeyError(f"a row of {name} names a field that is not there")
    return np.array(listed or [tuple(nothing.values())], dtype=kind)


def in_lines(count: int, kind: Any, *, written: bool = True) -> np.ndarray[Any, Any]:
    """A table that begins where a line of the processor's cache does: zeros, if it is `written`."""
    size = np.dtype(kind).itemsize
    found = (np.zeros if written else np.empty)(count * size + 64, np.uint8)
    begin = -found.ctypes.data % 64
    return found[begin : begin + count * size].view(kind)


def triangle(
    law: Triangular | None, low: str = "low", mode: str = "mode", high: str = "high"
) -> Any:
    """The three fields of a duration; zeros where there is none."""
    return {} if law is None else {low: law.low, mode: law.mode, high: law.high}
