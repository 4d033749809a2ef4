"""The record at an instant: everything that the entries up to there have made of things.

A `Record` is a value. `fold` makes one from entries; nothing else changes it, and commands only
read it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from doseline.errors import NotPermitted, did_you_mean
from doseline.records import things

__all__ = ["Record", "Said"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Said:
    """Who said a fact, when it happened and when it was written down, and why."""

    by: str
    at: str
    recorded_at: str
    role: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """People, places, materials, batches, vials and papers, by id.

    `digests` holds the running hash of each record that can be signed; `last_at` when something
    last happened to each stream; `late` and `entries` count for each batch what its review shows.
    """

    name: str = ""
    profile: str = ""
    demo: bool = False
    people: dict[str, things.Person] = field(default_factory=dict)
    facilities: dict[str, things.Facility] = field(default_factory=dict)
    equipment: dict[str, things.Equipment] = field(default_factory=dict)
    lots: dict[str, things.Lot] = field(default_factory=dict)
    books: dict[str, things.Book] = field(default_factory=dict)
    masters: dict[str, things.Master] = field(default_factory=dict)
    orders: dict[str, things.Order] = field(default_factory=dict)
    slots: dict[str, things.Slot] = field(default_factory=dict)
    batches: dict[str, things.Batch] = field(default_factory=dict)
    vials: dict[str, things.Vial] = field(default_factory=dict)
    labels: dict[str, things.Label] = field(default_factory=dict)
    tests: dict[str, things.Test] = field(default_factory=dict)
    packages: dict[str, things.Package] = field(default_factory=dict)
    shipments: dict[str, things.Shipment] = field(default_factory=dict)
    waste: dict[str, things.Waste] = field(default_factory=dict)
    deviations: dict[str, things.Deviation] = field(default_factory=dict)
    recalls: dict[str, things.Recall] = field(default_factory=dict)
    signatures: dict[str, tuple[things.Signature, ...]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    last_at: dict[str, str] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)
    late: dict[str, int] = field(default_factory=dict)
    voided: dict[str, int] = field(default_factory=dict)

    def copied(self) -> Record:
        """The same record in dictionaries of its own, for `fold` to write into."""
        held = {name: getattr(self, name) for name in _FIELDS}
        own: Any = {n: dict(v) if isinstance(v, dict) else v for n, v in held.items()}
        return Record(**own)

    def person(self, name: str) -> things.Person:
        """The person of that user id, or NotPermitted."""
        return _found(self.people, "person", name)

    def facility(self, name: str) -> things.Facility:
        """The facility of that name, or NotPermitted."""
        return _found(self.facilities, "facility", name)

    def tool(self, name: str) -> things.Equipment:
        """The equipment of that name, or NotPermitted."""
        return _found(self.equipment, "equipment", name)

    def lot(self, name: str) -> things.Lot:
        """The lot of that name, or NotPermitted."""
        return _found(self.lots, "lot", name)

    def book(self, name: str) -> things.Book:
        """The book of that name (`lot/L1`, `batch/B1`), or NotPermitted."""
        return _found(self.books, "book of activity", name)

    def master(self, name: str) -> things.Master:
        """The version of a master record of that name, or NotPermitted."""
        return _found(self.masters, "master record", name)

    def order(self, name: str) -> things.Order:
        """The order of that name, or NotPermitted."""
        return _found(self.orders, "order", name)

    def slot(self, name: str) -> things.Slot:
        """The slot of that name, or NotPermitted."""
        return _found(self.slots, "slot", name)

    def batch(self, name: str) -> things.Batch:
        """The batch of that name, or NotPermitted."""
        return _found(self.batches, "batch", name)

    def vial(self, name: str) -> things.Vial:
        """The vial of that name, or NotPermitted."""
        return _found(self.vials, "vial", name)

    def label(self, name: str) -> things.Label:
        """The label of that name, or NotPermitted."""
        return _found(self.labels, "label", name)

    def test(self, name: str) -> things.Test:
        """The test of that name (`B1/endotoxin`), or NotPermitted."""
        return _found(self.tests, "test", name)

    def shipment(self, name: str) -> things.Shipment:
        """The shipment of that name, or NotPermitted."""
        return _found(self.shipments, "shipment", name)

    def waste_container(self, name: str) -> things.Waste:
        """The waste container of that name, or NotPermitted."""
        return _found(self.waste, "waste container", name)

    def deviation(self, name: str) -> things.Deviation:
        """The deviation of that name, or NotPermitted."""
        return _found(self.deviations, "deviation", name)

    def recall(self, name: str) -> things.Recall:
        """The recall of that name, or NotPermitted."""
        return _found(self.recalls, "recall", name)

    def deviations_about(self, about: Iterable[str]) -> tuple[things.Deviation, ...]:
        """The deviations that are about one of these, or were extended to one of them."""
        wanted = set(about)
        return tuple(
            d for d in self.deviations.values() if d.about in wanted or wanted & set(d.batches)
        )

    def valid_signatures(self, record: str, meaning: str) -> tuple[things.Signature, ...]:
        """The signatures of that meaning that stand over the record as it is now."""
        digest = self.digests.get(record, "")
        return tuple(
            s
            for s in self.signatures.get(record, ())
            if s.meaning == meaning and not s.voided and s.digest == digest
        )


_FIELDS = tuple(f.name for f in fields(Record))


def _found(held: dict[str, T], kind: str, name: str) -> T:
    found = held.get(name)
    if found is None:
        raise NotPermitted(f"There is no {kind} {name} in the record{did_you_mean(name, held)}.")
    return found
