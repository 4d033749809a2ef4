"""The one door to HiGHS: a matrix goes in, values, objective and bound come out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, partial
from typing import Any

import numpy as np

from doseline.errors import SolverError
from doseline.plan.model.matrix import Floats, Matrix
from doseline.plan.solving.arrays import Arrays, arrays_of
from doseline.plan.solving.highs import highspy

WHOLE_UNITS = 0.01
"""Costs are solved in whole units of the currency, not in cents: tolerances suit that size."""


def in_units(matrix: Matrix) -> Matrix:
    """A matrix with its costs in whole units of the currency, as they are solved."""
    cost = [c * WHOLE_UNITS for c in matrix.cost]
    return replace(matrix, cost=cost, constant=matrix.constant * WHOLE_UNITS)


@dataclass(frozen=True, slots=True)
class Limits:
    """When the solver stops: at a gap, after so much work, and at the latest by the clock.

    Gap, nodes and looks (how often the solver looks whether to stop: each round of cuts, each node)
    give the same answer on every machine. `seconds` is a guard: where it stopped the solver, the
    plan says that it is not reproducible. `seed` is that of the solver's own choices.
    """

    gap: float = 1e-4
    nodes: int = 5000
    looks: int = 2000
    seconds: float = 60.0
    seed: int = 20161128


_SMALLER = (
    "mip_heuristic_run_rins",
    "mip_heuristic_run_rens",
    "mip_heuristic_run_root_reduced_cost",
)
"""What HiGHS calls its searches in smaller problems."""


class Ended(StrEnum):
    """How the solver stopped."""

    OPTIMAL = "optimal"
    STOPPED = "stopped"
    BY_THE_CLOCK = "by the clock"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"


@dataclass(frozen=True)
class Solution:
    """What the solver found; `values` is empty where it found nothing."""

    ended: Ended
    values: Floats
    objective: float
    bound: float
    row_duals: Floats
    nodes: int
    iterations: int


def _new() -> Any:
    make: Any = highspy.Highs
    return make()


def fresh() -> Any:
    """HiGHS with nothing in it, at the settings that all solving shares."""
    highs = _new()
    _options(highs, Limits())
    return highs


def version() -> str:
    """The version of HiGHS in use."""
    return str(_new().version())


def solve(
    matrix: Matrix | Arrays,
    limits: Limits,
    start: Floats | None = None,
    *,
    interior: bool = False,
    searching: bool = True,
) -> Solution:
    """The least cost of a matrix. One thread, one seed. Raises SolverError where HiGHS fails.

    `start` is a solution to begin with. `interior` goes through the inside to a corner, instead of
    from corner to corner: quicker for some matrices without whole columns. Without `searching` the
    solver solves no smaller problems to find better solutions: for where others look beside it.

    Presolve of HiGHS 1.15.1 is known to call a model infeasible that has a solution (its issue
    2204), and says in its log that it has gone wrong; so what it says is infeasible, or goes wrong
    on, is solved again without it.
    """
    arrays = matrix if isinstance(matrix, Arrays) else arrays_of(matrix)
    solver = "ipm" if interior and not arrays.whole.any() else "choose"
    run = partial(_run, arrays, limits, start, searching)
    found, doubtful = run("choose", solver)
    if doubtful or found.ended is Ended.INFEASIBLE:
        found, _ = run("off", "choose")
    return found


def _run(
    matrix: Arrays,
    limits: Limits,
    start: Floats | None,
    searching: bool,
    presolve: str,
    solver: str,
) -> tuple[Solution, bool]:
    highs = _new()
    _options(highs, limits)
    highs.setOptionValue("presolve", presolve)
    highs.setOptionValue("solver", solver)
    for name in _SMALLER:
        highs.setOptionValue(name, searching)
    if highs.passModel(as_lp(matrix)) == highspy.HighsStatus.kError:
        raise SolverError("HiGHS refused the model")
    watch = _Watch(limits.looks)
    highs.setCallback(watch, None)
    highs.startCallback(highspy.cb.HighsCallbackType.kCallbackMipInterrupt)
    highs.startCallback(highspy.cb.HighsCallbackType.kCallbackLogging)
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start.tolist()
        highs.setSolution(solution)
    if highs.run() == highspy.HighsStatus.kError:
        raise SolverError("HiGHS failed while solving")
    return _read(highs, matrix), watch.doubtful


class _Watch:
    """Stops branch and bound after so many looks, and reads in the log whether presolve failed."""

    def __init__(self, looks: int) -> None:
        self.left = looks
        self.doubtful = False

    def __call__(self, kind: Any, message: str, _found: Any, back: Any, _data: Any) -> None:
        if kind == highspy.cb.HighsCallbackType.kCallbackLogging:
            self.doubtful |= "untransformed violations" in message
        else:
            self.left -= 1
            back.user_interrupt = self.left <= 0


def _options(highs: Any, limits: Limits) -> None:
    for name, value in (
        ("output_flag", True),
        ("log_to_console", False),
        ("threads", 1),
        ("parallel", "off"),
        ("random_seed", limits.seed),
        ("mip_rel_gap", limits.gap),
        ("mip_abs_gap", 1e-3),
        ("mip_feasibility_tolerance", 1e-7),
        ("primal_feasibility_tolerance", 1e-8),
        ("mip_max_nodes", limits.nodes),
        ("time_limit", max(limits.seconds, 0.01)),
    ):
        highs.setOptionValue(name, value)


def as_lp(matrix: Arrays) -> Any:
    """A matrix as HiGHS takes it."""
    lp = highspy.HighsLp()
    lp.num_col_ = matrix.columns
    lp.num_row_ = matrix.rows
    lp.col_cost_ = matrix.cost
    lp.offset_ = matrix.constant
    lp.col_lower_ = matrix.lower
    lp.col_upper_ = matrix.upper
    lp.row_lower_ = matrix.row_lower
    lp.row_upper_ = matrix.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.asarray(matrix.by_row.indptr, dtype=np.int32)
    lp.a_matrix_.index_ = np.asarray(matrix.by_row.indices, dtype=np.int32)
    lp.a_matrix_.value_ = matrix.by_row.data
    if matrix.whole.any():
        whole, real = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        lp.integrality_ = [whole if w else real for w in matrix.whole.tolist()]
    return lp


@cache
def _ended() -> dict[Any, Ended]:
    """What each status of HiGHS means here."""
    status = highspy.HighsModelStatus
    return {
        status.kOptimal: Ended.OPTIMAL,
        status.kModelEmpty: Ended.OPTIMAL,
        status.kInfeasible: Ended.INFEASIBLE,
        status.kUnbounded: Ended.UNBOUNDED,
        status.kUnboundedOrInfeasible: Ended.INFEASIBLE,
        status.kTimeLimit: Ended.BY_THE_CLOCK,
        status.kSolutionLimit: Ended.STOPPED,
        status.kIterationLimit: Ended.STOPPED,
        status.kInterrupt: Ended.STOPPED,
    }


def _read(highs: Any, matrix: Arrays) -> Solution:
    status = highs.getModelStatus()
    if status not in _ended():
        raise SolverError(f"HiGHS ended with: {highs.modelStatusToString(status)}")
    info, found = highs.getInfo(), highs.getSolution()
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.asarray(found.col_value, dtype=np.float64) if feasible else np.empty(0)
    if matrix.columns == 0:
        return Solution(Ended.OPTIMAL, np.empty(0), matrix.constant, matrix.constant, values, 0, 0)
    mip = bool(matrix.whole.any())
    objective = float(info.objective_function_value) if feasible else math.inf
    bound = float(info.mip_dual_bound) if mip else objective
    duals = np.asarray(found.row_dual, dtype=np.float64)
    return Solution(
        _ended()[status],
        values,
        objective,
        bound,
        duals,
        int(info.mip_node_count),
        int(info.simplex_iteration_count),
    )
