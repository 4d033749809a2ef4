"""What facts of labels, tests and disposition make of the record."""

from __future__ import annotations

from dataclasses import replace

from doseline.errors import LifeError
from doseline.records.facts import testing as f
from doseline.records.fold.moving import born, moved
from doseline.records.fold.taking import takes
from doseline.records.machines import next_state
from doseline.records.state import Record, Said
from doseline.records.things import Label, Test


@takes(f.LabelIssued)
def _issued(record: Record, fact: f.LabelIssued, said: Said) -> None:
    state = born(record.labels, "label", fact.label, fact.kind)
    record.labels[fact.label] = Label(fact.label, state, fact.batch, fact.vial, fact.content)
    batch = record.batch(fact.batch)
    record.batches[fact.batch] = replace(
        batch, labels=(*batch.labels, fact.label), labels_reconciled=False
    )


@takes(f.LabelApplied, f.LabelDestroyed, f.LabelKept)
def _label_moved(
    record: Record, fact: f.LabelApplied | f.LabelDestroyed | f.LabelKept, said: Said
) -> None:
    label = record.label(fact.label)
    state = next_state("label", fact.label, label.state, fact.kind)
    applied_to = fact.vial if isinstance(fact, f.LabelApplied) else label.applied_to
    record.labels[fact.label] = replace(label, state=state, applied_to=applied_to)
    batch = record.batch(label.batch)
    record.batches[batch.id] = replace(batch, labels_reconciled=False)


@takes(f.LabelsReconciled)
def _reconciled(record: Record, fact: f.LabelsReconciled, said: Said) -> None:
    batch = record.batch(fact.batch)
    record.batches[fact.batch] = replace(batch, labels_reconciled=True)


@takes(f.TestOrdered)
def _ordered(record: Record, fact: f.TestOrdered, said: Said) -> None:
    record.tests[fact.test] = Test(
        id=fact.test,
        state=born(record.tests, "test", fact.test, fact.kind),
        batch=fact.batch,
        name=fact.name,
        stage=fact.stage,
        low=fact.low,
        high=fact.high,
        due_at=fact.due_at,
        repeats=fact.repeats,
    )
    batch = record.batch(fact.batch)
    record.batches[fact.batch] = replace(batch, tests=(*batch.tests, fact.test))


@takes(f.TestStarted)
def _started(record: Record, fact: f.TestStarted, said: Said) -> None:
    test = record.test(fact.test)
    state = next_state("test", fact.test, test.state, fact.kind)
    record.tests[fact.test] = replace(test, state=state, sample=fact.sample, started_at=said.at)


@takes(f.ResultEntered)
def _entered(record: Record, fact: f.ResultEntered, said: Said) -> None:
    test = record.test(fact.test)
    record.tests[fact.test] = replace(
        test,
        state=next_state("test", fact.test, test.state, fact.kind),
        value=fact.value,
        raw=fact.raw,
        inside=bool(fact.inside),
        tester=said.by,
    )
    batch = record.batch(test.batch)
    if test.stage == "release" and said.by not in batch.performers:
        record.batches[batch.id] = replace(batch, performers=(*batch.performers, said.by))


@takes(f.ResultReviewed)
def _reviewed(record: Record, fact: f.ResultReviewed, said: Said) -> None:
    test = record.test(fact.test)
    outcome = "ResultPassed" if test.inside else "ResultOutside"
    record.tests[fact.test] = replace(
        test,
        state=next_state("test", fact.test, test.state, outcome),
        reviewer=said.by,
        ended_at=said.at if test.inside else "",
    )


@takes(f.OosInvalidated, f.OosConfirmed)
def _oos(record: Record, fact: f.OosInvalidated | f.OosConfirmed, said: Said) -> None:
    test = record.test(fact.test)
    state = next_state("test", fact.test, test.state, fact.kind)
    record.tests[fact.test] = replace(test, state=state, ended_at=said.at)


# -- disposition ---------------------------------------------------------------------------


@takes(f.TestingStarted, f.TestingPassed, f.BatchConfirmed, f.BatchRejected, f.BatchFailedLate)
def _batch_moved(
    record: Record,
    fact: f.TestingStarted
    | f.TestingPassed
    | f.BatchConfirmed
    | f.BatchRejected
    | f.BatchFailedLate,
    said: Said,
) -> None:
    moved(record.batches, "batch", record.batch(fact.batch), fact.kind)


@takes(f.BatchReleased)
def _released(record: Record, fact: f.BatchReleased, said: Said) -> None:
    batch = record.batch(fact.batch)
    kind = "BatchReleasedConditionally" if fact.conditional else fact.kind
    state = next_state("batch", fact.batch, batch.state, kind)
    record.batches[fact.batch] = replace(batch, state=state, released_at=said.at)


@takes(f.BatchCertified)
def _certified(record: Record, fact: f.BatchCertified, said: Said) -> None:
    batch = record.batch(fact.batch)
    certified = tuple(dict.fromkeys((*batch.certified_for, fact.rules)))
    record.batches[fact.batch] = replace(batch, certified_for=certified)


@takes(f.RecordReviewed)
def _record_reviewed(record: Record, fact: f.RecordReviewed, said: Said) -> None:
    record.batch(fact.batch)


@takes(f.BatchHeld)
def _held(record: Record, fact: f.BatchHeld, said: Said) -> None:
    batch = record.batch(fact.batch)
    if batch.on_hold:
        raise LifeError(f"Batch {fact.batch} is on hold already: {batch.on_hold}")
    record.batches[fact.batch] = replace(batch, on_hold=fact.cause)


@takes(f.BatchResumed)
def _resumed(record: Record, fact: f.BatchResumed, said: Said) -> None:
    batch = record.batch(fact.batch)
    if not batch.on_hold:
        raise LifeError(f"Batch {fact.batch} is not on hold.")
    record.batches[fact.batch] = replace(batch, on_hold="")
