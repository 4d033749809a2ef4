"""The table of results: the planner, then plain HiGHS on the model with all slots apart.

Run from the root of the repository, for example:

    python -m benchmarks.instances.results S M --seeds 5 --seconds 60
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import perf_counter
from typing import Any

import highspy
import numpy as np

from benchmarks.instances.generate import Instance, instance
from benchmarks.instances.sizes import SIZES, VARIANTS
from doseline.operations.check import breaches
from doseline.operations.schedule import Schedule, Unmet
from doseline.plan import Limits, plan
from doseline.plan.model.candidates import gather
from doseline.plan.model.capacity import SHARING
from doseline.plan.model.constraints import SERVING
from doseline.plan.model.costs import count
from doseline.plan.model.extract import extract
from doseline.plan.model.matrix import Floats, Limit, Matrix
from doseline.plan.model.objective import COSTS, doses_unmet
from doseline.plan.model.variables import Problem, declare

PATIENCE = 1.5
"""HiGHS alone is stopped from outside after so many times its seconds: it looks at the clock
between steps that can be long."""

_STARTING = 5.0  # [s]

HEADING = (
    "| Instance | Batches needed of slots | Planner: met, of started courses "
    "| Cost, USD | Bound, USD | Gap | Seconds | HiGHS alone: met, of started courses "
    "| Cost, USD | Bound, USD | Gap | Seconds |\n" + "|---" * 12 + "|"
)


@dataclass(frozen=True, slots=True)
class Result:
    """What one solver reached on one instance, counted from its schedule; money in cents.

    `bound_cents` is what no schedule that meets as many doses can cost less than, None where that
    number of doses is not proven to be the most; `broken` counts what the checker found.
    """

    met: int
    started: int
    cents: int
    bound_cents: float | None
    seconds: float
    broken: int

    def __str__(self) -> str:
        gap = bound = "open"
        if self.bound_cents is not None:
            bound = f"{self.bound_cents / 100:,.0f}"
            gap = f"{100 * (1 - self.bound_cents / self.cents):.3f} %"
        told = f"{self.met}, {self.started} | {self.cents / 100:,.0f} | {bound} | {gap}"
        breached = f" ({self.broken} breaches)" if self.broken else ""
        return f"{told} | {self.seconds:.1f}{breached}"


def judged(
    made: Instance, schedule: Schedule, cents: int, bound: float | None, took: float
) -> Result:
    """A result: doses counted from the schedule, and the schedule judged by the checker."""
    served = [o for o in made.orders if o.id in schedule.allocation]
    found = breaches(made.programme, schedule, made.orders)
    return Result(len(served), sum(o.started for o in served), cents, bound, took, len(found))


def by_planner(made: Instance, seconds: float) -> Result:
    """The planner, as `doseline plan` calls it."""
    began = perf_counter()
    found = plan(
        made.programme,
        made.orders,
        from_on=made.from_on,
        until_on=made.until_on,
        limits=Limits(seconds=seconds),
    )
    took = perf_counter() - began
    bound = found.bound_cents if found.met == found.met_bound else None
    return judged(made, found.schedule, found.objective_cents, bound, took)


def by_plain_highs(made: Instance, seconds: float) -> Result:
    """HiGHS on the planner's model with its own settings: most doses first, then the least cost.

    Half of the time is for the doses; what it leaves is for the cost, from the same beginning.
    """
    began = perf_counter()
    sets = gather(made.programme, made.orders, made.from_on, made.until_on, None)
    problem = declare(sets)
    for rule in (*SERVING, *SHARING, *COSTS):
        rule(problem)
    weights = doses_unmet(problem)
    cost = [weights.get(c, 0.0) for c in range(problem.matrix.columns)]
    doses = replace(problem.matrix, cost=cost, constant=0.0)
    values, proven, _ = _solved(doses, seconds / 2, None)
    bound = None
    if values is not None:
        unmet = round(sum(w * values[c] for c, w in weights.items()))
        matrix = problem.matrix
        matrix.row(Limit("doses met", ""), list(weights.items()), upper=unmet + 0.25)
        left = seconds - (perf_counter() - began)
        better, _, low = _solved(_in_units(matrix), left, values)
        values = values if better is None else better
        bound = 100 * low if proven else None
    schedule = _schedule(problem, values)
    took = perf_counter() - began
    return judged(made, schedule, count(sets, schedule).total_cents, bound, took)


def by_plain_highs_in_time(made: Instance, seconds: float) -> Result | None:
    """The same in a process of its own; None where it has not stopped long after its time."""
    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_told, args=(there, made, seconds))
    process.start()
    there.close()
    try:
        return here.recv() if here.poll(PATIENCE * seconds + _STARTING) else None
    finally:
        process.kill()
        process.join()
        here.close()


def _told(to: Connection, made: Instance, seconds: float) -> None:
    to.send(by_plain_highs(made, seconds))


def _in_units(matrix: Matrix) -> Matrix:
    """A matrix whose costs are in whole units of the currency, as the planner's."""
    return replace(matrix, cost=[c / 100 for c in matrix.cost], constant=matrix.constant / 100)


def _schedule(problem: Problem, values: Floats | None) -> Schedule:
    none = np.zeros(problem.matrix.columns)
    schedule = extract(problem, none if values is None else values)
    served = schedule.allocation
    unmet = tuple(Unmet(o.id, "not served") for o in problem.sets.orders if o.id not in served)
    return replace(schedule, unmet=unmet)


def _solved(
    matrix: Matrix, seconds: float, start: Floats | None
) -> tuple[Floats | None, bool, float]:
    """Values (none where none were found), whether they are proven best, and the bound."""
    make: Any = highspy.Highs
    highs = make()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("time_limit", max(seconds, 0.1))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_, lp.offset_ = matrix.columns, matrix.rows, matrix.constant
    lp.col_cost_ = np.asarray(matrix.cost)
    lp.col_lower_, lp.col_upper_ = np.asarray(matrix.lower), np.asarray(matrix.upper)
    lp.row_lower_, lp.row_upper_ = np.asarray(matrix.row_lower), np.asarray(matrix.row_upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.asarray(matrix.starts, dtype=np.int32)
    lp.a_matrix_.index_ = np.asarray(matrix.index, dtype=np.int32)
    lp.a_matrix_.value_ = np.asarray(matrix.value)
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[whole] for whole in matrix.whole]
    highs.passModel(lp)
    if start is not None:
        known = highspy.HighsSolution()
        known.col_value = start.tolist()
        highs.setSolution(known)
    highs.run()
    info = highs.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.asarray(highs.getSolution().col_value) if found else None
    proven = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return values, proven, float(info.mip_dual_bound)


# -- the table -----------------------------------------------------------------------------


Solver = Callable[[Instance, float], Result | None]


def row(made: Instance, seconds: float, solvers: Sequence[Solver]) -> str:
    """A line of the table."""
    found = [solver(made, seconds) for solver in solvers]
    none = f"nothing | | | | {PATIENCE * seconds:.0f}, then stopped"
    told = " | ".join(none if one is None else str(one) for one in found)
    return f"| {made.name} | {made.size.fewest} of {made.size.slots} | {told} |"


def main() -> None:
    """Print the table, a line as soon as it is known."""
    words = argparse.ArgumentParser(prog="results", description=__doc__.splitlines()[0])
    words.add_argument("sizes", nargs="+", choices=list(SIZES))
    words.add_argument("--variants", nargs="+", choices=VARIANTS, default=["base"])
    words.add_argument("--seeds", type=int, default=5, help="seeds 1 to this one")
    words.add_argument("--seconds", type=float, default=60.0, help="for each solver and instance")
    words.add_argument("--planner-only", action="store_true", help="leave plain HiGHS out")
    asked = words.parse_args()
    solvers: Sequence[Solver] = (by_planner, by_plain_highs_in_time)
    if asked.planner_only:
        solvers = (by_planner,)
    print(HEADING, flush=True)
    for size in asked.sizes:
        for variant in asked.variants:
            for seed in range(1, asked.seeds + 1):
                made = instance(size, variant, seed)
                print(row(made, asked.seconds, solvers), flush=True)


if __name__ == "__main__":
    main()
