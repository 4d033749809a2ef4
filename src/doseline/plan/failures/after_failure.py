"""What each place leaves open once its batch has failed, whatever the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from doseline.calendars import WorkCalendar
from doseline.operations.slots import plant_calendar
from doseline.plan.failures.ground import decided_at
from doseline.plan.model.sets import Place, Sets
from doseline.programme.making import planned_min


@dataclass(frozen=True, slots=True)
class Opening:
    """A place in which something can still be decided on: a batch of the plan can be enlarged.

    `begins` says that a batch can also be made that the plan does not have; `to_order` are the
    sources whose delivery can still be ordered.
    """

    place: int
    begins: bool
    to_order: frozenset[str]


@dataclass(frozen=True)
class Failures:
    """The failure of a batch in each place: when it is known, who is struck, what is still open.

    A batch counts as failed at the end of QC of a full batch, the latest. [model A7]
    """

    sets: Sets

    @cached_property
    def _calendars(self) -> Mapping[str, WorkCalendar]:
        return {m.id: plant_calendar(m) for m in self.sets.programme.manufacturers}

    def known_at(self, place: Place) -> int:
        """When the failure of a full batch in a place is known. [min]"""
        product = self.sets.programme.product[place.slot.product]
        return place.eos_last_at + planned_min(product, "qc")

    def struck(self, s: int) -> tuple[int, ...]:
        """The orders that a batch in a place could serve."""
        return tuple(sorted({self.sets.choices[r].order for r in self.sets.of_place[s]}))

    def openings(self, s: int) -> dict[int, Opening]:
        """What is still open, by place, to the orders that a batch in a place could serve."""
        sets = self.sets
        reached = {sets.choices[r].place for i in self.struck(s) for r in sets.of_order[i]}
        known_at = self.known_at(sets.places[s])
        found = (self._opening(t, known_at) for t in sorted(reached - {s}))
        return {opening.place: opening for opening in found if opening is not None}

    def ways(self, s: int) -> Iterator[tuple[int, int]]:
        """Each way in which an order of a place could be served after its failure.

        Order and choice, by position.
        """
        sets, opened = self.sets, self.openings(s)
        for i in self.struck(s):
            for r in sets.of_order[i]:
                if sets.choices[r].place in opened:
                    yield i, r

    def _opening(self, t: int, known_at: int) -> Opening | None:
        place = self.sets.places[t]
        plant = place.slot.manufacturer
        now_at = decided_at(self.sets.programme.clock, self._calendars[plant], known_at)
        if place.locked is not None or place.slot.charge_at < now_at:
            return None
        to_order = frozenset(o.source for o in place.isotope if o.lock_at >= now_at)
        in_time = place.slot.kind != "option" or place.slot.lock_at >= now_at
        return Opening(t, in_time and (bool(to_order) or not place.isotope), to_order)
