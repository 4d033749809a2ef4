"""What playing two designs under the same luck is worth, against runs apart.

A commercial year under a single and a dual supply (`commercial.py`). For every figure of the year:
the variance of the difference between independent runs, over that under the same luck. Independent
runs are measured too, not only computed: the dual supply is played again with another seed. Ranges
are percentiles of resampled replications, 90 %. Futures are kept, so the run can be stopped.

    python -m benchmarks.simulation.crn --replications 30 --out build/crn
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from benchmarks.simulation.commercial import FROM, PLAYED_FROM, UNTIL, commercial
from doseline.chance import stream
from doseline.simulate import Period, SimulationResult, kpis, per_replication
from doseline.stores.parts import Parts
from doseline.studies.runs import Play, play

YEAR = Period("year", (), FROM, UNTIL)
FIGURES = (
    "otif", "delayed_share", "missed_share", "activity_made", "batches_made", "batches_failed",
    "line_utilisation", "cost_total", "cost_per_administered_dose",
)  # fmt: skip
RESAMPLED = 1_000


def variance(values: list[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1)


def ratio(a: list[float], b: list[float]) -> float:
    """Unpaired over paired variance of b less a."""
    return (variance(a) + variance(b)) / variance([y - x for x, y in zip(a, b, strict=True)])


def between(a: list[float], b: list[float]) -> tuple[float, float]:
    """The ratio of resampled replications, from its 5th to its 95th percentile."""
    found = []
    for n in range(RESAMPLED):
        chance = stream(1, n, "resampled")
        picks = [int(chance.uniform(k) * len(a)) for k in range(len(a))]
        found.append(ratio([a[i] for i in picks], [b[i] for i in picks]))
    found.sort()
    return found[RESAMPLED // 20], found[-RESAMPLED // 20]


def played(design: str, seed: int, outages: bool, asked: argparse.Namespace) -> SimulationResult:
    world = commercial(outages=outages).under(design)
    return play(
        world,
        Play(seed, asked.replications, asked.workers),
        counted=(YEAR,),
        from_on=PLAYED_FROM,
        kept=Parts(asked.out),
        progress=lambda _, done, total: print(f"{design} {seed} {done}/{total}", flush=True),
    )


def table(outages: bool, asked: argparse.Namespace) -> list[str]:
    single, dual = (played(design, 1, outages, asked) for design in ("single", "dual"))
    apart = played("dual", 2, outages, asked)
    rows = [
        f"{asked.replications} futures, {'with' if outages else 'without'} outages of the isotope; "
        f"doses {sum(s.due for s in single.services) / asked.replications:,.0f} a year",
        "| Figure | single | dual less single | same luck | runs apart | ratio (90 %) | measured |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in FIGURES:
        a, b, other = (per_replication(r, name) for r in (single, dual, apart))
        low, high = between(a, b)
        gap = [y - x for x, y in zip(a, b, strict=True)]
        split = [y - x for x, y in zip(a, other, strict=True)]
        rows.append(
            f"| `{name}` | {kpis(single)[name]['mean']:,.4g} | {math.fsum(gap) / len(gap):+,.4g} "
            f"| {variance(gap):.3g} | {variance(a) + variance(b):.3g} "
            f"| {ratio(a, b):,.1f} ({low:,.1f} to {high:,.1f}) "
            f"| {variance(split) / variance(gap):,.1f} |"
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=30)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("build/crn"))
    parser.add_argument("--only", choices=["outages", "none"])
    asked = parser.parse_args()
    for outages in (True, False):
        if asked.only in (None, "outages" if outages else "none"):
            print("\n".join(table(outages, asked)), flush=True)


if __name__ == "__main__":
    main()
