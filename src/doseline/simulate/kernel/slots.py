"""The slots of a world as tables."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import time
from typing import Any, cast

import numpy as np

from doseline.chance import stable_hash
from doseline.programme.making import make_min, planned_min, ready_min
from doseline.simulate.kernel.rows import Numbered, rows
from doseline.simulate.kernel.tables import Tables
from doseline.simulate.kernel.tries import ready_tries
from doseline.simulate.world import Place, month_number


def slots(t: Tables) -> None:
    """Make the tables of the slots, of their isotope, and of the calendars that were asked for."""
    t.weeks = Numbered()
    options, offset = _options(t)
    recipes, tries = _recipes(t), ready_tries(t)
    _by_product(t)
    excludes: list[int] = []
    places: list[dict[str, Any]] = []
    twins: dict[Hashable, int] = {}
    stocks = Numbered()
    for x in t.world.places:
        twin = (x.line.id, x.slot.charge_at)
        places.append(
            {
                **_place(t, x),
                "make_row": recipes[x.product.id, x.line.id],
                "exc_off": len(excludes),
                "exc_n": len(x.excludes),
                "opt_off": offset[x.index],
                "opt_n": len(x.slot.isotope),
                "twin": twins.get(twin, -1),
                "week_row": _stock(t, x, stocks),
                "ready_row": tries[x.product.id, x.line.id],
            }
        )
        twins[twin] = x.index
        excludes += x.excludes
    t.tables |= {
        "places": rows("places", places)[: len(places)],
        "options": rows("options", options),
        "excludes": np.array(excludes or [0], np.int32),
    }
    t.stack("midnights", [t.midnights(str(zone))[:-1] for zone in t.zones])
    t.stack("walls", [t.wall(*cast(tuple[str, time], wall)) for wall in t.walls])


def _place(t: Tables, x: Place) -> dict[str, Any]:
    return {
        "plant": t.plants[x.plant.id],
        "line": t.lines[x.line.id],
        "product": t.products[x.product.id],
        "charge_at": x.slot.charge_at,
        "day": x.day,
        "month": month_number(x.slot.starts_on) - t.month0,
        "call_off_at": x.call_off_at,
        "last_lock_at": x.last_lock_at,
        "vials_max": x.slot.vials_max,
        "bulk_max": -1.0 if x.slot.bulk_max_mbq is None else x.slot.bulk_max_mbq,
        "half_life": x.half_life,
        "yield_fraction": x.yield_fraction,
        "free_fraction": x.slot.free_fraction,
        "fee": x.slot.fee_cents,
        "qc_day": x.qc_day,
        "standing": t.weeks[x.plant.id, x.week],
        "decays": x.product.decays,
        "first_lock_at": min((o.lock_at for o in x.slot.isotope), default=0),
        "receipt_by": x.slot.charge_at - planned_min(x.product, "receipt"),
        "set_up_at": x.slot.charge_at - planned_min(x.product, "setup"),
        "ready_at": x.eos_last_at + ready_min(x.product, x.slot.vials_max),
        "eos_first_at": x.eos_first_at,
        "slot_hash": stable_hash(x.slot.id),
    }


def _stock(t: Tables, x: Place, stocks: Numbered) -> int:
    """The isotope for stand-ins that is bought for a slot's week; -1 for none."""
    if x.plant.standing_isotope_mbq and x.slot.isotope:
        return stocks[x.plant.id, x.product.nuclide, x.week]
    return -1


def _by_product(t: Tables) -> None:
    """The slots of each product, in order of their start."""
    at, slots, starts = [0], [], []
    for product in t.products:
        mine = [x for x in t.world.places if x.product.id == product]
        slots += [x.index for x in mine]
        starts += [x.slot.charge_at for x in mine]
        at.append(len(slots))
    t.tables |= {
        "slots_at": np.array(at, np.int32),
        "slots_of": np.array(slots or [0], np.int32),
        "slot_starts": np.array(starts or [0], np.int64),
    }


def _recipes(t: Tables) -> dict[tuple[str, str], int]:
    """How long a batch is made, by its vials; where each product's and line's times begin."""
    begins: dict[tuple[str, str], int] = {}
    found: list[int] = []
    for x in t.world.places:
        recipe = (x.product.id, x.line.id)
        if recipe not in begins:
            begins[recipe] = len(found)
            found += [make_min(x.product, x.line, v) for v in range(x.line.vials_max + 1)]
    t.tables["make_mins"] = np.array(found or [0], np.int32)
    return begins


def _options(t: Tables) -> tuple[list[dict[str, Any]], list[int]]:
    """The deliveries that a slot may take its isotope from, and where those of each slot begin."""
    offers, consignments = Numbered(), Numbered()
    found: list[dict[str, Any]] = []
    offset: list[int] = []
    for x in t.world.places:
        offset.append(len(found))
        for o in x.slot.isotope:
            on = t.world.clock.day(o.delivered_at, x.plant.zone)
            found.append(
                {
                    "source": t.sources[o.source],
                    "delivered_at": o.delivered_at,
                    "lock_at": o.lock_at,
                    "week": offers[o.source, o.week],
                    "day": on.toordinal(),
                    "consignment": consignments[o.source, x.plant.id, o.delivered_at],
                }
            )
    t.offers_n, t.consignments_n = len(offers), len(consignments)
    return found, offset
