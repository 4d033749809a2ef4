"""The cheapest way of 1 MBq from each place to each day, as columns. [model H3]"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial

import numpy as np
from numpy.typing import NDArray

from doseline.local_days import midnights
from doseline.operations.routes import Journey, Ways
from doseline.plan.model.lanes import Receipts, received_first_at
from doseline.plan.model.sets import Ints, Place, Roads
from doseline.programme.rules import activity_at_eos
from doseline.programme.site import Site

Flags = NDArray[np.bool_]


class Map:
    """The roads from some places to sites on some days, which are counted from `first`."""

    def __init__(self, ways: Ways, places: Sequence[Place], first: int, days: int) -> None:
        self.ways = ways
        self.first = first
        self.days = days
        self._places = places
        self._receipts: Receipts = {}
        self._spans: dict[tuple[str, str], list[tuple[int, int, int]]] = {}

    def roads(self, product: str, protocol: str, site: Site, wanted: Flags) -> Roads:
        """The cheapest road from each place to a site on each of the days wanted.

        They are those to every site of its kind that treats on these days, for a dose of 1 MBq.
        """
        columns = list(zip(*self._found(product, protocol, site, wanted), strict=True))
        place, use_on, use_at, load, ways = columns or [(), (), (), (), ()]
        return Roads(
            place=np.array(place, dtype=np.int64),
            use_on=np.array(use_on, dtype=np.int64),
            use_at=np.array(use_at, dtype=np.int64),
            load_mbq=np.array(load, dtype=np.float64),
            first_receipts=partial(self._first_receipts, site, place, ways),
        )

    def _found(
        self, product_id: str, protocol: str, site: Site, wanted: Flags
    ) -> Iterator[tuple[int, int, int, float, Journey]]:
        ways, half_life = self.ways, self.ways.programme.product[product_id].half_life
        on = {day: date.fromordinal(self.first + day) for day in np.flatnonzero(wanted).tolist()}
        for s, begin, end in self._spans_of(product_id, site.zone):
            slot = self._places[s].slot
            if not ways.roads(protocol, slot, site):
                continue
            for day in range(begin, end):
                found = ways.cheapest(protocol, slot, site, on[day], 1.0) if day in on else None
                if found is not None:
                    way, at = found
                    load = activity_at_eos(1.0, at - slot.charge_at, half_life)
                    yield s, self.first + day, at, load, way

    def _first_receipts(self, site: Site, places: Sequence[int], ways: Sequence[Journey]) -> Ints:
        found = (
            received_first_at(self.ways, self._places[s], site, way, self._receipts)
            for s, way in zip(places, ways, strict=True)
        )
        return np.fromiter(found, dtype=np.int64, count=len(places))

    def _spans_of(self, product_id: str, zone: str) -> list[tuple[int, int, int]]:
        """The places of a product, each with the days of a zone that its vials may keep until."""
        key = (product_id, zone)
        if key not in self._spans:
            lasts = self.ways.programme.product[product_id].shelf_life_min
            mine = [s for s, p in enumerate(self._places) if p.slot.product == product_id]
            begins = self._day([self._places[s].eos_last_at for s in mine], zone)
            ends = self._day([self._places[s].eos_first_at + lasts for s in mine], zone) + 1
            spans = zip(mine, np.maximum(begins, 0).tolist(), ends.tolist(), strict=True)
            self._spans[key] = [span for span in spans if span[1] < span[2]]
        return self._spans[key]

    def _day(self, minutes: Sequence[int], zone: str) -> Ints:
        """The days of a zone that hold some minutes, -1 before the first, `days` after the last."""
        begins = midnights(zone, self.first, self.days + 1) - self.ways.clock.zero
        found = np.searchsorted(begins, np.array(minutes, dtype=np.int64), side="right") - 1
        return np.minimum(found, self.days).astype(np.int64)
