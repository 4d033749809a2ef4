"""A world as tables: everything that does not change between its replications.

Made once for a world. The ways from slots to a day, and how often they are late, are asked for one
by one as the first replications come to them (`Tables.ask`): most of them nobody ever needs.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Hashable, Iterable, Sequence
from datetime import date, time
from typing import Any

import numpy as np

from doseline.calendars import BLOCK
from doseline.chance import stable_hash
from doseline.clock import local_minute, midnight, weekday_from_text
from doseline.distributions import beta_shapes
from doseline.operations.ordering import longest_lead_min, standing_orders
from doseline.programme.making import make_min, pack_min, planned_min
from doseline.programme.product import Step, Triangular
from doseline.programme.trial import Arm
from doseline.simulate.kernel.layout import NEVER, TABLES
from doseline.simulate.kernel.words import (
    CAUSES,
    GATES,
    OTHER,
    PHASES,
    PREFERENCES,
    STAGES,
)
from doseline.simulate.risk import risk_of
from doseline.simulate.transit import border_between
from doseline.simulate.world import DAY, Reach, World, month_number

BEFORE_DAYS, BEHIND_DAYS = 250, 800
"""So many days before the first and behind the last day played stand in the tables."""

REACHES = 1 << 21
"""Room for ways; memory is taken only where they are written."""

Ask = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)


class Numbered(dict[Hashable, int]):
    """Things in the order in which they were first named, each with its number."""

    def __missing__(self, key: Hashable) -> int:
        self[key] = len(self)
        return self[key]


def rows(name: str, found: Iterable[dict[str, Any]]) -> np.ndarray[Any, Any]:
    """A table from rows of named fields; at least one row, of zeros where there is none."""
    listed = list(found)
    table = np.zeros(max(1, len(listed)), dtype=TABLES[name])
    for n, row in enumerate(listed):
        for field, value in row.items():
            table[n][field] = value
    return table


def triangle(
    law: Triangular | None, low: str = "low", mode: str = "mode", high: str = "high"
) -> Any:
    """The three fields of a duration; zeros where there is none."""
    return {} if law is None else {low: law.low, mode: law.mode, high: law.high}


class Tables:
    """The tables of one world, with the numbers that stand alone."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.programme = world.programme
        self.risk = risk_of(world)
        self.tables: dict[str, np.ndarray[Any, Any]] = {}
        self.numbers: dict[str, int] = {}
        self.ways: list[Reach] = []
        self.failed: BaseException | None = None
        self.owed: dict[str, dict[int, int]] | None = None
        self._names()
        self._days()
        self._network()
        self._protocols()
        self._slots()
        self._asked()

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
        self.protocols = {x.id: n for n, x in enumerate([*p.trials, *p.markets])}
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
            clock_zero = self.world.clock.zero
            found = [midnight(d, zone) for d in range(self.day0, self.day0 + self.days + 1)]
            self._midnights[zone] = np.array(found, np.int64) - clock_zero
        return self._midnights[zone]

    def wall(self, zone: str, wall: time) -> np.ndarray[Any, Any]:
        """When a wall in a zone shows a time, each day. [min]"""
        key = (zone, wall)
        if key not in self._walls:
            starts = self.midnights(zone)
            minute = wall.hour * 60 + wall.minute
            found = starts[:-1] + minute
            for n in np.flatnonzero(np.diff(starts) != DAY).tolist():
                found[n] = local_minute(self.day0 + n, minute, zone) - self.world.clock.zero
            self._walls[key] = found
        return self._walls[key]

    def _on(self, weekdays: Sequence[str], holidays: Sequence[Any]) -> np.ndarray[Any, Any]:
        """The days that fall on some weekdays and on no holiday."""
        named = [weekday_from_text(w) for w in weekdays]
        open_on: np.ndarray[Any, Any] = np.isin((self.ordinals + 6) % 7, named)
        if holidays:
            for n in np.flatnonzero(open_on).tolist():
                on = date.fromordinal(self.day0 + n)
                open_on[n] = not any(h.is_holiday(on) for h in holidays)
        return open_on

    # -- the network -----------------------------------------------------------------------

    def _network(self) -> None:
        self._sites()
        self._permits()
        self._plants()
        self._recipes()
        self._sources()
        self._lanes()
        self.tables["consignees"] = rows(
            "consignees",
            (
                {
                    "capacity": self.world.capacity[name],
                    "limit": -1.0 if math.isinf(limit) else limit,
                }
                for name, limit in self.world.limit_mbq.items()
            ),
        )

    def _sites(self) -> None:
        p, ways = self.programme, self.world.ways
        treat_rows, receive_rows, licence_rows = Numbered(), Numbered(), Numbered()
        on: dict[Hashable, np.ndarray[Any, Any]] = {}
        nuclides = [x.nuclide for x in p.products if x.nuclide]
        for name in nuclides:
            self.nuclides[name]
        ranks = {name: n for n, name in enumerate(sorted(self.sites))}
        treats: list[np.ndarray[Any, Any]] = []
        opens: list[np.ndarray[Any, Any]] = []
        closes: list[np.ndarray[Any, Any]] = []
        licences: list[np.ndarray[Any, Any]] = []
        found = []
        for s in p.sites:
            weekly = (s.treatment_weekdays, s.holidays)
            key = (weekly, s.active_from_on, s.active_until_on)
            if key not in treat_rows:
                if weekly not in on:
                    on[weekly] = self._on(*weekly)
                first = s.active_from_on.toordinal() if s.active_from_on else 0
                last = s.active_until_on.toordinal() if s.active_until_on else NEVER
                span = (first <= self.ordinals) & (self.ordinals <= last)
                treats.append((on[weekly] & span).astype(np.int32))
            receipt = (s.zone, s.receives_weekdays, s.holidays, s.receives_from, s.receives_until)
            if receipt not in receive_rows:
                weekly = (s.receives_weekdays, s.holidays)
                if weekly not in on:
                    on[weekly] = self._on(*weekly)
                opens.append(np.where(on[weekly], self.wall(s.zone, s.receives_from), -NEVER))
                closes.append(self.wall(s.zone, s.receives_until))
            if s.licence not in licence_rows:
                licences += [self._licensed(s, name) for name in self.nuclides]
            found.append(
                {
                    "zone": self.zone(s.zone),
                    "consignee": self.consignees[s.consignee],
                    "kind": ways.kind(s),
                    "treats": treat_rows[key],
                    "receives": receive_rows[receipt],
                    "usual": self.walls[s.zone, s.infusion_usual],
                    "latest": self.walls[s.zone, s.infusion_latest],
                    "market": self.markets[s.market],
                    "rank": ranks[s.id],
                    "licence": licence_rows[s.licence] * len(self.nuclides),
                    "hash": stable_hash(s.id),
                }
            )
        self.kinds_n = 1 + max((row["kind"] for row in found), default=0)
        self.tables["sites"] = rows("sites", found)
        self._stack("treats", treats)
        self._stack("opens", opens)
        self._stack("closes", closes)
        self._stack("licences", licences)

    def _licensed(self, site: Any, nuclide: Hashable) -> np.ndarray[Any, Any]:
        found = np.zeros(self.days, np.int32)
        if site.licence is not None and nuclide in site.licence.nuclides:
            found[:] = 1
            for gap in site.licence.gaps:
                first = max(0, gap.from_on.toordinal() - self.day0)
                found[first : max(0, gap.until_on.toordinal() - self.day0 + 1)] = 0
        return found

    def _stack(self, name: str, found: Sequence[np.ndarray[Any, Any]]) -> None:
        listed = found or [np.zeros(self.days, np.int64)]
        self.tables[name] = np.ascontiguousarray(np.concatenate(listed), dtype=TABLES[name])

    def _permits(self) -> None:
        """The import testing that the permission of each day asks for; -1 without a permission."""
        permits = self.world.ways.permits
        found, testings, where = [], [0], []
        for plant in self.plants:
            for market in self.markets:
                for protocol in self.protocols:
                    way = (plant, str(market), protocol)
                    row = np.full(self.days, -1, np.int32)
                    mine = [
                        x
                        for x in self.programme.permissions
                        if x.manufacturer == plant
                        and market in x.markets
                        and protocol in x.protocols
                    ]
                    for x in sorted(
                        mine, key=lambda x: (x.testing_min, x.testing_cents), reverse=True
                    ):
                        first = max(0, x.from_on.toordinal() - self.day0)
                        last = x.until_on.toordinal() if x.until_on else NEVER
                        row[first : max(0, last - self.day0 + 1)] = x.testing_min
                    found.append(row)
                    asked = permits.testing_min(way)
                    where += [len(testings), len(asked)]
                    testings += asked
        self._stack("permits", found)
        self.tables["testings"] = np.array(testings, np.int32)
        self.tables["testing_at"] = np.array(where or [0, 0], np.int32)

    def _plants(self) -> None:
        p = self.programme
        plants, lines, causes, contracts, tiers, borders = [], [], [], [], [], []
        for m in p.manufacturers:
            contract = p.contract.get(m.id)
            if contract is not None:
                listed = sorted(contract.tiers, key=lambda t: t.from_batch)
                contracts.append(
                    {
                        "batch_fee": contract.batch_fee_cents,
                        "vials_included": min(contract.vials_included, NEVER),
                        "extra_vial": contract.extra_vial_cents,
                        "late_cancel": contract.late_cancel_fraction,
                        "tier_off": len(tiers),
                        "tier_n": len(listed),
                    }
                )
                tiers += [{"from_batch": t.from_batch, "fee": t.fee_cents} for t in listed]
            law = m.learning
            plants.append(
                {
                    "zone": self.zone(m.zone),
                    "firm": self.firms[m.firm],
                    "batches_per_day": m.batches_per_day,
                    "qc_per_day": m.qc_releases_per_day,
                    "has_limit": m.possession_limit_mbq is not None,
                    "limit": m.possession_limit_mbq or 0.0,
                    "waste_kept": m.waste_kept_min,
                    "usable": m.usable_slots_fraction,
                    "cause_off": len(causes),
                    "cause_n": len(m.failures),
                    "mature": 1.0 - math.prod(1.0 - x.chance_fraction for x in m.failures),
                    "total": sum(x.chance_fraction for x in m.failures),
                    "learns": law is not None,
                    "first": law.first_fraction if law else 0.0,
                    "floor": law.floor_fraction if law else 0.0,
                    "halved": law.halved_after_batches if law else 1.0,
                    "cluster": m.failures_cluster_factor,
                    "corrects": m.corrective_action is not None,
                    **triangle(m.corrective_action),
                    "standing_mbq": m.standing_isotope_mbq,
                    "contract": -1 if contract is None else len(contracts) - 1,
                    "hash": stable_hash(m.id),
                }
            )
            causes += [
                {
                    "code": self.causes.index(x.cause),
                    "stage": STAGES.index(x.stage),
                    "chance": x.chance_fraction,
                }
                for x in m.failures
            ]
            for market in self.markets:
                border = border_between(p, m.country, str(market))
                borders.append(-1 if border is None else self.borders[border.id])
        for name, (plant, line) in p.line.items():
            lines.append(
                {
                    "plant": self.plants[plant.id],
                    "vial_min": line.vial_min,
                    "stream": stable_hash(f"line:{name}"),
                    "made_before": self.world.experience.get(name, 0),
                }
            )
        self.tables |= {
            "plants": rows("plants", plants),
            "lines": rows("lines", lines),
            "causes": rows("causes", causes),
            "contracts": rows("contracts", contracts),
            "tiers": rows("tiers", tiers),
            "border_of": np.array(borders or [-1], np.int32),
        }

    def _recipes(self) -> None:
        most = max((ln.vials_max for _, ln in self.programme.line.values()), default=0)
        products, steps, pack = [], [], []
        for x in self.programme.products:
            products.append(
                {
                    "decays": x.decays,
                    "half_life": x.half_life,
                    "overfill": x.overfill_fraction,
                    "samples": x.samples_fraction,
                    "vial_limit": x.vial_limit_mbq,
                    "shelf": x.shelf_life_min,
                    "infusion": x.infusion_min,
                    "preparation": x.preparation_min,
                    "hold": -1 if x.shipper_hold_min is None else x.shipper_hold_min,
                    "tolerance": x.tolerance_fraction,
                    "hard": x.hard_tolerance_fraction,
                    "rejected": x.vial_rejected_fraction,
                    "fill_sd": x.fill_sd_fraction,
                    "assay_sd": x.assay_sd_fraction,
                    "nuclide": self.nuclides[x.nuclide] if x.nuclide else -1,
                    "step_off": len(steps),
                    "step_n": len(x.recipe),
                    "qc": planned_min(x, "qc"),
                    "release": planned_min(x, "release"),
                    "pack_off": len(pack),
                }
            )
            steps += [_step(s) for s in x.recipe]
            pack += [pack_min(x, vials) for vials in range(most + 1)]
        self.tables |= {
            "products": rows("products", products),
            "steps": rows("steps", steps),
            "pack_mins": np.array(pack, np.int32),
        }

    def _sources(self) -> None:
        found = []
        for s in self.programme.sources:
            law = s.outages
            found.append(
                {
                    "offer": s.offer_per_week_mbq,
                    "lot": s.lot_mbq,
                    "price": s.price_cents_per_mbq,
                    "freight": s.freight_cents,
                    "failed": s.failed_fraction,
                    "late": s.late_fraction,
                    "low": s.received_low_fraction,
                    "high": s.received_high_fraction,
                    "stream": stable_hash(f"source:{s.id}"),
                    "outage": stable_hash(f"outage:{s.id}"),
                    "stops": law is not None,
                    "per_year": law.per_year if law else 0.0,
                    "median": law.median_min if law else 0.0,
                    "p90": law.p90_min if law else 0.0,
                    "lost_low": law.lost_low_fraction if law else 0.0,
                    "lost_high": law.lost_high_fraction if law else 0.0,
                }
            )
        self.tables["sources"] = rows("sources", found)

    def _lanes(self) -> None:
        p, ways = self.programme, self.world.ways
        ranks = {name: n for n, name in enumerate(sorted(self.lanes))}
        roads, collections = Numbered(), Numbered()
        collects: list[np.ndarray[Any, Any]] = []
        found = []
        for x in p.lanes:
            plant, carrier = p.manufacturer[x.manufacturer], p.carrier[x.carrier]
            collection = -1
            if x.cut_off is not None:
                key = (plant.zone, x.carrier, x.weekdays, x.cut_off)
                if key not in collections:
                    on = self._on(x.weekdays, carrier.holidays)
                    collects.append(np.where(on, self.wall(plant.zone, x.cut_off), -NEVER))
                collection = collections[key]
            found.append(
                {
                    "plant": self.plants[x.manufacturer],
                    "carrier": self.carriers[x.carrier],
                    "planned": x.planned_min,
                    "cost": x.cost_cents,
                    "drawn": x.transit is not None,
                    **triangle(x.transit),
                    "notice": x.notice_min,
                    "collects": collection,
                    "road": roads[x.carrier, plant.zone],
                    "rank": ranks[x.id],
                    "zone": self.zone(plant.zone),
                    "stream": stable_hash(f"lane:{x.id}"),
                }
            )
        self.tables["lanes"] = rows("lanes", found)
        self._stack("collects", collects)
        self._roads(list(roads))
        self.tables["carriers"] = rows(
            "carriers",
            (
                {
                    "delay": x.delay_fraction,
                    "delays": x.delay is not None,
                    **triangle(x.delay),
                    "day_delay": x.day_delay_fraction,
                    "second_day": x.second_day_fraction,
                    "lost": x.lost_fraction,
                    "winter": x.winter_factor,
                    "second_package": x.second_package_fraction,
                }
                for x in p.carriers
            ),
        )
        outcomes, borders = [], []
        for b in p.borders:
            borders.append(
                {
                    "out_off": len(outcomes),
                    "out_n": len(b.outcomes),
                    "stream": stable_hash(f"border:{b.id}"),
                }
            )
            outcomes += [{"chance": o.chance_fraction, **triangle(o.adds)} for o in b.outcomes]
        self.tables |= {
            "borders": rows("borders", borders),
            "crossings": rows("crossings", outcomes),
        }
        off, listed = [0], []
        for plant in p.manufacturers:
            for site in p.sites:
                listed += [self.lanes[ln.id] for ln in ways.lanes(plant.id, site)]
                off.append(len(listed))
        self.tables["lane_off"] = np.array(off, np.int32)
        self.tables["lane_list"] = np.array(listed or [0], np.int32)

    def _roads(self, named: Sequence[Any]) -> None:
        starts: list[int] = []
        ends: list[int] = []
        moved: list[int] = []
        off, found = [0], []
        first = (self.day0 - 1) * DAY // BLOCK
        last = (self.day0 + self.days) * DAY // BLOCK
        for carrier, zone in named:
            found += [len(off) - 1, last - first + 1, first]
            for block in range(first, last + 1):
                table = self.world.ways.stops(carrier, zone).table(block)
                starts += table[0]
                ends += table[1]
                moved += table[2]
                off.append(len(starts))
        self.tables |= {
            "stop_starts": np.array(starts or [0], np.int64),
            "stop_ends": np.array(ends or [0], np.int64),
            "stop_moved": np.array(moved or [0], np.int64),
            "stop_off": np.array(off, np.int32),
            "roads": np.array(found or [0, 0, 0], np.int32),
        }

    # -- protocols -------------------------------------------------------------------------

    def _protocols(self) -> None:
        p = self.programme
        found: list[dict[str, Any]] = []
        for name in self.protocols:
            law, rules = p.penalty(name), p.ordering_of(name)
            weekday = rules.placed_by_weekday
            found.append(
                {
                    "moved_days": math.ceil(rules.moved_by_site_min / 1440),
                    "lead": longest_lead_min(rules),
                    "closes_weekday": -1 if weekday is None else weekday_from_text(weekday),
                    "closes_weeks": rules.placed_before_min // (7 * 1440),
                    "placed_before": rules.placed_before_min,
                    "before_lock": rules.cancelled_before_lock_fraction,
                    "before_production": rules.cancelled_before_production_fraction,
                    "after_production": rules.cancelled_after_production_fraction,
                    "moved": rules.moved_by_site_fraction,
                    "missed_started": law.missed_started_cents,
                    "missed_new": law.missed_new_cents,
                    "moved_day": law.moved_day_cents,
                    "moved_outside": law.moved_outside_cents,
                    "out_of_tolerance": law.out_of_tolerance_cents,
                }
            )
        self.tables["protocols"] = rows("protocols", found)
        self.arms: dict[str, int] = {}
        arms: list[dict[str, Any]] = []
        visits: list[dict[str, Any]] = []
        gates: list[dict[str, Any]] = []
        chances: list[float] = []
        for protocol, listed in [
            *((t.id, t.arms) for t in p.trials),
            *((m.id, (m.arm,)) for m in p.markets),
        ]:
            self.arms[protocol] = len(arms)
            for arm in listed:
                arms.append({"visit_off": len(visits), "visit_n": len(arm.visits)})
                for number in range(len(arm.visits)):
                    visits.append(self._visit(arm, number, len(gates)))
                    for row in arm.visits[number].gate:
                        chances.append(row.chance_fraction)
                        gates.append(
                            {
                                "outcome": GATES.index(row.outcome),
                                "lasts": row.lasts,
                                "factor": row.factor,
                            }
                        )
        self.tables |= {
            "arms": rows("arms", arms),
            "visits": rows("visits", visits),
            "gates": rows("gates", gates),
            "gate_chances": np.array(chances or [0.0]),
        }
        self._standing()

    def _visit(self, arm: Arm, number: int, gate_off: int) -> dict[str, Any]:
        v = arm.visits[number]
        rule = v.dose or arm.dose
        return {
            "day": v.day,
            "early": v.early_days,
            "late": v.late_days,
            "continues": v.continues_fraction,
            "factor": v.dose_factor,
            "gate_off": gate_off,
            "gate_n": len(v.gate),
            "product": -1 if v.product is None else self.products[v.product],
            "by_size": rule.rate.per != "flat",
            "rate": rule.rate.mbq,
            "size_cap": math.inf if rule.size_cap is None else rule.size_cap,
            "cap": math.inf if rule.cap_mbq is None else rule.cap_mbq,
            "rounded": rule.rounded_to_mbq or 0.0,
        }

    def _standing(self) -> None:
        found = []
        for owner, demand in enumerate(self.programme.standing_demand):
            for o in standing_orders(self.programme, demand, self.world.ways.treats):
                found.append(
                    {
                        "owner": owner,
                        "product": self.products[o.product],
                        "protocol": self.protocols[o.protocol],
                        "site": self.sites[o.site],
                        "placed_at": o.placed_at,
                        "wanted": o.wanted_on.toordinal(),
                        "earliest": o.earliest_on.toordinal(),
                        "latest": o.latest_on.toordinal(),
                        "units": o.units,
                        "number": o.course_number,
                    }
                )
        self.tables["standing_orders"] = rows("standing_orders", found)
        self.numbers["standing_n"] = len(found)

    # -- slots -----------------------------------------------------------------------------

    def _slots(self) -> None:
        w = self.world
        self.weeks, offers, consignments, stocks = Numbered(), Numbered(), Numbered(), Numbered()
        recipes, make = Numbered(), []
        places, options, excludes = [], [], []
        twins: dict[Hashable, int] = {}
        first, last = w.from_on.toordinal(), w.until_on.toordinal()
        for x in w.places:
            recipe = (x.product.id, x.line.id)
            if recipe not in recipes:
                self._make_at = len(make)
                make += [make_min(x.product, x.line, v) for v in range(x.line.vials_max + 1)]
                recipes[recipe] = self._make_at
            twin = (x.line.id, x.slot.charge_at)
            isotope = x.slot.isotope
            standing = x.plant.standing_isotope_mbq and isotope
            inside = first <= x.day <= last
            week_row = -1
            if standing and inside:
                week_row = stocks[x.plant.id, x.product.nuclide, x.week]
            places.append(
                {
                    "plant": self.plants[x.plant.id],
                    "line": self.lines[x.line.id],
                    "product": self.products[x.product.id],
                    "make_row": recipes[recipe],
                    "charge_at": x.slot.charge_at,
                    "day": x.day,
                    "month": month_number(x.slot.starts_on) - self.month0,
                    "call_off_at": x.call_off_at,
                    "last_lock_at": x.last_lock_at,
                    "vials_max": x.slot.vials_max,
                    "bulk_max": -1.0 if x.slot.bulk_max_mbq is None else x.slot.bulk_max_mbq,
                    "half_life": x.half_life,
                    "yield_fraction": x.yield_fraction,
                    "free_fraction": x.slot.free_fraction,
                    "fee": x.slot.fee_cents,
                    "qc_day": x.qc_day,
                    "standing": self.weeks[x.plant.id, x.week],
                    "exc_off": len(excludes),
                    "exc_n": len(x.excludes),
                    "opt_off": len(options),
                    "opt_n": len(isotope),
                    "decays": x.product.decays,
                    "first_lock_at": min((o.lock_at for o in isotope), default=0),
                    "receipt_by": x.slot.charge_at - planned_min(x.product, "receipt"),
                    "set_up_at": x.slot.charge_at - planned_min(x.product, "setup"),
                    "twin": twins.get(twin, -1),
                    "inside": inside,
                    "week_row": week_row,
                    "slot_hash": stable_hash(x.slot.id),
                }
            )
            twins[twin] = x.index
            excludes += x.excludes
            for o in isotope:
                on = w.clock.day(o.delivered_at, x.plant.zone)
                options.append(
                    {
                        "source": self.sources[o.source],
                        "delivered_at": o.delivered_at,
                        "lock_at": o.lock_at,
                        "week": offers[o.source, o.week],
                        "day": on.toordinal(),
                        "consignment": consignments[o.source, x.plant.id, o.delivered_at],
                    }
                )
        self.offers_n, self.consignments_n = len(offers), len(consignments)
        self.tables |= {
            "places": rows("places", places)[: len(places)],
            "options": rows("options", options),
            "excludes": np.array(excludes or [0], np.int32),
            "make_mins": np.array(make or [0], np.int32),
        }
        for name, found in (
            ("midnights", [self.midnights(str(z))[:-1] for z in self.zones]),
            ("walls", [self.wall(*k) for k in self.walls]),
        ):  # type: ignore[misc]
            self._stack(name, found)

    # -- what is asked later ---------------------------------------------------------------

    def _asked(self) -> None:
        combos = len(self.products) * len(self.protocols) * self.kinds_n
        self.combos_n = 0
        self.tables["combos"] = np.zeros(max(1, combos), np.int32)
        self.tables["reach_index"] = np.zeros(max(1, combos) * self.days, np.int64)
        self.tables["reaches"] = np.empty(REACHES, TABLES["reaches"])
        self.asking = Ask(self._ask)
        p, w = self.programme, self.world
        policy = p.policy
        weeks = (w.until_on.toordinal() + BEHIND_DAYS - self.zero) // 7 + 60
        self.years_n = w.until_on.year + 4 - date.fromordinal(self.day0).year
        self.numbers |= {
            "ask": ctypes.cast(self.asking, ctypes.c_void_p).value or 0,
            "zero": self.zero,
            "start_day": self.zero,
            "day0": self.day0,
            "days": self.days,
            "from_day": w.from_on.toordinal(),
            "until_day": w.until_on.toordinal(),
            "counts_from": w.clock.day_start(w.from_on, "UTC"),
            "weekly_until": w.clock.day_start(w.until_on, "UTC") + 28 * DAY,
            "outages_until": w.clock.day_start(w.until_on, "UTC") + 60 * DAY,
            "sites_n": len(self.sites),
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
        places = ("firm", "line", "source", "carrier", "border", "site", "market", "protocol")
        at = len(self.plants)
        self.target_at = {"manufacturer": 0}
        for name in places:
            self.target_at[name] = at
            self.numbers[f"{name}_at"] = at
            at += len(getattr(self, f"{name}s"))
        self.targets_n = self.numbers["targets_n"] = at

    def _ask(self, asked: int, which: int) -> int:
        """Answer compiled code: the ways of a day, or how often a way is late; below 0: failed."""
        try:
            if asked == 0:
                self.tables["reaches"][which]["late"] = self.risk.late(self.ways[which])
                return 1
            return self._find_ways(asked - 1, *divmod(which, self.days))
        except BaseException as error:  # told to whoever started the replication
            self.failed = error
            return -1

    def _find_ways(self, asked: int, site_number: int, day_number: int) -> int:
        product_number, protocol_number = divmod(asked, len(self.protocols))
        product = self.programme.products[product_number].id
        protocol = list(self.protocols)[protocol_number]
        site = self.programme.sites[site_number]
        ways = self.world._reach_of((product, protocol, site.id, self.day0 + day_number))
        kind = int(self.tables["sites"][site_number]["kind"])
        combo = asked * self.kinds_n + kind
        combos = self.tables["combos"]
        if combos[combo] == 0:
            self.combos_n += 1
            combos[combo] = self.combos_n
        first = len(self.ways)
        if first + len(ways) > REACHES or len(ways) > 0xFFFF:
            raise MemoryError("more ways than there is room for")
        for n, way in enumerate(ways):
            self.tables["reaches"][first + n] = self._reach(way, site.zone)
        self.ways += ways
        packed = (first << 16 | len(ways)) + 1
        self.tables["reach_index"][(combos[combo] - 1) * self.days + day_number] = packed
        return packed

    def _reach(self, way: Reach, zone: str) -> tuple[Any, ...]:
        clock = self.world.clock
        lane = self.programme.lane[way.lane]
        plant = self.programme.manufacturer[lane.manufacturer]
        row = {
            "load_factor": way.load_factor,
            "eos_factor": way.eos_factor,
            "cost": float(way.cost_cents),
            "late": -1.0 if way.late_share is None else way.late_share,
            "place": way.place,
            "charge_at": way.charge_at,
            "last_lock_at": way.last_lock_at,
            "lane": self.lanes[way.lane],
            "dispatch_at": way.dispatch_at,
            "received_at": way.received_at,
            "use_at": way.use_at,
            "day": way.day,
            "testing": way.testing_cents,
            "received_day": clock.day(way.received_at, zone).toordinal(),
            "dispatch_day": clock.day(way.dispatch_at, plant.zone).toordinal(),
        }
        return tuple(row[name] for name in TABLES["reaches"].names)


def _step(s: Step) -> dict[str, Any]:
    mean = s.yield_mean_fraction
    shapes = (0.0, 0.0)
    if mean is not None and s.yield_sd_fraction > 0:
        shapes = beta_shapes(mean, s.yield_sd_fraction)
    return {
        "phase": PHASES.index(s.phase) if s.phase in PHASES else OTHER,
        "planned": s.planned_min,
        "drawn": s.chance is not None,
        **triangle(s.chance),
        "per_vial": s.per_vial_min,
        "per_vial_drawn": s.per_vial_chance is not None,
        **triangle(s.per_vial_chance, "plow", "pmode", "phigh"),
        "at_most": -1 if s.at_most_min is None else s.at_most_min,
        "yield_fraction": s.yield_fraction,
        "yield_drawn": mean is not None,
        "mean": mean or 0.0,
        "sd": s.yield_sd_fraction,
        "a": shapes[0],
        "b": shapes[1],
        "repeat": s.repeat_fraction,
        "repeats": s.repeat is not None,
        **triangle(s.repeat, "rlow", "rmode", "rhigh"),
    }


def tables_of(world: World) -> Tables:
    """The tables of a world, remembered as long as the world is."""
    if Tables not in world.kept:
        world.kept[Tables] = Tables(world)
    found: Tables = world.kept[Tables]
    return found
