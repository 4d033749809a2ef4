"""A world as tables: everything that does not change between its replications.

Made once for a world. The ways from slots to a day, and how often they are late, are found one by
one as the first replications ask for them (`planned.py`): most of them nobody ever needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, time
from typing import Any

import numpy as np

from doseline.chance import stable_hash
from doseline.local_days import midnights, walls
from doseline.operations.timetables import open_days
from doseline.simulate.kernel.layout import TABLES
from doseline.simulate.kernel.rows import Numbered, in_lines
from doseline.simulate.kernel.words import (
    CAUSES,
    PREFERENCES,
)
from doseline.simulate.world import DAY, World, month_number

BEFORE_DAYS, BEHIND_DAYS = 250, 800
"""So many days before the first and behind the last day played stand in the tables."""

REACHES = 1 << 21
"""Room for ways; memory is taken only where they are written."""


@dataclass(frozen=True, slots=True)
class Lent:
    """Memory for futures of so many orders, which come and go: what no future finds as it was.

    `shorts` takes the doses delayed or missed; `tested` is how many places note a test on import.
    """

    size: int
    tables: dict[str, np.ndarray[Any, Any]]
    shorts: np.ndarray[Any, Any]
    tested: int


class Tables:
    """The tables of one world, with the numbers that stand alone."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.programme = world.programme
        self.tables: dict[str, np.ndarray[Any, Any]] = {}
        self.numbers: dict[str, int] = {}
        self.owed: dict[str, dict[int, int]] | None = None
        self.lent: list[Lent] = []
        self.arms: dict[str, int] = {}
        self.kinds: Any = None
        self.weeks = Numbered()
        self.kinds_n = self.offers_n = self.consignments_n = 0
        self._names()
        self._days()

    # -- names -----------------------------------------------------------------------------

    def _names(self) -> None:
        p = self.programme
        self.sites = {s.id: n for n, s in enumerate(p.sites)}
        self.plants = {m.id: n for n, m in enumerate(p.manufacturers)}
        self.lines = {ln: n for n, ln in enumerate(p.line)}
        self.products = {x.id: n for n, x in enumerate(p.products)}
        self.sources = {s.id: n for n, s in enumerate(p.sources)}
        self.carriers = {x.id: n for n, x in enumerate(p.carriers)}
        self.lanes = {x.id: n for n, x in enumerate(p.lanes)}
        self.borders = {x.id: n for n, x in enumerate(p.borders)}
        self.firms = Numbered()
        self.markets = Numbered()
        self.nuclides = Numbered()
        self.consignees = {name: n for n, name in enumerate(p.consignee)}
        named = [*(t.id for t in p.trials), *(m.id for m in p.markets)]
        self.protocols = {name: n for n, name in enumerate(named)}
        for demand in p.standing_demand:
            self.protocols.setdefault(demand.id, len(self.protocols))
        self.causes = list(CAUSES)
        for plant in p.manufacturers:
            for cause in plant.failures:
                if cause.cause not in self.causes:
                    self.causes.append(cause.cause)
        for m in p.manufacturers:
            self.firms[m.firm]
        for s in p.sites:
            self.markets[s.market]

    # -- calendars -------------------------------------------------------------------------

    def _days(self) -> None:
        p, w = self.programme, self.world
        self.zero = p.from_on.toordinal()
        self.day0 = min(self.zero, w.from_on.toordinal()) - BEFORE_DAYS
        self.days = w.until_on.toordinal() + BEHIND_DAYS - self.day0
        self.ordinals = np.arange(self.day0, self.day0 + self.days)
        self.zones, self.walls = Numbered(), Numbered()
        self._midnights: dict[str, np.ndarray[Any, Any]] = {}
        self._walls: dict[tuple[str, time], np.ndarray[Any, Any]] = {}
        months = [month_number(date.fromordinal(d)) for d in self.ordinals.tolist()]
        self.month0, self.months_n = months[0], months[-1] - months[0] + 1
        self.tables["months_of"] = np.array(months, np.int32) - self.month0
        self.tables["winters"] = np.isin(np.array(months) % 12 + 1, (12, 1, 2)).astype(np.int32)

    def zone(self, name: str) -> int:
        """The number of a clock."""
        return self.zones[name]

    def midnights(self, zone: str) -> np.ndarray[Any, Any]:
        """When each day begins in a zone. [min]"""
        if zone not in self._midnights:
            found = midnights(zone, self.day0, self.days + 1)
            self._midnights[zone] = found - self.world.clock.zero
        return self._midnights[zone]

    def wall(self, zone: str, wall: time) -> np.ndarray[Any, Any]:
        """When a wall in a zone shows a time, each day. [min]"""
        key = (zone, wall)
        if key not in self._walls:
            minute = wall.hour * 60 + wall.minute
            found = walls(zone, minute, self.day0, self.days)
            self._walls[key] = found - self.world.clock.zero
        return self._walls[key]

    def on(self, weekdays: Sequence[str], holidays: Sequence[Any]) -> np.ndarray[Any, Any]:
        """The days that fall on some weekdays and on no holiday."""
        found = open_days(tuple(weekdays), tuple(holidays), self.day0, self.days)
        return np.frombuffer(found, dtype=np.bool_)

    def stack(self, name: str, found: Sequence[np.ndarray[Any, Any]]) -> None:
        """Put calendars of one kind behind each other."""
        listed = found or [np.zeros(self.days, np.int64)]
        self.tables[name] = np.ascontiguousarray(np.concatenate(listed), dtype=TABLES[name])

    # -- where futures end -----------------------------------------------------------------

    def _until(self) -> None:
        w = self.world
        end = w.clock.day_start(w.until_on, "UTC")
        self.numbers |= {
            "until_day": w.until_on.toordinal(),
            "weekly_until": end + 28 * DAY,
            "outages_until": end + 60 * DAY,
        }

    def ending(self, world: World) -> Tables:
        """The same tables for a world that ends on an earlier day."""
        found = copy(self)
        found.world, found.owed, found.numbers = world, None, dict(self.numbers)
        found._until()
        return found

    # -- what is found later ---------------------------------------------------------------

    def ready(self) -> None:
        """Make room for what is found later, and note the numbers that stand alone."""
        combos = len(self.products) * len(self.protocols) * self.kinds_n
        self.tables["combos"] = np.zeros(max(1, combos), np.int32)
        self.tables["reach_index"] = np.zeros(max(1, combos) * self.days, np.int64)
        self.tables["reaches"] = in_lines(REACHES, TABLES["reaches"], written=False)
        self.tables["receipts"] = np.empty(REACHES, TABLES["receipts"])
        self.tables["found"] = np.zeros(2, np.int64)
        p, w = self.programme, self.world
        policy = p.policy
        self._until()
        weeks = (w.until_on.toordinal() + BEHIND_DAYS - self.zero) // 7 + 60
        self.years_n = w.until_on.year + 4 - date.fromordinal(self.day0).year
        self.numbers |= {
            "zero": self.zero,
            "start_day": self.zero,
            "day0": self.day0,
            "days": self.days,
            "from_day": w.from_on.toordinal(),
            "counts_from": w.clock.day_start(w.from_on, "UTC"),
            "sites_n": len(self.sites),
            "lanes_n": len(self.lanes),
            "protocols_n": len(self.protocols),
            "products_n": len(self.products),
            "kinds_n": self.kinds_n,
            "markets_n": len(self.markets),
            "plants_n": len(self.plants),
            "places_n": len(w.places),
            "months_n": self.months_n,
            "month0": self.month0,
            "weeks_n": weeks + 50,
            "week0": -50,
            "year0": date.fromordinal(self.day0).year,
            "years_n": self.years_n,
            "causes_n": len(self.causes),
            "consignees_n": len(self.consignees),
            "limits": any(m.possession_limit_mbq is not None for m in p.manufacturers),
            "shock_stream": stable_hash("shock"),
            "vial_stream": stable_hash("vial"),
            "preference": PREFERENCES.index(policy.preference),
            "on_offer": policy.order_days == "on_offer",
            "spare_vials": policy.spare_vials,
            "shift_days": policy.shift_days,
            "backup": policy.backup,
            "backup_within": policy.backup_within_min,
            "started_first": policy.started_courses_first,
            "reorder_missed": policy.reorder_missed,
            "reorder_at_most": policy.reorder_at_most,
            "overage": int(np.float64(policy.overage_fraction).view(np.int64)),
        }
        places = (
            *("firm", "line", "source", "carrier", "lane", "border"),
            *("site", "market", "protocol"),
        )
        at = len(self.plants)
        self.target_at = {"manufacturer": 0}
        for name in places:
            self.target_at[name] = at
            self.numbers[f"{name}_at"] = at
            at += len(getattr(self, f"{name}s"))
        self.targets_n = self.numbers["targets_n"] = at
