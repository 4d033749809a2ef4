"""Commands of quality: deviations and recalls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from doseline.records.commands.framework import Asked, Sign, Word, command
from doseline.records.facts import Fact
from doseline.records.facts import quality as q
from doseline.records.facts.making import OrderReleased
from doseline.records.facts.testing import BatchHeld
from doseline.records.guards.refusing import refuse
from doseline.records.machines import BatchState, VialState
from doseline.records.recall import Suspects, reach
from doseline.records.state import Record
from doseline.records.things import Deviation


@dataclass(frozen=True, slots=True)
class NewDeviation:
    """Something that was not as written."""

    about: Annotated[str, Word("batch/B1, lot/L1 or equipment/E1")]
    what: Annotated[str, Word("what was not as written")]


EVERYBODY = (
    "operator",
    "analyst",
    "quality",
    "qualified-person",
    "dispatcher",
    "radiation-safety",
    "pharmacist",
    "authorised-user",
    "author",
)


@command("deviate", NewDeviation, *EVERYBODY)
def deviate(record: Record, asked: NewDeviation, by: Asked) -> Iterator[Fact | Sign]:
    """Open a deviation; until it is weighed, it blocks the release of what it is about."""
    kind, _, name = asked.about.partition("/")
    {"batch": record.batch, "lot": record.lot, "equipment": record.tool}.get(kind, record.batch)(
        name
    )
    yield q.DeviationOpened("", asked.about, asked.what, 0)


@dataclass(frozen=True, slots=True)
class Weight:
    """The weight of a deviation."""

    deviation: Annotated[str, Word("its number")]
    blocking: Annotated[int, Word("nothing is released before it is closed", "yes")]


@command("classify", Weight, "quality", "qualified-person", signed=True)
def classify(record: Record, asked: Weight, by: Asked) -> Iterator[Fact | Sign]:
    """Weigh a deviation: whether it blocks the release."""
    yield q.DeviationClassified(asked.deviation, asked.blocking)
    yield Sign(f"deviation/{asked.deviation}", "classified")


@dataclass(frozen=True, slots=True)
class Finding:
    """What an investigation found."""

    deviation: Annotated[str, Word("its number")]
    finding: Annotated[str, Word("cause")]
    batch: Annotated[tuple[str, ...], Word("other batch that it touches; may be repeated")] = ()


@command("investigate", Finding, "quality", "author", "analyst")
def investigate(record: Record, asked: Finding, by: Asked) -> Iterator[Fact | Sign]:
    """Record the cause of a deviation, and which other batches it touches."""
    for name in asked.batch:
        record.batch(name)
    yield q.DeviationInvestigated(asked.deviation, asked.finding, asked.batch)


@dataclass(frozen=True, slots=True)
class NewAction:
    """A corrective or preventive action."""

    deviation: Annotated[str, Word("its number")]
    action: Annotated[str, Word("what is done")]
    due: Annotated[str, Word("until when", "instant")]


@command("act", NewAction, "quality", "author")
def act(record: Record, asked: NewAction, by: Asked) -> Iterator[Fact | Sign]:
    """Agree a corrective or preventive action."""
    yield q.ActionAgreed(asked.deviation, asked.action, asked.due)


@dataclass(frozen=True, slots=True)
class OfDeviation:
    """A deviation."""

    deviation: Annotated[str, Word("its number")]


@command("close-deviation", OfDeviation, "quality", "qualified-person", signed=True)
def close_deviation(record: Record, asked: OfDeviation, by: Asked) -> Iterator[Fact | Sign]:
    """Close an investigated deviation, as the quality unit and not as the one who opened it."""
    held: Deviation = record.deviation(asked.deviation)
    if held.opened_by == by.by and not held.automatic:
        refuse(f"{by.by} opened {held.id} and cannot close it.", "21 CFR 211.192")
    yield q.DeviationClosed(asked.deviation)
    yield Sign(f"deviation/{asked.deviation}", "closed")


# -- recalls -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewRecall:
    """Where a recall begins."""

    cause: Annotated[str, Word("why")]
    lot: Annotated[tuple[str, ...], Word("suspect lot; may be repeated")] = ()
    batch: Annotated[tuple[str, ...], Word("suspect batch; may be repeated")] = ()
    equipment: Annotated[tuple[str, ...], Word("suspect equipment; may be repeated")] = ()
    person: Annotated[tuple[str, ...], Word("steps done by; may be repeated")] = ()
    after: Annotated[str, Word("steps done from then on", "instant")] = ""
    until: Annotated[str, Word("steps done up to then", "instant")] = ""


@command("recall", NewRecall, "quality", "qualified-person", signed=True)
def recall(record: Record, asked: NewRecall, by: Asked) -> Iterator[Fact | Sign]:
    """Open a recall of everything that suspect lots, batches, equipment or people reach."""
    suspects = Suspects(
        asked.lot, asked.batch, asked.equipment, asked.person, asked.after, asked.until
    )
    facts = tuple(opened_recall(record, suspects, asked.cause, automatic=0))
    yield from facts
    first = facts[0]
    if isinstance(first, q.RecallOpened):
        yield Sign(f"recall/{first.recall}", "opened")


def opened_recall(
    record: Record, suspects: Suspects, cause: str, *, automatic: int
) -> Iterator[Fact]:
    """The frozen list, the holds, and the orders that wait for another vial. [21 CFR 211.150(b)]"""
    found = reach(record, suspects)
    if not found.batches:
        refuse("This recall reaches no batch.", "21 CFR 211.150(b)")
    yield q.RecallOpened(
        f"R-{len(record.recalls) + 1}",
        cause,
        automatic,
        found.batches,
        found.vials,
        found.consignees,
        found.subjects,
    )
    ended = (BatchState.REJECTED, BatchState.CANCELLED)
    for name in found.batches:
        batch = record.batch(name)
        if not batch.on_hold and batch.state not in ended:
            yield BatchHeld(name, cause)
    for name in found.vials:
        vial = record.vial(name)
        if vial.order and vial.state not in (VialState.ADMINISTERED, VialState.WASTED):
            yield OrderReleased(vial.order, cause)


@dataclass(frozen=True, slots=True)
class Told:
    """A consignee that was told."""

    recall: Annotated[str, Word("its number")]
    consignee: Annotated[str, Word("who was told")]
    method: Annotated[str, Word("how, and whom there")]


@command("notify", Told, "quality", "qualified-person", "dispatcher")
def notify(record: Record, asked: Told, by: Asked) -> Iterator[Fact | Sign]:
    """Record that a consignee was told of a recall."""
    _on_the_list(record, asked.recall, asked.consignee)
    yield q.RecallNotified(asked.recall, asked.consignee, asked.method)


@dataclass(frozen=True, slots=True)
class Answered:
    """A consignee that answered."""

    recall: Annotated[str, Word("its number")]
    consignee: Annotated[str, Word("who answered")]
    answer: Annotated[str, Word("what: vials found, physicians told")]


@command("acknowledge", Answered, "quality", "qualified-person", "pharmacist")
def acknowledge(record: Record, asked: Answered, by: Asked) -> Iterator[Fact | Sign]:
    """Record the answer of a consignee: its vials, and that the physicians are told."""
    _on_the_list(record, asked.recall, asked.consignee)
    yield q.RecallAcknowledged(asked.recall, asked.consignee, asked.answer)


def _on_the_list(record: Record, recall_name: str, consignee: str) -> None:
    if consignee not in record.recall(recall_name).consignees:
        refuse(f"{consignee} is not on the list of {recall_name}.", "21 CFR 211.150(b)")


@dataclass(frozen=True, slots=True)
class OfRecall:
    """A recall."""

    recall: Annotated[str, Word("its number")]


@command("reconcile-recall", OfRecall, "quality", "qualified-person")
def reconcile_recall(record: Record, asked: OfRecall, by: Asked) -> Iterator[Fact | Sign]:
    """Account for every vial of a recall: administered, wasted or lost."""
    held = record.recall(asked.recall)
    vials = [record.vial(name) for name in held.vials]
    loose = [x.id for x in vials if x.state not in (VialState.ADMINISTERED, VialState.WASTED)]
    if loose:
        refuse(f"Vial {loose[0]} of {held.id} is not accounted for.", "21 CFR 211.150(b)")
    wasted = sum(x.state is VialState.WASTED and bool(x.waste) for x in vials)
    given = sum(x.state is VialState.ADMINISTERED for x in vials)
    yield q.RecallReconciled(held.id, given, wasted, len(vials) - given - wasted)


@command("close-recall", OfRecall, "quality", "qualified-person", signed=True)
def close_recall(record: Record, asked: OfRecall, by: Asked) -> Iterator[Fact | Sign]:
    """Close a reconciled recall."""
    yield q.RecallClosed(asked.recall)
    yield Sign(f"recall/{asked.recall}", "closed")
