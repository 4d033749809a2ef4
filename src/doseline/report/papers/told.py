"""What single entries told of a batch and its record's state no longer holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from doseline.records.entry import Entry
from doseline.records.instants import instant_from_text

__all__ = ["Told"]


@dataclass
class Told:
    """Packing, survey, voided steps, corrections, equipment of tests, what the review counted."""

    packed_at: dict[str, datetime] = field(default_factory=dict)
    surveyed_with: dict[str, str] = field(default_factory=dict)
    void: dict[tuple[str, int], str] = field(default_factory=dict)
    corrected: dict[tuple[str, str], list[Entry]] = field(default_factory=dict)
    """By the part of the record, such as `step/B1/filtration/1`, and the name of the reading."""
    tested_with: dict[str, str] = field(default_factory=dict)
    review: tuple[int, int, int] | None = None

    @classmethod
    def of(cls, entries: Iterable[Entry], batch: str) -> Told:
        """What the entries of a ledger told of a batch."""
        told = cls()
        for entry in entries:
            told._take(entry, batch)
        return told

    def _take(self, entry: Entry, batch: str) -> None:
        body = entry.body
        match entry.kind:
            case "PackageMade":
                self.packed_at[body["package"]] = instant_from_text(entry.happened_at[:27])
            case "ShipmentSurveyed":
                self.surveyed_with[body["shipment"]] = body["equipment"]
            case "TestStarted":
                self.tested_with[body["test"]] = body["equipment"]
            case "StepVoided" if body["batch"] == batch:
                self.void[body["step"], body["attempt"]] = body["cause"]
            case "RecordCorrected" if body["batch"] == batch:
                self.corrected.setdefault((body["part"], body["field"]), []).append(entry)
            case "RecordReviewed" if body["batch"] == batch:
                self.review = body["entries"], body["late"], body["voided"]
