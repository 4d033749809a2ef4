"""Lines, crews and QC alone: which batches can be made together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from doseline.plan.large.one_product import Change
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Ints
from doseline.plan.solving.solve import Ended, Limits, solve
from doseline.plan.solving.structure import Structure

Move = tuple[int, Change, float]
"""A product, batches of it more or less, and what that costs."""


@dataclass(frozen=True)
class Lines:
    """The rows about batches and lines alone.

    `made` are the places' columns among them; `rows` are their numbers in the problem.
    """

    arrays: Arrays
    made: Ints
    rows: Ints

    def can(self, least: Floats, seconds: float) -> bool | None:
        """Whether so many batches can be made, each on a line, with crews and QC for all.

        None where the clock stopped the solver before it knew.
        """
        lower, upper = self.arrays.lower.copy(), self.arrays.upper.copy()
        lower[self.made], upper[self.made] = least, least
        found = solve(replace(self.arrays, lower=lower, upper=upper), Limits(seconds=seconds))
        if found.values.size:
            return True
        return False if found.ended is Ended.INFEASIBLE else None

    def choice(self, made: Ints, moves: list[Move], rivals: list[list[int]]) -> Arrays:
        """Which moves to make from so many batches, one of each group of rivals at most.

        The moves are the last columns.
        """
        arrays, places, number = self.arrays, len(made), len(moves)
        one = np.ones(places)
        rows = (np.arange(places), self.made)
        batches = sparse.csr_matrix((one, rows), (places, arrays.columns))
        changes = [(p, n, -float(d)) for n, (_, change, _) in enumerate(moves) for p, d in change]
        either = [(row, n, 1.0) for row, some in enumerate(rivals) for n in some]
        by_row = sparse.bmat(
            [
                [arrays.by_row, None],
                [batches, _matrix(changes, (places, number))],
                [None, _matrix(either, (len(rivals), number))],
            ]
        )
        none = np.zeros(arrays.columns)
        few = len(rivals)
        return Arrays(
            cost=np.concatenate([none, np.array([cost for *_, cost in moves])]),
            lower=np.concatenate([arrays.lower, np.zeros(number)]),
            upper=np.concatenate([arrays.upper, np.ones(number)]),
            whole=np.ones(arrays.columns + number, dtype=np.bool_),
            row_lower=np.concatenate([arrays.row_lower, made, np.full(few, -np.inf)]),
            row_upper=np.concatenate([arrays.row_upper, made, np.ones(few)]),
            by_row=by_row.tocsr(),
        )


def lines_of(arrays: Arrays, structure: Structure) -> Lines:
    """What a problem says about batches and lines alone."""
    columns = np.unique(np.concatenate([structure.made, structure.how]))
    others = np.ones(arrays.columns)
    others[columns] = 0.0
    rows = np.flatnonzero(np.asarray(abs(arrays.by_row) @ others) == 0.0)
    part = Arrays(
        cost=np.zeros(len(columns)),
        lower=arrays.lower[columns],
        upper=arrays.upper[columns],
        whole=np.ones(len(columns), dtype=np.bool_),
        row_lower=arrays.row_lower[rows],
        row_upper=arrays.row_upper[rows],
        by_row=arrays.by_row[rows][:, columns].tocsr(),
    )
    return Lines(part, np.searchsorted(columns, structure.made), rows)


def _matrix(entries: list[tuple[int, int, float]], shape: tuple[int, int]) -> sparse.csr_matrix:
    """A matrix from its entries: row, column, value."""
    row, column, value = np.array(entries, dtype=np.float64).reshape(-1, 3).T
    return sparse.csr_matrix((value, (row.astype(np.int64), column.astype(np.int64))), shape=shape)
