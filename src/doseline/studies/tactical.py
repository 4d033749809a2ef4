"""Quarters to years: which slots to take, when to add a plant, what stays short."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

from doseline.demand import expected_weeks
from doseline.formats import read_programme
from doseline.formats.results import write_json_atomically, write_rows
from doseline.operations.orders import OrderMix
from doseline.plan import Limits, Tactical, tactical
from doseline.programme import Programme
from doseline.studies.documents import Document, head
from doseline.studies.progress import Progress
from doseline.studies.runs import protocols_of
from doseline.studies.verdict import percent

WEEKS = 104
"""So many weeks are looked at where none are named."""

_SHORT = 0.5
"""A quarter that leaves fewer doses than this is not called short."""


def tactical_study(
    path: Path,
    *,
    design: str | None,
    from_on: date | None,
    weeks: int,
    seconds: float,
    out: Path | None,
    progress: Progress,
) -> tuple[Document, str]:
    """Which slots to take in each quarter for the demand expected, and when to add a plant."""
    began = perf_counter()
    programme = read_programme(path).under(design)
    first = from_on or _first_day(programme)
    last = min(first + timedelta(weeks=weeks, days=-1), programme.until_on)
    progress("demand", 0, 1)
    mix = expected_mix_of(programme, first, last)
    progress("demand", 1, 1)
    progress("plan", 0, 1)
    limits = Limits(gap=1e-3, seconds=seconds)
    found = tactical(programme, mix, from_on=first, until_on=last, limits=limits)
    progress("plan", 1, 1)
    document = {
        **head("plan", str(path), design=programme.design),
        "horizon": "tactical",
        "from": first.isoformat(),
        "until": last.isoformat(),
        **tactical_document(found),
        "seconds": round(perf_counter() - began, 3),
    }
    if out is not None:
        write_json_atomically(out / "tactical.json", document)
        write_rows(out / "slots.csv", document["slots"])
        write_rows(out / "demand.csv", document["expected_demand"])
    return document, _summary(document, programme.currency)


def expected_mix_of(programme: Programme, from_on: date, until_on: date) -> tuple[OrderMix, ...]:
    """The orders of every trial and market expected in each week of a horizon.

    A market counts in the uptake case that a question names for it, else in all by weight.
    """
    cases = {p: q.case for q in programme.questions for p in q.protocols if q.case}
    markets = programme.market
    return tuple(
        row
        for protocol in protocols_of(programme)
        for row in expected_weeks(
            programme,
            protocol,
            from_on,
            until_on,
            cases.get(protocol) if protocol in markets else None,
        )
    )


def _first_day(programme: Programme) -> date:
    """The first day of the first question, or of the programme where it asks none."""
    return programme.questions[0].from_on if programme.questions else programme.from_on


def tactical_document(found: Tactical) -> Document:
    """What a tactical plan says; money in the programme's currency."""
    return {
        "status": found.status,
        "expected": found.expected,
        "served": found.served,
        "served_at_most": found.served_at_most,
        "objective": found.objective_cents / 100.0,
        "bound": found.bound_cents / 100.0,
        "gap": found.gap,
        "slots": [asdict(t) for t in found.slots],
        "expected_demand": [asdict(d) for d in found.demand],
        "added": [
            asdict(a) | {"begin_by": a.begin_by.isoformat() if a.begin_by else None}
            for a in found.added
        ],
        "whole_batches": found.whole_batches,
        "method": found.method,
        "reproducible": found.reproducible,
    }


def _summary(document: Document, currency: str) -> str:
    lines = [
        f"{document['status']}: {document['served']:,.1f} of {document['expected']:,.1f} doses "
        f"expected from {document['from']} to {document['until']} are served; no plan of the "
        f"model serves more than {document['served_at_most']:,.1f}",
        f"  cost {currency} {document['objective']:,.0f}, at least {document['bound']:,.0f} "
        f"(gap {percent(document['gap'])})",
    ]
    for quarter in dict.fromkeys(row["quarter"] for row in document["slots"]):
        rows = [r for r in document["slots"] if r["quarter"] == quarter]
        taken = [
            f"{r['line']} {r['at']} ({r['kind']}, {r['batches']:.1f} of {r['starts']} starts, "
            f"{r['doses']:.0f} doses)"
            for r in rows
            if r["taken"]
        ]
        lines.append(f"  {quarter}: {'; '.join(taken) if taken else 'no slot'}")
        short = [
            f"{d['protocol']} {d['expected'] - d['served']:.1f} of {d['expected']:.1f}"
            for d in document["expected_demand"]
            if d["quarter"] == quarter and d["expected"] - d["served"] > _SHORT
        ]
        if short:
            lines.append(f"    short: {', '.join(short)}")
    for row in document["added"]:
        begin = f"; its transfer begins by {row['begin_by']}" if row["begin_by"] else ""
        lines.append(f"  {row['plant']} is used from {row['quarter']} on{begin}")
    return "\n".join(lines)
