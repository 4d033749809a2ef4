"""A relaxation with few of its choices open at first: further ones open when they would pay.

A dose has a dozen choices, and nearly always takes one of the least dear. With two of each open
the relaxation is soon solved; what its rows are then worth says which of the others would make it
cheaper. These open, and it is solved on from where it stood, until none is left that would.
Source: Bixby, Gregory, Lustig, Marsten and Shanno, Very large-scale linear programming: a case
study in combining interior point and simplex methods, Operations Research 40 (1992), 885-897.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from doseline.plan.large.folded import Charges
from doseline.plan.model.matrix import Floats
from doseline.plan.solving.arrays import Arrays, Flags, Ints
from doseline.plan.solving.relaxation import Relaxation, Relaxed, Standing, safe_bound

_PAYS = 1e-6  # in units of the cost: what a choice must save to be opened
_MUCH = 1e-4  # of the cost: in a dive, what those that would pay must save together


@dataclass(frozen=True)
class _Core:
    """The relaxation of the open columns, and of the rows that these could break."""

    relaxation: Relaxation
    columns: Ints
    rows: Ints
    position: Ints


class Sifted:
    """The relaxation of some arrays; `near` are the choices, of those in `serve`, open at first.

    A charge is open if one of its choices is. Bounds can change between two solutions, as those of
    a `Relaxation`. `proven` and `duals` are the best bound of the arrays as they came and what it
    follows from, also where the clock stopped it. `until` is a reading of `perf_counter`.
    """

    def __init__(
        self, arrays: Arrays, charges: Charges, serve: Ints, near: Flags, until: float
    ) -> None:
        self._arrays, self._charges, self._until = arrays, charges, until
        closed = np.zeros(arrays.columns, dtype=np.bool_)
        closed[charges.paid] = True
        closed[serve] = True
        closed[serve[near]] = False
        closed[charges.paid[~closed[charges.serve]]] = False
        self._closed = closed & (arrays.lower <= 0.0) & (arrays.upper > 0.0)
        self._lone = np.ones(arrays.columns, dtype=np.bool_)
        self._lone[charges.serve] = False
        self._tied, first = np.unique(charges.tied, return_index=True)
        self._paid = charges.paid[first]
        self._lower, self._upper = arrays.lower.copy(), arrays.upper.copy()
        self._standing = Standing(arrays.columns, arrays.rows)
        self._core: _Core | None = None
        self._changed = self._stale = False
        self.proven, self.duals = -math.inf, np.zeros(arrays.rows)

    def stop_at(self, until: float) -> None:
        """Give the solver another time to stop at."""
        self._until = until
        if self._core is not None:
            self._core.relaxation.stop_at(until)

    def at_most(self, columns: Ints, upper: float) -> None:
        """Add a row: some columns together are no more than `upper`."""
        arrays = self._arrays
        row = sparse.csr_matrix(
            (np.ones(len(columns)), columns, [0, len(columns)]), shape=(1, arrays.columns)
        )
        self._arrays = replace(
            arrays,
            by_row=sparse.vstack([arrays.by_row, row], format="csr"),
            row_lower=np.append(arrays.row_lower, -np.inf),
            row_upper=np.append(arrays.row_upper, upper),
        )
        self._standing.another_row()
        self._stale, self._changed = True, True

    def bound(self, column: int, lower: float, upper: float) -> None:
        """Give a column other bounds, none beyond those it came with."""
        self._lower[column], self._upper[column] = lower, upper
        self._changed = True
        if self._core is not None:
            self._core.relaxation.bound(int(self._core.position[column]), lower, upper)

    def solve(self) -> Relaxed | None:
        """The least cost with its values and the duals of all rows.

        As it came, that of the whole relaxation. After a change, that of what is open: where more
        would pay a good deal it is opened before the next time; `solve_on` goes on until nothing
        would. None where nothing satisfies the rows, or the clock stopped it. Raises SolverError
        where HiGHS fails.
        """
        if not self._changed:
            return self.solve_on()
        found, _ = self._solved(_MUCH)
        return found

    def solve_on(self) -> Relaxed | None:
        """As `solve`, until no column that is closed would pay."""
        while True:
            found, opened = self._solved(0.0)
            if not opened:
                return found

    def _solved(self, much: float) -> tuple[Relaxed | None, bool]:
        """The least cost of what is open, and whether more was opened then.

        It is not where all that would pay together saves less than `much`, in parts of the cost.
        """
        arrays, core = self._arrays, self._core
        if core is None or self._stale:
            core = self._core = self._opened()
            self._stale = False
        found = core.relaxation.solve()
        if found is None:
            return None, self._all_opened(core)
        row_duals = np.zeros(arrays.rows)
        row_duals[core.rows] = found.row_duals
        duals, paying, saved = self._priced(row_duals)
        if not self._changed:
            proven = safe_bound(arrays, duals)
            if proven > self.proven:
                self.proven, self.duals = proven, duals
        values = np.zeros(arrays.columns)
        values[core.columns] = found.values
        opened = bool(paying.size) and saved >= much * abs(found.objective)
        if opened:
            self._closed[paying] = False
            self._stale = True
        return Relaxed(values, duals, found.objective), opened

    def _all_opened(self, core: _Core) -> bool:
        """Whether all is opened since nothing satisfied what was open, as it came."""
        if self._changed or not (core.relaxation.impossible and self._closed.any()):
            return False
        self._closed[:] = False
        self._stale = True
        return True

    def _opened(self) -> _Core:
        """The open columns, with the solver where it stood before some of them were."""
        arrays, columns = self._arrays, np.flatnonzero(~self._closed)
        if self._core is not None:
            self._core.relaxation.stands(self._standing, self._core.columns, self._core.rows)
        by_row = arrays.by_row[:, columns]
        least, most = _sums(by_row, arrays.lower[columns], arrays.upper[columns])
        rows = np.flatnonzero((most > arrays.row_upper) | (least < arrays.row_lower))
        part = replace(
            arrays,
            cost=arrays.cost[columns],
            lower=self._lower[columns],
            upper=self._upper[columns],
            whole=arrays.whole[columns],
            row_lower=arrays.row_lower[rows],
            row_upper=arrays.row_upper[rows],
            by_row=by_row[rows],
        )
        relaxation = Relaxation(part, self._until, corners=True)
        relaxation.stand(self._standing, columns, rows)
        position = np.full(arrays.columns, -1, dtype=np.int64)
        position[columns] = np.arange(len(columns))
        return _Core(relaxation, columns, rows, position)

    def _priced(self, row_duals: Floats) -> tuple[Floats, Ints, float]:
        """The duals with those of rows that tie closed choices, the columns that would pay, and how
        much at most.

        A choice that saves something may have to pay for a charge first. As long as all choices of
        a charge together save less than it costs, the rows between them take that up.
        """
        charges, arrays = self._charges, self._arrays
        reduced = arrays.cost - arrays.by_row.T @ row_duals
        saves = np.where(self._closed, np.maximum(-reduced, 0.0), 0.0)
        by_row = np.zeros(arrays.rows)
        np.maximum.at(by_row, charges.tied, saves[charges.serve])
        asked = np.bincount(self._paid, weights=by_row[self._tied], minlength=arrays.columns)
        enough = asked > np.maximum(reduced, 0.0) + _PAYS
        duals = row_duals.copy()
        duals[self._tied] -= np.where(enough[self._paid], 0.0, by_row[self._tied])
        opens = charges.serve[enough[charges.paid] & (saves[charges.serve] > _PAYS)]
        with_them = charges.paid[np.isin(charges.serve, opens)]
        alone = np.flatnonzero(self._lone & (saves > _PAYS))
        paying = np.unique(np.concatenate([opens, with_them, alone]))
        return duals, paying[self._closed[paying]], float(saves[paying].sum())


def _sums(by_row: sparse.csr_matrix, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """The least and the most that each row can come to."""
    up, down = by_row.maximum(0.0), by_row.minimum(0.0)
    least = _times(up, lower) + _times(down, upper)
    return least, _times(up, upper) + _times(down, lower)


def _times(part: sparse.csr_matrix, ends: Floats) -> Floats:
    """A matrix, all of one sign, times ends that may be infinite."""
    endless = ~np.isfinite(ends)
    found = np.asarray(part @ np.where(endless, 0.0, ends), dtype=np.float64)
    if endless.any():
        without = np.asarray(part @ np.where(endless, np.sign(ends), 0.0), dtype=np.float64)
        found = np.where(without != 0.0, np.inf * np.sign(without), found)
    return found
