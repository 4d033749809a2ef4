"""The network as tables: sites, permissions, products and sources; plants and lanes beside them."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import numpy as np

from doseline.chance import stable_hash
from doseline.distributions import beta_shapes
from doseline.programme.making import pack_min, planned_min
from doseline.programme.product import Step
from doseline.simulate.kernel.lanes import lanes
from doseline.simulate.kernel.layout import NEVER
from doseline.simulate.kernel.plants import plants
from doseline.simulate.kernel.rows import Numbered, rows, triangle
from doseline.simulate.kernel.tables import Tables
from doseline.simulate.kernel.words import (
    OTHER,
    PHASES,
)


def network(t: Tables) -> None:
    """Make the tables of the network."""
    _sites(t)
    _permits(t)
    plants(t)
    _recipes(t)
    _sources(t)
    lanes(t)
    t.tables["consignees"] = rows(
        "consignees",
        (
            {
                "capacity": t.world.capacity[name],
                "limit": -1.0 if math.isinf(limit) else limit,
            }
            for name, limit in t.world.limit_mbq.items()
        ),
    )


def _sites(t: Tables) -> None:
    p, ways = t.programme, t.world.ways
    treat_rows, receive_rows, licence_rows = Numbered(), Numbered(), Numbered()
    on: dict[Hashable, np.ndarray[Any, Any]] = {}
    nuclides = [x.nuclide for x in p.products if x.nuclide]
    for name in nuclides:
        t.nuclides[name]
    ranks = {name: n for n, name in enumerate(sorted(t.sites))}
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
                on[weekly] = t.on(*weekly)
            first = s.active_from_on.toordinal() if s.active_from_on else 0
            last = s.active_until_on.toordinal() if s.active_until_on else NEVER
            span = (first <= t.ordinals) & (t.ordinals <= last)
            treats.append((on[weekly] & span).astype(np.int32))
        receipt = (s.zone, s.receives_weekdays, s.holidays, s.receives_from, s.receives_until)
        if receipt not in receive_rows:
            weekly = (s.receives_weekdays, s.holidays)
            if weekly not in on:
                on[weekly] = t.on(*weekly)
            opens.append(np.where(on[weekly], t.wall(s.zone, s.receives_from), -NEVER))
            closes.append(t.wall(s.zone, s.receives_until))
        if s.licence not in licence_rows:
            licences += [_licensed(t, s, name) for name in t.nuclides]
        found.append(
            {
                "zone": t.zone(s.zone),
                "consignee": t.consignees[s.consignee],
                "kind": ways.kind(s),
                "treats": treat_rows[key],
                "receives": receive_rows[receipt],
                "usual": t.walls[s.zone, s.infusion_usual],
                "latest": t.walls[s.zone, s.infusion_latest],
                "market": t.markets[s.market],
                "rank": ranks[s.id],
                "licence": licence_rows[s.licence] * len(t.nuclides),
                "hash": stable_hash(s.id),
            }
        )
    t.kinds_n = 1 + max((row["kind"] for row in found), default=0)
    t.tables["sites"] = rows("sites", found)
    t.stack("treats", treats)
    t.stack("opens", opens)
    t.stack("closes", closes)
    t.stack("licences", licences)


def _licensed(t: Tables, site: Any, nuclide: Hashable) -> np.ndarray[Any, Any]:
    found = np.zeros(t.days, np.int32)
    if site.licence is not None and nuclide in site.licence.nuclides:
        found[:] = 1
        for gap in site.licence.gaps:
            first = max(0, gap.from_on.toordinal() - t.day0)
            found[first : max(0, gap.until_on.toordinal() - t.day0 + 1)] = 0
    return found


def _permits(t: Tables) -> None:
    """The import testing that the permission of each day asks for; -1 without a permission."""
    permits = t.world.ways.permits
    found, money, testings, where = [], [], [0], []
    for plant in t.plants:
        for market in t.markets:
            for protocol in t.protocols:
                way = (plant, str(market), protocol)
                row, cents = np.full(t.days, -1, np.int32), np.zeros(t.days, np.int64)
                mine = [
                    x
                    for x in t.programme.permissions
                    if x.manufacturer == plant and market in x.markets and protocol in x.protocols
                ]
                for x in sorted(mine, key=lambda x: (x.testing_min, x.testing_cents), reverse=True):
                    first = max(0, x.from_on.toordinal() - t.day0)
                    last = x.until_on.toordinal() if x.until_on else NEVER
                    row[first : max(0, last - t.day0 + 1)] = x.testing_min
                    cents[first : max(0, last - t.day0 + 1)] = x.testing_cents
                found.append(row)
                money.append(cents)
                asked = permits.testing_min(way)
                where += [len(testings), len(asked)]
                testings += asked
    t.stack("permits", found)
    t.stack("permit_cents", money)
    t.tables["testings"] = np.array(testings, np.int32)
    t.tables["testing_at"] = np.array(where or [0, 0], np.int32)


def _recipes(t: Tables) -> None:
    most = max((ln.vials_max for _, ln in t.programme.line.values()), default=0)
    products: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    pack: list[int] = []
    for x in t.programme.products:
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
                "nuclide": t.nuclides[x.nuclide] if x.nuclide else -1,
                "step_off": len(steps),
                "step_n": len(x.recipe),
                "qc": planned_min(x, "qc"),
                "release": planned_min(x, "release"),
                "pack_off": len(pack),
            }
        )
        steps += [_step(s) for s in x.recipe]
        pack += [pack_min(x, vials) for vials in range(most + 1)]
    t.tables |= {
        "products": rows("products", products),
        "steps": rows("steps", steps),
        "pack_mins": np.array(pack, np.int32),
    }


def _sources(t: Tables) -> None:
    found = []
    for s in t.programme.sources:
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
    t.tables["sources"] = rows("sources", found)


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
