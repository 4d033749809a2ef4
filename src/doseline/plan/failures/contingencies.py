"""What a schedule can lose at one blow: a batch, a line or a plant for a week, a delivery."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from doseline.operations.schedule import Batch
from doseline.operations.slots import Slot
from doseline.programme import Programme
from doseline.programme.making import planned_min


class Kind(StrEnum):
    """A kind of contingency."""

    BATCH = "batch"
    LINE = "line_week"
    DELIVERY = "delivery"
    PLANT = "plant_week"


ALL_KINDS = tuple(Kind)
Delivery = tuple[str, str, int]
"""Source, plant, and when it delivers."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What one contingency takes away, and when that is known. [min]

    `batches` are those of the schedule; `closed` the slots in which nothing can be made any more;
    `delivery` the one that does not come.
    """

    kind: Kind
    what: str
    known_at: int
    batches: tuple[Batch, ...]
    closed: frozenset[str] = frozenset()
    delivery: Delivery | None = None


def losses(
    programme: Programme,
    batches: Sequence[Batch],
    slots: Sequence[Slot],
    kinds: Collection[Kind],
) -> tuple[Loss, ...]:
    """Every single contingency of some batches, by kind, and in order of time within a kind.

    `slots` are those that could be used instead. A batch fails at the end of its QC. A line or a
    plant is lost for an ISO week in which it starts a batch, known when the first of them starts;
    what it started before runs to its end. A delivery is missed at its hour.
    """
    found: list[Loss] = []
    if Kind.BATCH in kinds:
        found += _failures(programme, batches)
    if Kind.LINE in kinds:
        found += _weeks_lost(programme, batches, slots, Kind.LINE)
    if Kind.DELIVERY in kinds:
        found += _deliveries_missed(programme, batches)
    if Kind.PLANT in kinds:
        found += _weeks_lost(programme, batches, slots, Kind.PLANT)
    return tuple(sorted(found, key=lambda x: (ALL_KINDS.index(x.kind), x.known_at, x.what)))


def _failures(programme: Programme, batches: Sequence[Batch]) -> Iterator[Loss]:
    for batch in batches:
        known_at = batch.eos_at + planned_min(programme.product[batch.product], "qc")
        yield Loss(Kind.BATCH, batch.id, known_at, (batch,), frozenset([batch.slot]))


def _weeks_lost(
    programme: Programme, batches: Sequence[Batch], slots: Sequence[Slot], kind: Kind
) -> Iterator[Loss]:
    """Each line or plant, each ISO week at the plant in which it starts a batch."""

    def week(x: Batch | Slot) -> str:
        on = programme.clock.day(x.charge_at, programme.manufacturer[x.manufacturer].zone)
        year, number, _ = on.isocalendar()
        return f"{x.line if kind is Kind.LINE else x.manufacturer} {year}-W{number:02d}"

    lost: dict[str, list[Batch]] = defaultdict(list)
    for batch in batches:
        lost[week(batch)].append(batch)
    closed: dict[str, set[str]] = {what: {b.slot for b in mine} for what, mine in lost.items()}
    for slot in slots:
        closed.get(week(slot), set()).add(slot.id)
    for what, mine in lost.items():
        known_at = min(b.charge_at for b in mine)
        yield Loss(kind, what, known_at, tuple(mine), frozenset(closed[what]))


def _deliveries_missed(programme: Programme, batches: Sequence[Batch]) -> Iterator[Loss]:
    fed: dict[Delivery, list[Batch]] = defaultdict(list)
    for batch in batches:
        if batch.source is not None and batch.isotope_at is not None:
            fed[batch.source, batch.manufacturer, batch.isotope_at].append(batch)
    for delivery, mine in fed.items():
        source, plant, at = delivery
        local = programme.clock.local(at, programme.manufacturer[plant].zone)
        what = f"{source} to {plant} {local:%Y-%m-%d %H:%M}"
        yield Loss(Kind.DELIVERY, what, at, tuple(mine), delivery=delivery)
