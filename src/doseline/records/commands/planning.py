"""Commands before a batch: master records, orders, slots, and the batch that is planned."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from doseline.errors import LifeError
from doseline.records.commands.framework import Asked, Sign, Word, command
from doseline.records.facts import Fact, value_of
from doseline.records.facts import making as m
from doseline.records.guards import people as who
from doseline.records.guards.refusing import refuse
from doseline.records.machines import BatchState, OrderState
from doseline.records.numbers import inside
from doseline.records.state import Record


@dataclass(frozen=True, slots=True)
class NewMaster:
    """A version of a master record, as a file."""

    file: Annotated[str, Word("master record (JSON)", "file")]


@command("master", NewMaster, "author", signed=True)
def master(record: Record, asked: NewMaster, by: Asked) -> Iterator[Fact | Sign]:
    """Write a version of a master record and sign it as written."""
    fact = master_from_text(asked.file)
    yield fact
    yield Sign(f"master/{fact.master}", "written")


def master_from_text(text: str) -> m.MasterWritten:
    """The master record that a JSON file says. Raises NotPermitted where it is none."""
    try:
        body = json.loads(text)
        if not isinstance(body, dict):
            raise LifeError("the file holds no object")
        fact = value_of(m.MasterWritten, body)
    except (ValueError, LifeError) as error:
        refuse(f"This is no master record: {error}.", "21 CFR 211.186")
    names = [step.step for step in fact.steps] + [test.test for test in fact.tests]
    if len(set(names)) != len(names) or not fact.steps:
        refuse("A master record has steps, and no two of the same name.", "21 CFR 211.186")
    for test in fact.tests:
        if test.stage not in ("release", "late") or not (test.low or test.high):
            refuse(f"The test {test.test} has no limit or no stage.", "21 CFR 211.186(b)")
        inside("0", test.low, test.high, test.test)
    return fact


@dataclass(frozen=True, slots=True)
class Signing:
    """A signature."""

    record: Annotated[str, Word("what is signed: master/M, step/B/S/1, test/B/T, batch/B")]
    meaning: Annotated[str, Word("approved, performed, checked, reviewed or seen")]


@command(
    "sign", Signing, "quality", "author", "operator", "analyst", "qualified-person", signed=True
)
def sign(record: Record, asked: Signing, by: Asked) -> Iterator[Fact | Sign]:
    """Sign a record as it is now: a master as approved, or what was corrected, anew."""
    kind, _, name = asked.record.partition("/")
    if asked.record not in record.digests:
        refuse(f"There is no record {asked.record} to sign.", "21 CFR 11.70")
    if (kind, asked.meaning) not in _SIGNABLE:
        refuse(f"A {kind} is not signed as {asked.meaning} by itself.", "21 CFR 11.50")
    if kind == "master":
        wrote = record.valid_signatures(asked.record, "written")
        if by.role != "quality" or any(s.person == by.by for s in wrote):
            refuse(f"{by.by} cannot approve {asked.record}.", "21 CFR 211.186(a)")
    if kind == "step":
        _sign_step(record, name, asked.meaning, by)
    if kind == "test":
        _sign_test(record, name, asked.meaning, by)
    yield Sign(asked.record, asked.meaning)


_SIGNABLE = {
    ("master", "approved"),
    ("step", "performed"),
    ("step", "checked"),
    ("test", "performed"),
    ("test", "reviewed"),
    ("batch", "seen"),
    ("deviation", "seen"),
    ("recall", "seen"),
}


def _sign_step(record: Record, name: str, meaning: str, by: Asked) -> None:
    batch, step_name, _ = name.split("/")
    step = record.batch(batch).steps[step_name]
    if meaning == "checked":
        who.checker_is_not_performer(step, by.by)
    elif step.performer != by.by:
        refuse(f"{step.performer} did the step {step_name}, not {by.by}.", "21 CFR 211.188(b)(11)")


def _sign_test(record: Record, name: str, meaning: str, by: Asked) -> None:
    test = record.test(name)
    if meaning == "reviewed":
        who.reviewer_is_not_tester(test, by.by)
    elif test.tester != by.by:
        refuse(f"{test.tester} entered {name}, not {by.by}.", "21 CFR 211.194(a)(7)")


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A dose that a site asks for."""

    order: Annotated[str, Word("its id")]
    product: Annotated[str, Word("product")]
    facility: Annotated[str, Word("site")]
    subject: Annotated[str, Word("code of the subject, never a name")]
    activity: Annotated[int, Word("activity at the calibration time", "activity")]
    use: Annotated[str, Word("calibration time: the planned infusion", "instant")]
    replaces: Annotated[str, Word("the order that it takes the place of")] = ""


@command("order", NewOrder, "pharmacist", "author")
def order(record: Record, asked: NewOrder, by: Asked) -> Iterator[Fact | Sign]:
    """Submit a dose order of a site."""
    record.facility(asked.facility)
    if asked.replaces:
        record.order(asked.replaces)
    if asked.activity <= 0:
        refuse("A dose has activity.", "conventions 5.1")
    yield m.OrderSubmitted(
        asked.order,
        asked.product,
        asked.facility,
        asked.subject,
        asked.activity,
        asked.use,
        asked.replaces,
    )


@dataclass(frozen=True, slots=True)
class Promise:
    """An order and its batch."""

    order: Annotated[tuple[str, ...], Word("order; may be repeated")]
    batch: Annotated[str, Word("the batch that serves it")]


@command("promise", Promise, "author", "dispatcher")
def promise(record: Record, asked: Promise, by: Asked) -> Iterator[Fact | Sign]:
    """Promise orders a batch."""
    batch = record.batch(asked.batch)
    if batch.state in (BatchState.REJECTED, BatchState.CANCELLED, BatchState.FAILED_LATE):
        refuse(f"Batch {batch.id} is {batch.state} and serves nobody.", "21 CFR 211.142")
    for name in asked.order:
        held = record.order(name)
        if held.product != batch.product:
            refuse(f"Order {name} is for {held.product}, not {batch.product}.", "21 CFR 211.196")
        if held.state in (OrderState.SHIPPED, OrderState.RECEIVED):
            refuse(f"Order {name} is {held.state} already.", "21 CFR 211.196")
        yield m.OrderConfirmed(name, asked.batch)


@dataclass(frozen=True, slots=True)
class LostOrder:
    """An order that ends without a dose, or waits anew."""

    order: Annotated[str, Word("its id")]
    cause: Annotated[str, Word("why")]


@command("cancel-order", LostOrder, "pharmacist", "author")
def cancel_order(record: Record, asked: LostOrder, by: Asked) -> Iterator[Fact | Sign]:
    """Cancel an order on behalf of the patient or the site."""
    yield m.OrderCancelled(asked.order, asked.cause)


@command("miss-order", LostOrder, "pharmacist", "author")
def miss_order(record: Record, asked: LostOrder, by: Asked) -> Iterator[Fact | Sign]:
    """Record that a dose was not given at all."""
    yield m.OrderMissed(asked.order, asked.cause)


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A batch that is planned, in a slot of its own."""

    batch: Annotated[str, Word("its number")]
    product: Annotated[str, Word("product")]
    facility: Annotated[str, Word("plant")]
    line: Annotated[str, Word("hot cell")]
    slot: Annotated[str, Word("its slot")]
    vials: Annotated[int, Word("vials planned", "number")]
    charge: Annotated[str, Word("labelling starts", "instant")]
    eos: Annotated[str, Word("end of filling, planned", "instant")]
    released: Annotated[str, Word("release, planned", "instant")]


@command("batch", NewBatch, "author")
def batch(record: Record, asked: NewBatch, by: Asked) -> Iterator[Fact | Sign]:
    """Plan a batch: hold and book its slot."""
    if set("/|") & set(asked.batch):
        refuse(f'A batch number holds no "/" and no "|", found {asked.batch}.', "21 CFR 211.188")
    record.facility(asked.facility)
    for other in record.slots.values():
        same = (other.facility, other.line, other.starts_at)
        if same == (asked.facility, asked.line, asked.charge) and other.state != "void":
            refuse(f"Slot {other.id} of {asked.line} is {other.state} already.", "conventions 4.2")
    yield m.SlotHeld(asked.slot, asked.facility, asked.line, asked.charge, asked.charge)
    yield m.SlotBooked(asked.slot, asked.batch)
    yield m.BatchPlanned(
        asked.batch,
        asked.slot,
        asked.product,
        asked.facility,
        asked.line,
        asked.vials,
        asked.charge,
        asked.eos,
        asked.released,
    )


@dataclass(frozen=True, slots=True)
class LostBatch:
    """A batch that is given up."""

    batch: Annotated[str, Word("its number")]
    cause: Annotated[str, Word("why")]


@command("cancel-batch", LostBatch, "author", "quality")
def cancel_batch(record: Record, asked: LostBatch, by: Asked) -> Iterator[Fact | Sign]:
    """Give a batch up before labelling starts; its orders wait for another."""
    held = record.batch(asked.batch)
    yield m.BatchCancelled(asked.batch, asked.cause)
    yield m.SlotVoided(held.slot, asked.cause)
    yield from orders_let_go(record, asked.batch, asked.cause)


def orders_let_go(record: Record, batch: str, cause: str) -> Iterator[m.OrderReleased]:
    """The live orders of a batch wait for another."""
    for held in record.orders.values():
        if held.batch == batch and held.state not in ("administered", "unused", "cancelled"):
            yield m.OrderReleased(held.id, cause)
