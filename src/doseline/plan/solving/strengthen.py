"""The relaxation of a problem made stronger by cuts, as long as they lift its bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from scipy import sparse

from doseline.plan.model.variables import Problem
from doseline.plan.proof.cut_rows import Rounder
from doseline.plan.proof.rounding import Cut
from doseline.plan.solving.arrays import Arrays
from doseline.plan.solving.relaxation import Relaxation, Relaxed
from doseline.plan.solving.separation import Separation

_ROUNDS = 15
_GAIN = 3e-5  # of the bound: a round that lifts it by less is one of the last
_LAST = 2  # so many rounds of little gain are the end


@dataclass(frozen=True)
class Strengthened:
    """The arrays with all cuts as rows behind the others, and the relaxation solved with them.

    `cuts` are derived from rows of the problem's own matrix; they stand in the order of the rows
    behind it, so the duals of those are the duals of the cuts. `by_the_clock` says that the clock
    ended the search for cuts.
    """

    arrays: Arrays
    cuts: tuple[Cut, ...]
    relaxation: Relaxation
    root: Relaxed
    by_the_clock: bool = False


def strengthened(
    problem: Problem, arrays: Arrays, until: float, say: Callable[[str], None]
) -> Strengthened | None:
    """The arrays with cuts for their own costs; None where the clock leaves no time for a bound.

    The cuts follow from rows and the wholeness of columns, so they hold for every cost; which ones
    are found depends on it.
    """
    relaxation = Relaxation(arrays, until)
    root = relaxation.solve()
    if root is None:
        return None
    separation, rounder = Separation(problem), Rounder(problem.matrix)
    cuts: list[Cut] = []
    pieces: list[sparse.csr_matrix] = []
    sides: list[float] = []
    began, little = root.objective, 0
    for _ in range(_ROUNDS):
        if perf_counter() > until:
            return _with_rows(arrays, cuts, pieces, sides, root, until)
        found = separation.violated(root.values, until)
        rows = rounder.rows(found)
        if not rows.kept.size:
            break
        shape = (len(rows.lower), arrays.columns)
        more = sparse.csr_matrix((rows.value, rows.index, rows.starts), shape=shape)
        relaxation.all_at_least(more, rows.lower)
        following = relaxation.solve()
        if following is None:
            return _with_rows(arrays, cuts, pieces, sides, root, until)
        cuts += [found[n] for n in rows.kept.tolist()]
        pieces.append(more)
        sides += rows.lower.tolist()
        gain = following.objective - root.objective
        root = following
        little = little + 1 if gain < _GAIN * max(1.0, abs(root.objective)) else 0
        if little >= _LAST:
            break
    if cuts:
        say(f"bound {began:,.0f}, with {len(cuts)} cuts {root.objective:,.0f}")
    return Strengthened(_stacked(arrays, pieces, sides), tuple(cuts), relaxation, root)


def _with_rows(
    arrays: Arrays,
    cuts: list[Cut],
    pieces: list[sparse.csr_matrix],
    sides: list[float],
    root: Relaxed,
    until: float,
) -> Strengthened:
    """What was found before the clock stopped the rounds."""
    stacked = _stacked(arrays, pieces, sides)
    return Strengthened(stacked, tuple(cuts), Relaxation(stacked, until), root, True)


def _stacked(arrays: Arrays, pieces: list[sparse.csr_matrix], sides: list[float]) -> Arrays:
    if not pieces:
        return arrays
    return replace(
        arrays,
        by_row=sparse.vstack([arrays.by_row, *pieces], format="csr"),
        row_lower=np.concatenate([arrays.row_lower, np.array(sides)]),
        row_upper=np.concatenate([arrays.row_upper, np.full(len(sides), np.inf)]),
    )
