"""What holds of people, signatures, release and recall: invariants 5, 6, 11, 12 and 13."""

from __future__ import annotations

from collections.abc import Iterator

from doseline.records.state import Record
from doseline.records.things import Batch

__all__ = [
    "labels_are_accounted_for",
    "late_tests_have_an_end",
    "nobody_checks_himself",
    "recalls_reach_everybody",
    "signatures_stand_for_what_is",
]

OUT = ("conditionally released", "released", "confirmed", "failed late")


def nobody_checks_himself(record: Record) -> Iterator[str]:
    """5. Performer and checker, tester and reviewer, maker and releaser are different people.

    Whoever reviews early and makes afterwards voids the review by that: it is no decision any more.
    """
    for batch in record.batches.values():
        for step in (*batch.steps.values(), *batch.voided_steps):
            if step.performer and step.performer == step.checker:
                yield f"5: {step.performer} checked their own step {step.step} of {batch.id}"
        for signature in record.signatures.get(f"batch/{batch.id}", ()):
            decides = signature.meaning in ("reviewed", "released", "certified", "confirmed")
            if decides and not signature.voided and signature.person in batch.performers:
                yield f"5: {signature.person} made batch {batch.id} and {signature.meaning} it"
    for test in record.tests.values():
        if test.tester and test.tester == test.reviewer:
            yield f"5: {test.tester} reviewed their own {test.id}"
    for name, held in record.signatures.items():
        for signature in held:
            person = record.people[signature.person]
            if person.trained_until.get(signature.role, "") < signature.signed_at:
                yield f"5: {person.id} signed {name} untrained as {signature.role}"
    for master in {b.master for b in record.batches.values() if b.master}:
        signed = [s for s in record.signatures.get(f"master/{master}", ()) if not s.voided]
        wrote = {s.person for s in signed if s.meaning == "written"}
        approved = {s.person for s in signed if s.meaning == "approved"}
        if not any(a != b for a in wrote for b in approved):
            yield f"5: master {master} is used and not signed by two"


def signatures_stand_for_what_is(record: Record) -> Iterator[str]:
    """6. A signature stands where its record is as signed, only there; a release has grounds."""
    for name, held in record.signatures.items():
        digest = record.digests.get(name, "")
        for signature in held:
            if not signature.voided and signature.digest != digest:
                yield f"6: signature {signature.number} on {name} is not over what stands"
    for batch in record.batches.values():
        if batch.state in OUT and not batch.on_hold:
            yield from _release_has_its_grounds(record, batch)


def _signed(record: Record, name: str, meaning: str) -> bool:
    return any(s.meaning == meaning and not s.voided for s in record.signatures.get(name, ()))


def _release_has_its_grounds(record: Record, batch: Batch) -> Iterator[str]:
    for meaning in ("reviewed", "released"):
        if not _signed(record, f"batch/{batch.id}", meaning):
            yield f"6: batch {batch.id} is {batch.state} and not signed as {meaning}"
    master = record.masters[batch.master]
    for wanted in master.steps:
        step = batch.steps.get(wanted.step)
        name = f"step/{batch.id}/{wanted.step}/{step.attempt}" if step else ""
        if wanted.checked and not (step and step.checker and _signed(record, name, "checked")):
            yield f"6: batch {batch.id} is out and step {wanted.step} is not checked"
    for test in master.tests:
        tests = [record.tests[x] for x in batch.tests if record.tests[x].name == test.test]
        if test.stage == "release" and not any(x.state == "passed" for x in tests):
            yield f"6: batch {batch.id} is out and test {test.test} has not passed"
    last = max((record.last_at.get(f"label/{x}", "") for x in batch.labels), default="")
    if not batch.labels_reconciled and last <= batch.released_at:  # later: a vial labelled anew
        yield f"6: batch {batch.id} is out and its labels are not reconciled"
    for deviation in record.deviations.values():
        blocking = deviation.blocking and deviation.state != "closed"
        before = deviation.opened_at < batch.released_at
        if blocking and before and deviation.about == f"batch/{batch.id}":
            yield f"6: batch {batch.id} was released over deviation {deviation.id}"


def labels_are_accounted_for(record: Record) -> Iterator[str]:
    """11. Of a reconciled batch no label is loose; each says what its vial was when printed."""
    for batch in record.batches.values():
        labels = [record.labels[name] for name in batch.labels]
        if batch.labels_reconciled and any(x.state == "issued" for x in labels):
            yield f"11: a label of batch {batch.id} is loose"
        for label in labels:
            says = label.content.split("|")
            vial = record.vials.get(label.vial)
            if vial is None or vial.batch != batch.id:
                yield f"11: label {label.id} is for no vial of its batch"
            elif (says[0], says[1], says[2], says[5]) != (
                batch.id, vial.id, batch.product, batch.expires_at,
            ):  # fmt: skip
                yield f"11: label {label.id} does not say what vial {vial.id} is"
            if label.applied_to not in ("", label.vial):
                yield f"11: vial {label.applied_to} bears the label of vial {label.vial}"
        applied = [x.applied_to for x in labels if x.state == "applied"]
        if len(set(applied)) != len(applied):
            yield f"11: a vial of batch {batch.id} bears two labels"


def late_tests_have_an_end(record: Record) -> Iterator[str]:
    """12. A conditional release owes late tests by a deadline; a late failure has its recall."""
    for batch in record.batches.values():
        if batch.state not in OUT:
            continue
        master = record.masters[batch.master]
        for wanted in master.tests:
            if wanted.stage != "late":
                continue
            tests = [record.tests[x] for x in batch.tests if record.tests[x].name == wanted.test]
            if not tests or not all(x.due_at for x in tests):
                yield f"12: batch {batch.id} is out and owes {wanted.test} by no deadline"
            if batch.state == "confirmed" and not any(x.state == "passed" for x in tests):
                yield f"12: batch {batch.id} is confirmed without {wanted.test}"
            if batch.state == "conditionally released" and any(x.state == "failed" for x in tests):
                yield f"12: {wanted.test} of batch {batch.id} failed and nothing followed"
        if batch.state == "failed late" and not any(
            batch.id in x.batches for x in record.recalls.values()
        ):
            yield f"12: batch {batch.id} failed late and is not recalled"


def recalls_reach_everybody(record: Record) -> Iterator[str]:
    """13. The frozen list of a recall holds every vial, consignee and subject of its batches."""
    for recall in record.recalls.values():
        batches = [record.batches[name] for name in recall.batches]
        vials = {vial for batch in batches for vial in batch.vials}
        if vials != set(recall.vials):
            yield f"13: recall {recall.id} lists other vials than its batches have"
        consignees = {
            record.shipments[name].facility
            for batch in batches
            for name in batch.shipments
            if record.shipments[name].tendered_at
        }
        if consignees != set(recall.consignees):
            yield f"13: recall {recall.id} does not name all consignees"
        subjects = {record.vials[v].subject for v in vials if record.vials[v].subject}
        if subjects != set(recall.subjects):
            yield f"13: recall {recall.id} does not name all subjects"
        for vial in recall.vials:
            if not record.vials[vial].recalled:
                yield f"13: vial {vial} of recall {recall.id} is not frozen"
