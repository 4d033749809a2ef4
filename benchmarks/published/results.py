"""Published instances of single-source facility location: the planner's search and plain HiGHS.

The planner sees the instance only; the known optimum is set beside what it found. Run from the root
of the repository, with a folder of instances and their `optima.csv`, for example:

    python -m benchmarks.published.results build/sscflp/holmberg --seconds 60
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import highspy
import numpy as np

from benchmarks.published.facilities import Instance, optima, read, strong_model, structure, total
from doseline.errors import DoselineError
from doseline.plan.locating.knapsacks import Whole
from doseline.plan.locating.locating import Effort, located

HEADING = (
    "| Instance | Facilities x customers | Known optimum | Planner: cost | Above the optimum "
    "| Bound | Proven gap | Seconds (processor) | HiGHS: cost | Above the optimum | Bound "
    "| Proven gap | Seconds (processor) |\n" + "|---" * 13 + "|"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What one solver found: the cost counted anew from its assignment, infinite without one."""

    cost: float
    bound: float
    seconds: float
    processor: float

    @property
    def gap(self) -> float:
        """(cost - bound) / cost."""
        if not math.isfinite(self.cost):
            return math.inf
        return max(0.0, self.cost - self.bound) / self.cost

    def told(self, optimum: float) -> str:
        """Its columns of the table."""
        if not math.isfinite(self.cost):
            shown = f"none | none | {self.bound:.1f} | none"
        else:
            above = 100 * (self.cost - optimum) / optimum
            shown = f"{self.cost:.0f} | {above:.3f} % | {self.bound:.1f} | {100 * self.gap:.3f} %"
        return f"{shown} | {self.seconds:.2f} ({self.processor:.2f})"


def judged(instance: Instance, solver: Callable[[], tuple[Whole | None, float]]) -> Found:
    """Run a solver; its cost counted from its assignment, with times by the wall and processor."""
    began, used = perf_counter(), process_time()
    assignment, bound = solver()
    took, used = perf_counter() - began, process_time() - used
    cost = math.inf if assignment is None else total(instance, assignment)
    return Found(cost, bound, took, used)


def by_planner(instance: Instance, seconds: float) -> Found:
    """The search of the planner."""

    def solver() -> tuple[Whole | None, float]:
        found = located(structure(instance), Effort(seconds=seconds))
        return found.assignment, found.bound

    return judged(instance, solver)


def by_plain_highs(instance: Instance, seconds: float) -> Found:
    """HiGHS with its own settings on the usual strong model."""

    def solver() -> tuple[Whole | None, float]:
        make: Any = highspy.Highs
        highs = make()
        highs.setOptionValue("output_flag", False)
        highs.setOptionValue("time_limit", seconds)
        highs.passModel(_as_lp(instance))
        highs.run()
        info = highs.getInfo()
        known = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        if not known:
            return None, float(info.mip_dual_bound)
        values = np.asarray(highs.getSolution().col_value)[len(instance.fixed) :]
        return values.reshape(instance.cost.shape).argmax(axis=1), float(info.mip_dual_bound)

    return judged(instance, solver)


def _as_lp(instance: Instance) -> Any:
    matrix = strong_model(instance)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = matrix.columns, matrix.rows
    lp.col_cost_ = np.asarray(matrix.cost)
    lp.col_lower_, lp.col_upper_ = np.asarray(matrix.lower), np.asarray(matrix.upper)
    lp.row_lower_, lp.row_upper_ = np.asarray(matrix.row_lower), np.asarray(matrix.row_upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.asarray(matrix.starts, dtype=np.int32)
    lp.a_matrix_.index_ = np.asarray(matrix.index, dtype=np.int32)
    lp.a_matrix_.value_ = np.asarray(matrix.value)
    lp.integrality_ = [highspy.HighsVarType.kInteger] * matrix.columns
    return lp


def mean(values: Sequence[float]) -> float:
    """The geometric mean of some seconds."""
    return math.exp(sum(math.log(max(v, 1e-3)) for v in values) / len(values))


def _summary(found: Sequence[tuple[float, Found]], name: str) -> str:
    near = sum(f.cost <= optimum * (1 + 1e-4) for optimum, f in found)
    proven = sum(f.gap <= 2e-3 for _, f in found)
    worst = 100 * max(f.gap for _, f in found)
    return (
        f"{name}: {near} of {len(found)} within 0.01 % of the optimum, {proven} proven to 0.2 % "
        f"(worst {worst:.3f} %), geometric mean {mean([f.seconds for _, f in found]):.2f} s, "
        f"processor {mean([f.processor for _, f in found]):.2f} s"
    )


def main() -> None:
    """Print the table, a line as soon as it is known, then means and the machine's load."""
    words = argparse.ArgumentParser(prog="results", description=__doc__.splitlines()[0])
    words.add_argument("folder", type=Path, help="instances and their optima.csv")
    words.add_argument("names", nargs="*", help="some of them; all, if none is named")
    words.add_argument("--seconds", type=float, default=60.0, help="for each solver and instance")
    words.add_argument("--planner-only", action="store_true", help="leave plain HiGHS out")
    asked = words.parse_args()
    solvers = (by_planner,) if asked.planner_only else (by_planner, by_plain_highs)
    try:
        known = optima(asked.folder)
        named = asked.names or list(known)
        print(HEADING, flush=True)
        rows: list[tuple[float, list[Found]]] = []
        for name in named:
            instance = read(asked.folder / f"{name}.txt")
            found = [solver(instance, asked.seconds) for solver in solvers]
            rows.append((known[name], found))
            size = f"{len(instance.fixed)} x {len(instance.demand)}"
            told = " | ".join(f.told(known[name]) for f in found)
            print(f"| {name} | {size} | {known[name]:.0f} | {told} |", flush=True)
    except (DoselineError, OSError) as refused:
        words.error(str(refused))
    print()
    for at, name in enumerate(("planner", "HiGHS")[: len(solvers)]):
        print(_summary([(optimum, found[at]) for optimum, found in rows], name))
    loads = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"load of the machine (1, 5 and 15 minutes): {loads}; cores: {os.cpu_count()}")


if __name__ == "__main__":
    main()
