"""A matrix as arrays, for what looks at it as a whole or cuts pieces out of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from doseline.plan.model.matrix import Floats, Matrix

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Arrays:
    """Columns with costs and bounds, rows between two sides: a matrix, in its own order."""

    cost: Floats
    lower: Floats
    upper: Floats
    whole: Flags
    row_lower: Floats
    row_upper: Floats
    by_row: Any  # scipy.sparse.csr_matrix: rows by columns
    constant: float = 0.0

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return len(self.cost)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.row_lower)

    @cached_property
    def by_column(self) -> Any:
        """The same coefficients, by column."""
        return self.by_row.tocsc()

    def sums(self, values: Floats) -> Floats:
        """The sum of every row for some values of the columns."""
        return np.asarray(self.by_row @ values, dtype=np.float64)

    def objective(self, values: Floats) -> float:
        """What some values cost."""
        return float(self.cost @ values) + self.constant


def arrays_of(matrix: Matrix) -> Arrays:
    """The arrays of a matrix as it stands.

    >>> from doseline.plan.model.matrix import Limit
    >>> small = Matrix()
    >>> first, second = small.binary(3.0), small.column(9.0)
    >>> small.row(Limit("vials", ""), [(first, 12.0), (second, 1.0)], lower=5.0)
    0
    >>> arrays_of(small).sums(np.array([1.0, 2.0])).tolist()
    [14.0]
    """
    shape = (matrix.rows, matrix.columns)
    index = np.asarray(matrix.index, dtype=np.int32)
    starts = np.asarray(matrix.starts, dtype=np.int32)
    return Arrays(
        cost=np.asarray(matrix.cost, dtype=np.float64),
        lower=np.asarray(matrix.lower, dtype=np.float64),
        upper=np.asarray(matrix.upper, dtype=np.float64),
        whole=np.asarray(matrix.whole, dtype=np.bool_),
        row_lower=np.asarray(matrix.row_lower, dtype=np.float64),
        row_upper=np.asarray(matrix.row_upper, dtype=np.float64),
        by_row=sparse.csr_matrix(
            (np.asarray(matrix.value, dtype=np.float64), index, starts), shape=shape
        ),
        constant=matrix.constant,
    )


def piece(whole: Arrays, values: Floats, sums: Floats, free: Ints) -> tuple[Arrays, Ints]:
    """The part of a problem that is left when all columns but some keep their values.

    `sums` are those of the rows for `values`. The part has the free columns in their order, and the
    rows that they stand in, which are also returned.
    """
    columns = whole.by_column[:, free]
    rows = np.unique(columns.indices)
    inner = columns.tocsr()[rows]
    kept = sums[rows] - inner @ values[free]
    part = Arrays(
        cost=whole.cost[free],
        lower=whole.lower[free],
        upper=whole.upper[free],
        whole=whole.whole[free],
        row_lower=whole.row_lower[rows] - kept,
        row_upper=whole.row_upper[rows] - kept,
        by_row=inner,
    )
    return part, rows


def alone(whole: Arrays, free: Ints) -> tuple[Arrays, Floats, Ints]:
    """The part of some free columns, all others at 0 or as near as they may be.

    With it those values of all columns, and where each column stands in the part, -1 for none.
    """
    values = np.clip(0.0, whole.lower, whole.upper)
    part, _ = piece(whole, values, whole.sums(values), free)
    position = np.full(whole.columns, -1, dtype=np.int64)
    position[free] = np.arange(len(free))
    return part, values, position
