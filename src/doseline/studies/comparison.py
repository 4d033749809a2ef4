"""Designs side by side under the same chance: paired differences with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from time import perf_counter
from typing import Any

from doseline.formats import read_programme
from doseline.formats.results import write_json_atomically, write_rows
from doseline.programme import Programme
from doseline.simulate import (
    Executor,
    Keeping,
    SimulationResult,
    kpis,
    paired,
    variance_ratio,
)
from doseline.simulate.workers import executor_of
from doseline.studies.documents import Document, flat, hazards_document, head
from doseline.studies.hazards import hazard_rows
from doseline.studies.keeping import NOT_KEPT, keeping
from doseline.studies.progress import Progress, silent
from doseline.studies.runs import ALL, Play, play, whole
from doseline.studies.verdict import percent

COMPARED = (
    "otif",
    "delayed_share",
    "missed_share",
    "within_tolerance_share",
    "activity_wasted_share",
    "batches_made",
    "batches_failed",
    "line_utilisation",
    "cost_total",
    "cost_per_administered_dose",
)


@dataclass(frozen=True)
class Comparison:
    """Results by design, in the order asked for, all under the same luck."""

    results: dict[str, SimulationResult]
    seconds: float


def compare(
    programme: Programme,
    designs: Sequence[str],
    *,
    seed: int = 1,
    replications: int = 40,
    workers: int = 1,
    from_on: date | None = None,
    until_on: date | None = None,
    scenario: str | None = None,
    progress: Progress = silent,
    executor: Executor | None = None,
    kept: Keeping | None = None,
) -> Comparison:
    """Play several designs under the same luck. Raises LookupError for an unknown design."""
    began = perf_counter()
    unders = {name: programme.under(name) for name in designs}
    run = Play(seed, replications, workers)
    with executor_of(workers, executor) as chosen:
        results = {
            name: play(
                under,
                run,
                scenario=scenario,
                counted=(whole(under),),
                from_on=from_on,
                until_on=until_on,
                progress=progress,
                what=f"design {name}",
                executor=chosen,
                kept=kept,
            )
            for name, under in unders.items()
        }
    return Comparison(results, perf_counter() - began)


def differences(comparison: Comparison) -> list[Document]:
    """The paired difference b less a of every figure, for every pair of designs.

    With what the same luck is worth: `variance_ratio`, unpaired over paired.
    """
    found: list[Document] = []
    for a, b in combinations(comparison.results, 2):
        for name in COMPARED:
            left, right = comparison.results[a], comparison.results[b]
            gap: Any = paired(left, right, name, ALL)
            won = variance_ratio(left, right, name, ALL)
            found.append({"a": a, "b": b, "kpi": name, **gap, "variance_ratio": won})
    return found


def compare_study(
    path: Path,
    designs: Sequence[str],
    *,
    replications: int,
    from_on: date | None,
    until_on: date | None,
    scenario: str | None,
    seed: int,
    workers: int,
    out: Path | None,
    progress: Progress,
) -> tuple[Document, str]:
    """The command: the document and a summary."""
    programme = read_programme(path)
    kept = keeping(out)
    comparison = compare(
        programme,
        designs,
        seed=seed,
        replications=replications,
        workers=workers,
        from_on=from_on,
        until_on=until_on,
        scenario=scenario,
        progress=progress,
        kept=kept,
    )
    document = {
        **head("compare", str(path), scenario=scenario, seed=seed, seconds=comparison.seconds),
        "replications": replications,
        "from": (from_on or programme.from_on).isoformat(),
        "until": (until_on or programme.until_on).isoformat(),
        "designs": {
            name: {"kpis": kpis(result, ALL)} for name, result in comparison.results.items()
        },
        "differences": differences(comparison),
        "hazards": hazards_document(
            hazard_rows(
                programme,
                Play(seed, replications, workers),
                from_on or programme.from_on,
                until_on or programme.until_on,
            )
        ),
    }
    if out is not None:
        write_json_atomically(out / "compare.json", document)
        write_rows(out / "differences.csv", [flat(row) for row in document["differences"]])
    summary = _summary(document)
    return document, f"{summary}\n{NOT_KEPT}" if out is not None and kept is None else summary


def _summary(document: Document) -> str:
    lines = []
    for name, row in document["designs"].items():
        otif = row["kpis"]["otif"]
        lines.append(
            f"  {name}: OTIF {percent(otif['mean'])} "
            f"({percent(otif['low'])} to {percent(otif['high'])})"
        )
    for gap in document["differences"]:
        if gap["kpi"] == "otif":
            lines.append(
                f"  {gap['b']} less {gap['a']}: {100 * gap['mean']:+.2f} points of OTIF "
                f"({100 * gap['low']:+.2f} to {100 * gap['high']:+.2f})"
            )
    lines += [
        line for pair in combinations(document["designs"], 2) for line in _won(document, *pair)
    ]
    return "\n".join([*lines, f"{document['replications']} futures, seed {document['seed']}"])


def _won(document: Document, a: str, b: str) -> list[str]:
    """What the same luck is worth for a pair of designs, figure by figure."""
    rows = [row for row in document["differences"] if (row["a"], row["b"]) == (a, b)]
    told = [
        f"{row['kpi']} {row['variance_ratio']:,.1f}"
        for row in rows
        if row["variance_ratio"] is not None
    ]
    if not told:
        return []
    return [
        f"  the variance of {b} less {a} between runs apart, over that under the same luck:",
        f"    {', '.join(told)}",
    ]
