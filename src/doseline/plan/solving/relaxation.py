"""The relaxation of a matrix, kept by the solver while it changes: no column need be whole."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np

from doseline.errors import SolverError
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Ints
from doseline.plan.solving.highs import highspy
from doseline.plan.solving.solve import as_lp, fresh

_LARGE = 40_000
"""From so many columns on interior points are faster than the simplex method."""

_PRIMAL = 4  # the primal simplex method, as HiGHS counts them


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The least cost of a relaxation, where it is reached, and what each row is worth there."""

    values: Floats
    row_duals: Floats
    objective: float


class Standing:
    """Where the solver stands in a whole, of which it has had parts: each column, each row.

    A column that it has not had stands at its lower bound, a row is not tight.
    """

    def __init__(self, columns: int, rows: int) -> None:
        status = highspy.HighsBasisStatus
        self.known = False
        self.columns = np.full(columns, status.kLower, dtype=np.object_)
        self.rows = np.full(rows, status.kBasic, dtype=np.object_)

    def another_row(self) -> None:
        """The whole has a row more."""
        self.rows = np.append(self.rows, highspy.HighsBasisStatus.kBasic)


class Relaxation:
    """A matrix whose columns need not be whole; rows and bounds can change between two solutions.

    `until` is the reading of `perf_counter` at which the solver gives up. A large one is solved by
    interior points the first time; with `inside` it ends there, without a corner: its bound is as
    good, but nothing more can be added. With `corners` it is solved by the simplex method alone;
    one of more than `small` columns counts as large.
    """

    def __init__(
        self,
        arrays: Arrays,
        until: float,
        inside: bool = False,
        corners: bool = False,
        small: int = _LARGE,
    ) -> None:
        self._highs: Any = fresh()
        if arrays.columns > small and not corners:
            self._highs.setOptionValue("solver", "ipm")
            self._highs.setOptionValue("run_crossover", "off" if inside else "on")
        self._until = until
        lp = as_lp(replace(arrays, whole=np.zeros(arrays.columns, dtype=np.bool_)))
        if self._highs.passModel(lp) == highspy.HighsStatus.kError:
            raise SolverError("HiGHS refused the model")

    def all_at_least(self, rows: Any, lower: Floats) -> None:
        """Add rows, `lower <= sum` each; `rows` is a sparse matrix by row, of all columns."""
        self._highs.addRows(
            len(lower),
            lower,
            np.full(len(lower), math.inf),
            rows.nnz,
            rows.indptr[:-1].astype(np.int32),
            rows.indices.astype(np.int32),
            rows.data,
        )

    def at_most(self, columns: Ints, upper: float) -> None:
        """Add a row: some columns together are no more than `upper`."""
        ones = np.ones(len(columns))
        self._highs.addRow(-math.inf, upper, len(columns), columns.astype(np.int32), ones)

    def cost(self, costs: Floats) -> None:
        """Give all columns other costs."""
        every = np.arange(len(costs), dtype=np.int32)
        self._highs.changeColsCost(len(costs), every, costs)

    def bound(self, column: int, lower: float, upper: float) -> None:
        """Give a column other bounds."""
        self._highs.changeColBounds(column, lower, upper)

    def loosen(self, columns: Ints, lower: Floats) -> None:
        """Let columns that were held at their upper bound go down to a lower one.

        Each stays where it stands until the next solution, which satisfies all rows from its first
        step on: the primal simplex method is the one for that.
        """
        basis = self._highs.getBasis()
        stands = np.asarray(basis.col_status, dtype=np.object_)
        held = columns[stands[columns] != highspy.HighsBasisStatus.kBasic]
        stands[held] = highspy.HighsBasisStatus.kUpper
        basis.col_status = stands.tolist()
        upper = np.asarray(self._highs.getLp().col_upper_, dtype=np.float64)[columns]
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)
        self._highs.setBasis(basis)
        self._highs.setOptionValue("simplex_strategy", _PRIMAL)

    def put(self, row: int, column: int, value: float) -> None:
        """Give a column another coefficient in a row."""
        self._highs.changeCoeff(row, column, value)

    def stop_at(self, until: float) -> None:
        """Give the solver another time to stop at."""
        self._until = until

    def side(self, row: int, upper: float) -> None:
        """Give a row another upper side, and no lower one."""
        self._highs.changeRowBounds(row, -math.inf, upper)

    def between(self, row: int, lower: float, upper: float) -> None:
        """Give a row other sides."""
        self._highs.changeRowBounds(row, lower, upper)

    def basis(self) -> Any:
        """Where the solver stands: what `start_from` takes."""
        return self._highs.getBasis()

    def start_from(self, basis: Any) -> None:
        """Have the solver begin where it stood before."""
        self._highs.setBasis(basis)

    def stand(self, standing: Standing, columns: Ints, rows: Ints) -> None:
        """Have the solver begin where it stood in a smaller part of the whole; these are mine."""
        if standing.known:
            basis = highspy.HighsBasis()
            basis.col_status = standing.columns[columns].tolist()
            basis.row_status = standing.rows[rows].tolist()
            basis.valid = True
            self._highs.setBasis(basis)

    def stands(self, standing: Standing, columns: Ints, rows: Ints) -> None:
        """Write down where the solver stands in the whole."""
        basis = self._highs.getBasis()
        standing.columns[columns] = basis.col_status
        standing.rows[rows] = basis.row_status
        standing.known = True

    @property
    def impossible(self) -> bool:
        """Whether the last solution ended because nothing satisfies the rows."""
        return bool(self._highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible)

    def solve(self) -> Relaxed | None:
        """The least cost with its values and duals.

        None where nothing satisfies the rows, or the clock stopped the solver. Raises SolverError
        where HiGHS fails.
        """
        least = self.least()
        if least is None:
            return None
        found = self._highs.getSolution()
        return Relaxed(
            np.asarray(found.col_value, dtype=np.float64),
            np.asarray(found.row_dual, dtype=np.float64),
            least,
        )

    def least(self, enough: float = math.inf) -> float | None:
        """The least cost alone, by the rules of `solve`; infinity where it is above `enough`.

        HiGHS stops as soon as it knows that it is: for what asks often.
        """
        left = self._until - perf_counter()
        if left <= 0.0:
            return None
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + left)
        self._highs.setOptionValue("objective_bound", enough)
        if self._highs.run() == highspy.HighsStatus.kError:
            self._highs.clearSolver()  # what it kept from the last solution led it astray
            if self._highs.run() == highspy.HighsStatus.kError:
                raise SolverError("HiGHS failed while solving")
        self._highs.setOptionValue("solver", "choose")
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kObjectiveBound:
            return math.inf
        if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
            return None
        return float(self._highs.getInfo().objective_function_value)


def safe_bound(arrays: Arrays, row_duals: Floats) -> float:
    """What nothing can undercut, by any duals; minus infinity where a column has no end.

    Weak duality with reduced costs r = c - A'y; what a solver's duals lack in feasibility lowers
    the bound, it does not make it wrong (but for rounding in double precision).

    >>> from doseline.plan.solving.arrays import arrays_of
    >>> from doseline.plan.model.matrix import Limit, Matrix
    >>> sack = Matrix()
    >>> batches = sack.column(9.0, cost=500.0, whole=True)
    >>> row = sack.row(Limit("vials", ""), [(batches, 12.0)], lower=30.0)
    >>> safe_bound(arrays_of(sack), np.array([41.5]))
    1245.0
    """
    duals = safe_duals(arrays, row_duals)
    reduced = arrays.cost - arrays.by_row.T @ duals
    ends = np.where(reduced > 0.0, arrays.lower, arrays.upper)
    sides = np.where(duals > 0.0, arrays.row_lower, arrays.row_upper)
    columns, rows = reduced != 0.0, duals != 0.0
    total = float(reduced[columns] @ ends[columns]) + float(duals[rows] @ sides[rows])
    return arrays.constant + total if math.isfinite(total) else -math.inf


def safe_duals(arrays: Arrays, row_duals: Floats) -> Floats:
    """The duals, 0 where they are no number or would charge a side that a row does not have."""
    duals = np.where(np.isfinite(row_duals), row_duals, 0.0)
    duals = np.where((duals > 0.0) & ~np.isfinite(arrays.row_lower), 0.0, duals)
    return np.where((duals < 0.0) & ~np.isfinite(arrays.row_upper), 0.0, duals)
