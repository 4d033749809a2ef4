"""The days on offer: on which days the calendar of a design can serve a site at all."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, timedelta

from doseline.operations.orders import DoseOrder
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
        self._slots: dict[int, dict[str, list[Slot]]] = {}

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
        asked = DoseOrder(
            id="", product=product_id, protocol=protocol, site=site.id, patient="",
            course_number=1, placed_at=0, wanted_on=on, earliest_on=on, latest_on=on,
            activity_mbq=1.0,
        )  # fmt: skip
        first_year = programme.clock.instant(max(start, 0)).year
        for year in range(first_year, on.year + 1):
            slots = self._of_year(year).get(product_id, [])
            low = bisect_left(slots, start, key=lambda s: s.charge_at)
            high = bisect_right(slots, end, key=lambda s: s.charge_at)
            if any(self.ways.routes(asked, slot, on) for slot in reversed(slots[low:high])):
                return True
        return False

    def _of_year(self, year: int) -> dict[str, list[Slot]]:
        if year not in self._slots:
            programme = self.ways.programme
            found: dict[str, list[Slot]] = {}
            for slot in expand(programme, date(year, 1, 1), date(year, 12, 31)):
                if counted(programme, slot):
                    found.setdefault(slot.product, []).append(slot)
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
