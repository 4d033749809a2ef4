"""Many futures of one design: figures with intervals, and single futures to look into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from time import perf_counter

from doseline.errors import Fault, InputError
from doseline.formats import read_programme
from doseline.formats.results import write_json_atomically, write_rows
from doseline.programme import Programme
from doseline.simulate import SimulationResult, Until, histories, kpis
from doseline.studies.documents import Document, flat, hazards_document, head
from doseline.studies.hazards import hazard_rows
from doseline.studies.histories import write_histories
from doseline.studies.keeping import NOT_KEPT, keeping
from doseline.studies.progress import Progress
from doseline.studies.runs import ALL, Play, crowds_of, periods, play, scenario_named, whole
from doseline.studies.verdict import percent

REPLICATIONS = 40
AT_MOST = 2_000
BATCH = 50
"""Replications between two looks at the interval; a look after each makes the stop repeatable."""


@dataclass(frozen=True, slots=True)
class SimulateAsked:
    """What is asked of `simulate`.

    With `until_precision` (half the width of the interval of OTIF) `replications` are the most
    that are played. `keep` numbers those whose events, batches and doses are written.
    """

    seed: int
    replications: int | None = None
    design: str | None = None
    scenario: str | None = None
    from_on: date | None = None
    until_on: date | None = None
    workers: int = 1
    until_precision: float | None = None
    keep: Sequence[int] = ()

    @property
    def most(self) -> int:
        """The most replications that are played."""
        usual = REPLICATIONS if self.until_precision is None else AT_MOST
        return self.replications or usual


def simulate_study(
    path: Path, asked: SimulateAsked, *, out: Path | None, progress: Progress
) -> tuple[Document, str]:
    """Play the standing policy; figures over the span and for each question inside it."""
    began = perf_counter()
    _sound(asked, out)
    programme = read_programme(path).under(asked.design)
    first, last = asked.from_on or programme.from_on, asked.until_on or programme.until_on
    inside = [q for q in programme.questions if first <= q.from_on and q.until_on <= last]
    kept = keeping(out)
    result = play(
        programme,
        Play(asked.seed, asked.most, asked.workers),
        scenario=asked.scenario,
        counted=(*periods(inside), whole(programme)),
        from_on=first,
        until_on=last,
        progress=progress,
        kept=kept,
        until=_until(asked.until_precision),
    )
    named = head(
        "simulate", str(path), design=programme.design, scenario=asked.scenario, seed=asked.seed
    )
    document = {
        **named,
        "policy": "standing policy",
        "replications": len(result.replications),
        "from": first.isoformat(),
        "until": last.isoformat(),
        "kpis": kpis(result, ALL),
        "questions": {q.id: kpis(result, q.id) for q in inside},
        "hazards": hazards_document(
            hazard_rows(programme, Play(asked.seed, len(result.replications)), first, last)
        ),
        "precision": _precision(asked, result),
        "kept": list(asked.keep),
    }
    if out is not None and asked.keep:
        _look_inside(out, programme, asked, first, last, progress)
    document["seconds"] = round(perf_counter() - began, 3)
    if out is not None:
        write_json_atomically(out / "simulate.json", document)
        rows = [{"period": ALL, **flat(document["kpis"])}]
        rows += [{"period": q, **flat(k)} for q, k in document["questions"].items()]
        write_rows(out / "kpis.csv", rows)
    summary = _summary(document)
    return document, f"{summary}\n{NOT_KEPT}" if out is not None and kept is None else summary


def _sound(asked: SimulateAsked, out: Path | None) -> None:
    faults = []
    if asked.keep and out is None:
        faults.append(Fault("--keep", 0, "", "has no effect alone; expected --out with it"))
    faults += [
        Fault("--keep", 0, "", f"found {n}, expected a future from 0 to {asked.most - 1}")
        for n in asked.keep
        if not 0 <= n < asked.most
    ]
    if asked.until_precision is not None and not 0 < asked.until_precision < 1:
        message = f"found {asked.until_precision}, expected a share between 0 and 1, e.g. 0.002"
        faults.append(Fault("--until-precision", 0, "", message))
    if faults:
        raise InputError(faults)


def _until(precision: float | None) -> Until | None:
    return None if precision is None else Until(BATCH, partial(_is_precise, precision))


def _is_precise(precision: float, result: SimulationResult) -> bool:
    return half_width(result) <= precision


def half_width(result: SimulationResult) -> float:
    """Half the width of the 95 % interval of OTIF over the whole span."""
    otif = kpis(result, ALL)["otif"]
    return (float(otif["high"] or 0.0) - float(otif["low"] or 0.0)) / 2.0


def _precision(asked: SimulateAsked, result: SimulationResult) -> Document | None:
    if asked.until_precision is None:
        return None
    half = half_width(result)
    return {
        "asked": asked.until_precision,
        "half_width": half,
        "reached": half <= asked.until_precision,
        "batch": BATCH,
        "at_most": asked.most,
    }


def _look_inside(
    out: Path,
    programme: Programme,
    asked: SimulateAsked,
    first: date,
    last: date,
    progress: Progress,
) -> None:
    struck = scenario_named(programme, asked.scenario)
    numbers = sorted(set(asked.keep))
    told = histories(
        programme,
        crowds_of(programme, asked.seed, first, last, None, struck),
        seed=asked.seed,
        replications=numbers,
        from_on=first,
        until_on=last,
        scenario=struck,
    )
    write_histories(out, told, programme.clock)
    progress("histories", len(numbers), len(numbers))


def _summary(document: Document) -> str:
    lines = []
    for name, row in {"whole span": document["kpis"], **document["questions"]}.items():
        otif = row["otif"]
        if otif is not None:
            lines.append(
                f"  {name}: OTIF {percent(otif['mean'])} "
                f"({percent(otif['low'])} to {percent(otif['high'])})"
            )
    lines.append(
        f"{document['replications']} futures of the standing policy, seed {document['seed']}"
    )
    precision = document["precision"]
    if precision is not None:
        fate = "reached" if precision["reached"] else "not reached"
        lines.append(
            f"precision {fate}: OTIF is known to ±{100 * precision['half_width']:.2f} points, "
            f"±{100 * precision['asked']:.2f} were asked for"
        )
    return "\n".join(lines)
