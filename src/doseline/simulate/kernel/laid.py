"""Some replications laid out in tables side by side, and what each one has of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Ints = np.ndarray[Any, Any]
Found = dict[str, Ints]


@dataclass(frozen=True)
class Laid:
    """Tables for so many replications.

    Of the tables in `parts` each replication has rows of its own, from the first on: the first row
    and how many there are, by replication. The other tables are whole in all of them. `numbers`
    are those that stand alone, by replication.
    """

    count: int
    tables: Found
    parts: dict[str, tuple[Ints, Ints]] = field(default_factory=dict)
    numbers: dict[str, Ints] = field(default_factory=dict)


def alone(tables: Found, numbers: dict[str, int]) -> Laid:
    """What one replication has to itself."""
    return Laid(1, tables, {}, {name: np.array([number]) for name, number in numbers.items()})
