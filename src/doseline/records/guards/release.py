"""Guards of release: what must stand before a batch leaves, is confirmed, or is rejected."""

from __future__ import annotations

from doseline.records.facts.making import MasterStep, MasterTest
from doseline.records.guards.refusing import refuse
from doseline.records.profile import profile_named
from doseline.records.state import Record
from doseline.records.things import Batch

__all__ = [
    "batch_is_not_on_hold",
    "deviations_do_not_block",
    "labels_are_reconciled",
    "late_tests_have_passed",
    "late_tests_have_started",
    "no_test_has_failed",
    "record_is_reviewed",
    "release_test_has_passed",
    "release_tests_have_passed",
    "step_is_checked",
    "steps_are_checked",
    "yield_is_known",
]


def batch_is_not_on_hold(batch: Batch) -> None:
    """Nothing is done to a batch on hold but to look into it. [21 CFR 211.142(a)]"""
    if batch.on_hold:
        refuse(f"Batch {batch.id} is on hold: {batch.on_hold}", "21 CFR 211.142(a)")


def steps_are_checked(record: Record, batch: Batch) -> None:
    """Every step of the master is done and, where it asks so, checked. [21 CFR 211.188(b)(11)]"""
    for wanted in record.master(batch.master).steps:
        step_is_checked(record, batch, wanted)


def step_is_checked(record: Record, batch: Batch, wanted: MasterStep) -> None:
    """A step is done and, where the master asks so, checked; its signatures stand."""
    step = batch.steps.get(wanted.step)
    if step is None or step.state not in ("done", "checked"):
        refuse(f"The step {wanted.step} of batch {batch.id} is not done.", "21 CFR 211.188(b)")
    name = f"step/{batch.id}/{step.step}/{step.attempt}"
    for meaning in ("performed", "checked") if wanted.checked else ("performed",):
        if not record.valid_signatures(name, meaning):
            refuse(
                f"The step {wanted.step} of batch {batch.id} is not signed as {meaning}.",
                "21 CFR 211.188(b)(11)",
            )


def release_tests_have_passed(record: Record, batch: Batch) -> None:
    """Every test before release has passed, and no test has failed. [21 CFR 211.165(a), (f)]"""
    for wanted in record.master(batch.master).tests:
        if wanted.stage == "release":
            release_test_has_passed(record, batch, wanted)
    no_test_has_failed(record, batch)


def release_test_has_passed(record: Record, batch: Batch, wanted: MasterTest) -> None:
    """A test has passed, and the signatures of tester and reviewer stand. [21 CFR 211.194(a)]"""
    tests = [x for x in map(record.test, batch.tests) if x.name == wanted.test]
    passed = [x for x in tests if x.state == "passed"]
    if not passed:
        refuse(f"The test {wanted.test} of batch {batch.id} has not passed.", "21 CFR 211.165(a)")
    for meaning in ("performed", "reviewed"):
        if not any(record.valid_signatures(f"test/{x.id}", meaning) for x in passed):
            refuse(
                f"The test {wanted.test} of batch {batch.id} is not signed as {meaning}.",
                "21 CFR 211.194(a)",
            )


def no_test_has_failed(record: Record, batch: Batch) -> None:
    """A test that failed bars the batch for good. [21 CFR 211.165(f)]"""
    for test in map(record.test, batch.tests):
        if test.state == "failed":
            refuse(f"The test {test.id} has failed.", "21 CFR 211.165(f)")


def late_tests_have_started(record: Record, batch: Batch) -> None:
    """What a conditional release does not wait for is under way, with a deadline, and may be late.

    [21 CFR 211.165(a); EU Annex 3 §2]
    """
    allowed = profile_named(record.profile).late_tests
    for test in map(record.test, batch.tests):
        if test.stage != "late" or test.state in ("passed", "invalid"):
            continue
        if test.name not in allowed:
            refuse(
                f"{record.profile} does not let a batch leave before its test {test.name}.",
                "21 CFR 211.165(a)",
            )
        if test.state not in ("running", "entered"):
            refuse(
                f"The test {test.id} is {test.state}; a conditional release needs it under way.",
                "21 CFR 211.165(a)",
            )


def late_tests_have_passed(record: Record, batch: Batch) -> None:
    """The release becomes final when every late test has passed. [21 CFR 211.165(a)]"""
    for wanted in record.master(batch.master).tests:
        tests = [t for t in map(record.test, batch.tests) if t.name == wanted.test]
        if wanted.stage == "late" and not any(t.state == "passed" for t in tests):
            refuse(
                f"The test {wanted.test} of batch {batch.id} has not passed.", "21 CFR 211.165(a)"
            )


def deviations_do_not_block(record: Record, batch: Batch) -> None:
    """No deviation that blocks is open. [21 CFR 211.192]"""
    about = (f"batch/{batch.id}", *(f"lot/{lot}" for lot in batch.lots))
    for deviation in record.deviations_about((*about, batch.id)):
        if deviation.blocking and deviation.state != "closed":
            refuse(
                f"Deviation {deviation.id} blocks batch {batch.id}: {deviation.what}",
                "21 CFR 211.192",
            )


def record_is_reviewed(record: Record, batch: Batch) -> None:
    """The quality unit has reviewed the record as it is now, audit trail with it.

    [21 CFR 211.192; PIC/S PI 041-1; EU Annex 11 §9]
    """
    if not record.valid_signatures(f"batch/{batch.id}", "reviewed"):
        refuse(f"The record of batch {batch.id} is not reviewed as it is now.", "21 CFR 211.192")


def labels_are_reconciled(batch: Batch) -> None:
    """Every label is applied, destroyed or kept, and somebody has counted. [21 CFR 211.125(c)]"""
    if not batch.labels_reconciled:
        refuse(f"The labels of batch {batch.id} are not reconciled.", "21 CFR 211.125(c)")


def yield_is_known(batch: Batch) -> None:
    """The yield of a batch with activity was worked out. [21 CFR 211.103]"""
    if batch.charge_kbq and not batch.yield_ppm:
        refuse(f"The yield of batch {batch.id} is not known.", "21 CFR 211.103")
