"""The days on offer: on which days the calendar of a design can serve a site at all."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, timedelta

from doseline.operations.routes import Ways, ways_of
from doseline.operations.slots import Slot, counted, expand
from doseline.programme import Programme
from doseline.programme.site import Site


class Offer:
    """What sites are told before they order: the days for which a slot, a lane, a permission and
    a licence exist. Capacity and chance are left aside. [conventions 4.11]

    Slots are expanded a year at a time, when first asked for.
    """

    def __init__(self, ways: Ways) -> None:
        self.ways = ways
        self._known: dict[tuple[str, str, int, int], bool] = {}
        self._slots: dict[int, dict[str, tuple[list[Slot], list[int]]]] = {}

    def __call__(self, product: str, protocol: str, site: Site, day: int) -> bool:
        """Whether a day (ordinal) is on offer to a site."""
        if not self.ways.treats(site, day):
            return False
        key = (product, protocol, self.ways.kind(site), day)
        if key not in self._known:
            self._known[key] = self._served(product, protocol, site, day)
        return self._known[key]

    def _served(self, product_id: str, protocol: str, site: Site, day: int) -> bool:
        programme = self.ways.programme
        product = programme.product[product_id]
        on = date.fromordinal(day)
        end = programme.clock.day_start(on + timedelta(days=1), site.zone)
        start = end - product.shelf_life_min - 3 * 1440
        first_year = programme.clock.instant(max(start, 0)).year
        for year in range(first_year, on.year + 1):
            slots, starts = self._of_year(year).get(product_id, ([], []))
            low, high = bisect_left(starts, start), bisect_right(starts, end)
            for slot in reversed(slots[low:high]):
                if self.ways.cheapest(protocol, slot, site, on, 1.0) is not None:
                    return True
        return False

    def _of_year(self, year: int) -> dict[str, tuple[list[Slot], list[int]]]:
        """The slots of each product in a year, and when their labelling starts."""
        if year not in self._slots:
            programme = self.ways.programme
            found: dict[str, tuple[list[Slot], list[int]]] = {}
            for slot in expand(programme, date(year, 1, 1), date(year, 12, 31)):
                if counted(programme, slot):
                    slots, starts = found.setdefault(slot.product, ([], []))
                    slots.append(slot)
                    starts.append(slot.charge_at)
            self._slots[year] = found
        return self._slots[year]


_KEPT = 8
_known: list[Offer] = []


def offer_of(programme: Programme) -> Offer:
    """The days on offer of a programme, remembered for the few programmes last asked about."""
    ways = ways_of(programme)
    for offer in _known:
        if offer.ways is ways:
            return offer
    _known.append(Offer(ways))
    del _known[:-_KEPT]
    return _known[-1]
