"""The executed batch record: what went in, each step with who did and checked it, what came out."""

from __future__ import annotations

from doseline.report.papers.cells import (
    NONE,
    Cell,
    activity,
    gbq,
    instant,
    mark,
    mci,
    percent_ppm,
    shown,
    whole,
)
from doseline.report.papers.paper import (
    Block,
    Paper,
    column,
    document,
    facts,
    signatures,
    table,
    words,
)
from doseline.report.papers.sources import BatchSheet, Reading, Step
from doseline.report.papers.vials_and_tests import test_table, vial_table

__all__ = ["batch_record"]


def batch_record(sheet: BatchSheet) -> Paper:
    """The executed batch record of a batch."""
    zone = sheet.plant.zone
    return document(
        "batch-record",
        "Batch record",
        sheet,
        [
            _heading(sheet),
            _materials(sheet),
            _equipment(sheet),
            _steps(sheet),
            _readings(sheet),
            _filling(sheet),
            _accounts(sheet),
            vial_table(sheet.vials, filled=True),
            test_table("Tests", sheet.tests, zone),
            _deviations(sheet),
            _labels(sheet),
            _review(sheet),
            signatures("Signatures", sheet.signatures, zone),
        ],
        status=sheet.state.upper(),
    )


def _heading(sheet: BatchSheet) -> Block:
    product, zone = sheet.product, sheet.plant.zone
    return facts(
        "",
        [
            ("Product", product.name),
            ("Substance", product.substance),
            ("Batch", sheet.id),
            ("Master record", sheet.master),
            ("Made at", sheet.plant.name),
            ("Line", sheet.line),
            ("Address", sheet.plant.address),
            ("Licence", sheet.plant.licence),
            ("Started", instant(sheet.started_at, zone)),
            ("End of filling (EOS)", instant(sheet.filled_at, zone)),
            ("Expires", instant(sheet.expires_at, zone)),
            ("Released", instant(sheet.released_at, zone)),
            ("Nuclide, half-life", f"{product.nuclide}, {product.half_life}"),
            ("Used under", product.authorisation),
        ],
    )


def _materials(sheet: BatchSheet) -> Block:
    zone = sheet.plant.zone
    return table(
        "Materials",
        [
            column("Material", "2fr"),
            column("Lot", "1.2fr"),
            column("Supplier", "1.5fr"),
            column("Amount", "1.6fr"),
            column("Status", "1fr"),
            column("Expires", "1.3fr"),
        ],
        (
            (m.name, m.lot, m.supplier, m.amount, m.status, instant(m.expires_at, zone))
            for m in sheet.materials
        ),
    )


def _equipment(sheet: BatchSheet) -> Block:
    return table(
        "Equipment",
        [
            column("Number", "1fr"),
            column("Equipment", "2fr"),
            column("Certificate", "1.2fr"),
            column("Valid until", "1.3fr"),
        ],
        (
            (e.id, e.name, e.certificate, instant(e.until_at, sheet.plant.zone))
            for e in sheet.equipment
        ),
    )


def _steps(sheet: BatchSheet) -> Block:
    zone = sheet.plant.zone

    def row(step: Step) -> tuple[Cell, ...]:
        void = f". VOID: {step.voided}" if step.voided else ""
        return (
            _named(step),
            step.text + void,
            instant(step.started_at, zone),
            instant(step.done_at, zone),
            step.performer,
            step.checker,
            ", ".join((*step.equipment, *step.lots)),
        )

    return table(
        "Steps",
        [
            column("Step", "1.1fr"),
            column("What was done", "2.1fr"),
            column("Begun", "1.05fr"),
            column("Done", "1.05fr"),
            column("Performed by", "1.05fr"),
            column("Checked by", "1.05fr"),
            column("With", "1.2fr"),
        ],
        map(row, sheet.steps),
    )


def _named(step: Step) -> str:
    """The step, with its attempt where there was more than one."""
    if step.voided:
        return f"{step.name}, attempt {step.attempt} (void)"
    return f"{step.name}, attempt {step.attempt}" if step.attempt > 1 else step.name


def _readings(sheet: BatchSheet) -> Block:
    def outcome(reading: Reading) -> Cell:
        if reading.inside is None:
            return NONE
        return mark("passes" if reading.inside else "fails")

    def name(reading: Reading) -> str:
        """The reading, and what it was before a correction. [EU Annex 11 §8.2]"""
        return reading.name + (f". CORRECTED: {reading.corrected}" if reading.corrected else "")

    return table(
        "In-process readings",
        [
            column("Step", "1.2fr"),
            column("Reading", "2fr"),
            column("Value", "1.2fr", "right"),
            column("Limit", "1.2fr", "right"),
            column("Outcome", "1fr"),
        ],
        (
            (_named(step), name(reading), reading.value, reading.limit, outcome(reading))
            for step in sheet.steps
            for reading in step.readings
        ),
    )


def _filling(sheet: BatchSheet) -> Block:
    inside = sheet.yield_low_ppm <= sheet.yield_ppm <= sheet.yield_high_ppm
    low, high = (shown(percent_ppm(p)) for p in (sheet.yield_low_ppm, sheet.yield_high_ppm))
    return facts(
        "Bulk and yield",
        [
            ("Bulk at EOS", activity(sheet.bulk_kbq)),
            ("Vials filled, planned", f"{len(sheet.vials)} of {sheet.planned_vials}"),
            ("Yield (decay-corrected)", percent_ppm(sheet.yield_ppm)),
            ("Limits of the yield", f"{low} to {high}"),
            ("Outcome", mark("passes" if inside else "fails")),
        ],
    )


def _accounts(sheet: BatchSheet) -> Block:
    total = sum(account.kbq for account in sheet.accounts)
    rows: list[tuple[Cell, ...]] = [
        (account.name, gbq(account.kbq), mci(account.kbq), f"{account.kbq:,}".replace("-", "−"))
        for account in sheet.accounts
    ]
    if rows:
        rows.append(("Sum", gbq(total), mci(total), f"{total:,}"))
    at = shown(instant(sheet.reference_at, sheet.plant.zone))
    return table(
        "Where the activity went",
        [
            column("Account", "2fr"),
            column("GBq", "1fr", "right"),
            column("mCi", "1fr", "right"),
            column("kBq", "1fr", "right"),
        ],
        rows,
        note=f"All at the reference time {at}, so that decay needs no postings. "
        "What came in stands with a minus; the sum is nothing. As it stood at the checkpoint.",
    )


def _deviations(sheet: BatchSheet) -> Block:
    return table(
        "Deviations",
        [
            column("Number", "1fr"),
            column("What happened", "2.5fr"),
            column("Weight", "0.9fr"),
            column("Finding", "2.5fr"),
            column("State", "0.9fr"),
        ],
        ((d.id, d.what, d.weight, d.finding, d.state) for d in sheet.deviations),
    )


def _labels(sheet: BatchSheet) -> Block:
    labels = sheet.labels
    if labels is None:
        return words("Labels", "Not reconciled yet.")
    accounted = labels.applied + labels.destroyed + labels.kept
    return facts(
        "Labels",
        [
            ("Issued", whole(labels.issued)),
            ("Applied", whole(labels.applied)),
            ("Destroyed", whole(labels.destroyed)),
            ("Kept as specimens", whole(labels.kept)),
            ("Accounted for", whole(accounted)),
            ("Outcome", mark("passes" if accounted == labels.issued else "fails")),
        ],
    )


def _review(sheet: BatchSheet) -> Block:
    review = sheet.review
    if review is None:
        return words("Review of the audit trail", "Not reviewed yet.")
    return facts(
        "Review of the audit trail",
        [
            ("Entries reviewed", whole(review.entries)),
            ("Written late", whole(review.late)),
            ("Signatures voided", whole(review.voided)),
            ("Reviewed by", review.reviewer),
        ],
    )
