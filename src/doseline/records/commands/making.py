"""Commands of a batch in the making: issue, charge, steps, checks, corrections and the fill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from doseline.errors import QuantityError
from doseline.records.activity import book_kbq, moved
from doseline.records.automatic import deviation, opened
from doseline.records.commands.framework import Asked, Sign, Word, command
from doseline.records.commands.materials import emptied, open_here
from doseline.records.facts import Fact
from doseline.records.facts import making as m
from doseline.records.facts.materials import BookOpened
from doseline.records.facts.quality import RecordCorrected
from doseline.records.facts.testing import TestOrdered
from doseline.records.guards import people as who
from doseline.records.guards import release as ready
from doseline.records.guards import things as guard
from doseline.records.guards.refusing import refuse
from doseline.records.instants import instant_from_text, instant_text
from doseline.records.machines import BatchState
from doseline.records.numbers import inside
from doseline.records.state import Record
from doseline.records.things import Batch, Step
from doseline.units_text import activity_mbq_from_text

MAKING = (
    BatchState.ISSUED,
    BatchState.IN_PROCESS,
    BatchState.FILLED,
    BatchState.TESTING,
    BatchState.TESTED,
)
"""Where steps may be done, checked, voided: up to the release."""


@dataclass(frozen=True, slots=True)
class Issue:
    """A batch record to be issued."""

    batch: Annotated[str, Word("its number")]
    master: Annotated[str, Word("version of the master record")]


@command("issue", Issue, "quality", signed=True)
def issue(record: Record, asked: Issue, by: Asked) -> Iterator[Fact | Sign]:
    """Issue a batch record from a master record that two people have signed."""
    held, source = record.batch(asked.batch), record.master(asked.master)
    who.master_is_signed_by_two(record, source)
    if source.product != held.product:
        refuse(f"Master {source.id} makes {source.product}, not {held.product}.", "21 CFR 211.188")
    yield m.BatchIssued(asked.batch, asked.master)
    yield m.SlotLocked(held.slot)
    if source.nuclide:
        yield BookOpened(
            f"batch/{held.id}",
            source.nuclide,
            held.planned_eos_at,
            source.half_life_ms,
            held.facility,
        )
    yield Sign(f"issue/{asked.batch}", "issued")


@dataclass(frozen=True, slots=True)
class Charge:
    """Isotope that goes into a batch."""

    batch: Annotated[str, Word("its number")]
    lot: Annotated[tuple[str, ...], Word("lot=activity as measured now; may be repeated")] = ()


@command("charge", Charge, "operator")
def charge(record: Record, asked: Charge, by: Asked) -> Iterator[Fact | Sign]:
    """Start labelling: charge released isotope, or begin a cold batch without any."""
    held = record.batch(asked.batch)
    ready.batch_is_not_on_hold(held)
    total, facts = 0, list[Fact]()
    for text in asked.lot:
        name, kbq = _amount(text)
        into, said = _charged(record, held, name, kbq, by)
        total += into
        facts += said
    hot = f"batch/{held.id}" in record.books
    if hot != bool(total):
        refuse("A batch with a nuclide is charged with it, and no other.", "21 CFR 211.101")
    yield m.SlotConsumed(held.slot)
    yield m.BatchStarted(asked.batch, total)
    yield from facts


def _charged(record: Record, held: Batch, name: str, kbq: int, by: Asked) -> tuple[int, list[Fact]]:
    """What charging from one lot posts in both books, and what came into the batch's. [kBq]"""
    lot, source, target = record.lot(name), f"lot/{name}", f"batch/{held.id}"
    guard.lot_may_be_used(lot, by.at)
    if target not in record.books:
        refuse(f"Batch {held.id} has no nuclide.", "21 CFR 211.101")
    book, into = record.book(source), record.book(target)
    if (book.nuclide, book.half_life_ms) != (into.nuclide, into.half_life_ms):
        refuse(f"Lot {name} and batch {held.id} differ in nuclide or half-life.", "conventions 5.2")
    out_kbq, in_kbq = book_kbq(kbq, by.at, book), book_kbq(kbq, by.at, into)
    if out_kbq <= 0 or in_kbq <= 0:
        refuse(f"Nothing was charged from lot {name}.", "21 CFR 211.101")
    stock = book.balances.get("stock", 0)
    more = max(0, out_kbq - stock)
    facts: list[Fact] = [m.LotCharged(held.id, name, out_kbq, in_kbq)]
    facts += moved(source, "variance", "stock", more)
    facts += moved(source, "stock", target, out_kbq)
    facts += moved(target, "received", "stock", in_kbq)
    facts += deviation(record, source, f"the charge of batch {held.id}", more, stock)
    return in_kbq, facts


def _amount(text: str) -> tuple[str, int]:
    """A name and an activity, such as `L1=600 mCi`. [kBq]"""
    name, equals, activity = text.partition("=")
    if not (name and equals):
        refuse(f'found "{text}", expected a name and an activity such as L1=600 mCi.', "request")
    try:
        return name.strip(), round(activity_mbq_from_text(activity) * 1000)
    except QuantityError as error:
        refuse(f"{name}: {error}", "request")


# -- steps ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DoneStep:
    """A step that was done."""

    batch: Annotated[str, Word("its number")]
    step: Annotated[str, Word("step of the master record")]
    started: Annotated[str, Word("when it was begun, if not at --at (its end)", "instant")] = ""
    equipment: Annotated[tuple[str, ...], Word("equipment used; may be repeated")] = ()
    lot: Annotated[tuple[str, ...], Word("lot used; may be repeated")] = ()
    reading: Annotated[tuple[str, ...], Word("name=value; may be repeated")] = ()


@command("step", DoneStep, "operator", signed=True)
def step(record: Record, asked: DoneStep, by: Asked) -> Iterator[Fact | Sign]:
    """Record a step as performed: equipment, lots, readings; in-process limits are held."""
    held = record.batch(asked.batch)
    ready.batch_is_not_on_hold(held)
    wanted = _wanted(record, held, asked.step)
    guard.equipment_is_in_date(record, asked.equipment, by.at)
    for name in asked.lot:
        guard.lot_may_be_used(record.lot(name), by.at)
    begun_at = asked.started or by.at
    guard.nothing_happens_before_what_it_follows(record, (f"batch/{held.id}",), begun_at)
    if begun_at > by.at:
        refuse(f"The step {asked.step} cannot end before it begins.", "21 CFR 11.10(f)")
    readings = tuple(_reading(text) for text in asked.reading)
    last = held.steps.get(asked.step)
    attempt = 1 if last is None else last.attempt + (last.state == "voided")
    yield m.StepStarted(held.id, asked.step, attempt, begun_at)
    yield m.StepDone(held.id, asked.step, attempt, asked.equipment, asked.lot, readings)
    yield from _outside(record, held, wanted, readings)
    yield Sign(f"step/{held.id}/{asked.step}/{attempt}", "performed")


def _wanted(record: Record, held: Batch, name: str) -> m.MasterStep:
    """The step of the master, which is next. [21 CFR 11.10(f), 211.100(b)]"""
    if held.state not in MAKING:
        refuse(f"Batch {held.id} is {held.state}; no step is done on it.", "21 CFR 211.188")
    source = record.master(held.master)
    wanted = source.step(name)
    if wanted is None:
        refuse(f"Master {source.id} has no step {name}.", "21 CFR 211.100(b)")
    for before in source.steps[: source.steps.index(wanted)]:
        done = held.steps.get(before.step)
        if done is None or done.state not in ("done", "checked"):
            refuse(f"The step {before.step} comes before {name}.", "21 CFR 11.10(f)")
    return wanted


def _reading(text: str) -> m.Reading:
    name, equals, value = text.partition("=")
    if not (name and equals):
        refuse(f'found "{text}", expected a reading such as temperature=95.', "request")
    return m.Reading(name.strip(), value.strip())


def _outside(
    record: Record, held: Batch, wanted: m.MasterStep, readings: tuple[m.Reading, ...]
) -> Iterator[Fact]:
    """A deviation for every limit that is missed; every limit has its reading."""
    found = {r.name: r.value for r in readings}
    for limit in wanted.limits:
        if limit.name not in found:
            refuse(f"The step {wanted.step} has no reading of {limit.name}.", "21 CFR 211.110")
        if not inside(found[limit.name], limit.low, limit.high, limit.name):
            yield opened(
                record,
                f"batch/{held.id}",
                f"{limit.name} of step {wanted.step} is {found[limit.name]}, "
                f"outside {limit.low or '...'} to {limit.high or '...'}.",
            )


@dataclass(frozen=True, slots=True)
class OfStep:
    """A step of a batch."""

    batch: Annotated[str, Word("its number")]
    step: Annotated[str, Word("the step")]


@command("check", OfStep, "operator", "quality", signed=True)
def check(record: Record, asked: OfStep, by: Asked) -> Iterator[Fact | Sign]:
    """Check a step as the second person."""
    done = _done(record, asked.batch, asked.step)
    who.checker_is_not_performer(done, by.by)
    yield m.StepChecked(asked.batch, asked.step, done.attempt)
    yield Sign(f"step/{asked.batch}/{asked.step}/{done.attempt}", "checked")


def _done(record: Record, batch: str, name: str) -> Step:
    done = record.batch(batch).steps.get(name)
    if done is None:
        refuse(f"The step {name} of batch {batch} was not done.", "21 CFR 211.188(b)")
    return done


@dataclass(frozen=True, slots=True)
class VoidedStep:
    """A step to be done again."""

    batch: Annotated[str, Word("its number")]
    step: Annotated[str, Word("the step")]
    cause: Annotated[str, Word("why")]


@command("void", VoidedStep, "operator", "quality", signed=True)
def void(record: Record, asked: VoidedStep, by: Asked) -> Iterator[Fact | Sign]:
    """Void an attempt at a step, with its signatures; the step is done again."""
    held, done = record.batch(asked.batch), _done(record, asked.batch, asked.step)
    if held.state not in MAKING:
        refuse(f"Batch {held.id} is {held.state}; its steps stand.", "21 CFR 211.188")
    yield m.StepVoided(asked.batch, asked.step, done.attempt, asked.cause)
    yield opened(record, f"batch/{held.id}", f"Step {asked.step} was voided: {asked.cause}")
    yield Sign(f"step/{asked.batch}/{asked.step}/{done.attempt}", "voided")


@dataclass(frozen=True, slots=True)
class Correction:
    """A reading that was written down wrongly."""

    batch: Annotated[str, Word("its number")]
    step: Annotated[str, Word("the step")]
    reading: Annotated[str, Word("name=value as it should be")]


@command("correct", Correction, "operator", "quality", signed=True)
def correct(record: Record, asked: Correction, by: Asked) -> Iterator[Fact | Sign]:
    """Correct a reading by a new entry, with a reason; signatures over it lose their force."""
    if not by.reason:
        refuse("A correction gives its reason.", "21 CFR 11.10(e)")
    held, done = record.batch(asked.batch), _done(record, asked.batch, asked.step)
    right = _reading(asked.reading)
    old = next((r.value for r in done.readings if r.name == right.name), None)
    if old is None:
        refuse(f"The step {asked.step} has no reading of {right.name}.", "21 CFR 211.188(b)")
    part = f"step/{held.id}/{done.step}/{done.attempt}"
    yield RecordCorrected(held.id, part, right.name, old, right.value)
    wanted = record.master(held.master).step(asked.step)
    if wanted is not None:
        readings = (*(r for r in done.readings if r.name != right.name), right)
        yield from _outside(record, held, wanted, readings)
    yield Sign(part, "corrected")


# -- the fill ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fill:
    """The end of synthesis."""

    batch: Annotated[str, Word("its number")]
    bulk: Annotated[int, Word("bulk as measured at EOS", "activity")] = 0
    vial: Annotated[
        tuple[str, ...], Word("vial=activity, volume in uL, order or none; may be repeated")
    ] = ()
    sample: Annotated[tuple[str, ...], Word("sample=activity, use; may be repeated")] = ()
    residue: Annotated[int, Word("left in the vessels, as measured", "activity")] = 0
    process_waste: Annotated[int, Word("columns and wash, as measured", "activity")] = 0
    waste: Annotated[str, Word("waste container")] = ""


@command("fill", Fill, "operator", signed=True)
def fill(record: Record, asked: Fill, by: Asked) -> Iterator[Fact | Sign]:
    """End the synthesis: vials, samples and residue as measured, the yield, the tests due."""
    held = record.batch(asked.batch)
    ready.batch_is_not_on_hold(held)
    source = record.master(held.master)
    vials = [_vial(text) for text in asked.vial]
    samples = [_sample(text) for text in asked.sample]
    book = record.books.get(f"batch/{held.id}")
    found = book_kbq(asked.bulk, by.at, book) if book else 0
    yield_ppm = found * 1_000_000 // held.charge_kbq if held.charge_kbq else 0
    expires = instant_from_text(by.at) + timedelta(minutes=source.shelf_life_min)
    yield m.BatchFilled(held.id, asked.bulk, len(vials), yield_ppm, instant_text(expires))
    for vial, kbq, volume_ul, order in vials:
        if order and record.order(order).batch != held.id:
            refuse(f"Order {order} is not promised batch {held.id}.", "21 CFR 211.196")
        yield m.VialDispensed(vial, held.id, order, kbq, volume_ul)
    for sample, kbq, use in samples:
        yield m.SampleTaken(held.id, sample, use, kbq)
    if book:
        measured = [(f"vial/{v}", kbq) for v, kbq, *_ in vials]
        measured += [(f"sample/{s}", kbq) for s, kbq, _ in samples]
        measured.append(("residue", asked.residue))
        if asked.process_waste:
            open_here(record, asked.waste, held.facility)
            measured.append((f"waste/{asked.waste}", asked.process_waste))
        yield from _emptied_into(record, held, measured, by)
        if not source.yield_low_ppm <= yield_ppm <= source.yield_high_ppm:
            yield opened(record, f"batch/{held.id}", f"The yield is {yield_ppm / 10_000:.1f} %.")
    yield from _tests_due(held, source.tests, by)
    yield Sign(f"fill/{held.id}", "filled")


def _emptied_into(
    record: Record, held: Batch, measured: list[tuple[str, int]], by: Asked
) -> Iterator[Fact]:
    """The bulk goes into accounts as measured; what is over or short is variance."""
    name = f"batch/{held.id}"
    book = record.book(name)
    stock = book.balances.get("stock", 0)
    into = [(account, book_kbq(kbq, by.at, book)) for account, kbq in measured]
    apart = stock - sum(kbq for _, kbq in into)
    yield from moved(name, "variance", "stock", max(0, -apart))
    for account, kbq in into:
        yield from moved(name, "stock", account, kbq)
    yield from moved(name, "stock", "variance", max(0, apart))
    yield from deviation(record, name, "the fill", apart, stock)


def _tests_due(held: Batch, tests: tuple[m.MasterTest, ...], by: Asked) -> Iterator[TestOrdered]:
    for test in tests:
        due = instant_from_text(by.at) + timedelta(minutes=test.due_min)
        yield TestOrdered(
            f"{held.id}/{test.test}",
            held.id,
            test.test,
            test.stage,
            test.low,
            test.high,
            instant_text(due),
            "",
        )


def _vial(text: str) -> tuple[str, int, int, str]:
    """`V1=45 mCi, 10000, O1`: a vial, its activity [kBq], its volume [uL], its order or none."""
    name, rest = text.partition("=")[::2]
    parts = [part.strip() for part in rest.split(",")]
    if len(parts) != 3 or not parts[1].isdigit():
        refuse(f'found "{text}", expected a vial such as V1=45 mCi, 10000, O1.', "request")
    return (*_amount(f"{name}={parts[0]}"), int(parts[1]), "" if parts[2] == "none" else parts[2])


def _sample(text: str) -> tuple[str, int, str]:
    """`S1=2 mCi, sterility`: a sample, its activity [kBq], its use."""
    name, rest = text.partition("=")[::2]
    parts = [part.strip() for part in rest.split(",")]
    if len(parts) != 2:
        refuse(f'found "{text}", expected a sample such as S1=2 mCi, sterility.', "request")
    return (*_amount(f"{name}={parts[0]}"), parts[1])


@dataclass(frozen=True, slots=True)
class Discard:
    """What stands in the book of a batch and is no vial, thrown away."""

    batch: Annotated[str, Word("its number")]
    account: Annotated[str, Word("stock, residue, or sample/S1")]
    measured: Annotated[int, Word("as measured now", "activity")]
    waste: Annotated[str, Word("waste container")]


@command("discard", Discard, "operator", "radiation-safety")
def discard(record: Record, asked: Discard, by: Asked) -> Iterator[Fact | Sign]:
    """Throw away a residue, a sample, or the bulk of a batch that failed."""
    if asked.account.split("/")[0] not in ("stock", "residue", "sample"):
        refuse(f"{asked.account} is not thrown away so.", "10 CFR 35.92")
    yield from emptied(
        record, f"batch/{asked.batch}", asked.account, asked.measured, asked.waste, by
    )
