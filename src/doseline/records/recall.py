"""What a recall reaches: from lots, batches, equipment or people to vials, consignees, subjects.

The closure goes down the genealogy only: a lot reaches the lots that were made from it and the
batches that used it; a batch reaches its vials and whoever got them. Work is in proportion to what
is read, through an index from each thing to what was made of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from doseline.records.state import Record
from doseline.records.things import Batch

__all__ = ["Reach", "Suspects", "reach"]


@dataclass(frozen=True, slots=True)
class Suspects:
    """Where a recall begins.

    `equipment` and `people` count for steps done from `from_at` to `until_at`; empty bounds are
    none.
    """

    lots: tuple[str, ...] = ()
    batches: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    from_at: str = ""
    until_at: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a recall reaches, each list in order."""

    lots: tuple[str, ...]
    batches: tuple[str, ...]
    vials: tuple[str, ...]
    consignees: tuple[str, ...]
    subjects: tuple[str, ...]


def reach(record: Record, suspects: Suspects) -> Reach:
    """Everything downstream of the suspects, with all consignees and subjects.

    A consignee is named once a package was tendered to it, wherever the vial is now.
    """
    lots = _descendants(record, suspects.lots)
    batches = set(suspects.batches) & set(record.batches)
    for batch in record.batches.values():
        if not lots.isdisjoint(batch.lots) or _touched(batch, suspects):
            batches.add(batch.id)
    vials: list[str] = []
    consignees: set[str] = set()
    subjects: set[str] = set()
    for name in batches:
        batch = record.batches[name]
        vials += batch.vials
        for shipment_name in batch.shipments:
            shipment = record.shipments[shipment_name]
            if shipment.tendered_at:
                consignees.add(shipment.facility)
        for vial_name in batch.vials:
            subject = record.vials[vial_name].subject
            if subject:
                subjects.add(subject)
    return Reach(
        tuple(sorted(lots)),
        tuple(sorted(batches)),
        tuple(sorted(vials)),
        tuple(sorted(consignees)),
        tuple(sorted(subjects)),
    )


def _descendants(record: Record, lots: Iterable[str]) -> set[str]:
    """The lots and all that were made from them, over any number of steps."""
    made_of: dict[str, list[str]] = defaultdict(list)
    for lot in record.lots.values():
        for parent in lot.parents:
            made_of[parent].append(lot.id)
    found: set[str] = set()
    todo = [name for name in lots if name in record.lots]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += made_of[name]
    return found


def _touched(batch: Batch, suspects: Suspects) -> bool:
    """Whether a step of a batch used suspect equipment, or was done by a suspect, in the window."""
    if not (suspects.equipment or suspects.people):
        return False
    for step in (*batch.steps.values(), *batch.voided_steps):
        if not step.done_at:
            continue
        if suspects.from_at and step.done_at < suspects.from_at:
            continue
        if suspects.until_at and step.done_at > suspects.until_at:
            continue
        if step.performer in suspects.people or step.checker in suspects.people:
            return True
        if any(name in suspects.equipment for name in step.equipment):
            return True
    return False
