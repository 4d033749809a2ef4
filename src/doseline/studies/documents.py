"""The JSON documents and the summaries of the terminal. [docs/reference/json.md]"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from doseline import __version__
from doseline.errors import ProgrammeError
from doseline.studies.assessment import AS_WRITTEN, Answer, Assessment, BoardPlan, futures_said
from doseline.studies.demand_document import demand_document
from doseline.studies.hazards import HazardRow
from doseline.studies.ranges.ranges_document import ranges_document
from doseline.studies.suppliers.rows import suppliers_document
from doseline.studies.verdict import percent

Document = dict[str, Any]

WORDS = {True: "sufficient", False: "not sufficient", None: "undecided"}


def head(
    command: str,
    programme: str,
    *,
    design: str | None = None,
    scenario: str | None = None,
    seed: int | None = None,
    seconds: float = 0.0,
) -> Document:
    """The fields that every document carries."""
    return {
        "doseline": __version__,
        "command": command,
        "programme": programme,
        "design": design,
        "scenario": scenario,
        "seed": seed,
        "seconds": round(seconds, 3),
    }


def faults_document(error: ProgrammeError) -> Document:
    """What `check --json` says of a file with faults."""
    return {
        **head("check", error.faults[0].file if error.faults else ""),
        "ok": False,
        "faults": [asdict(f) for f in error.faults],
        "counts": {},
        "assumptions": 0,
    }


def assess_document(result: Assessment, path: str) -> Document:
    """The document of `assess`."""
    boards = [_board(plan) for plan in result.boards]
    return {
        **head(
            "assess",
            path,
            design=None if result.design == AS_WRITTEN else result.design,
            seed=result.seed,
            seconds=result.seconds,
        ),
        "verdict": result.verdict,
        "report": result.report,
        "replications": result.replications,
        "questions": [_question(a) for a in result.questions],
        "designs": {row.design: _plain(asdict(row)) for row in result.designs},
        "scenarios": [_plain(asdict(row)) for row in result.scenarios],
        "hazards": hazards_document(result.hazards),
        "story": None if result.story is None else _plain(asdict(result.story)),
        "months": [_plain(asdict(row)) for row in result.months],
        "activity": dict(result.activity),
        "assumptions": len(result.assumptions),
        "assumed": [a[0] for a in result.assumptions],
        "hindsight": list(result.hindsight),
        "board": boards[0] if boards else None,
        "boards": boards,
        "ranges": [ranges_document(found) for found in result.ranges],
        "suppliers": None if result.suppliers is None else suppliers_document(result.suppliers),
        "demand": None if result.demand is None else demand_document(result.demand),
        "method": list(result.method),
    }


def _board(plan: BoardPlan) -> Document:
    """What became of the orders of some weeks, and how good their plan is."""
    return {
        "questions": list(plan.questions),
        "from": plan.from_on.isoformat(),
        "until": plan.until_on.isoformat(),
        "status": plan.status,
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "orders": len(plan.orders),
        "batches": len(plan.schedule.batches),
        "unmet": [asdict(u) for u in plan.schedule.unmet],
        "moved": [_plain(asdict(m)) for m in plan.moved],
        "breaches": plan.breaches,
    }


def hazards_document(rows: Iterable[HazardRow]) -> list[Document]:
    """What hazards did in the futures played."""
    return [_plain(asdict(row)) for row in rows]


def flat(row: Document) -> Document:
    """A row for a CSV: a figure takes three columns, a list one cell.

    >>> flat({"otif": {"mean": 1.0, "low": 0.9, "high": 1.0}, "binds": ["slots", "vials"]})
    {'otif_mean': 1.0, 'otif_low': 0.9, 'otif_high': 1.0, 'binds': 'slots; vials'}
    """
    cells: Document = {}
    for name, value in row.items():
        if isinstance(value, dict):
            cells.update({f"{name}_{key}": v for key, v in flat(value).items()})
        elif isinstance(value, list):
            cells[name] = "; ".join(
                " ".join(str(part) for part in v) if isinstance(v, list) else str(v) for v in value
            )
        else:
            cells[name] = value
    return cells


def _question(answer: Answer) -> Document:
    row: Document = _plain(asdict(answer))
    row["period"] = f"{answer.from_on.isoformat()}/{answer.until_on.isoformat()}"
    row["id"] = row.pop("question")
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def summary_of(result: Assessment) -> str:
    """What the terminal shows of an assessment: the verdict, a line a question, the report."""
    lines = [result.verdict, ""]
    own = [a for a in result.questions if a.design == result.design]
    width = max((len(a.name) for a in own), default=0)
    for a in own:
        lines.append(
            f"  {a.name:<{width}}  headroom {a.headroom:6.2f}   OTIF {percent(a.otif.mean):>7} "
            f"({percent(a.otif.low)} to {percent(a.otif.high)}), target {percent(a.target)}   "
            f"{WORDS[a.sufficient]}"
        )
    lines += [
        "",
        f"{futures_said(result.questions)} futures a question, seed {result.seed}, "
        f"{len(result.assumptions)} inputs are only assumed, {result.seconds:.0f} s",
        f"report: {result.report}",
    ]
    return "\n".join(lines)
