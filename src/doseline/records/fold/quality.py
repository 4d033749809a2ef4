"""What signatures, deviations and recalls make of the record."""

from __future__ import annotations

from dataclasses import replace

from doseline.errors import LifeError
from doseline.records.facts import quality as f
from doseline.records.fold.moving import born, moved
from doseline.records.fold.taking import takes
from doseline.records.state import Record, Said
from doseline.records.things import Deviation, Recall, Signature


@takes(f.Signed)
def _signed(record: Record, fact: f.Signed, said: Said) -> None:
    held = record.signatures.get(fact.record, ())
    signature = Signature(
        fact.record,
        len(held) + 1,
        fact.meaning,
        fact.person,
        fact.name,
        fact.role,
        fact.digest,
        said.at,
    )
    record.signatures[fact.record] = (*held, signature)


@takes(f.SignatureVoided)
def _voided(record: Record, fact: f.SignatureVoided, said: Said) -> None:
    held = record.signatures.get(fact.record, ())
    if not 1 <= fact.number <= len(held) or held[fact.number - 1].voided:
        raise LifeError(f"There is no valid signature {fact.number} on {fact.record}.")
    record.signatures[fact.record] = tuple(
        replace(s, voided=fact.cause) if s.number == fact.number else s for s in held
    )


@takes(f.DeviationOpened)
def _opened(record: Record, fact: f.DeviationOpened, said: Said) -> None:
    record.deviations[fact.deviation] = Deviation(
        id=fact.deviation,
        state=born(record.deviations, "deviation", fact.deviation, fact.kind),
        about=fact.about,
        what=fact.what,
        automatic=bool(fact.automatic),
        opened_at=said.at,
        opened_by=said.by,
    )


@takes(f.DeviationClassified)
def _classified(record: Record, fact: f.DeviationClassified, said: Said) -> None:
    after = _deviation(record, fact.deviation, fact.kind)
    record.deviations[after.id] = replace(after, blocking=bool(fact.blocking))


@takes(f.DeviationInvestigated)
def _investigated(record: Record, fact: f.DeviationInvestigated, said: Said) -> None:
    after = _deviation(record, fact.deviation, fact.kind)
    record.deviations[after.id] = replace(after, finding=fact.finding, batches=fact.batches)


@takes(f.ActionAgreed)
def _agreed(record: Record, fact: f.ActionAgreed, said: Said) -> None:
    after = _deviation(record, fact.deviation, fact.kind)
    record.deviations[after.id] = replace(after, actions=(*after.actions, fact.action))


@takes(f.DeviationClosed)
def _closed(record: Record, fact: f.DeviationClosed, said: Said) -> None:
    _deviation(record, fact.deviation, fact.kind)


def _deviation(record: Record, name: str, kind: str) -> Deviation:
    return moved(record.deviations, "deviation", record.deviation(name), kind)


@takes(f.RecallOpened)
def _recall(record: Record, fact: f.RecallOpened, said: Said) -> None:
    record.recalls[fact.recall] = Recall(
        id=fact.recall,
        state=born(record.recalls, "recall", fact.recall, fact.kind),
        cause=fact.cause,
        automatic=bool(fact.automatic),
        opened_at=said.at,
        batches=fact.batches,
        vials=fact.vials,
        consignees=fact.consignees,
        subjects=fact.subjects,
    )
    for name in fact.vials:
        vial = record.vial(name)
        record.vials[name] = replace(vial, recalled=vial.recalled or fact.recall)
    if not fact.consignees:
        _recall_to(record, fact.recall, "RecallAllNotified")
        _recall_to(record, fact.recall, "RecallAllAcknowledged")


@takes(f.RecallNotified)
def _notified(record: Record, fact: f.RecallNotified, said: Said) -> None:
    after = _recall_to(record, fact.recall, fact.kind)
    told = tuple(dict.fromkeys((*after.notified, fact.consignee)))
    record.recalls[after.id] = replace(after, notified=told)
    if set(after.consignees) <= set(told):
        _recall_to(record, fact.recall, "RecallAllNotified")


@takes(f.RecallAcknowledged)
def _acknowledged(record: Record, fact: f.RecallAcknowledged, said: Said) -> None:
    after = _recall_to(record, fact.recall, fact.kind)
    answered = tuple(dict.fromkeys((*after.acknowledged, fact.consignee)))
    record.recalls[after.id] = replace(after, acknowledged=answered)
    if set(after.consignees) <= set(answered):
        _recall_to(record, fact.recall, "RecallAllAcknowledged")


@takes(f.RecallReconciled, f.RecallClosed)
def _recall_over(record: Record, fact: f.RecallReconciled | f.RecallClosed, said: Said) -> None:
    _recall_to(record, fact.recall, fact.kind)


def _recall_to(record: Record, name: str, kind: str) -> Recall:
    return moved(record.recalls, "recall", record.recall(name), kind)
