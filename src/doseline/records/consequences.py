"""What follows by itself from what was said. Each consequence is a function of before and after."""

from __future__ import annotations

from collections.abc import Iterator

from doseline.records.commands.quality import opened_recall
from doseline.records.facts import Fact
from doseline.records.facts import testing as t
from doseline.records.facts.quality import SignatureVoided
from doseline.records.machines import BatchState, TestState
from doseline.records.recall import Suspects
from doseline.records.state import Record
from doseline.records.things import Batch

__all__ = ["of", "stale_signatures"]


def of(before: Record, after: Record) -> Iterator[Fact]:
    """All that follows for batches whose tests have moved on."""
    for name, test in tuple(after.tests.items()):
        if before.tests.get(name) is test:
            continue
        batch = after.batches[test.batch]
        yield from release_tests_are_passed(after, batch)
        if test.stage == "late":
            yield from late_test_is_outside(batch, test.name, test.state)
            yield from late_test_has_failed(after, batch, test.id, test.state)


def release_tests_are_passed(record: Record, batch: Batch) -> Iterator[Fact]:
    """Once every test before release has passed, the batch is tested."""
    if batch.state is not BatchState.TESTING:
        return
    passed = {record.tests[x].name for x in batch.tests if record.tests[x].state == "passed"}
    wanted = {x.test for x in record.master(batch.master).tests if x.stage == "release"}
    if wanted <= passed:
        yield t.TestingPassed(batch.id)


def late_test_is_outside(batch: Batch, name: str, state: TestState) -> Iterator[Fact]:
    """A late result out of specification stops what is left of the batch at once."""
    released = batch.state in (BatchState.CONDITIONALLY_RELEASED, BatchState.RELEASED)
    if state is TestState.OOS and released and not batch.on_hold:
        yield t.BatchHeld(batch.id, f"{name} is out of specification")


def late_test_has_failed(
    record: Record, batch: Batch, test: str, state: TestState
) -> Iterator[Fact]:
    """A late failure ends the conditional release and opens the recall, with everybody on it.

    [21 CFR 211.150(b), 211.165; EU Annex 3, late results]
    """
    if state is TestState.FAILED and batch.state is BatchState.CONDITIONALLY_RELEASED:
        yield t.BatchFailedLate(batch.id, test)
        suspects = Suspects(batches=(batch.id,))
        yield from opened_recall(record, suspects, f"{test} has failed", automatic=1)


def stale_signatures(before: Record, after: Record) -> Iterator[Fact]:
    """Signatures over what has changed lose their force; what was released by one is held.

    [21 CFR 11.70; 11.10(e)]
    """
    held = set[str]()
    for record, digest in tuple(after.digests.items()):
        if before.digests.get(record) == digest:
            continue
        for signature in after.signatures.get(record, ()):
            if signature.voided or signature.digest == digest:
                continue
            yield SignatureVoided(record, signature.number, "what was signed has changed")
            batch = after.batches.get(record.removeprefix("batch/"))
            if signature.meaning not in ("released", "certified") or batch is None:
                continue
            if not batch.on_hold and batch.id not in held:
                held.add(batch.id)
                yield t.BatchHeld(batch.id, f"its record changed after it was {signature.meaning}")
