"""Facts of materials and of activity: lots, and the double-entry book of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from doseline.records.facts.fact import Fact


@dataclass(frozen=True, slots=True)
class LotExpected(Fact):
    """A lot was ordered. Of a nuclide: activity at the reference time, half-life [ms]; else 0."""

    ENTITY: ClassVar[str] = "lot"
    lot: str
    material: str
    supplier: str
    facility: str
    nuclide: str
    form: str
    ordered_kbq: int
    reference_at: str
    half_life_ms: int
    due_at: str
    expires_at: str
    parents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LotReceived(Fact):
    """A lot arrived, was surveyed, and stands in quarantine; `wipe_bq` on the package."""

    ENTITY: ClassVar[str] = "lot"
    lot: str
    stated_kbq: int
    measured_kbq: int
    equipment: str
    wipe_bq: int


@dataclass(frozen=True, slots=True)
class LotReleased(Fact):
    """The quality unit released a lot for use."""

    ENTITY: ClassVar[str] = "lot"
    lot: str


@dataclass(frozen=True, slots=True)
class LotRejected(Fact):
    """The quality unit rejected a lot."""

    ENTITY: ClassVar[str] = "lot"
    lot: str
    cause: str


@dataclass(frozen=True, slots=True)
class LotDepleted(Fact):
    """Nothing usable is left of a lot; what was left went to waste."""

    ENTITY: ClassVar[str] = "lot"
    lot: str


@dataclass(frozen=True, slots=True)
class BookOpened(Fact):
    """A book of activity was opened for a lot or a batch, at its one reference time."""

    ENTITY: ClassVar[str] = "book"
    book: str
    nuclide: str
    reference_at: str
    half_life_ms: int
    facility: str


@dataclass(frozen=True, slots=True)
class ActivityPosted(Fact):
    """Activity changed its account; whole kBq at the reference time of the book."""

    ENTITY: ClassVar[str] = "book"
    book: str
    source: str
    target: str
    kbq: int


@dataclass(frozen=True, slots=True)
class WasteOpened(Fact):
    """A waste container was put in place."""

    ENTITY: ClassVar[str] = "waste"
    waste: str
    facility: str
    nuclide: str


@dataclass(frozen=True, slots=True)
class WasteClosed(Fact):
    """A waste container was closed and stored to decay."""

    ENTITY: ClassVar[str] = "waste"
    waste: str


@dataclass(frozen=True, slots=True)
class WasteDisposed(Fact):
    """A waste container was found at background and disposed of."""

    ENTITY: ClassVar[str] = "waste"
    waste: str
    equipment: str
    reading: str
    background: str
