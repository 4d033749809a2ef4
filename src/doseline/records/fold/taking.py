"""Folding: a record and a fact make the next record. Each kind of fact has one function for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, TypeVar

from doseline.errors import LifeError
from doseline.records.activity import minutes_between
from doseline.records.canonical import encode
from doseline.records.facts import Fact, body_of, materials, quality
from doseline.records.facts import making as m
from doseline.records.facts import testing as t
from doseline.records.state import Record, Said

__all__ = ["LATE_MIN", "TAKES", "batch_of", "folded", "take_into", "takes"]

C = TypeVar("C", bound=Callable[..., None])

TAKES: dict[type[Fact], Callable[[Record, Any, Said], None]] = {}
"""What each kind of fact does to a record. The record is a copy that `folded` owns."""

LATE_MIN = 60
"""An entry written so long after what it tells is late, and says why. [min]"""


def takes(*kinds: type[Fact]) -> Callable[[C], C]:
    """Marks the function that takes some kinds of fact into a record."""

    def keep(function: C) -> C:
        for kind in kinds:
            TAKES[kind] = function
        return function

    return keep


def folded(record: Record, said: Iterable[tuple[Fact, Said]]) -> Record:
    """The record after some facts, in order; the one given stays as it was.

    Raises LifeError where a fact does not follow from what stood.
    """
    after = record.copied()
    for fact, by in said:
        take_into(after, fact, by)
    return after


def take_into(record: Record, fact: Fact, said: Said) -> None:
    """Let a fact change a record in place: one that the caller has copied and shows nobody yet."""
    take = TAKES.get(type(fact))
    if take is None:
        raise LifeError(f"{fact.kind} is not a fact that this version knows.")
    take(record, fact, said)
    _note(record, fact, said)


def _note(record: Record, fact: Fact, said: Said) -> None:
    """When a stream was last touched, what was signed for, and what a review counts."""
    stream = fact.stream
    record.last_at[stream] = max(said.at, record.last_at.get(stream, ""))
    batch = batch_of(record, fact)
    signed_for = _records_of(record, fact, batch)
    if signed_for:
        content = encode({"kind": fact.kind, "body": body_of(fact), "by": said.by, "at": said.at})
    for name in signed_for:
        held = record.digests.get(name, "")
        record.digests[name] = sha256(held.encode() + b"\n" + content).hexdigest()
    if batch:
        record.entries[batch] = record.entries.get(batch, 0) + 1
        if minutes_between(said.at, said.recorded_at) > LATE_MIN:
            record.late[batch] = record.late.get(batch, 0) + 1
        if isinstance(fact, quality.SignatureVoided):
            record.voided[batch] = record.voided.get(batch, 0) + 1


_OF_A_BATCH = frozenset({"batch", "step", "test", "issue", "fill", "labels"})


def batch_of(record: Record, fact: Fact) -> str:
    """The batch whose record a fact belongs to, or nothing."""
    batch = getattr(fact, "batch", "")
    if fact.ENTITY in ("batch", "vial", "label", "test", "shipment"):
        if batch:
            return str(batch)
        places: dict[str, dict[str, Any]] = {
            "vial": record.vials,
            "label": record.labels,
            "test": record.tests,
            "shipment": record.shipments,
        }
        found = places[fact.ENTITY].get(fact.stream.partition("/")[2])
        return found.batch if found else ""
    if fact.ENTITY in ("signature", "book"):
        kind, _, rest = fact.stream.partition("/")[2].partition("/")
        return rest.split("/")[0] if kind in _OF_A_BATCH else ""
    return ""


_STEP = (m.StepStarted, m.StepDone, m.StepVoided)
_BATCH = (
    *_STEP,
    m.StepChecked,
    m.BatchIssued,
    m.BatchStarted,
    m.LotCharged,
    m.BatchFilled,
    m.SampleTaken,
    m.VialDispensed,
)
_LABELS = (t.LabelIssued, t.LabelApplied, t.LabelDestroyed, t.LabelKept, t.LabelsReconciled)
_PARTS: dict[str, tuple[type[Fact], ...]] = {
    "issue": (m.BatchIssued,),
    "fill": (m.BatchFilled, m.VialDispensed, m.SampleTaken),
}
"""Parts of a batch's record that are signed by themselves, before the whole is there."""
_TEST = (t.TestStarted, t.ResultEntered)
_OF_TEST = (*_TEST, t.ResultReviewed, t.OosInvalidated, t.OosConfirmed)
_OWN = (
    m.MasterWritten,
    materials.LotReceived,
    quality.DeviationInvestigated,
    quality.ActionAgreed,
    quality.RecallReconciled,
)


def _records_of(record: Record, fact: Fact, batch: str) -> tuple[str, ...]:
    """The records whose content a fact is: what their signatures stand for.

    A batch's record holds its making and the tests before release. A late test and the labels have
    records of their own, so that a result, or a vial that goes to another patient, does not undo
    the release.
    """
    if isinstance(fact, _LABELS):
        return (f"labels/{batch}",)
    if isinstance(fact, _STEP):
        return (f"batch/{batch}", f"step/{batch}/{fact.step}/{fact.attempt}")
    if isinstance(fact, quality.RecordCorrected):
        return (f"batch/{batch}", f"{fact.part}")
    if isinstance(fact, _BATCH):
        part = next((name for name, kinds in _PARTS.items() if isinstance(fact, kinds)), "")
        return (f"batch/{batch}", f"{part}/{batch}") if part else (f"batch/{batch}",)
    if isinstance(fact, _OF_TEST):
        own = (fact.stream,) if isinstance(fact, _TEST) else ()
        late = record.tests[fact.test].stage == "late"
        return own if late else (*own, f"batch/{batch}")
    return (fact.stream,) if isinstance(fact, _OWN) else ()
