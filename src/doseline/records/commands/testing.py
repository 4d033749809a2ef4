"""Commands of labels, tests, review and disposition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from doseline.records.automatic import opened
from doseline.records.commands.framework import Asked, Sign, Word, command
from doseline.records.commands.planning import orders_let_go
from doseline.records.facts import Fact
from doseline.records.facts import testing as t
from doseline.records.facts.making import VialAllocated
from doseline.records.guards import custody
from doseline.records.guards import people as who
from doseline.records.guards import release as ready
from doseline.records.guards import things as guard
from doseline.records.guards.refusing import refuse
from doseline.records.machines import LabelState
from doseline.records.numbers import inside
from doseline.records.profile import profile_named
from doseline.records.state import Record
from doseline.records.things import Batch, Vial


def content_of(record: Record, vial: Vial) -> str:
    """What a label says of its vial: batch, vial, product, activity, calibration, expiry.

    The activity is that of the order at its calibration time, or as filled for a spare vial.
    """
    batch = record.batch(vial.batch)
    order = record.orders.get(vial.order)
    kbq = order.activity_kbq if order else vial.measured_kbq
    at = order.use_at if order else batch.filled_at
    return "|".join((batch.id, vial.id, batch.product, str(kbq), at, batch.expires_at))


@dataclass(frozen=True, slots=True)
class OfBatch:
    """A batch."""

    batch: Annotated[str, Word("its number")]


@command("label", OfBatch, "operator", "dispatcher")
def label(record: Record, asked: OfBatch, by: Asked) -> Iterator[Fact | Sign]:
    """Issue labels: one for each vial that has none, and one to keep in the record."""
    held = record.batch(asked.batch)
    made = len(held.labels)
    live = [record.labels[x] for x in held.labels]
    for name in held.vials:
        standing = [x for x in live if x.vial == name and x.state in ("issued", "applied")]
        content = content_of(record, record.vial(name))
        if any(x.content != content for x in standing):
            refuse(
                f"A label of vial {name} says what it was: destroy it first.", "21 CFR 211.125(a)"
            )
        if not standing:
            made += 1
            yield t.LabelIssued(f"{held.id}-L{made}", held.id, name, content)
    if held.vials and not any(x.state == "kept" for x in live):
        first = record.vial(held.vials[0])
        kept = f"{held.id}-L{made + 1}"
        yield t.LabelIssued(kept, held.id, first.id, content_of(record, first))
        yield t.LabelKept(kept)


@dataclass(frozen=True, slots=True)
class AppliedLabel:
    """A label that was put on."""

    label: Annotated[str, Word("its number")]
    vial: Annotated[str, Word("the vial that bears it")]


@command("apply", AppliedLabel, "operator", "dispatcher")
def apply(record: Record, asked: AppliedLabel, by: Asked) -> Iterator[Fact | Sign]:
    """Put a label on the vial that it says."""
    held, vial = record.label(asked.label), record.vial(asked.vial)
    custody.label_says_what_the_vial_is(held, vial.id, content_of(record, vial))
    yield t.LabelApplied(asked.label, asked.vial)


@dataclass(frozen=True, slots=True)
class SpoiledLabel:
    """A label that is not used."""

    label: Annotated[str, Word("its number")]
    cause: Annotated[str, Word("why")]


@command("destroy-label", SpoiledLabel, "operator", "dispatcher")
def destroy_label(record: Record, asked: SpoiledLabel, by: Asked) -> Iterator[Fact | Sign]:
    """Destroy a label."""
    yield t.LabelDestroyed(asked.label, asked.cause)


@command("reconcile", OfBatch, "operator", "dispatcher", "quality", signed=True)
def reconcile(record: Record, asked: OfBatch, by: Asked) -> Iterator[Fact | Sign]:
    """Count the labels of a batch: issued are applied, destroyed or kept."""
    held = record.batch(asked.batch)
    states = [record.labels[name].state for name in held.labels]
    counts = [states.count(s) for s in (LabelState.APPLIED, LabelState.DESTROYED, LabelState.KEPT)]
    if sum(counts) != len(states) or not states:
        refuse(
            f"{len(states)} labels of batch {held.id} were issued, {sum(counts)} accounted for.",
            "21 CFR 211.125(c)",
        )
    yield t.LabelsReconciled(held.id, len(states), *counts)
    yield Sign(f"labels/{held.id}", "reconciled")


@dataclass(frozen=True, slots=True)
class Allocation:
    """A spare vial and the order that gets it."""

    vial: Annotated[str, Word("a vial without an order")]
    order: Annotated[str, Word("an order that is promised its batch")]


@command("allocate", Allocation, "dispatcher", "author")
def allocate(record: Record, asked: Allocation, by: Asked) -> Iterator[Fact | Sign]:
    """Give a spare vial to an order of its batch; it leaves once it is labelled anew."""
    vial, order = record.vial(asked.vial), record.order(asked.order)
    custody.vial_is_not_recalled(vial)
    if order.batch != vial.batch:
        refuse(f"Order {order.id} is not promised batch {vial.batch}.", "21 CFR 211.196")
    yield VialAllocated(asked.vial, asked.order)


# -- tests ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StartedTest:
    """A test that is begun."""

    test: Annotated[str, Word("batch and test, such as B1/endotoxin")]
    sample: Annotated[str, Word("the sample")]
    equipment: Annotated[str, Word("the instrument")]


@command("test-start", StartedTest, "analyst")
def test_start(record: Record, asked: StartedTest, by: Asked) -> Iterator[Fact | Sign]:
    """Begin a test on a sample."""
    held = record.test(asked.test)
    batch = record.batch(held.batch)
    if asked.sample not in batch.samples:
        refuse(f"Batch {batch.id} has no sample {asked.sample}.", "21 CFR 211.194(a)(1)")
    guard.equipment_is_in_date(record, (asked.equipment,), by.at)
    yield t.TestStarted(asked.test, asked.sample, asked.equipment)
    if batch.state == "filled":
        yield t.TestingStarted(batch.id)


@dataclass(frozen=True, slots=True)
class EnteredResult:
    """A result."""

    test: Annotated[str, Word("batch and test, such as B1/endotoxin")]
    value: Annotated[str, Word("the result, as read")]
    raw: Annotated[str, Word("where the raw data lie")]


@command("test", EnteredResult, "analyst", signed=True)
def test(record: Record, asked: EnteredResult, by: Asked) -> Iterator[Fact | Sign]:
    """Enter a result, held against its limit, with where its raw data lie."""
    held = record.test(asked.test)
    within = inside(asked.value, held.low, held.high, held.name)
    yield t.ResultEntered(asked.test, asked.value, asked.raw, int(within))
    yield Sign(f"test/{asked.test}", "performed")


@dataclass(frozen=True, slots=True)
class OfTest:
    """A test."""

    test: Annotated[str, Word("batch and test, such as B1/endotoxin")]


@command("review", OfTest, "analyst", "quality", signed=True)
def review(record: Record, asked: OfTest, by: Asked) -> Iterator[Fact | Sign]:
    """Review a result as the second person: it passes, or it is out of specification."""
    held = record.test(asked.test)
    who.reviewer_is_not_tester(held, by.by)
    yield t.ResultReviewed(asked.test)
    if not held.inside:
        yield opened(
            record,
            f"batch/{held.batch}",
            f"Test {held.name} is out of specification: {held.value}, "
            f"limit {held.low or '...'} to {held.high or '...'}.",
        )
    yield Sign(f"test/{asked.test}", "reviewed")


@dataclass(frozen=True, slots=True)
class Oos:
    """A result out of specification, looked into."""

    test: Annotated[str, Word("batch and test, such as B1/endotoxin")]
    laboratory_cause: Annotated[str, Word("the cause found in the laboratory; none: it stands")] = (
        ""
    )


@command("oos", Oos, "quality", signed=True)
def oos(record: Record, asked: Oos, by: Asked) -> Iterator[Fact | Sign]:
    """End the laboratory phase: invalid with its cause and a repeat is owed, or it stands."""
    held = record.test(asked.test)
    who.reviewer_is_not_tester(held, by.by)
    if not asked.laboratory_cause:
        yield t.OosConfirmed(asked.test)
    else:
        yield t.OosInvalidated(asked.test, asked.laboratory_cause)
        again = sum(record.test(x).name == held.name for x in record.batch(held.batch).tests)
        yield t.TestOrdered(
            f"{held.batch}/{held.name}/{again + 1}",
            held.batch,
            held.name,
            held.stage,
            held.low,
            held.high,
            held.due_at,
            held.id,
        )
    yield Sign(f"test/{asked.test}", "investigated")


# -- disposition ---------------------------------------------------------------------------


@command("review-record", OfBatch, "quality", "qualified-person", signed=True)
def review_record(record: Record, asked: OfBatch, by: Asked) -> Iterator[Fact | Sign]:
    """Review a batch record with its audit trail: late entries, voided signatures."""
    held = record.batch(asked.batch)
    who.releaser_had_no_hand_in_it(held, by.by)
    yield t.RecordReviewed(
        held.id,
        record.entries.get(held.id, 0),
        record.late.get(held.id, 0),
        record.voided.get(held.id, 0),
    )
    yield Sign(f"batch/{held.id}", "reviewed")


def everything_stands(record: Record, held: Batch, by: Asked) -> None:
    """All that a release asks for. [21 CFR 211.192, 211.165]"""
    releases(record, held, by)
    ready.batch_is_not_on_hold(held)
    _documents(record, held)


def releases(record: Record, held: Batch, by: Asked) -> None:
    """Whoever decides on a batch holds the role that the profile names, and had no hand in it."""
    who.acts_in_a_role(record.person(by.by), profile_named(record.profile).releasers)
    who.releaser_had_no_hand_in_it(held, by.by)


def _documents(record: Record, held: Batch) -> None:
    ready.steps_are_checked(record, held)
    ready.release_tests_have_passed(record, held)
    ready.yield_is_known(held)
    ready.labels_are_reconciled(held)
    ready.deviations_do_not_block(record, held)
    ready.record_is_reviewed(record, held)


@command("release", OfBatch, "quality", "qualified-person", signed=True)
def release(record: Record, asked: OfBatch, by: Asked) -> Iterator[Fact | Sign]:
    """Release a batch; before its late tests have ended, conditionally."""
    held = record.batch(asked.batch)
    everything_stands(record, held, by)
    ready.late_tests_have_started(record, held)
    waiting = [x for x in map(record.test, held.tests) if x.stage == "late"]
    conditional = any(x.state not in ("passed", "invalid") for x in waiting)
    yield t.BatchReleased(held.id, int(conditional))
    yield Sign(f"batch/{held.id}", "released")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of a Qualified Person."""

    batch: Annotated[str, Word("its number")]
    rules: Annotated[str, Word("profile of the market, such as eu-annex3")]


@command("certify", Certificate, "qualified-person", signed=True)
def certify(record: Record, asked: Certificate, by: Asked) -> Iterator[Fact | Sign]:
    """Certify a released batch for a market, as its Qualified Person."""
    held = record.batch(asked.batch)
    who.acts_in_a_role(record.person(by.by), profile_named(asked.rules).certifiers)
    who.releaser_had_no_hand_in_it(held, by.by)
    custody.batch_is_released(held)
    ready.batch_is_not_on_hold(held)
    _documents(record, held)
    yield t.BatchCertified(held.id, asked.rules)
    yield Sign(f"batch/{held.id}", "certified")


@command("confirm", OfBatch, "quality", "qualified-person", signed=True)
def confirm(record: Record, asked: OfBatch, by: Asked) -> Iterator[Fact | Sign]:
    """Make a conditional release final once every late test has passed."""
    held = record.batch(asked.batch)
    releases(record, held, by)
    ready.batch_is_not_on_hold(held)
    ready.late_tests_have_passed(record, held)
    yield t.BatchConfirmed(held.id)
    yield Sign(f"batch/{held.id}", "confirmed")


@dataclass(frozen=True, slots=True)
class StoppedBatch:
    """A batch, and why."""

    batch: Annotated[str, Word("its number")]
    cause: Annotated[str, Word("why")]


@command("reject", StoppedBatch, "quality", "qualified-person", signed=True)
def reject(record: Record, asked: StoppedBatch, by: Asked) -> Iterator[Fact | Sign]:
    """Reject a batch; its orders wait for another."""
    held = record.batch(asked.batch)
    who.releaser_had_no_hand_in_it(held, by.by)
    yield t.BatchRejected(held.id, asked.cause)
    yield from orders_let_go(record, held.id, asked.cause)
    yield Sign(f"batch/{held.id}", "rejected")


@command("hold", StoppedBatch, "quality", "qualified-person", "operator", "analyst")
def hold(record: Record, asked: StoppedBatch, by: Asked) -> Iterator[Fact | Sign]:
    """Put a batch on hold in whatever state it is."""
    yield t.BatchHeld(asked.batch, asked.cause)


@command("resume", OfBatch, "quality", "qualified-person", signed=True)
def resume(record: Record, asked: OfBatch, by: Asked) -> Iterator[Fact | Sign]:
    """Lift a hold; of a released batch, by releasing its record as it is now."""
    held = record.batch(asked.batch)
    releases(record, held, by)
    late = [x for x in map(record.test, held.tests) if x.stage == "late"]
    if any(x.state in ("out of specification", "failed") for x in late):
        refuse(f"A late test of batch {held.id} is out of specification.", "21 CFR 211.192")
    if any(held.id in x.batches and x.state != "closed" for x in record.recalls.values()):
        refuse(f"Batch {held.id} is under recall.", "21 CFR 211.150(b)")
    out = held.state in custody.RELEASED
    if out:
        _documents(record, held)
    yield t.BatchResumed(held.id)
    yield Sign(f"batch/{held.id}", "released" if out else "resumed")
