"""What `size` says: its JSON document, its rows and its summary."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from doseline.formats import read_programme
from doseline.formats.results import write_json_atomically, write_rows
from doseline.programme import Programme
from doseline.studies.documents import Document, flat, head
from doseline.studies.figures import figure
from doseline.studies.progress import Progress
from doseline.studies.sizing.lead_times import Step
from doseline.studies.sizing.search import Rules
from doseline.studies.sizing.size import Period, Sized, Sizes, size
from doseline.studies.verdict import percent

WriteSizes = Callable[[Sizes, Programme, int, Path], Path]


def size_study(
    path: Path,
    *,
    design: str | None,
    questions: list[str],
    rules: Rules,
    by_cost: bool,
    seed: int,
    workers: int,
    out: Path | None,
    progress: Progress,
    write_report: WriteSizes,
) -> tuple[Document, str]:
    """The command: the document and a summary."""
    programme = read_programme(path)
    sizes = size(
        programme,
        design=design,
        questions=questions,
        rules=rules,
        by_cost=by_cost,
        seed=seed,
        workers=workers,
        progress=progress,
    )
    report = write_report(sizes, programme, seed, out / "size.html") if out is not None else None
    document = size_document(sizes, str(path), seed, str(report) if report else None)
    if out is not None:
        write_json_atomically(out / "size.json", document)
        write_rows(out / "candidates.csv", [flat(row) for row in document["designs"]])
        write_rows(out / "add_capacity_on.csv", [flat(row) for row in document["add_capacity_on"]])
    return document, summary(sizes, seed)


def size_document(sizes: Sizes, path: str, seed: int, report: str | None) -> Document:
    """The document of `size`."""
    return {
        **head("size", path, design=sizes.design, seed=seed, seconds=sizes.seconds),
        **_period(sizes.together),
        "periods": [
            {
                "id": p.question.id,
                "name": p.question.name,
                "from": p.question.from_on.isoformat(),
                "until": p.question.until_on.isoformat(),
                **_period(p),
            }
            for p in sizes.periods
            if p.question is not None
        ],
        "add_capacity_on": [_step(s) for s in sizes.steps],
        "least": "cost" if sizes.by_cost else "capacity",
        "zone": sizes.rules.zone,
        "cost_zone": sizes.rules.cost_zone,
        "confidence": sizes.rules.confidence,
        "settled": sizes.settled,
        "unsettled": list(sizes.unsettled),
        "guarantee": sizes.guarantee,
        "report": report,
    }


def _period(period: Period) -> Document:
    chosen = next((d for d in period.designs if d.candidate.id == period.chosen), None)
    sufficient = None
    if chosen is not None:
        own: Any = period.kpis
        if period.question is not None:
            own = period.kpis[period.question.id]
        sufficient = {**_design(chosen), "kpis": own}
    return {
        "target": period.target,
        "sufficient": sufficient,
        "frontier": [_design(d) for d in period.frontier],
        "designs": [_design(d) for d in period.designs],
    }


def _design(found: Sized) -> Document:
    return {
        "design": found.candidate.id,
        "name": found.candidate.name,
        "like": found.candidate.like,
        "slots": dict(found.candidate.slots),
        "vials_a_week": found.candidate.vials_a_week,
        "headroom": found.headroom,
        "otif": figure(found.otif),
        "cost": figure(found.cost),
        "futures": found.futures,
        "sufficient": found.sufficient,
        "efficient": found.efficient,
    }


def _step(step: Step) -> Document:
    return {
        "period": step.period,
        "from": step.from_on.isoformat(),
        "standing": step.standing,
        "design": step.design,
        "adds": [
            {
                "manufacturer": a.manufacturer,
                "slots": a.slots,
                "new_plant": a.new_plant,
                "lead_days": a.lead_days,
            }
            for a in step.adds
        ],
        "decide_by": step.decide_by.isoformat() if step.decide_by else None,
        "too_late": step.too_late,
    }


def summary(sizes: Sizes, seed: int) -> str:
    """What the terminal shows."""
    lines = []
    for period in (sizes.together, *(sizes.periods if len(sizes.periods) > 1 else ())):
        what = period.question.name if period.question else "all periods"
        chosen = next((d for d in period.designs if d.candidate.id == period.chosen), None)
        if chosen is None:
            lines.append(f"  {what}: no design of the grid meets {percent(period.target)}")
            continue
        lines.append(
            f"  {what}: {chosen.candidate.name}, {chosen.candidate.vials_a_week:g} vials a week, "
            f"OTIF {percent(chosen.otif.mean)} ({percent(chosen.otif.low)} to "
            f"{percent(chosen.otif.high)}), target {percent(period.target)}"
        )
    lines += [f"  {said}" for said in map(step_said, sizes.steps)]
    futures = max(d.futures for d in sizes.together.designs)
    return "\n".join(
        [
            *lines,
            f"guarantee: {sizes.guarantee}",
            f"{len(sizes.candidates)} designs, up to {futures} futures each, seed {seed}, "
            f"{sizes.seconds:.0f} s",
        ]
    )


def step_said(step: Step) -> str:
    """A step in a line.

    >>> from datetime import date
    >>> step_said(Step("y2", date(2027, 1, 1), "a", "a"))
    'y2: what stands is enough'
    """
    if step.design is None:
        return f"{step.period}: no design of the grid is enough"
    if not step.adds:
        kept = "what stands is enough" if step.design == step.standing else f"take {step.design}"
        return f"{step.period}: {kept}"
    added = " and ".join(
        f"{a.slots} weekly slot{'s' if a.slots > 1 else ''} at {a.manufacturer}" for a in step.adds
    )
    if step.decide_by is None:
        unknown = ", ".join(a.manufacturer for a in step.adds if a.lead_days is None)
        return f"{step.period}: add {added}; the lead time of {unknown} is not stated"
    late = ", which is past" if step.too_late else ""
    return f"{step.period}: add {added}; decide by {step.decide_by.isoformat()}{late}"
