"""A mixed-integer programme as plain arrays: columns, and rows that know which rule they state."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Term = tuple[int, float]


@dataclass(frozen=True, slots=True)
class Limit:
    """What a row states: the rule, and where it holds."""

    rule: str
    where: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}" if self.where else self.rule


@dataclass
class Matrix:
    """Columns with costs and bounds; rows as sparse sums between two sides."""

    cost: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    index: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    constant: float = 0.0

    def column(
        self, upper: float = math.inf, *, lower: float = 0.0, cost: float = 0.0, whole: bool = False
    ) -> int:
        """A new column; its position."""
        self.cost.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.cost) - 1

    def binary(self, cost: float = 0.0) -> int:
        """A new column that is 0 or 1; its position."""
        return self.column(1.0, cost=cost, whole=True)

    def columns_alike(self, count: int) -> range:
        """New columns from 0 on, without cost or end; their positions."""
        begin = len(self.cost)
        self.cost += [0.0] * count
        self.lower += [0.0] * count
        self.upper += [math.inf] * count
        self.whole += [False] * count
        return range(begin, begin + count)

    def fix(self, column: int, value: float) -> None:
        """Give a column a value that it keeps."""
        self.lower[column] = self.upper[column] = value

    def row(
        self,
        limit: Limit,
        terms: Iterable[Term],
        *,
        lower: float = -math.inf,
        upper: float = math.inf,
    ) -> int:
        """A new row, `lower <= sum <= upper`; its position. A column named twice counts twice."""
        sums: dict[int, float] = {}
        for column, factor in terms:
            sums[column] = sums.get(column, 0.0) + factor
        for column, factor in sums.items():
            if factor != 0.0:
                self.index.append(column)
                self.value.append(factor)
        self.starts.append(len(self.index))
        self.limits.append(limit)
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        return len(self.limits) - 1

    def row_of_ones(self, limit: Limit, columns: list[int], *, upper: float) -> None:
        """A new row that counts columns, each of which is named once."""
        self.index += columns
        self.value += [1.0] * len(columns)
        self.starts.append(len(self.index))
        self.limits.append(limit)
        self.row_lower.append(-math.inf)
        self.row_upper.append(upper)

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return len(self.cost)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.limits)

    def terms(self, row: int) -> list[Term]:
        """The terms of a row."""
        begin, end = self.starts[row], self.starts[row + 1]
        return list(zip(self.index[begin:end], self.value[begin:end], strict=True))

    def sums(self, values: Floats) -> Floats:
        """The sum of every row for some values of the columns."""
        products = np.asarray(self.value) * values[np.asarray(self.index, dtype=np.int64)]
        totals = np.concatenate(([0.0], np.cumsum(products)))
        starts = np.asarray(self.starts, dtype=np.int64)
        return np.asarray(totals[starts[1:]] - totals[starts[:-1]], dtype=np.float64)
