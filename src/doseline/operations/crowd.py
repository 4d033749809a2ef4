"""The patients of one replication as columns, before any supply: how demand hands them on.

Drawn are who, where, when and how big. The luck of the doses stays latent: it is named by the keys
of its draws (`chance.py`), and is a number only where somebody asks for it. Plain `Patient`s are
made where somebody looks at one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, overload

from doseline.operations.orders import Patient

Column = Any
"""A NumPy array with one number for each patient. (This floor does not need NumPy itself.)"""

ATTEMPTS = 64
"""So many attempts at a dose have numbers of their own in each stream."""

VISITS = 256
"""So many doses of a patient have numbers of their own in each stream."""


def of_dose(visit: Any, attempt: Any) -> Any:
    """The number of an attempt at a dose among those of its patient, in every stream.

    >>> of_dose(2, 1)
    129
    """
    return visit * ATTEMPTS + attempt


@dataclass(frozen=True, slots=True)
class Kind:
    """What the patients of one arm of a protocol have in common.

    A patient's name begins with the letters of the place in `prefixes`: of the site, or of the
    market year; the number of the patient there follows.
    """

    protocol: str
    product: str
    arm: int
    sites: tuple[str, ...]
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """The patients of one replication, a row each, in the order of first doses and of names.

    `kind` counts `kinds`; `site` and `prefix` the places in the kind's lists; `first_day`, `size`,
    `cohort` and `waits_days` are those of `Patient`. `name_order` says whose name comes first.

    A number of luck is the draw of a stream of the protocol (`goes-on:`, `gate:`, `cancel:`,
    `cancel-stage:`, `moved:`) under `key` (two words), with the entity of the patient and the index
    `rank` x ATTEMPTS x VISITS + `of_dose`. Attempts from `attempts` on share the last one's. What
    takes more than a draw stands in tables: `delays` holds days for each visit from the place
    `delay_at` on, `weights` factors for each visit and attempt from `weight_at` on (-1: no delay,
    and the factor 1).
    """

    kinds: tuple[Kind, ...]
    key: tuple[int, int]
    attempts: int
    kind: Column
    entity: Column
    rank: Column
    site: Column
    prefix: Column
    first_day: Column
    size: Column
    cohort: Column
    waits_days: Column
    name_order: Column
    delay_at: Column
    weight_at: Column
    delays: Column
    weights: Column


_OF_EACH = tuple(
    f.name for f in fields(Columns) if f.type == "Column" and f.name not in ("delays", "weights")
)
"""The columns with a number for each patient."""


@dataclass(frozen=True, slots=True, eq=False)
class Throng:
    """The patients of some replications drawn together, those of one behind those of the other.

    The columns hold all of them, with the key of the first replication; those of the one at a
    place begin at `begins[place]`, end before `begins[place + 1]`, and have the key `keys[place]`.
    """

    columns: Columns
    keys: tuple[tuple[int, int], ...]
    begins: tuple[int, ...]

    def of(self, place: int) -> Columns:
        """The columns of one replication."""
        c, here = self.columns, slice(self.begins[place], self.begins[place + 1])
        mine = {name: getattr(c, name)[here] for name in _OF_EACH}
        return replace(c, key=self.keys[place], **mine)

    def begun_by(self, day: int) -> Throng:
        """Those alone whose first dose is due by a day (ordinal)."""
        c = self.columns
        here = c.first_day <= day
        upto = here.cumsum()
        begins = tuple(int(upto[n - 1]) if n else 0 for n in self.begins)
        mine = {name: getattr(c, name)[here] for name in _OF_EACH}
        return Throng(replace(c, **mine), self.keys, begins)


class Crowd(Sequence[Patient]):
    """The patients of one replication: columns, and the plain form of each on demand.

    They stand at a place of a throng, which is None where names follow no rule that columns can
    hold.
    """

    def __init__(
        self,
        count: int,
        throng: Throng | None,
        place: int,
        made: Callable[[], tuple[Patient, ...]],
    ) -> None:
        self.throng, self.place = throng, place
        self._columns: Columns | None = None
        self._count = count
        self._make = made
        self._made: tuple[Patient, ...] | None = None

    @property
    def columns(self) -> Columns | None:
        """The columns of this replication; None where there is no throng."""
        if self._columns is None and self.throng is not None:
            self._columns = self.throng.of(self.place)
        return self._columns

    @property
    def patients(self) -> tuple[Patient, ...]:
        """The plain patients, in the order of their first doses; made the first time."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Patient: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Patient, ...]: ...
    def __getitem__(self, index: int | slice) -> Patient | tuple[Patient, ...]:
        return self.patients[index]

    def __iter__(self) -> Iterator[Patient]:
        return iter(self.patients)


def begun_by(crowds: Sequence[Crowd], day: int) -> list[Crowd]:
    """The same crowds, drawn together, with those alone whose first dose is due by a day."""
    throng = crowds[0].throng
    throng = None if throng is None else throng.begun_by(day)
    found = []
    for crowd in crowds:
        made = _Begun(crowd, day)
        if throng is None:
            count = len(made())
        else:
            count = throng.begins[crowd.place + 1] - throng.begins[crowd.place]
        found.append(Crowd(count, throng, crowd.place, made))
    return found


@dataclass(frozen=True, slots=True)
class _Begun:
    """Makes the plain patients of a crowd who begin by a day."""

    crowd: Crowd
    day: int

    def __call__(self) -> tuple[Patient, ...]:
        return tuple(p for p in self.crowd if p.first_day <= self.day)
