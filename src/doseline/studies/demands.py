"""The demand of a programme by itself: what designs have in common, drawn once for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from doseline.demand import Crowds
from doseline.operations.crowd import Crowd, begun_by
from doseline.programme import Programme
from doseline.programme.cost import Costs, Target

_KEPT = 16
_known: list[tuple[Programme, Programme]] = []


def demand_of(programme: Programme) -> Programme:
    """The programme with nothing left but what its demand is drawn from.

    Two programmes with the same demand are given the very same object, so that what was drawn for
    one may serve the other. It holds no plants, roads, sources, contracts, hazards or designs.
    """
    for known, demand in _known:
        if known is programme:
            return demand
    found = as_drawn(programme)
    found = next((demand for _, demand in _known if demand == found), found)
    _known.append((programme, found))
    del _known[:-_KEPT]
    return found


def as_drawn(programme: Programme) -> Programme:
    """The programme without anything that the demand does not depend on."""
    return replace(
        programme, name="", products=(), manufacturers=(), lanes=(), carriers=(), permissions=(),
        target=Target(0.0), price_year=None, sources=(), contracts=(), borders=(), penalties=(),
        costs=Costs(), designs=(), hazards=(), questions=(), main_design=None, sizing=None,
        references=(), inputs=(), design=None, file="",
    )  # fmt: skip


_MOST = 120_000


class Kept:
    """The crowds drawn last, the oldest first, with `most` patients among them at most.

    A crowd counts as one patient more than it holds, so that empty ones are not kept for ever.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.crowds: dict[tuple[object, ...], Crowd] = {}
        self.held = 0

    def keep(self, key: tuple[object, ...], crowd: Crowd) -> None:
        """Keep one more, and drop the oldest until no more are held than memory should bear."""
        self.crowds[key] = crowd
        self.held += 1 + len(crowd)
        while self.held > self.most and len(self.crowds) > 1:
            self.held -= 1 + len(self.crowds.pop(next(iter(self.crowds))))


_drawn = Kept(_MOST)


@dataclass(frozen=True)
class LastDrawn:
    """Patients by replication; those that were drawn last are not drawn again.

    `begun_by` leaves out those whose first dose is due after a day.
    """

    crowds: Crowds
    begun_by: date | None = None

    def __call__(self, replication: int) -> Crowd:
        """The patients of one replication."""
        return next(self.several((replication,)))

    def several(self, replications: Sequence[int]) -> Iterator[Crowd]:
        """The patients of some replications in turn, drawn many at once."""
        c = self.crowds
        said = tuple(sorted((c.cases or {}).items()))
        of = (c.seed, c.from_on, c.until_on, said, c.protocols, self.begun_by)
        keys = [(_Same(c.programme, c.drawing.scenario), *of, n) for n in replications]
        mine = {key: _drawn.crowds[key] for key in keys if key in _drawn.crowds}
        drawn = self._new([n for n, key in zip(replications, keys, strict=True) if key not in mine])
        for key in keys:
            found = mine.get(key)
            if found is None:
                found = next(drawn)
                _drawn.keep(key, found)
            yield found

    def _new(self, replications: Sequence[int]) -> Iterator[Crowd]:
        if self.begun_by is None:
            yield from self.crowds.several(replications)
            return
        every = LastDrawn(self.crowds).several(replications)
        for _, together in groupby(every, lambda crowd: id(crowd.throng)):
            yield from begun_by(list(together), self.begun_by.toordinal())


class _Same:
    """The very same objects, kept alive so that no other can be taken for them."""

    def __init__(self, *things: object) -> None:
        self.things = things

    def __hash__(self) -> int:
        return hash(tuple(map(id, self.things)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and all(
            a is b for a, b in zip(self.things, other.things, strict=True)
        )
