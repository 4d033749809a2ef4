"""Speed as ratios, side by side in one run, and values against what is best known.

Every ratio sets a part of Doseline against a plain peer doing the bare minimum of the same job in
the same process, so it means the same on a fast machine and a slow one. Run: make bench
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import process_time

import numpy as np
import simpy
from ruamel.yaml import YAML

from doseline.demand import demand_counts, order_table, patients
from doseline.formats import read_programme
from doseline.plan import plan
from doseline.programme import Programme
from doseline.simulate import simulate
from doseline.studies.board import sample

CLR131 = Path("examples/clr131/programme.yaml")


def seconds(job: Callable[[], object], times: int = 3) -> float:
    """The least processor time of a job over some runs. [s]"""
    found = []
    for _ in range(times):
        began = process_time()
        job()
        found.append(process_time() - began)
    return min(found)


def bare_simpy(events: int) -> None:
    """As many timeouts of one process each as a simulation has orders times eight."""
    env = simpy.Environment()

    def one(at: int) -> object:
        yield env.timeout(at)

    for i in range(events):
        env.process(one(i))  # type: ignore[arg-type]
    env.run()


def reading() -> str:
    """The checked programme against ruamel's own safe loader on the same text."""
    ours = seconds(lambda: read_programme(CLR131))
    theirs = seconds(lambda: YAML(typ="safe", pure=True).load(CLR131.read_text()))
    return f"read and check: {ours:.2f} s, {ours / theirs:.1f} x the bare load of the YAML"


def simulating(programme: Programme) -> str:
    """A replication of the pivotal trial against bare SimPy timeouts, eight an order."""
    from_on, until_on = date(2021, 1, 1), date(2024, 4, 10)
    drawn = {r: patients(programme, 1, r, until_on=until_on) for r in range(5)}
    orders = 0

    def ours() -> None:
        nonlocal orders
        result = simulate(
            programme,
            drawn.__getitem__,
            seed=1,
            replications=5,
            from_on=from_on,
            until_on=until_on,
        )
        orders = sum(row.due for row in result.services)

    mine = seconds(ours)
    bare = seconds(lambda: bare_simpy(8 * orders))
    return (
        f"reference simulator: {1000 * mine / 5:.0f} ms a replication of {orders / 5:.0f} orders, "
        f"{mine / bare:.1f} x bare SimPy timeouts, eight an order"
    )


def drawing(programme: Programme) -> str:
    """Dose orders drawn as a table, against as many draws of NumPy's own generator, and linearity.

    A course of numbers an order (nine uniform ones) is the least that any sampler would draw.
    """
    order_table(programme, 1, range(1))  # calendars are worked out once
    rows, told = [], []
    for samples in (1, 12, 186):
        orders = 0

        def ours(samples: int = samples) -> None:
            nonlocal orders
            orders = int(demand_counts(programme, 1, samples).of("product").sum())

        rows.append((seconds(ours), orders))
        told.append(f"{orders:,} in {rows[-1][0]:.2f} s")
    most, count = rows[-1]
    bare = seconds(lambda: np.random.default_rng(1).random((count, 9)))
    each = [1e6 * took / n for took, n in rows]
    return (
        f"demand: {', '.join(told)}; {', '.join(f'{e:.2f}' for e in each)} us an order, "
        f"{most / bare:.0f} x NumPy's bare uniform numbers, nine an order; "
        f"peak memory {getrusage(RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB"
    )


def planning(programme: Programme, from_on: date, until_on: date, name: str) -> str:
    """A plan of some weeks: value, bound, gap and processor time."""
    orders = [o for o in sample(programme, 1) if from_on <= o.wanted_on <= until_on]
    began = process_time()
    found = plan(programme, orders, from_on=from_on, until_on=until_on)
    took = process_time() - began
    return (
        f"plan, {name}: {len(orders)} orders, {found.met} met, {found.status}, "
        f"{found.objective_cents / 100:,.0f} against a bound of {found.bound_cents / 100:,.0f} "
        f"(gap {100 * found.gap:.3f} %), {took:.1f} s, breaches {len(found.breaches)}"
    )


def main() -> None:
    """Print one line a benchmark."""
    whole = read_programme(CLR131)
    pair = whole.under("madison_and_hamilton")
    commercial = whole.under("hamilton_commercial")
    print(reading())
    print(drawing(whole))
    print(simulating(pair))
    print(planning(pair, date(2022, 5, 2), date(2022, 6, 12), "six weeks of the pivotal trial"))
    print(planning(commercial, date(2030, 5, 6), date(2030, 7, 28), "twelve weeks of the market"))


if __name__ == "__main__":
    main()
