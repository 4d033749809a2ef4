"""What a batch record shows: one batch in full, or all of it, as a document and in words."""

from __future__ import annotations

from typing import Any

from doseline.records.activity import kbq_at
from doseline.records.blocks import blocks, overdue
from doseline.records.possession import emergency_plan_ppm, share_ppm
from doseline.records.profile import profile_named
from doseline.records.state import Record
from doseline.records.things import Batch, Test

__all__ = ["DEMO", "batch_document", "record_document", "words_of_batch", "words_of_record"]

DEMO = "DEMONSTRATION: this is no record of a real batch."


def record_document(record: Record, now: str, entries: int) -> dict[str, Any]:
    """Everything in a record, briefly, as it stands at an instant."""
    return {
        "record": record.name,
        "profile": record.profile,
        "demo": record.demo,
        "entries": entries,
        "at": now,
        "batches": [
            {
                "batch": batch.id,
                "state": str(batch.state),
                "on_hold": batch.on_hold,
                "vials": len(batch.vials),
            }
            for batch in record.batches.values()
        ],
        "orders": _counted(order.state for order in record.orders.values()),
        "vials": _counted(vial.state for vial in record.vials.values()),
        "open_deviations": [
            {"deviation": d.id, "about": d.about, "what": d.what, "blocking": d.blocking}
            for d in record.deviations.values()
            if d.state != "closed"
        ],
        "recalls": [
            {
                "recall": r.id,
                "state": str(r.state),
                "cause": r.cause,
                "consignees": list(r.consignees),
                "subjects": list(r.subjects),
                "vials": list(r.vials),
            }
            for r in record.recalls.values()
        ],
        "overdue_tests": [test.id for test in overdue(record, now)],
        "possession": possession_rows(record, now),
    }


def _counted(states: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in states:
        found[str(state)] = found.get(str(state), 0) + 1
    return found


def possession_rows(record: Record, now: str) -> list[dict[str, Any]]:
    """What each place holds of its licence; `warning` from the share that the profile names."""
    rows = []
    for facility in record.facilities.values():
        for nuclide in sorted({x.nuclide for x in facility.licences.values()}):
            ppm = share_ppm(record, facility.id, nuclide, now)
            limit = profile_named(record.profile).warning_ppm
            rows.append(
                {
                    "facility": facility.id,
                    "nuclide": nuclide,
                    "share": ppm / 1_000_000,
                    "warning": ppm >= limit,
                    "emergency_plan_share": emergency_plan_ppm(record, facility.id, nuclide, now)
                    / 1_000_000,
                }
            )
    return rows


def batch_document(record: Record, batch: Batch, now: str) -> dict[str, Any]:
    """One batch in full: what was done, by whom, what blocks it, where its vials are."""
    book = record.books.get(f"batch/{batch.id}")
    return {
        "batch": batch.id,
        "demo": record.demo,
        "state": str(batch.state),
        "on_hold": batch.on_hold,
        "master": batch.master,
        "eos_at": batch.filled_at,
        "released_at": batch.released_at,
        "expires_at": batch.expires_at,
        "yield_fraction": batch.yield_ppm / 1_000_000,
        "blocks": list(blocks(record, batch)),
        "steps": [
            {
                "step": s.step,
                "attempt": s.attempt,
                "state": str(s.state),
                "started_at": s.started_at,
                "done_at": s.done_at,
                "performer": s.performer,
                "checker": s.checker,
                "readings": {r.name: r.value for r in s.readings},
            }
            for s in (*batch.voided_steps, *batch.steps.values())
        ],
        "tests": [_test(record.test(name)) for name in batch.tests],
        "vials": [
            {
                "vial": v.id,
                "state": str(v.state),
                "order": v.order,
                "recalled": v.recalled,
                "where": v.where,
                "custody": list(v.custody),
                "mbq_now": kbq_at(book.balances.get(f"vial/{v.id}", 0), now, book) / 1000
                if book
                else 0.0,
            }
            for v in map(record.vial, batch.vials)
        ],
        "activity": {
            "reference_at": book.reference_at,
            "kbq": {name: kbq for name, kbq in book.balances.items() if kbq},
        }
        if book
        else {},
        "signatures": _signatures(record, batch.id),
        "deviations": [
            {"deviation": d.id, "state": str(d.state), "what": d.what}
            for d in record.deviations_about((f"batch/{batch.id}", batch.id))
        ],
    }


def _test(test: Test) -> dict[str, Any]:
    return {
        "test": test.id,
        "stage": test.stage,
        "state": str(test.state),
        "value": test.value,
        "low": test.low,
        "high": test.high,
        "tester": test.tester,
        "reviewer": test.reviewer,
        "due_at": test.due_at,
    }


def _signatures(record: Record, batch: str) -> list[dict[str, Any]]:
    """Every signature on a record of the batch, those that lost their force with them."""
    return [
        {
            "record": s.record,
            "meaning": s.meaning,
            "person": s.person,
            "name": s.name,
            "role": s.role,
            "signed_at": s.signed_at,
            "digest": s.digest,
            "voided": s.voided,
        }
        for name, held in record.signatures.items()
        if batch in name.split("/")
        for s in held
    ]


def words_of_record(document: dict[str, Any]) -> str:
    """A record in words."""
    lines = [DEMO] if document["demo"] else []
    lines.append(f"{document['record']} ({document['profile']}), {document['entries']} entries")
    for batch in document["batches"]:
        held = f", ON HOLD: {batch['on_hold']}" if batch["on_hold"] else ""
        lines.append(f"  batch {batch['batch']}: {batch['state']}, {batch['vials']} vials{held}")
    for name in ("orders", "vials"):
        counted = ", ".join(f"{n} {state}" for state, n in document[name].items())
        lines.append(f"  {name}: {counted or 'none'}")
    for d in document["open_deviations"]:
        weight = "blocking" if d["blocking"] else "not blocking"
        lines.append(f"  deviation {d['deviation']} open ({weight}): {d['what']}")
    for r in document["recalls"]:
        told = ", ".join(r["consignees"])
        lines.append(f"  recall {r['recall']} {r['state']}: {r['cause']}; consignees {told}")
        lines.append(f"    subjects {', '.join(r['subjects']) or 'none'}")
    lines += [f"  overdue: {test}" for test in document["overdue_tests"]]
    for row in document["possession"]:
        mark = "  WARNING" if row["warning"] else ""
        if row["emergency_plan_share"] >= 1:
            mark += "  EMERGENCY PLAN NEEDED"
        share = f"{100 * row['share']:.2f} %"
        lines.append(f"  {row['facility']} holds {share} of its {row['nuclide']} limit{mark}")
    return "\n".join(lines)


def words_of_batch(document: dict[str, Any]) -> str:
    """A batch in words."""
    lines = [DEMO] if document["demo"] else []
    held = f", ON HOLD: {document['on_hold']}" if document["on_hold"] else ""
    lines.append(f"batch {document['batch']}: {document['state']}{held}")
    lines += [f"  blocks its release: {why}" for why in document["blocks"]]
    for s in document["steps"]:
        by = f"{s['performer']}, checked by {s['checker'] or 'nobody'}"
        lines.append(f"  step {s['step']}: {s['state']} ({by})")
    for t in document["tests"]:
        limit = f"{t['low'] or '...'} to {t['high'] or '...'}"
        lines.append(f"  test {t['test']}: {t['state']} {t['value']} (limit {limit})")
    for v in document["vials"]:
        recalled = f", recalled by {v['recalled']}" if v["recalled"] else ""
        path = " > ".join(v["custody"])
        lines.append(f"  vial {v['vial']}: {v['state']}, {v['mbq_now']:.1f} MBq, {path}{recalled}")
    if document["activity"]:
        at = document["activity"]["reference_at"]
        lines.append(f"  activity at {at}, kBq:")
        lines += [f"    {name}: {kbq:,}" for name, kbq in document["activity"]["kbq"].items()]
    for s in document["signatures"]:
        voided = f"  VOID: {s['voided']}" if s["voided"] else ""
        lines.append(f"  {s['meaning']} by {s['name']} ({s['role']}) at {s['signed_at']}{voided}")
    return "\n".join(lines)
